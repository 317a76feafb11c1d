"""The second factor, when it is switched on."""

import re
from datetime import timedelta

import pyotp
import pytest
from django.test import Client
from django.urls import reverse

from accounts import second_factor
from accounts.clock import now
from accounts.models import Event, SecondFactor, User
from tests.factories import NOON

pytestmark = pytest.mark.django_db
RIGHT = "a-long-and-odd-one"


@pytest.fixture
def switched_on(house, settings):
    settings.LEADOPS_SECOND_FACTOR = True
    return house


@pytest.fixture
def rita(switched_on):
    """Rita with a password, an app and ten codes on paper, since yesterday."""
    user = switched_on.rita
    user.set_password(RIGHT)
    user.save()
    yesterday = now() - timedelta(days=1)
    app = pyotp.TOTP(second_factor.begin(user).secret)
    user.paper = second_factor.confirm(user, app.at(yesterday), at=yesterday)
    user.app = app
    Event.objects.all().delete()
    return user


def sign_in(name="rita", goal="/account/") -> Client:
    client = Client()
    client.post("/sign-in/", {"username": name, "password": RIGHT, "next": goal})
    return client


def show(client, code, goal="/account/"):
    return client.post("/sign-in/code/", {"code": code, "next": goal})


def on_record() -> list:
    return list(Event.objects.order_by("id").values_list("kind", "data"))


def test_switched_off_nobody_is_asked(house, client_of, settings):
    assert settings.LEADOPS_SECOND_FACTOR is False
    assert client_of(house.rita).get("/account/").status_code == 200


@pytest.mark.parametrize(
    ("who", "is_asked"),
    [("ana", False), ("eva", False), ("mark", False), ("lena", False), ("cleo", True), ("rita", True), ("root", True)],
)
def test_managers_and_revops_are_asked(switched_on, client_of, who, is_asked):
    response = client_of(switched_on.people[who]).get("/account/")
    assert response.status_code == (302 if is_asked else 200)


