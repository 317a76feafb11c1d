"""Any life: whatever people, prospects, the product and time do, in any order and twice, the data stays sound after every step.

Hypothesis makes up the lives and shortens what breaks a rule. `LEADOPS_LIVES=200 ./run test tests/leads/test_whole_life.py` tries more.
"""

import os
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts import receipts, sweeping
from accounts.models import Absence, Door, Product, Stage
from leadops import invariants
from leadops.schedules import SWEEPS
from leads import (
    assignment,
    consent,
    dispositions,
    erasure,
    exceptions,
    intake,
    notes,
    product_led,
    pulling,
    recycling,
    signals,
    wishes,
)
from leads import touches as touching
from leads.lifecycle import Refused, Result, Seen
from leads.models import Lead, Touch
from meetings import opportunities
from tests.factories import held, reason
from tests.leads.states import NOON, settle

LIVES = int(os.environ.get("LEADOPS_LIVES", "6"))
STEPS = 40
PEOPLE = ["ana", "ben", "dov", "cleo", "rita"]
DAY = timedelta(days=1)
TIMES = [timedelta(seconds=30), timedelta(minutes=20), timedelta(hours=2), DAY, 4 * DAY, 15 * DAY, 31 * DAY, 200 * DAY]
SORT = {"motion": ["slg", "slg", "plg"], "go_to_market": ["inbound", "outbound"]}
ENDS = ["no_for_now", "wrong_person", "unresponsive", "budget_later"]
NEVERS = ["not_a_prospect", "false_identity", "incompatible", "left_company"]

DIGEST = """
SELECT md5(concat_ws('/',
  (SELECT string_agg(l::text, ';' ORDER BY id) FROM leads_lead l), (SELECT string_agg(c::text, ';' ORDER BY id) FROM leads_cycle c),
  (SELECT string_agg(t::text, ';' ORDER BY id) FROM leads_task t), (SELECT string_agg(s::text, ';' ORDER BY id) FROM leads_spell s),
  (SELECT string_agg(t::text, ';' ORDER BY id) FROM leads_touch t),
  (SELECT string_agg(o::text, ';' ORDER BY id) FROM accounts_opportunity o),
  (SELECT count(*) FROM accounts_event), (SELECT count(*) FROM accounts_message), (SELECT count(*) FROM leads_signal)))
"""


def digest() -> str:
    with connection.cursor() as cursor:
        cursor.execute(DIGEST)
        return cursor.fetchone()[0]


