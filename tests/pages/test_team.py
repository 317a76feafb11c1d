"""The team's page: a manager's day, their answers, a rep's absence and leave."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import clock
from accounts.models import Absence, Event, Membership, Reason, User
from leads import dispositions, exceptions, touches
from leads.models import Lead, LeadStatus, Source, Task
from tests.factories import LeadFactory, put, reason
from tests.pages.desk import HOUR, desk, given  # noqa: F401

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def listed(page) -> list[str]:
    """Return the names of the list, in order."""
    html = page.content.decode().split('id="list"', 1)[-1]
    return re.findall(r'aria-label="Choose ([^"]+)"', html)


def ticks(page) -> list[str]:
    return re.findall(r'name="lead" value="([^"]+)"', page.content.decode())


def figure(page, key: str) -> str:
    return figure_of(page.content.decode(), key)


def figure_of(html: str, key: str) -> str:
    return re.search(rf'id="f-{key}".*?<b>([^<]+)</b>', html).group(1)


def wished(rep, number: int = 12) -> list[Lead]:
    """So many untouched leads of one source ended by a rep that the last ones wait."""
    source = Source.objects.create(name="Fair")
    made = [given(rep, source=source) for _ in range(number)]
    dispositions.unqualify(made, reason=reason("not_a_prospect"), by=rep, at=clock.now())
    return made[10:]


def test_a_manager_lands_on_their_team(client_of, cleo):
    response = client_of(cleo).get("/")

    assert response["Location"] == "/team/"


@pytest.mark.parametrize(("who", "status"), [("ana", 403), ("eva", 403), ("mark", 403), ("cleo", 200), ("rita", 200)])
def test_only_who_leads_people_has_the_page(client_of, house, who, status):
    assert client_of(house.people[who]).get("/team/").status_code == status


def test_the_list_is_by_clock_and_only_of_ones_own_people(client_of, house):
    late = given(house.ben, ago=30 * HOUR, last_name="Late")
    risky = given(house.ana, ago=HOUR * 1.9, last_name="Risky")
    fresh = given(house.ana, ago=HOUR / 4, last_name="Fresh")
    given(house.dov, last_name="Other")

    page = client_of(house.cleo).get("/team/")

    assert listed(page) == [late.name, risky.name, fresh.name]
    assert {key: figure(page, key) for key in ("over", "late", "risk")} == {"over": "1", "late": "0", "risk": "1"}


def test_what_nobody_has_in_hand_while_its_clock_runs_comes_before_what_waits_to_be_pulled(client_of, house):
    for n in range(25):
        put(LeadFactory(last_name=f"Waits {n}"), "raw", team=house.north)
    young, old = (put(LeadFactory(last_name=name), "assigned", team=house.north) for name in ("Young", "Old"))
    Lead.objects.filter(pk=old.pk).update(status_since=young.status_since - DAY)

    page = client_of(house.cleo).get("/team/?show=queue")

    assert listed(page)[:3] == [old.name, young.name, Lead.objects.filter(status="raw").earliest("pk").name]


def test_clocks_of_what_no_person_has_count_and_are_listed_with_those_of_the_people(client_of, house):
    over, held = given(house.ana, ago=30 * HOUR, last_name="Over"), given(house.north, ago=40 * HOUR, last_name="Held")
    late = given(house.north, ago=3 * HOUR, last_name="Late")
    cleo = client_of(house.cleo)

    page = cleo.get("/team/")

    assert (listed(page), figure(page, "over"), figure(page, "late")) == ([held.name, over.name, late.name], "2", "1")
    assert listed(cleo.get("/team/?show=over")) == [held.name, over.name]
    assert listed(cleo.get("/team/?show=late")) == [late.name]
    assert listed(cleo.get(f"/team/?show=over&rep={house.ana.pk}")) == [over.name]


def test_revops_sees_everybodys(client_of, house):
    given(house.ana)
    given(house.dov)

    assert len(listed(client_of(house.rita).get("/team/"))) == 2


@pytest.mark.parametrize(
    ("view", "name"), [("over", "Over"), ("late", "Late"), ("risk", "Risk"), ("unplanned", "Bare"), ("queue", "Queued")]
)
def test_every_figure_opens_to_its_rows(client_of, house, view, name):
    given(house.ana, ago=25 * HOUR, last_name="Over")
    given(house.ana, ago=3 * HOUR, last_name="Late")
    given(house.ana, ago=1.9 * HOUR, last_name="Risk")
    bare = given(house.ana, last_name="Bare")
    touches.log([bare], channel="call", outcome="interested", by=house.ana, at=clock.now())
    put(LeadFactory(last_name="Queued"), "raw", team=house.north, at=clock.now())

    page = client_of(house.cleo).get("/team/", {"show": view})

    assert (listed(page), figure(page, view)) == ([f"Marta {name}"], "1")


def test_quiet_for_seven_days_and_no_less(client_of, house):
    now = clock.now()
    for days, name in ((8, "Silent"), (6, "Lately")):
        lead = given(house.ana, ago=days * DAY + HOUR, last_name=name)
        touches.log([lead], channel="call", outcome="interested", by=house.ana, at=now - days * DAY)

    page = client_of(house.cleo).get("/team/?show=quiet")

    assert (listed(page), figure(page, "quiet")) == (["Marta Silent"], "1")


def test_a_granted_exception_is_late_no_more(client_of, house):
    lead = given(house.ana, ago=30 * HOUR)
    at = clock.now()
    why = Reason.objects.to_choose("exception").first()
    exceptions.ask([lead.pk], reason=why, review_at=at + DAY, by=house.ana, at=at)
    exceptions.grant([lead.pk], by=house.cleo, at=at)

    page = client_of(house.cleo).get("/team/")

    assert (listed(page), figure(page, "over")) == ([], "0")


def test_by_rep_tells_what_each_has_did_and_when_they_are_back(client_of, house):
    lead = given(house.ana)
    touches.log([lead], channel="call", outcome="no_answer", by=house.ana, at=clock.now())
    now = clock.now()
    Absence.objects.create(user=house.ben, starts_at=now - HOUR, ends_at=now + DAY * 3, delegate=house.ana)

    html = client_of(house.cleo).get("/team/").content.decode()
    rows = dict(re.findall(r'id="rep-\d+"[^>]*>([^<]+)</a>(.*?)</tr>', html, re.DOTALL))
    numbers = {name: re.findall(r'<td class="n[^"]*">(?:<a[^>]*>)?(\d+)', row) for name, row in rows.items()}

    assert numbers == {"Ana Berg": ["1", "0", "0", "1", "0", "1"], "Ben Ito": ["0"] * 6}
    assert "Ana Berg stands in" in rows["Ben Ito"]


@pytest.mark.parametrize("view", ["", "over", "quiet", "unplanned", "queue", "word", "asked", "review", "open"])
def test_one_row_and_three_cost_the_same_and_at_most_thirteen_queries(client_of, house, view):
    client = client_of(house.cleo)
    counts = []
    for _ in range(2):
        for _lead in range(1 if not counts else 2):
            given(house.ana, ago=30 * HOUR)
            lead = given(house.ana)
            touches.log([lead], channel="call", outcome="interested", by=house.ana, at=clock.now())
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get("/team/", {"show": view}).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert counts[0] <= 13


def test_the_board_of_fifty_reps_asks_as_often_as_that_of_one_also_when_it_asks_by_itself(client_of, house):
    client, counts = client_of(house.cleo), []
    for new in (1, 49):
        people = User.objects.bulk_create(
            User(username=f"r{len(counts)}{n}", name=f"Rep {len(counts)}{n}", role="sdr") for n in range(new)
        )
        Membership.objects.bulk_create(Membership(user=person, team=house.north) for person in people)
        for person in people:
            given(person, ago=30 * HOUR)
        with CaptureQueriesContext(connection) as opened:
            page = client.get("/team/").content.decode()
        with CaptureQueriesContext(connection) as polled:
            client.get("/team/", headers={"HX-Request": "true", "X-Poll": "1"})
        counts.append((len(opened), len(polled)))

    assert (len(re.findall(r'id="rep-\d+"', page)), figure_of(page, "over")) == (52, "50")
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 13


def test_a_poll_tells_what_is_new_and_leaves_the_list_in_peace(client_of, house):
    client = client_of(house.cleo)
    given(house.ana)
    page = client.get("/team/").content.decode()
    have = re.search(r'id="have" name="have" value="([^"]*)"', page).group(1)
    given(house.ben)

    poll = client.get("/team/", {"have": have}, headers={"HX-Request": "true", "X-Poll": "1"}).content.decode()

    assert ("1 new, show it" in poll, 'id="list"' in poll) == (True, False)


def test_wishes_stand_on_the_managers_page_and_not_in_the_reps_queue(client_of, house):
    waiting = wished(house.ana)

    page = client_of(house.cleo).get("/team/?show=word")
    queue = client_of(house.ana).get("/queue/").content.decode()

    assert (listed(page), figure(page, "word")) == ([lead.name for lead in waiting], "2")
    assert [lead.pk for lead in waiting if f'id="row-{lead.pk}"' in queue] == []


@pytest.mark.parametrize(
    ("act", "status", "in_queue"), [("allow", LeadStatus.UNQUALIFIED, False), ("disallow", LeadStatus.ASSIGNED, True)]
)
def test_a_manager_answers_some_of_them(client_of, house, act, status, in_queue):
    first, second = wished(house.ana)
    client = client_of(house.cleo)
    tick = ticks(client.get("/team/?show=word"))[0]

    client.post("/team/words/", {"lead": tick, "act": act, "note": "Seen.", "back": "/team/?show=word"})

    first.refresh_from_db()
    left = listed(client.get("/team/?show=word"))
    queue = client_of(house.ana).get("/queue/").content.decode()
    assert (first.status, left, f'id="row-{first.pk}"' in queue) == (status, [second.name], in_queue)


def test_a_manager_answers_all_of_them(client_of, house):
    waiting = wished(house.ana)

    client_of(house.cleo).post("/team/words/?show=word", {"all": "team", "act": "allow", "back": "/team/"})

    assert {lead.status for lead in Lead.objects.filter(pk__in=[w.pk for w in waiting])} == {"unqualified"}


def test_another_teams_manager_answers_nothing(client_of, house):
    first, _second = wished(house.ana)
    before = Event.objects.count()

    client_of(house.hugo).post(
        "/team/words/", {"lead": f"{first.pk}-{first.cycle_id}-{first.version}", "act": "allow", "back": "/team/"}
    )

    first.refresh_from_db()
    assert (first.status, Event.objects.count()) == ("assigned", before)


def test_an_exception_is_asked_on_the_lead_and_granted_on_the_team(client_of, desk, house):  # noqa: F811
    lead = given(house.ana)
    why = Reason.objects.to_choose("exception").first()
    day = (clock.now() + 20 * DAY).date().isoformat()
    asked = desk(house.ana, script=False).press(lead, "exceptions", reason=why.code, day=day, note="On leave")
    cleo = client_of(house.cleo)
    page = cleo.get("/team/?show=asked")

    cleo.post("/team/exceptions/", {"lead": ticks(page)[0], "act": "grant", "back": "/team/"})

    lead.cycle.refresh_from_db()
    task = Task.objects.get(lead=lead, kind="exception")
    assert (asked.status_code, listed(page), lead.cycle.has_exception) == (302, [lead.name], True)
    assert (task.accepted_by, task.what) == (house.cleo, "On leave")


def test_an_exception_without_a_day_is_asked_again_with_what_was_typed(desk, ana):  # noqa: F811
    lead = given(ana)
    before = Event.objects.count()

    response = desk(ana).press(
        lead, "exceptions", reason=Reason.objects.to_choose("exception").first().code, note="On leave"
    )

    assert (response.status_code, "Choose a day." in response.content.decode()) == (422, True)
    assert "On leave" in response.content.decode()
    assert Event.objects.count() == before


def test_an_absence_of_two_days_names_who_stands_in(client_of, house):
    client, day = client_of(house.cleo), clock.now().date()
    said = {"first": day.isoformat(), "last": (day + 4 * DAY).isoformat()}

    refused = client.post(f"/team/{house.ana.pk}/away/", said)
    none_yet = Absence.objects.count()
    client.post(f"/team/{house.ana.pk}/away/", said | {"delegate": house.ben.pk})

    assert (refused.status_code, "name who stands in" in refused.content.decode(), none_yet) == (422, True, 0)
    assert Absence.objects.get().delegate == house.ben


def test_an_absence_from_the_first_day_there_is_is_refused_and_the_page_still_opens(client_of, house):
    house.ana.time_zone = "Asia/Tokyo"
    house.ana.save()
    client, day = client_of(house.cleo), clock.now().date() + timedelta(days=2)
    said = {"first": "0001-01-01", "last": day.isoformat(), "delegate": house.ben.pk}

    refused = client.post(f"/team/{house.ana.pk}/away/", said)

    assert (refused.status_code, "Choose a later day." in refused.content.decode()) == (422, True)
    assert (Absence.objects.count(), client.get(f"/team/{house.ana.pk}/away/").status_code) == (0, 200)


def leaves(client, person, **said):
    """Look, then press what the preview offers."""
    url = f"/team/{person.pk}/leave/"
    page = client.post(url, said).content.decode()
    return client.post(
        url, said | {"step": "do", "print": re.search('name="print" value="(.*?)"', page)[1]}, follow=True
    )


def test_a_look_at_a_leave_says_what_would_come_of_it_and_changes_nothing(client_of, house):
    mine = [given(house.ana) for _ in range(3)]
    house.ben.memberships.update(cap_open=2)
    events = Event.objects.count()

    page = (
        client_of(house.rita)
        .post(f"/team/{house.ana.pk}/leave/", {"to": f"u{house.ben.pk}", "off": "on"})
        .content.decode()
    )

    says = " ".join(re.search('(?s)preview__says">(.*?)</p>', page)[1].split())
    assert says == "2 leads change hands: Ben Ito gets 2 in work. Ana stays switched on: not all can go."
    assert "<b>1 stays</b>: Ben Ito is at their cap." in page
    assert set(Lead.objects.filter(pk__in=[m.pk for m in mine]).values_list("owner", flat=True)) == {house.ana.pk}
    assert (Event.objects.count(), User.objects.get(pk=house.ana.pk).is_active) == (events, True)


@pytest.mark.parametrize("print_", ["", "0" * 16])
def test_what_was_not_looked_at_as_it_is_now_is_not_done(client_of, house, print_):
    lead = given(house.ana)
    client, said = client_of(house.rita), {"to": f"u{house.ben.pk}", "off": "on"}
    old = client.post(f"/team/{house.ana.pk}/leave/", said).content.decode()
    another = given(house.ana)

    seen = print_ or re.search('name="print" value="(.*?)"', old)[1]
    answer = client.post(f"/team/{house.ana.pk}/leave/", said | {"step": "do", "print": seen})

    assert (answer.status_code, "nothing was done" in answer.content.decode()) == (409, True)
    assert set(Lead.objects.filter(pk__in=[lead.pk, another.pk]).values_list("owner", flat=True)) == {house.ana.pk}
    assert User.objects.get(pk=house.ana.pk).is_active is True


def test_who_leaves_hands_over_first_and_is_switched_off_then(client_of, house):
    mine = [given(house.ana) for _ in range(3)]
    client = client_of(house.rita)
    shown = client.get(f"/team/{house.ana.pk}/leave/").content.decode()

    leaves(client, house.ana, to=f"u{house.ben.pk}", off="on")

    owners = set(Lead.objects.filter(pk__in=[lead.pk for lead in mine]).values_list("owner", flat=True))
    tasks = set(Task.objects.filter(done_at__isnull=True).values_list("owner", flat=True))
    assert "<b>3</b> leads in work" in shown
    assert (owners, tasks, User.objects.get(pk=house.ana.pk).is_active) == ({house.ben.pk}, {house.ben.pk}, False)


def test_in_turn_nothing_comes_back_to_who_leaves(client_of, house):
    mine = [given(house.ana) for _ in range(3)]

    leaves(client_of(house.rita), house.ana, to=f"t{house.north.pk}", off="on")

    assert set(Lead.objects.filter(pk__in=[m.pk for m in mine]).values_list("owner", flat=True)) == {house.ben.pk}


def test_who_cannot_hand_over_all_stays_switched_on(client_of, house):
    given(house.ana)
    kept = given(house.ana)
    house.ben.memberships.update(cap_open=1)

    page = leaves(client_of(house.rita), house.ana, to=f"u{house.ben.pk}", off="on")

    kept.refresh_from_db()
    assert (User.objects.get(pk=house.ana.pk).is_active, kept.owner) == (True, house.ana)
    assert "at their cap" in page.content.decode()


def test_what_is_kept_for_later_goes_along(client_of, house):
    lead = put(None, "working", owner=house.ana, at=clock.now() - DAY)
    kept = dispositions.keep([lead], until=clock.now() + 30 * DAY, by=house.ana, at=clock.now()).lead

    leaves(client_of(house.rita), house.ana, rest=house.ben.pk, off="on")

    kept.refresh_from_db()
    assert (kept.status, kept.owner, Task.objects.get(lead=kept, kind="keep").owner) == (
        "nurture",
        house.ben,
        house.ben,
    )
    assert User.objects.get(pk=house.ana.pk).is_active is False


def test_a_manager_hands_over_and_does_not_switch_off(client_of, house):
    given(house.ana)

    leaves(client_of(house.cleo), house.ana, to=f"u{house.ben.pk}", off="on")

    assert (User.objects.get(pk=house.ana.pk).is_active, Lead.objects.get().owner) == (True, house.ben)
