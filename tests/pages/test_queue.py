"""The queue page: one person's day in one order, why each lead is there, what is counted, and at what cost (WORK-1, WORK-6)."""

import re
from datetime import datetime, time, timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import clock
from accounts.models import Reason
from leads import assignment, dispositions, exceptions, notes, queue, signals, touches
from leads.models import Lead
from tests.factories import LeadFactory, put
from tests.pages.desk import HTMX, desk, given, shown

__all__ = ["desk"]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def rows(page: str) -> list[tuple[int, str]]:
    """Return the rows in their order: lead and group."""
    found = []
    for part in re.split(r'<section class="group" ', page)[1:]:
        group = re.match(r'id="group-(\w+)"', part).group(1)
        found += [(int(pk), group) for pk in re.findall(r'id="row-(\d+)"', part)]
    return found


def called(lead: Lead, *, ago: timedelta, outcome="no_answer", **plan) -> Lead:
    result = touches.log([lead.pk], channel="call", outcome=outcome, by=lead.owner, at=clock.now() - ago, **plan)
    return result.lead


def planned(owner, due: timedelta, **facts) -> Lead:
    """A working lead with a follow-up due so long from now."""
    return called(given(owner, ago=5 * DAY, **facts), ago=4 * DAY, next_at=clock.now() + due, next_channel="email")


def outbound(owner, **facts) -> Lead:
    at = clock.now() - HOUR
    lead = LeadFactory(status_since=at, created_at=at, recorded_at=at, go_to_market="outbound", **facts)
    return assignment.assign([lead], to=owner, by=None, at=at).lead


def day_of(owner) -> dict[str, Lead]:
    """One lead of every kind, made in an order that is not the queue's."""
    made = {"open": called(given(owner, ago=5 * DAY), ago=4 * DAY, outcome="interested")}
    made["outbound"] = outbound(owner)
    made["new"] = given(owner, ago=10 * MINUTE)
    made["due"] = planned(owner, -HOUR)
    made["asked"] = planned(owner, 3 * DAY)
    assert signals.raise_hand([made["asked"].pk], what="demo", words="Call me", by=None, at=clock.now() - MINUTE).done
    made["risk"] = given(owner, ago=100 * MINUTE)
    made["late"] = given(owner, ago=3 * HOUR)
    made["over"] = given(owner, ago=30 * HOUR)
    return made


def test_the_day_is_in_one_order(house, desk):
    made = day_of(house.ana)

    page = desk(house.ana, script=False).open("/queue/").content.decode()

    order = [("over", "over"), ("late", "risk"), ("risk", "risk"), ("asked", "asked"), ("due", "due")]
    order += [("new", "new"), ("outbound", "new"), ("open", "open")]
    assert rows(page) == [(made[name].pk, group) for name, group in order]
    assert "8 to do" in page


def test_each_row_says_why_it_is_there(house, desk):
    day_of(house.ana)

    page = desk(house.ana, script=False).open("/queue/").content.decode()

    why = re.findall(r'<span class="row__why">(.*?)</span>', page)
    last = why[4].split(", ", 2)
    assert [why[0], why[1], why[3], why[6]] == [
        "Inbound, by a manager. No touch in 30 h",
        "Inbound, by a manager. No touch yet",
        "“Call me”",
        "Outbound, by a manager. No touch yet",
    ]
    assert last[:2] == ["Last: call", "no answer"]
    assert why[7].startswith("Nothing is planned. Last: call, interested, ")


def test_a_lead_stands_once_where_it_is_most_urgent(house, desk):
    lead = given(house.ana, ago=30 * HOUR)
    assert signals.raise_hand([lead.pk], what="demo", words="", by=None, at=clock.now()).done

    page = desk(house.ana, script=False).open("/queue/").content.decode()

    assert rows(page) == [(lead.pk, "over")]


def test_ties_are_broken_by_intent_then_value(house):
    at = clock.now()
    made = [
        LeadFactory(status_since=at, go_to_market=market, score=score)
        for market, score in (("outbound", 90), ("outbound", 95), ("inbound", 10), ("inbound", 80))
    ]
    assignment.assign(made, to=house.ana, by=None, at=at)
    low, high, cold, warm = made
    # The same clock for all: only then is it a tie.
    order = [e.lead for e in queue.of(house.ana, at).entries]

    assert order == [warm.pk, cold.pk, high.pk, low.pk]


