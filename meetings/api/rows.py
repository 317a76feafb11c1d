"""Meetings, opportunities and hand-offs, as the API gives them: every field named."""

from rest_framework import serializers

from accounts.api.rows import name_of, same
from accounts.models import Opportunity
from meetings.models import HandOff, Meeting

OWNERS = ("development_owner", "opportunity_owner", "success_owner")
# What is read beside a row of each kind.
NEAR = {
    Meeting: (
        "lead", "owner", "sourced_by", "opportunity__product", "opportunity__account", "reason", "claim_reason", "claimed_by",
        "contested_by",
    ),
    Opportunity: ("account", "product", "stage", "loss_reason", *OWNERS),
    HandOff: ("opportunity__product", "opportunity__account", "lead", "giver", "receiver", "ended_by", "reason"),
}  # fmt: skip


class MeetingOut(serializers.Serializer):
    """One meeting. A move to another time ends it, and the next of its chain takes its invitation on."""

    id = serializers.IntegerField()
    lead = serializers.IntegerField()
    round = serializers.IntegerField(allow_null=True)
    account = serializers.IntegerField()
    opportunity = serializers.IntegerField()
    product = serializers.CharField()
    status = serializers.CharField(
        help_text="booked, rescheduled, cancelled, qualified, unqualified, no_show or missed."
    )
    owner = serializers.CharField(help_text="Who holds it, by the name they sign in with.")
    sourced_by = serializers.CharField(allow_null=True)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    zone = serializers.CharField(allow_blank=True)
    place = serializers.CharField(allow_blank=True)
    persona = serializers.CharField(allow_blank=True)
    next_step = serializers.CharField(allow_blank=True)
    previous = serializers.IntegerField(allow_null=True)
    booked_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(help_text="When its disposition is due.")
    disposed_at = serializers.DateTimeField(allow_null=True)
    point = serializers.CharField(help_text="When its lead is handed over: none, completed or scheduled.")
    reason = serializers.CharField(allow_null=True)
    size = serializers.CharField(allow_blank=True, help_text="Where the reason asks for it.")
    is_credited = serializers.BooleanField()
    claim = serializers.CharField(allow_blank=True, help_text="What was recorded of it where nobody said it in time.")
    claim_size = serializers.CharField(allow_blank=True)
    claimed_by = serializers.CharField(allow_null=True)
    contested_at = serializers.DateTimeField(allow_null=True)
    contested_by = serializers.CharField(allow_null=True)
    contest = serializers.CharField(allow_blank=True, help_text="Why it is contested.")
    settled_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()


OF_MEETING = (
    "id", "status", "starts_at", "ends_at", "zone", "place", "persona", "next_step", "booked_at", "due_at", "disposed_at",
    "point", "size", "is_credited", "claim", "claim_size", "contested_at", "contest", "settled_at", "version",
)  # fmt: skip


def meeting(row: Meeting) -> dict:
    """Return one meeting, whose neighbours were read with it."""
    return MeetingOut({
        **same(row, OF_MEETING), "lead": row.lead_id, "round": row.cycle_id, "account": row.account_id,
        "opportunity": row.opportunity_id, "product": row.opportunity.product.name, "owner": row.owner.username,
        "sourced_by": name_of(row.sourced_by), "previous": row.previous_id, "reason": row.reason.code if row.reason else None,
        "claimed_by": name_of(row.claimed_by), "contested_by": name_of(row.contested_by),
    }).data  # fmt: skip


class MeetingDone(serializers.Serializer):
    """What came of it."""

    meeting = serializers.IntegerField()
    lead = serializers.IntegerField()
    status = serializers.CharField()
    starts_at = serializers.DateTimeField()
    version = serializers.IntegerField()


def done(row: Meeting) -> dict:
    facts = same(row, ("status", "starts_at", "version"))
    return MeetingDone(facts | {"meeting": row.pk, "lead": row.lead_id}).data


class OpportunityOut(serializers.Serializer):
    """One possible sale."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    account = serializers.IntegerField()
    product = serializers.CharField()
    status = serializers.CharField()
    stage = serializers.CharField()
    amount = serializers.DecimalField(14, 2)
    currency = serializers.CharField()
    close_date = serializers.DateField(allow_null=True)
    contract_end_date = serializers.DateField(allow_null=True)
    loss_reason = serializers.CharField(allow_null=True)
    development_owner = serializers.CharField(allow_null=True)
    opportunity_owner = serializers.CharField(allow_null=True)
    success_owner = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    qualified_at = serializers.DateTimeField(allow_null=True)
    pipeline_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)


OF_SALE = (
    "id", "name", "status", "amount", "currency", "close_date", "contract_end_date", "created_at", "qualified_at", "pipeline_at",
    "closed_at",
)  # fmt: skip


def opportunity(row: Opportunity) -> dict:
    """Return one opportunity, whose neighbours were read with it."""
    return OpportunityOut({
        **same(row, OF_SALE), "account": row.account_id, "product": row.product.name, "stage": row.stage.name,
        "loss_reason": row.loss_reason.code if row.loss_reason else None, **{name: name_of(getattr(row, name)) for name in OWNERS},
    }).data  # fmt: skip


class HandOffOut(serializers.Serializer):
    """One passing from one person to another, with its limit to accept."""

    id = serializers.IntegerField()
    kind = serializers.CharField(help_text="sale or success.")
    opportunity = serializers.IntegerField()
    lead = serializers.IntegerField(allow_null=True)
    giver = serializers.CharField(allow_null=True)
    receiver = serializers.CharField(allow_null=True)
    missing = serializers.ListField(child=serializers.CharField(), help_text="Entry criteria that were not met.")
    began_at = serializers.DateTimeField()
    limit_at = serializers.DateTimeField()
    outcome = serializers.CharField(allow_blank=True, help_text="Empty while it waits; accepted, refused or dropped.")
    ended_at = serializers.DateTimeField(allow_null=True)
    ended_by = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_null=True, help_text="Why it was sent back, by its code.")
    is_oversold = serializers.BooleanField()
    why = serializers.CharField(allow_blank=True)


OF_HAND_OFF = ("id", "kind", "missing", "began_at", "limit_at", "outcome", "ended_at", "is_oversold", "why")


def hand_off(row: HandOff) -> dict:
    """Return one hand-off, whose neighbours were read with it."""
    return HandOffOut({
        **same(row, OF_HAND_OFF), "opportunity": row.opportunity_id, "lead": row.lead_id,
        "giver": name_of(row.giver), "receiver": name_of(row.receiver), "ended_by": name_of(row.ended_by),
        "reason": row.reason.code if row.reason else None,
    }).data  # fmt: skip
