"""The door: in by name and password or by the company's own sign-in, the second factor, and out. Each step is on record."""

import logging

import requests
import segno
from authlib.common.errors import AuthlibBaseError
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from django.views.generic import FormView
from joserfc.errors import JoseError

from accounts import lockout, second_factor, single_sign_on
from accounts.clock import now
from accounts.forms import CodeForm, SignInForm
from accounts.models import User
from accounts.record_keeping import record

log = logging.getLogger(__name__)
DEMO_PEOPLE = (*("ana", "ben", "dov", "eva", "finn", "cleo", "hugo", "nora", "rita", "mark", "lena", "root"),)
NEXT = "sign_in_next"


class SignIn(auth.LoginView):
    """Let a person in. The answer is the same whatever was wrong; whoever is in is sent on."""

    template_name = "sign_in.html"
    form_class = SignInForm
    redirect_authenticated_user = True

    def post(self, request, *args, **kwargs):
        with transaction.atomic():
            lockout.one_at_a_time(request.POST.get("username", ""))
            return super().post(request, *args, **kwargs)

    def form_valid(self, form):
        response = super().form_valid(form)
        _came_in(self.request, "password")
        return response

    def form_invalid(self, form):
        """Draw the page again; on record once for each failure, and once when the door closes."""
        request, at, status = self.request, now(), 200
        counted = getattr(request, "axes_failures_since_start", None)
        if counted is not None:
            typed = User.objects.filter(username=form.cleaned_data.get("username", "")).first()
            record("sign_in_failed", typed, at, way="password", failures=counted)
        if getattr(request, "axes_locked_out", False):
            status, form.minutes = 429, lockout.minutes_left(request)
            if counted is not None:
                record("locked_out", typed, at, way="password")
        return self.render_to_response(self.get_context_data(form=form), status=status)

    def get_context_data(self, **kwargs):
        sso_url = reverse("sign-in-company") if single_sign_on.is_on() else ""
        if sso_url and (goal := self.get_redirect_url()):
            sso_url = f"{sso_url}?{urlencode({'next': goal})}"
        return super().get_context_data(**kwargs) | {"demo_people": _demo_people(), "sso_url": sso_url}


def before_code(view):
    """Open a view to those who still owe their second factor (`accounts.middleware.SignInFirst`)."""
    view.before_code = True
    return view


@method_decorator(before_code, name="dispatch")
class SignOut(auth.LogoutView):
    """Let a person out, by POST only."""

    def post(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            record("sign_out", request.user, now(), why="pressed")
        return super().post(request, *args, **kwargs)


class _AskCode(auth.RedirectURLMixin, FormView):
    """What the two pages of the second factor share. Whoever owes none is sent on."""

    form_class = CodeForm

    def dispatch(self, request, *args, **kwargs):
        if not second_factor.is_due(request.user, request.session):
            return redirect(self.get_success_url())
        return never_kept(super().dispatch(request, *args, **kwargs))

    def get_default_redirect_url(self):
        return reverse("home")

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | {"next": self.get_redirect_url()}

    def passed(self):
        """Write into the session that the factor was shown, under a new key."""
        self.request.session.cycle_key()
        self.request.session[second_factor.PASSED] = self.request.user.pk
        record("sign_in", self.request.user, now(), way="code")

    def refuse(self, form, words, status=422):
        form.add_error("code", words)
        return self.render_to_response(self.get_context_data(form=form), status=status)


@method_decorator(before_code, name="dispatch")
class Code(_AskCode):
    """Ask for a code of the app, or one to recover with."""

    template_name = "accounts/code.html"

    def dispatch(self, request, *args, **kwargs):
        owes = second_factor.is_due(request.user, request.session)
        if owes and second_factor.of(request.user) is None:
            goal = self.get_redirect_url()
            return redirect(reverse("sign-in-code-new") + (f"?{urlencode({'next': goal})}" if goal else ""))
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form):
        try:
            second_factor.check(self.request.user, form.cleaned_data["code"], at=now())
        except second_factor.WrongCode:
            return self.refuse(form, "This code is wrong, too old or already used. After 5 tries you wait 15 minutes.")
        except second_factor.Wait as wait:
            return self.refuse(form, str(wait), status=429)
        self.passed()
        return super().form_valid(form)


