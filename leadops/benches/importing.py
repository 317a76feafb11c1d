"""How fast a file of leads comes in: into an empty database, and into one that holds a million leads.

Called by `manage.py bench import`. Works in a database of its own on the same server, which it makes and drops. Beside the
rate stands its ratio to the floor: the same file's rows brought into a staging table by COPY alone, in the same run.
"""

import random
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from django.db import connection

from accounts.clock import now
from leadops.scratch import scratch_database
from leads import importing
from leads.models import Lead

FIRST = ["Anna", "Ben", "Carla", "Dov", "Eva", "Finn", "Gita", "Hugo", "Ines", "Jonas"]
LAST = ["Lind", "Weber", "Raman", "Adeyemi", "Solheim", "Mori", "Okafor", "Berg", "Katz", "Falk", "Marsh"]
FIRMS = ["Nordlicht", "Kettler", "Alderbrook", "Fjordbank", "Brecon", "Hoshi", "Meridian"]
KINDS = ["Energi", "Logistics", "Systems", "Foods", "Health"]
FORMS = ["GmbH", "Ltd", "AS"]
SOURCES = ("web", "fair", "list", "webinar", "referral")


def main(say: Callable[[str], None], rows: int, leads: int) -> None:
    """Run the bench and say the figures."""
    with scratch_database("bench"), tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "people.csv"
        say(f"{rows:,} made-up rows: addresses, phones, companies, one in ten a duplicate")
        write_file(file, rows, leads)
        measure(say, "empty database", file, rows)
        if leads:
            began = time.perf_counter()
            clear()
            fill(leads)
            say(f"a database of {Lead.objects.count():,} leads, made by SQL in {time.perf_counter() - began:.0f} s")
            measure(say, f"{leads:,} leads", file, rows)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        say(f"peak memory of this process: {peak:.0f} MB (asked: under 300)")


def measure(say: Callable[[str], None], where: str, file: Path, rows: int) -> None:
    floor = copy_alone(file)
    began = time.perf_counter()
    with file.open("rb") as stream:
        batch = importing.read(stream, file.name, by=None, at=now(), options={"go_to_market": "inbound"})
    staged = time.perf_counter() - began
    importing.start(batch, at=now())
    while importing.run_chunk(batch.pk, at=now()):
        pass
    took = time.perf_counter() - began
    batch.refresh_from_db()
    counts = " ".join(f"{name}={batch.counts[name]}" for name in ("created", "updated", "unchanged", "rejected"))
    say(
        f"{where}: {rows / took:,.0f} rows/s (asked: 5,000), {took:.2f} s of which reading {staged:.2f} s; "
        f"{took / floor:.1f} times staged COPY alone ({rows / floor:,.0f} rows/s); {counts}"
    )


def copy_alone(file: Path) -> float:
    """Bring the rows as texts into a table without index, and return how long it took."""
    with connection.cursor() as cursor, file.open() as lines:
        columns = next(lines).strip().split(",")
        cursor.execute("DROP TABLE IF EXISTS floor")
        cursor.execute(f"CREATE TABLE floor ({', '.join(f'{name} text' for name in columns)})")
        began = time.perf_counter()
        with cursor.copy(f"COPY floor ({', '.join(columns)}) FROM STDIN (FORMAT csv)") as stream:
            while part := lines.read(1 << 16):
                stream.write(part)
        took = time.perf_counter() - began
        cursor.execute("DROP TABLE floor")
    return took


def firm(n: int) -> tuple[str, str]:
    name = f"{FIRMS[n % 7]} {KINDS[n % 5]} {n}"
    return f"{name} {FORMS[n % 3]}", f"{FIRMS[n % 7].lower()}-{n}.com"


def person(n: int) -> list[str]:
    """Person n, the same in the file as in the filled database."""
    first, last = FIRST[n % 10], LAST[n % 11]
    company, domain = firm(n // 5)
    return [f"{first.lower()}.{last.lower()}.{n}@{domain}", first, last, f"+4915{n:09d}", company]


def write_file(file: Path, rows: int, leads: int, after: int = 0) -> None:
    """Write the file: of a hundred rows ten are duplicates, and ten are people whom the filled database knows.

    `after` begins the new people later, so that another file brings others.
    """
    chance = random.Random(7 + after)
    people: list[int] = []
    with file.open("w") as out:
        out.write("email,first_name,last_name,phone,company,title,country,source,campaign,created_at\n")
        for n in range(rows):
            draw = chance.random()
            if draw < 0.1 and people:
                who = chance.choice(people)
            else:
                who = chance.randrange(max(leads, 1)) if draw < 0.2 else leads + after + n
                people.append(who)
            day = f"2026-0{chance.randrange(1, 9)}-{chance.randrange(1, 29):02d}"
            cells = [*person(who), "Head of Operations", "Germany", SOURCES[n % 5], f"campaign {n % 40}", day]
            out.write(",".join(cells) + "\n")


TABLES = (
    "accounts_account",
    "accounts_domain",
    "leads_source",
    "leads_lead",
    "leads_identity",
    "leads_signal",
    "accounts_event",
)


def clear() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(TABLES)}, accounts_batch, accounts_batchrow RESTART IDENTITY CASCADE")


