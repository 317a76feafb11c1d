"""The one search box (WORK-5): people by name, address, phone, company or domain; companies; opportunities. Typos are forgiven.

Called by the search page, once with each letter that is typed, so it must answer at once whatever there is: what is known exactly is
looked up, words are found by the trigrams of `Lead.search`, and only when that finds little is the likely meant looked for, within a
time of its own. People see their own; sellers also that others exist, and with whom. At most two dozen queries, whatever is found.
"""

import contextlib
import functools
import operator
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db import OperationalError, connection, models, transaction
from django.db.models import Q, QuerySet

from accounts.domains import normalise_email, normalise_phone, registrable
from accounts.models import Account, Domain, Opportunity, Product, Role, User
from accounts.names import company_key, fold
from accounts.permissions import Scope, allowed, people_of
from leads.models import Identity, Lead

SHOWN = 20  # of a kind
READ = 60  # from among which the best are shown
OTHERS = 5  # of those who are not one's own
SHORTEST = 3  # letters of a word: the index knows groups of three
WORDS = 6
LONGEST = 100
LIKENESS = (0.5, 0.4)  # how much of the one word must be right, of each of several
RANKED = 200  # of those who may be meant
PATIENCE = 150  # milliseconds for one look at them
FEW_DIGITS = 5
TELLS_OF_OTHERS = (Role.SDR, Role.CSM)
NEAR = ("account", "owner", "team", "cycle")


@dataclass(slots=True)
class Found:
    """What a search found. `others` exist, and more than their name, company and holder is not told. `is_guess`: nothing is
    written like that, this may be meant. `is_short`: too few letters to look for."""

    people: list[Lead] = field(default_factory=list)
    others: list[Lead] = field(default_factory=list)
    companies: list[Account] = field(default_factory=list)
    opportunities: list[Opportunity] = field(default_factory=list)
    is_guess: bool = False
    is_more: bool = False
    is_short: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.people or self.others or self.companies or self.opportunities)


@dataclass(slots=True)
class Asked:
    """What somebody typed, and what it may be: words, the digits of a phone, a domain, the number of a lead."""

    text: str
    words: list[str]
    digits: str = ""
    domain: str = ""
    number: int | None = None

    @property
    def is_short(self) -> bool:
        return not self.digits and max(map(len, self.words), default=0) < SHORTEST


def read(text: str) -> Asked:
    """Say what a typed text may mean. Pure."""
    text = " ".join(text.replace("\x00", "").split())[:LONGEST]
    if text.startswith("#") and text[1:].isdecimal() and len(text) < 12:
        return Asked(text, [], number=int(text[1:]))
    words = [word for word in (w.strip(",;:()<>\"'“”") for w in fold(text).split()) if word.strip("-@.")][:WORDS]
    digits = "".join(c for c in text if c.isdigit())
    if len(digits) < FEW_DIGITS or any(c.isalpha() for c in text) or "@" in text:
        digits = ""
    domain = registrable(text.rpartition("@")[2]) if "." in text and " " not in text else ""
    return Asked(text, [digits.lstrip("0") or digits] if digits else words, digits, domain)


def find(user: User, text: str, *, at: datetime) -> Found:
    """Find what was most likely meant, of what this person may see, the exact first."""
    asked, found = read(text), Found()
    if not asked.text:
        return found
    exact = _exact(asked)
    seen = Lead.objects.visible_to(user, at).select_related(*NEAR)
    people = {lead.pk: lead for lead in seen.filter(pk__in=exact)} if exact else {}
    found.is_short = asked.is_short and not exact and asked.number is None
    if not asked.is_short:
        if not exact:
            people = {lead.pk: lead for lead in _written(seen, asked.words)[:READ]}
        found.companies = _companies(user, asked, at)
        found.opportunities = _opportunities(user, asked)
    tells = user.role in TELLS_OF_OTHERS and not user.is_superuser
    if tells and not found.is_short:
        found.others = _others(user, asked, exact, at)
    found.people = sorted(people.values(), key=lambda lead: _place(lead, asked.words, exact))[:SHOWN]
    found.is_more = len(people) > SHOWN
    if found.is_empty and not asked.is_short and not asked.digits:
        _guess(user, asked, found, seen, at, tells)
    return found


def called(lead: Lead) -> tuple[str, str]:
    """Say what is told of a lead to who may only know that it exists: its name, never its address, and its company."""
    company = lead.account.name if lead.account else lead.company
    return f"{lead.first_name} {lead.last_name}".strip() or company or "A lead", company


