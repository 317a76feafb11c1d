"""Who is stuck: longer in a state than RevOps' limit for it allows (REP-7). Counted by the clock and its job, listed by the clock's page.

One condition counts and lists. In hand it is asked of the open round alone, so that it is counted from the index (`cycle_one_open`); of
all others of the lead. A limit that is empty holds nobody. Not stuck are exceptions, who waits for a date of their own, who was qualified
and has no sale open, and who asked us to stop.
"""

from datetime import datetime, timedelta

from django.db import connection

from reporting.models import StuckLimit

PILE = "stuck"
STANDING = ("raw", "qualified", "nurture")
STATES = ("raw", "assigned", "working", "qualified", "nurture")
ROUND = """(CASE WHEN c.working_at IS NULL THEN c.assigned_at < %(stuck_assigned)s::timestamptz
  ELSE c.working_at < %(stuck_working)s::timestamptz END)"""
USED = "(l.status_since < %(stuck_working)s::timestamptz)"
IN_A_SALE = """EXISTS (SELECT FROM leads_contactrole cr JOIN accounts_opportunity o ON o.id = cr.opportunity_id
  WHERE cr.lead_id = l.id AND o.status = 'open' AND o.gone_as = '')"""
LEAD = f"""(CASE l.status WHEN 'raw' THEN l.status_since < %(stuck_raw)s::timestamptz
  WHEN 'qualified' THEN l.status_since < %(stuck_qualified)s::timestamptz AND {IN_A_SALE}
  WHEN 'nurture' THEN l.status_since < %(stuck_nurture)s::timestamptz AND l.opted_out_at IS NULL
    AND (l.recycle_at IS NULL OR l.recycle_at < %(at)s) ELSE false END)"""


def limits(at: datetime) -> dict[str, int]:
    """Return after how many days somebody is stuck, by state; a state without a limit is not named. One query."""
    rule = StuckLimit.in_force(at)
    return {state: days for state in STATES if (days := getattr(rule, f"{state}_days")) is not None}


def values(days: dict[str, int], at: datetime) -> dict[str, datetime | None]:
    """Return since when somebody must be in a state to be stuck in it, as the conditions ask for it. Pure."""
    since = {state: at - timedelta(days=days[state]) if state in days else None for state in STATES}
    return {"at": at} | {f"stuck_{state}": moment for state, moment in since.items()}


def listed(state: str, narrow: str, whose: dict, at: datetime, after: int, limit: int) -> list[int]:
    """Name the stuck leads of a state that nobody has in hand, by key from `after` on. Two queries."""
    said = values(limits(at), at) | whose | {"state": state, "after": after, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT l.id FROM leads_lead l WHERE l.gone_as = '' AND l.status = %(state)s AND {LEAD}{narrow} AND l.id > %(after)s"
            " ORDER BY l.id LIMIT %(limit)s", said,
        )  # fmt: skip
        return [pk for (pk,) in cursor.fetchall()]
