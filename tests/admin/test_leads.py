"""Leads in the admin: looked up within one's reach, never typed over, reassigned with a preview."""

import re
from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import clock
from accounts.admin.base import MOST, CappedPaginator
from accounts.models import Event
from leads import assignment
from leads.admin import reassign
from leads.models import Lead
from tests.factories import NOON, LeadFactory, product_led, put

pytestmark = pytest.mark.django_db
LIST = "/admin/leads/lead/"
HOUR = timedelta(hours=1)


def moved(client, form: dict):
    """Look at what would come of it, then press what the preview offers."""
    shown = client.post(LIST, form).content.decode()
    hidden = {name: re.search(f'name="{name}" value="([^"]*)"', shown)[1] for name in ("print", "token")}
    return client.post(LIST, form | hidden | {"step": "do"})


def page(lead) -> str:
    return f"{LIST}{lead.pk}/change/"


def ids(response) -> set[int]:
    return {lead.pk for lead in response.context["cl"].result_list}


def said(response) -> list[tuple[str, str]]:
    return [(message.level_tag, str(message)) for message in get_messages(response.wsgi_request)]


def seen(*leads) -> dict:
    """What the page between choosing and moving sends back."""
    rows = Lead.objects.filter(pk__in=[lead.pk for lead in leads])
    return {
        "action": "reassign",
        "apply": "1",
        "_selected_action": [str(lead.pk) for lead in rows],
        "seen": [f"{lead.pk}-{lead.cycle_id or ''}-{lead.version}" for lead in rows],
    }


def test_a_manager_finds_the_leads_of_their_team_and_no_others(house, client_of):
    ours, queued = put(None, "working", owner=house.ana), put(None, "raw", team=house.north)
    put(None, "working", owner=house.dov), LeadFactory(), product_led()
    assert ids(client_of(house.cleo).get(LIST)) == {ours.pk, queued.pk}


def test_revops_finds_all_leads(house, client_of):
    leads = [put(None, "working", owner=house.dov), LeadFactory(), product_led()]
    assert ids(client_of(house.rita).get(LIST)) == {lead.pk for lead in leads}


def test_a_lead_out_of_reach_reads_like_not_there(house, client_of):
    lead = put(None, "working", owner=house.dov)
    for address in (page(lead), f"{LIST}{lead.pk}/history/", page(Lead(pk=lead.pk + 1000))):
        assert client_of(house.cleo).get(address).status_code == 404


@pytest.mark.parametrize("field", ["status", "owner", "score", "team", "version", "cycle", "motion", "email"])
def test_nothing_of_a_lead_is_typed_over(house, client_of, field):
    lead = put(None, "working", owner=house.ana)
    before, events = Lead.objects.filter(pk=lead.pk).values().get(), Event.objects.count()
    value = {"status": "qualified", "owner": house.ben.pk, "email": "a@b.example"}.get(field, "7")
    for person in (house.rita, house.cleo, house.root):
        assert client_of(person).post(page(lead), {field: value, "_save": "Save"}).status_code == 403
    assert Lead.objects.filter(pk=lead.pk).values().get() == before
    assert Event.objects.count() == events


def test_the_record_of_a_lead_says_what_it_is_and_in_which_order(house, client_of):
    shown = client_of(house.rita).get(page(put(None, "working", owner=house.ana))).content.decode()
    assert "What happened, newest first:" in shown


def test_no_form_of_the_admin_offers_a_state(house, rf):
    from django.contrib import admin

    request = rf.get("/")
    request.user = house.root
    offered = {
        str(model._meta.label)
        for model, its_admin in admin.site._registry.items()
        if model._meta.label in ("leads.Lead", "leads.Cycle", "leads.Touch", "accounts.Event")
        and (its_admin.has_change_permission(request) or its_admin.has_add_permission(request))
    }
    assert offered == set()


def test_the_page_of_a_lead_tells_its_record(house, client_of):
    lead = put(None, "nurture", owner=house.ana)
    text = client_of(house.cleo).get(page(lead)).content.decode()
    assert "nurture: Working to Not now, Budget not available for 6+ months, by Ana Berg (page)" in text


