"""Coming in, going out, one's own settings; and that whoever is switched off is out at the next request."""

import re

import pytest
from django.conf import settings as house_settings
from django.contrib.messages import get_messages
from django.utils import timezone

from accounts.context import address, navigation
from accounts.forms import MeForm
from accounts.middleware import in_their_zone
from accounts.models import Role, User
from accounts.views import DEMO_PEOPLE, FIRST_PAGE

pytestmark = pytest.mark.django_db


@pytest.fixture
def with_password(ana):
    ana.set_password("a-long-and-odd-one")
    ana.save()
    return ana


def test_the_right_name_and_password_let_a_person_in(client, with_password):
    response = client.post("/sign-in/", {"username": "ana", "password": "a-long-and-odd-one", "next": "/account/"})
    assert (response.status_code, response["Location"]) == (302, "/account/")
    assert client.get("/account/").status_code == 200


@pytest.mark.parametrize(
    ("username", "password", "is_active"),
    [("ana", "wrong", True), ("nobody", "a-long-and-odd-one", True), ("ana", "a-long-and-odd-one", False)],
)
def test_the_answer_is_the_same_whatever_was_wrong(client, with_password, username, password, is_active):
    User.objects.filter(pk=with_password.pk).update(is_active=is_active)
    response = client.post("/sign-in/", {"username": username, "password": password})
    text = response.content.decode().replace(f'value="{username}"', "")
    other = (
        client.post("/sign-in/", {"username": "else", "password": "else"}).content.decode().replace('value="else"', "")
    )
    assert _without_token(text) == _without_token(other)
    assert client.get("/account/").status_code == 302