def fill(leads: int) -> None:
    """Fill the tables by SQL, their constraints and indexes put back afterwards, as a restored database would be."""
    with connection.cursor() as cursor:
        back = take_down(cursor, TABLES)
        facts = {"first": FIRST, "last": LAST, "firm": FIRMS, "kind": KINDS, "form": FORMS, "source": list(SOURCES)}
        facts |= {"leads": leads, "firms": leads // 5 + 1}
        cursor.execute("SET synchronous_commit = off")
        for statement in FILL:
            cursor.execute(statement, facts)
        for statement in back:
            cursor.execute(statement)
        for table in TABLES:
            cursor.execute(f"VACUUM ANALYZE {table}")
        cursor.execute("SET synchronous_commit = on")


def take_down(cursor, tables: Sequence[str]) -> list[str]:
    """Drop foreign keys, indexes and triggers of the tables to fill, and return what puts them back, in order."""
    tables = list(tables)
    cursor.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), contype FROM pg_constraint"
        " WHERE conrelid = ANY(%s::regclass[]) AND contype IN ('f') ORDER BY 1, 2",
        [tables],
    )
    keys = cursor.fetchall()
    for table, name, _definition, _kind in keys:
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    cursor.execute(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i"
        " LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid WHERE i.indrelid = ANY(%s::regclass[]) AND c.oid IS NULL",
        [tables],
    )
    indexes = cursor.fetchall()
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {name}")
    for table in tables:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    return [
        *(definition for _name, definition in indexes),
        *(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}' for table, name, definition, _kind in keys),
        *(f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables),
    ]


WHO = """(SELECT n, (%(first)s::text[])[n %% 10 + 1] AS first, (%(last)s::text[])[n %% 11 + 1] AS last, n / 5 AS f,
  (%(firm)s::text[])[n / 5 %% 7 + 1] || ' ' || (%(kind)s::text[])[n / 5 %% 5 + 1] || ' ' || n / 5 || ' '
    || (%(form)s::text[])[n / 5 %% 3 + 1] AS company,
  lower((%(firm)s::text[])[n / 5 %% 7 + 1]) || '-' || n / 5 || '.com' AS domain, '+4915' || lpad(n::text, 9, '0') AS phone,
  now() - (n %% 700) * interval '1 day' AS at FROM generate_series(0, %(leads)s - 1) n) w"""
ADDRESS = "lower(first) || '.' || lower(last) || '.' || n || '@' || domain"
FILL = (
    """INSERT INTO accounts_account (id, name, name_key, domain, website, country, segment, region, is_target, is_guess, created_at,
      gone_as)
    SELECT f + 1, name || ' ' || (%(form)s::text[])[f %% 3 + 1], lower(name),
      lower((%(firm)s::text[])[f %% 7 + 1]) || '-' || f || '.com', '', 'Germany', '', '', false, false, now(), ''
    FROM (SELECT f, (%(firm)s::text[])[f %% 7 + 1] || ' ' || (%(kind)s::text[])[f %% 5 + 1] || ' ' || f AS name
      FROM generate_series(0, %(firms)s - 1) f) a""",
    "INSERT INTO accounts_domain (name, kind, account_id) SELECT domain, 'company', id FROM accounts_account",
    "INSERT INTO leads_source (name, created_at) SELECT s, now() FROM unnest(%(source)s::text[]) s",
    f"""INSERT INTO leads_lead (id, first_name, last_name, title, company, email, phone, website, country, account_id, status,
      status_since, nurture_kind, version, motion, go_to_market, source_id, segment, region, opted_out_channels, created_at, recorded_at,
      search, gone_as)
    SELECT n + 1, first, last, 'Head of Operations', company, {ADDRESS}, phone, '', 'Germany', f + 1, 'raw', at, '', 0, 'slg',
      'inbound', n %% 5 + 1, '', '', '{{}}', at, at,
      lower(first || ' ' || last || ' ' || company || ' ' || {ADDRESS} || ' ' || phone), '' FROM {WHO}""",
    f"INSERT INTO leads_identity (lead_id, kind, system, value, is_live) SELECT n + 1, 'email', '', {ADDRESS}, true FROM {WHO}",
    f"INSERT INTO leads_identity (lead_id, kind, system, value, is_live) SELECT n + 1, 'phone', '', phone, true FROM {WHO}",
    f"""INSERT INTO leads_signal (id, lead_id, kind, key, what, source_id, words, data, at, recorded_at)
    SELECT n + 1, n + 1, 'import', 'import|web||', '', n %% 5 + 1, '', '{{}}', at, at FROM {WHO}""",
    f"""INSERT INTO accounts_event (at, recorded_at, kind, move, door, lead_id, account_id, from_status, to_status, data)
    SELECT at, at, 'signal', '', 'import', n + 1, f + 1, '', '', '{{"kind": "import"}}' FROM {WHO}""",
    *(
        f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
        for table in ("accounts_account", "leads_lead", "leads_signal")
    ),
)