def test_what_is_due_later_today_is_counted_and_can_be_shown(house, desk):
    midnight = datetime.combine(clock.now().astimezone(house.ana.zone).date() + DAY, time.min, house.ana.zone)
    left = midnight - clock.now()
    lead = planned(house.ana, left - timedelta(seconds=1))
    planned(house.ana, left + MINUTE)
    ana = desk(house.ana, script=False)

    page = ana.open("/queue/").content.decode()

    assert "1 more is due later today." in page
    assert rows(page) == []
    assert rows(ana.open("/queue/", view="later").content.decode()) == [(lead.pk, "later")]


def test_a_view_shows_its_part_and_everything_keeps_it(house, desk):
    made = day_of(house.ana)

    page = desk(house.ana, script=False).open("/queue/", view="risk").content.decode()

    assert rows(page) == [(made["late"].pk, "risk"), (made["risk"].pk, "risk")]
    assert f'href="/queue/?view=risk&amp;lead={made["risk"].pk}#lead"' in page
    assert '<input type="hidden" name="view" value="risk">' in page
    assert "8 to do" in page


def test_a_view_nobody_knows_is_the_whole_day(house, desk):
    given(house.ana)

    assert "1 to do" in desk(house.ana, script=False).open("/queue/", view="'; drop").content.decode()


def test_the_first_lead_stands_beside_the_list_until_another_is_asked_for(house, desk):
    first, second = given(house.ana, ago=90 * MINUTE), given(house.ana)
    ana = desk(house.ana, script=False)

    plain, asked = ana.open("/queue/"), ana.open("/queue/", lead=second.pk)

    assert (shown(plain), shown(asked)) == (first.pk, second.pk)
    assert ("data-open" in plain.content.decode(), "data-open" in asked.content.decode()) == (False, True)


def test_the_fragment_is_the_panel_the_page_shows(house, desk):
    lead = given(house.ana)
    ana = desk(house.ana)

    answer = ana.open(f"/queue/{lead.pk}/")

    assert answer.content.decode().lstrip().startswith('<div class="panel__in"')
    assert ana.client.get(f"/queue/{lead.pk}/")["Location"] == f"/queue/?lead={lead.pk}"


def test_an_empty_day_says_what_comes_next(house, desk):
    page = desk(house.ana, script=False).open("/queue/").content.decode()

    assert "0 to do" in page
    assert "All done for today" in page


def test_a_day_that_goes_on_later_says_when(house, desk):
    midnight = datetime.combine(clock.now().astimezone(house.ana.zone).date() + DAY, time.min, house.ana.zone)
    planned(house.ana, midnight - clock.now() - timedelta(seconds=1))

    page = desk(house.ana, script=False).open("/queue/").content.decode()

    assert "Nothing is due until today 23:59" in page


def test_no_other_persons_lead_is_in_the_queue(house, desk):
    given(house.ben), given(house.dov)

    assert rows(desk(house.ana, script=False).open("/queue/").content.decode()) == []


def test_a_lead_moves_between_queues_with_its_owner(house, desk):
    lead = given(house.ana)
    assert assignment.assign([lead], to=house.ben, by=house.cleo, at=clock.now()).done

    assert rows(desk(house.ana, script=False).open("/queue/").content.decode()) == []
    assert rows(desk(house.ben, script=False).open("/queue/").content.decode()) == [(lead.pk, "new")]


def test_a_kept_lead_comes_into_the_day_it_was_kept_for(house, desk):
    lead = called(given(house.ana, ago=5 * DAY), ago=4 * DAY, outcome="interested")
    assert dispositions.keep([lead.pk], until=clock.now() - HOUR, by=house.ana, at=clock.now() - 3 * DAY).done

    page = desk(house.ana, script=False).open("/queue/").content.decode()

    assert rows(page) == [(lead.pk, "due")]
    assert "Take it up again" in page


def test_a_hand_raise_that_may_not_return_waits_for_the_managers_word(house, desk):
    lead = put(None, "unqualified", owner=house.ana, at=clock.now() - DAY)
    assert signals.raise_hand([lead.pk], what="demo", words="", by=None, at=clock.now()).done

    page = desk(house.cleo, script=False).open("/queue/").content.decode()

    assert rows(page) == [(lead.pk, "asked")]
    assert "Asked for a demo; the last round ended “Not a prospect”. You decide" in page


