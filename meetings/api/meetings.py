"""Meetings by the API: listed, read, booked; the times at which somebody is free."""

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from accounts.api.fields import Moment, Word
from accounts.api.paging import Page
from accounts.api.problems import Problem, Unreadable
from accounts.api.resource import Forbidden
from accounts.api.schema import listed
from accounts.models import Door, Product, Team, User
from accounts.permissions import SCOPES
from leads.api.frame import Act, OfLead, Refusing, named
from leads.models import Lead
from leads.permissions import HOLDERS
from meetings import booking, entering, free, permissions, zones
from meetings.api.frame import OfRow
from meetings.api.rows import NEAR, MeetingDone, MeetingOut, done, meeting
from meetings.models import Meeting, MeetingStatus


class MeetingFilter(Page):
    """Which meetings."""

    status = serializers.ChoiceField(MeetingStatus.choices, required=False)
    since = Moment(required=False, help_text="Beginning at or after this moment.")
    until = Moment(required=False, help_text="Beginning before this moment.")


class OfMeetings(Refusing):
    """What people read of meetings; an API client books them."""

    tag = "meetings"
    rights = {"GET": "meetings.see"}

    def enter(self, method, **kwargs):
        if self.is_client:
            raise Forbidden("An API client books meetings, it does not read them.")
        super().enter(method, **kwargs)

    @classmethod
    def scope(cls, method):
        return ""


class Meetings(OfMeetings):
    """Meetings."""

    gives, asks = {"GET": listed(MeetingOut)}, {"GET": MeetingFilter}

    def get(self, request):
        """List the meetings you may see, newest first."""
        said = self.asked()
        rows = permissions.visible_to(Meeting.objects.select_related(*NEAR[Meeting]), self.user)
        lookups = {"status": "status", "since": "starts_at__gte", "until": "starts_at__lt"}
        rows = rows.filter(**{lookups[name]: said[name] for name in lookups if name in said})
        return self.listed(rows, meeting, said=said)


class OneMeeting(OfRow):
    """One meeting."""

    rights, gives = {"GET": "meetings.see"}, {"GET": MeetingOut}

    def get(self, request, pk):
        """Read one meeting."""
        return Response(meeting(self.row))


class FreeFilter(Page):
    """When, for how long, with whom."""

    cursor = None
    owner = Word(required=True, allow_blank=False, max_length=60, help_text="By the name they sign in with.")
    after = Moment(required=False, help_text="Now if not said.")
    minutes = serializers.IntegerField(default=30, min_value=entering.SHORTEST, max_value=1440)
    zone = Word(max_length=60, help_text="Where they are: also while they are awake there.")


class FreeOut(serializers.Serializer):
    """Times to offer. What is offered is decided again when it is booked."""

    items = serializers.ListField(child=serializers.DateTimeField())


class FreeTimes(OfMeetings):
    """Times at which somebody is free for a meeting."""

    rights, gives, asks = {"GET": "meetings.book"}, {"GET": FreeOut}, {"GET": FreeFilter}

    def get(self, request):
        """List the next times at which somebody is free, within their working hours."""
        said = self.asked()
        owner = User.objects.filter(username=said["owner"], is_active=True, role__in=HOLDERS).first()
        if owner is None:
            raise Unreadable({"owner": ["Nobody of this name holds meetings."]})
        after, limit = max(said.get("after", self.at), self.at), said.get("limit", free.OFFERED)
        facts = {"minutes": said["minutes"], "zone": zones.known(said.get("zone", "")), "count": limit, "spread": False}
        return Response({"items": free.times([owner], after, **facts)})


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
        product = named(Product.objects.filter(is_active=True), "name", said.pop("product"), "product")
        owner, team, by = said.pop("owner", ""), said.pop("team", ""), said.pop("by", "")
        people = User.objects.filter(is_active=True, role__in=HOLDERS)
        facts = {name: value for name, value in said.items() if name not in ("round", "version")}
        facts["owner"] = named(people, "username", owner, "owner") if owner else None
        facts["pool"] = named(Team.objects.filter(is_active=True), "name", team, "team") if team else None
        if not self.is_client and by and by != self.user.username:
            raise Problem(422, "by", "Who is signed in books as themselves.", "by")
        who = self.user if not self.is_client else named(people, "username", by, "by") if by else None
        return done(booking.book(seen, product=product, by=who, at=self.at, door=Door.API, **facts))
