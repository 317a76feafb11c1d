"""How engaged the middle company of a segment is, kept once a day (ACC-13): from there on a company counts as engaged, where RevOps
names no number of its own.

Kept by the job cluster, which may ring at any moment, twice, and late: each day is counted as of its beginning, and a day that was missed
is made up for. What was kept is never counted again, so that the past stays as it was seen. Read by `coverage.py` and the report.

Companies without any activity are not counted: where most are silent, a median over all of them would be nought, and all others
engaged. A segment in which nobody is active keeps the one it had; one that never had any is measured by `DEFAULT`.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.db import connection
from django.db.models import Max

from leads.models import TouchOutcome
from meetings.models import CoverageRule, SegmentMedian

WINDOW = timedelta(days=30)
DEFAULT = Decimal(1)  # one person active just now
DAY, MADE_UP = timedelta(days=1), 7  # days of an outage that are counted afterwards


def keep(at: datetime, *, recorded_at: datetime | None = None) -> int:
    """Keep the medians of every day that began and has none yet; return how many. Two queries for each such day, one before."""
    today = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    last = SegmentMedian.objects.filter(at__lte=today).aggregate(last=Max("at"))["last"]
    day = max(last + DAY, today - (MADE_UP - 1) * DAY) if last else today
    kept = 0
    while day <= today:
        kept += _keep(day, recorded_at or at)
        day += DAY
    return kept


def _keep(day: datetime, recorded_at: datetime) -> int:
    facts = {
        "at": day, "since": day - WINDOW, "recorded_at": recorded_at, "unanswered": list(TouchOutcome.UNANSWERED),
        "half_life": CoverageRule.in_force(day).half_life.total_seconds(),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(KEEP, facts)
        return cursor.rowcount


def engaged_from(rule: CoverageRule, segment: str, at: datetime) -> tuple[Decimal, datetime | None]:
    """Say from when on a company of this segment counted as engaged at a moment: RevOps' number, else the segment's median and of which
    day it is. One query; none where RevOps says."""
    if rule.engaged_from is not None:
        return rule.engaged_from, None
    row = SegmentMedian.objects.filter(segment=segment, at__lte=at).order_by("-at").first()
    return (row.engagement, row.at) if row else (DEFAULT, None)


# People who are gone or asked us to stop do not count (metrics.md); what was learnt later neither.
KEEP = """
WITH person AS (
  SELECT l.account_id, max(x.at) AS last FROM (
    SELECT t.lead_id, t.occurred_at AS at FROM leads_touch t WHERE t.occurred_at BETWEEN %(since)s AND %(at)s AND t.recorded_at <= %(at)s
      AND NOT t.is_automated AND t.withdrawn_at IS NULL AND NOT t.outcome = ANY(%(unanswered)s)
    UNION ALL SELECT g.lead_id, g.at FROM leads_signal g WHERE g.at BETWEEN %(since)s AND %(at)s AND g.recorded_at <= %(at)s
      AND g.kind <> 'import' AND g.lead_id IS NOT NULL) x
    JOIN leads_lead l ON l.id = x.lead_id LEFT JOIN accounts_reason r ON r.id = l.reason_id
  WHERE l.account_id IS NOT NULL AND l.gone_as = '' AND l.opted_out_at IS NULL
    AND NOT (l.status = 'unqualified' AND coalesce(r.code, '') = 'left_company')
  GROUP BY l.id),
company AS (
  SELECT a.segment, sum(power(0.5, extract(epoch FROM %(at)s - p.last)::float / %(half_life)s)) AS engagement
  FROM person p JOIN accounts_account a ON a.id = p.account_id WHERE a.gone_as = '' GROUP BY a.id)
INSERT INTO meetings_segmentmedian (segment, at, engagement, companies, recorded_at)
SELECT segment, %(at)s, greatest(round((percentile_cont(0.5) WITHIN GROUP (ORDER BY engagement))::numeric, 4), 0.0001), count(*),
  %(recorded_at)s
FROM company GROUP BY segment ON CONFLICT DO NOTHING"""
