"""Booking a meeting from the lead page and beside the queue (MEET-1): an act in #act, drawn and done here.

The times offered are free ones of who would hold it, said in both zones; a time that was taken meanwhile is refused with what is free.
"""

import zoneinfo
from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal

from django import forms
from django.db.models import Q
from django.urls import path

from accounts.models import Door, Membership, Opportunity, Product, Role, Team, User
from leads.lifecycle import Refused, Seen
from leads.models import Lead, LeadStatus, Motion
from leads.views.acting import did, view_of
from leads.views.forms import ActForm
from meetings import booking, entering, free, points, undoing, zones
from meetings.holders import HOLDERS, expected
from meetings.models import HandOffPoint, Meeting
from meetings.views.words import sentence, when

CURRENCY = Opportunity._meta.get_field("currency").default
LENGTHS = (15, 30, 45, 60, 90)
NO_TIME = "Choose a time."


class WhenForm(forms.Form):
    """A moment: one of those offered, or a day and an hour on the clock of whoever writes."""

    when = forms.CharField(max_length=40, error_messages={"required": NO_TIME})
    day = forms.DateField(required=False, error_messages={"invalid": "Choose a day, like 2026-10-15."})
    hour = forms.TimeField(required=False, error_messages={"invalid": "Write the time like 14:30."})

    def moment(self, zone: zoneinfo.ZoneInfo) -> datetime:
        """Return the moment that was said. Raises Refused for one that is none."""
        said = self.cleaned_data if hasattr(self, "cleaned_data") else self
        return moment_of(said, zone)


def moment_of(said: dict, zone: zoneinfo.ZoneInfo) -> datetime:
    """Return the moment a form says: an offered one, or a day and an hour in this zone."""
    if said["when"] == "other":
        if said.get("day") is None or said.get("hour") is None:
            raise Refused("Write a day and a time.", "day")
        return _sane(said["day"], said["hour"], zone)
    try:
        moment = datetime.fromisoformat(said["when"])
    except ValueError:
        raise Refused(NO_TIME, "when") from None
    if moment.tzinfo is None or not 2000 <= moment.year <= 2200:
        raise Refused(NO_TIME, "when")
    return moment


def _sane(day: date, hour: time, zone: zoneinfo.ZoneInfo) -> datetime:
    if not 2000 <= day.year <= 2200:
        raise Refused("Choose a day, like 2026-10-15.", "day")
    return datetime.combine(day, hour, zone)


class CurrencyField(forms.RegexField):
    """A currency by its code; small letters will do."""

    def __init__(self):
        super().__init__(r"^[A-Z]{3}$", required=False, error_messages={"invalid": "Write the currency like EUR."})

    def to_python(self, value):
        return super().to_python(value).upper()


class BookForm(ActForm, WhenForm):
    """A meeting to book. What is left empty is found: who is next in turn, the zone of the one who looks."""

    is_kept = True
    places = {
        "past": "day",
        "far": "day",
        "company": "company",
        "busy": "day",
        "away": "day",
        "nobody": "day",
        "length": "minutes",
        "currency": "currency",
    }
    product = forms.ModelChoiceField(
        Product.objects.filter(is_active=True),
        error_messages={"required": "Choose a product.", "invalid_choice": "Choose a product of the list."},
    )
    owner = forms.ModelChoiceField(
        User.objects.filter(is_active=True),
        required=False,
        error_messages={"invalid_choice": "Choose somebody of the list."},
    )
    amount = forms.DecimalField(
        required=False,
        min_value=0,
        max_digits=14,
        decimal_places=2,
        error_messages={
            "invalid": "Write the value as a number, like 12000.",
            "min_value": "A value is not below zero.",
        },
    )
    currency = CurrencyField()
    minutes = forms.IntegerField(error_messages={"required": "Say how long.", "invalid": "Say how long, in minutes."})
    zone = forms.CharField(required=False, max_length=60)
    company = forms.CharField(required=False, max_length=200)
    place = forms.CharField(required=False, max_length=300)
    persona = forms.CharField(required=False, max_length=80)
    next_step = forms.CharField(required=False, max_length=2_000)

    def in_words(self, typed: dict) -> str:
        """Return what the pack of the meeting would have said."""
        return "\n".join(
            typed[name].strip() for name in ("persona", "next_step", "place") if typed.get(name, "").strip()
        )