def test_every_word_of_a_search_must_be_found(house, client_of):
    marta, other = LeadFactory(last_name="Quist"), LeadFactory(last_name="Quist", first_name="Ole")
    desk = client_of(house.rita)
    assert ids(desk.get(LIST, {"q": "quist"})) == {marta.pk, other.pk}
    assert ids(desk.get(LIST, {"q": "QUIST marta"})) == {marta.pk}


@pytest.mark.parametrize("number", [1, 3])
def test_a_list_costs_the_same_for_one_lead_and_for_three(house, client_of, number):
    for _ in range(number):
        put(None, "working", owner=house.ana)
    desk = client_of(house.cleo)
    with CaptureQueriesContext(connection) as queries:
        desk.get(LIST)
    assert len(queries) == 8, [q["sql"][:120] for q in queries]  # one of them the bell's


def test_the_filters_offer_only_people_and_queues_within_reach(house, client_of):
    filters = {f.title: f for f in client_of(house.cleo).get(LIST).context["cl"].filter_specs}
    assert [label for _, label in filters["owner"].lookup_choices] == ["Ana Berg", "Ben Ito", "Cleo Marsh"]
    assert [label for _, label in filters["queue"].lookup_choices] == ["North"]


def test_a_count_ends_at_a_thousand_and_says_so():
    class Endless(list):
        def order_by(self):
            return self

        def __getitem__(self, part):
            rows = Endless(super().__getitem__(part))
            rows.count = lambda: len(rows)
            return rows

    assert str(CappedPaginator(Endless(range(MOST)), 50).count) == "1000"
    assert str(CappedPaginator(Endless(range(MOST + 500)), 50).count) == "more than 1,000"


# reassigning


def test_reassigning_asks_first_and_changes_nothing_yet(house, client_of):
    lead = put(None, "working", owner=house.ana)
    response = client_of(house.cleo).post(LIST, {"action": "reassign", "_selected_action": [lead.pk]})
    assert [choice[1] for choice in response.context["form"].fields["to"].choices] == [
        "Choose",
        [(f"person-{p.pk}", str(p)) for p in (house.ana, house.ben, house.cleo)],
        [(f"turn-{house.north.pk}", "North, in turn")],
        [(f"team-{house.north.pk}", "North")],
    ]
    offered = re.findall("<option value[^>]*>([^<]+)<", response.content.decode())
    assert offered == ["Choose", "Ana Berg", "Ben Ito", "Cleo Marsh", "North, in turn", "North"]
    assert Lead.objects.get(pk=lead.pk).owner == house.ana


def test_a_manager_reassigns_within_their_team_through_the_engine(house, client_of):
    lead = put(None, "working", owner=house.ana)
    response = moved(client_of(house.cleo), seen(lead) | {"to": f"person-{house.ben.pk}"})
    now = Lead.objects.get(pk=lead.pk)
    event = Event.objects.filter(lead_id=lead.pk).latest("pk")
    ((level, words),) = said(response)
    assert (level, words.partition(" <a")[0]) == ("success", "1 moved to Ben Ito, clocks kept.")
    assert (now.owner, now.status) == (house.ben, "working")
    assert (event.kind, event.door, event.actor_id) == ("owner", "admin", house.cleo.pk)


def test_a_manager_reassigns_to_nobody_outside_their_team(house, client_of):
    lead = put(None, "working", owner=house.ana)
    response = client_of(house.cleo).post(LIST, seen(lead) | {"to": f"person-{house.dov.pk}"})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["to"]
    assert Lead.objects.get(pk=lead.pk).owner == house.ana


def test_a_manager_does_not_reassign_what_is_not_theirs(house, client_of):
    lead = put(None, "working", owner=house.dov)
    moved(client_of(house.cleo), seen(lead) | {"to": f"person-{house.ben.pk}"})
    assert Lead.objects.get(pk=lead.pk).owner == house.dov


def test_a_preview_says_who_would_be_refused_and_why_and_changes_nothing(house, client_of):
    fine, with_ben = put(None, "working", owner=house.ana), put(None, "working", owner=house.ben)
    before = Event.objects.count()
    response = client_of(house.cleo).post(LIST, seen(fine, with_ben) | {"to": f"person-{house.ben.pk}"})
    shown = response.content.decode()
    assert "1 of 2 can move to Ben Ito. 1 is there already." in shown
    assert f"Not moved: {with_ben}. {with_ben} is already with Ben Ito." in shown
    assert ("Move 1</button>" in shown, Event.objects.count()) == (True, before)
    assert Lead.objects.get(pk=fine.pk).owner == house.ana


