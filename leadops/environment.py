"""What the settings read from the environment where reading alone is not enough: switches, the secret key, the way mail leaves."""

import os
import secrets
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from leadops import database


def switch(name: str) -> bool:
    """Say whether a switch of the environment is on: given, and not 0."""
    return os.environ.get(name, "") not in ("", "0")


def secret_key(debug: bool) -> str:
    """Return the key this house signs with: the one given, or beside the embedded database one that is made once."""
    if given := os.environ.get("LEADOPS_SECRET_KEY"):
        return given
    if database.is_external():
        if debug:
            return "only-for-development"
        raise ImproperlyConfigured(
            "With DATABASE_URL set, LEADOPS_SECRET_KEY must be set too: every host needs the same."
        )
    folder = database.data_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "secret-key"
    if not path.exists():
        draft = path.with_name(f"secret-key.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(64))
        try:
            os.link(draft, path)  # the first of several that start at once decides
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()


def mailer() -> dict[str, object]:
    """Return how mail leaves the house, from an address like `smtp://user:password@host:587?tls=1`."""
    given = os.environ.get("LEADOPS_MAIL_URL")
    if not given:
        # What would be sent is kept in the outbox; in a made-up world /mailbox/ shows it.
        return {"BACKEND": "django.core.mail.backends.dummy.EmailBackend"}
    parts = urlsplit(given)
    if parts.scheme not in ("smtp", "smtps"):
        raise ImproperlyConfigured("LEADOPS_MAIL_URL must begin with smtp:// or smtps://")
    options = dict(parse_qsl(parts.query))
    return {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": parts.hostname or "localhost",
            "port": parts.port or (465 if parts.scheme == "smtps" else 25),
            "username": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "use_ssl": parts.scheme == "smtps",
            "use_tls": options.get("tls", "") not in ("", "0"),
            "timeout": 10,
        },
    }
