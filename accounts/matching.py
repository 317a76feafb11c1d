"""Which company somebody belongs to: found, or made, for many people at once (ACC-1 to ACC-3).

Called by intake with all people of a batch who need an account. Promises: one account per registrable domain, also when
twenty intakes race for it (the database holds it, ACC-2); no deadlock between them (names are always taken in order); a
handful of queries whatever the number of rows.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from accounts.bulk import numbers, texts
from accounts.domains import company_key, domain_of, readable, registrable, shipped_kind
from accounts.models import Account, Domain

# Pages that many companies have; whoever gives one as a website has said nothing about a domain of their own.
HOSTS = {
    *("facebook.com", "fb.com", "instagram.com", "linkedin.com", "twitter.com", "x.com", "youtube.com", "tiktok.com"),
    *("xing.com", "linktr.ee", "t.me", "wa.me", "google.com", "goo.gl", "bit.ly", "wikipedia.org", "crunchbase.com"),
}
LOCK = 0x1EADACC  # the space of advisory locks that names take


class Company(NamedTuple):
    """What is known of somebody's company. Any of it may be ''; the address is normalised."""

    email: str = ""
    website: str = ""
    company: str = ""
    country: str = ""


class Found(NamedTuple):
    """An account, and whether it is only a guess by the company's name, until somebody confirms it."""

    account: int
    is_guess: bool = False


def accounts_for(rows: Iterable[Company], *, at: datetime) -> dict[Company, Found]:
    """Find or make the account of each; who has none is left out.

    By the domain of the mail address, else of the website; free mail, disposable domains and pages on other people's hosts
    name no company. Else by exact normalised company name, marked as a guess: an account of that name is found for anybody,
    and made for who gave no address at all (for free mail, booking asks for the company). At most seven queries.
    """
    wanted = {row: _domains(row) for row in rows}
    known = _known({domain for pair in wanted.values() for domain in pair if domain})
    answer = {row: next((d for d in pair if d and known[d] is not None), "") for row, pair in wanted.items()}
    by_domain = _named(known, {d: row for row, d in reversed(answer.items()) if d}, at)
    nameless = [row for row, domain in answer.items() if not domain and row.company]
    by_name = _by_name(nameless, at) if nameless else {}
    found = {row: Found(by_domain[domain]) for row, domain in answer.items() if domain}
    for row in nameless:
        if account := by_name.get(company_key(row.company)):
            found[row] = Found(account, is_guess=True)
    return found


def _domains(row: Company) -> tuple[str, str]:
    site = registrable(row.website) if row.website else ""
    return domain_of(row.email) if row.email else "", "" if site in HOSTS else site


def _known(domains: set[str]) -> dict[str, int | None]:
    """Say of each domain whose it is: an account, nobody's yet (0), or no company's (None). One query."""
    said: dict[str, int | None] = {}
    if domains:
        rows = Domain.objects.filter(name__in=domains).values_list("name", "kind", "account", "account__merged_into")
        said = {
            name: (merged or account) if kind == Domain.Kind.COMPANY else None for name, kind, account, merged in rows
        }
    for domain in domains - said.keys():
        said[domain] = 0 if shipped_kind(domain) == Domain.Kind.COMPANY else None
    return said


def _named(known: dict[str, int | None], rows: dict[str, Company], at: datetime) -> dict[str, int]:
    """Return the account of each domain, the missing ones made; a name is given where only the domain was known."""
    missing = sorted(domain for domain in rows if not known[domain])
    made = _make([(domain, rows[domain]) for domain in missing], at) if missing else {}
    _give_names({known[d]: row.company for d, row in rows.items() if known[d] and company_key(row.company)})
    return {domain: known[domain] or made[domain] for domain in rows}