def _guess(user: User, asked: Asked, found: Found, seen: QuerySet, at: datetime, tells: bool) -> None:
    """Look for what was likely meant: people, else companies, else people of others; as far as that is known in time."""
    with contextlib.suppress(OperationalError), transaction.atomic(), _impatience(LIKENESS[len(asked.words) > 1]):
        found.people = _meant(seen, "search", asked.words)[:SHOWN]
        key, companies = company_key(asked.text), seen_companies(user, at)
        if not found.people and key and companies is not None:
            found.companies = _meant(companies, "name_key", key.split()[:WORDS])[:SHOWN]
        if found.is_empty and tells:
            there = Lead.objects.filter(gone_as="").select_related("owner", "team", "account")
            found.others = _meant(there, "search", asked.words)[:OTHERS]
    found.is_guess = not found.is_empty


def _exact(asked: Asked) -> set[int]:
    """Look up who is known by exactly this: a number, an address, a phone, a company's domain. At most three queries."""
    if asked.number is not None:
        return {asked.number}
    known = Identity.objects.filter(is_live=True)
    if asked.digits:
        keys = {normalise_phone(asked.text).key, normalise_phone(f"+{asked.digits}").key, asked.digits} - {""}
        return set(known.filter(kind="phone", value__in=keys).values_list("lead", flat=True)[:READ])
    if "@" in asked.text.strip("@"):
        try:
            address = normalise_email(asked.text)
        except ValueError:
            return set()
        if who := set(known.filter(kind="email", system="", value=address).values_list("lead", flat=True)):
            return who
    return set()


def _written(leads: QuerySet, words: Iterable[str]) -> QuerySet:
    """Keep who has every one of these words in name, company, address or phone. LIKE is what the index answers."""
    for word in words:
        leads = leads.filter(search__contains=word)
    return leads


def _place(lead: Lead, words: list[str], exact: set[int]) -> tuple:
    """Say where a person stands among those found: known exactly, then called so, then with words that begin so, then newest."""
    name = fold(lead.name).split()
    called = sum(word in name for word in words)
    begins = sum(any(part.startswith(word) for part in name) for word in words)
    return (lead.pk not in exact, -called, -begins, -lead.pk)


def _others(user: User, asked: Asked, exact: set[int], at: datetime) -> list[Lead]:
    """Read a few who are not this person's to see: that they exist, and with whom. At most two queries."""
    there = Lead.objects.filter(gone_as="").select_related("owner", "team", "account")
    there = there.filter(pk__in=exact) if exact else _written(there, asked.words)
    found = list(there[:READ])
    mine = set(
        Lead.objects.visible_to(user, at).filter(pk__in=[lead.pk for lead in found]).values_list("pk", flat=True)
    )
    hidden = [lead for lead in found if lead.pk not in mine]
    return sorted(hidden, key=lambda lead: _place(lead, asked.words, exact))[:OTHERS]


def _meant(rows: QuerySet, column: str, words: list[str]) -> list:
    """Read who is most like what was typed: each word must be there about so. At most five queries.

    Short words whose letters changed places, or with another in their middle, share no three letters with what was meant: one
    such word is put right, the others taken as they are.
    """
    alike = rows
    for word in words:
        alike = alike.filter(**{f"{column}__trigram_word_similar": word})
    ids = _likest(alike, column, words)
    for word in words:
        if not ids and SHORTEST < len(word) < 2 * SHORTEST:
            rest = [other for other in words if other != word]
            # Any letter in a place leaves nothing to look up; then another word must be what the index finds.
            is_told = max(map(len, rest), default=0) > SHORTEST
            meant = [Q(**{f"{column}__written": slip}) for slip in slips(word, any_letter=is_told)]
            alike = rows.filter(functools.reduce(operator.or_, meant))
            for other in rest:
                alike = alike.filter(**{f"{column}__contains": other})
            ids = _likest(alike, column, words)
    found = rows.in_bulk(ids)
    return [found[pk] for pk in ids if pk in found]


@models.TextField.register_lookup
@models.CharField.register_lookup
class Written(models.Lookup):
    """LIKE with a pattern as it is; a regular expression is not looked up in time, and nothing stops it."""

    lookup_name = "written"

    def as_sql(self, compiler, connection):
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} LIKE {right}", [*left_params, *right_params]


