"""Coming in, going out, and the few things a person sets for themselves."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.context import address
from accounts.forms import MeForm
from accounts.models import Role, User

DEMO_PEOPLE = (*("ana", "ben", "dov", "eva", "finn", "cleo", "hugo", "nora", "rita", "mark", "lena", "root"),)
# The first page of each role; the account page where that is not built or there is none.
FIRST_PAGE = {
    Role.SDR: "queue",
    Role.AE: "queue",
    Role.CSM: "queue",
    Role.MANAGER: "leads",
    Role.REVOPS: "leads",
    Role.MARKETING: "leads",
    Role.LEADERSHIP: "overview",
}


class SignIn(auth.LoginView):
    """Let a person in. The answer is the same whatever was wrong; whoever is in is sent on."""

    template_name = "sign_in.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | {"demo_people": _demo_people()}


class SignOut(auth.LogoutView):
    """Let a person out, by POST only."""


def _demo_people() -> list[str]:
    if not settings.LEADOPS_DEMO:
        return []
    there = User.objects.filter(username__in=DEMO_PEOPLE, is_active=True)
    names = set(there.values_list("username", flat=True))
    return [name for name in DEMO_PEOPLE if name in names]


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
    return render(request, "accounts/account.html", {"form": form, "me": me}, status=status)


@require_POST
def keys(request):
    """Keep the switch of the keys dialog. Answers with nothing to show."""
    User.objects.filter(pk=request.user.pk).update(keys_on="keys_on" in request.POST)
    return HttpResponse(status=204)
