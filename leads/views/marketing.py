"""Marketing's pages: whom one may write to, with its file (LIFE-13), and what came from which source and campaign."""

from urllib.parse import urlencode

from django import forms
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Func, IntegerField, Max, OuterRef
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_GET

from accounts import clock
from accounts.models import Reason
from accounts.models.reason import Program
from accounts.permissions import Scope, allowed
from accounts.record_keeping import record_export
from accounts.spreadsheets import csv_lines
from accounts.words import count
from leads import audience
from leads.models import Lead, Source
from leads.views.lists import MANY, key, page_of

ENOUGH, SOURCES = 1_000, 100


class AudienceForm(forms.Form):
    """What the audience is narrowed to. What is not understood is left out."""

    program = forms.ChoiceField(
        required=False,
        choices=[("", "Any"), (audience.RAW, "None yet: raw"), *Program.choices[:2]],
    )
    reason = forms.TypedChoiceField(required=False, coerce=int, empty_value="")
    source = forms.TypedChoiceField(required=False, coerce=int, empty_value="")

    def __init__(self, data):
        super().__init__(data)
        reasons = Reason.objects.filter(disposition="nurture").order_by("order", "pk").values_list("pk", "label")
        sources = Source.objects.named().values_list("pk", "name")[:MANY]
        self.fields["reason"].choices = [("", "Any"), *reasons]
        self.fields["source"].choices = [("", "Any"), *sources]

    def said(self) -> dict:
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value != ""}


def may_write(user) -> None:
    """Marketing and RevOps; a manager's people write one to one."""
    if not allowed(user, "leads.export") & (Scope.ALL | Scope.RAW | Scope.NURTURE):
        raise PermissionDenied("Only RevOps or marketing see whom marketing may write to.")


def _asked(request, at) -> tuple[AudienceForm, dict, object]:
    """Return what was asked for, and who that is."""
    form = AudienceForm(request.GET)
    said = form.said()
    is_plg = request.GET.get("of") == "plg"
    found = audience.activation() if is_plg else audience.audience(request.user, at)
    if "program" in said and not is_plg:
        found = found.filter(audience.PROGRAMS[said["program"]])
    for name in ("reason", "source"):
        if name in said:
            found = found.filter(**{name: said[name]})
    return form, said | ({"of": "plg"} if is_plg else {}), found


@require_GET
def people(request):
    """Show whom one may write to, by program, reason and source, who came last first; Open PLG apart."""
    may_write(request.user)
    at = clock.now()
    form, said, found = _asked(request, at)
    rows, pager = page_of(found, request.GET, lambda **at: f"{reverse('audience')}?{urlencode(said | at)}")
    known = len(found.values_list("pk")[: ENOUGH + 1])
    context = {
        "form": form,
        "is_plg": said.get("of") == "plg",
        "chosen": {name for name in said if name != "of"},
        "rows": rows,
        "says": f"more than {count(ENOUGH)}" if known > ENOUGH else count(known),
        "known": known,
        "pager": pager,
        "file": f"{reverse('audience-file')}?{urlencode(said)}",
        "now": at,
    }
    return render(request, "leads/audience.html", context)


@require_GET
def file(request):
    """Hand the audience out as CSV; who took how many is on record."""
    may_write(request.user)
    at = clock.now()
    _form, said, found = _asked(request, at)
    with transaction.atomic():
        told = found.aggregate(rows=Count("pk"), last=Max("pk"))
        what = "activation" if "of" in said else "audience"
        record_export(request.user, what, told["rows"], at)
    found = found.filter(pk__lte=told["last"] or 0)  # who comes meanwhile is not counted and not told
    answer = StreamingHttpResponse(csv_lines(audience.lines(found)), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{what}-{at:%Y-%m-%d}.csv"'
    return answer


@require_GET
def campaigns(request):
    """List sources, with how many leads of each this person may see; or the campaigns of one source."""
    if not allowed(request.user, "leads.export") & ~Scope.NUMBERS:
        raise PermissionDenied("Only a manager, RevOps or marketing see the campaigns.")
    seen = Lead.objects.visible_to(request.user, clock.now())
    chosen = key(request.GET.get("source"))
    context = _of(chosen, seen) if chosen else _all(request.GET.get("after", ""), seen)
    return render(request, "leads/campaigns.html", context)


def _all(after: str, seen) -> dict:
    """One page of sources. Counting stops at a thousand."""
    some = ArraySubquery(seen.filter(source=OuterRef("pk")).values("pk")[: ENOUGH + 1])
    sources = Source.objects.filter(parent__isnull=True).order_by("name")
    if after := after[:120].replace("\x00", ""):
        sources = sources.filter(name__gt=after)
    sources = sources.annotate(number=Func(some, function="cardinality", output_field=IntegerField()))
    rows = list(sources.annotate(below=Count("campaigns"))[: SOURCES + 1])
    here = reverse("campaigns")
    pager = {"older": f"{here}?{urlencode({'after': rows[SOURCES - 1].name})}"} if len(rows) > SOURCES else {}
    listed = [
        _row(str(source), source.number, "source", source.pk)
        | {"below": source.below, "below_url": f"{here}?source={source.pk}"}
        for source in rows[:SOURCES]
    ]
    return {"source": None, "rows": listed, "pager": pager}


def _of(pk: int, seen) -> dict:
    """The campaigns of one source, counted in one pass over its leads."""
    source = Source.objects.filter(pk=pk, parent__isnull=True).first()
    if source is None:
        raise Http404("no such source")
    counted = (
        seen.filter(source=source if source.name else None)
        .order_by()
        .values_list("campaign")
        .annotate(number=Count("pk"))
    )
    numbers = dict(counted)
    campaigns = source.campaigns.order_by("name")[:MANY]
    rows = [_row(campaign.name, numbers.get(campaign.pk, 0), "campaign", campaign.pk) for campaign in campaigns]
    return {"source": source, "rows": rows, "pager": {}}


def _row(name: str, number: int, what: str, pk: int) -> dict:
    says = f"more than {count(ENOUGH)}" if number > ENOUGH else count(number)
    return {"name": name, "number": says, "url": f"{reverse('leads')}?{what}={pk}" if number else ""}


urlpatterns = [
    path("audience/", people, name="audience"),
    path("audience/file/", file, name="audience-file"),
    path("campaigns/", campaigns, name="campaigns"),
]
