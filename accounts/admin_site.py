"""The admin: the door of managers and RevOps, and of nobody else (ADMIN-1, SAFE-1)."""

from functools import update_wrapper

from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from accounts.permissions import allowed


class Site(AdminSite):
    """The stock admin; who may enter is asked of the table, signing in is the house's own page."""

    site_header = "LeadOps, rules and people"
    site_title = "LeadOps"
    index_title = "Rules and people"

    def has_permission(self, request) -> bool:
        user = request.user
        return user.is_active and user.is_staff and bool(allowed(user, "admin.enter"))

    @method_decorator(never_cache)
    @method_decorator(login_not_required)
    def login(self, request, extra_context=None):
        """Send a stranger to the one page where people sign in; whoever is in and may not, is told."""
        if request.user.is_authenticated:
            if self.has_permission(request):
                return redirect("admin:index")
            raise PermissionDenied("The admin is for managers and RevOps.")
        return redirect_to_login(request.GET.get("next") or "/admin/", login_url="sign-in")

    def logout(self, request, extra_context=None):
        """Let a person out by the door of the house, which writes it down."""
        from accounts.views import SignOut

        return SignOut.as_view()(request)

    def admin_view(self, view, cacheable=False):
        """Tell whoever is signed in and has no business here so, instead of asking them to sign in."""
        inner = super().admin_view(view, cacheable)

        def guarded(request, *args, **kwargs):
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied("The admin is for managers and RevOps.")
            return inner(request, *args, **kwargs)

        return update_wrapper(guarded, inner)

    def get_urls(self):
        """Leave out the address that leads from any row of any table to its page: a way round."""
        return [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]