def test_a_granted_exception_leaves_the_late_ones(house, desk):
    lead = given(house.ana, ago=30 * HOUR)
    reason = Reason.objects.get(code="legal")
    assert exceptions.ask([lead.pk], reason=reason, review_at=clock.now() + 9 * DAY, by=house.ana, at=clock.now()).done
    ana = desk(house.ana, script=False)
    assert rows(ana.open("/queue/").content.decode()) == [(lead.pk, "over")]

    assert exceptions.grant([lead.pk], by=house.cleo, at=clock.now()).done

    assert rows(ana.open("/queue/").content.decode()) == []


def test_a_planned_step_takes_a_lead_out_of_those_without_one(house, desk):
    lead = called(given(house.ana, ago=5 * DAY), ago=4 * DAY, outcome="interested")
    ana = desk(house.ana, script=False)
    assert rows(ana.open("/queue/").content.decode()) == [(lead.pk, "open")]

    assert notes.follow_up([lead.pk], due_at=clock.now() + 2 * DAY, by=house.ana, at=clock.now()).done

    assert rows(ana.open("/queue/").content.decode()) == []


def test_pull_next_says_how_many_wait_in_the_own_queues(house, desk):
    put(None, "raw", team=house.north), put(None, "raw", team=house.north), put(None, "raw", team=house.south)

    page = desk(house.ana, script=False).open("/queue/").content.decode()

    assert "2 wait to be pulled" in page


def test_pull_next_says_when_nobody_waits(house, desk):
    page = desk(house.ana, script=False).open("/queue/").content.decode()

    assert "Nobody waits in the queues of your teams." in page
    assert 'aria-describedby="pull-why"' in page


def test_a_manager_has_no_pull(house, desk):
    assert "/queue/pull/" not in desk(house.cleo, script=False).open("/queue/").content.decode()


def test_whoever_reaches_out_to_leads_has_a_queue(house, desk):
    names = ("ana", "eva", "carl", "cleo", "rita", "mark", "lena")

    answers = {name: desk(house.people[name], script=False).open("/queue/").status_code for name in names}

    assert answers == dict.fromkeys(names[:5], 200) | dict.fromkeys(names[5:], 403)


def test_a_lead_out_of_sight_is_not_shown_beside_the_queue(house, desk):
    lead = given(house.dov)
    ana = desk(house.ana)

    assert ana.open("/queue/", lead=lead.pk).status_code == 404
    assert ana.open(f"/queue/{lead.pk}/").status_code == 404


def test_a_page_has_fifty_rows_and_the_rest_follows(house, desk):
    at = clock.now() - HOUR
    made = [LeadFactory(status_since=at, created_at=at) for _ in range(53)]
    assignment.assign(made, to=house.ana, by=None, at=at)
    ana = desk(house.ana, script=False)

    first, second = ana.open("/queue/").content.decode(), ana.open("/queue/", start=50).content.decode()

    assert (len(rows(first)), len(rows(second))) == (50, 3)
    assert "53 to do" in first
    assert 'href="/queue/?start=50">Show 3 more</a>' in first
    assert len({pk for pk, _ in rows(first) + rows(second)}) == 53


def cost(client, url: str) -> int:
    client.get(url)  # what is read once for a process is not the page's
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert client.get(url, headers=HTMX if url.count("/") > 2 else {}).status_code == 200
    return len(caught)


def test_the_queue_costs_the_same_for_one_lead_of_each_kind_and_for_three(house, desk):
    client = desk(house.ana).client
    day_of(house.ana)
    one = cost(client, "/queue/")

    day_of(house.ana), day_of(house.ana)

    assert cost(client, "/queue/") == one


def test_the_queue_costs_twelve_queries_at_most_whatever_the_lead_beside_it_has_been_through(house, desk):
    client = desk(house.ana).client
    for lead in day_of(house.ana).values():
        assert cost(client, f"/queue/?lead={lead.pk}") <= 12, lead


def test_an_empty_queue_costs_five_queries(house, desk, django_assert_num_queries):
    """Session, person; the teams; what is to do; who waits, what was pulled and the bell. Rows are one more, an open lead five."""
    client = desk(house.ana).client
    planned(house.ana, 3 * DAY)
    client.get("/queue/")

    with django_assert_num_queries(5):
        client.get("/queue/")
