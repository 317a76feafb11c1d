"""What managers and RevOps do about who is away or leaves: absences, handing over what somebody holds, and taking it back."""

from rest_framework import serializers
from rest_framework.exceptions import NotFound

from accounts.api.fields import Said, Word
from accounts.api.paging import Page
from accounts.api.problems import Problem
from accounts.api.resource import Forbidden
from accounts.api.schema import listed
from accounts.models import Absence, Batch, Door
from accounts.permissions import Scope, allowed
from leads import away, hand_over_undo, handed_over, handing_over, receivers
from leads.api.team import OfTeam


class AbsenceOut(serializers.Serializer):
    """A time somebody is away."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    delegate = serializers.CharField(allow_null=True)
    note = serializers.CharField(allow_blank=True)


class NewAbsence(Said):
    """The first and the last day, both whole; from two days on with who stands in."""

    first = serializers.DateField()
    last = serializers.DateField()
    delegate = Word(max_length=60, help_text="The name they sign in with.")
    note = Word(max_length=200)


class Absences(OfTeam):
    """When somebody is away."""

    says, gives, asks = {"POST": NewAbsence}, {"GET": listed(AbsenceOut), "POST": AbsenceOut}, {"GET": Page}

    def get(self, request, username):
        """List somebody's absences that are not over, newest first."""
        rows = Absence.objects.filter(user=self.person, ends_at__gt=self.at).select_related("user", "delegate")
        return self.listed(rows, _absence)

    def post(self, request, username):
        """Plan an absence of somebody, with who stands in (ROUTE-9)."""
        return self.act(self._plan)

    def _plan(self, said: dict) -> dict:
        facts = said | {"delegate": self.one_below(said.get("delegate", ""), "delegate")}
        row = away.absence(self.person, **facts, at=self.at)
        row.save()
        return _absence(row)


def _absence(row: Absence) -> dict:
    same = {name: getattr(row, name) for name in ("id", "starts_at", "ends_at", "note")}
    delegate = row.delegate.username if row.delegate else None
    return AbsenceOut(same | {"username": row.user.username, "delegate": delegate}).data


class NewDeparture(Said):
    """Who gets the leads in work, who the rest; and whether they are switched off then."""

    owner = Word(max_length=60, help_text="Leads in work go to them.")
    team = Word(max_length=80, help_text="Or go round in a team, or with `queue` wait there.")
    queue = serializers.BooleanField(default=False)
    rest = Word(max_length=60, help_text="Kept leads, companies, opportunities and meetings go to them.")
    off = serializers.BooleanField(default=False, help_text="They cannot sign in and get nothing. By RevOps.")


class DepartureOut(serializers.Serializer):
    """How many were handed over, and why others were not."""

    done = serializers.IntegerField()
    refused = serializers.ListField(child=serializers.CharField())
    is_active = serializers.BooleanField()


class HandedOverOut(serializers.Serializer):
    """What somebody once handed over: how much, and whether any of it can still come back."""

    id = serializers.IntegerField()
    by = serializers.CharField()
    at = serializers.DateTimeField()
    number = serializers.IntegerField()
    is_open = serializers.BooleanField()


def _handed_over(row: Batch) -> dict:
    facts = {"id": row.pk, "by": row.by.username, "at": row.created_at, "number": row.rows}
    return HandedOverOut(facts | {"is_open": bool(handed_over.went_of(row))}).data


class Departures(OfTeam):
    """What somebody holds, handed over."""

    says, asks = {"POST": NewDeparture}, {"GET": Page}
    gives = {"GET": listed(HandedOverOut), "POST": DepartureOut}

    def get(self, request, username):
        """List what somebody handed over, newest first."""
        return self.listed(handed_over.of(self.person), _handed_over)

    def post(self, request, username):
        """Hand over what somebody holds, and switch them off where that is yours to do (ROUTE-6)."""
        return self.act(self._leave)

    def _leave(self, said: dict) -> dict:
        if self.person.is_superuser and not self.user.is_superuser:
            raise Forbidden("Only a superuser switches off a superuser.")
        if said["off"] and Scope.ALL not in allowed(self.user, "people.change"):
            raise Forbidden("Only RevOps switches people off.")
        owner, teams = self.one_below(said.get("owner", ""), "owner"), receivers.teams_below(self.user)
        team = next((team for team in teams if team.name == said.get("team")), None)
        if said.get("team") and team is None:
            raise Problem(422, "team", "You give leads to no team of this name.", "team")
        if (owner and team) or (not (owner or team) and handing_over.held(self.person).leads):
            raise serializers.ValidationError({"owner": ["Say a person or a team: one of the two."]})
        how = "person" if owner or not team else "queue" if said["queue"] else "turn"
        rest = self.one_below(said.get("rest", ""), "rest")
        result = handing_over.hand_over(
            self.person, how=how, to=owner or team, rest=rest, off=said["off"], by=self.user, at=self.at, door=Door.API
        )
        words = list(dict.fromkeys(refusal.words for _lead, refusal in result.refused))
        return {"done": len(result.done), "refused": words, "is_active": self.person.is_active}


class ComesBackOut(serializers.Serializer):
    """How many came back, or would; and why others stay."""

    back = serializers.IntegerField()
    refused = serializers.ListField(child=serializers.CharField())
    is_active = serializers.BooleanField()


class NewReturn(Said):
    """Whether it is only looked at: nothing is changed then."""

    look = serializers.BooleanField(default=False)


class DepartureUndos(OfTeam):
    """What somebody handed over, taken back."""

    rights, says, gives = {"POST": "absences.change"}, {"POST": NewReturn}, {"POST": ComesBackOut}

    def post(self, request, username, pk):
        """Take back what somebody handed over, as far as nobody took it up since; who was switched off with it is on again (ROUTE-6)."""
        return self.act(lambda said: self._back(pk, look=said["look"]))

    def _back(self, pk: int, *, look: bool) -> dict:
        if self.person.is_superuser and not self.user.is_superuser:
            raise Forbidden("Only a superuser switches on a superuser.")
        batch = handed_over.of(self.person).filter(pk=pk).first()
        if batch is None:
            raise NotFound("They handed over nothing of this number.")
        if look:
            back = hand_over_undo.look(batch, by=self.user, at=self.at)
        else:
            back = hand_over_undo.take_back(batch, by=self.user, at=self.at, door=Door.API)
        is_active = self.person.is_active or back.switched_on
        return {"back": back.number, "refused": [words for words, _leads in back.whys], "is_active": is_active}


class AbsenceEnds(OfTeam):
    """An absence that ends sooner, or is called off."""

    rights, says, gives = {"POST": "absences.change"}, {"POST": Said}, {"POST": AbsenceOut}

    def post(self, request, username, pk):
        """End an absence now, or call it off where it has not begun; what came to who stands in stays there."""
        return self.act(lambda said: self._end(pk))

    def _end(self, pk: int) -> dict:
        row = Absence.objects.filter(pk=pk, user=self.person, ends_at__gt=self.at).select_related("delegate").first()
        if row is None:
            raise NotFound("There is no such absence that is not over.")
        row.user = self.person
        away.end(row, at=self.at)
        row.pk = pk
        return _absence(row)