def slips(word: str, *, any_letter: bool) -> list[str]:
    """List patterns of a word with two neighbours changed back, or with any letter in the place of one. Pure."""

    def pattern(*parts: str) -> str:
        return (
            "%" + "_".join(part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for part in parts) + "%"
        )

    patterns = [pattern(word[:i] + word[i + 1] + word[i] + word[i + 2 :]) for i in range(len(word) - 1)]
    if any_letter:
        patterns += [pattern(word[:i], word[i + 1 :]) for i in range(1, len(word) - 1)]
    return patterns


def _likest(alike: QuerySet, column: str, words: list[str]) -> list[int]:
    """Rank some of those who are alike; comparing is dear, so not all of very many."""
    ranked = alike.order_by().annotate(likeness=TrigramWordSimilarity(" ".join(words), column))
    some = ranked.values_list("likeness", "pk")[:RANKED]
    return [pk for _likeness, pk in sorted(some, reverse=True)[: SHOWN + 1]]


@contextlib.contextmanager
def _impatience(likeness: float) -> Iterator[None]:
    """Let no statement of this transaction take long, and call alike what is half alike. Two queries."""
    with connection.cursor() as cursor:
        cursor.execute(SET, [str(PATIENCE), str(likeness)])
        yield
        cursor.execute(SET, ["0", "0.6"])  # within a transaction of somebody else's they would stay


SET = "SELECT set_config('statement_timeout', %s, true), set_config('pg_trgm.word_similarity_threshold', %s, true)"


def seen_companies(user: User, at: datetime) -> QuerySet | None:
    """Return the companies this person may see: all, or those of the leads they see; None for nobody's."""
    scope = allowed(user, "accounts.see")
    if Scope.ALL in scope:
        return Account.objects.live()
    if not scope:
        return None
    mine = Lead.objects.visible_to(user, at).filter(account__isnull=False)
    return Account.objects.live().filter(pk__in=mine.values("account"))


def _called(asked: Asked, prefix: str = "") -> Q:
    """The condition that an account is called so, by name or by domain."""
    words = company_key(asked.text).split()[:WORDS] or asked.words
    called = Q()
    for word in words:
        called &= Q(**{f"{prefix}name_key__contains": word})
    if len(asked.words) == 1:
        called |= Q(**{f"{prefix}domain__contains": asked.words[0].lstrip("@")})
    return called


def _companies(user: User, asked: Asked, at: datetime) -> list[Account]:
    """Find companies by domain, then by name. At most two queries."""
    seen = seen_companies(user, at)
    if seen is None or asked.digits:
        return []
    if asked.domain:
        by_domain = Domain.objects.filter(name=asked.domain, account__isnull=False).values("account")
        if exact := list(seen.filter(pk__in=by_domain)):
            return exact
    if "@" in asked.text.strip("@"):
        return []
    found = list(seen.filter(_called(asked)).order_by()[:READ])
    key = company_key(asked.text)
    return sorted(found, key=lambda a: (a.name_key != key, not a.name_key.startswith(key), a.name_key, a.pk))[:SHOWN]


def _opportunities(user: User, asked: Asked) -> list[Opportunity]:
    """Find possible sales by their name, `Product - @domain`: words of the product, of the company, or both. Two queries."""
    scope = allowed(user, "opportunities.see")
    if not scope & (Scope.ALL | Scope.TEAM | Scope.OWN) or asked.digits:
        return []
    sales = Opportunity.objects.filter(gone_as="").select_related("product", "account", "stage", "opportunity_owner")
    if Scope.ALL not in scope:
        owners = {user.pk} | (people_of(user) if Scope.TEAM in scope else set())
        roles = ("development_owner", "opportunity_owner", "success_owner")
        theirs = Q()
        for role in roles:
            theirs |= Q(**{f"{role}__in": owners})
        sales = sales.filter(theirs)
    products = {p.pk: set(fold(p.name).split()) for p in Product.objects.all()[:200]}
    of_product = {word for word in asked.words if any(word in names for names in products.values())}
    rest = [word for word in asked.words if word not in of_product]
    if of_product:
        sales = sales.filter(product__in=[pk for pk, names in products.items() if of_product <= names])
    if rest:
        sales = sales.filter(_called(Asked(" ".join(rest), rest), "account__"))
    elif not of_product:
        return []
    return list(sales.order_by("-pk")[:SHOWN])
