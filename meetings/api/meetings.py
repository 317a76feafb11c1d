"""Meetings: listed, booked, moved, called off, and what came of them."""

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from accounts.api.fields import Moment, Said, Word
from accounts.api.paging import Page
from accounts.api.problems import Problem
from accounts.api.resource import Forbidden
from accounts.api.schema import listed
from accounts.models import Disposition, Door, Product, Reason, Team, User
from accounts.permissions import SCOPES
from leads.api.frame import Act, OfLead, Refusing
from leads.lifecycle import Refused
from leads.models import Lead
from leads.permissions import HOLDERS
from meetings import booking, outcomes, permissions
from meetings.models import Meeting, MeetingStatus

NEAR = ("owner", "sourced_by", "reason", "lead", "opportunity__product")


class MeetingOut(serializers.Serializer):
    """One meeting. A moved one ends, and the next of its chain takes its invitation on."""

    id = serializers.IntegerField()
    lead = serializers.IntegerField()
    round = serializers.IntegerField(allow_null=True)
    account = serializers.IntegerField()
    opportunity = serializers.IntegerField()
    product = serializers.CharField()
    status = serializers.CharField(
        help_text="booked, rescheduled, cancelled, qualified, unqualified, no_show or missed."
    )
    owner = serializers.CharField(help_text="Who holds it, by the name they sign in with.")
    sourced_by = serializers.CharField(allow_null=True)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    zone = serializers.CharField(allow_blank=True)
    place = serializers.CharField(allow_blank=True)
    persona = serializers.CharField(allow_blank=True)
    next_step = serializers.CharField(allow_blank=True)
    previous = serializers.IntegerField(allow_null=True)
    booked_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(help_text="When its disposition is due.")
    disposed_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(allow_null=True)
    is_credited = serializers.BooleanField()
    version = serializers.IntegerField()


SAME = (
    "id", "status", "starts_at", "ends_at", "zone", "place", "persona", "next_step", "booked_at", "due_at", "disposed_at",
    "is_credited", "version",
)  # fmt: skip


def meeting(row: Meeting) -> dict:
    """Return one meeting, whose neighbours were read with it."""
    return MeetingOut({
        **{name: getattr(row, name) for name in SAME}, "lead": row.lead_id, "round": row.cycle_id, "account": row.account_id,
        "opportunity": row.opportunity_id, "product": row.opportunity.product.name, "owner": row.owner.username,
        "sourced_by": row.sourced_by.username if row.sourced_by else None, "previous": row.previous_id,
        "reason": row.reason.code if row.reason else None,
    }).data  # fmt: skip


class MeetingDone(serializers.Serializer):
    """What came of it."""

    meeting = serializers.IntegerField()
    lead = serializers.IntegerField()
    status = serializers.CharField()
    starts_at = serializers.DateTimeField()
    version = serializers.IntegerField()


def done(row: Meeting) -> dict:
    facts = {
        "meeting": row.pk,
        "lead": row.lead_id,
        "status": row.status,
        "starts_at": row.starts_at,
        "version": row.version,
    }
    return MeetingDone(facts).data


class MeetingFilter(Page):
    """Which meetings."""

    status = serializers.ChoiceField(MeetingStatus.choices, required=False)
    since = Moment(required=False, help_text="Beginning at or after this moment.")
    until = Moment(required=False, help_text="Beginning before this moment.")


class Meetings(Refusing):
    """Meetings."""

    rights, gives, asks = {"GET": "meetings.see"}, {"GET": listed(MeetingOut)}, {"GET": MeetingFilter}

    def enter(self, method, **kwargs):
        if self.is_client:
            raise Forbidden("An API client books meetings, it does not read them.")
        super().enter(method, **kwargs)

    @classmethod
    def scope(cls, method):
        return ""

    def get(self, request):
        """List the meetings you may see, newest first."""
        said = self.asked()
        rows = permissions.visible_to(Meeting.objects.select_related(*NEAR), self.user)
        lookups = {"status": "status", "since": "starts_at__gte", "until": "starts_at__lt"}
        rows = rows.filter(**{lookups[name]: said[name] for name in lookups if name in said})
        return self.listed(rows, meeting, said=said)


class OfMeeting(Refusing):
    """One meeting, and one thing about it."""

    tag = "meetings"
    action = "see"
    for_people = True

    def enter(self, method, *, pk):
        row = permissions.ACTIONS[Meeting][self.action]
        if self.is_client and (self.for_people or not self.reaches(row)):
            raise Forbidden("An API client may not do this." if self.for_people else self.why(row))
        rows = Meeting.objects.all() if self.is_client else permissions.visible_to(Meeting.objects.all(), self.user)
        self.meeting = rows.select_related(*NEAR).filter(pk=pk).first()
        if self.meeting is None:
            raise NotFound("There is no such meeting that you see.")
        if not permissions.can(self.user, self.action, self.meeting):
            raise Forbidden(permissions.refusal(self.user, self.action, self.meeting))

    @classmethod
    def scope(cls, method):
        return "" if cls.for_people else SCOPES.get(permissions.ACTIONS[Meeting][cls.action], "")

    @property
    def by(self) -> dict:
        """Say who does it: whoever is signed in; by a client it is the prospect themselves."""
        return {"by": None if self.is_client else self.user, "at": self.at, "door": Door.API}


class OneMeeting(OfMeeting):
    """One meeting."""

    rights, gives = {"GET": "meetings.see"}, {"GET": MeetingOut}

    def get(self, request, pk):
        """Read one meeting."""
        return Response(meeting(self.meeting))


