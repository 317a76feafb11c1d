import pytest
from django.conf import settings

from leadops import checks


def test_the_cluster_as_configured_hands_each_task_out_once():
    assert checks.jobs_are_handed_out_once(None) == []


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"retry": 152}, "leadops.E002"),
        ({"timeout": 60}, "leadops.E002"),
        ({"queue_limit": 50}, "leadops.E002"),
        ({"bulk": 10}, "leadops.E002"),
        ({"timeout": None}, "leadops.E001"),
        ({"catch_up": True}, "leadops.E003"),
        ({"ack_failures": False}, "leadops.E004"),
        ({"orm": None}, "leadops.E005"),
    ],
)
def test_a_cluster_that_would_repeat_replay_or_drop_tasks_is_refused(settings, change, error):
    settings.Q_CLUSTER = settings.Q_CLUSTER | change

    assert [found.id for found in checks.jobs_are_handed_out_once(None)] == [error]


@pytest.mark.parametrize(
    ("cluster", "seconds"),
    [
        ({"timeout": 30, "queue_limit": 4, "bulk": 1, "workers": 2}, 153),
        ({"timeout": 4, "queue_limit": 100, "bulk": 1, "workers": 4}, 141),
        ({"timeout": 30, "queue_limit": 1, "bulk": 1, "workers": 1}, 153),
    ],
)
def test_the_shortest_retry_lets_every_task_ahead_use_its_whole_timeout(cluster, seconds):
    assert checks.least_retry(cluster) == seconds


def test_the_shortest_retry_itself_is_enough(settings):
    settings.Q_CLUSTER = settings.Q_CLUSTER | {"retry": checks.least_retry(settings.Q_CLUSTER)}

    assert checks.jobs_are_handed_out_once(None) == []


def test_one_role_for_everything_is_warned_of(settings):
    settings.LEADOPS_RECORDS_GUARDED = False

    assert [found.id for found in checks.records_are_guarded(None)] == ["leadops.W001"]


def test_two_roles_are_not_warned_of():
    assert settings.LEADOPS_RECORDS_GUARDED is True
    assert checks.records_are_guarded(None) == []


def test_a_company_that_is_nowhere_is_refused(settings):
    settings.LEADOPS_TIME_ZONE = "Europe/Atlantis"

    assert [found.id for found in checks.the_company_is_somewhere(None)] == ["leadops.E008"]
