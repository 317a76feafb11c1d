"""Rounds: their number, their stamps, and the state they leave a lead in."""

from leadops.invariants.rule import IN_HAND, LIVE, Invariant

ROUNDS = [
    Invariant(
        "open_round", "A round is open exactly while its lead is assigned or working.",
        f"""SELECT l.id, l.status FROM leads_lead l LEFT JOIN leads_cycle c ON c.lead_id = l.id AND c.ended_at IS NULL
            WHERE (c.id IS NOT NULL) <> ({IN_HAND} AND {LIVE})""",
    ),
    Invariant(
        "newest_round", "A lead points at the newest of its rounds.",
        """SELECT l.id, c.number FROM leads_lead l
           LEFT JOIN (SELECT lead_id, max(number) AS number FROM leads_cycle GROUP BY lead_id) n ON n.lead_id = l.id
           LEFT JOIN leads_cycle c ON c.id = l.cycle_id
           WHERE c.number IS DISTINCT FROM n.number OR c.lead_id <> l.id""",
    ),
    Invariant(
        "rounds_numbered", "The rounds of a lead are numbered from one, without a gap.",
        "SELECT lead_id, count(*) FROM leads_cycle GROUP BY lead_id HAVING count(*) <> max(number) OR min(number) <> 1",
    ),
    Invariant(
        "stamps_in_order", "What is stamped on a round lies within it and in order; worked is stamped exactly when it was.",
        """SELECT c.id, l.status FROM leads_cycle c JOIN leads_lead l ON l.id = c.lead_id
           WHERE c.first_touch_at < c.assigned_at OR c.working_at < c.assigned_at OR c.connected_at < c.assigned_at
              OR c.last_touch_at < c.first_touch_at OR c.ended_at < c.assigned_at OR c.ended_at < c.working_at
              OR (c.first_touch_at IS NULL) <> (c.first_touch_by_id IS NULL)
              OR c.ended_at IS NULL AND l.gone_as = '' AND (l.status = 'working') <> (c.working_at IS NOT NULL)""",
    ),
    Invariant(
        "promised_times", "A round with a policy has its target and limit counted from its assignment, any other has none.",
        """SELECT c.id, p.version FROM leads_cycle c LEFT JOIN leads_policy p ON p.id = c.policy_id
           WHERE c.target_at IS DISTINCT FROM c.assigned_at + p.target_minutes * interval '1 minute'
              OR c.limit_at IS DISTINCT FROM c.assigned_at + p.limit_minutes * interval '1 minute'""",
    ),
    Invariant(
        "outcome_agrees", "A lead between rounds is what its last round made of it, or what may have followed from that.",
        f"""SELECT l.id, c.outcome || ', but ' || l.status FROM leads_lead l JOIN leads_cycle c ON c.id = l.cycle_id
            WHERE {LIVE} AND c.ended_at IS NOT NULL AND (c.outcome, l.status) NOT IN (
              ('qualified', 'qualified'), ('qualified', 'nurture'), ('qualified', 'unqualified'), ('nurture', 'nurture'),
              ('nurture', 'unqualified'), ('unqualified', 'unqualified'), ('opted_out', 'unqualified'), ('returned', 'raw'),
              ('returned', 'nurture'), ('returned', 'unqualified'))""",
    ),
    Invariant(
        "reason_fits", "A reason is of the kind that it is the reason for.",
        """SELECT l.id, r.code FROM leads_lead l JOIN accounts_reason r ON r.id = l.reason_id WHERE r.disposition <> l.status
           UNION ALL
           SELECT c.lead_id, r.code FROM leads_cycle c JOIN accounts_reason r ON r.id = c.reason_id
           WHERE r.disposition <> CASE c.outcome WHEN 'opted_out' THEN 'unqualified' ELSE c.outcome END""",
    ),
    Invariant(
        "abandon_stored", "The stored moment of auto-abandon is the one that follows from the round.",
        f"""SELECT c.id, c.abandon_at FROM leads_cycle c JOIN leads_lead l ON l.cycle_id = c.id
            LEFT JOIN (SELECT DISTINCT cycle_id FROM leads_task WHERE done_at IS NULL
              AND (kind IN ('reply', 'hand_raise', 'meeting', 'reschedule')
                OR kind = 'exception' AND accepted_at IS NOT NULL)) h ON h.cycle_id = c.id
            WHERE c.ended_at IS NULL AND {LIVE} AND c.abandon_at IS DISTINCT FROM CASE
              WHEN l.motion <> 'slg' OR h.cycle_id IS NOT NULL THEN NULL
              WHEN l.status = 'working' THEN greatest(c.working_at + interval '30 days',
                greatest(coalesce(c.last_touch_at, c.working_at), l.status_since, c.freed_at) + interval '7 days')
              WHEN c.go_to_market <> 'inbound' OR c.touches > 0 THEN NULL
              WHEN c.assigned_at + interval '14 days' >= greatest(l.status_since, c.freed_at) THEN c.assigned_at + interval '14 days'
              ELSE greatest(l.status_since, c.freed_at) + interval '7 days' END""",
    ),
]  # fmt: skip
