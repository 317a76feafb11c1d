"""Who has a lead, since when, and who must not."""

from leadops.invariants.rule import IN_HAND, LIVE, Invariant

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
