"""What each scope of a key opens, at every address and method there is; and what it does not."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from accounts import api_keys, clock
from accounts.models import ApiKey, ApiScope, Event, Receipt
from leadops.api import described
from leads.models import Lead
from tests.api.conftest import Program, problem
from tests.factories import put

pytestmark = pytest.mark.django_db
ALWAYS = {("GET", "me/"), ("GET", "receipts/"), ("GET", "receipts/{key}/")}
# By hand, from the table that was promised: what a key with this scope may ask beyond that.
OPENS = {
    "leads:write": {("POST", "leads/"), ("POST", "hand-raises/")},
    "signals:write": {("POST", "signals/")},
    "touches:write": {("POST", "leads/{id}/touches/")},
    "optout:write": {("POST", "opt-outs/"), ("POST", "leads/{id}/opt-outs/")},
    "accounts:read": {("GET", "accounts/")},
    "meetings:write": {
        ("POST", "leads/{id}/meetings/"),
        ("POST", "meetings/{id}/moves/"),
        ("POST", "meetings/{id}/cancellations/"),
    },
    "reports:read": {("GET", "reports/"), ("GET", "reports/{name}/")},
}


def operations() -> list[tuple[str, str]]:
    return [
        (method.upper(), path.removeprefix("/api/v1/"))
        for path, methods in described()["paths"].items()
        for method in methods
        if path.startswith("/api/v1/")
    ]


def answer(program: Program, method: str, path: str, lead: Lead) -> int:
    numbers = {"id": lead.pk, "touch": 1, "key": "made-up", "name": "made-up", "change": "made-up", "username": "ana"}
    path = path.replace("{pk}", "{id}").format(**numbers)
    return (program.get(path) if method == "GET" else program.post(path)).status_code


@pytest.mark.parametrize("scope", ["", *ApiScope.values])
def test_a_scope_opens_what_it_should_and_nothing_else(house, program_of, scope):
    lead = put(None, "working", owner=house.ana)
    program = program_of(house.api, *([scope] if scope else []))
    events = Event.objects.count()

    opened = {
        (method, path.replace("{pk}", "{id}"))
        for method, path in operations()
        if answer(program, method, path, lead) != 403
    }

    assert opened == ALWAYS | OPENS.get(scope, set())
    assert Event.objects.exclude(kind="opt_out").exclude(move="opt_out").exclude(kind="signal").count() == events


@pytest.mark.parametrize(("method", "path"), sorted(set(operations()) - ALWAYS), ids=lambda part: part)
def test_a_key_without_its_scope_is_refused_and_leaves_no_trace(house, program_of, method, path):
    """Each operation once for itself, with every scope but the one that opens it: whatever else a key may, this it may not."""
    lead = put(None, "working", owner=house.ana)
    opens = [scope for scope, opened in OPENS.items() if (method, path.replace("{pk}", "{id}")) in opened]
    others = program_of(house.api, *(scope for scope in ApiScope.values if scope not in opens))
    before = (Event.objects.count(), Receipt.objects.count())

    assert answer(others, method, path, lead) == 403
    assert (Event.objects.count(), Receipt.objects.count()) == before
    if opens:
        assert answer(program_of(house.api, *opens), method, path, lead) != 403


def test_the_schema_says_which_scope_opens_what():
    said = {
        scope: {
            (method.upper(), path.removeprefix("/api/v1/").replace("{pk}", "{id}"))
            for path, methods in described()["paths"].items()
            for method, operation in methods.items()
            if f"With a key: `{scope}`." in operation["description"]
        }
        for scope in ApiScope.values
    }

    assert said == OPENS


def test_a_client_sees_its_own_receipts_only(house, program_of):
    one, other = (
        program_of(house.api, "leads:write"),
        Program(api_keys.create_client("Other", [], by=None, at=clock.now())[1]),
    )
    one.post("leads/", {"email": "a@firm.example"}, key="mine")

    mine, theirs = one.get("receipts/").json()["items"], other.get("receipts/").json()["items"]

    assert [(row["path"], row["status"]) for row in mine] == [("/api/v1/leads/", 201)]
    assert theirs == []
    assert one.get(f"receipts/{mine[0]['id']}/").json() == mine[0]
    assert other.get(f"receipts/{mine[0]['id']}/").status_code == 404


@pytest.mark.parametrize("token", ["", "lo_none", "lo_" + "x" * 5000, "\xff"])
def test_a_key_that_is_none_opens_nothing(house, token):
    answer = Program(token).get("me/")

    assert problem(answer)[0] == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="LeadOps"'


def test_a_revoked_key_opens_nothing_and_a_rotated_one_another_day(house):
    at = clock.now()
    key, old = api_keys.new_key(house.api, ["leads:write"], by=None, at=at)
    _new, new = api_keys.rotate(key, by=house.rita, at=at)

    assert [api_keys.holder_of(token, at + api_keys.STILL * part) is not None for token in (old, new) for part in (0, 0.9, 1)] == [
        True, True, False, True, True, True,
    ]  # fmt: skip
    api_keys.revoke([_new], at=at)
    assert api_keys.holder_of(new, at) is None


def test_a_client_that_is_switched_off_is_out_at_its_next_request(house, program):
    assert program.get("me/").status_code == 200
    house.api.is_active = False
    house.api.save()
    assert program.get("me/").status_code == 401


def test_a_key_is_kept_nowhere(house):
    key, token = api_keys.new_key(house.api, ["leads:write"], by=None, at=clock.now())

    kept = " ".join(str(value) for value in ApiKey.objects.filter(pk=key.pk).values().get().values())
    assert token not in kept
    assert token[8:] not in kept


def test_the_command_prints_a_key_once_and_refuses_a_scope_that_is_none(db, capsys):
    call_command("create_api_client", "Shop", "--scope", "leads:write", "--scope", "signals:write")
    token = capsys.readouterr().out.strip()

    said = Program(token).get("me/").json()
    assert (said["name"], said["scopes"]) == ("Shop", ["leads:write", "signals:write"])
    with pytest.raises(CommandError, match="No such scope: all"):
        call_command("create_api_client", "Shop", "--scope", "all")
    assert ApiKey.objects.count() == 1


def test_a_session_needs_the_token_of_a_form_to_change_anything(house):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(house.ana)

    answer = browser.post("/api/v1/leads/", "{}", content_type="application/json")

    assert answer.status_code == 403
    assert Receipt.objects.count() == 0


def test_too_many_requests_are_told_when_to_come_back(house, program_of, settings):
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_RATES": {"known": "3/min"}}
    program = Program(api_keys.create_client("Hasty", [], by=None, at=clock.now())[1])

    answers = [program.get("me/") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[3]["Retry-After"]) <= 61


@pytest.mark.parametrize(
    ("method", "path", "content", "kind", "status"),
    [
        ("GET", "made-up/", "", "application/json", 404),
        ("GET", "made%0Aup/", "", "application/json", 404),
        ("GET", "leads/99999999999999999999999/", "", "application/json", 404),
        ("DELETE", "me/", "", "application/json", 405),
        ("POST", "leads/", "a=1", "application/x-www-form-urlencoded", 415),
        ("POST", "leads/", "{", "application/json", 400),
        ("POST", "leads/", "\xff", "application/json", 400),
        ("POST", "leads/", "[1]", "application/json", 422),
        ("POST", "leads/", "NaN", "application/json", 400),
    ],
)
def test_every_problem_has_one_form(house, browser_of, method, path, content, kind, status):
    client = browser_of(house.root).client

    answer = client.generic(method, f"/api/v1/{path}", content.encode("latin-1"), content_type=kind)

    assert problem(answer)[0] == status


def test_a_mistake_of_ours_says_nothing_of_the_inside(house, browser_of, monkeypatch, caplog):
    def broken(*args, **kwargs):
        raise RuntimeError("secret of the house")

    monkeypatch.setattr("leads.intake.take", broken)
    answer = browser_of(house.ana).post("leads/", {"email": "a@firm.example", "source": "Fair"})

    assert problem(answer) == (500, "error", [])
    assert "secret" not in answer.content.decode()
    assert "secret of the house" in caplog.text
    assert Receipt.objects.count() == 0
