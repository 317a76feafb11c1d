import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from leadops import database, postgres
from leadops.postgres import Server

pytestmark = pytest.mark.processes

USER = """
import sys
from pathlib import Path
from leadops import database, postgres
from leadops.postgres import Server
data = Path(sys.argv[1])
with database.in_use(data, disposable=True):
    print(min(database.processes(data)), flush=True)
    sys.stdin.readline()
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A data folder whose server has been made and has ended."""
    folder = tmp_path_factory.mktemp("made")
    with database.in_use(folder, disposable=True):
        pass
    return folder


@pytest.fixture
def data(made, tmp_path):
    """A copy of it for one test."""
    folder = tmp_path / "data"
    shutil.copytree(made, folder, ignore=shutil.ignore_patterns("sockets", "database.*"))
    folder.chmod(0o700)
    yield folder
    assert database.processes(folder) == []


def start_user(data, **environment):
    return subprocess.Popen(
        [sys.executable, "-c", USER, str(data)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=database.BASE,
        env=os.environ | environment,
    )


def said(user):
    return int(user.stdout.readline())


def leave(user):
    user.communicate("\n", timeout=60)
    return user.returncode


def ask(data, query, role="app"):
    with psycopg.connect(database.url(role, data=data), autocommit=True) as connection:
        cursor = connection.execute(query)
        return cursor.fetchall() if cursor.description else None


def test_five_that_start_at_once_on_an_empty_folder_share_one_server_and_the_last_one_stops_it(tmp_path):
    users = [start_user(tmp_path) for _ in range(5)]
    servers = {said(user) for user in users}

    first, *others = users
    codes = [leave(user) for user in others]
    while_one_is_left = ask(tmp_path, "SELECT 1")
    codes.append(leave(first))

    assert len(servers) == 1
    assert codes == [0] * 5
    assert while_one_is_left == [(1,)]
    assert database.processes(tmp_path) == []


def test_a_user_killed_outright_leaves_a_server_that_the_next_one_takes_over_and_stops(data):
    killed = start_user(data)
    server = said(killed)
    killed.kill()
    killed.communicate()
    left_running = database.processes(data)

    next_one = start_user(data)
    taken_over = said(next_one)
    leave(next_one)

    assert server in left_running
    assert taken_over == server


def test_a_server_killed_outright_comes_back_with_what_was_committed(data):
    with database.in_use(data):
        ask(data, "CREATE TABLE kept (id int)", role="owner")
        ask(data, "INSERT INTO kept VALUES (7)")
        server = int((data / "postgres/postmaster.pid").read_text().split()[0])
        os.kill(server, signal.SIGKILL)
        os.waitpid(server, 0)
        database.keep_running(data)

        assert ask(data, "SELECT id FROM kept") == [(7,)]


def test_a_pid_file_left_behind_that_names_somebody_elses_process_is_not_believed(data):
    (data / "postgres/postmaster.pid").write_text(f"{os.getpid()}\n{data}/postgres\n")

    with database.in_use(data, disposable=True):
        assert ask(data, "SELECT 1") == [(1,)]


def test_a_server_whose_making_was_interrupted_is_made_anew(tmp_path):
    (tmp_path / "postgres.unfinished/base").mkdir(parents=True)
    (tmp_path / "postgres.unfinished/PG_VERSION").write_text("18\n")

    with database.in_use(tmp_path, disposable=True):
        assert ask(tmp_path, "SELECT current_user") == [(database.APPLICATION,)]


def test_a_folder_too_deep_for_a_socket_has_its_socket_elsewhere_for_us_alone(made, tmp_path):
    data = tmp_path / ("deep" * 20) / "data"
    shutil.copytree(made, data, ignore=shutil.ignore_patterns("sockets", "database.*"))

    sockets = Server(data).sockets
    with database.in_use(data, disposable=True):
        assert ask(data, "SELECT 1") == [(1,)]
        assert (sockets / ".s.PGSQL.5432").exists()

    assert len(str(sockets)) < 90
    assert sockets.stat().st_mode & 0o777 == 0o700
    shutil.rmtree(sockets)


def test_data_of_a_version_nobody_has_is_left_alone_with_a_word_on_what_to_do(data):
    (data / "postgres/PG_VERSION").write_text("9\n")

    with pytest.raises(database.Unavailable, match=r"made by PostgreSQL 9.*LEADOPS_PG_BIN"), database.in_use(data):
        pass

    assert (data / "postgres/PG_VERSION").read_text() == "9\n"


def test_nothing_listens_on_a_network_and_only_we_may_enter(data):
    with database.in_use(data, disposable=True):
        assert ask(data, "SHOW listen_addresses") == [("",)]
        assert (data / "sockets").stat().st_mode & 0o777 == 0o700


def test_what_the_domain_counts_on_is_there(data):
    with database.in_use(data, disposable=True):
        ask(data, "CREATE EXTENSION pg_trgm", role="owner")
        ask(data, "CREATE EXTENSION btree_gist", role="owner")

        assert ask(data, "SELECT lower('ÄÉ'), similarity('École', 'école')") == [("äé", 1.0)]
        assert ask(data, "SHOW server_encoding") == [("UTF8",)]
        assert ask(data, "SHOW timezone") == [("UTC",)]


def test_the_application_uses_what_the_owner_made_and_changes_none_of_its_shape(data):
    with database.in_use(data, disposable=True):
        ask(data, "CREATE TABLE thing (id bigint GENERATED BY DEFAULT AS IDENTITY, word text)", role="owner")
        ask(data, "INSERT INTO thing (word) VALUES ('a')")
        ask(data, "UPDATE thing SET word = 'b'")

        refused = []
        for statement in (
            "TRUNCATE thing",
            "DROP TABLE thing",
            "ALTER TABLE thing DISABLE TRIGGER ALL",
            "CREATE TABLE other (id int)",
            f"SET ROLE {database.OWNER}",
            "SET session_replication_role = replica",
            f"GRANT {database.OWNER} TO {database.APPLICATION}",
        ):
            with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
                ask(data, statement)
                refused.append(statement)

        assert refused == []
        assert ask(data, "SELECT word FROM thing") == [("b",)]
        ask(data, "DELETE FROM thing")


def test_no_server_runs_as_root_where_there_are_no_namespaces(tmp_path):
    """Root borrows an unprivileged user for it; anybody else runs it as themselves."""
    home = Path("/var/lib/leadops") / postgres._short(tmp_path)
    try:
        user = start_user(tmp_path, LEADOPS_PG_NAMESPACE="0")
        server = said(user)

        runs_as, we = Path(f"/proc/{server}").stat().st_uid, os.geteuid()
        assert (runs_as != 0, runs_as == we) == (True, we != 0)
        assert leave(user) == 0
        assert not Path(f"/proc/{server}").exists()
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgres://me:p%40ss@db.example:6432/leads?sslmode=require",
            {"NAME": "leads", "USER": "me", "PASSWORD": "p@ss", "HOST": "db.example", "PORT": "6432"}
            | {"OPTIONS": {"sslmode": "require"}},
        ),
        (
            "postgresql://me@/leads?host=/a/folder",
            {"NAME": "leads", "USER": "me", "PASSWORD": "", "HOST": "/a/folder", "PORT": "", "OPTIONS": {}},
        ),
    ],
)
def test_an_address_becomes_djangos_terms(url, expected):
    assert database.settings_for(url) == {"ENGINE": "django.db.backends.postgresql"} | expected


def test_only_postgresql_will_do():
    with pytest.raises(database.Unavailable, match="not sqlite"):
        database.settings_for("sqlite:///file")
