"""A seeded tenth of `./run chaos`: sweeps, processes and the database under kill -9, in processes and databases of their own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from leadops import database
from leadops.schedules import SWEEPS

pytestmark = pytest.mark.processes
SEED = "7"


def chaos(*arguments: str | Path) -> list[str]:
    """Run parts of it, and return what was said. Fails when not all was as promised."""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "leadops.settings", "LEADOPS_DB_ROLE": "owner"}
    done = subprocess.run(
        [sys.executable, "manage.py", "chaos", *map(str, arguments), "--seed", SEED],
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

    amid = int(re.match(r"500 rows due, 30 kills -9 \((\d+) with rows in hand\)", said).group(1))
    assert amid >= 5
    assert said.endswith("missing 0, twice 0, half 0, misdated 0, put aside 0")


def test_the_control_with_the_guards_off_the_same_kills_do_harm():
    said = chaos("control", "--rows", "500", "--kills", "30")

    assert "twice 0" not in said[-1]


def test_kills_at_boundaries_and_poisoned_rows_harm_nobody_else():
    said = chaos("boundaries", "poison", "--every", "10", "--rows", "200", "--patience", "1")

    assert {line.partition(":")[0] for line in said[:-1]} == set(SWEEPS)
    assert said[-1].startswith(
        "200 rows with one that raises, one that hangs, one that kills: 197 done, 3 put aside, 3 told"
    )


def test_what_a_days_outage_left_is_done_once_and_soon():
    (said,) = chaos("outage", "--rows", "1000")

    assert said.startswith("1,000 rows of 6 sweeps overdue")
    assert said.endswith("0 left: missing 0, twice 0, half 0, misdated 0, put aside 0")


def test_whoever_of_the_tree_is_killed_jobs_resume_without_a_ghost_and_ctrl_c_leaves_nothing(built):
    said = chaos("tree", "--kills", "3", "--fast", "--built", built)

    assert [line.partition(":")[0] for line in said[:-1]] == ["idle worker", "busy worker", "sentinel"]
    assert said[-1].endswith("not whole and at work within 120 s 0 times, left by Ctrl-C 0 processes")


def test_a_database_stopped_at_once_keeps_what_it_acknowledged_and_the_control_does_not(built):
    kept, sound, lost = chaos("restarts", "--kills", "2", "--built", built)

    assert re.search(r" [1-9][\d,]* writes acknowledged, 0 lost$", kept)
    assert sound == "rules broken after it: none"
    assert re.search(r" writes acknowledged, [1-9]\d* lost$", lost)
