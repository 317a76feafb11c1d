"""How well a company is covered, and how engaged it is (ACC-13): which of four places it stands at, and what to do next there.

Pure but for `of`, which reads one account. Coverage: needed personas with a known contact of those needed; gone and opted-out people do
not count. Engagement: people with activity in 30 days, each weighted by how recent it is. Who is needed, the cut-offs and the half-life
are a version of `CoverageRule`, which RevOps keeps; where it names no cut-off of engagement, the segment's median is it (`medians.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Max, Q

from accounts.models import Account
from leads.models import ContactRole, Lead, LeadStatus, Signal, Touch, TouchOutcome
from meetings import medians
from meetings.medians import DEFAULT, WINDOW
from meetings.models import CoverageRule

PLACES = {
    (False, False): ("identify", "Identify", "Find out who decides there, and reach a first person."),
    (False, True): ("expand", "Expand reach", "They are interested: find the people you do not know yet."),
    (True, False): ("engage", "Engage", "You know who counts: get them to answer."),
    (True, True): ("win", "Win", "Everybody needed is known and active: ask for the decision."),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one company stands."""

    personas: dict[str, str]  # needed -> who it is, empty where nobody is known
    people: int
    active: int
    coverage: float
    engagement: float
    place: str
    label: str
    next_step: str
    rule: CoverageRule
    engaged_from: Decimal
    median_of: datetime | None = None  # the day of the segment's median that is the cut-off; none where RevOps names it


def weight(last: datetime, at: datetime, half_life: timedelta = WINDOW) -> float:
    """Weigh an activity by its age: 1 now, a half at its half-life, nothing beyond 30 days. Pure."""
    age = max(at - last, timedelta())
    return 0.5 ** (age / half_life) if age <= WINDOW else 0.0


def stands(
    people: Iterable[tuple[str, str, datetime | None]], at: datetime, rule: CoverageRule, engaged_from: Decimal = DEFAULT,
    median_of: datetime | None = None,
) -> Standing:  # fmt: skip
    """Say where a company with these people stands: (name, part and title, last activity). Pure."""
    people = list(people)
    personas, needed = {}, rule.needed
    for persona, words in needed.items():
        fits = (
            name
            for name, about, _last in people
            if set(about.casefold().replace("-", " ").split()) & set(words) or persona in about.casefold()
        )
        personas[persona] = next(fits, "")
    weights = [weight(last, at, rule.half_life) for _name, _about, last in people if last is not None]
    coverage = sum(map(bool, personas.values())) / len(needed)
    engagement = sum(weights)
    place, label, step = PLACES[coverage * 100 >= rule.covered_percent, engagement >= engaged_from]
    active = sum(w > 0 for w in weights)
    return Standing(
        personas, len(people), active, coverage, engagement, place, label, step, rule, engaged_from, median_of
    )


def of(account: Account, at: datetime) -> Standing:
    """Say where an account stands, by the rule in force then. Six queries at most, whatever it has been through."""
    here = Lead.objects.filter(account=account, gone_as="", opted_out_at=None)
    leads = list(here.exclude(status=LeadStatus.UNQUALIFIED, reason__code="left_company").order_by("pk")[:500])
    ids = [lead.pk for lead in leads]
    since = at - WINDOW
    answered = ~Q(outcome__in=TouchOutcome.UNANSWERED)
    last: dict[int, datetime] = {}
    touched = Touch.objects.filter(
        answered, lead__in=ids, occurred_at__gte=since, occurred_at__lte=at, withdrawn_at=None, is_automated=False
    )
    heard = Signal.objects.filter(lead__in=ids, at__gte=since, at__lte=at).exclude(kind=Signal.Kind.IMPORT)
    for rows, moment in ((touched, "occurred_at"), (heard, "at")):
        for pk, when in rows.values("lead").annotate(last=Max(moment)).values_list("lead", "last"):
            last[pk] = max(when, last.get(pk, when))
    parts: dict[int, str] = {}
    for pk, role in ContactRole.objects.filter(lead__in=ids).values_list("lead", "role"):
        parts[pk] = f"{parts.get(pk, '')} {role}"
    people = [(lead.name, f"{parts.get(lead.pk, '')} {lead.title}", last.get(lead.pk)) for lead in leads]
    rule = CoverageRule.in_force(at)
    return stands(people, at, rule, *medians.engaged_from(rule, account.segment, at))
