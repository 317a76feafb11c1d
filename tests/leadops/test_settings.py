import os
import subprocess
import sys

import psycopg
import pytest

from leadops import database
from leadops.environment import mailer
from leadops.postgres import Server

STRANGE = ("DJANGO_", "LEADOPS_", "DATABASE_URL", "COV_")


def run(*command, **environment):
    """Run Python as a new process would start it, with nothing of the tests' own settings."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(STRANGE)}
    return subprocess.run(
        [sys.executable, *command],
        cwd=database.BASE,
        env=clean | {"DJANGO_SETTINGS_MODULE": "leadops.settings"} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def setting(name, **environment):
    done = run("-c", f"from leadops import settings; print(settings.{name})", **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def data(tmp_path):
    return {"LEADOPS_DATA": str(tmp_path)}


def test_a_secret_is_made_once_and_kept_from_others(tmp_path, data):
    first = setting("SECRET_KEY", **data)

    assert setting("SECRET_KEY", **data) == first
    assert len(first) > 60
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600


def test_with_a_database_of_somebody_elses_there_is_no_default_secret(data):
    done = run("-c", "import leadops.settings", DATABASE_URL="postgresql://a@db.example/leads", **data)

    assert done.returncode == 1
    assert "LEADOPS_SECRET_KEY must be set" in done.stderr


def test_debug_is_off_unless_asked_for(data):
    assert setting("DEBUG", **data) == "False"
    assert setting("DEBUG", LEADOPS_DEBUG="0", **data) == "False"
    assert setting("DEBUG", LEADOPS_DEBUG="1", **data) == "True"


@pytest.mark.parametrize(
    ("role", "user"), [("app", "a"), ("owner", "o")], ids=["the application", "who reshapes tables"]
)
def test_two_addresses_are_two_roles(data, role, user):
    two = {
        "DATABASE_URL": "postgresql://a@db.example/leads",
        "LEADOPS_OWNER_URL": "postgresql://o@db.example/leads",
        "LEADOPS_SECRET_KEY": "s" * 60,
        "LEADOPS_DB_ROLE": role,
    }

    assert setting("DATABASES['default']['USER']", **two, **data) == user
    assert setting("LEADOPS_APP_ROLE", **two, **data) == "a"
    assert setting("LEADOPS_RECORDS_GUARDED", **two, **data) == "True"


def test_one_address_leaves_the_records_unguarded(data):
    one = {"DATABASE_URL": "postgresql://a@db.example/leads", "LEADOPS_SECRET_KEY": "s" * 60}

    assert setting("LEADOPS_RECORDS_GUARDED", **one, **data) == "False"


def test_cookies_need_https_where_there_is_https(data):
    assert setting("SESSION_COOKIE_SECURE", **data) == "False"
    assert setting("SESSION_COOKIE_SECURE", LEADOPS_HTTPS="1", **data) == "True"
    assert setting("CSRF_COOKIE_SECURE", LEADOPS_PROXIED="1", **data) == "True"


@pytest.mark.django_db
def test_a_page_may_load_only_what_is_ours(client):
    answer = client.get("/admin/login/")

    assert answer["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self';"
        " connect-src 'self'; form-action 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"


@pytest.mark.processes
def test_a_server_of_ones_own_with_two_roles_is_prepared_and_its_records_are_guarded(tmp_path, data):
    with database.in_use(tmp_path, disposable=True):
        server = Server(tmp_path)
        with server.connect() as connection:
            connection.execute("CREATE ROLE theirs LOGIN")
            connection.execute("CREATE ROLE their_app LOGIN")
            connection.execute("CREATE DATABASE crm OWNER theirs")
        address = f"postgresql://{{}}@/crm?host={server.sockets}"
        two = {"DATABASE_URL": address.format("their_app"), "LEADOPS_OWNER_URL": address.format("theirs")}

        done = run("-m", "django", "prepare", LEADOPS_DB_ROLE="owner", LEADOPS_SECRET_KEY="s" * 60, **two, **data)

        assert done.returncode == 0, done.stderr
        with psycopg.connect(two["DATABASE_URL"], autocommit=True) as connection:
            may = "SELECT has_table_privilege('accounts_user', 'UPDATE'), has_table_privilege('accounts_event', %s)"
            assert connection.execute(may, ["INSERT"]).fetchone() == (True, True)
            assert connection.execute(may, ["UPDATE"]).fetchone() == (True, False)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("TRUNCATE accounts_user")


def test_a_mail_server_that_says_nothing_is_waited_for_shorter_than_a_job_lives(monkeypatch, settings):
    monkeypatch.setenv("LEADOPS_MAIL_URL", "smtp://host:587?tls=1")

    # A run that meets it waits twice at most: for the greeting of a new connection, and over one mail.
    assert 2 * mailer()["OPTIONS"]["timeout"] < settings.Q_CLUSTER["timeout"]
