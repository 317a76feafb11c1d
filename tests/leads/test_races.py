"""Two at once. Each race has its control: with the guard off, the same test finds the harm."""

import threading
import time
from collections import Counter
from unittest.mock import patch

import pytest
from django.db import DatabaseError, transaction

from accounts.models import Account, Event, Opportunity, Product, Stage, Team, User
from leads import assignment, bulk, dispositions, hand_over_undo, handed_over, handing_over, lifecycle, pulling, touches
from leads.lifecycle import Refused, Result, Seen, Step
from leads.models import Cycle, Lead, Spell
from meetings import closing, opportunities
from tests.factories import held
from tests.lasting import all_halted, at_once, in_processes, overlapping
from tests.leads.states import HOUR, NOON, lead_in, raw, reason

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("shipped")]
LATER = NOON + 6 * HOUR


def pull_all(index: int, username: str, guarded: bool) -> list[int]:
    """Pull until the queue is empty. Runs in a process of its own."""
    if not guarded:
        pulling.next_in_queue = _unguarded
    rep, team = User.objects.get(username=username), Team.objects.get(name="North")
    got, misses = [], 0
    while misses < 3:
        try:
            result = pulling.pull(team, by=rep, at=LATER, number=5)
        except DatabaseError:
            misses += 1
            got.append(-1)
            continue
        got += [lead.pk for lead in result.done]
        got += [-1 for _ in result.refused]
        misses = 0 if result.done or result.refused else 3
        if result.refused:
            misses += 1
    return got


def _unguarded(team, number):
    waiting = Lead.objects.filter(team=team, status__in=("raw", "nurture"), motion="slg").order_by("id")
    return list(waiting.values_list("pk", flat=True)[:number])


def _queue(team, number):
    for n in range(number):
        raw(team=team, last_name=f"Queued {n}")


def test_eight_processes_pull_a_thousand_leads_and_none_twice(ana, north):
    _queue(north, 1000)

    answers = in_processes(8, pull_all, "ana", True)

    pulled = [pk for answer in answers for pk in answer]
    assert (len(pulled), len(set(pulled)), -1 in pulled) == (1000, 1000, False)
    assert Cycle.objects.count() == Spell.objects.filter(ended_at=None).count() == 1000
    assert Lead.objects.filter(status="assigned", owner=ana).count() == 1000


def test_the_control_pulling_without_the_lock_runs_into_each_other(ana, north):
    _queue(north, 200)

    answers = all_halted("leads_lead", 3, lambda: in_processes(3, pull_all, "ana", False))

    assert any(pk == -1 for answer in answers for pk in answer), "without SKIP LOCKED two must want the same lead"


def test_two_who_take_changes_of_many_back_take_the_leads_in_one_order(ana, ben, cleo, north):
    """What comes back to each person is a turn of its own; begun in another order, each would wait for what the other holds."""
    low, high = (lead_in("assigned", ben, cleo, north) for _ in range(2))
    ways = [[(low, ana), (high, ben)], [(low, ben), (high, ana)]]
    rows = [[[lead.pk, lead.cycle_id, lead.version, "person", to.pk] for lead, to in way] for way in ways]
    assignment.assign([low.pk, high.pk], to=cleo, by=cleo, at=NOON + HOUR)
    for row in (row for way in rows for row in way):
        row[2] = Lead.objects.get(pk=row[0]).version

    jobs = [lambda way=way: bulk.take_back(way, by=cleo, at=LATER) for way in rows]
    answers = overlapping("leads_lead", *jobs)

    assert sorted(len(answer.done) for answer in answers) == [0, 2]
    assert sorted(refusal.code for answer in answers for _lead, refusal in answer.refused) == ["stale", "stale"]


