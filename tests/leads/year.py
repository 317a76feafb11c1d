"""A year of leads, written by hand: what people do, and what must become of it by itself, to the second.

Berlin puts its clocks forward on 29 March 2026 and back on 25 October; New York on 8 March and 1 November. All moments are UTC.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from accounts.models import Event, Message, Team, User
from accounts.sweeping import run
from leads import assignment, consent, dispositions, exceptions, product_led, signals, touches
from leads.models import Lead
from leads.sweeps import SWEEPS
from meetings import opportunities
from tests.leads.states import raw, reason

# Told by other sweeps, and at assignment.
ELSEWHERE = ("morning", "room", "pulls", "assigned", "hand_raise", "reply")
LEADS_SWEEPS = [sweep for sweep in SWEEPS if sweep.name not in ("morning", "day-end")]


def on(text: str) -> datetime:
    """Read `2026-03-29 08:00` or `... 08:00:30`, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass
class Year:
    """The people, and what they do when. `lead(name)` is a lead by the name it has in the calendar."""

    ana: User
    dov: User
    cleo: User
    north: Team
    south: Team
    deeds: list[tuple[datetime, Callable]] = field(default_factory=list)

    def lead(self, name: str) -> Lead:
        return Lead.objects.select_related("cycle").get(last_name=name)

    def do(self, when: str, deed: Callable[[datetime], object]) -> None:
        self.deeds.append((on(when), deed))

    def given(self, name: str, when: str, **facts) -> None:
        """A lead that its manager gives to Ana."""
        _raw(name, team=self.north, **facts)
        self.do(when, lambda at: assignment.assign([self.lead(name)], to=self.ana, by=self.cleo, at=at).lead)

    def worked(self, name: str, *moments: str, given: str = "2026-02-02 08:00") -> None:
        """A lead of Ana's, and her calls."""
        self.given(name, given)
        for when in moments:
            self.do(
                when,
                lambda at: touches.log([self.lead(name).pk], channel="call", outcome="sent", by=self.ana, at=at).lead,
            )

    def nurtured(self, name: str, why: str, when: str) -> None:
        day = when[:10]
        self.worked(name, f"{day} 08:45", given=f"{day} 08:30")
        self.do(when, lambda at: dispositions.nurture([self.lead(name)], reason=reason(why), by=self.ana, at=at).lead)

    def pulled(self, name: str, when: str, by: User, team: Team) -> None:
        _raw(name, team=team)
        self.do(when, lambda at: assignment.assign([self.lead(name)], to=by, by=by, at=at, trigger="pull").lead)

    def asks(self, name: str, when: str, review: str) -> None:
        self.do(
            when,
            lambda at: (
                exceptions.ask([self.lead(name)], reason=reason("legal"), review_at=on(review), by=self.ana, at=at).lead
            ),
        )


