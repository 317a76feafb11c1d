"""How well a company is covered, and how engaged it is (ACC-13): which of four places it stands at, and what to do next there.

Pure but for `of`, which reads one account in three queries. Coverage: needed personas with a known contact of those needed; gone and
opted-out people do not count. Engagement: people with activity in 30 days, each weighted by how recent it is (half-life 30 days).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Q

from accounts.models import Account
from leads.models import ContactRole, Lead, LeadStatus, Signal, Touch, TouchOutcome

HALF_LIFE = WINDOW = timedelta(days=30)
COVERED = 0.5
ENGAGED = (
    1.0  # one person who was active just now; the segment's median takes its place once there are enough companies
)
# Who is needed to buy, and by which words of a part or a title somebody is known to be one.
NEEDED = {
    "decision maker": (
        "decision",
        "chief",
        "ceo",
        "cfo",
        "coo",
        "cto",
        "director",
        "vp",
        "head",
        "owner",
        "founder",
        "president",
    ),
    "champion": ("champion", "manager", "lead"),
    "user": ("user", "engineer", "analyst", "operator", "planner", "specialist"),
    "finance": ("finance", "budget", "controller", "purchasing", "procurement"),
}
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


def weight(last: datetime, at: datetime) -> float:
    """Weigh an activity by its age: 1 now, a half at 30 days, nothing beyond. Pure."""
    age = max(at - last, timedelta())
    return 0.5 ** (age / HALF_LIFE) if age <= WINDOW else 0.0


def stands(people: Iterable[tuple[str, str, datetime | None]], at: datetime) -> Standing:
    """Say where a company with these people stands: (name, part and title, last activity). Pure."""
    people = list(people)
    personas = {}
    for persona, words in NEEDED.items():
        fits = (
            name
            for name, about, _last in people
            if set(about.casefold().replace("-", " ").split()) & set(words) or persona in about.casefold()
        )
        personas[persona] = next(fits, "")
    weights = [weight(last, at) for _name, _about, last in people if last is not None]
    coverage = sum(map(bool, personas.values())) / len(NEEDED)
    engagement = sum(weights)
    place, label, step = PLACES[coverage >= COVERED, engagement >= ENGAGED]
    active = sum(w > 0 for w in weights)
    return Standing(personas, len(people), active, coverage, engagement, place, label, step)


def of(account: Account, at: datetime) -> Standing:
    """Say where an account stands. Four queries, whatever it has been through."""
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
    return stands([(lead.name, f"{parts.get(lead.pk, '')} {lead.title}", last.get(lead.pk)) for lead in leads], at)
