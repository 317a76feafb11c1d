"""The list of leads: what a person may see, narrowed by what they choose, who came last first. The filters live in the address.

Who was brought over from another system stands where they came, not where they were written.
Pages by key, never by number; counts are exact up to a thousand. A fixed number of queries, whatever the length of the list.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from django import forms
from django.db.models import Q
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.models import Team, User
from accounts.names import fold
from accounts.permissions import Scope, allowed, people_of, teams_of
from accounts.words import count
from leads import board, permissions, sla
from leads.bulk import MOST
from leads.models import GoToMarket, Lead, LeadStatus, Motion, Source
from leads.queue import ENOUGH
from leads.views.desk import Desk, sees_leads
from leads.views.picking import value_of

PAGE = 50
SHORTEST = 3  # letters that a search needs: its index knows groups of three
MANY = 300  # choices in one filter
BIGGEST = 2**63 - 1
NEWEST = ("-created_at", "-pk")
EPOCH, MICROSECOND = datetime(2000, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
STATES = (("open", "In hand"), ("ended", "Ended"))


class Filters(forms.Form):
    """What a list is narrowed to. What is not understood is left out rather than refused: an old bookmark still opens."""

    q = forms.CharField(required=False, max_length=100, label="Find", strip=True)
    state = forms.ChoiceField(required=False, label="State", choices=[("", "Any"), *STATES, *LeadStatus.choices])
    motion = forms.ChoiceField(required=False, label="Motion", choices=[("", "Any"), *Motion.choices])
    gtm = forms.ChoiceField(required=False, label="Go-to-market", choices=[("", "Any"), *GoToMarket.choices])
    source = forms.TypedChoiceField(required=False, label="Source", coerce=int, empty_value="")
    owner = forms.TypedChoiceField(required=False, label="Owner", coerce=int, empty_value="")
    team = forms.TypedChoiceField(required=False, label="Queue", coerce=int, empty_value="")
    # Chosen by a link only: from the campaigns, from a company that was searched for.
    campaign = forms.IntegerField(required=False, min_value=1, max_value=BIGGEST, widget=forms.HiddenInput)
    account = forms.IntegerField(
        required=False, min_value=1, max_value=BIGGEST, widget=forms.HiddenInput, label="Company"
    )

    def __init__(self, data, user: User):
        super().__init__(data)
        sources = Source.objects.named().values_list("pk", "name")[:MANY]
        self.fields["source"].choices = [("", "Any"), *sources]
        self._choose("owner", _people(user))
        self._choose("team", _teams(user))

    def _choose(self, name: str, choices: list) -> None:
        """Offer a filter only where there is something to choose between."""
        if choices:
            self.fields[name].choices = [("", "Any"), *choices]
        else:
            del self.fields[name]

    def said(self) -> dict:
        """Return what was chosen and understood."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value not in ("", None)}


def _people(user) -> list[tuple[int, str]]:
    scope = allowed(user, "leads.see")
    if Scope.ALL in scope:
        people = User.objects.filter(role__in=permissions.HOLDERS)
    elif Scope.TEAM in scope:
        people = User.objects.filter(pk__in=people_of(user) | {user.pk})
    else:
        return []
    return list(people.order_by("name").values_list("pk", "name")[:MANY])


def _teams(user) -> list[tuple[int, str]]:
    scope = allowed(user, "leads.see")
    if Scope.ALL in scope:
        teams = Team.objects.exclude(kind=Team.Kind.PRODUCT)
    elif scope & (Scope.TEAM | Scope.QUEUES):
        teams = Team.objects.filter(pk__in=teams_of(user))
    else:
        return []
    return list(teams.order_by("name").values_list("pk", "name")[:MANY])


WHERE = {
    "motion": "motion",
    "gtm": "go_to_market",
    "source": "source",
    "owner": "owner",
    "team": "team",
    "campaign": "campaign",
    "account": "account",
}
GROUPS = {"open": LeadStatus.OPEN, "ended": LeadStatus.ENDED}
NAMED = {"campaign": lambda lead: lead.campaign, "account": lambda lead: lead.account}


@require_GET
def leads(request):
    """List the leads this person may see."""
    sees_leads(request.user)
    desk = Desk(request, place="lead")
    filters = Filters(request.GET, desk.user)
    said = filters.said()
    found, too_short = narrowed(said, desk)
    page, pager = page_of(found, request.GET, lambda **at: f"{reverse('leads')}?{urlencode(said | at)}")
    known = len(found.values_list("pk")[: ENOUGH + 1])
    context = {
        "filters": filters,
        "chosen": _chosen(filters, said, page),
        "too_short": too_short,
        "says": f"more than {count(ENOUGH)}" if known > ENOUGH else count(known),
        "known": known,
        "rows": [_row(lead, desk.at) for lead in page],
        "pager": pager,
        "may_create": permissions.can(desk.user, "create"),
        "may_release": Scope.ALL in allowed(desk.user, "leads.assign"),
        "sees_campaigns": bool(allowed(desk.user, "leads.export") & ~Scope.NUMBERS),
        "may_end": permissions.can(desk.user, "nurture"),
        "may_assign": board.leads_people(desk.user),
        "most": MOST,
        "back": request.get_full_path(),
        "query": urlencode(said),
        "now": desk.at,
        "toast": request.session.pop("toast", None) if "toast" in request.session else None,
    }
    return render(request, "leads/list.html", context)


