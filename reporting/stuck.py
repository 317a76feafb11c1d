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
# Where somebody stands, in hand by lane, and which limit is theirs: the product has its own.
PLACES = {
    "raw": "raw", "assigned/slg": "assigned", "assigned/plg": "trying", "working/slg": "working", "working/plg": "using",
    "qualified": "qualified", "nurture": "nurture",
}  # fmt: skip
ROUND = """(CASE WHEN c.working_at IS NOT NULL THEN c.working_at < %(stuck_working)s::timestamptz
  WHEN c.motion = 'plg' THEN c.assigned_at < %(stuck_trying)s::timestamptz ELSE c.assigned_at < %(stuck_assigned)s::timestamptz END)"""
USED = "(l.status_since < %(stuck_using)s::timestamptz)"
IN_A_SALE = """EXISTS (SELECT FROM leads_contactrole cr JOIN accounts_opportunity o ON o.id = cr.opportunity_id
  WHERE cr.lead_id = l.id AND o.status = 'open' AND o.gone_as = '')"""
LEAD = f"""(CASE l.status WHEN 'raw' THEN l.status_since < %(stuck_raw)s::timestamptz
  WHEN 'qualified' THEN l.status_since < %(stuck_qualified)s::timestamptz AND {IN_A_SALE}
  WHEN 'nurture' THEN l.status_since < %(stuck_nurture)s::timestamptz AND l.opted_out_at IS NULL
    AND (l.recycle_at IS NULL OR l.recycle_at < %(at)s) ELSE false END)"""


def limits(at: datetime) -> dict[str, int]:
    """Return after how many days somebody is stuck, by where they stand; a place without a limit is not named. One query."""
    rule = StuckLimit.in_force(at)
    return {place: days for place, name in PLACES.items() if (days := getattr(rule, f"{name}_days")) is not None}


def values(days: dict[str, int], at: datetime) -> dict[str, datetime | None]:
    """Return since when somebody must be somewhere to be stuck there, as the conditions ask for it. Pure."""
    since = {name: at - timedelta(days=days[place]) if place in days else None for place, name in PLACES.items()}
    return {"at": at} | {f"stuck_{name}": moment for name, moment in since.items()}


def listed(state: str, narrow: str, whose: dict, at: datetime, after: int, limit: int) -> list[int]:
    """Name the stuck leads of a state that nobody has in hand, by key from `after` on. Two queries."""
    said = values(limits(at), at) | whose | {"state": state, "after": after, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT l.id FROM leads_lead l WHERE l.gone_as = '' AND l.status = %(state)s AND {LEAD}{narrow} AND l.id > %(after)s"
            " ORDER BY l.id LIMIT %(limit)s", said,
        )  # fmt: skip
        return [pk for (pk,) in cursor.fetchall()]
