"""How fast the sweep of meetings works through those that nobody spoke of, beside one SQL statement that leaves the same rows (MEET-3).

Called by the bench of the whole house, in a copy of its world. The statement writes all that the sweep does, the signed links of every
mail too; that its rows are the same, byte for byte, is looked at where it is undone again, before either is timed.
"""

import time
from datetime import datetime
from hashlib import sha256

from django.conf import settings
from django.core.signing import Signer
from django.db import connection, transaction

from accounts import sweeping
from leadops.benches.pages import Counter, Figure
from meetings import links
from meetings.models import Meeting
from meetings.sweeps import MEETINGS

OURS, THEIRS = 0, 1  # the sweep's are the meetings with an even number


def figure(at: datetime) -> Figure:
    """Speak of half of what is due by the statement, of the other half by the sweep, and compare."""
    due = Meeting.objects.filter(sweep_at__lte=at).count()
    theirs, said = 0.0, {}
    with transaction.atomic():
        _statement(at, OURS)
        said = _digest()
        transaction.set_rollback(True)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE meetings_meeting, accounts_message, accounts_event")
    theirs = _statement(at, THEIRS)
    counter = Counter()
    with connection.execute_wrapper(counter):
        began = time.perf_counter()
        run = sweeping.run(MEETINGS, at, seconds=None)
        took = time.perf_counter() - began
    if said != (ours := _digest()):
        raise AssertionError(f"the statement leaves other rows (its, ours): {said}, {ours}")
    each = theirs / (due - run.done) * run.done
    made = Figure("sweep_meetings", [took * 1000], counter.number, took / each)
    among = f"{run.done:,} due of {Meeting.objects.count():,}"
    made.asked = f"<= 4 x one statement ({each * 1000:,.0f} ms), the rows they leave the same; {among}"
    made.is_kept = made.ratio <= 4
    return made


def _statement(at: datetime, half: int) -> float:
    """Speak of one half by one statement, and return how long it took; with its commit, where it is not within a transaction."""
    facts = {"at": at, "half": half, "url": settings.LEADOPS_URL.rstrip("/") + links.PATH.partition("{")[0], **_keys()}
    with connection.cursor() as cursor:
        began = time.perf_counter()
        cursor.execute(STATEMENT, facts)
        return time.perf_counter() - began


def _keys() -> dict[str, bytes]:
    """Return what signs a link, inside and outside, as the database needs it: HMAC from plain SHA-256."""
    signer = Signer(salt=links.SALT)
    key = sha256((signer.salt + "signer" + signer.key).encode()).digest().ljust(64, b"\0")
    return {"inner": bytes(byte ^ 0x36 for byte in key), "outer": bytes(byte ^ 0x5C for byte in key)}


def _digest() -> dict[str, tuple]:
    """Summarise what stands of the sweep's half: how many rows, and what is in them."""
    with connection.cursor() as cursor:
        cursor.execute(DIGEST, {"half": OURS})
        return {table: tuple(rest) for table, *rest in cursor.fetchall()}


