"""A change to many: what the preview says is what the deed does, what is refused says why, and it is taken back for ten minutes."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Event
from leads import bulk, consent, touches
from leads.bulk import Change
from leads.lifecycle import Refused, Seen
from leads.models import Cycle, Lead, LeadStatus, Note, Source, Spell, Task
from tests.factories import NOON, LeadFactory, product_led, put, reason

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
AT = NOON + HOUR


def seen(*leads) -> list[Seen]:
    """The leads as somebody saw them just now."""
    rows = Lead.objects.filter(pk__in=[lead.pk for lead in leads]).order_by("pk")
    return [Seen(*row) for row in rows.values_list("pk", "cycle_id", "version")]


def everything() -> list:
    """All that a change to leads may write."""
    return [list(model.objects.order_by("pk").values_list()) for model in (Lead, Task, Event, Cycle, Spell, Note)]


@pytest.fixture
def kinds(house):
    """One lead of every kind that a manager may have ticked."""
    opted_out = put(None, "assigned", owner=house.ana)
    consent.opt_out([opted_out], by=house.ana, at=NOON)
    return [
        put(None, "assigned", owner=house.ana),
        put(None, "working", owner=house.ana),
        put(None, "assigned", owner=house.ben),
        put(None, "raw", team=house.north),
        put(None, "nurture", owner=house.ana),
        put(None, "unqualified", owner=house.ana),
        opted_out,
        put(None, "assigned", owner=house.dov),
    ]


CHANGES = {
    "to a person": lambda h: Change("assign", "person", h.ben),
    "in turn": lambda h: Change("assign", "turn", h.north),
    "into a queue": lambda h: Change("assign", "queue", h.north),
    "with the clock restarted": lambda h: Change("assign", "person", h.ben, note="Ana was ill", restart_clock=True),
    "not now": lambda h: Change("nurture", reason=reason("budget_later")),
    "never": lambda h: Change("unqualify", reason=reason("not_a_prospect"), note="Seen together"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_preview_changes_nothing_and_the_deed_does_what_it_showed(house, kinds, change):
    wanted, before = change(house), everything()

    shown = bulk.preview(wanted, seen(*kinds), by=house.cleo, at=AT)
    between = everything()
    done = bulk.carry_out(wanted, seen(*kinds), shown.print, by=house.cleo, at=AT)

    assert between == before
    assert (done.is_as_seen, done.done, done.refused) == (True, shown.done, shown.refused)
    assert len(done.done) > 0
    assert {m.pk for m in done.done} == {row[0] for row in _changed(before)}


def _changed(before) -> list:
    return [new for old, new in zip(before[0], everything()[0], strict=True) if old != new]


def test_each_refusal_says_why(house, kinds):
    house.ben.memberships.update(cap_open=3)

    shown = bulk.preview(Change("assign", "person", house.ben), seen(*kinds), by=house.cleo, at=AT)

    assert (len(shown.done), dict(shown.reasons)) == (2, {"already": 1, "cap": 2, "note": 1, "opted_out": 1, "gone": 1})


def test_what_a_person_may_not_see_is_not_there_and_not_named(house):
    other = put(LeadFactory(last_name="Secret"), "assigned", owner=house.dov)

    shown = bulk.preview(Change("assign", "person", house.ben), seen(other), by=house.cleo, at=AT)

    assert [(k.pk, k.name, k.code) for k in shown.refused] == [(other.pk, "", "gone")]


def test_what_changed_between_preview_and_deed_is_shown_and_nothing_is_done(house):
    mine = [put(None, "assigned", owner=house.ana) for _ in range(3)]
    ticked, change = seen(*mine), Change("assign", "person", house.ben)
    shown = bulk.preview(change, ticked, by=house.cleo, at=AT)
    touches.log([mine[0]], channel="call", outcome="no_answer", by=house.ana, at=AT)
    before = everything()

    done = bulk.carry_out(change, ticked, shown.print, by=house.cleo, at=AT)

    assert (done.is_as_seen, [k.pk for k in done.refused], everything()) == (False, [mine[0].pk], before)


def test_a_reason_that_does_not_fit_is_refused_at_once(house):
    lead = put(None, "working", owner=house.ana)

    with pytest.raises(Refused, match="no reason for this"):
        bulk.preview(Change("nurture", reason=reason("not_a_prospect")), seen(lead), by=house.ana, at=AT)


def test_clocks_run_on_and_tasks_go_along(house):
    lead = put(None, "assigned", owner=house.ana)
    was = Task.objects.get(lead=lead).limit_at

    change = Change("assign", "person", house.ben)
    bulk.carry_out(change, seen(lead), _print(change, lead, house.cleo), by=house.cleo, at=AT)

    task = Task.objects.get(lead=lead)
    assert (task.owner, task.limit_at) == (house.ben, was)


def _print(change, lead, by) -> str:
    return bulk.preview(change, seen(lead), by=by, at=AT).print


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_taken_back_every_lead_is_where_it_was(house, change):
    mine = [
        put(None, "working", owner=house.ana),
        put(None, "working", owner=house.ana),
        put(None, "raw", team=house.south),
    ]
    by, wanted = house.nora, change(house)
    where = list(Lead.objects.order_by("pk").values_list("pk", "status", "owner", "team"))
    done = bulk.carry_out(wanted, seen(*mine), bulk.preview(wanted, seen(*mine), by=by, at=AT).print, by=by, at=AT)

    result = bulk.take_back(done.back, by=by, at=AT + HOUR / 10)

    assert len(done.done) >= 2
    assert [refusal.words for _lead, refusal in result.refused] == []
    assert list(Lead.objects.order_by("pk").values_list("pk", "status", "owner", "team")) == where


def test_what_went_on_meanwhile_stays(house):
    first, second = (put(None, "assigned", owner=house.ana) for _ in range(2))
    change = Change("assign", "person", house.ben)
    shown = bulk.preview(change, seen(first, second), by=house.cleo, at=AT)
    done = bulk.carry_out(change, seen(first, second), shown.print, by=house.cleo, at=AT)
    touches.log([first.pk], channel="call", outcome="interested", by=house.ben, at=AT)

    result = bulk.take_back(done.back, by=house.cleo, at=AT + HOUR / 10)

    owners = list(Lead.objects.order_by("pk").values_list("owner", flat=True))
    assert (owners, [lead.pk for lead, _why in result.refused]) == ([house.ben.pk, house.ana.pk], [first.pk])


def test_after_ten_unseen_of_one_source_the_rest_wait_and_the_wish_is_taken_back(house):
    source = Source.objects.create(name="Fair")
    mine = [put(LeadFactory(source=source), "assigned", owner=house.ana) for _ in range(13)]
    change = Change("unqualify", reason=reason("not_a_prospect"))
    shown = bulk.preview(change, seen(*mine), by=house.ana, at=AT)
    done = bulk.carry_out(change, seen(*mine), shown.print, by=house.ana, at=AT)
    wishes = Task.objects.filter(kind="review", done_at__isnull=True).count()

    result = bulk.take_back(done.back, by=house.ana, at=AT + HOUR / 10)

    assert (shown.waiting, done.waiting, wishes, len(result.done)) == (3, 3, 3, 13)
    assert Task.objects.filter(kind="review", done_at__isnull=True).count() == 0
    assert set(Lead.objects.values_list("status", flat=True)) == {LeadStatus.ASSIGNED}


def test_a_wish_goes_with_a_change_of_hands(house):
    source = Source.objects.create(name="Fair")
    mine = [put(LeadFactory(source=source), "assigned", owner=house.ana) for _ in range(11)]
    never = Change("unqualify", reason=reason("not_a_prospect"))
    bulk.carry_out(never, seen(*mine), bulk.preview(never, seen(*mine), by=house.ana, at=AT).print, by=house.ana, at=AT)
    change = Change("assign", "person", house.ben)

    bulk.carry_out(change, seen(mine[10]), _print(change, mine[10], house.cleo), by=house.cleo, at=AT)

    wish = Task.objects.get(kind="review")
    assert (wish.outcome, Task.objects.get(lead=mine[10], kind="response").owner) == ("dropped", house.ben)


def test_the_products_leads_stay_with_the_product(house):
    lead = product_led()

    shown = bulk.preview(Change("assign", "person", house.ben), seen(lead), by=house.rita, at=AT)

    assert dict(shown.reasons) == {"shield": 1}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_one_lead_and_three_cost_the_same(house, change):
    costs = []
    for number in (1, 3):
        mine = [put(None, "working", owner=house.ana) for _ in range(number)]
        mine += [put(None, "assigned", owner=house.ana) for _ in range(number)]
        wanted = change(house)
        shown = bulk.preview(wanted, seen(*mine), by=house.cleo, at=AT)
        with CaptureQueriesContext(connection) as deed:
            done = bulk.carry_out(wanted, seen(*mine), shown.print, by=house.cleo, at=AT)
        with CaptureQueriesContext(connection) as back:
            bulk.take_back(done.back, by=house.cleo, at=AT)
        costs.append((len(deed), len(back)))

    assert costs[0] == costs[1]
