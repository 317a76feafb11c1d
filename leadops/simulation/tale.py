"""One lead's story, told step by step: how they came, and what everybody did then. Each step is a call of a real process.

Moments are given as time before the end of the world, which is now. What is more than three days old happens in office hours.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from accounts.models import Door, Opportunity, Stage
from leadops.simulation.arriving import come_in
from leadops.simulation.people import Person
from leadops.simulation.sales import CARD
from leadops.simulation.world import DAY, HOUR, MINUTE, World
from leads import (
    assignment,
    consent,
    dispositions,
    exceptions,
    notes,
    product_led,
    pulling,
    qualification,
    signals,
    touches,
)
from leads.lifecycle import Refused, Result, Seen
from leads.models import Lead, Signal, Trigger
from meetings import booking, closing, handing, opportunities, outcomes
from meetings.models import HandOff, Meeting

OLD = 3 * DAY
SLOTS = 12  # half hours that are tried


class Tale:
    """The story of one person. Every method adds a step and returns the tale; `to` and `by` are names of people of the house."""

    def __init__(self, world: World, person: Person, rep: str = "ana"):
        self.world, self.person, self.rep = world, person, rep
        self.lead: int | None = None
        self.meeting: Meeting | None = None
        self.last: datetime | None = None
        self.untouched_since: datetime | None = None
        self.touch = None

    def step(
        self, ago: timedelta, do: Callable[[datetime], Result | None], *, latest: datetime | None = None, unless: str = ""
    ) -> "Tale":  # fmt: skip
        """Plan a step; never before the one that was told before it. A refusal is a mistake in the story, `unless` for this cause."""
        at = self.world.end - ago
        if ago > OLD:
            at = office_hours(at, self.world.house.zone)
        if latest:
            at = min(at, latest)
        if self.last is not None:
            at = max(at, self.last + timedelta(seconds=40))
        self.last = at
        self.world.plan(at, self._do, do, unless)
        return self

    def _do(self, world: World, at: datetime, do: Callable, unless: str) -> None:
        result = do(at)
        if isinstance(result, Result):
            world.did["steps of stories"] += 1
            for _lead, refusal in result.refused:
                if refusal.code == unless:
                    continue
                refusal.add_note(f"in the story of {self.person.first_name} {self.person.last_name}, {at}")
                raise refusal

    # How they come.

    def came(self, ago: timedelta, source: str, *, kind: str, **more) -> "Tale":
        def do(at):
            facts = {"kind": kind} | more
            known = Lead.objects.count()
            leads = come_in(self.world, at, [self.person], source, **facts)
            assert len(leads) == 1, (known, self.person)
            self.lead = leads[0]
            self.world.told.add(self.lead)

        self.step(ago, do)
        self.untouched_since = self.last
        return self

    def asked(self, ago: timedelta, what: str, words: str, source: str = "Demo request", **more) -> "Tale":
        """They ask for us, and go to their rep at once."""
        owner = self.world.house[self.rep]
        return self.came(ago, source, kind=Signal.Kind.HAND_RAISE, what=what, words=words, owner=owner, **more)

    def read(self, ago: timedelta, source: str = "Whitepaper", **more) -> "Tale":
        """They leave their address, and go to their rep in turn half an hour later."""
        self.came(ago, source, kind=Signal.Kind.FORM, what=source.lower(), **more)
        return self.given(ago - min(30 * MINUTE, ago / 4), self.rep, trigger=Trigger.ROUND_ROBIN)

    def given(self, ago: timedelta, to: str, *, by: str = "", trigger: str = Trigger.MANAGER, note: str = "") -> "Tale":
        house = self.world.house
        facts = {"trigger": trigger, "note": note, "door": Door.PAGE if by else Door.ROUTING}
        who = house[by] if by else None

        def do(at):
            return assignment.assign([self.lead], to=house[to], by=who, at=at, **facts)

        self.step(ago, do, unless="already")  # a sweep may have been faster, where a limit passed
        self.rep, self.untouched_since = to, self.untouched_since and self.last
        return self

    def pulled(self, ago: timedelta, source: str = "Cold list") -> "Tale":
        """They stand on a list, which comes into the line's queue, and their rep pulls them from there."""
        me, rita = self.world.house[self.rep], self.world.house["rita"]
        line = self.world.house.line_of(me)
        self.came(ago + 3 * DAY, source, kind=Signal.Kind.IMPORT, by=rita, door=Door.IMPORT, go_to_market="outbound")

        def do(at):
            # Both at one moment, or somebody else would pull them.
            assignment.enqueue([self.lead], team=line, by=rita, at=at)
            return assignment.assign([self.lead], to=me, by=me, at=at, trigger=Trigger.PULL)

        return self.step(ago, do)

    def signed_up(self, ago: timedelta, activated: timedelta | None = None) -> "Tale":
        """They sign up to the product, and perhaps use it."""
        self.came(ago, "Product", kind=Signal.Kind.PRODUCT, what="signed up", motion="plg")
        self.step(ago - MINUTE, lambda at: product_led.sign_up([self.lead], at=at))
        return self.step(activated, lambda at: product_led.activate([self.lead], at=at)) if activated else self

    # What we do.

    def touched(
        self, ago: timedelta, channel: str = "call", outcome: str = "no_answer", note: str = "", *, then: timedelta | None = None,
        what: str = "", by_channel: str = "",
    ) -> "Tale":  # fmt: skip
        """The rep reaches out. `then` is when they plan to go on, from now: ahead of it, or below zero when that is past."""
        me = self.world.house[self.rep]
        plan = {}
        if then is not None:
            plan = {"next_at": self.world.end + then, "next_what": what, "next_channel": by_channel}

        def do(at):
            logged = touches.log([self.lead], channel=channel, outcome=outcome, by=me, at=at, note=note, **plan)
            self.touch = logged.made[self.lead]["touch"] if logged.done else None
            return logged

        # The first one comes within its limit, or the lead would go to somebody else.
        latest = self.untouched_since and self.untouched_since + 3 * HOUR
        self.untouched_since = None
        return self.step(ago, do, latest=latest)

    def withdrew(self) -> "Tale":
        """The wrong button: the touch before is taken back at once."""
        me, at_once = self.world.house[self.rep], self.last + timedelta(seconds=40)
        return self.step(timedelta(0), lambda at: touches.withdraw(self.touch, by=me, at=at), latest=at_once)

    def noted(self, ago: timedelta, text: str, by: str = "") -> "Tale":
        who = self.world.house[by or self.rep]
        return self.step(ago, lambda at: notes.add([self.lead], text=text, by=who, at=at))

    def ended(self, ago: timedelta, code: str, note: str = "", size: str = "") -> "Tale":
        """The rep ends the round, not now or never as the reason says."""
        me, reason = self.world.house[self.rep], self.world.reasons[code]
        facts = {"reason": reason, "by": me, "note": note}
        if reason.disposition == "unqualified":
            return self.step(ago, lambda at: dispositions.unqualify([self.lead], at=at, **facts))
        return self.step(ago, lambda at: dispositions.nurture([self.lead], at=at, size=size, **facts))

    def kept(self, ago: timedelta, ahead: timedelta, what: str = "") -> "Tale":
        me, until = self.world.house[self.rep], self.world.end + ahead
        return self.step(ago, lambda at: dispositions.keep([self.lead], until=until, by=me, at=at, what=what))

    def taken_back(self, ago: timedelta, by: str = "") -> "Tale":
        """The end before was a mistake: taken back within its day."""
        who, in_time = self.world.house[by or self.rep], self.last + 20 * HOUR
        return self.step(ago, lambda at: dispositions.take_back([Seen(self.lead)], by=who, at=at), latest=in_time)

    def given_back(self, ago: timedelta) -> "Tale":
        """The rep returns a pull untouched; from here on the lead is anybody's."""
        me = self.world.house[self.rep]
        self.step(ago, lambda at: pulling.give_back([self.lead], by=me, at=at))
        return self.step(ago, lambda at: self.world.told.discard(self.lead))

    def booked(self, ago: timedelta, closer: str, amount: int, ahead: timedelta) -> "Tale":
        """A first meeting is booked in the past, with the card filled, and opens the opportunity."""
        starts = office_hours(self.world.end + ahead, self.world.house.zone)
        return self.step(
            ago, lambda at: self._book(at, starts.replace(minute=0, second=0, microsecond=0), closer, amount)
        )

    def meets(self, ago: timedelta, closer: str, amount: int, ahead: timedelta) -> "Tale":
        """A meeting is booked and the card filled; one that lies behind by now waits for its word."""
        starts = (self.world.end + ahead).replace(minute=0, second=0, microsecond=0)
        return self.step(ago, lambda at: self._book(at, starts, closer, amount))

    def _book(self, at: datetime, starts: datetime, closer: str, amount: int) -> None:
        """Book the meeting; whoever is taken then is half an hour later."""
        me, them = self.world.house[self.rep], self.world.house[closer]
        lead = Lead.objects.get(pk=self.lead)
        qualification.fill(lead, CARD, decision="sales", by=me, at=at).whole()
        facts = {
            "product": self.world.house.products[amount % 2], "owner": them, "amount": Decimal(amount), "by": me, "at": at,
            "zone": "Europe/London", "place": f"https://meet.example/{self.lead}", "persona": "Head of Operations",
            "next_step": "See one of their own weeks planned.",
        }  # fmt: skip
        for later in range(SLOTS):
            try:
                self.meeting = booking.book(
                    Lead.objects.get(pk=self.lead), starts_at=starts + later * timedelta(minutes=30), **facts
                )
            except Refused as refusal:
                if refusal.code != "busy" or later == SLOTS - 1:
                    raise
            else:
                return

    def advanced(self, ago: timedelta, closer: str, order: int = 2) -> "Tale":
        """The sale moves on; to the second stage by its meeting, which was held: its leads are qualified."""
        by = self.world.house[closer]

        def do(at):
            if order == 2:
                outcomes.complete_qualified(self.meeting, by=by, at=max(at, self.meeting.ends_at))
                return
            sale = Opportunity.objects.get(pk=self.meeting.opportunity_id)
            opportunities.advance(sale, Stage.objects.get(order=order), by=by, at=at)

        return self.step(ago, do)

    def won(self, ago: timedelta, closer: str, ends: timedelta, success: str = "carl") -> "Tale":
        """The sale is won, and its customer handed to success; the contract ends so long from now."""
        by, to = self.world.house[closer], self.world.house[success]
        until = (self.world.end + ends).date()

        def do(at):
            closing.win(self.meeting.opportunity, by=by, at=at, contract_end_date=until, success_owner=to)

        return self.step(ago, do)

    def taken_on(self, ago: timedelta, success: str = "carl") -> "Tale":
        """The success manager takes the customer on."""
        by = self.world.house[success]
        return self.step(ago, lambda at: self._answered(handing.accept, by=by, at=at))

    def sent_back(self, ago: timedelta, code: str, why: str, success: str = "carl") -> "Tale":
        """The success manager sends the customer back, and says why."""
        facts = {"by": self.world.house[success], "reason": self.world.reasons[code], "why": why}
        return self.step(ago, lambda at: self._answered(handing.refuse, at=at, **facts))

    def _answered(self, answer: Callable, **facts) -> None:
        answer(
            HandOff.objects.get(opportunity=self.meeting.opportunity_id, kind=HandOff.Kind.SUCCESS, outcome=""), **facts
        )

    def excepted(
        self, ago: timedelta, code: str, review: timedelta, granted: timedelta | None = None, by: str = "cleo"
    ) -> "Tale":
        me, boss, reason = self.world.house[self.rep], self.world.house[by], self.world.reasons[code]
        facts = {"reason": reason, "review_at": self.world.end + review, "by": me}
        self.step(ago, lambda at: exceptions.ask([self.lead], at=at, **facts))
        return self.step(granted, lambda at: exceptions.grant([self.lead], by=boss, at=at)) if granted else self

    def handed_over(self, ago: timedelta, rule: str) -> "Tale":
        """The product hands over to sales."""
        me = self.world.house[self.rep]
        return self.step(ago, lambda at: product_led.hand_over([self.lead], to=me, at=at, rule=rule))

    def self_serve(self, ago: timedelta) -> "Tale":
        me = self.world.house[self.rep]
        return self.step(ago, lambda at: product_led.fit_self_serve([self.lead], by=me, at=at))

    # What they do.

    def answered(self, ago: timedelta, words: str) -> "Tale":
        return self.step(ago, lambda at: signals.reply([self.lead], words=words, by=None, at=at))

    def raised(self, ago: timedelta, what: str, words: str, to: str = "") -> "Tale":
        who = self.world.house[to] if to else None
        facts = {"what": what, "words": words, "to": who, "pool": self.world.house.pool, "door": Door.API}
        return self.step(ago, lambda at: signals.raise_hand([self.lead], by=None, at=at, **facts))

    def stopped(self, ago: timedelta, *channels: str) -> "Tale":
        """They ask us to stop: on these channels, or on all."""
        return self.step(ago, lambda at: consent.opt_out([self.lead], channels=channels, by=None, at=at, door=Door.API))


def office_hours(at: datetime, zone) -> datetime:
    """Move a moment into the office hours of its week; what came earlier stays earlier."""
    here = at.astimezone(zone)
    share = (here.hour * 3_600 + here.minute * 60 + here.second) / 86_400
    back = max(0, here.isoweekday() - 5)
    if back or here.isoweekday() == 5:
        # Friday to Sunday share the hours of Friday.
        share = (back + share) / 3
    start = here.replace(hour=9, minute=0, second=0, microsecond=0) - timedelta(days=back)
    return start + share * 8 * HOUR
