"""What must be true of the settings before anything runs; Django's system checks call it."""

from math import ceil
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from django.conf import settings
from django.core import checks

from accounts.forgetting import LEAST

DJANGO_Q_DEFAULTS = {"queue_limit": 0, "bulk": 1, "workers": 1, "timeout": 0, "retry": 60}
# A worker's own start, a slow commit and a clock that is a little off.
SLACK_SECONDS = 33


def least_retry(cluster: dict[str, Any]) -> int:
    """Return the shortest ``retry`` with which no task is handed out twice.

    A task may wait behind all others already taken from the broker, each for its whole timeout,
    before its own begins.
    """
    c: dict[str, Any] = DJANGO_Q_DEFAULTS | {key: value for key, value in cluster.items() if value is not None}
    rounds = ceil((c["queue_limit"] + c["bulk"] + 1) / c["workers"]) + 1
    return c["timeout"] * rounds + SLACK_SECONDS


@checks.register()
def jobs_are_handed_out_once(app_configs: object, **kwargs: object) -> list[checks.CheckMessage]:
    """Refuse a job cluster that would repeat, replay or drop tasks."""
    cluster: dict[str, Any] = settings.Q_CLUSTER
    found: list[checks.CheckMessage] = []
    needed = least_retry(cluster)
    if not cluster.get("timeout"):
        found.append(checks.Error("A task without a timeout can hang for ever.", id="leadops.E001"))
    elif cluster.get("retry", 0) < needed:
        found.append(
            checks.Error(
                f"Q_CLUSTER['retry'] must be at least {needed}, or waiting tasks run twice.",
                id="leadops.E002",
            )
        )
    if cluster.get("catch_up", True):
        found.append(checks.Error("Q_CLUSTER['catch_up'] would replay a whole outage.", id="leadops.E003"))
    if not cluster.get("ack_failures", False):
        found.append(checks.Error("Q_CLUSTER['ack_failures'] must be on: sweeps retry.", id="leadops.E004"))
    if not cluster.get("orm"):
        found.append(checks.Error("Tasks must be queued in the database they speak of.", id="leadops.E005"))
    return found


@checks.register()
def the_companys_sign_in_is_whole(app_configs: object, **kwargs: object) -> list[checks.CheckMessage]:
    """Refuse an identity provider named by halves, or asked over a line anybody may listen on."""
    if not (url := urlsplit(settings.LEADOPS_SSO_URL)).geturl():
        return []
    found: list[checks.CheckMessage] = []
    if not (settings.LEADOPS_SSO_CLIENT_ID and settings.LEADOPS_SSO_CLIENT_SECRET):
        hint = "Set LEADOPS_SSO_CLIENT_ID and LEADOPS_SSO_CLIENT_SECRET."
        found.append(checks.Error("LEADOPS_SSO_URL is set, and not who we are there.", hint=hint, id="leadops.E006"))
    if url.scheme != "https" and url.hostname not in ("localhost", "127.0.0.1", "::1"):
        found.append(checks.Error("LEADOPS_SSO_URL must begin with https://.", id="leadops.E007"))
    return found


@checks.register()
def the_company_is_somewhere(app_configs: object, **kwargs: object) -> list[checks.CheckMessage]:
    """Refuse a time zone that does not exist: months are counted in it."""
    if settings.LEADOPS_TIME_ZONE in available_timezones():
        return []
    words = f"LEADOPS_TIME_ZONE: “{settings.LEADOPS_TIME_ZONE}” is no time zone. Example: Europe/Berlin."
    return [checks.Error(words, id="leadops.E008")]


@checks.register()
def records_are_guarded(app_configs: object, **kwargs: object) -> list[checks.CheckMessage]:
    """Warn when the application runs with the rights of the tables' owner."""
    if settings.LEADOPS_RECORDS_GUARDED:
        return []
    return [
        checks.Warning(
            "One database role does everything, so nothing stops it from altering records.",
            hint="Give the owner in LEADOPS_OWNER_URL and a lesser role in DATABASE_URL.",
            id="leadops.W001",
        )
    ]


@checks.register()
def messages_are_kept_long_enough(app_configs: object, **kwargs: object) -> list[checks.CheckMessage]:
    """Refuse to forget a message while a sweep that slept might still tell it again, or one unread before one read."""
    found: list[checks.CheckMessage] = []
    if settings.LEADOPS_KEEP_MESSAGES < LEAST:
        words = f"LEADOPS_KEEP_MESSAGES must be at least {LEAST} days."
        found.append(checks.Error(words, id="leadops.E009"))
    if settings.LEADOPS_KEEP_UNREAD < settings.LEADOPS_KEEP_MESSAGES:
        words = "LEADOPS_KEEP_UNREAD must not be shorter than LEADOPS_KEEP_MESSAGES."
        found.append(checks.Error(words, id="leadops.E010"))
    return found
