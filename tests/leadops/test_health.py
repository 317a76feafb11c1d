from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import SweepRun
from leadops import health, jobs


@pytest.mark.django_db
def test_all_is_well(client):
    jobs.ping()

    answer = client.get("/healthz")

    assert answer.status_code == 200
    assert answer.json() == {"web": "ok", "database": "ok", "jobs": "ok", "records": "guarded"}


@pytest.mark.django_db
def test_it_asks_nobody_to_sign_in_and_costs_two_queries(client, django_assert_num_queries):
    jobs.ping()

    with django_assert_num_queries(2):
        answer = client.get("/healthz")

    assert answer.status_code == 200
    assert dict(client.cookies) == {}


@pytest.mark.django_db
def test_jobs_that_were_never_seen_are_not_well(client):
    answer = client.get("/healthz")

    assert answer.status_code == 503
    assert answer.json() == {"web": "ok", "database": "ok", "jobs": "never seen", "records": "guarded"}


@pytest.mark.django_db
@pytest.mark.parametrize(("age", "status"), [(-timedelta(seconds=2), 200), (timedelta(seconds=2), 503)])
def test_jobs_may_be_silent_for_a_minute(client, age, status):
    at = timezone.now() - health.SILENCE - age
    SweepRun.objects.create(name=jobs.PING, started_at=at, finished_at=at)

    answer = client.get("/healthz")

    assert answer.status_code == status
    assert (answer.json()["jobs"] == "ok") == (status == 200)
    assert answer.json()["database"] == "ok"


@pytest.mark.usefixtures("django_db_setup")
def test_a_database_out_of_reach_is_named_and_a_later_request_finds_it_again(client, monkeypatch, django_db_blocker):
    # Outside of any transaction, which would not survive the loss of its connection.
    with django_db_blocker.unblock():
        connection.close()
        with monkeypatch.context() as patch:
            patch.setitem(connection.settings_dict, "HOST", "/nowhere")
            down = client.get("/healthz")
        up = client.get("/healthz")
        connection.close()

    assert down.status_code == 503
    assert down.json() == {"web": "ok", "database": "unreachable", "jobs": "unknown", "records": "guarded"}
    assert up.json()["database"] == "ok"


@pytest.mark.django_db
def test_one_role_for_everything_is_said(client, settings):
    settings.LEADOPS_RECORDS_GUARDED = False
    jobs.ping()

    assert client.get("/healthz").json()["records"] == "unguarded"