def test_what_comes_out_otherwise_than_its_preview_is_shown_again_and_not_done(house, client_of):
    lead, cleo = put(None, "working", owner=house.ana), client_of(house.cleo)
    form = seen(lead) | {"to": f"person-{house.ben.pk}"}
    hidden = re.search('name="print" value="([^"]*)"', cleo.post(LIST, form).content.decode())[1]
    house.ben.memberships.update(cap_open=0)
    response = cleo.post(LIST, form | {"print": hidden, "token": "a" * 16, "step": "do"})
    assert (response.status_code, "so nothing was done" in response.content.decode()) == (409, True)
    assert Lead.objects.get(pk=lead.pk).owner == house.ana


def test_leads_are_shared_out_in_turn_and_moved_back_from_the_admin(house, client_of):
    leads, cleo = [put(None, "working", owner=house.cleo) for _ in range(4)], client_of(house.cleo)
    response = moved(cleo, seen(*leads) | {"to": f"turn-{house.north.pk}"})
    ((_level, words),) = said(response)
    url = re.search('href="(/leads/many/[^"]+)"', words)[1]
    shared = sorted(Lead.objects.values_list("owner__username", flat=True))
    cleo.post(re.search(f'action="({url}[^"]*)"', cleo.get(url).content.decode())[1])
    assert shared == ["ana", "ana", "ben", "ben"]
    assert set(Lead.objects.values_list("owner__username", flat=True)) == {"cleo"}


