"""The description of the API against the API: whatever it is asked, it answers what it says it answers, and never breaks.

`LEADOPS_CASES=5000` asks more, `LEADOPS_SEED=2` others; the suite asks a few hundred, the same ones each time.
"""

import contextlib
import io
import os
from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest
import schemathesis
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS, reset_generator_stats
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.generation import GenerationMode

from accounts import clock
from accounts.models import Batch
from leadops.api import described
from leads import importing
from leads.models import Touch
from meetings import booking
from meetings.history import reading
from meetings.models import HandOff, Meeting
from reporting.metrics import METRICS
from tests.factories import NOON, AccountFactory, LeadFactory, opportunity_of, put

pytestmark = pytest.mark.django_db
CASES = int(os.environ.get("LEADOPS_CASES", "400"))
SEED = int(os.environ.get("LEADOPS_SEED", "0"))
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance, response_schema_conformance,
]  # fmt: skip
STATUSES: Counter = Counter()
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@pytest.fixture
def world(house) -> dict[str, list]:
    """One row or more of each noun, so that a number often means something, and the names that often stand in a body."""
    leads = [put(None, "raw"), put(None, "raw", team=house.north)]
    leads += [put(None, state, owner=house.ana) for state in ("assigned", "working", "nurture", "unqualified")]
    sale = opportunity_of(leads[3], owner=house.eva)
    met = booking.book(
        put(LeadFactory(account=AccountFactory()), "working", owner=house.ana), product=sale.product, by=house.ana, owner=house.eva,
        starts_at=clock.now() + timedelta(days=1), at=clock.now(), amount=Decimal(250_000),
    )  # fmt: skip
    Meeting.objects.filter(pk=met.pk).update(starts_at=clock.now() - timedelta(days=3))
    past = reading.read(
        {"touches": (io.BytesIO(b"lead,date\nx,2026-01-05\n"), "t.csv")}, by=house.root, at=NOON, options={}
    )
    file = importing.read(
        io.BytesIO(b"Email\nmarta@nordlicht.example\n"), "f.csv", by=house.root, at=NOON, options={"source": "Fair"}
    )
    release = Batch.objects.create(
        kind="release", name="Price", by=house.root, team=house.north, created_at=NOON, options={"stayed": {}},
        counts={"released": 0, "stayed": 0},
    )  # fmt: skip
    return {
        "leads": [lead.pk for lead in (*leads, met.lead)], "meetings": [met.pk], "opportunities": [sale.pk, met.opportunity_id],
        "hand-offs": list(HandOff.objects.values_list("pk", flat=True)), "accounts": [met.account_id], "imports": [file.pk],
        "histories": [past[0].pk], "releases": [release.pk], "touch": list(Touch.objects.values_list("pk", flat=True)),
        "name": list(METRICS), "username": ["ana", "ben", "root"],
    }  # fmt: skip


# What often stands in a body or a query, so that an act is not refused for its first field.
OFTEN = {
    "owner": ["ana", "eva"], "to": ["ana", "eva", "finn"], "by": ["ana", "eva", "rep", "week", "source"], "delegate": ["ben"],
    "team": ["North", "South"], "source": ["Fair"], "email": ["marta@nordlicht.example"], "success_owner": ["carl"],
    "reason": ["no_for_now", "not_a_prospect", "lost_price", "budget_later"], "stage": ["Meeting", "Pipeline", "Negotiation"],
    "product": ["Suite"], "measure": ["median", "target", "left-out"], "columns": [{"Email": "email"}], "was": [""], "currency": ["EUR"],
}  # fmt: skip


def person(user) -> dict:
    """Return what a browser sends in which somebody is signed in, and that read a form of ours."""
    client = Client()
    client.force_login(user)
    word = "a" * 32
    session = client.cookies["sessionid"].value
    return {"cookies": {"sessionid": session, "csrftoken": word}, "headers": {"X-CSRFToken": word}}


@contextlib.contextmanager
def connection_of_the_test():
    """Let no request close the connection, which is the test's."""
    moments = (signals.request_started, signals.request_finished)
    for moment in moments:
        moment.disconnect(close_old_connections)
    yield
    for moment in moments:
        moment.connect(close_old_connections)


def operations() -> list[tuple[str, str]]:
    return [(path, method) for path, methods in described()["paths"].items() for method in methods]


