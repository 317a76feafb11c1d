"""What is done with one lead beside working it: into whose hands it goes, opt-outs, exceptions and the manager's word, erasure."""

from rest_framework import serializers

from accounts.api.fields import Moment, Said, Word
from accounts.api.problems import Problem
from accounts.models import Door, Reason, Team
from accounts.models.reason import Disposition
from accounts.permissions import own_teams_of
from leads import assignment, consent, erasure, exceptions, permissions, pulling, receivers, wishes
from leads.api.frame import Act, Deed, Done, Noted, OfLead, stands
from leads.lifecycle import Refused, Seen
from leads.models import Channel, Trigger
from leads.notes import LONGEST


class NewAssignment(Noted):
    """Into whose hands: a person's (`owner`), or a team's, in turn or as its queue."""

    owner = Word(max_length=60, help_text="The name they sign in with; your own to take a lead that waits.")
    team = Word(max_length=80, help_text="The name of a team.")
    queue = serializers.BooleanField(
        default=False, help_text="With `team`: it waits in the team's queue instead of going round."
    )
    restart_clock = serializers.BooleanField(default=False, help_text="Of a lead in hand, with a note (ROUTE-6).")


class Assignments(OfLead):
    """In whose hands a lead is."""

    action = "assign"
    rights, says, gives = {"POST": "leads.assign"}, {"POST": NewAssignment}, {"POST": Done}

    def may(self) -> bool:
        return any(permissions.can(self.user, name, self.lead, at=self.at) for name in ("assign", "pull"))

    def post(self, request, pk):
        """Put the lead into somebody's hands: one's own, a colleague's, a team's in turn, or a team's queue."""
        return self.act(self._assign)

    def _assign(self, said: dict) -> dict:
        seen, by = self.seen(said), {"by": self.user, "at": self.at, "door": Door.API}
        if bool(said.get("owner")) == bool(said.get("team")):
            raise serializers.ValidationError({"owner": ["Say a person or a team: one of the two."]})
        clock = {"restart_clock": said["restart_clock"], "note": said.get("note", "")}
        if said.get("owner") == self.user.username and not self.lead.is_open:
            trigger = Trigger.PULL if permissions.can(self.user, "pull", self.lead, at=self.at) else Trigger.OWN
            return self.done(assignment.assign(seen, to=self.user, trigger=trigger, **by))
        if said.get("owner"):
            to = self._one_of(receivers.people_below(self.user), "username", said["owner"], "owner")
            return self.done(assignment.assign(seen, to=to, **by, **clock))
        team = self._one_of(receivers.teams_below(self.user), "name", said["team"], "team")
        if said["queue"]:
            return self.done(assignment.enqueue(seen, team=team, **by))
        return self.done(assignment.share_out(seen, team=team, **by, **clock))

    def _one_of(self, known, name: str, value: str, field: str):
        if not permissions.can(self.user, "assign", self.lead, at=self.at):
            raise Problem(403, "forbidden", permissions.refusal(self.user, "assign", self.lead))
        found = next((row for row in known if getattr(row, name) == value), None)
        if found is None:
            raise Problem(422, field, "You give leads to nobody of this name.", field)
        return found


class Returns(Deed):
    """A pull given back untouched."""

    action, says = "give_back", {"POST": Act}

    def post(self, request, pk):
        """Give a pull back untouched, to the queue it came from."""
        return super().post(request, pk)

    def do(self, said):
        return self.done(pulling.give_back(self.seen(said), by=self.user, at=self.at, door=Door.API))


class LeadOptOut(Said):
    """On which channels; on all when none is named."""

    channels = serializers.ListField(child=serializers.ChoiceField(Channel.choices), required=False, max_length=10)


class LeadOptOuts(Deed):
    """What a person asked us not to do."""

    action, says = "opt_out", {"POST": LeadOptOut}

    def post(self, request, pk):
        """Note an opt-out (LIFE-11)."""
        return super().post(request, pk)

    def do(self, said):
        seen = [Seen(self.lead.pk)]
        return self.done(
            consent.opt_out(seen, by=self.user, at=self.at, channels=said.get("channels", ()), door=Door.API)
        )


