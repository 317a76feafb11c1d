"""The one search box (WORK-5): people by name, address, phone, company or domain; companies; opportunities. Typos are forgiven.

Called by the search page, once with each letter that is typed, so it must answer at once whatever there is: what is known exactly is
looked up, words are found by the trigrams of `Lead.search`, and only when that finds little is the likely meant looked for, within a
time of its own. People see their own; sellers also that others exist, and with whom. At most fifteen queries, and
the looks for what is meant while their time lasts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.domains import normalise_email, normalise_phone, registrable
from accounts.models import Account, Domain, Opportunity, Product, Role, User
from accounts.names import company_key, fold
from accounts.permissions import Scope, allowed, people_of
from leads import likely
from leads.likely import SHORTEST
from leads.models import Identity, Lead

SHOWN = 20  # of a kind
READ = 60  # from among which the best are shown
OTHERS = 5  # of those who are not one's own
WORDS = 6
LONGEST = 100
FEW_DIGITS = 5
TELLS_OF_OTHERS = (Role.SDR, Role.CSM)
NEAR = ("account", "owner", "team", "cycle")
# What orders those found; a lead reads its state as it is made.
CALLED = ("first_name", "last_name", "email", "company", "phone", "status")


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
    found.is_short = asked.is_short and not exact and asked.number is None
    tells = user.role in TELLS_OF_OTHERS and not user.is_superuser
    if exact or not asked.is_short:
        _people(user, asked, exact, at, tells, found)
    if not asked.is_short:
        found.companies = _companies(user, asked, at)
        found.opportunities = _opportunities(user, asked)
    if found.is_empty and not asked.is_short and not asked.digits:
        _guess(user, asked, found, at, tells)
    return found


def called(lead: Lead) -> tuple[str, str]:
    """Say what is told of a lead to who may only know that it exists: its name, never its address, and its company."""
    company = lead.account.name if lead.account else lead.company
    return f"{lead.first_name} {lead.last_name}".strip() or company or "A lead", company


def _guess(user: User, asked: Asked, found: Found, at: datetime, tells: bool) -> None:
    """Look for what was likely meant: people, else companies, else people of others; as far as that is known in time."""
    with likely.patience(asked.words) as look:
        seen = Lead.objects.visible_to(user, at).select_related(*NEAR)
        found.people = look.meant(seen, "search", asked.words, SHOWN)
        key, companies = company_key(asked.text), seen_companies(user, at)
        if not found.people and key and companies is not None:
            found.companies = look.meant(companies, "name_key", key.split()[:WORDS], SHOWN)
        if found.is_empty and tells:
            there = Lead.objects.filter(gone_as="").select_related("owner", "team", "account")
            found.others = look.meant(there, "search", asked.words, OTHERS)
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


def _people(user: User, asked: Asked, exact: set[int], at: datetime, tells: bool, found: Found) -> None:
    """Find people of this person's, and a few who are not theirs to see where those are told of. At most five queries.

    Of many only what orders them is read, and the whole of those who are shown. Where everybody who is written so is few, they are
    looked for once, and who of them may be seen is asked by number: the index of all words is what takes time.
    """
    seen, there = Lead.objects.visible_to(user, at), Lead.objects.filter(gone_as="")
    written = (lambda leads: leads.filter(pk__in=exact)) if exact else (lambda leads: _written(leads, asked.words))
    known = list(written(there).only(*CALLED)[:READ]) if tells else []
    if tells and len(known) < READ:
        mine = set(seen.filter(pk__in=[lead.pk for lead in known]).values_list("pk", flat=True)) if known else set()
        people = [lead for lead in known if lead.pk in mine]
    else:
        people = list(written(seen).only(*CALLED)[:READ])
        mine = set(seen.filter(pk__in=[lead.pk for lead in known]).values_list("pk", flat=True)) if known else set()
    hidden = [lead for lead in known if lead.pk not in mine]
    found.people = _whole(people, asked.words, exact, SHOWN, NEAR)
    found.others = _whole(hidden, asked.words, exact, OTHERS, ("owner", "team", "account"))
    found.is_more = len(people) > SHOWN


def _whole(leads: list[Lead], words: list[str], exact: set[int], shown: int, near: Iterable[str]) -> list[Lead]:
    """Read the first of those found, in order, with what stands near them. One query."""
    first = sorted(leads, key=lambda lead: _place(lead, words, exact))[:shown]
    whole = Lead.objects.select_related(*near).in_bulk([lead.pk for lead in first]) if first else {}
    return [whole[lead.pk] for lead in first if lead.pk in whole]


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