def fits(lead: Lead) -> bool:
    """Whether a meeting is booked with such a lead at all: who is in a seller's hands, or a customer."""
    return lead.motion == Motion.SLG and (lead.is_open or lead.status == LeadStatus.QUALIFIED) and not lead.opted_out_at


def drawn(desk, lead: Lead, panel: dict, typed: dict) -> dict:
    """Return the booking form: free times in both zones, what is known filled in. Fourteen queries at most, whatever there is."""
    people = list(holders(desk.user))
    products = list(Product.objects.filter(is_active=True))
    sale = _sale(lead, typed.get("product") or str(products[0].pk if products else ""), typed.get("amount", ""))
    segment = lead.segment or (lead.account.segment if lead.account else "")
    point = points.point_for(sale, segment)
    chosen = typed.get("owner", "")
    named = [p for p in people if str(p.pk) == chosen]
    minutes = int(typed["minutes"]) if typed.get("minutes", "").isdecimal() and len(typed["minutes"]) < 4 else 30
    zone = zones.known(typed.get("zone", "")) or _zone_of(lead)
    offered = free.times(
        named or likely(lead, people, sale, point),
        _from(desk, typed),
        minutes=max(minutes, entering.SHORTEST),
        zone=zone,
        spread=not typed.get("day"),
    )
    return {
        "times": [{"value": t.isoformat(), "label": sentence(when(t, desk.at, zone)), "refused": ""} for t in offered],
        "people": [{"value": str(p.pk), "label": _label(p, desk.user), "chosen": str(p.pk) == chosen} for p in people],
        "products": [(str(p.pk), p.name, str(p.pk) == typed.get("product", "")) for p in products],
        "lengths": [(n, n == minutes) for n in sorted({*LENGTHS, minutes})],
        "zone": zone,
        "zones": zones.names(),
        "bands": _bands(segment, point if not sale.amount else points.point_for(_sale(lead, "", ""), segment)),
        "asks_company": lead.account_id is None,
        "company": typed.get("company", lead.company),
        "first_day": desk.at.astimezone(desk.user.zone).date().isoformat(),
        "my_zone": desk.user.time_zone.rsplit("/", 1)[-1].replace("_", " "),
    } | {name: typed.get(name, "") for name in ("day", "hour", "place", "next_step", "amount")} | {
        "persona": typed.get("persona", lead.title[:80]), "currency": typed.get("currency", CURRENCY),
    }  # fmt: skip


def _from(desk, typed: dict) -> datetime:
    """Offer from the day on that was asked for, else from now on."""
    try:
        day = date.fromisoformat(typed.get("day", ""))
        return max(desk.at, _sane(day, time(), desk.user.zone))
    except (ValueError, Refused):
        return desk.at


def _label(person: User, me: User) -> str:
    return "Me" if person == me else f"{person}, {person.get_role_display()}"


def holders(user: User):
    """List who may hold a meeting: account executives by name, and whoever asks. One query."""
    return User.objects.filter(Q(role=Role.AE) | Q(pk=user.pk, role__in=HOLDERS), is_active=True).order_by(
        "name", "pk"
    )[:100]


