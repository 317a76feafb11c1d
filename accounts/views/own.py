"""Where a day begins, and the few things a person sets for themselves."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import second_factor
from accounts.clock import now
from accounts.context import address
from accounts.forms import MeForm
from accounts.models import Role, User
from accounts.views.doors import never_kept

# The first page of each role; the account page where that is not built or there is none.
FIRST_PAGE = {
    Role.SDR: "queue",
    Role.AE: "meetings",
    Role.CSM: "queue",
    Role.MANAGER: "team",
    Role.REVOPS: "leads",
    Role.MARKETING: "leads",
    Role.LEADERSHIP: "overview",
}


@require_GET
def home(request):
    """Send everybody to where their day is."""
    name = FIRST_PAGE.get(request.user.role, "account")
    return redirect(address(name) or "account")


@require_http_methods(["GET", "POST"])
def account(request):
    """Show and keep name, zone and single keys."""
    # A second instance: an answer with errors must not be drawn with the wrong name in its frame.
    me = User.objects.get(pk=request.user.pk)
    form = MeForm(request.POST or None, instance=me)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("account")
    status = 422 if form.errors else 200
    shown = {"form": form, "me": me, "factor": second_factor.of(me)}
    return render(request, "accounts/account.html", shown, status=status)


@require_POST
def recovery_codes(request):
    """Make new recovery codes and show them, once. Refused to whoever has no second factor."""
    codes = second_factor.renew_codes(request.user, at=now())
    if not codes:
        raise PermissionDenied("You have no second factor, so there is nothing to recover.")
    return never_kept(render(request, "accounts/recovery_codes.html", {"codes": codes, "next": reverse("account")}))


@require_POST
def keys(request):
    """Keep the switch of the keys dialog. Answers with nothing to show."""
    User.objects.filter(pk=request.user.pk).update(keys_on="keys_on" in request.POST)
    return HttpResponse(status=204)
