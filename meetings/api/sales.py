"""Opportunities by the API: listed, read; those whose contract ends, those that look like sandbagging (ACC-8 to ACC-12)."""

from datetime import timedelta

from rest_framework import serializers
from rest_framework.response import Response

from accounts.api.fields import Id
from accounts.api.paging import Page
from accounts.api.resource import Forbidden, Resource
from accounts.api.schema import listed
from accounts.models import Opportunity, OpportunityStatus
from accounts.permissions import Scope
from meetings import closing, permissions
from meetings.api.frame import OfRow
from meetings.api.rows import NEAR, OpportunityOut, opportunity

LOOKED_BACK = timedelta(days=90)


class OpportunityFilter(Page):
    """Which opportunities."""

    status = serializers.ChoiceField(OpportunityStatus.choices, required=False)
    account = Id(required=False)


class OfSales(Resource):
    """Possible sales."""

    tag = "opportunities"
    rights = {"GET": "opportunities.see"}

    def seen(self, rows=None):
        """Return the opportunities this one may see."""
        rows = Opportunity.objects.all() if rows is None else rows
        return permissions.visible_to(rows.select_related(*NEAR[Opportunity]), self.user)


class Opportunities(OfSales):
    """Possible sales of one product to one account."""

    gives, asks = {"GET": listed(OpportunityOut)}, {"GET": OpportunityFilter}

    def get(self, request):
        """List the opportunities you may see, newest first."""
        said = self.asked()
        rows = self.seen().filter(**{name: said[name] for name in ("status", "account") if name in said})
        return self.listed(rows, opportunity, said=said)


class Ending(OfSales):
    """Contracts that end."""

    gives, asks = {"GET": listed(OpportunityOut)}, {"GET": Page}

    def get(self, request):
        """List what was won and whose contract ends within 120 days, newest first."""
        rows = closing.ending(self.at)
        return self.listed(self.seen(rows), opportunity)


class SurpriseOut(OpportunityOut):
    """A sale that looks like sandbagging, and why."""

    why = serializers.ListField(child=serializers.ChoiceField(["quick", "late", "unmet"]))


class Surprises(OfSales):
    """What looks like sandbagging."""

    gives, asks = {"GET": listed(SurpriseOut)}, {"GET": Page}

    def enter(self, method, **kwargs):
        super().enter(method, **kwargs)
        if not self.reaches("opportunities.see") & (Scope.TEAM | Scope.ALL):
            raise Forbidden("A manager looks at surprises.")

    def get(self, request):
        """List what closed in the last 90 days and was created late, won within days, or met nobody (ACC-12), newest first."""
        return self.listed(self.seen(closing.surprises(self.at - LOOKED_BACK, self.at)), _surprise)


def _surprise(row: Opportunity) -> dict:
    return opportunity(row) | {"why": [why for why in ("quick", "late", "unmet") if getattr(row, f"is_{why}")]}


class OneOpportunity(OfRow):
    """One possible sale."""

    model = Opportunity
    rights, gives = {"GET": "opportunities.see"}, {"GET": OpportunityOut}

    def get(self, request, pk):
        """Read one opportunity."""
        return Response(opportunity(self.row))
