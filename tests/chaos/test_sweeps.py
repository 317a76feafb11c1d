"""A seeded tenth of `./run chaos`: the sweeps under kill -9, in a process and a database of their own."""

import os
import subprocess
import sys

import pytest

from leadops import database

pytestmark = pytest.mark.processes
SEED = "7"


def chaos(*arguments: str) -> list[str]:
    """Run parts of it, and return what was said. Fails when not all was as promised."""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "leadops.settings", "LEADOPS_DB_ROLE": "owner"}
    done = subprocess.run(
        [sys.executable, "manage.py", "chaos", *arguments, "--seed", SEED],
        cwd=database.BASE,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def test_thirty_kills_over_five_hundred_rows_do_nothing_twice_leave_nothing_out_and_nothing_half():
    (said,) = chaos("sweeps", "--rows", "500", "--kills", "30")

    assert said.startswith("500 rows due, 30 kills -9")
    assert said.endswith("missing 0, twice 0, half 0, misdated 0, put aside 0")


def test_the_control_with_the_guards_off_the_same_kills_do_harm():
    said = chaos("control", "--rows", "500", "--kills", "30")

    assert "twice 0" not in said[-1]


def test_kills_at_boundaries_and_poisoned_rows_harm_nobody_else():
    said = chaos("boundaries", "poison", "--every", "10", "--rows", "200", "--patience", "1")

    sweeps = [line.partition(":")[0] for line in said[:-1]]
    assert sweeps == ["long-working", "exceptions", "auto-abandon", "come-back", "untouched-pulls", "morning", "gather", "mail"]
    assert said[-1].startswith(
        "200 rows with one that raises, one that hangs, one that kills: 197 done, 3 put aside, 3 told"
    )
