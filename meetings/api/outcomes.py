"""What came of a meeting: said, corrected; recorded by the SDR and confirmed; contested and settled (MEET-2, MEET-7)."""

from rest_framework import serializers

from accounts.api.fields import Said, Word
from accounts.models.reason import Disposition
from leads.api.frame import reason_of
from meetings import credit, outcomes
from meetings.api.frame import Deed, Seen
from meetings.api.rows import MeetingDone, done
from meetings.models import MeetingStatus

STATUSES = [(s.value, s.label) for s in MeetingStatus.DISPOSED]
KINDS = (Disposition.NURTURE, Disposition.UNQUALIFIED)


def why(said: dict) -> dict:
    """Return the reason that was said, with its size."""
    return {"reason": reason_of(said.get("reason", ""), *KINDS), "size": said.get("size", "")}


class MeetingDisposition(Seen):
    """What came of a meeting."""

    status = serializers.ChoiceField(STATUSES)
    reason = Word(max_length=40, help_text="`unqualified`: the code of a reason, not now or never.")
    size = Word(max_length=40, help_text="Where the reason asks for it: how many people work there, a number.")


class MeetingDispositions(Deed):
    """What came of a meeting."""

    action = "disposition"
    rights, says, gives = {"POST": "meetings.disposition"}, {"POST": MeetingDisposition}, {"POST": MeetingDone}

    def post(self, request, pk):
        """Say what came of a meeting (MEET-2); leads and sales follow."""
        return super().post(request, pk)

    def do(self, said):
        return done(outcomes.dispose(self.row, said["status"], version=said.get("version"), **why(said), **self.by))


class Corrections(Deed):
    """What was said of a meeting, corrected."""

    action = "correct"
    rights, says, gives = {"POST": "meetings.disposition"}, {"POST": MeetingDisposition}, {"POST": MeetingDone}

    def post(self, request, pk):
        """Correct what was said of a meeting; both words stay on record."""
        return super().post(request, pk)

    def do(self, said):
        return done(outcomes.correct(self.row, said["status"], version=said.get("version"), **why(said), **self.by))


class NewClaim(Said):
    """What came of a meeting that nobody told of."""

    status = serializers.ChoiceField(STATUSES)
    reason = Word(max_length=40, help_text="`unqualified`: the code of a reason, not now or never.")
    size = Word(max_length=40, help_text="Where the reason asks for it: how many people work there, a number.")


class Claims(Deed):
    """What came of a meeting, recorded by who brought it about."""

    action = "claim"
    rights, says, gives = {"POST": "meetings.claim"}, {"POST": NewClaim}, {"POST": MeetingDone}

    def post(self, request, pk):
        """Record what came of a meeting that nobody told of for 48 hours; the manager confirms it."""
        return super().post(request, pk)

    def do(self, said):
        return done(credit.claim(self.row, said["status"], **why(said), **self.by))


class ManagersWord(Said):
    """The manager's word."""

    granted = serializers.BooleanField()


class ClaimAnswers(Deed):
    """What a manager says to what an SDR recorded."""

    action = "confirm"
    rights, says, gives = {"POST": "meetings.settle"}, {"POST": ManagersWord}, {"POST": MeetingDone}

    def post(self, request, pk):
        """Confirm what was recorded, and what follows happens; or not, and it waits for its owner's word."""
        return super().post(request, pk)

    def do(self, said):
        return done((credit.confirm if said["granted"] else credit.deny)(self.row, **self.by))


class NewContest(Said):
    """Why."""

    why = Word(required=True, allow_blank=False, max_length=2_000)


class Contests(Deed):
    """What was said of a meeting, contested by who brought it about."""

    action = "contest"
    rights, says, gives = {"POST": "meetings.claim"}, {"POST": NewContest}, {"POST": MeetingDone}

    def post(self, request, pk):
        """Contest what was said of a meeting, within five days; the manager settles it."""
        return super().post(request, pk)

    def do(self, said):
        return done(credit.contest(self.row, why=said["why"], **self.by))


class Settlement(Said):
    """Whether it stands, or is upheld; and what came of the meeting, where that is another."""

    upheld = serializers.BooleanField()
    status = serializers.ChoiceField(STATUSES, required=False)
    reason = Word(max_length=40, help_text="`unqualified`: the code of a reason, not now or never.")
    size = Word(max_length=40, help_text="Where the reason asks for it: how many people work there, a number.")


class Settlements(Deed):
    """What a manager says to what is contested."""

    action = "settle"
    rights, says, gives = {"POST": "meetings.settle"}, {"POST": Settlement}, {"POST": MeetingDone}

    def post(self, request, pk):
        """Settle what is contested: it stands, is upheld, or is corrected."""
        return super().post(request, pk)

    def do(self, said):
        if said.get("status") and not said["upheld"]:
            raise serializers.ValidationError({"status": ["What stands is not corrected: leave the status out."]})
        facts = {"upheld": said["upheld"], "status": said.get("status", "")} | why(said)
        return done(credit.settle(self.row, **facts, **self.by))
