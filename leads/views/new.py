"""People come in by hand: a new lead, or somebody who asked for us. Both go the one way in (`leads/intake.py`)."""

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.models import Door, Team
from accounts.permissions import own_teams_of
from leads import assignment, permissions
from leads.intake import CREATED, REJECTED, UNCHANGED, take
from leads.intake_people import Finder
from leads.intake_rows import CLEAN, Bad, make_row
from leads.models import GoToMarket, Lead, Motion, Signal, Source
from leads.views import answers
from leads.views.acting import once
from leads.views.desk import Desk, works_a_queue
from leads.views.forms import TOKEN

MANY = 300
SOURCE = "Say where this person comes from."
ASKED = (
    ("demo", "A demo"), ("call", "A call back"), ("price", "A price"), ("chat", "A chat"), ("walk-in", "Walked in"),
    ("trial", "A trial"), ("other", "Something else"),
)  # fmt: skip
WHO = ("first_name", "last_name", "email", "phone", "company", "title")


class PersonForm(forms.Form):
    """Who it is. One of address and phone is needed, so that they can be found again."""

    first_name = forms.CharField(required=False, max_length=100)
    last_name = forms.CharField(required=False, max_length=100)
    email = forms.CharField(
        required=False, max_length=254, widget=forms.EmailInput, help_text="Or a phone number: one of the two."
    )
    phone = forms.CharField(required=False, max_length=40, widget=forms.TextInput(attrs={"inputmode": "tel"}))
    company = forms.CharField(required=False, max_length=200)
    title = forms.CharField(required=False, max_length=160, label="Title at work")
    token = forms.CharField(widget=forms.HiddenInput, validators=[TOKEN], error_messages={"required": TOKEN.message})

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        # For browsers: no names of their own in fields about somebody else.
        for name in WHO:
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def clean(self):
        """Say at every field at once what cannot be taken there (SAFE-3), by the words of intake."""
        said = super().clean()
        for name in self.ROW:
            try:
                CLEAN[name](said.get(name) or "")
            except Bad as problem:
                self._say(problem.words, name)
        if not {"email", "phone"} & self.errors.keys():
            try:
                make_row({name: said.get(name) or "" for name in ("email", "phone", "country") if name in said})
            except Bad as problem:
                words = problem.words if problem.field else "Write an address or a phone number: one of the two."
                self._say(words, problem.field or "email")
        return said

    def _say(self, words: str, name: str) -> None:
        self.add_error(name if name in self.fields else "email", words[:1].upper() + words[1:])

    def row(self, **facts):
        """Return what intake takes, of a form that was found right."""
        return make_row({name: self.cleaned_data[name] for name in self.ROW if self.cleaned_data.get(name)}, **facts)


class LeadForm(PersonForm):
    """A new lead."""

    ROW = (*WHO, "country", "website", "source", "campaign", "motion", "go_to_market", "note")
    website = forms.CharField(required=False, max_length=300, widget=forms.TextInput(attrs={"inputmode": "url"}))
    country = forms.CharField(required=False, max_length=80)
    source = forms.CharField(
        max_length=120,
        help_text="Where this person comes from.",
        error_messages={"required": "Say where this person comes from."},
    )
    campaign = forms.CharField(required=False, max_length=120)
    go_to_market = forms.ChoiceField(choices=GoToMarket.choices, label="Go-to-market")
    motion = forms.ChoiceField(choices=Motion.choices)
    note = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 2}))
    mine = forms.BooleanField(required=False, label="I take this lead")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["source"].widget.attrs |= {"list": "sources", "autocomplete": "off"}
        if not may_take(self.user):
            del self.fields["mine"]


class AskedForm(PersonForm):
    """Somebody asked for us: who, what for, and their words."""

    ROW = (*WHO, "what", "words", "source")
    what = forms.ChoiceField(choices=ASKED, label="They asked for")
    words = forms.CharField(required=False, label="In their words", widget=forms.Textarea(attrs={"rows": 3}))
    source = forms.CharField(required=False, max_length=120, help_text="Where they come from, when you know.")
    team = forms.ModelChoiceField(
        Team.objects.none(), required=False, label="Who answers", help_text="In turn, when nobody has this person yet."
    )
    mine = forms.BooleanField(required=False, label="I answer, if this person is new")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["source"].widget.attrs |= {"list": "sources", "autocomplete": "off"}
        if not may_take(self.user):
            del self.fields["mine"]
        if own_teams_of(self.user):
            del self.fields["team"]
        else:
            manned = Team.objects.filter(is_active=True, memberships__isnull=False).exclude(kind=Team.Kind.PRODUCT)
            self.fields["team"].queryset = manned.distinct()


