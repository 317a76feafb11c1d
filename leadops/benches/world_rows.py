"""The statements that fill the world (`world.py`): first a plan of who goes through what, then its rows, table by table.

Each lead's life follows from its number: of a thousand, ten are in hand, the others wait, come back or are done. Rows are written in
the order in which they would have come about, so that what belongs to one lead lies scattered, as it does in a house that is old.
"""

from leadops.benches.importing import ADDRESS, WHO

TABLES = (
    "accounts_account", "accounts_domain", "accounts_opportunity", "accounts_event", "leads_source", "leads_lead", "leads_identity",
    "leads_signal", "leads_cycle", "leads_spell", "leads_touch", "leads_task", "leads_contactrole", "leads_qualification",
    "meetings_meeting", "meetings_handoff",
)  # fmt: skip

# What the numbers up to, of a thousand, go through.
KINDS = (
    (2, "clock"), (7, "working"), (8, "unplanned"), (9, "pulled"), (14, "signed_up"), (19, "activated"), (119, "queue"), (219, "qualified"),
    (439, "nurture"), (649, "nurture_twice"), (839, "unqualified"), (859, "opted_out"), (869, "returned"), (879, "handed_over"),
    (889, "self_serve"), (894, "void"), (899, "kept"), (999, "raw"),
)  # fmt: skip
KIND = "CASE " + " ".join(f"WHEN n %% 1000 <= {most} THEN '{kind}'" for most, kind in KINDS) + " END"
# kind, round, begins and ends after (days), touches, is worked, outcome, reason, motion, market, trigger, comes by, from, ends by, as
ROUNDS = """
  ('clock', 1, 0, NULL, 0, false, '', '', 'slg', 'inbound', 'round_robin', 'assign', 'raw', '', ''),
  ('working', 1, 0, NULL, 5, true, '', '', 'slg', 'inbound', 'round_robin', 'assign', 'raw', '', ''),
  ('unplanned', 1, 0, NULL, 5, true, '', '', 'slg', 'inbound', 'round_robin', 'assign', 'raw', '', ''),
  ('pulled', 1, 0, NULL, 0, false, '', '', 'slg', 'outbound', 'pull', 'assign', 'raw', '', ''),
  ('signed_up', 1, 0, NULL, 0, false, '', '', 'plg', 'inbound', 'sign_up', 'assign', 'raw', '', ''),
  ('activated', 1, 0, NULL, 0, true, '', '', 'plg', 'inbound', 'sign_up', 'assign', 'raw', '', ''),
  ('qualified', 1, 0, 7, 6, true, 'qualified', '', 'slg', 'inbound', 'round_robin', 'assign', 'raw', 'qualify', 'qualified'),
  ('nurture', 1, 0, 7, 6, true, 'nurture', 'rep_abandoned', 'slg', 'inbound', 'round_robin', 'assign', 'raw', 'nurture', 'nurture'),
  ('nurture_twice', 1, 0, 7, 6, true, 'nurture', 'no_for_now', 'slg', 'inbound', 'action', 'assign', 'raw', 'nurture', 'nurture'),
  ('nurture_twice', 2, 20, 8, 7, true, 'nurture', 'unresponsive', 'slg', 'outbound', 'pull', 'assign', 'nurture', 'nurture', 'nurture'),
  ('unqualified', 1, 0, 3, 2, true, 'unqualified', 'left_company', 'slg', 'inbound', 'round_robin', 'assign', 'raw',
    'unqualify', 'unqualified'),
  ('opted_out', 1, 0, 4, 3, true, 'opted_out', 'opted_out', 'slg', 'inbound', 'round_robin', 'assign', 'raw', 'opt_out', 'unqualified'),
  ('returned', 1, 0, 1, 0, false, 'returned', '', 'slg', 'outbound', 'pull', 'assign', 'raw', 'give_back_raw', 'raw'),
  ('handed_over', 1, 0, 5, 0, true, 'handed_over', '', 'plg', 'inbound', 'sign_up', 'assign', 'raw', '', ''),
  ('handed_over', 2, 5, 6, 5, true, 'nurture', 'rep_abandoned', 'slg', 'inbound', 'hand_over', 'hand_over', 'working', 'nurture',
      'nurture'),
  ('self_serve', 1, 0, 3, 2, true, 'self_serve', '', 'slg', 'inbound', 'round_robin', 'assign', 'raw', '', ''),
  ('self_serve', 2, 3, 14, 0, false, 'nurture', 'not_activated', 'plg', 'inbound', 'self_serve', 'fit_self_serve', 'working',
    'nurture', 'nurture'),
  ('void', 1, 0, 1, 0, false, 'void', '', 'slg', 'inbound', 'round_robin', 'assign', 'raw', '', ''),
  ('kept', 1, 0, 3, 2, true, 'nurture', 'kept', 'slg', 'inbound', 'round_robin', 'assign', 'raw', 'nurture', 'nurture')
"""
IN_HAND = "('clock', 'working', 'unplanned', 'pulled', 'signed_up', 'activated')"
PLAN = (
    # Who: `rep` runs over all reps whatever a lead goes through.
    f"""CREATE TEMP TABLE who AS SELECT *, CASE
        WHEN kind IN ('clock', 'pulled') THEN %(at)s::timestamptz - (n::bigint * 7919 %% 1560) * interval '1 minute' - interval '1 hour'
        WHEN kind IN {IN_HAND} THEN %(at)s::timestamptz - (9 + n %% 15) * interval '1 day' - interval '3 hours'
        ELSE %(at)s::timestamptz - (40 + n %% 660) * interval '1 day' - (n::bigint * 37 %% 86400) * interval '1 second' END AS came
      FROM (SELECT n, first, last, f, company, domain, phone, {ADDRESS} AS email, {KIND} AS kind,
        (%(reps)s::bigint[])[1 + (n / 1000 * 11 + n %% 1000 * 7) %% 50] AS rep,
        (%(teams)s::bigint[])[1 + (n / 1000 * 11 + n %% 1000 * 7) %% 5] AS line FROM {WHO}) w""",
    f"""CREATE TEMP TABLE round AS
      SELECT row_number() OVER (ORDER BY assigned_at, lead) AS id, *,
        CASE WHEN is_worked THEN assigned_at + (10 + lead %% 100) * interval '1 minute' END AS working_at,
        assigned_at + stays * interval '1 day' AS ended_at, motion = 'slg' AND market = 'inbound' AS is_promised
      FROM (SELECT n + 1 AS lead, f + 1 AS account, w.kind, rep, line, came, came + interval '1 hour' + s.begins * interval '1 day' AS
          assigned_at, s.number, s.stays, s.touches, s.is_worked, s.outcome, r.id AS reason, coalesce(r.nurture_kind, '') AS nurture_kind,
          s.motion, s.market, s.trigger, s.comes_by, s.comes_from, s.ends_by, s.ends_as
        FROM who w JOIN (VALUES {ROUNDS}) AS s (kind, number, begins, stays, touches, is_worked, outcome, code, motion, market, trigger,
          comes_by, comes_from, ends_by, ends_as) USING (kind) LEFT JOIN accounts_reason r ON r.code = s.code) r""",
    """CREATE TEMP TABLE move AS SELECT *, at - coalesce(lag(at) OVER (PARTITION BY lead ORDER BY at, place), came) AS stayed FROM (
        SELECT lead, id AS round, account, came, 1 AS place, assigned_at AS at, comes_by AS move, comes_from AS was,
          'assigned' AS now, NULL::bigint AS reason, CASE WHEN trigger = 'pull' THEN rep END AS actor FROM round
        UNION ALL SELECT lead, id, account, came, 2, working_at, 'start', 'assigned', 'working', NULL, rep FROM round WHERE is_worked
        UNION ALL SELECT lead, id, account, came, 3, ended_at, ends_by, CASE WHEN is_worked THEN 'working' ELSE 'assigned' END, ends_as,
          reason, rep FROM round WHERE ends_by <> '') m""",
    "CREATE TEMP TABLE last AS"
    " SELECT DISTINCT ON (lead) lead, id, number, motion, market, nurture_kind FROM round ORDER BY lead, number DESC",
    "CREATE TEMP TABLE state AS SELECT DISTINCT ON (lead) lead, at, now, reason FROM move ORDER BY lead, at DESC, place DESC",
    """CREATE TEMP TABLE sale AS SELECT row_number() OVER (ORDER BY account) AS id, account, min(ended_at) AS at,
      min(assigned_at) AS booked,
      min(rep) AS rep, CASE WHEN account %% 5 < 2 THEN 'won' WHEN account %% 13 %% 10 < 5 THEN 'completed' WHEN account %% 13 %% 10 < 8
      THEN 'pipeline' WHEN account %% 13 %% 10 < 9 THEN 'proposal' ELSE 'negotiation' END AS reach
    FROM round WHERE kind = 'qualified' GROUP BY account""",
    "ANALYZE who", "ANALYZE round", "ANALYZE move", "ANALYZE last", "ANALYZE state",
)  # fmt: skip

