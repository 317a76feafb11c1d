"""A working day's pulls against the goal, and the manager's room at 08:00 and as a page."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import telling
from accounts.models import Absence, Message, User
from accounts.sweeping import run
from leads import assignment, notes, pulling, pulls, room
from leads.models import Lead
from leads.sweeps import DAY_END, MORNING
from tests.factories import NOON, LeadFactory, put
from tests.leads.year import on

pytestmark = pytest.mark.django_db
HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
TUESDAY = NOON + DAY  # 13:00 in Berlin
END = on("2026-03-03 17:00")  # 18:00 in Berlin


def queued(team, number: int, at=NOON) -> None:
    leads = [
        LeadFactory(go_to_market="outbound", status_since=at, created_at=at, recorded_at=at) for _ in range(number)
    ]
    assignment.enqueue(leads, team=team, by=None, at=at)


def pull(rep, team, number: int, at=TUESDAY) -> list[Lead]:
    queued(team, number)
    return pulling.pull(team, by=rep, at=at, number=number).done


@pytest.fixture
def day(house):
    """Ana's Tuesday; everybody has been here since January, and somebody waits in the queue of North."""
    queued(house.north, 1)
    User.objects.update(date_joined=on("2026-01-05 09:00"), day_ends_at=None)
    User.objects.filter(pk=house.ana.pk).update(day_ends_at=END)
    User.objects.exclude(pk=house.ana.pk).update(day_ends_at=END + 90 * DAY)
    return house


def told(kind: str = "pulls") -> list[tuple]:
    rows = Message.objects.filter(kind=kind).order_by("pk")
    return [(m.to.username, m.created_at, m.data.get("pulled")) for m in rows]


@pytest.mark.parametrize(("number", "is_told"), [(0, True), (9, True), (10, False), (15, False), (16, True)])
def test_when_the_day_ends_the_manager_hears_who_fell_outside_ten_to_fifteen(day, number, is_told):
    if number:
        pull(day.ana, day.north, number)

    runs = [run(DAY_END, moment).done for moment in (END - SECOND, END, END, END + HOUR)]

    assert runs == [0, 1, 0, 0]
    assert told() == ([("cleo", END, number)] if is_told else [])
    assert User.objects.get(pk=day.ana.pk).day_ends_at == END + DAY


def test_what_was_pulled_and_given_back_untouched_on_the_same_day_does_not_count(day):
    leads = pull(day.ana, day.north, 10)
    pulling.give_back(leads[:1], by=day.ana, at=TUESDAY + HOUR)

    run(DAY_END, END)

    assert (pulls.stand(day.ana, END)[1], told()) == (9, [("cleo", END, 9)])


@pytest.mark.parametrize(
    "why", ["away", "away at noon", "empty queue", "asked an empty queue", "new", "no working day"]
)
def test_of_a_day_of_which_nothing_could_be_asked_nobody_is_told(day, why):
    if why.startswith("away"):
        begins, ends = (END - 20 * HOUR, END) if why == "away" else (END - 5 * HOUR, END - 4 * HOUR)
        Absence.objects.create(user=day.ana, starts_at=begins, ends_at=ends)
    elif why == "empty queue":
        Lead.objects.filter(team=day.north).update(team=None)
    elif why == "asked an empty queue":
        pulls.ran_dry(day.ana, TUESDAY)
    elif why == "new":
        User.objects.filter(pk=day.ana.pk).update(date_joined=TUESDAY)
    else:
        User.objects.filter(pk=day.ana.pk).update(work_days=[1, 3], day_ends_at=pulls.next_end(day.ana, END - DAY))
        User.objects.filter(pk=day.ana.pk).update(
            day_ends_at=pulls.next_end(User.objects.get(pk=day.ana.pk), END - HOUR)
        )

    run(DAY_END, END)

    assert told() == []


def test_more_than_fifteen_are_told_also_when_the_queue_is_empty_now(day):
    pull(day.ana, day.north, 16)
    Lead.objects.filter(team=day.north).update(team=None)

    run(DAY_END, END)

    assert told() == [("cleo", END, 16)]


def test_a_sweep_that_slept_makes_up_every_day_each_dated_its_end(day):
    run(DAY_END, END + 6 * DAY)

    assert [at for _to, at, _n in told()] == [END, END + DAY, END + 2 * DAY, END + 3 * DAY, END + 6 * DAY]


def test_a_day_ends_by_the_clock_on_the_wall_on_both_sides_of_a_change(ana):
    ends = [on("2026-03-27 17:00")]
    for _ in range(2):
        ends.append(pulls.next_end(ana, ends[-1]))

    assert ends == [on("2026-03-27 17:00"), on("2026-03-30 16:00"), on("2026-03-31 16:00")]


def test_while_the_manager_is_away_theirs_hears(day):
    Absence.objects.create(user=day.cleo, starts_at=END - DAY, ends_at=END + DAY)

    run(DAY_END, END)

    assert told() == [("nora", END, 0)]


def test_an_empty_queue_is_told_once_a_day_and_the_rep_hears_so(house, client_of):
    client = client_of(house.ana)

    first, second = (client.post("/queue/pull/", {"token": str(n)}) for n in range(2))

    [(to, _at, _pulled)] = told("dry")
    assert (first.status_code, second.status_code, to) == (422, 422, "cleo")
    assert "The list is empty. Cleo was told today" in second.content.decode()
    assert "your goal does not count today." in second.content.decode()


def test_a_rep_sees_what_they_pulled_today(house, client_of):
    page = client_of(house.ana).get("/queue/").content.decode()

    assert "0 of 10 to 15 pulled today" in page


# The room.

EIGHT = on("2026-03-27 07:00")  # 08:00 in Berlin