@pytest.mark.parametrize(
    "path", ["/account/", "/", "/admin/", "/leads/", "/account/keys/", "/nowhere/", "/account/recovery-codes/"]
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_until_then_no_page_opens(rita, path, method):
    response = getattr(sign_in(), method)(path)
    if path == "/nowhere/":
        assert response.status_code == 404
    else:
        assert (response.status_code, response["Location"].partition("?")[0]) == (302, "/sign-in/code/")


def test_the_code_of_the_app_lets_in_and_leads_on(rita):
    browser = sign_in()
    asked = browser.get("/account/?tab=2")
    assert asked["Location"] == "/sign-in/code/?next=/account/%3Ftab%3D2"
    assert browser.get(asked["Location"]).context["next"] == "/account/?tab=2"
    assert show(browser, rita.app.at(now()), "/account/?tab=2")["Location"] == "/account/?tab=2"
    assert browser.get("/account/").status_code == 200
    assert on_record() == [("sign_in", {"way": "code"})]


@pytest.mark.parametrize(("seconds", "is_right"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_clock_may_be_half_a_minute_off(rita, seconds, is_right):
    at = NOON + timedelta(days=1_000)
    code = rita.app.at(at + timedelta(seconds=seconds))
    if is_right:
        second_factor.check(rita, code, at=at)
    else:
        with pytest.raises(second_factor.WrongCode):
            second_factor.check(rita, code, at=at)
    assert SecondFactor.objects.get().failures == (0 if is_right else 1)


def test_no_code_works_twice(rita):
    code = rita.app.at(now())
    assert show(sign_in(), code).status_code == 302
    second = sign_in()
    assert show(second, code).status_code == 422
    assert second.get("/account/").status_code == 302


def test_a_code_of_paper_lets_in_once(rita):
    code = rita.paper[3].upper()
    assert show(sign_in(), code).status_code == 302
    assert show(sign_in(), code).status_code == 422
    assert len(SecondFactor.objects.get().recovery) == 9
    assert on_record()[0] == ("second_factor", {"move": "recovered", "left": 9})


def test_after_five_wrong_codes_the_right_one_waits_too(rita):
    answers = [show(sign_in(), "000000").status_code for _ in range(5)]
    refused = show(sign_in(), rita.app.at(now()))
    assert (answers, refused.status_code) == ([422] * 5, 429)
    assert "Too many wrong codes. Try again in 15 minutes." in refused.content.decode()
    failures = [("sign_in_failed", {"way": "code", "failures": n}) for n in (1, 2, 3, 4, 5)]
    assert on_record() == [*failures, ("locked_out", {"way": "code"})]


def test_after_fifteen_minutes_the_right_code_lets_in(rita):
    at = NOON + timedelta(days=1_000)
    for _ in range(5):
        with pytest.raises(second_factor.WrongCode):
            second_factor.check(rita, "000000", at=at)
    later = at + timedelta(minutes=14, seconds=59)
    with pytest.raises(second_factor.Wait) as refused:
        second_factor.check(rita, rita.app.at(later), at=later)
    assert str(refused.value) == "Too many wrong codes. Try again in 1 minute."
    later = at + timedelta(minutes=15)
    second_factor.check(rita, rita.app.at(later), at=later)
    assert SecondFactor.objects.get().failures == 0


def test_the_first_time_one_sets_up_an_app_and_is_given_ten_codes_once(switched_on, client_of):
    browser = client_of(switched_on.cleo)
    to_code = browser.get("/account/")["Location"]
    to_new = browser.get(to_code)["Location"]
    page = browser.get(to_new)
    factor = SecondFactor.objects.get()
    assert (to_new, factor.secret in page.content.decode()) == ("/sign-in/code/new/?next=%2Faccount%2F", True)
    assert "style=" not in page.context["picture"]
    assert browser.post(to_new, {"code": "000000"}).status_code == 422
    assert SecondFactor.objects.get().confirmed_at is None
    shown = browser.post(to_new, {"code": pyotp.TOTP(factor.secret).at(now())})
    codes = re.findall(r"<li>([a-z2-7-]{19})</li>", shown.content.decode())
    factor.refresh_from_db()
    assert (len(set(codes)), len(factor.recovery)) == (10, 10)
    assert [code for code in codes if code in str(factor.recovery)] == []
    assert "no-store" in shown["Cache-Control"]
    assert browser.get("/account/").status_code == 200
    assert on_record() == [("second_factor", {"move": "added"}), ("sign_in", {"way": "code"})]


def test_who_has_an_app_cannot_set_up_another_before_showing_it(rita):
    browser = sign_in()
    before = SecondFactor.objects.values().get()
    assert browser.get("/sign-in/code/new/")["Location"] == "/sign-in/code/"
    assert browser.post("/sign-in/code/new/", {"code": rita.app.at(now())})["Location"] == "/sign-in/code/"
    assert SecondFactor.objects.values().get() == before


def test_whoever_becomes_a_manager_is_asked_at_the_next_request(switched_on, client_of):
    browser = client_of(switched_on.ana)
    assert browser.get("/account/").status_code == 200
    User.objects.filter(pk=switched_on.ana.pk).update(role="manager")
    assert browser.get("/account/")["Location"] == "/sign-in/code/?next=/account/"


def test_one_may_leave_without_a_code(rita):
    browser = sign_in()
    assert browser.post("/sign-out/")["Location"] == "/sign-in/"
    assert browser.get("/sign-in/code/")["Location"] == "/sign-in/?next=/sign-in/code/"


def test_new_codes_make_the_old_ones_void(rita):
    browser = sign_in()
    show(browser, rita.app.at(now()))
    assert "10 codes to recover with left" in browser.get("/account/").content.decode()
    shown = browser.post("/account/recovery-codes/")
    new = re.findall(r"<li>([a-z2-7-]{19})</li>", shown.content.decode())
    assert show(sign_in(), rita.paper[0]).status_code == 422
    assert show(sign_in(), new[0]).status_code == 302


def test_revops_forgets_the_app_of_a_lost_phone_but_not_that_of_a_superuser(rita, switched_on):
    for name in ("cleo", "root"):
        user = switched_on.people[name]
        second_factor.confirm(user, pyotp.TOTP(second_factor.begin(user).secret).at(NOON), at=NOON)
    desk = sign_in()
    show(desk, rita.app.at(now()))
    people = [switched_on.cleo.pk, switched_on.root.pk]
    facts = {"action": "forget_second_factor", "_selected_action": people}
    assert desk.post(reverse("admin:accounts_user_changelist"), facts).status_code == 302
    assert set(SecondFactor.objects.values_list("user__username", flat=True)) == {"rita", "root"}
    forgotten = Event.objects.get(kind="second_factor", data__move="forgotten")
    assert (forgotten.actor_id, forgotten.data["person"]) == (rita.pk, switched_on.cleo.pk)
