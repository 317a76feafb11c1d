"""Signing in with the company's own provider, when one is configured."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts.models import Event, User
from leadops.checks import the_companys_sign_in_is_whole
from tests.accounts.provider import Provider, serve

pytestmark = pytest.mark.django_db
OF_ANA = {"email": "Ana@LeadOps.example", "email_verified": True}


@pytest.fixture
def provider(settings):
    provider = Provider(claims=dict(OF_ANA))
    server = serve(provider)
    settings.LEADOPS_SSO_URL, settings.LEADOPS_SSO_CLIENT_ID = provider.url, "leadops"
    settings.LEADOPS_SSO_CLIENT_SECRET = provider.secret
    yield provider
    server.shutdown()
    server.server_close()


def come_in(client, provider, goal=""):
    """Press the button, sign in over there, come back."""
    out = client.get("/sign-in/company/", {"next": goal} if goal else {})
    back = urlsplit(provider.sign_in(out["Location"]))
    return client.get(back.path, parse_qs(back.query))


def is_in(client) -> bool:
    return client.get("/account/").status_code == 200


def said(client) -> str:
    return client.get("/sign-in/").content.decode()


def on_record() -> list:
    return list(Event.objects.order_by("id").values_list("kind", "actor_id", "data"))


def test_without_a_provider_there_is_no_such_door(client, house):
    assert "/sign-in/company/" not in said(client)
    assert [client.get(path)["Location"] for path in ("/sign-in/company/", "/sign-in/company/back/")] == ["/", "/"]


def test_the_door_is_shown_beside_the_other_and_remembers_where_one_was_going(client, house, provider):
    page = client.get("/sign-in/?next=/account/").content.decode()
    assert 'href="/sign-in/company/?next=%2Faccount%2F"' in page
    assert 'name="password"' in page


def test_a_person_with_the_verified_address_is_let_in_and_led_on(client, house, provider):
    response = come_in(client, provider, "/account/?tab=2")
    assert (response.status_code, response["Location"]) == (302, "/account/?tab=2")
    assert is_in(client)
    assert on_record() == [("sign_in", house.ana.pk, {"way": "company"})]
    assert User.objects.count() == len(house.people)


@pytest.mark.parametrize("goal", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", ""])
def test_it_leads_nowhere_outside_the_house(client, house, provider, goal):
    assert come_in(client, provider, goal)["Location"] == "/"


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "ana@leadops.example", "email_verified": False},
        {"email": "ana@leadops.example", "email_verified": "true"},
        {"email": "ana@leadops.example"},
        {"email": "nobody@leadops.example", "email_verified": True},
        {"email": "api@leadops.example", "email_verified": True},
        {"email": "", "email_verified": True},
        {},
    ],
    ids=["unverified", "almost", "unsaid", "unknown", "client", "empty", "nothing"],
)
def test_nobody_else_is_let_in_and_nobody_is_made(client, house, provider, claims):
    provider.claims = claims
    assert come_in(client, provider)["Location"] == "/sign-in/"
    assert "names nobody who is active here. Ask RevOps." in said(client)
    assert (is_in(client), User.objects.count()) == (False, len(house.people))
    assert on_record() == [("sign_in_failed", None, {"way": "company"})]


def test_neither_is_whoever_was_switched_off(client, house, provider):
    User.objects.filter(pk=house.ana.pk).update(is_active=False)
    come_in(client, provider)
    assert not is_in(client)


def test_an_address_two_people_share_lets_neither_in(client, house, provider):
    User.objects.filter(pk=house.ben.pk).update(email="ana@leadops.example")
    come_in(client, provider)
    assert not is_in(client)


@pytest.mark.parametrize(
    "flaw",
    [
        {"forged_key": True},
        {"signs_with": "none"},
        {"signs_with": "HS256"},
        {"claims": OF_ANA | {"aud": "somebody-else"}},
        {"claims": OF_ANA | {"iss": "https://elsewhere.example"}},
        {"claims": OF_ANA | {"nonce": "of-another-sign-in"}},
        {"claims": OF_ANA | {"exp": int(time.time()) - 3_600}},
    ],
    ids=["forged", "unsigned", "signed by us", "audience", "issuer", "nonce", "expired"],
)
def test_what_is_not_the_providers_word_to_us_now_is_not_believed(client, house, provider, flaw):
    for name, value in flaw.items():
        setattr(provider, name, value)
    assert come_in(client, provider)["Location"] == "/sign-in/"
    assert "could not be confirmed. Try again." in said(client)
    assert not is_in(client)
    assert on_record() == [("sign_in_failed", None, {"way": "company"})]


def test_an_answer_nobody_asked_for_is_not_believed(client, house, provider):
    for facts in ({"code": "c", "state": "made-up"}, {"code": "c"}, {}, {"error": "access_denied", "state": "x"}):
        assert client.get("/sign-in/company/back/", facts)["Location"] == "/sign-in/"
    assert not is_in(client)


def test_an_answer_counts_once_and_in_one_browser(client, house, provider):
    out = client.get("/sign-in/company/")
    back = urlsplit(provider.sign_in(out["Location"]))
    other = type(client)()
    other.get(back.path, parse_qs(back.query))
    client.get(back.path, parse_qs(back.query))
    client.post("/sign-out/")
    client.get(back.path, parse_qs(back.query))
    assert (is_in(client), is_in(other)) == (False, False)


def test_a_provider_that_does_not_answer_leaves_the_other_door(client, house, provider):
    provider.is_down = True
    assert client.get("/sign-in/company/")["Location"] == "/sign-in/"
    assert "does not answer. Try again, or use your name and password." in said(client)


@pytest.mark.parametrize(("amr", "is_asked"), [(None, True), (["pwd"], True), (["pwd", "mfa"], False)])
def test_a_manager_shows_a_second_factor_here_unless_they_did_there(client, house, provider, settings, amr, is_asked):
    settings.LEADOPS_SECOND_FACTOR = True
    provider.claims = {"email": "cleo@leadops.example", "email_verified": True} | ({"amr": amr} if amr else {})
    come_in(client, provider)
    assert is_in(client) != is_asked
    assert len(on_record()) == (0 if is_asked else 1)


@pytest.mark.parametrize(
    ("url", "client_id", "secret", "found"),
    [
        ("", "", "", []),
        ("https://id.example", "leadops", "s", []),
        ("http://127.0.0.1:9", "leadops", "s", []),
        ("https://id.example", "", "s", ["leadops.E006"]),
        ("https://id.example", "leadops", "", ["leadops.E006"]),
        ("http://id.example", "leadops", "s", ["leadops.E007"]),
    ],
)
def test_a_provider_named_by_halves_is_refused_before_anything_runs(settings, url, client_id, secret, found):
    settings.LEADOPS_SSO_URL, settings.LEADOPS_SSO_CLIENT_ID = url, client_id
    settings.LEADOPS_SSO_CLIENT_SECRET = secret
    assert [message.id for message in the_companys_sign_in_is_whole(None)] == found