def untidy(house) -> None:
    """Ana: one past its limit and stale, with an overdue task. Ben: one past its limit. Pulls of Ana on the 26th."""
    stale = put(None, "working", owner=house.ana)
    notes.follow_up([stale], due_at=NOON + 2 * DAY, by=house.ana, at=NOON + HOUR)
    put(None, "assigned", owner=house.ana)
    put(None, "assigned", owner=house.ben)
    queued(house.north, 1)
    User.objects.update(day_ends_at=None, date_joined=on("2026-01-05 09:00"))
    User.objects.filter(pk=house.ana.pk).update(day_ends_at=on("2026-03-26 17:00"))
    run(DAY_END, on("2026-03-26 17:00"))


def mornings(*names: str, house) -> None:
    User.objects.filter(username__in=names).update(morning_at=EIGHT)
    User.objects.exclude(username__in=names).update(morning_at=EIGHT + 90 * DAY)


def test_at_eight_a_manager_hears_by_rep_what_is_late_with_links(house):
    untidy(house)
    mornings("cleo", house=house)

    runs = [run(MORNING, moment).done for moment in (EIGHT - SECOND, EIGHT, EIGHT, EIGHT + HOUR)]

    message = Message.objects.get(kind="room")
    [said] = telling.said([message], house.cleo, EIGHT)
    assert (runs, message.to, message.created_at) == ([0, 1, 0, 0], house.cleo, EIGHT)
    assert said.words == (
        "Clean your room: 2 leads past their limit, 1 working lead without activity for 7 days, 1 overdue task, "
        "1 person outside 10 to 15 pulls."
    )
    ana, ben = house.ana.pk, house.ben.pk
    assert said.lines == (
        ("Ana Berg: 1 lead past its limit", f"/team/?show=over&rep={ana}"),
        ("Ana Berg: 1 working lead without activity for 7 days", f"/team/?show=quiet&rep={ana}"),
        ("Ana Berg: 1 overdue task", f"/team/?show=overdue&rep={ana}"),
        ("Ana Berg: 0 pulls", f"/team/?rep={ana}"),
        ("Ben Ito: 1 lead past its limit", f"/team/?show=over&rep={ben}"),
    )


def test_a_clean_room_says_so(house):
    mornings("hugo", house=house)

    run(MORNING, EIGHT)

    [said] = telling.said(list(Message.objects.filter(kind="room")), house.hugo, EIGHT)
    assert (said.words, said.lines) == ("A clean room. Nothing is late in your team.", ())


def test_a_manager_of_nobody_hears_nothing(house):
    house.south.manager = None
    house.south.save()
    mornings("hugo", house=house)

    run(MORNING, EIGHT)

    assert Message.objects.filter(kind="room").count() == 0


def test_while_a_manager_is_away_theirs_hears_of_the_room(house):
    untidy(house)
    mornings("cleo", house=house)
    Absence.objects.create(user=house.cleo, starts_at=EIGHT - DAY, ends_at=EIGHT + DAY)

    run(MORNING, EIGHT)

    message = Message.objects.get(kind="room")
    [said] = telling.said([message], house.nora, EIGHT)
    assert (message.to, said.words[:56]) == (house.nora, "For Cleo Marsh, who is away. Clean your room: 2 leads pa")


def test_eight_is_eight_in_each_managers_zone(house):
    mornings(house=house)
    User.objects.filter(username="cleo").update(morning_at=EIGHT)
    User.objects.filter(username="hugo").update(time_zone="America/New_York", morning_at=on("2026-03-27 12:00"))

    run(MORNING, on("2026-03-27 11:59:59"))
    run(MORNING, on("2026-03-27 12:00"))

    rows = Message.objects.filter(kind="room").order_by("created_at").values_list("to__username", "created_at")
    assert list(rows) == [("cleo", EIGHT), ("hugo", on("2026-03-27 12:00"))]
    assert User.objects.get(username="hugo").morning_at == on("2026-03-28 12:00")


def test_the_page_shows_the_room_as_it_is_now_to_who_leads_people(house, client_of):
    put(None, "assigned", owner=house.ana)
    client = client_of(house.cleo)

    page = client.get("/team/room/").content.decode()
    dovs = client_of(house.hugo).get("/team/room/").content.decode()

    assert f'<a href="/team/?show=over&amp;rep={house.ana.pk}" aria-label="Ana Berg, past limit: 1">1</a>' in page
    assert "A clean room. Nothing is late in your team." in dovs
    assert client_of(house.ana).get("/team/room/").status_code == 403


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_asks_as_often_for_one_as_for_three(house, client_of, number):
    for _ in range(number):
        put(None, "assigned", owner=house.ana)
        put(None, "assigned", owner=house.ben)
    client = client_of(house.cleo)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get("/team/room/")

    assert len(queries) == 13  # two of them for the lines of meetings


def test_every_number_of_the_room_opens_to_as_many_rows(house, client_of):
    untidy(house)
    mornings("cleo", house=house)
    run(MORNING, EIGHT)
    client = client_of(house.cleo)

    for rep, _name, found in Message.objects.get(kind="room").data["reps"]:
        for line in room.LINES:
            if line.key in found and line.key != "pulls":
                rows = client.get(line.address(rep)).context["rows"]
                assert len(rows) == found[line.key], (line.key, rep)


def test_another_app_adds_a_line_of_its_own(house):
    before = list(room.LINES)
    room.add(room.Line("odd", "Odd", "odd thing", "odd things", lambda people, teams, at: {people[0]: 2}))
    try:
        kept = room.of([house.ana], [], NOON).kept()
    finally:
        room.LINES[:] = before

    assert kept == {"totals": {"odd": 2}, "reps": [[house.ana.pk, "Ana Berg", {"odd": 2}]]}
