"""Taking back what somebody handed over, and ending an absence sooner: looked at first, by page and admin (ROUTE-6, ROUTE-9)."""

import re
from datetime import timedelta
from html import unescape

import pytest

from accounts import clock
from accounts.models import Absence, Account, Batch, Event, Membership, User
from leads import assignment, dispositions, handed_over, touches
from leads.models import Lead, Spell, Task
from tests.factories import AccountFactory, LeadFactory, put, reason
from tests.meetings.table import booked, worked
from tests.pages.desk import given
from tests.pages.test_team import leaves

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def only() -> Batch:
    return Batch.objects.get(kind=handed_over.KIND)


def at_undo(person) -> str:
    return f"/team/{person.pk}/leave/{only().pk}/undo/"


def words_of(page: str, id_: str) -> str:
    """Say what stands below a heading."""
    found = re.search(f'(?s)id="{id_}".*?</h2>(.*?)</section>', page)
    return " ".join(unescape(re.sub("<[^>]+>", " ", found[1])).split()) if found else ""


def taken_back(client, person):
    """Look, then press."""
    page = client.get(at_undo(person)).content.decode()
    return client.post(at_undo(person), {"print": re.search('name="print" value="(.*?)"', page)[1]}, follow=True)


def owners(leads) -> list:
    return list(Lead.objects.filter(pk__in=[lead.pk for lead in leads]).order_by("pk").values_list("owner", flat=True))


def test_who_left_by_mistake_is_switched_on_and_has_everything_again(client_of, house):
    rita, mine = client_of(house.rita), [given(house.ana) for _ in range(3)]
    later = put(None, "working", owner=house.ana, at=clock.now() - DAY)
    kept = dispositions.keep([later], until=clock.now() + 30 * DAY, by=house.ana, at=clock.now()).lead
    company = AccountFactory(development_owner=house.ana)
    leaves(rita, house.ana, to=f"u{house.ben.pk}", rest=house.eva.pk, off="on")
    clocks = list(Task.objects.filter(lead__in=mine).order_by("pk").values_list("due_at", "limit_at"))

    page = rita.get(at_undo(house.ana)).content.decode()
    answer = taken_back(rita, house.ana)

    back = "3 leads in work 1 lead that was kept, or with a role of theirs 1 role in a company or an open opportunity"
    assert words_of(page, "back-h") == f"{back} Ana is switched on again."
    assert words_of(page, "stays-h") == ""
    assert "5 taken back. Ana Berg is switched on again." in answer.content.decode()
    assert (owners(mine), owners([kept])) == ([house.ana.pk] * 3, [house.ana.pk])
    assert Task.objects.get(lead=kept, kind="keep").owner == house.ana
    assert Account.objects.get(pk=company.pk).development_owner == house.ana
    assert User.objects.get(pk=house.ana.pk).is_active is True
    assert list(Task.objects.filter(lead__in=mine).order_by("pk").values_list("due_at", "limit_at")) == clocks
    assert "Rita Olsen took 5 back" in answer.content.decode()


def test_a_look_at_what_would_come_back_changes_nothing(client_of, house):
    rita, lead = client_of(house.rita), given(house.ana)
    leaves(rita, house.ana, to=f"u{house.ben.pk}", off="on")
    before = Event.objects.count(), Spell.objects.count(), only().options

    rita.get(at_undo(house.ana))

    assert (Event.objects.count(), Spell.objects.count(), only().options) == before
    assert (owners([lead]), User.objects.get(pk=house.ana.pk).is_active) == ([house.ben.pk], False)


def test_what_went_on_stays_where_it_is_and_is_told_with_its_reason(client_of, house):
    cleo = client_of(house.cleo)
    talked_to, ended, moved, _back = mine = [given(house.ana) for _ in range(4)]
    leaves(cleo, house.ana, to=f"u{house.ben.pk}")
    at = clock.now()
    for lead in (talked_to, ended):
        touches.log([lead.pk], channel="call", outcome="no_answer", by=house.ben, at=at)
    dispositions.nurture([ended.pk], reason=reason("no_for_now"), by=house.ben, at=at)
    assignment.assign([moved.pk], to=house.dov, by=house.rita, at=at)

    page = cleo.get(at_undo(house.ana)).content.decode()
    answer = taken_back(cleo, house.ana).content.decode()

    assert words_of(page, "back-h") == "1 lead in work"
    assert words_of(page, "stays-h") == " ".join([
        f"1 : Somebody reached out to them since. {talked_to.name}",
        f"1 : The round they were handed over in has ended. {ended.name}",
        "1 : This is Dov's lead.",
    ])  # fmt: skip
    assert "1 taken back. 3 stay where they are." in answer
    assert owners(mine) == [house.ben.pk, None, house.dov.pk, house.ana.pk]


def test_what_came_back_comes_back_once_also_when_it_is_pressed_twice(client_of, house):
    rita, lead = client_of(house.rita), given(house.ana)
    leaves(rita, house.ana, to=f"u{house.ben.pk}", off="on")
    page = rita.get(at_undo(house.ana)).content.decode()
    said = {"print": re.search('name="print" value="(.*?)"', page)[1]}

    first, second = (rita.post(at_undo(house.ana), said) for _ in range(2))
    assignment.assign([lead.pk], to=house.ben, by=house.cleo, at=clock.now())
    late = rita.get(at_undo(house.ana))

    assert (first.status_code, second.status_code) == (302, 302)
    assert Event.objects.filter(lead_id=lead.pk, kind="owner", data__taken_back=True).count() == 1
    assert ("All that can come back has come back." in late.content.decode(), owners([lead])) == (True, [house.ben.pk])


