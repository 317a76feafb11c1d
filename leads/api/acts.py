"""What is done to work a lead, each a noun: a touch, a note, a task, a disposition."""

from rest_framework import serializers

from accounts.api.fields import Moment, Said, Word
from accounts.api.paging import Page
from accounts.api.problems import Problem
from accounts.api.schema import listed
from accounts.models import Door, Reason, User
from leads import dispositions, notes, permissions, touches
from leads.api import rows
from leads.api.frame import Act, Deed, Done, Noted, OfLead
from leads.lifecycle import Refused, Seen
from leads.models import Channel, LeadStatus, Note, Task, Touch, TouchOutcome
from leads.notes import LONGEST


class NewTouch(Noted):
    """That somebody reached out, and what came of it."""

    channel = serializers.ChoiceField(Channel.choices)
    outcome = serializers.ChoiceField(TouchOutcome.choices)
    occurred_at = Moment(required=False, help_text="When; now if not said.")
    by = Word(
        max_length=60,
        help_text="API clients: who did it, by the name they sign in with. Without, the touch is an automated one.",
    )
    next_at = Moment(required=False, help_text="When the next step is due.")
    next_channel = serializers.ChoiceField(Channel.choices, required=False)
    next_what = Word(max_length=200)


class Touches(OfLead):
    """The touches of a lead."""

    action = "touch"
    rights = {"GET": "leads.see", "POST": "leads.touch"}
    says, gives, asks = {"POST": NewTouch}, {"GET": listed(rows.TouchOut), "POST": Done}, {"GET": Page}

    def get(self, request, pk):
        """List the touches of a lead, newest first."""
        return self.listed(Touch.objects.filter(lead=pk).select_related("by", "note"), rows.touch)

    def post(self, request, pk):
        """Log a touch. The first that counts starts the work and stops the clock; an automated one does neither."""
        return self.act(self._log)

    def _log(self, said: dict) -> dict:
        said = dict(said)
        name, seen = said.pop("by", ""), [Seen(self.lead.pk, self.seen(said)[0].cycle)]
        by, is_automated = self.user, False
        if self.is_client:
            by, is_automated = (self._person(name), False) if name else (self.user, True)
        elif name and name != self.user.username:
            raise Problem(422, "by", "Who is signed in logs their own touches.", "by")
        facts = {n: v for n, v in said.items() if n not in ("round", "version")}
        result = touches.log(seen, by=by, at=self.at, door=Door.API, is_automated=is_automated, **facts)
        return self.done(result, "touch")

    def _person(self, name: str) -> User:
        person = User.objects.filter(username=name, is_active=True, role__in=permissions.HOLDERS).first()
        if person is None or not permissions.can(person, "touch", self.lead, at=self.at):
            raise Problem(422, "by", "Nobody of this name reaches out to this lead.", "by")
        return person


class TouchWithdrawals(OfLead):
    """A touch taken back within its minute."""

    action = "withdraw"
    for_people = True
    rights, says, gives = {"POST": "leads.touch"}, {"POST": Act}, {"POST": Done}

    def post(self, request, pk, touch):
        """Take a touch back, within 60 seconds (WORK-2)."""
        row = Touch.objects.filter(lead=pk, pk=touch).first()
        if row is None:
            raise Problem(404, "not_found", "There is no such touch.")
        return self.act(lambda said: self.done(touches.withdraw(row, by=self.user, at=self.at, door=Door.API)))


class NewNote(Said):
    """What somebody writes about a lead; `@name` mentions a colleague."""

    text = Word(required=True, allow_blank=False, max_length=LONGEST)


class Notes(OfLead):
    """The notes on a lead."""

    action = "note"
    rights = {"GET": "leads.see", "POST": "leads.note"}
    says, gives, asks = {"POST": NewNote}, {"GET": listed(rows.NoteOut), "POST": Done}, {"GET": Page}

    def get(self, request, pk):
        """List the notes on a lead, newest first."""
        return self.listed(Note.objects.filter(lead=pk).select_related("by"), rows.note)

    def post(self, request, pk):
        """Write a note. It is no touch."""

        def effect(said):
            seen = [Seen(self.lead.pk)]
            return self.done(notes.add(seen, text=said["text"], by=self.user, at=self.at, door=Door.API), "note")

        return self.act(effect)


