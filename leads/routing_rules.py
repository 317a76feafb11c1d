"""The routing rules as they were in force at a moment, and their draft (ROUTE-1). RevOps edits the draft in the admin and switches it on.

Called by `leads/routing.py`, the rehearsal and the admin. Rules once in force are only ever ended, so that every trace can be read.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from django.db import connection, transaction
from django.db.models import Q

from accounts.models import Door, Event, User
from leads.models import RoutingRule
from leads.refusals import Refused

LOCK = 0x1EAD2E  # the advisory lock of whoever switches rules
COPIED = [f.attname for f in RoutingRule._meta.concrete_fields if f.attname not in ("id", "valid_from", "valid_until")]


class Facts(Protocol):
    """What of a lead a rule may ask for."""

    motion: str
    go_to_market: str
    segment: str
    region: str
    source_id: int | None
    campaign_id: int | None
    score: int | None
    is_target: bool


def in_force(at: datetime) -> list[RoutingRule]:
    """Return the rules in force at a moment, in their order. One query."""
    began = RoutingRule.objects.filter(valid_from__lte=at)
    return list(began.filter(Q(valid_until__isnull=True) | Q(valid_until__gt=at)).select_related("pool"))


def draft() -> list[RoutingRule]:
    """Return the draft, in its order. One query."""
    return list(RoutingRule.objects.filter(valid_from__isnull=True).select_related("pool"))


def first_match(rules: Sequence[RoutingRule], lead: Facts) -> tuple[RoutingRule | None, list[list]]:
    """Return the first rule that matches a lead, and which were tried before and on what they failed. Pure."""
    tried: list[list] = []
    for rule in rules:
        failed = fails(rule, lead)
        if not failed:
            return rule, tried
        tried.append([rule.pk, failed])
    return None, tried


def fails(rule: RoutingRule, lead: Facts) -> str:
    """Name the first criterion of a rule that a lead does not meet; empty when it meets all. Pure.

    Who has no score meets no criterion of one.
    """
    checks = (
        ("motion", rule.motion in ("", lead.motion)),
        ("go_to_market", rule.go_to_market in ("", lead.go_to_market)),
        ("segment", rule.segment.casefold() in ("", lead.segment.casefold())),
        ("region", rule.region.casefold() in ("", lead.region.casefold())),
        ("source", rule.source_id in (None, lead.source_id)),
        ("campaign", rule.campaign_id in (None, lead.campaign_id)),
        ("score_from", rule.score_from is None or (lead.score is not None and lead.score >= rule.score_from)),
        ("score_to", rule.score_to is None or (lead.score is not None and lead.score <= rule.score_to)),
        ("is_target", rule.is_target in (None, lead.is_target)),
        ("pool", rule.pool.is_active),
    )
    return next((name for name, met in checks if not met), "")


def roles_asked(rounds: Mapping[int, int]) -> dict[tuple[int, int], str]:
    """Say of leads and their rounds, where a rule sent them, whom of which pool it asked for: by lead and pool. Two queries at most.

    What waits in the pool, or moves on from it, goes to nobody else: the rule is about who is right for the lead (ROUTE-1).
    """
    routed = Event.objects.filter(lead_id__in=rounds, cycle_id__in=rounds.values(), kind="transition")
    by = dict(routed.filter(data__route__has_key="rule").order_by("pk").values_list("lead_id", "data__route__rule"))
    asked = RoutingRule.objects.filter(pk__in=set(by.values())).exclude(owner_role="") if by else ()
    asked = {rule.pk: (rule.pool_id, rule.owner_role) for rule in asked}
    return {(lead, asked[rule][0]): asked[rule][1] for lead, rule in by.items() if rule in asked}


def begin_draft(*, at: datetime) -> int:
    """Copy the rules in force into a draft, if there is none yet; return how many rules the draft has."""
    with transaction.atomic():
        _alone()
        if not RoutingRule.objects.filter(valid_from__isnull=True).exists():
            rows = [{name: getattr(rule, name) for name in COPIED} for rule in in_force(at)]
            RoutingRule.objects.bulk_create(RoutingRule(**row) for row in rows)
        return RoutingRule.objects.filter(valid_from__isnull=True).count()


def switch_on(*, by: User, at: datetime, door: str = Door.ADMIN) -> int:
    """Put the draft in force in place of the rules that are, all at once; return how many rules there are now.

    Refused for an empty draft: no rule at all would send everybody to the first pool.
    """
    with transaction.atomic():
        _alone()
        drafted = list(RoutingRule.objects.filter(valid_from__isnull=True).values_list("pk", flat=True))
        if not drafted:
            raise Refused("There is no draft to switch on.", "no_draft")
        ended = RoutingRule.objects.filter(valid_from__isnull=False, valid_until__isnull=True)
        was = list(ended.values_list("pk", flat=True))
        ended.update(valid_until=at)
        RoutingRule.objects.filter(pk__in=drafted).update(valid_from=at)
        Event.objects.create(
            kind="rules", move="switch_on", at=at, recorded_at=at, door=door, actor_id=by.pk, data={"ended": was, "begun": drafted}
        )  # fmt: skip
    return len(drafted)


def _alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
