"""Touches, tasks and what they count."""

from leadops.invariants.rule import IN_HAND, LIVE, Invariant

COUNTING = """
  SELECT cycle_id, count(*) AS number, max(occurred_at) AS last, min(occurred_at) AS earliest,
         (array_agg(occurred_at ORDER BY id))[1] AS logged_first
  FROM leads_touch WHERE cycle_id IS NOT NULL AND withdrawn_at IS NULL AND NOT is_automated GROUP BY cycle_id"""

WORK = [
    Invariant(
        "touches_counted", "A round counts the touches of people that stand, and knows the last.",
        f"""SELECT c.lead_id, c.touches || ', but ' || coalesce(t.number, 0) FROM leads_cycle c
            LEFT JOIN ({COUNTING}) t ON t.cycle_id = c.id
            WHERE c.touches <> coalesce(t.number, 0) OR c.last_touch_at IS DISTINCT FROM t.last""",
    ),
    Invariant(
        "first_touch", "The first touch of a round is the one that was logged first, or the earliest where that one was withdrawn.",
        f"""SELECT c.lead_id, c.first_touch_at FROM leads_cycle c LEFT JOIN ({COUNTING}) t ON t.cycle_id = c.id
            WHERE c.first_touch_at IS DISTINCT FROM t.logged_first AND c.first_touch_at IS DISTINCT FROM t.earliest
               OR c.first_touch_at IS NOT NULL AND NOT EXISTS (SELECT FROM leads_touch f WHERE f.cycle_id = c.id
                    AND f.occurred_at = c.first_touch_at AND f.by_id = c.first_touch_by_id AND f.withdrawn_at IS NULL)""",
    ),
    Invariant(
        "withdrawn_in_time", "A touch is withdrawn within its minute or not at all.",
        """SELECT id, withdrawn_at - recorded_at FROM leads_touch
           WHERE withdrawn_at < recorded_at OR withdrawn_at > recorded_at + interval '60 seconds'""",
    ),
    Invariant(
        "response_awaited", "A first touch is awaited exactly in the open rounds that promise one and have none.",
        """SELECT c.lead_id, c.number FROM leads_cycle c
           LEFT JOIN leads_task t ON t.cycle_id = c.id AND t.kind = 'response' AND t.done_at IS NULL
           WHERE (t.id IS NOT NULL) <> (c.ended_at IS NULL AND c.policy_id IS NOT NULL AND c.first_touch_at IS NULL
             AND c.self_booked_at IS NULL)""",
    ),
    Invariant(
        "no_work_after_the_end", "Nothing is left to do on a lead that is in nobody's hands, but a date, a hand raise, a manager's word.",
        """SELECT l.id, t.kind FROM leads_task t JOIN leads_lead l ON l.id = t.lead_id
           WHERE t.done_at IS NULL AND (l.gone_as <> ''
             OR t.kind IN ('response', 'reply', 'follow_up', 'reschedule') AND l.status NOT IN ('assigned', 'working')
             OR t.kind = 'keep' AND (l.status <> 'nurture' OR l.nurture_kind <> 'sales'))""",
    ),
    Invariant(
        "work_in_hand", "What is to do in an open round lies with whoever has the lead.",
        f"""SELECT l.id, t.kind FROM leads_task t JOIN leads_lead l ON l.cycle_id = t.cycle_id
            WHERE t.done_at IS NULL AND t.kind IN ('response', 'reply', 'follow_up', 'hand_raise', 'reschedule') AND {IN_HAND} AND {LIVE}
              AND (t.owner_id, t.team_id) IS DISTINCT FROM (l.owner_id, l.team_id)""",
    ),
    Invariant(
        "exceptions_granted", "A round is left out exactly when an exception of it was granted.",
        """SELECT c.lead_id, c.number FROM leads_cycle c
           LEFT JOIN (SELECT DISTINCT cycle_id FROM leads_task WHERE kind = 'exception' AND accepted_at IS NOT NULL) t ON t.cycle_id = c.id
           WHERE c.has_exception <> (t.cycle_id IS NOT NULL)""",
    ),
]  # fmt: skip
