"""The record: what happened, in order, and that it led to the state there is."""

from leadops.invariants.rule import Invariant

MOVES = """
  SELECT lead_id, id, from_status, at, stayed, lag(to_status) OVER w AS before, lag(at) OVER w AS since
  FROM accounts_event WHERE kind = 'transition' WINDOW w AS (PARTITION BY lead_id ORDER BY id)"""

RECORD = [
    Invariant(
        "record_says_state", "The newest transition on record is the state a lead is in, since then.",
        """SELECT l.id, l.status || ', but ' || coalesce(e.to_status, 'raw') FROM leads_lead l LEFT JOIN (
             SELECT DISTINCT ON (lead_id) lead_id, to_status, at FROM accounts_event WHERE kind = 'transition' ORDER BY lead_id, id DESC
           ) e ON e.lead_id = l.id
           WHERE coalesce(e.to_status, 'raw') <> l.status OR e.at <> l.status_since""",
    ),
    Invariant(
        "record_without_gaps", "Each transition begins where the one before it ended, and not earlier; the first begins raw.",
        f"""SELECT lead_id, before || ', then ' || from_status FROM ({MOVES}) m
            WHERE from_status <> coalesce(before, 'raw') OR at < since""",
    ),
    Invariant(
        "record_stayed", "How long a lead stayed is the time between two transitions.",
        f"""SELECT lead_id, stayed FROM ({MOVES}) m
            WHERE stayed IS NULL OR stayed < interval '0' OR stayed <> at - since""",
    ),
    Invariant(
        "rounds_on_record", "Each round begins with one transition at its assignment; one that ended by a disposition ends with one.",
        """SELECT c.lead_id, 'begins' FROM leads_cycle c LEFT JOIN accounts_event e ON e.kind = 'transition' AND e.cycle_id = c.id
             AND e.move IN ('assign', 'reopen', 'come_back', 'hand_over', 'fit_self_serve')
           GROUP BY c.id HAVING count(e.id) <> 1 OR min(e.at) <> c.assigned_at
           UNION ALL
           SELECT c.lead_id, 'ends' FROM leads_cycle c
           WHERE c.outcome IN ('qualified', 'nurture', 'unqualified', 'opted_out', 'returned') AND NOT EXISTS (
             SELECT FROM accounts_event e WHERE e.kind = 'transition' AND e.cycle_id = c.id AND e.at = c.ended_at
               AND e.from_status IN ('assigned', 'working') AND e.to_status NOT IN ('assigned', 'working'))""",
    ),
    Invariant(
        "record_points", "The record names only people, rounds, reasons, companies and sales that exist, and the round of its lead.",
        """SELECT e.id, 'actor' FROM accounts_event e LEFT JOIN accounts_user x ON x.id = e.actor_id
             WHERE e.actor_id IS NOT NULL AND x.id IS NULL
           UNION ALL SELECT e.id, 'round' FROM accounts_event e LEFT JOIN leads_cycle x ON x.id = e.cycle_id
             WHERE e.cycle_id IS NOT NULL AND x.lead_id IS DISTINCT FROM e.lead_id
           UNION ALL SELECT e.id, 'reason' FROM accounts_event e LEFT JOIN accounts_reason x ON x.id = e.reason_id
             WHERE e.reason_id IS NOT NULL AND x.id IS NULL
           UNION ALL SELECT e.id, 'account' FROM accounts_event e LEFT JOIN accounts_account x ON x.id = e.account_id
             WHERE e.account_id IS NOT NULL AND x.id IS NULL
           UNION ALL SELECT e.id, 'opportunity' FROM accounts_event e LEFT JOIN accounts_opportunity x ON x.id = e.opportunity_id
             WHERE e.opportunity_id IS NOT NULL AND x.id IS NULL""",
    ),
    Invariant(
        "known_after_it_happened", "Nothing is on record before it happened.",
        """SELECT id, kind FROM accounts_event WHERE recorded_at < at
           UNION ALL SELECT id, 'touch' FROM leads_touch WHERE recorded_at < occurred_at
           UNION ALL SELECT id, 'signal' FROM leads_signal WHERE recorded_at < at""",
    ),
    Invariant(
        "own_round", "What belongs to a round belongs to its lead.",
        " UNION ALL ".join(
            f"SELECT x.id, '{table}' FROM leads_{table} x JOIN leads_cycle c ON c.id = x.cycle_id WHERE c.lead_id <> x.lead_id"
            for table in ("spell", "touch", "task", "note")
        ),
    ),
]  # fmt: skip