SELLER = "(%(sellers)s::bigint[])[1 + account %% 11 %% 5]"  # also of open ones: what is won follows from other numbers
STAGE = "(SELECT id FROM accounts_stage WHERE name = '{}')"
# The stages a sale goes through, by how far it came, and days after it qualified.
STEPS = (
    ("Meeting booked", None, "completed pipeline proposal negotiation won"),
    ("Meeting completed", 0, "completed pipeline proposal negotiation won"),
    ("Pipeline", 7, "pipeline proposal negotiation won"),
    ("Proposal", 14, "proposal negotiation"),
    ("Negotiation", 17, "negotiation"),
    ("Won", 20, "won"),
)
WENT = "(VALUES " + ", ".join(
    f"({n}, '{name}', {'NULL' if days is None else days}, '{{{reach.replace(' ', ',')}}}'::text[])"
    for n, (name, days, reach) in enumerate(STEPS)
) + ") AS step (n, name, days, reaches)"  # fmt: skip
COMES_BACK = "s.at + interval '6 months'"
LEADS = f"""INSERT INTO leads_lead (id, first_name, last_name, title, company, email, phone, website, country, account_id, status,
    status_since, nurture_kind, reason_id, recycle_at, version, motion, go_to_market, source_id, segment, region, owner_id, team_id,
    development_owner_id, opportunity_owner_id, cycle_id, opted_out_at, opted_out_channels, last_activity_at, created_at, recorded_at,
    search, gone_as, merged_into_id, score)
  SELECT n + 1, first, last, 'Head of Operations', company, email, phone, '', 'Germany', f + 1, coalesce(s.now, 'raw'), coalesce(s.at,
      came),
    CASE WHEN s.now = 'nurture' THEN r.nurture_kind ELSE '' END, s.reason,
    CASE WHEN kind = 'kept' THEN %(at)s::timestamptz + (1 + n %% 20) * interval '1 day' WHEN kind = 'self_serve' OR s.now <> 'nurture'
      OR {COMES_BACK} <= %(at)s THEN NULL ELSE {COMES_BACK} END,
    coalesce(r.number * 2, 0), coalesce(r.motion, 'slg'), coalesce(r.market, 'inbound'), n %% 5 + 1, '', '',
    CASE WHEN w.kind IN ('clock', 'working', 'unplanned', 'pulled', 'kept') THEN w.rep WHEN w.kind = 'qualified' THEN
      (%(sellers)s::bigint[])[1 + (f + 1) %% 11 %% 5] END,
    CASE WHEN w.kind IN ('signed_up', 'activated') THEN %(product)s WHEN w.kind IN ('queue', 'returned') OR s.now = 'nurture'
      AND w.kind NOT IN ('kept', 'self_serve') AND {COMES_BACK} <= %(at)s THEN w.line END,
    CASE WHEN r.motion = 'slg' THEN w.rep END, CASE WHEN w.kind = 'qualified' THEN (%(sellers)s::bigint[])[1 + (f + 1) %% 11 %% 5] END,
    r.id, CASE WHEN w.kind = 'opted_out' THEN s.at END, '{{}}', s.at, came, came,
    lower(first || ' ' || last || ' ' || company || ' ' || email || ' ' || phone), CASE w.kind WHEN 'void' THEN 'merged' ELSE '' END,
    CASE w.kind WHEN 'void' THEN n + 1 - 10 END, CASE WHEN r.id IS NOT NULL THEN 66 + n %% 30 END
  FROM who w LEFT JOIN last r ON r.lead = n + 1 LEFT JOIN state s ON s.lead = n + 1 ORDER BY n"""