@pytest.mark.parametrize(("path", "method"), operations(), ids=lambda part: part)
def test_every_answer_is_one_that_was_described(world, house, program, settings, path, method, caplog, request):
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_RATES": {"known": "1000000/min"}}
    settings.ALLOWED_HOSTS = ["*"]
    caplog.set_level("CRITICAL", "django.request")
    schema = schemathesis.openapi.from_dict(described())
    schema.app = get_wsgi_application()
    stack = contextlib.ExitStack()
    stack.enter_context(connection_of_the_test())
    request.addfinalizer(stack.close)
    operation = schema[path][method.upper()]
    askers = [person(house.root), person(house.ana), {"headers": program.headers()}]
    asked = {"cases": 0}

    def ask(mode, number):
        @seed(SEED)
        @hypothesis(number)
        @given(
            st.tuples(
                operation.as_strategy(generation_mode=mode), st.sampled_from(askers), st.integers(0, 11),
                st.sampled_from([True, True, True, False]),
            )
        )  # fmt: skip
        def one(drawn):
            case, asker, turn, is_likely = drawn
            if is_likely:
                make_likely(case, world, turn)
            with transaction.atomic():
                response = case.call(**asker)
                case.validate_response(response, checks=CHECKS)
                transaction.set_rollback(True)
            asked["cases"] += 1
            STATUSES[response.status_code] += 1

        one()

    for mode in MODES:
        ask(mode, -(-CASES // (len(operations()) * len(MODES))))
    assert asked["cases"] >= 1


def make_likely(case, world: dict[str, list], turn: int) -> None:
    """Let a case come as who it is, mean rows that are there, and say names that are known."""
    case.cookies = {}
    case.headers = {name: text for name, text in (case.headers or {}).items() if name.lower() != "authorization"}
    noun = case.path.split("/")[3]
    for name in case.path_parameters or ():
        known = world.get(name if name in world else noun)
        if known:
            case.path_parameters[name] = known[turn % len(known)]
    for said in (case.body, case.query):
        for name in said.keys() & OFTEN.keys() if isinstance(said, dict) else ():
            said[name] = OFTEN[name][turn % len(OFTEN[name])]


@pytest.fixture(scope="module", autouse=True)
def told():
    """Say at the end how often each status was answered."""
    STATUSES.clear()
    yield
    print(f"\n{sum(STATUSES.values())} cases, seed {SEED}: {dict(sorted(STATUSES.items()))}")


def hypothesis(number: int):
    quiet = [
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ]
    return settings_of(max_examples=number, quiet=quiet)


def settings_of(max_examples: int, quiet: list):
    return settings(
        max_examples=max_examples,
        deadline=None,
        derandomize=SEED == 0,
        database=None,
        suppress_health_check=quiet,
        phases=[Phase.generate],
    )


def test_whoever_asks_is_known(house, program, settings):
    """What a case comes with is read: without it all would be answered with 401, and nothing be tried."""
    settings.ALLOWED_HOSTS = ["*"]
    schema = schemathesis.openapi.from_dict(described())
    schema.app = get_wsgi_application()
    with connection_of_the_test():
        said = [
            schema["/api/v1/me/"][method].Case(**more).call(**asker)
            for asker in (person(house.root), person(house.ana), {"headers": program.headers()})
            for method, more in (("GET", {}), ("POST", {"body": {"keys_on": True}, "media_type": "application/json"}))
        ]
    assert [(answer.status_code, answer.json().get("username")) for answer in said] == [
        (200, "root"), (201, "root"), (200, "ana"), (201, "ana"), (200, "api"), (403, None),
    ]  # fmt: skip


def test_the_description_is_made_without_a_doubt():
    """Two lists of fields of one name would be described as one."""
    reset_generator_stats()
    SchemaGenerator(urlconf=None).get_schema(request=None, public=True)

    assert not GENERATOR_STATS, (dict(GENERATOR_STATS._warn_cache), dict(GENERATOR_STATS._error_cache))


def test_the_description_is_sound_and_names_every_address():
    found = described()
    all_of_them = [operation for methods in found["paths"].values() for operation in methods.values()]

    assert found["openapi"].startswith("3.1")
    assert len({operation["operationId"] for operation in all_of_them}) == len(all_of_them) == len(operations())
    for operation in all_of_them:
        assert {"400", "401", "403", "405", "429", "500"} < set(operation["responses"])
        assert operation["summary"]
