"""Meetings, and what must follow from them."""

from leadops.invariants.rule import IN_HAND, LIVE, Invariant

MEETINGS = [
    Invariant(
        "meeting_awaited", "A booked meeting of a live lead whose round goes on has its open task, with who holds it.",
        f"""SELECT m.id, t.id FROM meetings_meeting m JOIN leads_lead l ON l.id = m.lead_id LEFT JOIN leads_task t ON t.id = m.task_id
            WHERE m.status = 'booked' AND {LIVE} AND m.cycle_id = l.cycle_id AND {IN_HAND}
              AND (t.id IS NULL OR t.done_at IS NOT NULL OR t.owner_id <> m.owner_id)""",
    ),
    Invariant(
        "meeting_over_is_done", "A meeting that is over leaves no open task behind.",
        """SELECT m.id, t.id FROM meetings_meeting m JOIN leads_task t ON t.id = m.task_id
           WHERE m.status <> 'booked' AND t.done_at IS NULL""",
    ),
    Invariant(
        "no_show_limit", "No round goes on after its third no-show.",
        f"""SELECT l.id, count(*) FROM meetings_meeting m JOIN leads_lead l ON l.cycle_id = m.cycle_id
            WHERE m.status = 'no_show' AND {IN_HAND} AND {LIVE} GROUP BY l.id HAVING count(*) >= 3""",
    ),
    Invariant(
        "sale_given_up", "No sale is closed as not qualified while a meeting of it is booked or was good.",
        """SELECT o.id, m.status FROM accounts_opportunity o JOIN meetings_meeting m ON m.opportunity_id = o.id
           WHERE o.status = 'not_qualified' AND m.status IN ('booked', 'qualified')""",
    ),
    Invariant(
        "qualified_by_meeting", "A sale at its qualifying stage has a meeting that was good, unless its history was brought over.",
        """SELECT o.id, s.name FROM accounts_opportunity o JOIN accounts_stage s ON s.id = o.stage_id
           WHERE o.status = 'open' AND o.gone_as = '' AND s.is_qualifying
             AND NOT EXISTS (SELECT FROM meetings_meeting m WHERE m.opportunity_id = o.id AND m.status = 'qualified')
             AND NOT EXISTS (SELECT FROM accounts_event e WHERE e.opportunity_id = o.id AND e.kind = 'stage' AND e.door = 'import')""",
    ),
    Invariant(
        "meeting_of_sale", "A meeting is at the account of its opportunity.",
        """SELECT m.id, o.id FROM meetings_meeting m JOIN accounts_opportunity o ON o.id = m.opportunity_id
           WHERE m.account_id <> o.account_id AND o.gone_as = ''""",
    ),
]  # fmt: skip
