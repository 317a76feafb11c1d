"""The ways to tell rows apart that several relations share: what a round froze, whose it is, when. Words for keys are read once a page."""

from accounts.models import Account, Reason, Team, User
from leads.models import GoToMarket, Motion, Outcome, Source, Trigger
from reporting.frame import Dimension

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def names(model, field: str = "name"):
    """Return how the keys of a table are said."""
    return lambda keys: dict(model.objects.filter(pk__in=[k for k in keys if k is not None]).values_list("pk", field))


def choices(of):
    return lambda keys: {value: str(label) for value, label in of.choices}


def local(moment: str, unit: str) -> str:
    """Return the day, week or month in the report's time zone that a moment falls in."""
    return f"date_trunc('{unit}', {moment} AT TIME ZONE %(zone)s)::date"


def by_time(moment: str) -> tuple[Dimension, ...]:
    return (
        Dimension("day", "Day", local(moment, "day"), kind="date", is_time=True),
        Dimension("week", "Week", local(moment, "week"), kind="date", is_time=True),
        Dimension("month", "Month", local(moment, "month"), kind="date", is_time=True),
        Dimension("weekday", "Weekday", f"extract(isodow FROM {moment} AT TIME ZONE %(zone)s)::int", weekdays, "number"),
        Dimension("hour", "Hour", f"extract(hour FROM {moment} AT TIME ZONE %(zone)s)::int", hours, "number"),
        Dimension("hour_of_week", "Hour of the week", f"((extract(isodow FROM {moment} AT TIME ZONE %(zone)s) - 1) * 24"
                  f" + extract(hour FROM {moment} AT TIME ZONE %(zone)s))::int", week_hours, "number"),
    )  # fmt: skip


def weekdays(keys) -> dict:
    return {number + 1: name for number, name in enumerate(WEEKDAYS)}


def hours(keys) -> dict:
    return {hour: f"{hour:02}:00" for hour in range(24)}


def week_hours(keys) -> dict:
    return {hour: f"{WEEKDAYS[hour // 24][:3]} {hour % 24:02}:00" for hour in range(168)}


REP = Dimension("rep", "Rep", "r.owner_id", names(User), "number", is_people=True, empty="a team's queue")
TEAM = Dimension("team", "Queue", "r.team_id", names(Team), "number", empty="a person")
SOURCE = Dimension("source", "Source", "r.source_id", names(Source), "number", empty="no source")
CAMPAIGN = Dimension("campaign", "Campaign", "r.campaign_id", names(Source), "number", empty="no campaign")
SEGMENT = Dimension("segment", "Segment", "nullif(r.segment, '')", empty="no segment")
REGION = Dimension("region", "Region", "nullif(r.region, '')", empty="no region")
MOTION = Dimension("motion", "Motion", "r.motion", choices(Motion))
MARKET = Dimension("go_to_market", "Go-to-market", "r.go_to_market", choices(GoToMarket))
TARGET = Dimension(
    "target", "Target account", "r.is_target::int", lambda keys: {1: "Target account", 0: "Other"}, "number"
)
ROUND = Dimension("cycle", "Round", "r.number", lambda keys: {k: f"Round {k}" for k in keys}, "number")
TRIGGER = Dimension("trigger", "How it came", "r.trigger", choices(Trigger))
OUTCOME = Dimension("outcome", "Outcome", "nullif(r.outcome, '')", choices(Outcome), empty="still open")
REASON = Dimension("reason", "Reason", "r.reason_id", names(Reason, "label"), "number", empty="no reason")
ACCOUNT = Dimension("account", "Company", "r.account_id", names(Account), "number", empty="no company", is_people=True)
FROZEN = (SOURCE, CAMPAIGN, SEGMENT, REGION, MOTION, MARKET, TARGET, ROUND)
