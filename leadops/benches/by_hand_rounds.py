"""More reports by hand (`by_hand.py`): what was given out, pulled, ended, asked for inside a round, begun with the product, and vanity."""

from leadops.benches.by_hand_words import ANSWERED, ASIDE, IN, PERIOD, ROUNDS, SOLD, UNSEEN, middle, n, whole

# Whoever had a round without having been given it at its beginning received it inside.
GIVEN_OUT = f"""(SELECT c.*, coalesce(g.received, 0) AS received FROM leads_cycle c LEFT JOIN (
    SELECT p.cycle_id, count(DISTINCT p.owner_id) AS received FROM leads_spell p
    WHERE p.how <> 'assigned' AND p.role = 'development' AND p.owner_id IS NOT NULL AND p.began_at >= %(a)s
      AND NOT EXISTS (SELECT FROM leads_spell f WHERE f.cycle_id = p.cycle_id AND f.owner_id = p.owner_id AND f.role = 'development'
        AND f.how = 'assigned') GROUP BY 1) g ON g.cycle_id = c.id WHERE {PERIOD}) r"""
GIVEN = f"{IN} AND outcome <> 'void'"
ASSIGNMENT = [
    n("has_exception"), "0", n(GIVEN), n(f"{GIVEN} AND go_to_market = 'inbound'"), n(f"{GIVEN} AND go_to_market = 'outbound'"),
    n(f"{GIVEN} AND trigger = 'pull'"), n(f"{GIVEN} AND number > 1"), n(f"{GIVEN} AND motion = 'plg'"),
    n(f"{GIVEN} AND received > 0"), whole("received", GIVEN), n(f"{IN} AND outcome = 'void'"),
]  # fmt: skip
DISPOSED = "outcome IN ('qualified', 'nurture', 'unqualified')"
OPEN = f"{SOLD} AND ended_at IS NULL"


def _gave_up(code: str, of: str) -> list[str]:
    why = f"outcome = 'nurture' AND reason_id = (SELECT id FROM accounts_reason WHERE code = '{code}')"
    return [n(f"{of} AND {why}"), n(of)]


def _aged(above: str, upto: str = "infinity") -> str:
    return n(f"{OPEN} AND %(now)s - assigned_at >= interval '{above}' AND %(now)s - assigned_at < interval '{upto}'")


DISPOSITIONS = [
    n("has_exception"), n(OPEN), n(f"{SOLD} AND {DISPOSED}"), n(f"{SOLD} AND {DISPOSED}"), n(SOLD), n(f"{SOLD} AND outcome = 'qualified'"),
    n(f"{SOLD} AND outcome = 'nurture'"), n(f"{SOLD} AND outcome = 'unqualified'"), *_gave_up("rep_abandoned", SOLD),
    *_gave_up("auto_abandoned", SOLD), _aged("0", "2 hours"), _aged("2 hours", "24 hours"), _aged("24 hours", "7 days"),
    _aged("7 days", "30 days"), _aged("30 days"), n(ASIDE),
]  # fmt: skip
BEGAN = f"{IN} AND outcome <> 'void'"
PRODUCTS = f"leads_cycle WHERE {PERIOD} AND motion = 'plg'"
STILL = f"{BEGAN} AND ended_at IS NULL"
PRODUCT_LED = [
    n("has_exception"), n(STILL), n(BEGAN), n(f"{BEGAN} AND working_at IS NOT NULL"), n(BEGAN),
    n(f"{BEGAN} AND working_at IS NOT NULL"), middle("working_at - assigned_at", f"{BEGAN} AND working_at IS NOT NULL"),
    n(f"{BEGAN} AND outcome = 'handed_over'"), n(BEGAN), n(f"{BEGAN} AND outcome = 'qualified'"), n(BEGAN),
    *_gave_up("not_activated", BEGAN), *_gave_up("stopped_using", BEGAN), n(f"{STILL} AND working_at IS NULL"),
    n(f"{STILL} AND working_at IS NOT NULL"),
]  # fmt: skip
# Most waits begin and end on one day of the owner's: its hours are the overlap, and days are walked for the others alone.
LATER = "(answered_at AT TIME ZONE time_zone)"
SAME_DAY = f"greatest(0, extract(epoch FROM least({LATER}, {LATER}::date + work_end) - greatest(there, there::date + work_start)))"
HOURS = f"""(CASE WHEN trigger = 'own' THEN 0 WHEN there::date = {LATER}::date
    THEN CASE WHEN extract(isodow FROM there)::int = ANY(work_days) THEN {SAME_DAY} ELSE 0 END
  ELSE (SELECT coalesce(sum(greatest(0, extract(epoch FROM least({LATER}, d + work_end) - greatest(there, d + work_start)))), 0)
    FROM (SELECT g::date AS d FROM generate_series(there::date, {LATER}::date, interval '1 day') g) x
    WHERE extract(isodow FROM d)::int = ANY(work_days)) END)"""
WAITED = f"""(SELECT *, CASE WHEN {SOLD} AND go_to_market = 'inbound' AND answered_at IS NOT NULL AND NOT ({UNSEEN})
    AND owner_id IS NOT NULL THEN {HOURS}::float END AS hours FROM {ANSWERED} OFFSET 0) w"""