ROWS = (
    """INSERT INTO accounts_account (id, name, name_key, domain, website, country, segment, region, is_target, is_guess, created_at,
      gone_as)
    SELECT f + 1, name || ' ' || (%(form)s::text[])[f %% 3 + 1], lower(name),
      lower((%(firm)s::text[])[f %% 7 + 1]) || '-' || f || '.com', '', 'Germany', '', '', false, false, %(at)s, ''
    FROM (SELECT f, (%(firm)s::text[])[f %% 7 + 1] || ' ' || (%(kind)s::text[])[f %% 5 + 1] || ' ' || f AS name
      FROM generate_series(0, %(firms)s - 1) f) a""",
    "INSERT INTO accounts_domain (name, kind, account_id) SELECT domain, 'company', id FROM accounts_account",
    "INSERT INTO leads_source (name, created_at) SELECT s, %(at)s FROM unnest(%(source)s::text[]) s",
    f"""INSERT INTO accounts_opportunity (id, account_id, product_id, status, stage_id, amount, currency, development_owner_id,
      opportunity_owner_id, created_at, qualified_at, pipeline_at, closed_at, gone_as)
    SELECT id, account, (SELECT min(id) FROM accounts_product), CASE reach WHEN 'won' THEN 'won' ELSE 'open' END,
      CASE reach WHEN 'won' THEN {STAGE.format("Won")} WHEN 'negotiation' THEN {STAGE.format("Negotiation")}
        WHEN 'proposal' THEN {STAGE.format("Proposal")} WHEN 'pipeline' THEN {STAGE.format("Pipeline")}
        ELSE {STAGE.format("Meeting completed")} END,
      1000 * (5 + account %% 40), 'EUR', rep, {SELLER}, booked, at, CASE WHEN reach <> 'completed' THEN at + interval '7 days' END,
      CASE reach WHEN 'won' THEN at + interval '20 days' END, ''
    FROM sale""",
    """INSERT INTO leads_cycle (id, lead_id, number, trigger, motion, go_to_market, source_id, segment, region, account_id, relationship,
      is_target, owner_id, team_id, policy_id, came_from, came_kind, assigned_at, target_at, limit_at, first_touch_at, first_touch_by_id,
      working_at, last_touch_at, touches, abandon_at, return_at, ended_at, outcome, reason_id, nurture_kind, ended_by_id, size, is_early,
      has_exception, opportunity_id)
    SELECT r.id, lead, number, trigger, motion, market, (lead - 1) %% 5 + 1, '', '', r.account, 'new_business', false,
      CASE WHEN motion = 'slg' THEN r.rep END, CASE WHEN motion = 'plg' THEN %(product)s END,
      CASE WHEN is_promised THEN (SELECT min(id) FROM leads_policy) END, comes_from, '', assigned_at,
      CASE WHEN is_promised THEN assigned_at + interval '120 minutes' END, CASE WHEN is_promised THEN assigned_at + interval
      '1440 minutes' END,
      CASE WHEN touches > 0 THEN working_at END, CASE WHEN touches > 0 THEN r.rep END, working_at,
      CASE WHEN touches > 0 THEN working_at + (touches - 1) * interval '1 day' END, touches,
      CASE WHEN ended_at IS NOT NULL OR motion = 'plg' THEN NULL WHEN is_worked THEN greatest(working_at + interval '30 days',
        working_at + (touches - 1) * interval '1 day' + interval '7 days') WHEN market = 'inbound' THEN assigned_at + interval '14 days'
      END,
      CASE WHEN kind = 'pulled' THEN assigned_at + interval '3 days' END, ended_at, outcome, r.reason, nurture_kind,
      CASE WHEN ends_by <> '' THEN r.rep END, '', false, false, CASE WHEN outcome = 'qualified' THEN s.id END
    FROM round r LEFT JOIN sale s ON s.account = r.account AND r.kind = 'qualified' ORDER BY r.id""",
    LEADS,
    "INSERT INTO leads_identity (lead_id, kind, system, value, is_live)"
    " SELECT n + 1, 'email', '', email, kind <> 'void' FROM who ORDER BY n",
    "INSERT INTO leads_identity (lead_id, kind, system, value, is_live)"
    " SELECT n + 1, 'phone', '', phone, kind <> 'void' FROM who ORDER BY n",
    """INSERT INTO leads_signal (id, lead_id, kind, key, what, source_id, words, data, at, recorded_at)
    SELECT n + 1, n + 1, CASE WHEN n %% 3 = 0 THEN 'hand_raise' ELSE 'import' END, 'import|web||', CASE WHEN n %% 3 = 0 THEN 'demo' ELSE
      '' END,
      n %% 5 + 1, CASE WHEN n %% 6 = 0 THEN 'We would like to see how it works with what we have.' ELSE '' END, '{}', came, came
    FROM who ORDER BY n""",
    """INSERT INTO leads_spell (lead_id, cycle_id, owner_id, team_id, role, how, began_at, ended_at)
    SELECT lead, id, CASE WHEN motion = 'slg' THEN rep END, CASE WHEN motion = 'plg' THEN %(product)s END, 'development', 'assigned',
      assigned_at, ended_at FROM round ORDER BY id""",
    """INSERT INTO leads_touch (id, lead_id, cycle_id, by_id, channel, outcome, occurred_at, recorded_at, is_automated, is_owners)
    SELECT row_number() OVER (ORDER BY at, lead), lead, id, rep, (ARRAY['call', 'email', 'social'])[1 + n %% 3],
      (ARRAY['no_answer', 'sent', 'sent'])[1 + n %% 3], at, at, false, true
    FROM (SELECT *, working_at + n * interval '1 day' AS at FROM round, generate_series(0, touches - 1) n) t ORDER BY at, lead""",
    """INSERT INTO leads_task (kind, lead_id, cycle_id, owner_id, channel, what, began_at, due_at, limit_at, sweep_at, level, done_at,
      outcome)
    SELECT 'response', lead, id, rep, '', '', assigned_at, assigned_at + interval '120 minutes', assigned_at + interval '1440 minutes',
      CASE WHEN ended_at IS NULL AND touches = 0 THEN assigned_at + interval '105 minutes' END, 0,
      CASE WHEN touches > 0 THEN working_at ELSE ended_at END,
      CASE WHEN touches > 0 THEN 'done' WHEN ended_at IS NOT NULL THEN 'dropped' ELSE '' END FROM round WHERE is_promised ORDER BY id""",
    """INSERT INTO leads_task (kind, lead_id, cycle_id, owner_id, channel, what, began_at, due_at, level, outcome, created_by_id)
    SELECT 'follow_up', lead, id, rep, 'call', 'Ask about the offer', working_at,
      %(at)s::timestamptz + ((lead * 53) %% 7200 - 2880) * interval '1 minute', 0, '', rep FROM round WHERE kind = 'working'
    UNION ALL SELECT 'keep', r.lead, NULL, rep, '', 'Their new budget', r.ended_at, l.recycle_at, 0, '', rep
    FROM round r JOIN leads_lead l ON l.id = r.lead WHERE r.kind = 'kept'""",
    "INSERT INTO leads_contactrole (lead_id, opportunity_id, role, is_primary)"
    " SELECT lead, s.id, 'decision maker', false FROM round r JOIN sale s USING (account) WHERE r.kind = 'qualified'",
    f"""INSERT INTO accounts_event (at, recorded_at, kind, move, door, actor_id, lead_id, cycle_id, account_id, opportunity_id, from_status,
      to_status, reason_id, stayed, data)
    SELECT at, at, kind, move, door, actor, lead, round, account, sale, was, now, reason, stayed, data FROM (
      SELECT 0 AS place, came AS at, 'signal' AS kind, '' AS move, 'import' AS door, NULL::bigint AS actor, n + 1 AS lead, NULL::bigint
      AS round,
        f + 1 AS account, NULL::bigint AS sale, '' AS was, '' AS now, NULL::bigint AS reason, NULL::interval AS stayed,
        jsonb_build_object('kind', 'import', 'signal', n + 1, 'new', true) AS data FROM who
      UNION ALL SELECT place, at, 'transition', move, CASE WHEN actor IS NULL THEN 'routing' ELSE 'page' END, actor, lead, round, account,
        NULL, was, now, reason, stayed, '{{}}' FROM move
      UNION ALL SELECT 4, occurred_at, 'touch', '', 'page', by_id, lead_id, cycle_id, (lead_id - 1) / 5 + 1, NULL, '', '', NULL, NULL,
        jsonb_build_object('touch', id, 'channel', channel, 'outcome', outcome) FROM leads_touch
      UNION ALL SELECT 5 + n, coalesce(at + days * interval '1 day', booked), 'stage', '', 'page', {SELLER}, NULL, NULL, account, id, '',
        '', NULL, NULL, jsonb_build_object('to', (SELECT x.id FROM accounts_stage x WHERE x.name = step.name))
      FROM sale, {WENT} WHERE reach = ANY(reaches)) e ORDER BY at, lead, place""",
)
