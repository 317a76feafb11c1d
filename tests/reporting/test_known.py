"""What is read of a round that nothing was written of since a moment is what its replay would say; the others are replayed."""

from datetime import timedelta

import pytest
from django.db import connection

from reporting.relations import rounds
from tests.reporting import stretch

pytestmark = pytest.mark.django_db
DAYS = 14
HOURS = ("time_zone", "work_days", "work_start", "work_end")  # its owner's, dated by themselves


def known(as_of) -> list[dict]:
    """Read all rounds as they were known then."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({rounds.source(False, 'true')}) r ORDER BY r.id", {"as_of": as_of})
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def replayed(as_of) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(rounds.CHANGED.format(scope="true"), {"as_of": as_of})
        return {pk for (pk,) in cursor.fetchall()}


def test_each_round_is_known_as_if_all_were_replayed(monkeypatch):
    stretch.live(DAYS)
    moments = [stretch.START + timedelta(days=DAYS * part / 12) for part in range(1, 13)]
    ours, again = [known(at) for at in moments], [replayed(at) for at in moments]

    monkeypatch.setattr(rounds, "CHANGED", "SELECT k.id FROM leads_cycle k")
    wrong = [
        (str(at), row["id"], {name: (row[name], other[name]) for name in row if row[name] != other[name]})
        for at, found in zip(moments, ours, strict=True)
        for row, other in zip(found, known(at), strict=True)
        if row != other
    ]

    assert wrong == []
    # The control: of some rounds more was written since, and read as they stand they would be others.
    middle, last = [
        [{name: value for name, value in row.items() if name not in HOURS} for row in found]
        for found in (ours[len(ours) // 2], ours[-1])
    ]
    stand = {row["id"]: row for row in last}
    changed = {row["id"] for row in middle if row != stand[row["id"]]}
    assert changed
    assert changed <= again[len(ours) // 2]
    assert {row["id"] for row in middle} - again[len(ours) // 2]
    assert {"handed_over", "nurture", "qualified"} <= {row["outcome"] for row in stand.values()}
