"""Companies, people and what finds them; sales and their stages."""

from leadops.invariants.rule import LIVE, Invariant

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
