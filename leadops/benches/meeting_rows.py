"""The statements that fill the world (`world.py`) with what its sales went through: meetings held and to come, cards, hand-offs.

Run after those of `world_rows.py`, over the tables these filled. Every sale had ten meetings; of the people of open ones some have a
meeting that is over and that nobody spoke of, each seller a few a day back from now, and the next ones have one still to come.
"""

HELD, AHEAD = 10, 40  # meetings of a sale that were held or not; to come, of each seller
COLUMNS = """lead_id, cycle_id, account_id, opportunity_id, owner_id, sourced_by_id, status, starts_at, ends_at, zone, place, point,
  persona, next_step, uid, sequence, version, booked_at, recorded_at, due_at, sweep_at, level, ended_at, is_theirs,
  disposed_at, disposed_by_id, is_credited, claim, contest"""
HALF_AN_HOUR, A_DAY = "interval '30 minutes'", "interval '24 hours'"
PLACE = "'Europe/Berlin', 'https://meet.example/' || {}, 'completed', 'Head of Operations', 'See whether it fits with what they have'"
CARD = """2, 1, 1 + l.id %% 2, '', '', 'yes', CASE WHEN l.id %% 6 = 0 THEN 'yes' ELSE '' END, '', '', 'They count by hand',
  CASE WHEN l.id %% 6 = 0 THEN 'Before the summer' ELSE '' END"""

ROWS = (
    # Whose turn it is to have a meeting: the people of a seller's open sales, in the order of their numbers.
    """CREATE TEMP TABLE seat AS SELECT l.id AS lead, l.cycle_id AS round, o.account_id AS account, o.id AS sale, o.opportunity_owner_id AS
      seller, o.development_owner_id AS rep, row_number() OVER (PARTITION BY o.opportunity_owner_id ORDER BY l.id) - 1 AS k
    FROM accounts_opportunity o JOIN leads_contactrole c ON c.opportunity_id = o.id JOIN leads_lead l ON l.id = c.lead_id
    WHERE o.status = 'open'""",
    # Nobody holds two at once: one every three quarters of an hour, around the clock.
    f"""INSERT INTO meetings_meeting ({COLUMNS})
    SELECT lead, round, account, sale, seller, rep, 'booked', at, at + {HALF_AN_HOUR}, {PLACE.format("lead")}, gen_random_uuid(), 0, 0,
      at - interval '3 days', at - interval '3 days', at + {A_DAY}, at + {HALF_AN_HOUR}, 0, NULL, false, NULL, NULL, false, '', ''
    FROM seat, LATERAL (SELECT date_trunc('minute', %(at)s::timestamptz) - (k + 1) * interval '45 minutes' AS at) t
    WHERE k < %(unspoken)s ORDER BY at""",
    f"""INSERT INTO meetings_meeting ({COLUMNS})
    SELECT lead, round, account, sale, seller, rep, 'booked', at, at + {HALF_AN_HOUR}, {PLACE.format("lead")}, gen_random_uuid(), 0, 0,
      %(at)s::timestamptz - interval '1 day', %(at)s::timestamptz - interval '1 day', at + {A_DAY}, at + {HALF_AN_HOUR}, 0, NULL, false,
      NULL, NULL, false, '', ''
    FROM seat, LATERAL (SELECT date_trunc('hour', %(at)s::timestamptz) + (k - %(unspoken)s + 1) * interval '3 hours' AS at) t
    WHERE k >= %(unspoken)s AND k < %(unspoken)s + {AHEAD}""",
    f"""INSERT INTO meetings_meeting ({COLUMNS})
    SELECT p.lead, l.cycle_id, o.account_id, o.id, o.opportunity_owner_id, o.development_owner_id,
      CASE WHEN k %% 5 = 3 THEN 'no_show' ELSE 'qualified' END, at, at + {HALF_AN_HOUR}, {PLACE.format("l.id")}, gen_random_uuid(), 0, 1,
      at - interval '3 days', at - interval '3 days', at + {A_DAY}, NULL, 1, at + interval '1 hour', false, at + interval '1 hour',
      o.opportunity_owner_id, k = 0, '', ''
    FROM accounts_opportunity o JOIN (SELECT opportunity_id, min(lead_id) AS lead FROM leads_contactrole GROUP BY 1) p
        ON p.opportunity_id = o.id JOIN leads_lead l ON l.id = p.lead, generate_series(0, {HELD} - 1) k,
      LATERAL (SELECT o.qualified_at - interval '1 hour' + k * interval '30 hours' AS at) t ORDER BY at""",
    # Every other one of who qualified has a card; a third of these tells all five answers.
    f"""INSERT INTO leads_qualification (lead_id, cycle_id, number, at, recorded_at, by_id, urgency, criticality, complexity, budget,
      authority, need, timeline, budget_evidence, authority_evidence, need_evidence, timeline_evidence, compelling_event, systems, size,
      suggestion, decision, why)
    SELECT l.id, l.cycle_id, 1, l.status_since, l.status_since, l.development_owner_id, {CARD},
      CASE WHEN l.id %% 6 = 0 THEN 'A new plant in spring' ELSE '' END, 'A spreadsheet', '200 people', 'sales', '', ''
    FROM leads_lead l WHERE l.status = 'qualified' AND l.id %% 2 = 0""",
    f"""INSERT INTO meetings_handoff (kind, opportunity_id, lead_id, giver_id, receiver_id, missing, began_at, recorded_at, limit_at,
      sweep_at, outcome, is_oversold, why)
    SELECT 'sale', sale, min(lead), rep, seller, '[]', at, at, at + {A_DAY}, at + {A_DAY}, '', false, ''
    FROM seat, LATERAL (SELECT %(at)s::timestamptz - sale %% 20 * interval '1 hour' AS at) t WHERE account %% 53 = 1
    GROUP BY sale, rep, seller, at""",
)