class OptIn(Said):
    """What proves that they want to hear from us again."""

    proof = Word(required=True, allow_blank=False, max_length=LONGEST)


class OptIns(Deed):
    """An opt-out cleared."""

    action, says = "clear_opt_out", {"POST": OptIn}

    def post(self, request, pk):
        """Clear an opt-out, with what proves it; by RevOps."""
        return super().post(request, pk)

    def do(self, said):
        return self.done(
            consent.clear([Seen(self.lead.pk)], by=self.user, at=self.at, proof=said["proof"], door=Door.API)
        )


class NewException(Act):
    """What is to be left out of metrics and limits, and until when."""

    reason = Word(required=True, allow_blank=False, max_length=40)
    review_at = Moment()
    what = Word(max_length=200)


class Exceptions(Deed):
    """Exceptions asked for."""

    action, says = "ask_exception", {"POST": NewException}

    def post(self, request, pk):
        """Ask that the round be left out of every metric and limit until a day (LIFE-10)."""
        return super().post(request, pk)

    def do(self, said):
        reason = Reason.objects.filter(code=said["reason"], disposition=Disposition.EXCEPTION).first()
        if reason is None:
            raise Refused("There is no such reason for an exception.", "reason")
        facts = {"reason": reason, "review_at": said["review_at"], "what": said.get("what", "")}
        return self.done(exceptions.ask(self.seen(said), by=self.user, at=self.at, door=Door.API, **facts))


class Answer(Act):
    """The manager's word: granted, or ended and refused."""

    granted = serializers.BooleanField()


class ExceptionAnswers(Deed):
    """What a manager says to an exception."""

    action, says = "grant_exception", {"POST": Answer}

    def post(self, request, pk):
        """Grant what was asked; or refuse it, or end it."""
        return super().post(request, pk)

    def do(self, said):
        act = exceptions.grant if said["granted"] else exceptions.close
        return self.done(act(self.seen(said), by=self.user, at=self.at, door=Door.API))


class DispositionAnswers(Deed):
    """What a manager says to ends that wait for their word (WORK-7)."""

    action, says = "grant_exception", {"POST": Answer}

    def post(self, request, pk):
        """Allow an end that waits, or give the lead back to its rep."""
        return super().post(request, pk)

    def do(self, said):
        act = wishes.allow if said["granted"] else wishes.disallow
        return self.done(act(self.seen(said), by=self.user, at=self.at, door=Door.API))


class WithdrawnDispositions(Deed):
    """One's own wish to end a lead, taken back."""

    action, says = "nurture", {"POST": Act}

    def post(self, request, pk):
        """Take back your own wish to end the lead, before the manager answered it."""
        return super().post(request, pk)

    def do(self, said):
        return self.done(wishes.unask(self.seen(said), by=self.user, at=self.at, door=Door.API))


class Erase(Said):
    """The lead's number once more, so that a slip erases nobody."""

    confirm = serializers.IntegerField(help_text="The number of the lead.")


class Erasures(Deed):
    """A person erased."""

    action, says = "erase", {"POST": Erase}

    def post(self, request, pk):
        """Erase the person everywhere (LIFE-11). The counts stay; nothing brings them back."""
        return super().post(request, pk)

    def do(self, said):
        if said["confirm"] != self.lead.pk:
            raise serializers.ValidationError({"confirm": ["That is not the number of this lead. Nothing was erased."]})
        erasure.erase([Seen(self.lead.pk)], by=self.user, at=self.at, door=Door.API).whole()
        return stands(self.lead.pk)


def pull(view) -> dict:
    """Take the next lead of one's own queues, as the page does (ROUTE-5)."""
    for team in Team.objects.filter(pk__in=own_teams_of(view.user), is_active=True).order_by("pk"):
        got = pulling.pull(team, by=view.user, at=view.at, door=Door.API)
        if got.done or got.refused:
            return stands(got.lead)
    raise Refused("Nobody waits in the queues of your teams.", "empty_queue")