def test_who_hands_over_and_who_gives_away_what_is_handed_over_take_the_leads_in_one_order(ana, ben, cleo, north):
    """Whoever has a cap is held once the leads are: to take more leads after that is to wait for who holds one and waits for the cap."""
    ben.memberships.update(cap_open=50)
    lead_in("assigned", ana, cleo, north)
    kept = lead_in("kept", ana, cleo, north)

    def a_moment_later():
        time.sleep(1)
        return assignment.assign([kept.pk], to=ben, by=cleo, at=LATER)

    answers = overlapping(
        "leads_lead",
        lambda: handing_over.hand_over(ana, how="person", to=ben, rest=ben, by=cleo, at=LATER),
        a_moment_later,
    )

    assert [type(answer) for answer in answers] == [Result, Result]
    assert set(Lead.objects.values_list("owner", flat=True)) == {ben.pk}


@pytest.mark.parametrize("is_undo", [False, True], ids=["handed over", "taken back"])
def test_who_hands_over_and_who_loses_a_sale_of_theirs_take_the_sale_before_its_people(is_undo, ana, eva, finn, rita):
    lead = lead_in("qualified", ana, rita, None)
    sale = Opportunity.objects.get()
    Opportunity.objects.update(opportunity_owner=eva)
    Lead.objects.update(owner=eva, opportunity_owner=eva)

    def hand_over():
        return handing_over.hand_over(eva, how="person", to=finn, rest=finn, by=rita, at=LATER)

    def take_back():
        return hand_over_undo.take_back(handed_over.of(eva).get(), by=rita, at=LATER)

    def a_moment_later():
        time.sleep(1)
        return closing.lose(sale, reason=reason("lost_price"), by=rita, at=LATER)

    if is_undo:
        hand_over()
    answers = overlapping("leads_lead", take_back if is_undo else hand_over, a_moment_later)

    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    to = eva if is_undo else finn
    assert Opportunity.objects.values_list("opportunity_owner", "status").get() == (to.pk, "lost")
    assert Lead.objects.get(pk=lead.pk).status == "nurture"


def test_a_manager_reassigns_while_a_rep_dispositions_in_one_of_two_orders(ana, ben, cleo, north):
    outcomes = Counter()
    for _ in range(20):
        lead = lead_in("working", ana, cleo, north)
        seen = Seen(lead.pk, lead.cycle_id, lead.version)

        moved, ended = at_once(
            lambda seen=seen: assignment.assign([seen], to=ben, by=cleo, at=LATER),
            lambda seen=seen: dispositions.nurture([seen], reason=reason("no_for_now"), by=ana, at=LATER),
        )

        after = Lead.objects.get(pk=lead.pk)
        assert len(moved.done) + len(ended.done) == 1, "one of them was told that it came too late"
        assert (after.status, after.owner_id) == (("working", ben.pk) if moved.done else ("nurture", None))
        assert Spell.objects.filter(lead=lead, ended_at=None).count() == int(bool(moved.done))
        outcomes[bool(moved.done)] += 1
    assert sum(outcomes.values()) == 20


def test_the_control_without_lock_and_version_somebody_is_reverted(ana, ben, cleo, north):
    """What a process would do that reads, decides and saves: the slower one takes the faster one's change back."""
    lead = lead_in("working", ana, cleo, north)
    read = threading.Barrier(2)

    def reassign():
        row = Lead.objects.get(pk=lead.pk)
        read.wait()
        Lead.objects.filter(pk=row.pk).update(owner=ben)

    def edit():
        row = Lead.objects.get(pk=lead.pk)
        read.wait()
        threading.Event().wait(0.2)
        Lead.objects.filter(pk=row.pk).update(owner=row.owner, title="Head of Operations")

    at_once(reassign, edit)

    assert Lead.objects.get(pk=lead.pk).owner == ana, "the control: the reassignment was lost"


def test_two_who_log_the_first_touch_at_once_make_one_first_touch(ana, cleo, north):
    lead = lead_in("assigned", ana, cleo, north)
    seen = Seen(lead.pk, lead.cycle_id)

    answers = at_once(*[lambda: touches.log([seen], channel="call", outcome="no_answer", by=ana, at=LATER)] * 4)

    assert [a.refused for a in answers] == [[]] * 4
    cycle = Cycle.objects.get(lead=lead)
    assert (cycle.touches, cycle.first_touch_at) == (4, LATER)
    assert Event.objects.filter(lead_id=lead.pk, move="start").count() == 1