def _make(rows: Sequence[tuple[str, Company]], at: datetime) -> dict[str, int]:
    """Make accounts for domains, in order; where another transaction was faster, its account is the answer."""
    with connection.cursor() as cursor:
        made = dict(_insert(cursor, rows, at))
        if made:
            # A domain may meanwhile have become another account's second one; then ours is one too many.
            names = [domain for domain, _row in rows if domain in made]
            cursor.execute(
                "INSERT INTO accounts_domain (name, kind, account_id) SELECT n, 'company', a FROM unnest(%s::text[], %s::bigint[])"
                " AS v(n, a) ON CONFLICT DO NOTHING RETURNING name",
                [texts(names), numbers(made[name] for name in names)],
            )
            kept = {name for (name,) in cursor.fetchall()}
            if surplus := [made.pop(name) for name in names if name not in kept]:
                cursor.execute("DELETE FROM accounts_account WHERE id = ANY(%s::bigint[])", [numbers(surplus)])
    if others := [domain for domain, _row in rows if domain not in made]:
        made |= dict(Account.objects.live().filter(domain__in=others).values_list("domain", "id"))
        made |= dict(Domain.objects.filter(name__in=others, account__isnull=False).values_list("name", "account"))
    return made


def _insert(cursor, rows: Sequence[tuple[str, Company]], at: datetime) -> list[tuple[str, int]]:
    # Who is called by a domain for want of a name has no key, and so matches nobody by name.
    keys = [company_key(row.company) for _domain, row in rows]
    names = [row.company if key else readable(domain) for key, (domain, row) in zip(keys, rows, strict=True)]
    cursor.execute(
        "INSERT INTO accounts_account (name, name_key, domain, website, country, segment, region, is_target, is_guess, created_at, gone_as)"
        " SELECT name, key, domain, website, country, '', '', false, domain = '', %s, ''"
        " FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[]) AS v(name, key, domain, website, country)"
        " ON CONFLICT DO NOTHING RETURNING domain, id",
        [
            at, texts(names), texts(keys), texts([domain for domain, _row in rows]),
            texts([row.website[:300] for _domain, row in rows]), texts([row.country[:80] for _domain, row in rows]),
        ],
    )  # fmt: skip
    return cursor.fetchall()


def _give_names(names: dict[int, str]) -> None:
    """Give accounts that are called by their domain the name somebody now told us. One query, two when some are."""
    if not names:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM accounts_account WHERE id = ANY(%s::bigint[]) AND name_key = '' ORDER BY id FOR NO KEY UPDATE",
            [numbers(names)],
        )
        if ids := [pk for (pk,) in cursor.fetchall()]:
            cursor.execute(
                "UPDATE accounts_account a SET name = v.name, name_key = v.key"
                " FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS v(id, name, key) WHERE a.id = v.id",
                [numbers(ids), texts([names[pk] for pk in ids]), texts([company_key(names[pk]) for pk in ids])],
            )


def _by_name(rows: Sequence[Company], at: datetime) -> dict[str, int]:
    """Return the account of each company name. Made only for rows without an address; in order and under a lock."""
    wanted = {key: row for row in reversed(rows) if (key := company_key(row.company))}
    makeable = sorted({key for row in rows if not row.email and (key := company_key(row.company))})
    found = _called(wanted)
    if missing := [key for key in makeable if key not in found]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(%s, hashtext(k)) FROM unnest(%s::text[]) AS v(k)", [LOCK, texts(missing)]
            )
            found |= _called(missing)
            makers = {company_key(row.company): row for row in reversed(rows) if not row.email}
            if missing := [key for key in missing if key not in found]:
                _insert(cursor, [("", makers[key]) for key in missing], at)
                found |= _called(missing)
    return found


def _called(keys: Iterable[str]) -> dict[str, int]:
    """Find accounts by normalised name. Ties: an open opportunity, a customer, a target account, the oldest (ACC-3)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (a.name_key) a.name_key, a.id FROM accounts_account a"
            " LEFT JOIN LATERAL (SELECT bool_or(o.status = 'open') AS open, bool_or(o.status = 'won') AS won"
            "   FROM accounts_opportunity o WHERE o.account_id = a.id AND o.gone_as = '') o ON true"
            " WHERE a.name_key = ANY(%s::text[]) AND a.gone_as = ''"
            " ORDER BY a.name_key, coalesce(o.open, false) DESC, coalesce(o.won, false) DESC, a.is_target DESC, a.id",
            [texts(list(keys))],
        )
        return dict(cursor.fetchall())