def story(year: Year) -> None:
    """What people do."""
    y = year
    # Auto-abandon: 30 days in working (a night of 23 hours between), 7 without a touch (one of 25), 14 never touched.
    y.worked("thirty", "2026-03-02 09:00", "2026-03-20 09:00", given="2026-03-02 08:00")
    y.worked("seven", "2026-10-01 10:00", "2026-10-24 22:30:30", given="2026-10-01 08:00")
    y.given("never", "2026-10-12 08:00")
    y.given("outbound", "2026-10-12 08:00", go_to_market="outbound")
    y.worked("answered", "2026-03-02 09:00", given="2026-03-02 08:00")
    y.do("2026-03-05 09:00", lambda at: signals.reply([y.lead("answered").pk], words="In May", by=None, at=at).lead)
    y.worked("asked us", "2026-03-02 09:00", "2026-05-04 07:15", given="2026-03-02 08:00")
    y.do("2026-03-06 09:00", lambda at: signals.raise_hand([y.lead("asked us").pk], what="demo", by=None, at=at).lead)
    y.worked("excepted", "2026-03-02 09:00", given="2026-03-02 08:00")
    y.asks("excepted", "2026-03-27 09:00", "2026-04-20 09:00")
    y.do("2026-03-27 10:00", lambda at: exceptions.grant([y.lead("excepted").pk], by=y.cleo, at=at).lead)
    y.do("2026-04-08 07:30", lambda at: exceptions.close([y.lead("excepted").pk], by=y.cleo, at=at).lead)
    y.worked("taken back", "2026-03-02 09:00", given="2026-03-02 08:00")
    y.do(
        "2026-03-04 09:00",
        lambda at: dispositions.nurture([y.lead("taken back")], reason=reason("no_for_now"), by=y.ana, at=at).lead,
    )
    y.do("2026-04-20 11:00", lambda at: dispositions.take_back([y.lead("taken back")], by=y.cleo, at=at).lead)
    _raw("product's", motion="plg")
    y.do("2026-03-02 09:00", lambda at: product_led.sign_up([y.lead("product's")], at=at).lead)
    y.do("2026-03-03 09:00", lambda at: product_led.activate([y.lead("product's").pk], at=at).lead)

    # Calendar months, on the company's wall clock (Berlin): a month has an end, and summer time another hour in UTC.
    y.nurtured("31 August", "budget_later", "2026-08-31 12:00")
    y.nurtured("31 March", "wrong_use_case", "2026-03-31 21:59:59")
    y.nurtured("twelve", "no_for_now", "2026-02-28 10:00")
    y.nurtured("opted out", "budget_later", "2026-02-10 10:00")
    y.do("2026-05-01 10:00", lambda at: consent.opt_out([y.lead("opted out").pk], by=None, at=at).lead)
    y.nurtured("customer's", "budget_later", "2026-02-28 11:00")
    y.do("2026-03-01 11:00", lambda at: _opportunity(y.lead("customer's"), at))

    # Kept: until 08:00 in Berlin, the morning after each of its two nights.
    for name, until in (("kept, spring", "2026-03-29 06:00"), ("kept, autumn", "2026-10-25 07:00")):
        y.worked(name, "2026-02-02 09:00")
        y.do(
            "2026-02-03 09:00",
            lambda at, n=name, u=until: dispositions.keep([y.lead(n)], until=on(u), by=y.ana, at=at).lead,
        )

    # Pulls: three working days of who pulled, on their wall's clock.
    y.pulled("Friday, spring", "2026-03-27 09:00", y.ana, y.north)
    y.pulled("Friday, autumn", "2026-10-23 13:00", y.ana, y.north)
    y.pulled("Saturday", "2026-06-06 09:00", y.ana, y.north)
    y.pulled("New York", "2026-03-05 20:00", y.dov, y.south)
    y.pulled("touched", "2026-06-08 09:00", y.ana, y.north)
    y.do(
        "2026-06-10 21:00",
        lambda at: touches.log([y.lead("touched").pk], channel="call", outcome="sent", by=y.ana, at=at).lead,
    )
    y.do(
        "2026-06-10 21:30",
        lambda at: dispositions.nurture([y.lead("touched").pk], reason=reason("unresponsive"), by=None, at=at).lead,
    )

    # Exceptions: 14 days without an answer; past the review; every morning at 08:00 in Berlin until it ends.
    y.given("waits", "2026-03-12 08:00", go_to_market="outbound")
    y.asks("waits", "2026-03-14 10:00", "2026-06-01 10:00")
    y.do("2026-03-30 12:00", lambda at: exceptions.close([y.lead("waits").pk], by=y.cleo, at=at).lead)
    y.given("reviewed", "2026-10-20 08:00", go_to_market="outbound")
    y.asks("reviewed", "2026-10-20 09:00", "2026-10-24 12:00")
    y.do("2026-10-20 10:00", lambda at: exceptions.grant([y.lead("reviewed").pk], by=y.cleo, at=at).lead)
    y.do("2026-10-26 12:00", lambda at: exceptions.close([y.lead("reviewed").pk], by=y.cleo, at=at).lead)


def _raw(name: str, **facts) -> Lead:
    came = on("2026-01-01 00:00")
    return raw(last_name=name, status_since=came, created_at=came, recorded_at=came, **facts)


def _opportunity(lead: Lead, at: datetime) -> None:
    from accounts.models import Account, Product

    account = Account.objects.create(name="Kettler", name_key="kettler", domain="kettler.no", created_at=at)
    opportunities.open(account, Product.objects.get(), leads=[lead], by=None, at=at)