def likely(lead: Lead, people: list[User], sale: Opportunity, point: str) -> list[User]:
    """Say who would hold it when nobody is named: the one who is expected, else whoever is in turn. Two queries at most."""
    person = expected(lead, sale, point)
    if person is not None:
        return [p for p in people if p.pk == person.pk] or [person]
    pool = (
        Team.objects.filter(kind=Team.Kind.POOL, is_active=True, memberships__user__role=Role.AE).order_by("pk").first()
    )
    members = set(Membership.objects.filter(team=pool).values_list("user", flat=True)) if pool else set()
    return [p for p in people if p.pk in members] or [p for p in people if p.role == Role.AE]


def _sale(lead: Lead, product: str, amount: str) -> Opportunity:
    """Return the open sale that a meeting about this product joins, or the one it would open, with the value typed where it has none."""
    found = None
    if lead.account_id and product.isdecimal() and len(product) < 10:
        open_ones = Opportunity.objects.filter(account=lead.account_id, product=int(product), status="open", gone_as="")
        found = open_ones.select_related("opportunity_owner").first()
    sale = found or Opportunity()
    if lead.account is not None:
        sale.account = lead.account
    with suppress(ArithmeticError):
        typed = Decimal(amount.strip() or 0)
        sale.amount = sale.amount or (typed if typed.is_finite() else 0)
    return sale


AFTER = {
    HandOffPoint.NONE: "the lead stays yours",
    HandOffPoint.COMPLETED: "handed over once it was held",
    HandOffPoint.SCHEDULED: "handed over when it is booked",
}


def _bands(segment: str, unknown: str) -> str:
    """Say which value hands the lead over when, and what is done while nobody knows it. One query."""
    bands = points.bands(segment)
    parts = [f"from {amount:,.0f} {AFTER[point]}" for amount, point in bands]
    parts[0] = f"under {bands[1][0]:,.0f} {AFTER[bands[0][1]]}" if len(bands) > 1 else f"always {AFTER[bands[0][1]]}"
    return f"{', '.join(parts).capitalize()}. Not known: {AFTER[unknown]}."


def _zone_of(lead: Lead) -> str:
    """Say in which zone they sit: as their last meeting had it, else by their country."""
    last = (
        Meeting.objects.filter(lead=lead).exclude(zone="").order_by("-starts_at").values_list("zone", flat=True).first()
    )
    country = lead.country or (lead.account.country if lead.account else "")
    return zones.known(last or "") or zones.of_country(country)


@view_of(BookForm, "book")
def book(desk, lead, said):
    """Book the meeting: its opportunity opens or is joined, the calendar is held, whoever must know is told."""
    starts_at = moment_of(said, desk.user.zone)
    given = {name: said[name] for name in ("product", "minutes", "owner", "company", "place", "persona", "next_step")}
    given |= {"amount": said["amount"] or Decimal(0), "currency": said["currency"] or CURRENCY}
    given |= {"zone": zones.known(said["zone"]), "starts_at": starts_at}
    seen = Seen(lead.pk, said["cycle"], said["version"])
    meeting = booking.book(seen, by=desk.user, at=desk.at, door=Door.PAGE, **given)
    who = "you" if meeting.owner_id == desk.user.pk else meeting.owner.get_short_name()
    text = f"{lead.name}: meeting with {who} {when(meeting.starts_at, desk.at, meeting.zone)}. They are invited.{_then(meeting)}"
    return did(desk, lead, text, undo={"kind": "book", "meeting": meeting.pk})


def _then(meeting: Meeting) -> str:
    """Say what becomes of the lead, where it goes into other hands."""
    name = meeting.owner.get_short_name()
    if meeting.owner_id == meeting.sourced_by_id:
        return ""
    return (
        f" {name} has the lead now."
        if meeting.point == HandOffPoint.SCHEDULED
        else f" {name} has the lead once it was held."
    )


def take_back(desk, what) -> Lead:
    """Take a booking back, as its toast offered."""
    return undoing.take_back(what["meeting"], by=desk.user, at=desk.at, door=Door.PAGE).lead


urlpatterns = [path("leads/<int:pk>/meetings/", book, name="lead-meetings")]
