"""What the frame of every page needs: where this person may go, and how they like it."""

from functools import cache

from django.conf import settings
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse
from django.utils.functional import SimpleLazyObject

from accounts import telling
from accounts.models import Role
from accounts.permissions import Scope, allowed

TEAM_AND_MORE = Scope.TEAM | Scope.ALL | Scope.NUMBERS


def _works_a_queue(user) -> bool:
    return bool(allowed(user, "leads.see") & Scope.OWN)


def _meets(user) -> bool:
    return bool(allowed(user, "meetings.see") & ~Scope.KEY)


def _sells(user) -> bool:
    return bool(allowed(user, "opportunities.see") & (Scope.OWN | Scope.TEAM | Scope.ALL))


def _sees_leads(user) -> bool:
    return bool(allowed(user, "leads.see") & ~Scope.RECEIPTS)


def _writes_to_many(user) -> bool:
    return user.role == Role.MARKETING and bool(allowed(user, "leads.export"))


# label, name of the address, icon, key, who. In this order; what does not exist yet is left out.
NAV = (
    ("Team", "team", "signal", "t", lambda user: allowed(user, "leads.assign") & (Scope.TEAM | Scope.ALL)),
    ("Queue", "queue", "list", "q", _works_a_queue),
    ("Meetings", "meetings", "calendar", "m", _meets),
    ("Opportunities", "opportunities", "check", "", _sells),
    ("Leads", "leads", "social", "l", _sees_leads),
    ("Import", "imports", "pull", "i", lambda user: allowed(user, "leads.import")),
    ("Audience", "audience", "mail", "", _writes_to_many),
    ("Campaigns", "campaigns", "signal", "", _writes_to_many),
    ("Overview", "overview", "signal", "r", lambda user: allowed(user, "reports.see") & TEAM_AND_MORE),
    ("My numbers", "my-numbers", "signal", "r", lambda user: allowed(user, "reports.see") & Scope.OWN),
    ("Reports", "reports", "signal", "", lambda user: allowed(user, "reports.see") & TEAM_AND_MORE),
    ("Rules and people", "admin:index", "note", "", lambda user: user.is_staff),
)


def address(name: str) -> str | None:
    """Return where a page is, or None while nobody has built it. Worked out once a process."""
    return _address(name, get_urlconf() or settings.ROOT_URLCONF, get_script_prefix())


@cache
def _address(name: str, urlconf: str, _prefix: str) -> str | None:
    try:
        return reverse(name, urlconf)
    except NoReverseMatch:
        return None


def navigation(user, path: str = "") -> list[dict]:
    """List the pages this person may go to; the one that `path` lies in is current. No query."""
    entries = []
    for label, name, icon, key, who in NAV:
        url = address(name) if who(user) else None
        if url:
            current = path.startswith(url)
            entries.append({"url": url, "label": label, "icon": icon, "key": key, "current": current})
    return entries


def frame(request) -> dict:
    """Give templates `nav`, `is_demo`, `keys_on`, `keys_url`, `find_url`, `initials`, `home_url` and `bell`.

    No query; one by a page that shows the bell.
    """
    user = getattr(request, "user", None)
    shared = {"is_demo": settings.LEADOPS_DEMO, "home_url": address("home") or "/"}
    if user is None or not user.is_authenticated:
        return shared
    return shared | {
        "nav": navigation(user, request.path),
        "keys_on": user.keys_on,
        "keys_url": address("keys"),
        "find_url": address("search") if _sees_leads(user) else None,
        "initials": user.initials,
        "bell": SimpleLazyObject(lambda: telling.bell(user)),
    }
