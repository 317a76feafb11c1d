"""As of when a report answers: a closed period as of its closing, and with what was brought over of it since (ruling 2, IN-4).

Asked by pages, files and the API before they ask `answers.answer`; and by that, for the period before.
"""

from datetime import datetime

from accounts.models import Batch
from reporting.frame import Metric
from reporting.period import Period


def report_moment(metric: Metric, period: Period, now: datetime, asked: datetime | None = None) -> datetime | None:
    """Return as of when a metric reports: as asked, else a closed period as of its closing; a cohort that matures as known now.

    What history was brought over later belongs to its periods too: they report as of when it was in, until it is taken back. Periods of
    which it tells nothing stay as of their closing. One query at most.
    """
    if asked is not None:
        return asked if asked < now else None
    closed = None if metric.matures else period.known_at(now)
    if closed is None:
        return None
    return max([closed, *_brought_over(period, now)])


def _brought_over(period: Period, now: datetime) -> list[datetime]:
    """Return when history that tells of a period was in, after its closing. One taken back again counts for nothing, or, where some of it
    stayed, by when that was done. A query."""
    found = Batch.objects.filter(kind__startswith="past ", finished_at__gt=period.closes_at, finished_at__lte=now)
    moments = []
    for pk, leading, undo, tells, at in found.values_list(
        "pk", "options__history", "options__undo", "options__tells", "finished_at"
    ):
        if pk != leading or not _tells_of(period, tells):
            continue
        is_undone = undo and undo["done"]
        if not is_undone:
            moments.append(at)
        elif undo["kept"]:
            moments.append(datetime.fromisoformat(undo["done_at"]))
    return [at for at in moments if at <= now]


def _tells_of(period: Period, tells: list[str] | None) -> bool:
    """Say whether the days that a history tells of, from the first to the last, meet a period. Of one that never said, they may. Pure."""
    if tells is None:
        return True
    days = [datetime.fromisoformat(day) for day in tells]
    return bool(days) and days[0] < period.ends_at and days[-1] >= period.starts_at


def before_moment(metric: Metric, period: Period, as_of: datetime | None, now: datetime) -> datetime | None:
    """Return as of when the period before is read beside it: as its own report says it, or, where a day was asked for, as of that day.

    Two queries at most.
    """
    if as_of is not None and as_of != report_moment(metric, period, now):
        return as_of
    return report_moment(metric, period.before(), now)
