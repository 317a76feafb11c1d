"""Accounts by the API. Their rows are `accounts`'; whose they are to see follows from leads."""

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from accounts.api.fields import Word
from accounts.api.paging import Page
from accounts.api.problems import Unreadable
from accounts.api.resource import Forbidden, Resource
from accounts.api.schema import listed
from accounts.domains import registrable
from accounts.models import Account
from leads.finding import seen_companies


class AccountOut(serializers.Serializer):
    """One company. An API client is told who it is and how it stands to us, no more."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    domain = serializers.CharField(allow_blank=True)
    relationship = serializers.CharField(help_text="new_business, open_opportunity or customer.")
    website = serializers.CharField(allow_null=True, allow_blank=True)
    country = serializers.CharField(allow_null=True, allow_blank=True)
    segment = serializers.CharField(allow_null=True, allow_blank=True)
    region = serializers.CharField(allow_null=True, allow_blank=True)
    is_target = serializers.BooleanField(allow_null=True)
    tier = serializers.IntegerField(allow_null=True)
    is_guess = serializers.BooleanField(allow_null=True)
    development_owner = serializers.CharField(allow_null=True)
    opportunity_owner = serializers.CharField(allow_null=True)
    success_owner = serializers.CharField(allow_null=True)
    created_at = serializers.DateTimeField(allow_null=True)


KNOWN = ("id", "name", "domain", "relationship")
MORE = ("website", "country", "segment", "region", "is_target", "tier", "is_guess", "created_at")
OWNERS = ("development_owner", "opportunity_owner", "success_owner")


class AccountFilter(Page):
    """Which accounts."""

    domain = Word(max_length=253, help_text="Any of its domains, or an address below one. An API client must say it.")
    is_target = serializers.BooleanField(required=False, allow_null=True, default=None)


class OfAccounts(Resource):
    """Companies."""

    tag = "accounts"

    def seen(self):
        """Return the accounts this one may see, as they stand to us."""
        rows = Account.objects.live() if self.is_client else seen_companies(self.user, self.at)
        return rows.with_relationship().select_related(*OWNERS)

    def give(self, row) -> dict:
        facts = {name: getattr(row, name) for name in KNOWN} | dict.fromkeys((*MORE, *OWNERS))
        if not self.is_client:
            facts |= {name: getattr(row, name) for name in MORE}
            facts |= {name: owner.username if (owner := getattr(row, name)) else None for name in OWNERS}
        return AccountOut(facts).data


class Accounts(OfAccounts):
    """Companies, one for each registrable domain."""

    rights, gives, asks = {"GET": "accounts.see"}, {"GET": listed(AccountOut)}, {"GET": AccountFilter}

    def get(self, request):
        """List the accounts you may see, newest first; a client looks one up by its domain."""
        said, rows = self.asked(), self.seen()
        if self.is_client and not said.get("domain"):
            raise Unreadable({"domain": ["Say which domain: an API client looks accounts up, it does not list them."]})
        if said.get("domain"):
            rows = rows.filter(domains__name=registrable(said["domain"]) or "-")
        if said["is_target"] is not None:
            rows = rows.filter(is_target=said["is_target"])
        return self.listed(rows, self.give, said=said)


class OneAccount(OfAccounts):
    """One company."""

    rights, gives = {"GET": "accounts.see"}, {"GET": AccountOut}

    def enter(self, method, *, pk):
        if self.is_client:
            raise Forbidden("An API client looks accounts up by their domain.")
        rows = self.seen() if self.reaches("accounts.see") else Account.objects.none()
        self.account = rows.filter(pk=pk).first()
        if self.account is None:
            raise NotFound("There is no such account that you see.")

    @classmethod
    def scope(cls, method):
        return ""

    def get(self, request, pk):
        """Read one account."""
        return Response(self.give(self.account))
