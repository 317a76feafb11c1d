"""What is done with a meeting before it began: moved, called off (MEET-2)."""

from rest_framework import serializers

from accounts.api.fields import Moment, Word
from accounts.models import User
from leads.api.frame import named
from leads.permissions import HOLDERS
from meetings import moving
from meetings.api.frame import Deed, Seen
from meetings.api.rows import MeetingDone, done

THEIRS = "They asked for it. Always so by an API client."


class Move(Seen):
    """Another time, and another holder where one is named."""

    starts_at = Moment()
    minutes = serializers.IntegerField(required=False, min_value=5, max_value=1440)
    owner = Word(max_length=60, help_text="Who holds it then, by the name they sign in with. For people.")
    theirs = serializers.BooleanField(default=False, help_text=THEIRS)


class Moves(Deed):
    """A meeting moved to another time."""

    action, for_people = "move", False
    rights, says, gives = {"POST": "meetings.move"}, {"POST": Move}, {"POST": MeetingDone}

    def post(self, request, pk):
        """Move a meeting, before it began; the answer is the new one."""
        return super().post(request, pk)

    def do(self, said):
        facts = {name: said.get(name) for name in ("minutes", "version")}
        if said.get("owner"):
            if self.is_client:
                raise serializers.ValidationError({"owner": ["An API client does not say who holds a meeting."]})
            people = User.objects.filter(is_active=True, role__in=HOLDERS)
            facts["owner"] = named(people, "username", said["owner"], "owner")
        theirs = said["theirs"] or self.is_client
        return done(moving.reschedule(self.row, starts_at=said["starts_at"], is_theirs=theirs, **facts, **self.by))


class Cancellation(Seen):
    """Called off."""

    theirs = serializers.BooleanField(default=False, help_text=THEIRS)


class Cancellations(Deed):
    """A meeting called off."""

    action, for_people = "cancel", False
    rights, says, gives = {"POST": "meetings.move"}, {"POST": Cancellation}, {"POST": MeetingDone}

    def post(self, request, pk):
        """Call a meeting off, before it began."""
        return super().post(request, pk)

    def do(self, said):
        theirs = said["theirs"] or self.is_client
        return done(moving.cancel(self.row, is_theirs=theirs, version=said.get("version"), **self.by))