class WholeLife(RuleBasedStateMachine):
    """A few leads of one house, in one transaction that is taken back at the end."""

    house = None  # set by the test
    leads = Bundle("leads")
    touched = Bundle("touched")

    @initialize()
    def begin(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.at, self.tokens, self.again = NOON, 0, None

    def teardown(self) -> None:
        if hasattr(self, "atomic"):
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    # How anything is asked.

    def ask(self, who: str, act: Callable[[], Result | object]) -> Result | None:
        """Ask as a page does: under a receipt, and with all of it or none. What is refused changes nothing."""
        self.tokens += 1
        key, at, before = receipts.key_of("life", self.house.people[who], str(self.tokens)), self.at, digest()

        def request():
            try:
                with transaction.atomic():
                    if not receipts.claim(key, user=self.house.people[who], at=at):
                        return None
                    answer = act()
                    settle()
                    return answer
            except Refused:
                return Result()

        answer, self.again = request(), request
        if isinstance(answer, Result):
            event("done" if answer.done else "refused")
        if isinstance(answer, Result) and not answer.done:
            assert digest() == before, "what was refused changed something"
        return answer if isinstance(answer, Result) else None

    def seen(self, pk: int) -> Seen:
        lead = Lead.objects.get(pk=pk)
        return Seen(pk, lead.cycle_id, lead.version)

    def person(self, name: str):
        return self.house.people[name]

    # People and the product arrive.

    @rule(target=leads, n=st.integers(0, 5), motion=st.sampled_from(SORT["motion"]), market=st.sampled_from(SORT["go_to_market"]),
          asks=st.booleans())  # fmt: skip
    def arrives(self, n, motion, market, asks):
        kind = {"kind": "hand_raise", "what": "demo"} if asks else {}
        row = {
            "email": f"p{n}@house{n % 3}.no",
            "last_name": f"Lind {n}",
            "company": f"House {n % 3}",
            "motion": motion,
        }
        row |= {"go_to_market": market, "source": "fair"}
        at, taken = self.at, []

        def act():
            taken[:] = intake.take([intake.make_row(row, **kind)], by=None, at=at, door=Door.API)
            return taken

        self.ask("rita", act)
        return multiple(*[one.lead for one in taken if one.lead])

    @rule(pk=leads)
    def signs_up(self, pk):
        self.ask("rita", lambda: product_led.sign_up([self.seen(pk)], at=self.at))

    @rule(pk=leads)
    def activates(self, pk):
        self.ask("rita", lambda: product_led.activate([pk], at=self.at))

    @rule(pk=leads, to=st.sampled_from(["ana", "dov", "north"]))
    def is_handed_over(self, pk, to):
        to = self.house.people.get(to) or self.house.north
        self.ask("rita", lambda: product_led.hand_over([self.seen(pk)], to=to, at=self.at))

    @rule(pk=leads)
    def fits_self_serve(self, pk):
        self.ask("rita", lambda: product_led.fit_self_serve([self.seen(pk)], by=self.house.rita, at=self.at))

    @rule(pk=leads, what=st.sampled_from(["demo", "chat"]), late=st.sampled_from([timedelta(0), timedelta(hours=3)]))
    def raises_hand(self, pk, what, late):
        self.ask("rita", lambda: signals.raise_hand([pk], what=what, by=None, at=self.at, when=self.at - late))

    @rule(pk=leads)
    def replies(self, pk):
        self.ask("rita", lambda: signals.reply([pk], words="In May", by=None, at=self.at))

    @rule(pk=leads, channels=st.sampled_from([(), (), ("call",), ("email", "call")]))
    def opts_out(self, pk, channels):
        self.ask("rita", lambda: consent.opt_out([pk], by=self.house.rita, at=self.at, channels=channels))

    @rule(pk=leads)
    def opts_in(self, pk):
        self.ask("rita", lambda: consent.clear([pk], by=self.house.rita, at=self.at, proof="Their mail."))

    # Into hands.

    @rule(who=st.sampled_from(["ana", "ben", "dov"]))
    def pulls(self, who):
        team = self.house.south if who == "dov" else self.house.north
        with_holders = pulling.next_in_queue(team, 1)
        if not with_holders:
            return
        try:
            with transaction.atomic():
                pulling.pull(team, by=self.person(who), at=self.at)
        except Refused:
            pass

    @rule(
        pk=leads,
        to=st.sampled_from(["ana", "ben", "dov", "north", "south"]),
        by=st.sampled_from(["cleo", "rita", "ana"]),
    )
    def is_assigned(self, pk, to, by):
        to = self.house.people.get(to) or self.house.teams[to.capitalize()]
        seen = self.seen(pk)
        self.ask(by, lambda: assignment.assign([seen], to=to, by=self.person(by), at=self.at, note="For you."))

    @rule(pk=leads, restart=st.booleans())
    def is_shared_out(self, pk, restart):
        seen = self.seen(pk)
        self.ask("rita", lambda: assignment.share_out([seen], team=self.house.north, by=self.house.rita, at=self.at, note="In turn.",
                                                      restart_clock=restart))  # fmt: skip

    @rule(pk=leads)
    def is_routed(self, pk):
        self.ask("rita", lambda: assignment.route([self.seen(pk)], by=None, at=self.at))

    @rule(pk=leads, team=st.sampled_from(["North", "South", None]))
    def waits(self, pk, team):
        to = self.house.teams[team] if team else None
        self.ask("rita", lambda: assignment.enqueue([self.seen(pk)], team=to, by=self.house.rita, at=self.at))

    @rule(pk=leads)
    def is_given_back(self, pk):
        self.ask("rita", lambda: pulling.give_back([self.seen(pk)], by=self.house.rita, at=self.at))

    @rule(who=st.sampled_from(["ana", "ben"]), days=st.integers(1, 3))
    def goes_away(self, who, days):
        Absence.objects.create(user=self.person(who), starts_at=self.at, ends_at=self.at + days * DAY)

    # The work.

    @rule(target=touched, pk=leads, channel=st.sampled_from(["call", "email", "social"]),
          outcome=st.sampled_from(["no_answer", "interested"]), by=st.sampled_from(["owner", "owner", "rita", "nobody"]),
          ago=st.sampled_from([timedelta(0), timedelta(0), timedelta(hours=5)]), plans=st.booleans())  # fmt: skip
    def is_touched(self, pk, channel, outcome, by, ago, plans):
        lead = Lead.objects.get(pk=pk)
        by = {"owner": lead.owner, "rita": self.house.rita}.get(by)
        answer = self.ask("rita", lambda: touching.log(
            [Seen(pk, lead.cycle_id)], channel=channel, outcome=outcome, by=by, at=self.at, occurred_at=self.at - ago,
            is_automated=by is None, next_at=self.at + 2 * DAY if plans and by else None,
        ))  # fmt: skip
        return multiple(answer.made[pk]["touch"].pk) if answer and answer.done and by else multiple()

    @rule(pk=consumes(touched), late=st.sampled_from([0, 20, 60, 61]))
    def is_untouched(self, pk, late):
        touch, at = Touch.objects.select_related("by").get(pk=pk), self.at + timedelta(seconds=late)
        self.ask("rita", lambda: touching.withdraw(touch, by=touch.by, at=at))
        self.at = at

    @rule(pk=leads)
    def is_planned(self, pk):
        self.ask("rita", lambda: notes.follow_up([pk], due_at=self.at + DAY, by=self.house.rita, at=self.at))

    @rule(pk=leads, code=st.sampled_from(ENDS), by=st.sampled_from(["owner", "rita"]))
    def is_not_now(self, pk, code, by):
        self.end(pk, by, lambda seen, who: dispositions.nurture([seen], reason=reason(code), by=who, at=self.at))

    @rule(pk=leads, code=st.sampled_from(NEVERS), by=st.sampled_from(["owner", "rita"]))
    def is_never(self, pk, code, by):
        self.end(pk, by, lambda seen, who: dispositions.unqualify([seen], reason=reason(code), by=who, at=self.at))

    @rule(pk=leads, days=st.integers(1, 40))
    def is_kept(self, pk, days):
        self.end(
            pk, "owner", lambda seen, who: dispositions.keep([seen], until=self.at + days * DAY, by=who, at=self.at)
        )

    def end(self, pk, by, act) -> None:
        seen = self.seen(pk)
        who = Lead.objects.get(pk=pk).owner if by == "owner" else None
        answer = self.ask("rita", lambda: act(seen, who or self.house.rita))
        if answer and answer.done and not answer.waiting:
            # From another tab, as it was seen before: somebody ended it meanwhile.
            later = self.ask("rita", lambda: act(seen, who or self.house.rita))
            assert later.done == []

    @rule(pk=leads)
    def is_set_aside(self, pk):
        self.ask("rita", lambda: dispositions.set_aside([self.seen(pk)], by=self.house.rita, at=self.at))

    @rule(pk=leads, code=st.sampled_from(NEVERS))
    def is_discarded(self, pk, code):
        self.ask(
            "rita", lambda: dispositions.discard([self.seen(pk)], reason=reason(code), by=self.house.rita, at=self.at)
        )

    @rule(pk=leads, by=st.sampled_from(["ana", "cleo", "rita"]))
    def is_taken_back(self, pk, by):
        self.ask(by, lambda: dispositions.take_back([self.seen(pk)], by=self.person(by), at=self.at))

    @rule(pk=leads, yes=st.booleans())
    def is_allowed(self, pk, yes):
        answer = wishes.allow if yes else wishes.disallow
        self.ask("rita", lambda: answer([self.seen(pk)], by=self.house.rita, at=self.at))

    @rule(pk=leads, days=st.integers(1, 20))
    def asks_for_an_exception(self, pk, days):
        self.ask(
            "rita",
            lambda: exceptions.ask(
                [pk], reason=reason("legal"), review_at=self.at + days * DAY, by=self.house.rita, at=self.at
            ),
        )

    @rule(pk=leads, grants=st.booleans())
    def has_an_exception(self, pk, grants):
        answer = exceptions.grant if grants else exceptions.close
        self.ask("rita", lambda: answer([pk], by=self.house.rita, at=self.at))

    # Sales, and ends for good.

    @rule(pk=leads, stage=st.sampled_from(["opens", "qualifies", "moves on", "is lost"]))
    def has_a_sale(self, pk, stage):
        lead = Lead.objects.select_related("account").get(pk=pk)
        if lead.account is None or lead.gone_as:
            return

        def act():
            sale = opportunities.open(lead.account, Product.objects.first(), leads=[lead], by=None, at=self.at)
            if stage != "opens":
                held(sale, at=self.at, lead=lead)
                which = {"is_pipeline": True} if stage == "moves on" else {"is_qualifying": True}
                opportunities.advance(sale, Stage.objects.get(**which), by=None, at=self.at)

        self.ask("rita", act)

    @rule(code=st.sampled_from(ENDS))
    def what_blocked_is_gone(self, code):
        self.ask("rita", lambda: recycling.release(reason(code), by=self.house.rita, at=self.at))

    @rule(pk=leads)
    @precondition(lambda self: self.tokens % 9 == 0)  # seldom: nothing more can be done with them
    def is_erased(self, pk):
        self.ask("rita", lambda: erasure.erase([self.seen(pk)], by=self.house.rita, at=self.at))

    # Time, sweeps, and doing it again.

    @rule(time=st.sampled_from(TIMES))
    def time_passes(self, time):
        self.at += time

    @rule(name=st.sampled_from(sorted(SWEEPS)), times=st.integers(0, 3))
    def is_swept(self, name, times):
        after = None
        for number in range(times):
            run = sweeping.run(SWEEPS[name], self.at)
            assert run.failed == 0, run.error
            assert number == 0 or digest() == after, f"{name}, again, changed something"
            after = digest()
        settle()

    @rule()
    def everything_is_swept(self):
        for sweep in SWEEPS.values():
            assert sweeping.run(sweep, self.at).failed == 0
        settle()

    @rule()
    @precondition(lambda self: getattr(self, "again", None) is not None)
    def the_last_request_comes_again(self):
        before = digest()
        self.again()
        assert digest() == before, "the same request had a second effect"

    @invariant()
    def the_data_is_sound(self):
        if hasattr(self, "atomic"):
            broken = invariants.broken()
            assert broken == {}, broken


@pytest.mark.django_db
def test_whatever_happens_in_whatever_order_the_data_stays_sound(house):
    life = type("Life", (WholeLife,), {"house": house})

    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=LIVES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck), database=None,
            derandomize="LEADOPS_LIVES" not in os.environ,
        ),
    )  # fmt: skip
