"""Somebody comes back: what they handed over is taken back, or their absence ends sooner (ROUTE-6, ROUTE-9)."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts import clock, receipts
from accounts.models import Absence, Batch, User
from accounts.words import count
from leads import away as planning
from leads import hand_over_undo, handed_over
from leads.lifecycle import Refused
from leads.models import Lead

NAMED = 10
KINDS = {
    "leads": ("lead in work", "leads in work"),
    "kept": ("lead that was kept, or with a role of theirs", "leads that were kept, or with a role of theirs"),
    "roles": ("role in a company or an open opportunity", "roles in companies and open opportunities"),
    "meetings": ("meeting", "meetings"),
    "hand_offs": ("hand-off not accepted yet", "hand-offs not accepted yet"),
}


def person_below(user: User, pk: int) -> User:
    """Return one of the people below who asks; everybody else is not there."""
    found = planning.below(user).filter(pk=pk).first()
    if found is None:
        raise Http404("nobody of theirs")
    return found


def gone_over(person: User) -> list[dict]:
    """List what somebody handed over: when, by whom, how much of it could still come back, what was taken back. One query, two with any."""
    batches = list(handed_over.of(person)[:NAMED])
    people = User.objects.in_bulk({done["by"] for batch in batches for done in batch.options["undone"]})
    return [
        {
            "pk": batch.pk,
            "at": batch.created_at,
            "by": batch.by,
            "number": batch.rows,
            "left": bool(handed_over.went_of(batch)),
            "undone": [(people[done["by"]], done["back"]) for done in batch.options["undone"]],
        }
        for batch in batches
    ]


@require_http_methods(["GET", "POST"])
def undo_leave(request, pk, batch):
    """Show what would come back and what stays and why; do exactly that."""
    person, at = person_below(request.user, pk), clock.now()
    if person.is_superuser and not request.user.is_superuser:
        raise PermissionDenied("Only a superuser switches on a superuser.")
    found = handed_over.of(person).filter(pk=batch).first()
    if found is None:
        raise Http404("nothing of theirs")
    back, changed, problem = None, False, ""
    try:
        if request.method == "POST":
            back = _once(request, person, found, at)
            if back is None:
                return HttpResponseRedirect(reverse("team-leave", args=[person.pk]))
            changed = True
        else:
            back = hand_over_undo.look(found, by=request.user, at=at)
    except Refused as refusal:
        problem = refusal.words
    context = {
        "person": person,
        "batch": found,
        "back": back,
        "comes": _comes(back) if back else [],
        "stays": _stays(back, request.user, at) if back else [],
        "changed": changed,
        "problem": problem,
        "now": at,
    }
    status = 409 if changed else 422 if problem and request.method == "POST" else 200
    return render(request, "leads/leave_undo.html", context, status=status)


def _once(request, person: User, batch: Batch, at) -> hand_over_undo.Back | None:
    """Take it back as it was looked at, once however often it is pressed; what it would be by now, where that is something else."""
    expected = request.POST.get("print", "")
    key = receipts.key_of("taken back", request.user, f"{batch.pk}:{expected}")
    with transaction.atomic():
        if not receipts.claim(key, user=request.user, at=at):
            return None
        done, back = hand_over_undo.carry_out(batch, expected, by=request.user, at=at)
        if not done:
            transaction.set_rollback(True)
            return back
    messages.success(request, _says(person, back))
    return None


def _says(person: User, back: hand_over_undo.Back) -> str:
    on = f" {person} is switched on again." if back.switched_on else ""
    number = len(back.stays) + back.others.total()
    stay = (
        f" {count(number)} stay{'s' if number == 1 else ''} where {'it is' if number == 1 else 'they are'}."
        if number
        else ""
    )
    return f"{count(back.number)} taken back.{stay}{on}"


def _comes(back: hand_over_undo.Back) -> list[tuple[int, str]]:
    return [(n, KINDS[kind][n != 1]) for kind, n in back.counts.items() if n]


def _stays(back: hand_over_undo.Back, user: User, at) -> list[dict]:
    """Group what stays by why, leads with their first names, as far as who asks may see them. One query."""
    groups = [(words, [getattr(lead, "pk", lead) for lead in leads]) for words, leads in back.whys]
    shown = [pk for _words, pks in groups for pk in pks[:NAMED]]
    names = {lead.pk: lead.name for lead in Lead.objects.visible_to(user, at).filter(pk__in=shown)}
    rows = [
        {
            "number": len(pks),
            "words": words,
            "leads": [(names[pk], reverse("lead", args=[pk])) for pk in pks[:NAMED] if pk in names],
            "more": max(0, len(pks) - NAMED),
        }
        for words, pks in groups
    ]
    return [*rows, *({"number": number, "words": words} for words, number in back.others.items())]


@require_http_methods(["GET", "POST"])
def end_absence(request, pk, absence):
    """Show what an absence brought to who stands in, which stays there; end it now, or call it off where it has not begun."""
    person, at = person_below(request.user, pk), clock.now()
    row = Absence.objects.filter(pk=absence, user=person, ends_at__gt=at).select_related("delegate").first()
    if row is None and request.method == "GET":
        raise Http404("no such absence")
    if row is None:  # pressed twice
        return HttpResponseRedirect(reverse("team-away", args=[person.pk]))
    if request.method == "POST":
        begun = planning.end(row, at=at)
        says = "is back: new leads come to them again" if begun else "is not away then: the absence is called off"
        messages.success(request, f"{person} {says}.")
        return HttpResponseRedirect(reverse("team-away", args=[person.pk]))
    context = {"person": person, "absence": row, "begun": row.starts_at <= at, "now": at}
    context["instead"] = planning.came_instead(row, at)
    return render(request, "leads/away_end.html", context)
