"""One request of one person: who, when, where they stand (the queue or a lead's own page) and which view they look at.

Every view of this package begins with one. The clock is asked here, once, and passed down.
"""

import secrets
from functools import cached_property
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import reverse

from accounts import clock
from accounts.permissions import allowed
from accounts.prepared import Prepared
from leads import permissions, queue, shield
from leads.models import Lead

# What every panel shows. The rest is read where it is there at all: planning ten joins takes longer than they do (measured).
NEAR = ("cycle", "account", "owner", "source")


LEAD = Prepared(lambda pk: Lead.objects.filter(pk=pk, gone_as="").select_related(*NEAR))


class Desk:
    """Where a person stands. `place` is queue or lead; `view` a group of the queue, or empty for all of it."""

    def __init__(self, request, place: str = ""):
        given = request.POST if request.method == "POST" else request.GET
        # Who it is is asked hundreds of times a page: of the person, not of who finds out that it is them.
        self.request, self.user = request, getattr(request, "_cached_user", request.user)
        self.at = clock.glance() if request.method in ("GET", "HEAD") else clock.now()
        self.place = place or ("lead" if given.get("place") == "lead" else "queue")
        if self.place == "queue" and not works_a_queue(self.user):
            self.place = "lead"
        self.view = given.get("view", "") if given.get("view", "") in queue.PLACE else ""
        self.is_htmx = request.headers.get("HX-Request") == "true"
        # A list shows a hundred rows: whether the lead's is among them only the page knows (keys.js).
        self.shows_row = request.headers.get("X-Row") != "none"
        self.token = secrets.token_urlsafe(12)

    @cached_property
    def queue(self) -> queue.Queue:
        return queue.of(self.user, self.at)

    def look_again(self) -> None:
        """Read the queue anew at the next question, after it changed."""
        self.__dict__.pop("queue", None)

    def lead(self, pk: int) -> Lead:
        """Return a lead this person may see, or raise 404: what is out of scope is not there. A try at the product's is counted."""
        lead = self.again(pk)
        if lead is None:
            if self.request.method == "POST":
                self.tried(pk)
            raise Http404("no such lead in scope")
        return lead

    def tried(self, pk: int) -> None:
        """Count a refused try at a lead, if the product has it (MOTION-2)."""
        shield.tried(pk, self.request.path.strip("/").split("/")[-1][:20], by=self.user, at=self.at)

    def again(self, pk: int) -> Lead | None:
        """Return the lead as it is now, or None when it left this person's sight."""
        # Of one lead it is asked in words of Python: as a condition on all leads it is dearer to plan than to answer (measured).
        lead = next(iter(LEAD.objects(pk)), None)
        return lead if lead is not None and permissions.can(self.user, "see", lead, at=self.at) else None

    def address(self, lead: int | None = None, **more: str) -> str:
        """Return where this person goes on: the lead beside the queue, the lead's page, or the queue alone."""
        if self.place == "lead" and lead:
            base, query = reverse("lead", args=[lead]), {}
        else:
            base, query = reverse("queue"), {"view": self.view, "lead": lead}
        query = {name: value for name, value in (query | more).items() if value}
        return base + (f"?{urlencode(query)}" if query else "")


def works_a_queue(user) -> bool:
    """Say whether this person has a queue: whoever may ever reach out to a lead."""
    return bool(allowed(user, "leads.touch"))


def sees_leads(user) -> None:
    """Refuse the pages about leads to those who see only sums."""
    if not permissions.can(user, "see"):
        raise PermissionDenied(permissions.refusal(user, "see"))
