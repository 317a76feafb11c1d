"""The settings tests run with: the owner's role, throw-away data, nothing slow on purpose."""

import os
from pathlib import Path

# Before anything is imported: tests must never touch the data people work with.
_base = Path(os.environ.get("LEADOPS_DATA") or Path(__file__).resolve().parent.parent / ".data")
if _base.name != "test":
    os.environ["LEADOPS_DATA"] = str(_base / "test")
os.environ.setdefault("LEADOPS_DB_ROLE", "owner")
# Several runs may share one server; whoever starts first names the database for its workers.
os.environ.setdefault("LEADOPS_TEST_NAME", f"test_leadops_{os.getpid()}")

from leadops.settings import *  # noqa: E402, F403
from leadops.settings import DATABASES, STATIC_ROOT, STORAGES  # noqa: E402

DATABASES["default"]["TEST"] = {"NAME": os.environ["LEADOPS_TEST_NAME"]}
DATABASES["default"]["CONN_MAX_AGE"] = 0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