def _without_token(text: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", text)


def test_an_api_client_never_signs_in(client, api):
    api.set_password("a-long-and-odd-one")
    api.save()
    assert client.post("/sign-in/", {"username": "api", "password": "a-long-and-odd-one"}).status_code == 200
    assert client.get("/account/").status_code == 302


def test_a_stranger_is_asked_to_sign_in_and_comes_back_where_they_wanted_to_be(client, db):
    assert client.get("/account/")["Location"] == "/sign-in/?next=/account/"


@pytest.mark.parametrize("goal", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"])
def test_signing_in_leads_nowhere_outside_the_house(client, with_password, goal):
    response = client.post("/sign-in/", {"username": "ana", "password": "a-long-and-odd-one", "next": goal})
    assert response["Location"] == "/"


def test_whoever_is_in_is_sent_on_from_the_door(ana, client_of):
    assert client_of(ana).get("/sign-in/")["Location"] == "/"


def test_a_person_goes_out_by_a_button_not_by_a_link(ana, client_of):
    browser = client_of(ana)
    assert browser.get("/sign-out/").status_code == 405
    assert browser.get("/account/").status_code == 200
    assert browser.post("/sign-out/")["Location"] == "/sign-in/"
    assert browser.get("/account/").status_code == 302


def test_whoever_is_switched_off_is_out_at_the_next_request(ana, client_of):
    browser = client_of(ana)
    assert browser.get("/account/").status_code == 200
    User.objects.filter(pk=ana.pk).update(is_active=False)
    assert browser.get("/account/")["Location"] == "/sign-in/?next=/account/"


def test_whoever_loses_the_role_is_out_of_the_admin_at_the_next_request(cleo, client_of):
    browser = client_of(cleo)
    assert browser.get("/admin/").status_code == 200
    User.objects.filter(pk=cleo.pk).update(role="sdr")
    assert browser.get("/admin/", follow=True).status_code == 403


def test_the_demo_people_are_named_only_in_a_demo_world_and_only_those_who_are_there(client, ana, settings):
    User.objects.create_user("zoe", "x", name="Zoe", role="sdr")
    settings.LEADOPS_DEMO = True
    assert set(client.get("/sign-in/").context["demo_people"]) == set(DEMO_PEOPLE)
    User.objects.filter(username="ben").update(is_active=False)
    assert "ben" not in client.get("/sign-in/").context["demo_people"]
    settings.LEADOPS_DEMO = False
    assert client.get("/sign-in/").context["demo_people"] == []


def test_everybody_begins_where_their_day_is(house, client_of):
    for user in house.people.values():
        if user.role == "api":
            continue
        first = FIRST_PAGE.get(user.role, "account")
        response = client_of(user).get("/")
        assert response["Location"] == (address(first) or "/account/"), user.username
        assert client_of(user).get(response["Location"]).status_code == 200, user.username


def test_a_person_changes_their_name_zone_and_keys(ana, client_of):
    browser = client_of(ana)
    response = browser.post("/account/", {"name": "Ana Berg-Roth", "time_zone": "America/New_York"})
    assert response["Location"] == "/account/"
    ana.refresh_from_db()
    assert (ana.name, ana.time_zone, ana.keys_on) == ("Ana Berg-Roth", "America/New_York", False)
    assert [str(m) for m in get_messages(response.wsgi_request)] == ["Saved."]


def test_a_person_changes_nothing_else_about_themselves(ana, client_of):
    before = User.objects.filter(pk=ana.pk).values().get()
    wished = {
        "role": "revops", "is_superuser": "on", "is_staff": "on", "is_active": "", "username": "root",
        "email": "x@y.example", "work_start": "00:00", "password": "x",
    }  # fmt: skip
    facts = {"name": ana.name, "time_zone": ana.time_zone, "keys_on": "on"}
    assert client_of(ana).post("/account/", facts | wished).status_code == 302
    assert User.objects.filter(pk=ana.pk).values().get() == before | {"last_login": _last_login(ana)}


def _last_login(user):
    return User.objects.get(pk=user.pk).last_login


@pytest.mark.parametrize("wrong", [{"time_zone": "Mars/Olympus"}, {"name": ""}])
def test_what_cannot_be_is_refused_and_the_frame_keeps_the_old_name(ana, client_of, wrong):
    response = client_of(ana).post("/account/", {"name": "New", "time_zone": "UTC"} | wrong)
    assert (response.status_code, list(response.context["form"].errors)) == (422, list(wrong))
    assert response.context["user"].name == "Ana Berg"
    ana.refresh_from_db()
    assert (ana.name, ana.time_zone) == ("Ana Berg", "Europe/Berlin")


def test_the_keys_dialog_keeps_its_switch(ana, client_of):
    browser = client_of(ana)
    for sent, kept in (({}, False), ({"keys_on": "on"}, True)):
        assert browser.post("/account/keys/", sent).status_code == 204
        ana.refresh_from_db()
        assert ana.keys_on == kept


def test_times_are_shown_in_the_zone_of_whoever_looks_and_no_zone_is_left_behind(house, rf):
    house.ana.time_zone = "Asia/Tokyo"
    request = rf.get("/")
    request.user = house.ana
    assert in_their_zone(lambda _request: timezone.get_current_timezone_name())(request) == "Asia/Tokyo"
    assert timezone.get_current_timezone_name() == house_settings.TIME_ZONE


def test_a_wrong_method_is_answered_with_a_page_that_names_the_right_ones(ana, client_of):
    response = client_of(ana).get("/account/keys/")
    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert "This cannot be opened like that" in response.content.decode()


def test_what_is_not_there_is_answered_with_a_page_of_ours(ana, client_of):
    response = client_of(ana).get("/nowhere/")
    assert response.status_code == 404
    assert "LeadOps" in response.content.decode()


LABELS = {
    "ana": {"Queue", "Meetings", "Opportunities", "Leads", "My numbers"},
    "eva": {"Queue", "Meetings", "Opportunities", "Leads", "My numbers"},
    "carl": {"Queue", "Meetings", "Opportunities", "Leads", "My numbers"},
    "cleo": {"Team", "Meetings", "Opportunities", "Leads", "Import", "Overview", "Reports", "Rules and people"},
    "rita": {"Team", "Meetings", "Opportunities", "Leads", "Import", "Overview", "Reports", "Rules and people"},
    "root": {"Team", "Meetings", "Opportunities", "Leads", "Import", "Overview", "Reports", "Rules and people"},
    "mark": {"Leads", "Import", "Audience", "Campaigns", "Overview", "Reports"},
    "lena": {"Overview", "Reports"},
    "api": set(),
}
BUILT = {
    "Team": "team",
    "Audience": "audience",
    "Campaigns": "campaigns",
    "Queue": "queue",
    "Meetings": "meetings",
    "Opportunities": "opportunities",
    "My numbers": "my-numbers",
    "Reports": "reports",
    "Leads": "leads",
    "Import": "imports",
    "Overview": "overview",
    "Rules and people": "admin:index",
}


@pytest.mark.parametrize(("name", "labels"), LABELS.items())
def test_the_way_to_a_page_is_shown_to_those_who_may_go_there_and_once_it_is_built(house, name, labels):
    shown = {entry["label"] for entry in navigation(house.people[name])}
    assert shown == {label for label in labels if address(BUILT[label])}


def test_the_page_one_is_on_is_marked(lena):
    assert [entry["current"] for entry in navigation(lena, "/overview/")] == [True, False]
    assert [entry["current"] for entry in navigation(lena, "/account/")] == [False, False]


def test_whoever_is_switched_off_while_they_change_their_name_stays_switched_off(ana):
    form = MeForm({"name": "Ana B.", "time_zone": "UTC"}, instance=User.objects.get(pk=ana.pk))
    User.objects.filter(pk=ana.pk).update(is_active=False, role=Role.MARKETING)

    form.save()

    ana.refresh_from_db()
    assert (ana.name, ana.time_zone, ana.keys_on, ana.is_active, ana.role) == (
        "Ana B.",
        "UTC",
        False,
        False,
        Role.MARKETING,
    )