def test_what_comes_out_otherwise_than_it_was_looked_at_is_not_done(client_of, house):
    rita, mine = client_of(house.rita), [given(house.ana) for _ in range(2)]
    leaves(rita, house.ana, to=f"u{house.ben.pk}", off="on")
    page = rita.get(at_undo(house.ana)).content.decode()
    touches.log([mine[0].pk], channel="call", outcome="no_answer", by=house.ben, at=clock.now())

    answer = rita.post(at_undo(house.ana), {"print": re.search('name="print" value="(.*?)"', page)[1]})

    assert (answer.status_code, "so nothing was done" in answer.content.decode()) == (409, True)
    assert (owners(mine), User.objects.get(pk=house.ana.pk).is_active) == ([house.ben.pk] * 2, False)


def test_a_manager_takes_back_what_they_may_and_switches_nobody_on(client_of, house):
    given(house.ana)
    leaves(client_of(house.rita), house.ana, to=f"u{house.ben.pk}", off="on")
    cleo = client_of(house.cleo)

    seen = cleo.get(at_undo(house.ana)).content.decode()
    said = cleo.post(at_undo(house.ana), {"print": "x"})

    assert "Ana Berg is switched off. RevOps takes this back, or switches them on first." in seen
    assert "Take 1 back" not in seen
    assert (said.status_code, User.objects.get(pk=house.ana.pk).is_active) == (422, False)
    assert client_of(house.hugo).get(at_undo(house.ana)).status_code == 404


def test_out_of_a_teams_queue_and_out_of_turns_they_come_back_too(client_of, house):
    rita, mine = client_of(house.rita), [given(house.ana) for _ in range(2)]
    leaves(rita, house.ana, to=f"q{house.north.pk}", off="on")
    in_queue = Lead.objects.filter(team=house.north, owner=None).count()

    taken_back(rita, house.ana)

    assert (in_queue, owners(mine)) == (2, [house.ana.pk] * 2)


def test_a_cap_does_not_keep_from_them_what_was_theirs(client_of, house):
    rita, mine = client_of(house.rita), [given(house.ana) for _ in range(3)]
    leaves(rita, house.ana, to=f"u{house.ben.pk}", off="on")
    Membership.objects.filter(user=house.ana).update(cap_open=1)

    taken_back(rita, house.ana)

    assert owners(mine) == [house.ana.pk] * 3


def test_a_meeting_comes_back_where_its_time_is_free(client_of, house):
    at = clock.now()
    meeting = booked(worked(house.ana), house.ana, house.eva, starts_at=at + DAY, at=at)
    rita = client_of(house.rita)
    leaves(rita, house.eva, rest=house.finn.pk, off="on")
    meeting.refresh_from_db()
    with_finn = meeting.owner

    page = rita.get(at_undo(house.eva)).content.decode()
    taken_back(rita, house.eva)

    meeting.refresh_from_db()
    assert "1 meeting" in words_of(page, "back-h")
    assert (with_finn, meeting.owner) == (house.finn, house.eva)


def test_the_admin_says_what_somebody_handed_over_and_leads_there(client_of, house):
    given(house.ana)
    rita = client_of(house.rita)
    before = rita.get(f"/admin/accounts/user/{house.ana.pk}/change/").content.decode()
    leaves(rita, house.ana, to=f"u{house.ben.pk}", off="on")

    page = rita.get(f"/admin/accounts/user/{house.ana.pk}/change/").content.decode()
    url = re.search('href="(/team/[^"]*undo/)"', page)[1]
    offered = rita.get(url).content.decode()

    assert "/undo/" not in before
    assert (url, "Take 1 back" in offered) == (at_undo(house.ana), True)


@pytest.mark.parametrize("begun", [True, False])
def test_an_absence_ends_sooner_or_is_called_off_and_says_what_stays(client_of, house, begun):
    cleo, at = client_of(house.cleo), clock.now()
    starts = at - DAY if begun else at + DAY
    row = Absence.objects.create(user=house.ana, starts_at=starts, ends_at=at + 5 * DAY, delegate=house.ben)
    planned = cleo.get(f"/team/{house.ana.pk}/away/").content.decode()
    url = f"/team/{house.ana.pk}/away/{row.pk}/end/"

    page = cleo.get(url).content.decode()
    answers = [cleo.post(url).status_code for _ in range(2)]

    now = "From now on new leads come to Ana again. No lead came to Ben Ito instead."
    says = now if begun else "The absence is taken off the plan. Nothing came of it yet."
    assert (f'href="{url}"' in planned, words_of(page, "end-h")) == (True, says)
    assert answers == [302, 302]
    assert Absence.objects.filter(ends_at__gt=clock.now()).count() == 0
    assert Absence.objects.count() == begun


def test_what_came_to_who_stood_in_is_counted_and_stays(client_of, house):
    at = clock.now()
    row = Absence.objects.create(user=house.ana, starts_at=at - DAY, ends_at=at + 5 * DAY, delegate=house.ben)
    company = AccountFactory(development_owner=house.ana, is_target=True)
    lead = LeadFactory(account=company)
    assignment.route([lead], by=None, at=at)
    cleo = client_of(house.cleo)

    page = cleo.get(f"/team/{house.ana.pk}/away/{row.pk}/end/").content.decode()
    cleo.post(f"/team/{house.ana.pk}/away/{row.pk}/end/")

    assert "1 lead came to Ben Ito meanwhile and stays there." in words_of(page, "end-h")
    assert owners([lead]) == [house.ben.pk]