class NewTask(Act):
    """The next step of a lead in hand; an earlier plan is replaced."""

    due_at = Moment()
    channel = serializers.ChoiceField(Channel.choices, required=False)
    what = Word(max_length=200)


class Tasks(OfLead):
    """What is to be done about a lead."""

    action = "task"
    rights = {"GET": "leads.see", "POST": "leads.task"}
    says, gives, asks = {"POST": NewTask}, {"GET": listed(rows.TaskOut), "POST": Done}, {"GET": Page}

    def get(self, request, pk):
        """List the tasks of a lead, newest first, those that are done among them."""
        return self.listed(Task.objects.filter(lead=pk).select_related("owner", "team"), rows.task)

    def post(self, request, pk):
        """Plan the next step (WORK-6)."""

        def effect(said):
            if said["due_at"] > dispositions.after_months(self.at, 24):
                raise Refused("That is more than two years away. Choose an earlier day.", "far")
            facts = {"channel": said.get("channel", ""), "what": said.get("what", "")}
            return self.done(
                notes.follow_up(
                    self.seen(said), due_at=said["due_at"], by=self.user, at=self.at, door=Door.API, **facts
                ),
                "next",
            )

        return self.act(effect)


class NewDisposition(Noted):
    """How a round ends. A lead that waits is set aside for marketing, or discarded, by the same words."""

    disposition = serializers.ChoiceField(["nurture", "unqualified", "keep"])
    reason = Word(max_length=40, help_text="The code of a reason; `keep` needs none.")
    size = Word(max_length=40, help_text="Where the reason asks for it: how many people work there, a number.")
    until = Moment(required=False, help_text="`keep`: until when.")


class Dispositions(OfLead):
    """The end of a round."""

    rights, says, gives = {"POST": "leads.disposition"}, {"POST": NewDisposition}, {"POST": Done}
    action = "nurture"

    def may(self) -> bool:
        waits = self.lead.status in LeadStatus.WAITING
        rights = ("set_aside", "discard") if waits else ("nurture", "unqualify", "keep")
        return any(permissions.can(self.user, name, self.lead, at=self.at) for name in rights)

    def post(self, request, pk):
        """End the round: not now, never, or kept for later. Or discard a lead that waits."""
        return self.act(self._end)

    def _end(self, said: dict) -> dict:
        kind, seen, by = said["disposition"], self.seen(said), {"by": self.user, "at": self.at, "door": Door.API}
        note = {"note": said.get("note", "")}
        if kind == "keep":
            if "until" not in said:
                raise serializers.ValidationError({"until": ["Say until when."]})
            return self.done(dispositions.keep(seen, until=said["until"], **by, **note), "keep")
        reason = Reason.objects.filter(code=said.get("reason", ""), disposition=kind).first()
        waits = self.lead.status in LeadStatus.WAITING
        if kind == "nurture" and waits:
            return self.done(dispositions.set_aside(seen, **by))
        if reason is None:
            raise Refused("There is no such reason. /api/v1/reasons/ lists those that are.", "reason")
        if kind == "nurture":
            result = dispositions.nurture(seen, reason=reason, size=said.get("size", ""), **by, **note)
        elif waits:
            result = dispositions.discard(seen, reason=reason, **by)
        else:
            result = dispositions.unqualify(seen, reason=reason, **by, **note)
        return self.done(result, outcome="waits" if not result.refused and result.waiting else "done")


class TakeBacks(Deed):
    """A disposition taken back."""

    action, says = "take_back", {"POST": Act}

    def post(self, request, pk):
        """Take the end of the last round back: who made it for 24 h, a manager later (LIFE-15)."""
        return super().post(request, pk)

    def do(self, said):
        return self.done(dispositions.take_back(self.seen(said), by=self.user, at=self.at, door=Door.API))