@method_decorator(before_code, name="dispatch")
class SetUpCode(_AskCode):
    """Show what an app needs, and take it in use once it shows the right code; then the codes to recover with, once."""

    template_name = "accounts/code_new.html"

    def dispatch(self, request, *args, **kwargs):
        if second_factor.is_due(request.user, request.session) and second_factor.of(request.user):
            return redirect("sign-in-code")
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        factor = second_factor.begin(self.request.user)
        picture = segno.make(second_factor.address(factor), micro=False).svg_inline(omitsize=True, light="white")
        # segno draws it from numbers alone
        return super().get_context_data(**kwargs) | {"secret": factor.secret, "picture": mark_safe(picture)}

    def form_valid(self, form):
        try:
            codes = second_factor.confirm(self.request.user, form.cleaned_data["code"], at=now())
        except second_factor.WrongCode:
            return self.refuse(form, "This is not the code the app shows now. Check the clock of your phone.")
        self.passed()
        return render(
            self.request, "accounts/recovery_codes.html", {"codes": codes, "next": self.get_success_url(), "new": True}
        )


@require_GET
@login_not_required
@never_cache
def company(request):
    """Send a person to the company's own sign-in."""
    if request.user.is_authenticated or not single_sign_on.is_on():
        return redirect("home")
    request.session[NEXT] = request.GET.get("next", "")[:2000]
    try:
        back = request.build_absolute_uri(reverse("sign-in-company-back"))
        return single_sign_on.provider().authorize_redirect(request, back)
    except (AuthlibBaseError, requests.RequestException, RuntimeError, ValueError):
        log.exception("the company's sign-in could not be asked")
        return _not_in(request, "Your company's sign-in does not answer. Try again, or use your name and password.")


@require_GET
@login_not_required
@never_cache
def company_back(request):
    """Let in whom the company's sign-in names, if they are an active person here."""
    if request.user.is_authenticated or not single_sign_on.is_on():
        return redirect("home")
    try:
        claims = single_sign_on.claims_of(request)
    except (AuthlibBaseError, JoseError, requests.RequestException, RuntimeError, ValueError, KeyError) as error:
        log.warning("the company's sign-in was not believed: %s", type(error).__name__)
        record("sign_in_failed", None, now(), way="company")
        return _not_in(request, "Your company's sign-in could not be confirmed. Try again.")
    user = single_sign_on.person_of(claims)
    if user is None:
        record("sign_in_failed", None, now(), way="company")
        return _not_in(request, "Your company's sign-in names nobody who is active here. Ask RevOps.")
    goal = request.session.pop(NEXT, "")
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    if single_sign_on.had_second_factor(claims):
        request.session[second_factor.PASSED] = user.pk
    _came_in(request, "company")
    is_ours = url_has_allowed_host_and_scheme(goal, {request.get_host()}, require_https=request.is_secure())
    return redirect(goal if is_ours else "home")


def never_kept(response):
    """Keep what is secret out of every cache, the browser's included."""
    add_never_cache_headers(response)
    return response


def _came_in(request, way: str) -> None:
    """Put a sign-in on record; one that owes a code is written when the code was shown."""
    if not second_factor.is_due(request.user, request.session):
        record("sign_in", request.user, now(), way=way)


def _demo_people() -> list[str]:
    if not settings.LEADOPS_DEMO:
        return []
    there = User.objects.filter(username__in=DEMO_PEOPLE, is_active=True)
    names = set(there.values_list("username", flat=True))
    return [name for name in DEMO_PEOPLE if name in names]


def _not_in(request, words: str):
    messages.error(request, words)
    return redirect("sign-in")
