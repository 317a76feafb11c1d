"""What must always be true of the data (OPS-3): one sentence and one query a rule, which returns what breaks it, and nothing is right.

Asked by `manage.py check_invariants`, by a daily job and by tests, after anything. Every query looks at whole tables at once, so that
a million leads are a matter of minutes, and none holds a lock that anybody waits for. What the database refuses by itself is asked
only where a restored backup or a hand with an owner's rights could break it all the same.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import connection

SHOWN = 20


@dataclass(frozen=True)
class Invariant:
    """One rule. `sql` names what breaks it: a key, and some words about it."""

    name: str
    says: str
    sql: str


IN_HAND = "l.status IN ('assigned', 'working')"
LIVE = "l.gone_as = ''"
MOVES = """
  SELECT lead_id, id, from_status, at, stayed, lag(to_status) OVER w AS before, lag(at) OVER w AS since
  FROM accounts_event WHERE kind = 'transition' WINDOW w AS (PARTITION BY lead_id ORDER BY id)"""
COUNTING = """
  SELECT cycle_id, count(*) AS number, max(occurred_at) AS last, min(occurred_at) AS earliest,
         (array_agg(occurred_at ORDER BY id))[1] AS logged_first
  FROM leads_touch WHERE cycle_id IS NOT NULL AND withdrawn_at IS NULL AND NOT is_automated GROUP BY cycle_id"""

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

HANDS = [
    Invariant(
        "one_hand", "Exactly one spell is open while a lead is in hand, and none otherwise.",
        f"""SELECT l.id, l.status FROM leads_lead l
            LEFT JOIN leads_spell s ON s.lead_id = l.id AND s.role = 'development' AND s.ended_at IS NULL
            WHERE (s.id IS NOT NULL) <> ({IN_HAND} AND {LIVE})""",
    ),
    Invariant(
        "spell_of_owner", "The open spell is the owner's, in the open round.",
        """SELECT l.id, s.id FROM leads_spell s JOIN leads_lead l ON l.id = s.lead_id
           WHERE s.role = 'development' AND s.ended_at IS NULL
             AND (s.owner_id, s.team_id, s.cycle_id) IS DISTINCT FROM (l.owner_id, l.team_id, l.cycle_id)""",
    ),
    Invariant(
        "spells_fill_rounds", "The spells of a round follow one another, from its assignment to its end.",
        """SELECT c.lead_id, c.number FROM leads_cycle c LEFT JOIN (
             SELECT cycle_id, began_at, ended_at, lag(ended_at) OVER w AS before, row_number() OVER w AS place,
                    row_number() OVER (PARTITION BY cycle_id ORDER BY id DESC) AS from_last
             FROM leads_spell WHERE role = 'development' WINDOW w AS (PARTITION BY cycle_id ORDER BY id)
           ) s ON s.cycle_id = c.id
           WHERE s.cycle_id IS NULL OR s.place = 1 AND s.began_at <> c.assigned_at OR s.began_at < s.before
              OR s.place > 1 AND s.before IS NULL OR s.from_last = 1 AND s.ended_at IS DISTINCT FROM c.ended_at""",
    ),
    Invariant(
        "waiting_hands", "A raw or nurtured lead is nobody's but a queue's, save one kept by its rep; an ended one waits in no queue.",
        f"""SELECT l.id, l.status FROM leads_lead l WHERE {LIVE} AND (
              l.owner_id IS NOT NULL AND (l.status IN ('raw', 'unqualified') OR l.status = 'nurture' AND l.nurture_kind <> 'sales')
              OR l.team_id IS NOT NULL AND l.status IN ('qualified', 'unqualified'))""",
    ),
    Invariant(
        "products_own", "A product-led lead in hand is the product's, no other is; and a round has its lead's motion.",
        f"""SELECT l.id, l.motion FROM leads_lead l JOIN leads_cycle c ON c.id = l.cycle_id LEFT JOIN accounts_team t ON t.id = l.team_id
            WHERE {IN_HAND} AND {LIVE} AND ((l.motion = 'plg') <> (coalesce(t.kind, '') = 'product') OR l.motion <> c.motion)""",
    ),
    Invariant(
        "opted_out_waits_nowhere", "Who asked us to stop on every channel waits in no queue.",
        f"""SELECT l.id, l.team_id FROM leads_lead l
            WHERE l.opted_out_at IS NOT NULL AND l.team_id IS NOT NULL AND l.status IN ('raw', 'nurture') AND {LIVE}""",
    ),
]  # fmt: skip

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

KNOWN = [
    Invariant(
        "domain_of_account", "The domain on an account is one of those it owns; nothing owned by a live account's lead or domain is gone.",
        """SELECT a.id, a.domain FROM accounts_account a WHERE a.domain <> '' AND a.gone_as = '' AND NOT EXISTS (
             SELECT FROM accounts_domain d WHERE d.name = a.domain AND d.account_id = a.id)
           UNION ALL SELECT a.id, d.name FROM accounts_domain d JOIN accounts_account a ON a.id = d.account_id WHERE a.gone_as <> ''""",
    ),
    Invariant(
        "live_account", "No live lead and no live opportunity is at an account that is gone.",
        f"""SELECT l.id, 'lead' FROM leads_lead l JOIN accounts_account a ON a.id = l.account_id WHERE {LIVE} AND a.gone_as <> ''
            UNION ALL SELECT o.id, 'opportunity' FROM accounts_opportunity o JOIN accounts_account a ON a.id = o.account_id
            WHERE o.gone_as = '' AND a.gone_as <> ''""",
    ),
    Invariant(
        "known_by", "A live lead can be found again, by the address it shows; a merged or undone one holds no address or number any more.",
        f"""SELECT l.id, l.email FROM leads_lead l WHERE {LIVE} AND (
              NOT EXISTS (SELECT FROM leads_identity i WHERE i.lead_id = l.id AND i.is_live)
              OR l.email <> '' AND NOT EXISTS (
                SELECT FROM leads_identity i WHERE i.lead_id = l.id AND i.is_live AND i.kind = 'email' AND i.value = l.email))
            UNION ALL SELECT l.id, i.value FROM leads_identity i JOIN leads_lead l ON l.id = i.lead_id
            WHERE i.is_live AND i.kind IN ('email', 'external') AND l.gone_as IN ('merged', 'undone')""",
    ),
    Invariant(
        "searchable", "A live lead is found by the one search box.",
        f"""SELECT l.id, l.email FROM leads_lead l WHERE {LIVE} AND (strpos(l.search, lower(l.email)) = 0 OR l.search = ''
              AND l.first_name || l.last_name || l.company || l.email || l.phone <> '')""",
    ),
    Invariant(
        "qualified_for_a_sale", "Who is qualified has a part in a sale of that account, and the sale had reached the qualifying stage.",
        f"""SELECT l.id, o.id FROM leads_cycle c JOIN leads_lead l ON l.cycle_id = c.id
            JOIN accounts_opportunity o ON o.id = c.opportunity_id
            WHERE {LIVE} AND c.outcome = 'qualified' AND (o.qualified_at IS NULL OR NOT EXISTS (
              SELECT FROM leads_contactrole r JOIN accounts_opportunity x ON x.id = r.opportunity_id
              WHERE r.lead_id = l.id AND x.account_id = o.account_id))""",
    ),
    Invariant(
        "one_open_sale", "An account has one open sale of a product, and a sale is at a stage of its status.",
        """SELECT min(id), 'two open' FROM accounts_opportunity WHERE status = 'open' AND gone_as = ''
             GROUP BY account_id, product_id HAVING count(*) > 1
           UNION ALL SELECT o.id, o.status || ' at ' || s.name FROM accounts_opportunity o JOIN accounts_stage s ON s.id = o.stage_id
             WHERE s.status <> o.status""",
    ),
    Invariant(
        "sale_on_record", "A sale is at the stage its record says, and its stamps are moments of its record.",
        """SELECT o.id, o.stage_id FROM accounts_opportunity o LEFT JOIN (
             SELECT DISTINCT ON (opportunity_id) opportunity_id, data ->> 'to' AS stage FROM accounts_event
             WHERE kind = 'stage' AND opportunity_id IS NOT NULL ORDER BY opportunity_id, id DESC
           ) e ON e.opportunity_id = o.id
           WHERE e.stage IS DISTINCT FROM o.stage_id::text
           UNION ALL SELECT o.id, o.stage_id FROM accounts_opportunity o
           CROSS JOIN LATERAL (VALUES (o.qualified_at), (o.pipeline_at)) AS stamped(at)
           WHERE stamped.at IS NOT NULL AND NOT EXISTS (
             SELECT FROM accounts_event e WHERE e.opportunity_id = o.id AND e.kind = 'stage' AND e.at = stamped.at)""",
    ),
]  # fmt: skip

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
        "meeting_of_sale", "A meeting is at the account of its opportunity.",
        """SELECT m.id, o.id FROM meetings_meeting m JOIN accounts_opportunity o ON o.id = m.opportunity_id
           WHERE m.account_id <> o.account_id AND o.gone_as = ''""",
    ),
]  # fmt: skip

INVARIANTS: tuple[Invariant, ...] = (*ROUNDS, *RECORD, *HANDS, *WORK, *KNOWN, *MEETINGS)


def check(rules: Iterable[Invariant] = INVARIANTS) -> Iterator[tuple[Invariant, list[tuple]]]:
    """Ask each rule, and yield it with what breaks it, at most `SHOWN` rows. One query a rule; writes nothing."""
    for rule in rules:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM ({rule.sql}) AS broken LIMIT {SHOWN}")
            yield rule, cursor.fetchall()


def broken() -> dict[str, list[tuple]]:
    """Name the rules that do not hold, with what breaks them."""
    return {rule.name: rows for rule, rows in check() if rows}