def may_take(user) -> bool:
    """Say whether this person works leads themselves."""
    return works_a_queue(user) and permissions.can(user, "create") and user.role in permissions.HOLDERS


@require_http_methods(["GET", "POST"])
def lead(request):
    """Bring a person in."""
    return _bring_in(request, LeadForm, "leads/new.html", _new)


@require_http_methods(["GET", "POST"])
def asked(request):
    """Note that somebody asked for us, whether we know them or not: an answer is owed from now on (IN-2)."""
    return _bring_in(request, AskedForm, "leads/asked.html", _asked)


def _bring_in(request, form_class, template, effect):
    desk = Desk(request)
    if not permissions.can(desk.user, "create"):
        raise PermissionDenied(permissions.refusal(desk.user, "create"))
    given = request.GET.dict() if request.method == "GET" else {}
    initial = {name: given[name] for name in (*WHO, "what") if name in given} | {"mine": True}
    form = form_class(request.POST or None, user=desk.user, initial=initial)
    row = form.row(**effect(form)) if request.method == "POST" and form.is_valid() else None
    if row is None:
        return _shown(desk, form, template)
    then = once(desk, "new", lambda _post: _take(desk, form, row))
    if then.get("error"):
        form.add_error("email", then["error"])
        return _shown(desk, form, template)
    answers.say(request, {"text": then["text"], "undo_url": ""})
    found = desk.again(then["lead"])
    if found is None:
        return HttpResponseRedirect(reverse("leads"))
    mine = found.owner_id == desk.user.pk
    return HttpResponseRedirect(
        f"{reverse('queue')}?lead={found.pk}#lead" if mine else reverse("lead", args=[found.pk])
    )


def _shown(desk, form, template):
    """Draw the form, with what is wrong. A token that was no token is replaced, so that the next press can count."""
    sources = Source.objects.named().values_list("name", flat=True)[:MANY]
    token = desk.token if not form.is_bound or "token" in form.errors else form.data["token"]
    context = {"form": form, "sources": sources, "token": token, "now": desk.at}
    return render(desk.request, template, context, status=422 if form.errors else 200)


def _new(form) -> dict:
    return {"kind": Signal.Kind.FORM, "what": "by hand"}


def _asked(form) -> dict:
    return {"kind": Signal.Kind.HAND_RAISE, "go_to_market": GoToMarket.INBOUND, "motion": Motion.SLG}


def _take(desk, form, row) -> dict:
    said = form.cleaned_data
    row.key = f"page:{said['token']}"
    finder = Finder()
    finder.look([row])
    is_new = finder.place(row).result == CREATED
    # To oneself only who one brings in: a lead we know stays with whoever has it.
    row.owner = desk.user if said.get("mine") and is_new else None
    team = _team(desk.user, said)
    # Who takes it needs no queue; one who may not after all (a cap) leaves it in the team's.
    row.team = None if row.owner and row.kind != Signal.Kind.HAND_RAISE else team
    taken = take([row], by=desk.user, at=desk.at, door=Door.PAGE)[0]
    if taken.result == REJECTED:
        return {"error": taken.words}
    if taken.words and row.owner and team and row.team is None:
        assignment.enqueue([taken.lead], team=team, by=desk.user, at=desk.at, door=Door.PAGE)
    lead = Lead.objects.select_related("owner", "team").get(pk=taken.lead)
    return {"lead": lead.pk, "text": _words(desk, lead, taken, row)}


def _team(user, said: dict) -> Team | None:
    if said.get("team"):
        return said["team"]
    return Team.objects.filter(pk__in=own_teams_of(user), is_active=True).order_by("pk").first()


def _words(desk, lead: Lead, taken, row) -> str:
    """Say what became of it, and who has the lead."""
    if taken.words:
        return f"{lead.name} is in. {taken.words}"
    held = "" if lead.owner_id is None and lead.team_id is None else f" {_holder(desk, lead)}"
    if row.kind == Signal.Kind.HAND_RAISE:
        return f"{lead.name} asked for us.{held or ' The manager sees it.'}"
    if taken.result == CREATED:
        return f"{lead.name} is in.{held}"
    return f"We know {lead.name} already{'; nothing was new' if taken.result == UNCHANGED else '; what was missing is filled in'}.{held}"


def _holder(desk, lead: Lead) -> str:
    if lead.owner_id == desk.user.pk:
        return "You have this lead."
    if lead.owner:
        return f"{lead.owner.get_short_name()} has this lead."
    return f"It waits in the queue of {lead.team}."
