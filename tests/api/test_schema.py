"""The description of the API against the API: whatever it is asked, it answers what it says it answers, and never breaks.

`LEADOPS_CASES=5000` asks more, `LEADOPS_SEED=2` others; the suite asks a few hundred, the same ones each time.
"""

import os

import pytest
import schemathesis
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.test import Client
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

from leadops.api import described
from tests.factories import opportunity_of, put

pytestmark = pytest.mark.django_db
CASES = int(os.environ.get("LEADOPS_CASES", "400"))
SEED = int(os.environ.get("LEADOPS_SEED", "0"))
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance, response_schema_conformance,
]  # fmt: skip
NUMBERS = ("id", "touch")
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@pytest.fixture
def world(house):
    """A lead in every state, so that a number often means something."""
    leads = [put(None, "raw"), put(None, "raw", team=house.north)]
    leads += [put(None, state, owner=house.ana) for state in ("assigned", "working", "nurture", "unqualified")]
    opportunity_of(leads[3], owner=house.eva)
    return leads


def person(user) -> dict:
    """Return the headers of a browser in which somebody is signed in, and that read a form of ours."""
    client = Client()
    client.force_login(user)
    word = "a" * 32
    session = client.cookies["sessionid"].value
    return {"Cookie": f"sessionid={session}; csrftoken={word}", "X-CSRFToken": word}


def operations() -> list[tuple[str, str]]:
    return [(path, method) for path, methods in described()["paths"].items() for method in methods]


@pytest.mark.parametrize(("path", "method"), operations(), ids=lambda part: part)
def test_every_answer_is_one_that_was_described(world, house, program, settings, path, method, caplog, request):
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_RATES": {"known": "1000000/min"}}
    settings.ALLOWED_HOSTS = ["*"]
    caplog.set_level("CRITICAL", "django.request")
    schema = schemathesis.openapi.from_dict(described())
    schema.app = get_wsgi_application()
    moments = (signals.request_started, signals.request_finished)
    for moment in moments:  # the connection is the test's
        moment.disconnect(close_old_connections)
    request.addfinalizer(lambda: [moment.connect(close_old_connections) for moment in moments])
    operation = schema[path][method.upper()]
    askers = [person(house.root), person(house.ana), program.headers()]
    numbers = [lead.pk for lead in world]
    asked = {"cases": 0}

    def ask(mode, number):
        @seed(SEED)
        @hypothesis(number)
        @given(
            st.tuples(
                operation.as_strategy(generation_mode=mode), st.sampled_from(askers), st.sampled_from([*numbers, None])
            )
        )
        def one(drawn):
            case, asker, lead = drawn
            if lead and case.path_parameters:
                case.path_parameters |= {
                    name: lead
                    for name in NUMBERS
                    if name in case.path_parameters and isinstance(case.path_parameters[name], int)
                }
            with transaction.atomic():
                response = case.call(headers=asker)
                case.validate_response(response, checks=CHECKS)
                transaction.set_rollback(True)
            asked["cases"] += 1

        one()

    for mode in MODES:
        ask(mode, max(1, CASES // (len(operations()) * len(MODES))))
    assert asked["cases"] >= 1


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


def test_the_description_is_sound_and_names_every_address():
    found = described()
    all_of_them = [operation for methods in found["paths"].values() for operation in methods.values()]

    assert found["openapi"].startswith("3.1")
    assert len({operation["operationId"] for operation in all_of_them}) == len(all_of_them) == len(operations())
    for operation in all_of_them:
        assert {"400", "401", "403", "405", "429", "500"} < set(operation["responses"])
        assert operation["summary"]