class NewMeeting(Act):
    """A meeting with a lead. Without `owner` and `team` it is the sale's AE, else the next of the pool."""

    product = Word(required=True, allow_blank=False, max_length=80)
    starts_at = Moment()
    minutes = serializers.IntegerField(default=30, min_value=5, max_value=1440)
    owner = Word(max_length=60, help_text="Who holds it, by the name they sign in with.")
    team = Word(max_length=80, help_text="A pool whose next one holds it.")
    company = Word(max_length=200, help_text="Where their address names no company.")
    zone = Word(max_length=60, help_text="Their time zone, like Europe/Berlin.")
    place = Word(max_length=300)
    persona = Word(max_length=80)
    next_step = Word(max_length=2000)
    amount = serializers.DecimalField(
        required=False, max_digits=14, decimal_places=2, min_value=0,
        help_text="What the sale is worth a year; it counts where the opportunity opens, or had no value.",
    )  # fmt: skip
    currency = Word(max_length=3, allow_blank=False, help_text="Of the amount, like EUR, which it is if not said.")
    by = Word(
        max_length=60,
        help_text="API clients: who booked it. Without, they themselves: their clock stops, and nobody's touch counts.",
    )


class LeadMeetings(OfLead):
    """Meetings booked with a lead."""

    tag = "meetings"
    places = {"currency": "currency"}
    rights, says, gives = {"POST": "meetings.book"}, {"POST": NewMeeting}, {"POST": MeetingDone}

    def enter(self, method, *, pk):
        row = self.rights["POST"]
        if self.is_client and not self.reaches(row):
            raise Forbidden(self.why(row))
        if not self.is_client:
            return super().enter("GET", pk=pk)
        self.lead = Lead.objects.filter(pk=pk, gone_as="").first()
        if self.lead is None:
            raise NotFound("There is no such lead.")
        return None

    @classmethod
    def scope(cls, method):
        return SCOPES.get(cls.rights.get(method, ""), "")

    def post(self, request, pk):
        """Book a meeting with a lead (MEET-1): its opportunity opens, or is joined."""
        return self.act(self._book)

    def _book(self, said: dict) -> dict:
        said = dict(said)
        seen = self.seen(said)[0]
        product = self._one(Product.objects.filter(is_active=True), "name", said.pop("product"), "product")
        owner, team, by = said.pop("owner", ""), said.pop("team", ""), said.pop("by", "")
        people = User.objects.filter(is_active=True, role__in=HOLDERS)
        facts = {name: value for name, value in said.items() if name not in ("round", "version")}
        facts["owner"] = self._one(people, "username", owner, "owner") if owner else None
        facts["pool"] = self._one(Team.objects.filter(is_active=True), "name", team, "team") if team else None
        if not self.is_client and by and by != self.user.username:
            raise Problem(422, "by", "Who is signed in books as themselves.", "by")
        who = self.user if not self.is_client else self._one(people, "username", by, "by") if by else None
        return done(booking.book(seen, product=product, by=who, at=self.at, door=Door.API, **facts))

    def _one(self, rows, name: str, value: str, field: str):
        found = rows.filter(**{name: value}).first()
        if found is None:
            raise Problem(422, "unknown", "There is none of this name.", field)
        return found


class Move(Said):
    """Another time."""

    starts_at = Moment()
    minutes = serializers.IntegerField(required=False, min_value=5, max_value=1440)
    theirs = serializers.BooleanField(default=False, help_text="They asked for it. Always so by an API client.")
    version = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)


class Moves(OfMeeting):
    """A meeting moved to another time."""

    action, for_people = "move", False
    rights, says, gives = {"POST": "meetings.move"}, {"POST": Move}, {"POST": MeetingDone}

    def post(self, request, pk):
        """Move a meeting, before it began; the answer is the new one."""

        def effect(said):
            facts = {
                "minutes": said.get("minutes"),
                "version": said.get("version"),
                "is_theirs": said["theirs"] or self.is_client,
            }
            return done(booking.reschedule(self.meeting, starts_at=said["starts_at"], **facts, **self.by))

        return self.act(effect)


class Cancellation(Said):
    """Called off."""

    theirs = serializers.BooleanField(default=False, help_text="They asked for it. Always so by an API client.")
    version = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)


class Cancellations(OfMeeting):
    """A meeting called off."""

    action, for_people = "cancel", False
    rights, says, gives = {"POST": "meetings.move"}, {"POST": Cancellation}, {"POST": MeetingDone}

    def post(self, request, pk):
        """Call a meeting off, before it began."""

        def effect(said):
            return done(
                booking.cancel(
                    self.meeting, is_theirs=said["theirs"] or self.is_client, version=said.get("version"), **self.by
                )
            )

        return self.act(effect)


class MeetingDisposition(Said):
    """What came of a meeting."""

    status = serializers.ChoiceField([(s.value, s.label) for s in MeetingStatus.DISPOSED])
    reason = Word(max_length=40, help_text="`unqualified`: the code of a reason, not now or never.")
    version = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)


class MeetingDispositions(OfMeeting):
    """What came of a meeting."""

    action = "disposition"
    rights, says, gives = {"POST": "meetings.disposition"}, {"POST": MeetingDisposition}, {"POST": MeetingDone}

    def post(self, request, pk):
        """Say what came of a meeting (MEET-2); leads and sales follow."""

        def effect(said):
            reason = None
            if said.get("reason"):
                kinds = (Disposition.NURTURE, Disposition.UNQUALIFIED)
                reason = Reason.objects.filter(code=said["reason"], disposition__in=kinds).first()
                if reason is None:
                    raise Refused("There is no such reason. /api/v1/reasons/ lists those that are.", "reason")
            return done(
                outcomes.dispose(self.meeting, said["status"], reason=reason, version=said.get("version"), **self.by)
            )

        return self.act(effect)