def test_a_double_disposition_is_one(ana, cleo, north):
    lead = lead_in("working", ana, cleo, north)
    seen = Seen(lead.pk, lead.cycle_id, lead.version)

    answers = at_once(*[lambda: dispositions.nurture([seen], reason=reason("no_for_now"), by=ana, at=LATER)] * 3)

    assert sum(len(a.done) for a in answers) == 1
    assert Event.objects.filter(lead_id=lead.pk, to_status="nurture").count() == 1


def test_who_throws_away_unseen_in_three_windows_at_once_is_stopped_after_ten_all_the_same(ana, cleo, north):
    leads = [lead_in("assigned", ana, cleo, north).pk for _ in range(24)]
    why = reason("wrong_person")

    answers = at_once(
        *[lambda part=leads[n::3]: dispositions.nurture(part, reason=why, by=ana, at=LATER) for n in range(3)]
    )

    assert [a.refused for a in answers] == [[]] * 3
    assert Cycle.objects.filter(outcome="nurture").count() == 10
    assert sum(len(a.waiting) for a in answers) == 14


def test_sharing_out_at_once_stays_within_one_of_the_shares(rita, north):
    leads = [raw().pk for _ in range(40)]
    parts = [leads[n::4] for n in range(4)]

    answers = at_once(*[lambda part=part: assignment.share_out(part, team=north, by=rita, at=LATER) for part in parts])

    assert [a.refused for a in answers] == [[]] * 4
    shares = Counter(Lead.objects.values_list("owner__username", flat=True))
    assert shares == {"ana": 20, "ben": 20}


def test_twenty_first_bookings_at_once_open_one_opportunity(ana, cleo, north):
    account = Account.objects.create(name="Nordlicht", name_key="nordlicht", domain="nordlicht.no", created_at=NOON)
    product = Product.objects.get()
    leads = [raw() for _ in range(20)]

    answers = at_once(
        *[lambda lead=lead: opportunities.open(account, product, leads=[lead], by=None, at=LATER) for lead in leads]
    )

    assert [a for a in answers if isinstance(a, Exception)] == []
    assert Opportunity.objects.count() == 1


def test_one_opportunity_moved_by_two_at_once_is_moved_once(ana, cleo, north):
    account = Account.objects.create(name="Nordlicht", name_key="nordlicht", domain="nordlicht.no", created_at=NOON)
    opportunity = opportunities.open(account, Product.objects.get(), leads=[raw()], by=None, at=NOON)
    held(opportunity, at=NOON)
    qualifying = Stage.objects.get(is_qualifying=True)

    answers = at_once(*[lambda: opportunities.advance(opportunity, qualifying, by=None, at=LATER)] * 3)

    assert sorted(type(a).__name__ for a in answers) == ["Opportunity", "Refused", "Refused"]
    assert Event.objects.filter(opportunity_id=opportunity.pk, move="advance").count() == 1


def test_an_overtaken_write_keeps_nothing(ana, cleo, north):
    """The version guard behind the lock: if a lock is circumvented, the whole batch is given up rather than half of it kept."""
    lead = lead_in("working", ana, cleo, north)
    real = Step.end_cycle

    def meddle(step, *args, **kwargs):
        Lead.objects.filter(pk=step.lead.pk).update(version=99)
        return real(step, *args, **kwargs)

    with patch.object(lifecycle.Step, "end_cycle", meddle), pytest.raises(lifecycle.Overtaken), transaction.atomic():
        dispositions.nurture([lead.pk], reason=reason("no_for_now"), by=ana, at=LATER)

    assert Lead.objects.get(pk=lead.pk).status == "working"
    assert not issubclass(lifecycle.Overtaken, Refused)