UTC = "to_char(starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"+00:00\"')"
BASE64 = "translate(encode({}, 'base64'), E'+/=\\n', '-_')"
STATEMENT = f'''
WITH due AS (
  SELECT m.id, m.lead_id, m.cycle_id, m.account_id, m.opportunity_id, m.owner_id, m.sourced_by_id, m.starts_at, m.ends_at, m.due_at,
    m.version, u.email, jsonb_build_object('meeting', m.id, 'starts', {UTC}) AS facts,
    p.name || ': ' || concat_ws(' and ', nullif(coalesce(nullif(btrim(l.first_name || ' ' || l.last_name), ''), nullif(l.email, ''),
      nullif(l.company, ''), nullif(l.phone, ''), 'Lead ' || l.id), ''), coalesce(nullif(u.name, ''), u.username)) AS title,
    to_char(m.starts_at AT TIME ZONE u.time_zone, 'FMDy FMDD FMMon YYYY, HH24:MI') AS day,
    extract(epoch FROM m.starts_at + interval '48 hours')::bigint AS until,
    (SELECT t.manager_id FROM accounts_membership b JOIN accounts_team t ON t.id = b.team_id WHERE b.user_id = m.owner_id
      ORDER BY b.team_id LIMIT 1) AS manager_id, s.is_active AS may_say
  FROM meetings_meeting m JOIN accounts_user u ON u.id = m.owner_id JOIN accounts_user s ON s.id = m.sourced_by_id
    JOIN leads_lead l ON l.id = m.lead_id JOIN accounts_opportunity o ON o.id = m.opportunity_id
    JOIN accounts_product p ON p.id = o.product_id
  WHERE m.sweep_at <= %(at)s AND m.status = 'booked' AND m.level = 0 AND m.id %% 2 = %(half)s FOR NO KEY UPDATE OF m),
told AS (INSERT INTO accounts_message (to_id, address, channel, kind, lead_id, data, dedupe_key, created_at, subject, body)
  SELECT owner_id, '', 'page', 'meeting_over', lead_id, facts, 'meeting_over:' || id || ':' || owner_id, ends_at, '', '' FROM due
  UNION ALL SELECT owner_id, '', 'mail', 'meeting_reminder', lead_id, '{{}}', 'mail:meeting_reminder:' || id || ':' || owner_id, ends_at,
    left('What came of it? ' || title, 200), title || E'\\n' || day || E'\\n\\nWhat came of it? It is due 24 hours from the start. '
      || E'Each link opens a page that asks once more.\\n\\n' || said || E'\\n' FROM due, LATERAL (
      SELECT string_agg(label || E':\\n' || %(url)s || value || ':' || {BASE64.format(
        "sha256(%(outer)s || sha256(%(inner)s || convert_to(value, 'UTF8')))")} || '/', E'\\n\\n' ORDER BY n) AS said
      FROM (VALUES (1, 'Completed, and they may buy', 'qualified'), (2, 'Completed, and they will not', 'unqualified'),
          (3, 'They did not come', 'no_show'), (4, 'I missed it', 'missed')) a (n, label, status),
        LATERAL (SELECT {BASE64.format("""convert_to('{"m":' || id || ',"v":' || version || ',"u":' || owner_id || ',"s":"' || status
          || '","t":' || until || '.0}', 'UTF8')""")} AS value) v) link
    WHERE email <> ''
  UNION ALL SELECT manager_id, '', 'page', 'meeting_silent', lead_id, facts, 'meeting_silent:' || id || ':' || manager_id, due_at, '', ''
    FROM due WHERE due_at <= %(at)s
  UNION ALL SELECT sourced_by_id, '', 'page', 'meeting_yours_to_say', lead_id, facts,
    'meeting_yours_to_say:' || id || ':' || sourced_by_id, starts_at + interval '48 hours', '', ''
    FROM due WHERE starts_at + interval '48 hours' <= %(at)s AND may_say),
ev AS (INSERT INTO accounts_event (at, recorded_at, kind, move, door, lead_id, cycle_id, account_id, opportunity_id, from_status, to_status,
    data)
  SELECT due_at, %(at)s, 'meeting', 'silent', 'sweep', lead_id, cycle_id, account_id, opportunity_id, '', '',
    jsonb_build_object('meeting', id, 'owner', owner_id) FROM due WHERE due_at <= %(at)s)
UPDATE meetings_meeting m SET
  level = CASE WHEN due.starts_at + interval '48 hours' <= %(at)s THEN 3 WHEN due.due_at <= %(at)s THEN 2 ELSE 1 END,
  sweep_at = CASE WHEN due.starts_at + interval '48 hours' <= %(at)s THEN NULL
    WHEN due.due_at <= %(at)s THEN due.starts_at + interval '48 hours' ELSE due.due_at END
FROM due WHERE due.id = m.id
'''  # fmt: skip
DIGEST = """
WITH mine AS (SELECT id, lead_id, level, sweep_at FROM meetings_meeting WHERE status = 'booked' AND level > 0 AND id %% 2 = %(half)s)
SELECT 'messages', count(*), md5(string_agg(x.words, '|' ORDER BY x.words)) FROM (
  SELECT concat_ws('~', m.to_id, m.address, m.channel, m.kind, m.lead_id, m.data, m.dedupe_key, m.created_at, m.subject, m.body,
    m.not_before, m.attempts, m.sent_at, m.read_at) AS words
  FROM accounts_message m JOIN mine ON split_part(m.dedupe_key, ':', CASE m.channel WHEN 'mail' THEN 3 ELSE 2 END) = mine.id::text
  WHERE m.kind LIKE 'meeting%%') x
UNION ALL SELECT 'events', count(*), md5(string_agg(x.words, '|' ORDER BY x.words)) FROM (
  SELECT concat_ws('~', e.at, e.recorded_at, e.kind, e.move, e.door, e.actor_id, e.lead_id, e.cycle_id, e.account_id, e.opportunity_id,
    e.data) AS words
  FROM accounts_event e JOIN mine ON e.kind = 'meeting' AND (e.data ->> 'meeting')::bigint = mine.id AND e.lead_id = mine.lead_id) x
UNION ALL SELECT 'meetings', count(*), md5(string_agg(concat_ws('~', id, level, sweep_at), '|' ORDER BY id)) FROM mine
"""
