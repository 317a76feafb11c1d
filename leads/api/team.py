"""What managers and RevOps do for a whole team: the room, absences, handing over what somebody holds, releasing what a reason held."""

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from accounts.api.fields import Said, Word
from accounts.api.paging import Page
from accounts.api.problems import Problem
from accounts.api.resource import Forbidden
from accounts.api.schema import listed
from accounts.models import Batch, NurtureKind, User
from accounts.models.reason import Disposition
from accounts.permissions import Scope
from leads import away, board, receivers, releasing, tasks
from leads import room as rooms
from leads.api.frame import Refusing, reason_of
from leads.lifecycle import Refused


class OfTeam(Refusing):
    """What a manager does for the people below."""

    tag = "team"
    rights = {"GET": "absences.change", "POST": "absences.change"}

    def enter(self, method, **kwargs):
        if "username" not in kwargs or self.is_client:
            super().enter(method)
        else:
            self.person = away.below(self.user).filter(username=kwargs["username"].replace("\0", "")).first()
            if self.person is None:
                raise NotFound("Nobody of this name is below you.")

    def one_below(self, username: str, field: str) -> User | None:
        """Return one of the people this person gives leads to, None where nobody is named."""
        people = [person for person in receivers.people_below(self.user) if person.username == username]
        if username and not people:
            raise Problem(422, field, "You give leads to nobody of this name.", field)
        return people[0] if people else None


class RoomLineOut(serializers.Serializer):
    """One thing that makes a room untidy, of one person."""

    key = serializers.CharField()
    words = serializers.CharField()
    number = serializers.IntegerField()


class RoomRepOut(serializers.Serializer):
    """What lies in one person's part of the room; of nobody: in pools."""

    rep = serializers.CharField(allow_null=True)
    lines = RoomLineOut(many=True)


class RoomOut(serializers.Serializer):
    """The room, by rep. An empty one is clean."""

    is_clean = serializers.BooleanField()
    items = RoomRepOut(many=True)


class Room(OfTeam):
    """The clean room."""

    rights, gives = {"GET": "absences.change"}, {"GET": RoomOut}

    def get(self, request):
        """Tell what is late or left lying in your teams, by rep (SLA-4)."""
        here = board.Board(self.user, self.at)
        found = rooms.of(here.users.values(), here.teams, here.at)
        labels = {line.key: line.label for line in rooms.LINES}
        items = [
            {
                "rep": who.username if who else None,
                "lines": [{"key": key, "words": labels[key], "number": number} for key, number in numbers.items()],
            }
            for who, numbers in found.reps
        ]
        return Response({"is_clean": found.is_clean, "items": items})


class ReleaseOut(serializers.Serializer):
    """Leads that a reason held, on their way into a queue."""

    id = serializers.IntegerField()
    reason = serializers.CharField(help_text="Its label.")
    team = serializers.CharField()
    status = serializers.ChoiceField(Batch.Status.values)
    rows = serializers.IntegerField()
    released = serializers.IntegerField()
    stayed = serializers.DictField(child=serializers.IntegerField(), help_text="How many, by why.")
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class NewRelease(Said):
    """The reason that is gone, and the queue in which its leads wait to be pulled."""

    reason = Word(required=True, allow_blank=False, max_length=40, help_text="The code of a reason for not now.")
    team = Word(required=True, allow_blank=False, max_length=80)


class OfReleases(Refusing):
    """Leads released because what held them is gone."""

    tag = "releases"
    rights = {"GET": "leads.assign"}

    def enter(self, method, **kwargs):
        super().enter(method)
        if Scope.ALL not in self.reaches("leads.assign"):
            raise Forbidden("Only RevOps can release all that a reason holds.")

    def seen(self):
        return Batch.objects.filter(kind=releasing.KIND).select_related("by", "team")


class Releases(OfReleases):
    """Releases."""

    rights = {"GET": "leads.assign", "POST": "leads.assign"}
    says, gives, asks = {"POST": NewRelease}, {"GET": listed(ReleaseOut), "POST": ReleaseOut}, {"GET": Page}

    def get(self, request):
        """List the releases, newest first."""
        return self.listed(self.seen(), _release)

    def post(self, request):
        """Release all that a reason holds into a queue (LIFE-8); many of them in the background."""
        return self.act(self._release)

    def _release(self, said: dict) -> dict:
        reason = reason_of(said["reason"], Disposition.NURTURE)
        if reason.nurture_kind == NurtureKind.SALES:
            raise Refused("What a rep keeps for later is the rep's to take up again.", "reason")
        queue = next((team for team in receivers.teams_below(self.user) if team.name == said["team"]), None)
        if queue is None:
            raise Problem(422, "team", "There is no team of this name.", "team")
        batch = releasing.start(reason, queue=queue, by=self.user, at=self.at)
        tasks.begin_release(batch)
        return _release(self.seen().get(pk=batch.pk))


class OneRelease(OfReleases):
    """One release."""

    gives = {"GET": ReleaseOut}

    def get(self, request, pk):
        """Read how far a release is, and who stayed."""
        batch = self.seen().filter(pk=pk).first()
        if batch is None:
            raise NotFound("There is no such release.")
        return Response(_release(batch))


def _release(row: Batch) -> dict:
    same = {name: getattr(row, name) for name in ("id", "status", "rows", "created_at", "finished_at")}
    released = row.counts.get("released", 0)
    return ReleaseOut(
        same
        | {"reason": row.name, "team": row.team.name, "released": released, "stayed": row.options.get("stayed", {})}
    ).data
