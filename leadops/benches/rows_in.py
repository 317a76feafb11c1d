"""The floor of an import: the rows of the made-up file brought in by as few statements as can be, which leave what the import leaves."""

import time
from pathlib import Path

from django.db import connection

from accounts.clock import now

COUNTED = (
    "accounts_account",
    "accounts_domain",
    "leads_source",
    "leads_lead",
    "leads_identity",
    "leads_signal",
    "accounts_event",
)
COUNTED += ("accounts_batchrow",)


def bring_in(file: Path) -> float:
    """Bring a file in by SQL alone, in one transaction, and return the milliseconds."""
    with connection.cursor() as cursor, file.open() as lines:
        header = next(lines).strip().split(",")
        cursor.execute("SET synchronous_commit = off")
        began = time.perf_counter()
        cursor.execute("BEGIN")
        cursor.execute(
            f"CREATE TEMP TABLE row (n bigserial, {', '.join(f'{name} text' for name in header)}) ON COMMIT DROP"
        )
        with cursor.copy(f"COPY row ({', '.join(header)}) FROM STDIN (FORMAT csv)") as stream:
            while part := lines.read(1 << 16):
                stream.write(part)
        for statement in STATEMENTS:
            cursor.execute(statement, {"at": now()})
        cursor.execute("COMMIT")
        took = (time.perf_counter() - began) * 1000
        cursor.execute("RESET synchronous_commit")
    return took


def counts() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in COUNTED))
        return dict(cursor.fetchall())


STATEMENTS = (
    "ANALYZE row",
    """INSERT INTO accounts_batch (kind, name, status, options, header, rows, counts, done_to, error, created_at, started_at, finished_at)
    SELECT 'leads', 'people.csv', 'done', '{}', '[]', count(*), '{}', count(*), '', %(at)s, %(at)s, %(at)s FROM row""",
    "INSERT INTO leads_source (name, created_at) SELECT DISTINCT source, %(at)s FROM row ON CONFLICT DO NOTHING",
    """INSERT INTO leads_source (name, parent_id, created_at) SELECT DISTINCT campaign, s.id, %(at)s FROM row
      JOIN leads_source s ON s.name = source AND s.parent_id IS NULL ON CONFLICT DO NOTHING""",
    """CREATE TEMP TABLE firm ON COMMIT DROP AS SELECT DISTINCT ON (domain) split_part(email, '@', 2) AS domain, company FROM row
      ORDER BY domain, n""",
    "DELETE FROM firm USING accounts_domain d WHERE d.name = firm.domain",
    """INSERT INTO accounts_account (name, name_key, domain, website, country, segment, region, is_target, is_guess, created_at, gone_as)
    SELECT company, lower(regexp_replace(company, ' (GmbH|Ltd|AS)$', '')), domain, '', 'Germany', '', '', false, false, %(at)s, '' FROM
      firm""",
    """INSERT INTO accounts_domain (name, kind, account_id) SELECT f.domain, 'company', a.id FROM firm f JOIN accounts_account a
      ON a.domain = f.domain AND a.gone_as = ''""",
    """CREATE TEMP TABLE person ON COMMIT DROP AS
    SELECT nextval(pg_get_serial_sequence('leads_lead', 'id')) AS id, p.*, s.id AS source_id, c.id AS campaign_id, d.account_id
    FROM (SELECT DISTINCT ON (email) * FROM row ORDER BY email, n) p
    LEFT JOIN leads_identity i ON i.kind = 'email' AND i.system = '' AND i.value = p.email AND i.is_live
    JOIN leads_source s ON s.name = source AND s.parent_id IS NULL JOIN leads_source c ON c.name = campaign AND c.parent_id = s.id
    JOIN accounts_domain d ON d.name = split_part(email, '@', 2) WHERE i.id IS NULL""",
    """INSERT INTO leads_lead (id, first_name, last_name, title, company, email, phone, website, country, account_id, status, status_since,
      nurture_kind, version, motion, go_to_market, source_id, campaign_id, segment, region, opted_out_channels, created_at, recorded_at,
      search, gone_as)
    SELECT id, first_name, last_name, title, company, email, phone, '', country, account_id, 'raw', created_at::timestamptz, '', 0, 'slg',
      'inbound', source_id, campaign_id, '', '', '{}', created_at::timestamptz, %(at)s,
      lower(concat_ws(' ', first_name, last_name, company, email, phone)), '' FROM person""",
    """INSERT INTO leads_identity (lead_id, kind, system, value, is_live)
    SELECT id, kind, '', CASE kind WHEN 'email' THEN email ELSE phone END, true FROM person, unnest(ARRAY['email', 'phone']) kind""",
    """CREATE TEMP TABLE told ON COMMIT DROP AS
    SELECT nextval(pg_get_serial_sequence('leads_signal', 'id')) AS signal, r.n, r.email, i.lead_id, l.account_id, s.id AS source_id,
      c.id AS campaign_id, r.created_at::timestamptz AS at, p.id IS NOT NULL AS is_new,
      concat_ws('|', 'import', r.source, r.campaign, r.created_at) AS key, to_jsonb(r) - 'n' AS cells
    FROM row r JOIN leads_identity i ON i.kind = 'email' AND i.system = '' AND i.value = r.email AND i.is_live
    JOIN leads_lead l ON l.id = i.lead_id LEFT JOIN person p ON p.n = r.n
    JOIN leads_source s ON s.name = r.source AND s.parent_id IS NULL JOIN leads_source c ON c.name = r.campaign AND c.parent_id = s.id""",
    """INSERT INTO leads_signal (id, lead_id, kind, key, what, source_id, campaign_id, words, data, batch_id, at, recorded_at)
    SELECT signal, lead_id, 'import', key, '', source_id, campaign_id, '', '{}', (SELECT max(id) FROM accounts_batch), at, %(at)s FROM told
    ON CONFLICT (lead_id, key) DO NOTHING""",
    """INSERT INTO accounts_event (at, recorded_at, kind, move, door, lead_id, account_id, from_status, to_status, data)
    SELECT t.at, %(at)s, 'signal', '', 'import', t.lead_id, t.account_id, '', '', jsonb_build_object('kind', 'import', 'signal', signal)
    FROM told t JOIN leads_signal s ON s.id = t.signal ORDER BY n""",
    """INSERT INTO accounts_batchrow (batch_id, number, cells, result, "column", error, lead_id)
    SELECT (SELECT max(id) FROM accounts_batch), n + 1, cells, CASE WHEN is_new THEN 'created' ELSE 'updated' END, '', '', lead_id FROM
      told""",
)
