"""What response time would say if nights and weekends did not count (REP-2): the vanity figure, labelled as one, beside nothing else."""

from dataclasses import replace

from reporting.frame import MEAN, MEDIAN, SHARE, Measure, Metric
from reporting.relations.hands import HANDS
from reporting.relations.rounds import ANSWERED_AT, RAN_OUT, ROUNDS, SELF_ASSIGNED, SOLD, UNTOUCHED

BEGAN, ENDED = (f"({moment} AT TIME ZONE r.time_zone)" for moment in ("r.clock_from", ANSWERED_AT))
# The seconds between the two that lie within the owner's hours: on one day, else day by day on their wall.
SAME_DAY = f"""greatest(0, extract(epoch FROM least({ENDED}, {ENDED}::date + r.work_end)
  - greatest({BEGAN}, {BEGAN}::date + r.work_start)))"""
SECONDS = f"""(CASE WHEN {SELF_ASSIGNED} THEN 0
  WHEN {BEGAN}::date = {ENDED}::date THEN CASE WHEN extract(isodow FROM {BEGAN})::int = ANY(r.work_days) THEN {SAME_DAY} ELSE 0 END
  ELSE (SELECT coalesce(sum(extract(epoch FROM w.until - w.since)), 0)
  FROM generate_series({BEGAN}::date, {ENDED}::date, interval '1 day') d
  CROSS JOIN LATERAL (SELECT greatest({BEGAN}, d::date + r.work_start) AS since, least({ENDED}, d::date + r.work_end) AS until) w
  WHERE extract(isodow FROM d::date)::int = ANY(r.work_days) AND w.until > w.since) END::float)"""
ANSWERED = f"{SOLD} AND r.go_to_market = 'inbound' AND {ANSWERED_AT} IS NOT NULL AND NOT {UNTOUCHED} AND r.owner_id IS NOT NULL"

WAITS = replace(ROUNDS, name="waits", facts=(SECONDS, *ROUNDS.facts))
WAITS_IN_HANDS = replace(HANDS, name="waits-in-hands", facts=(SECONDS, *HANDS.facts))

VANITY = Metric(
    name="vanity",
    title="Vanity: in working hours",
    rule="REP-2",
    definition="What response time would say if only the owner's working hours counted. A vanity figure: whoever asks on Friday afternoon"
    " waits until Monday all the same. No target is set by it and no limit runs by it; read Response time. Only answered rounds in a"
    " person's hands.",
    relation=WAITS,
    by_hands=WAITS_IN_HANDS,
    by="week",
    drawn="median",
    ripe=RAN_OUT,
    measures=(
        Measure("median", "Median, working hours", "Vanity: half took fewer working hours.", MEDIAN, ANSWERED, value=SECONDS, unit="time",
                more_is_better=False),
        Measure("mean", "Mean, working hours", "Vanity: the average.", MEAN, ANSWERED, value=SECONDS, unit="time", more_is_better=False),
        Measure("in_2h", "Within 2 working hours", "Vanity: of the answered ones.", SHARE, f"{SECONDS} <= 7200", ANSWERED),
    ),
)  # fmt: skip