VANITY = [
    n("has_exception"), "0", "count(hours)", "percentile_cont(0.5) WITHIN GROUP (ORDER BY hours)", "count(hours)", "avg(hours::numeric)",
    n("hours <= 7200"), "count(hours)",
]  # fmt: skip
# The working days of who pulled, with what they pulled and kept, by the day on their wall.
PULLED = """(SELECT p.id AS owner_id, d.day, coalesce(k.pulled, 0) AS pulled, coalesce(k.aside, 0) AS aside,
    coalesce(k.pulled, 0) < 10 AND s.day IS NOT NULL AS is_starved
  FROM accounts_user p JOIN (SELECT DISTINCT owner_id FROM leads_cycle WHERE trigger = 'pull' AND assigned_at >= %(a)s
      AND assigned_at < %(b)s) w ON w.owner_id = p.id
  JOIN (SELECT g::date AS day FROM generate_series((%(a)s AT TIME ZONE 'Europe/Berlin')::date, (%(b)s AT TIME ZONE 'Europe/Berlin')::date
      - 1, interval '1 day') g) d ON extract(isodow FROM d.day)::int = ANY(p.work_days) AND d.day < (%(now)s AT TIME ZONE p.time_zone)::date
  LEFT JOIN (SELECT c.owner_id, (c.assigned_at AT TIME ZONE u.time_zone)::date AS day,
      count(*) FILTER (WHERE NOT c.has_exception) AS pulled, count(*) FILTER (WHERE c.has_exception) AS aside
    FROM leads_cycle c JOIN accounts_user u ON u.id = c.owner_id WHERE c.trigger = 'pull' AND c.outcome <> 'void'
      AND c.assigned_at >= %(a)s - interval '2 days' AND c.assigned_at < %(b)s + interval '2 days' AND NOT (c.outcome = 'returned'
      AND c.first_touch_at IS NULL AND (c.ended_at AT TIME ZONE u.time_zone)::date = (c.assigned_at AT TIME ZONE u.time_zone)::date)
    GROUP BY 1, 2) k ON k.owner_id = p.id AND k.day = d.day
  LEFT JOIN (SELECT DISTINCT e.actor_id, (e.at AT TIME ZONE u.time_zone)::date AS day FROM accounts_event e JOIN accounts_user u
      ON u.id = e.actor_id WHERE e.kind = 'starved') s ON s.actor_id = p.id AND s.day = d.day
  WHERE NOT EXISTS (SELECT FROM accounts_absence a WHERE a.user_id = p.id AND a.starts_at < (d.day + p.work_end) AT TIME ZONE p.time_zone
    AND a.ends_at > (d.day + p.work_start) AT TIME ZONE p.time_zone)) r"""
FED = "NOT is_starved"
PULLS = [
    "0", "0", n(f"{FED} AND pulled BETWEEN 10 AND 15"), n(FED), n(f"{FED} AND pulled < 10"), n("pulled > 15"), n("is_starved"),
    "count(*)", "percentile_cont(0.5) WITHIN GROUP (ORDER BY pulled)", "count(*)", whole("pulled"), n("aside > 0"), whole("aside"),
]  # fmt: skip
# Who asked inside a round, and the first touch, or meeting that they booked, since.
ASKED_INSIDE = """(SELECT k.began_at, k.due_at, k.limit_at, c.outcome, c.ended_at, c.has_exception,
    least(t.at, CASE WHEN c.self_booked_at >= k.began_at THEN c.self_booked_at END) AS answered_at
  FROM leads_task k JOIN leads_cycle c ON c.id = k.cycle_id LEFT JOIN (SELECT k.id, min(t.occurred_at) AS at
    FROM leads_task k JOIN leads_touch t ON t.cycle_id = k.cycle_id AND t.occurred_at >= k.began_at AND NOT t.is_automated
      AND t.withdrawn_at IS NULL
    WHERE k.kind = 'hand_raise' AND k.began_at >= %(a)s AND k.began_at < %(b)s GROUP BY 1) t ON t.id = k.id
  WHERE k.kind = 'hand_raise' AND k.began_at >= %(a)s AND k.began_at < %(b)s) r"""
HEARD = f"{IN} AND outcome <> 'void'"
REPLIED = f"{HEARD} AND answered_at IS NOT NULL"


def _within(limit: str) -> list[str]:
    of = f"{HEARD} AND (answered_at IS NOT NULL OR {limit} < %(now)s AND (ended_at IS NULL OR ended_at > {limit}))"
    return [n(f"{of} AND answered_at <= {limit}"), n(of)]


TIME = "answered_at - began_at"
HAND_RAISES = [
    n("has_exception"), n(f"{HEARD} AND answered_at IS NULL AND ended_at IS NULL AND limit_at >= %(now)s"), n(HEARD), n(REPLIED),
    middle(TIME, REPLIED), n(REPLIED), middle(TIME, REPLIED, 0.9), n(REPLIED),
    f"avg(extract(epoch FROM {TIME})) FILTER (WHERE {REPLIED})",
    *_within("began_at + interval '2 hours'"), *_within("began_at + interval '24 hours'"), *_within("due_at"), *_within("limit_at"),
    n(f"{HEARD} AND answered_at IS NULL"),
]  # fmt: skip
HERE = "Europe/Berlin"
STATEMENTS = {
    "assignment": (GIVEN_OUT, f"(assigned_at AT TIME ZONE '{HERE}')::date", ASSIGNMENT),
    "pulls": (PULLED, "owner_id", PULLS),
    "vanity": (WAITED, f"date_trunc('week', assigned_at AT TIME ZONE '{HERE}')::date", VANITY),
    "hand-raises": (ASKED_INSIDE, f"date_trunc('week', began_at AT TIME ZONE '{HERE}')::date", HAND_RAISES),
    "dispositions": (ROUNDS, "reason_id", DISPOSITIONS),
    "product-led": (PRODUCTS, f"date_trunc('week', assigned_at AT TIME ZONE '{HERE}')::date", PRODUCT_LED),
}