def narrowed(said: dict, desk: Desk):
    """Return the leads that were asked for, and whether the words to find are too short to look for."""
    found = Lead.objects.visible_to(desk.user, desk.at)
    wanted = {WHERE[name]: said[name] for name in WHERE if name in said}
    state = said.get("state", "")
    if state in GROUPS:
        found = found.filter(status__in=GROUPS[state])
    elif state:
        found = found.filter(status=state)
    if "owner" in wanted and (state == "ended" or state in LeadStatus.ENDED):
        # An ended lead is in nobody's hands: whose it was is asked.
        owner = wanted.pop("owner")
        found = found.filter(Q(owner=owner) | Q(development_owner=owner))
    found = found.filter(**wanted)
    words = fold(said.get("q", "")).split()
    too_short = bool(words) and max(map(len, words)) < SHORTEST
    for word in () if too_short else words:
        # `search` is lower case and knows words without accents; LIKE is what the index answers.
        found = found.filter(search__contains=word)
    return found, too_short


def ids(given, desk: Desk):
    """Name the leads that a list's address finds, who came last first, with their round and version: what "all of them" means."""
    found, _too_short = narrowed(Filters(given, desk.user).said(), desk)
    return found.order_by(*NEWEST).values_list("pk", "cycle_id", "version")[:MOST]


def page_of(found, given, address: Callable[..., str]) -> tuple[list[Lead], dict]:
    """Read one page of leads, newest first, by its key, and where the pages before and after it are: `address(older=…)`. One query."""
    # Few joins: planning ten tables takes longer than reading fifty rows (measured); small tables are fetched once for the page.
    found = found.select_related("cycle", "account", "owner").prefetch_related("team", "source", "campaign", "reason")
    newer_than, older_than = place(given.get("newer")), place(given.get("older"))
    if newer_than:
        rows = list(_beyond(found, *newer_than, "gt").order_by("created_at", "pk")[: PAGE + 1])
        more, rows = len(rows) > PAGE, rows[:PAGE][::-1]
        newer, older = more, True
    else:
        rows = list((_beyond(found, *older_than, "lt") if older_than else found).order_by(*NEWEST)[: PAGE + 1])
        newer, older = bool(older_than), len(rows) > PAGE
        rows = rows[:PAGE]
    if not rows:
        return rows, {}

    pager = {
        "newer": address(newer=mark(rows[0])) if newer else "",
        "older": address(older=mark(rows[-1])) if older else "",
    }
    return rows, pager


def _beyond(found, at: datetime, pk: int, way: str):
    """Keep what lies on one side of a place in the list. The first condition is what the index is read by."""
    here = Q(**{f"created_at__{way}": at}) | Q(created_at=at, **{f"pk__{way}": pk})
    return found.filter(here, **{f"created_at__{way}e": at})


def mark(lead: Lead) -> str:
    """Name a lead's place in the list, for an address."""
    return f"{(lead.created_at - EPOCH) // MICROSECOND}_{lead.pk}"


def place(text: str | None) -> tuple[datetime, int] | None:
    """Return the place that a page begins at, or None for anything else."""
    found = re.fullmatch(r"(-?\d{1,18})_(\d{1,18})", text or "")
    try:
        return (EPOCH + int(found[1]) * MICROSECOND, int(found[2])) if found else None
    except OverflowError:
        return None


def key(text: str | None) -> int | None:
    """Return the number that a page begins at, or None for anything else."""
    return int(text) if text and text.isdecimal() and len(text) < 19 else None


def _chosen(filters: Filters, said: dict, page: list[Lead]) -> list[dict]:
    """List what the list is narrowed to, each with the address that takes it off."""
    chosen = []
    for name, value in said.items():
        field = filters.fields[name]
        labels = {str(key): label for key, label in getattr(field, "choices", ())}
        if name in NAMED and page:  # what none of their leads is in is not named to them
            labels = {str(value): str(NAMED[name](page[0]))}
        rest = {other: kept for other, kept in said.items() if other != name}
        url = f"{reverse('leads')}?{urlencode(rest)}" if rest else reverse("leads")
        chosen.append({"label": field.label, "value": labels.get(str(value), value), "url": url})
    return chosen


def _row(lead: Lead, at) -> dict:
    holder = lead.owner or lead.team
    return {
        "id": lead.pk,
        "tick": value_of(lead),
        "name": lead.name,
        "url": reverse("lead", args=[lead.pk]),
        "company": lead.account.name if lead.account else lead.company,
        "state": lead.state_label,
        "kind": lead.motion if lead.is_open else KINDS.get(lead.status, "outline"),
        "why": lead.reason.label if lead.reason else "",
        "clock": sla.clock_of(lead, lead.cycle, at),
        "holder": str(holder) if holder else "",
        "is_queue": lead.team_id is not None,
        "source": lead.source.name if lead.source else "",
        "market": lead.get_go_to_market_display(),
        "since": lead.status_since,
    }


KINDS = {"qualified": "now", "nurture": "notnow", "unqualified": "never"}
