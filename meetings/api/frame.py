"""An address about one meeting, opportunity or hand-off, and what every act on it has in common (see `leads/api/frame.py`)."""

from rest_framework import serializers
from rest_framework.exceptions import NotFound

from accounts.api.fields import Said
from accounts.api.resource import Forbidden
from accounts.models import Door, Opportunity
from accounts.permissions import SCOPES
from leads.api.frame import Refusing
from meetings import permissions
from meetings.api.rows import NEAR
from meetings.models import HandOff, Meeting

NOUNS = {Meeting: "meeting", Opportunity: "opportunity", HandOff: "hand-off"}


class Seen(Said):
    """A meeting as it was seen: an act meant for an older version is refused (409)."""

    version = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)


class OfRow(Refusing):
    """One row, and one thing about it. `action` is what must be allowed for a POST; a GET asks to see it."""

    model: type = Meeting
    action = "see"
    for_people = True

    def enter(self, method: str, *, pk: int) -> None:
        action = self.action if method == "POST" else "see"
        row = permissions.ACTIONS[self.model][action]
        if self.is_client and (self.for_people or not self.reaches(row)):
            raise Forbidden("An API client may not do this." if self.for_people else self.why(row))
        self.row = self.seen().filter(pk=pk).first()
        if self.row is None:
            raise NotFound(f"There is no such {NOUNS[self.model]} that you see.")
        if not permissions.can(self.user, action, self.row):
            raise Forbidden(permissions.refusal(self.user, action, self.row))

    def seen(self):
        """Return the rows that whoever asks may see, with what is read beside them."""
        rows = self.model.objects.select_related(*NEAR[self.model])
        return rows if self.is_client else permissions.visible_to(rows, self.user)

    def again(self):
        """Read the row as it is after an act."""
        return self.model.objects.select_related(*NEAR[self.model]).get(pk=self.row.pk)

    @classmethod
    def scope(cls, method):
        return "" if cls.for_people else SCOPES.get(permissions.ACTIONS[cls.model][cls.action], "")

    @property
    def by(self) -> dict:
        """Say who does it: whoever is signed in; by a client it is the prospect themselves."""
        return {"by": None if self.is_client else self.user, "at": self.at, "door": Door.API}


class Deed(OfRow):
    """An act that is one call of one process: `do(said)` returns what is answered."""

    def post(self, request, pk):
        return self.act(self.do)
