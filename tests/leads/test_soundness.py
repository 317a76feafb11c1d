"""What a simulated company found: moments on a wall's clock, transactions that overtook each other, ends that were followed by an undo."""

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Event
from leadops import invariants
from leads import assignment, consent, dispositions, pulling, recycling, signals, touches
from leads.lifecycle import Seen
from leads.models import Cycle, Lead, Spell, Task, Touch
from tests.leads.states import HOUR, NOON, lead_in, raw, reason

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def test_a_limit_is_24_hours_also_across_the_night_that_has_25(ana, cleo, north):
    evening = datetime(2026, 10, 24, 14, tzinfo=ZoneInfo("Europe/Berlin"))

    lead = assignment.assign([raw(team=north)], to=ana, by=cleo, at=evening).lead
    signals.raise_hand([lead], what="demo", by=cleo, at=evening, when=evening)

    assert lead.cycle.limit_at - lead.cycle.assigned_at == 24 * HOUR
    assert {t.limit_at - t.began_at for t in Task.objects.filter(lead=lead)} == {24 * HOUR}


def test_a_moment_told_in_two_zones_is_one_hand_raise(ana, cleo, north):
    lead = lead_in("working", ana, cleo, north)
    signals.raise_hand([lead], what="demo", by=cleo, at=NOON + 6 * HOUR, when=NOON)

    again = signals.raise_hand(
        [lead.pk], what="demo", by=cleo, at=NOON + 6 * HOUR, when=NOON.astimezone(ZoneInfo("Europe/Berlin"))
    )

    assert [refusal.code for _, refusal in again.refused] == ["unchanged"]


def test_the_seven_days_of_quiet_are_days_of_24_hours(ana, cleo, north):
    lead = lead_in("working", ana, cleo, north)
    when = datetime(2026, 3, 28, 12, tzinfo=ZoneInfo("Europe/Berlin"))

    after = touches.log([lead], channel="call", outcome="sent", by=ana, at=when).lead

    assert after.cycle.abandon_at == after.cycle.last_touch_at + 7 * 24 * HOUR


def test_a_touch_of_a_round_that_ended_is_not_withdrawn_before_the_end_is(ana, cleo, north):
    lead = lead_in("working", ana, cleo, north)
    at = NOON + 6 * HOUR
    touch = touches.log([lead], channel="call", outcome="interested", by=ana, at=at).made[lead.pk]["touch"]
    dispositions.nurture([Seen(lead.pk)], reason=reason("no_for_now"), by=ana, at=at + 5 * SECOND)
    events = Event.objects.count()

    result = touches.withdraw(touch, by=ana, at=at + 10 * SECOND)

    assert [refusal.code for _, refusal in result.refused] == ["ended"]
    assert (Touch.objects.get(pk=touch.pk).withdrawn_at, Event.objects.count()) == (None, events)
    assert Cycle.objects.get(lead=lead).touches == 2


def test_who_waited_for_a_lock_and_asked_earlier_leaves_no_spell_that_begins_before_the_last_ended(
    ana, ben, cleo, north
):
    lead = lead_in("assigned", ana, cleo, north)
    assignment.assign([lead], to=ben, by=cleo, at=NOON + 2 * SECOND)
    assignment.assign([lead.pk], to=ana, by=cleo, at=NOON + SECOND)

    dispositions.unqualify([lead.pk], reason=reason("false_identity"), by=ana, at=NOON + SECOND)
    dispositions.take_back([Seen(lead.pk)], by=cleo, at=NOON)

    ends = list(Spell.objects.filter(lead=lead).order_by("pk").values_list("began_at", "ended_at"))
    assert all(ended <= began for (_, ended), (began, _) in pairwise(ends))
    broken = invariants.broken()
    assert broken.keys() <= {"known_by", "searchable"}, broken  # these leads came by no intake
    assert [t.done_at for t in Task.objects.filter(lead=lead, kind="response")] == [None]


def test_what_was_overtaken_is_on_record_no_earlier_than_it_happened(ana, cleo, north):
    lead = lead_in("working", ana, cleo, north)

    dispositions.nurture([lead.pk], reason=reason("no_for_now"), by=ana, at=NOON + HOUR - SECOND)

    event = Event.objects.transitions().filter(lead_id=lead.pk).latest("id")
    assert (event.at, event.recorded_at) == (NOON + HOUR, NOON + HOUR)
    assert Lead.objects.get(pk=lead.pk).status_since == NOON + HOUR


def test_a_late_sweep_ends_a_round_no_earlier_than_its_last_hands_took_it(ana, ben, cleo, north):
    lead = lead_in("working", ana, cleo, north)
    due = Cycle.objects.get(lead=lead).abandon_at
    assignment.assign([lead], to=ben, by=cleo, at=due + HOUR)

    after = recycling.abandon([lead.pk], at=due + 2 * HOUR).lead

    assert (after.status, after.cycle.ended_at) == ("nurture", due + HOUR)
    assert invariants.broken().keys() <= {"known_by", "searchable"}


def test_who_asked_us_to_stop_is_put_into_no_queue_and_comes_back_by_no_date(rita, north):
    lead = consent.opt_out([raw()], by=rita, at=NOON).lead

    queued = assignment.enqueue([lead], team=north, by=rita, at=NOON + HOUR)
    aside = dispositions.set_aside([lead], by=rita, at=NOON + HOUR).lead

    assert [refusal.code for _, refusal in queued.refused] == ["opted_out"]
    assert (aside.status, aside.team, aside.recycle_at) == ("nurture", None, None)


@pytest.mark.parametrize("number", [1, 3])
def test_what_a_turn_reads_late_it_reads_for_all_leads_at_once(
    number, ana, cleo, rita, north, django_assert_num_queries
):
    held = [lead_in("nurture", ana, cleo, north) for _ in range(number)]
    queued = assignment.enqueue(held, team=north, by=rita, at=NOON + 5 * HOUR).done
    pulled = assignment.assign(queued, to=ana, by=ana, at=NOON + 6 * HOUR, trigger="pull").done

    with django_assert_num_queries(12):
        back = pulling.give_back([lead.pk for lead in pulled], by=rita, at=NOON + 7 * HOUR).done

    assert {(lead.status, lead.team_id, lead.reason.code) for lead in back} == {("nurture", north.pk, "budget_later")}


def test_a_product_led_lead_is_given_to_no_team_of_sellers(rita, north):
    lead = raw(motion="plg", team=north)
    events = Event.objects.count()

    result = assignment.assign([lead], to=north, by=rita, at=NOON + HOUR)

    assert [refusal.code for _, refusal in result.refused] == ["shield"]
    assert (Lead.objects.get(pk=lead.pk).status, Event.objects.count()) == ("raw", events)