# What LeadOps does by itself: when, whom it is about, what goes on record, and who is told what.
CALENDAR = """
2026-03-10 19:00:00  New York        give_back_raw        returned dov
2026-03-23 09:00:00  thirty          -                    long_working ana
2026-03-23 09:00:00  answered        -                    long_working ana
2026-03-23 09:00:00  asked us        -                    long_working ana
2026-03-23 09:00:00  excepted        -                    long_working ana
2026-03-28 10:00:00  waits           -                    exception_waits cleo
2026-03-29 06:00:00  kept, spring    assign               kept_due ana
2026-03-29 06:00:00  waits           -                    exception_waits cleo
2026-03-30 06:00:00  waits           -                    exception_waits cleo
2026-04-01 08:00:00  Friday, spring  give_back_raw        returned ana
2026-04-01 09:00:00  thirty          nurture              auto_abandoned ana
2026-04-15 07:30:00  excepted        nurture              auto_abandoned ana
2026-04-20 11:00:00  taken back      -                    long_working ana
2026-04-27 11:00:00  taken back      nurture              auto_abandoned ana
2026-05-11 07:15:00  asked us        nurture              auto_abandoned ana
2026-06-10 09:00:00  Saturday        give_back_raw        returned ana
2026-08-28 10:00:00  customer's      recycle_put_off      -
2026-09-28 10:00:00  customer's      recycle_put_off      -
2026-09-30 21:59:59  31 March        recycled             -
2026-10-01 09:00:00  thirty          recycled             -
2026-10-15 07:30:00  excepted        recycled             -
2026-10-22 10:00:00  seven           -                    long_working ana
2026-10-24 12:00:00  reviewed        -                    exception_due cleo
2026-10-25 07:00:00  kept, autumn    assign               kept_due ana
2026-10-25 07:00:00  reviewed        -                    exception_due cleo
2026-10-26 07:00:00  reviewed        -                    exception_due cleo
2026-10-26 08:00:00  never           nurture              auto_abandoned ana
2026-10-27 12:00:00  taken back      recycled             -
2026-10-28 11:00:00  customer's      recycle_put_off      -
2026-10-28 14:00:00  Friday, autumn  give_back_raw        returned ana
2026-10-31 22:30:30  seven           nurture              auto_abandoned ana
2026-11-11 08:15:00  asked us        recycled             -
2026-11-28 11:00:00  customer's      recycle_put_off      -
2026-12-10 22:30:00  touched         recycled             -
2026-12-28 11:00:00  customer's      recycle_put_off      -
2027-01-28 11:00:00  customer's      recycle_put_off      -
2027-02-28 10:00:00  twelve          recycled             -
2027-02-28 11:00:00  customer's      recycle_put_off      -
2027-02-28 13:00:00  31 August       recycled             -
"""
END = on("2027-03-01 00:00")


@dataclass(frozen=True, order=True)
class Line:
    """One line of the calendar."""

    at: datetime
    lead: str
    event: str
    told: str


def calendar() -> list[Line]:
    lines = []
    for text in CALENDAR.strip().splitlines():
        when, name, event, told = text[:19], text[21:37].strip(), text[37:57].strip(), text[58:].strip()
        lines.append(Line(on(when), name, event, told))
    return sorted(lines)


def happened() -> list[Line]:
    """Read what LeadOps did by itself, in the calendar's words."""
    names = dict(Lead.objects.values_list("pk", "last_name"))
    people = dict(User.objects.values_list("pk", "username"))
    found: dict[tuple, list[str]] = {}
    for event in Event.objects.filter(door="sweep").exclude(kind="breach").order_by("pk"):
        found.setdefault((event.at, names[event.lead_id]), ["-", "-"])[0] = event.move or event.kind
    for message in Message.objects.exclude(kind__in=ELSEWHERE).order_by("pk"):
        said = f"{message.kind} {people[message.to_id]}"
        found.setdefault((message.created_at, names[message.lead_id]), ["-", "-"])[1] = said
    return sorted(Line(at, lead, *what) for (at, lead), what in found.items())


def counted() -> tuple[int, int]:
    """Count what LeadOps put on record and told: a line that came twice shows here."""
    return Event.objects.filter(door="sweep").exclude(kind="breach").count(), Message.objects.exclude(
        kind__in=ELSEWHERE
    ).count()


def sweep(at: datetime) -> int:
    """Run every sweep of a lead's life once, and return how many rows they changed."""
    return sum(run(each, at).done for each in LEADS_SWEEPS)


def live(year: Year) -> None:
    """Let people do what they do, in order, without a sweep."""
    for at, deed in sorted(year.deeds, key=lambda deed: deed[0]):
        deed(at)