def test_a_double_click_moves_once(house, client_of):
    lead, cleo = put(None, "working", owner=house.ana), client_of(house.cleo)
    form = seen(lead) | {"to": f"person-{house.ben.pk}"}
    hidden = re.search('name="print" value="([^"]*)"', cleo.post(LIST, form).content.decode())[1]
    answers = [cleo.post(LIST, form | {"print": hidden, "token": "a" * 16, "step": "do"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert Event.objects.filter(lead_id=lead.pk, kind="owner").count() == 1


def test_whoever_is_refused_is_named_with_the_reason(house, client_of):
    fine, with_ben = put(None, "working", owner=house.ana), put(None, "working", owner=house.ben)
    response = moved(client_of(house.cleo), seen(fine, with_ben) | {"to": f"person-{house.ben.pk}"})
    assert [(level, words.partition(" <a")[0]) for level, words in said(response)] == [
        ("success", "1 moved to Ben Ito, clocks kept."),
        ("warning", f"Not moved: {with_ben}. {with_ben} is already with Ben Ito."),
    ]


def test_a_lead_that_moved_on_between_looking_and_moving_is_refused(house, client_of):
    lead = put(None, "working", owner=house.ana)
    form = seen(lead) | {"to": f"person-{house.ben.pk}"}
    assignment.assign([lead], to=house.cleo, by=house.nora, at=NOON.replace(hour=20))
    response = moved(client_of(house.cleo), form)
    (level, words), *rest = said(response)
    assert (level, rest) == ("warning", [])
    assert words.startswith(
        f"Not moved: {lead}. Nora gave {lead} to Cleo Marsh on Mon 2 Mar at 21:00, while you were writing."
    )
    assert Lead.objects.get(pk=lead.pk).owner == house.cleo


def test_starting_the_clock_again_needs_a_note(house, client_of):
    lead = put(None, "assigned", owner=house.ana)
    form = seen(lead) | {"to": f"person-{house.ben.pk}", "restart_clock": "on"}
    response = client_of(house.cleo).post(LIST, form)
    assert response.context["form"].errors == {"note": ["Write why the clock starts again."]}
    assert Lead.objects.get(pk=lead.pk).owner == house.ana


def test_leads_go_back_to_a_queue(house, client_of):
    lead = put(None, "assigned", owner=house.ana)
    moved(client_of(house.cleo), seen(lead) | {"to": f"team-{house.north.pk}"})
    now = Lead.objects.get(pk=lead.pk)
    assert (now.owner, now.team, now.status) == (None, house.north, "assigned")


@pytest.mark.parametrize("sent", ["", "x", "1-2", "1--x", "99999999999999999999-1-1", "1-1-1'"])
def test_a_made_up_row_moves_nothing(house, client_of, sent):
    lead = put(None, "working", owner=house.ana)
    form = seen(lead) | {"to": f"person-{house.ben.pk}", "seen": [sent]}
    moved(client_of(house.cleo), form)
    assert Lead.objects.get(pk=lead.pk).owner == house.ana


def test_more_than_can_be_moved_at_once_are_filtered_first(house, client_of, monkeypatch):
    monkeypatch.setattr(reassign, "MOST", 1)
    leads = [put(None, "working", owner=house.ana) for _ in range(2)]
    response = client_of(house.cleo).post(LIST, {"action": "reassign", "_selected_action": [lead.pk for lead in leads]})
    assert said(response) == [
        (
            "warning",
            "More than 1 leads are chosen. Filter them first, then reassign what is left; "
            "who leaves hands over everything from the team's page.",
        )
    ]


# the record


@pytest.mark.parametrize("model", ["cycle", "touch", "event"])
def test_the_record_is_looked_up_within_reach(house, client_of, model):
    ours, theirs = put(None, "nurture", owner=house.ana), put(None, "nurture", owner=house.dov)
    address = f"/admin/{'accounts' if model == 'event' else 'leads'}/{model}/"
    found = {row.lead_id for row in client_of(house.cleo).get(address).context["cl"].result_list}
    assert found == {ours.pk}
    assert {row.lead_id for row in client_of(house.rita).get(address).context["cl"].result_list} == {ours.pk, theirs.pk}


@pytest.mark.parametrize("model", ["cycle", "touch", "event"])
def test_the_record_of_one_lead_is_found_by_its_number(house, client_of, model):
    one, _other = put(None, "nurture", owner=house.ana), put(None, "nurture", owner=house.dov)
    address = f"/admin/{'accounts' if model == 'event' else 'leads'}/{model}/"
    rows = client_of(house.rita).get(address, {"q": str(one.pk)}).context["cl"].result_list
    assert {row.lead_id for row in rows} == {one.pk}
    assert list(client_of(house.rita).get(address, {"q": "marta"}).context["cl"].result_list) == []


@pytest.mark.parametrize("model", ["leads_cycle", "leads_touch", "accounts_event"])
def test_the_record_is_neither_added_to_nor_changed_nor_deleted_here(house, client_of, model):
    put(None, "nurture", owner=house.ana)
    name = model.split("_")[1]
    row = {"cycle": lambda: Lead.objects.get().cycle, "touch": lambda: Lead.objects.get().touch_rows.get()}.get(
        name, Event.objects.first
    )()
    for person in (house.rita, house.root):
        desk = client_of(person)
        assert desk.post(reverse(f"admin:{model}_add"), {}).status_code == 403
        assert desk.post(reverse(f"admin:{model}_change", args=[row.pk]), {"outcome": "void"}).status_code == 403
        assert desk.post(reverse(f"admin:{model}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    assert type(row).objects.get(pk=row.pk) == row


def test_the_list_shows_the_clock_in_the_words_of_the_queue(house, client_of):
    at = clock.now()
    new = LeadFactory(status_since=at - 3 * HOUR, created_at=at - 3 * HOUR, recorded_at=at - 3 * HOUR)
    lead = assignment.assign([new], to=house.ana, by=None, at=at - timedelta(minutes=130)).lead
    put(None, "raw", team=house.north)
    words = r'class="clock__words"><b data-figure>(.*?)</b> <span data-word>(.*?)</span>'

    listed = re.findall(words, client_of(house.cleo).get(LIST).content.decode())
    queued = re.findall(words, client_of(house.ana).get("/queue/").content.decode())

    assert listed == queued == [("10 min", "over target")]
    assert f'id="row-{lead.pk}"' in client_of(house.ana).get("/queue/").content.decode()


def test_a_cycle_is_called_a_round_and_the_filters_speak_the_words_of_the_house(house, client_of):
    put(None, "assigned", owner=house.ana)
    client = client_of(house.cleo)

    rounds, leads = client.get("/admin/leads/cycle/").content.decode(), client.get(LIST).content.decode()

    assert "Select round to view" in rounds
    assert re.findall(r"By ([a-z-]+)\s*</summary>", leads) == ["state", "motion", "go-to-market", "owner", "queue"]
    assert "cycle" not in re.sub(r"<[^>]*>", "", rounds).lower()
