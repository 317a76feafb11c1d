"""Marketing says which program takes care of whom (LIFE-4, NUR-1): one line a reason, what was seen kept beside it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods

from accounts import programs
from accounts.models.reason import Program


@require_http_methods(["GET", "POST"])
def page(request):
    """Show the program of each reason, and change those that were chosen otherwise."""
    if not programs.may_set(request.user):
        raise PermissionDenied("Only RevOps or marketing set a program.")
    rows, wrong = list(programs.reasons()), {}
    if request.method == "POST":
        said = {
            row.pk: (request.POST.get(f"was-{row.pk}", ""), request.POST.get(f"program-{row.pk}", "")) for row in rows
        }
        said = {pk: pair for pk, pair in said.items() if pair[1] or pair[0]}
        wrong = {pk: new for pk, (_was, new) in said.items() if new not in Program.values}
        if not wrong:
            _tell(request, *programs.choose(said, by=request.user))
            return HttpResponseRedirect(reverse("programs"))
    chosen = [{"reason": row, "program": row.program, "wrong": row.pk in wrong} for row in rows]
    context = {"rows": chosen, "programs": Program.choices, "wrong": wrong}
    return render(request, "leads/programs.html", context, status=422 if wrong else 200)


def _tell(request, changed, stale) -> None:
    for row in changed:
        messages.success(request, f"{row.label}: {row.get_program_display()} from now on.")
    for row in stale:
        messages.warning(
            request,
            f"{row.label} was changed to {row.get_program_display() or 'no program'} while you looked. Look again.",
        )
    if not changed and not stale:
        messages.info(request, "Nothing was different.")


urlpatterns = [path("programs/", page, name="programs")]
