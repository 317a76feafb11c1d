"""What must always be true of the data (OPS-3): one sentence and one query a rule, which returns what breaks it, and nothing is right.

Asked by `manage.py check_invariants`, by a daily job and by tests, after anything. Every query looks at whole tables at once, so that
a million leads are a matter of minutes, and none holds a lock that anybody waits for. What the database refuses by itself is asked
only where a restored backup or a hand with an owner's rights could break it all the same.
"""

from collections.abc import Iterable, Iterator

from django.db import connection

from leadops.invariants.hands import HANDS
from leadops.invariants.known import KNOWN
from leadops.invariants.meetings import MEETINGS
from leadops.invariants.record import RECORD
from leadops.invariants.rounds import ROUNDS
from leadops.invariants.rule import Invariant
from leadops.invariants.work import WORK

SHOWN = 20
INVARIANTS: tuple[Invariant, ...] = (*ROUNDS, *RECORD, *HANDS, *WORK, *KNOWN, *MEETINGS)


def check(rules: Iterable[Invariant] = INVARIANTS) -> Iterator[tuple[Invariant, list[tuple]]]:
    """Ask each rule, and yield it with what breaks it, at most `SHOWN` rows. One query a rule; writes nothing."""
    for rule in rules:
        with connection.cursor() as cursor:
            # Planned for all rows: nearly always there are none, and a plan for the first few never ends among millions.
            cursor.execute(f"WITH broken AS MATERIALIZED ({rule.sql}) SELECT * FROM broken LIMIT {SHOWN}")
            yield rule, cursor.fetchall()


def broken() -> dict[str, list[tuple]]:
    """Name the rules that do not hold, with what breaks them."""
    return {rule.name: rows for rule, rows in check() if rows}
