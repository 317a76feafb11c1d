"""Opportunities by the API."""

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from accounts.api.fields import Id
from accounts.api.paging import Page
from accounts.api.resource import Forbidden, Resource
from accounts.api.schema import listed
from accounts.models import Opportunity, OpportunityStatus
from meetings import permissions

OWNERS = ("development_owner", "opportunity_owner", "success_owner")


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
    loss_reason = serializers.CharField(allow_null=True)
    development_owner = serializers.CharField(allow_null=True)
    opportunity_owner = serializers.CharField(allow_null=True)
    success_owner = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField()
    qualified_at = serializers.DateTimeField(allow_null=True)
    pipeline_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)


class OpportunityFilter(Page):
    """Which opportunities."""

    status = serializers.ChoiceField(OpportunityStatus.choices, required=False)
    account = Id(required=False)


class OfOpportunities(Resource):
    """Possible sales."""

    tag = "opportunities"

    def seen(self):
        """Return the opportunities this one may see."""
        near = ("account", "product", "stage", "loss_reason", *OWNERS)
        return permissions.visible_to(Opportunity.objects.select_related(*near), self.user)


class Opportunities(OfOpportunities):
    """Possible sales of one product to one account."""

    rights, gives, asks = {"GET": "opportunities.see"}, {"GET": listed(OpportunityOut)}, {"GET": OpportunityFilter}

    def get(self, request):
        """List the opportunities you may see, newest first."""
        said = self.asked()
        rows = self.seen().filter(**{name: said[name] for name in ("status", "account") if name in said})
        return self.listed(rows, opportunity, said=said)


class OneOpportunity(OfOpportunities):
    """One possible sale."""

    rights, gives = {"GET": "opportunities.see"}, {"GET": OpportunityOut}

    def enter(self, method, *, pk):
        if self.is_client:
            raise Forbidden("An API client does not see opportunities.")
        self.opportunity = self.seen().filter(pk=pk).first()
        if self.opportunity is None:
            raise NotFound("There is no such opportunity that you see.")

    def get(self, request, pk):
        """Read one opportunity."""
        return Response(opportunity(self.opportunity))


def opportunity(row: Opportunity) -> dict:
    """Return one opportunity, whose neighbours were read with it."""
    same = (
        "id",
        "name",
        "status",
        "amount",
        "currency",
        "close_date",
        "created_at",
        "qualified_at",
        "pipeline_at",
        "closed_at",
    )
    return OpportunityOut({
        **{name: getattr(row, name) for name in same}, "account": row.account_id, "product": row.product.name, "stage": row.stage.name,
        "loss_reason": row.loss_reason.code if row.loss_reason else None,
        **{name: owner.username if (owner := getattr(row, name)) else None for name in OWNERS},
    }).data  # fmt: skip
