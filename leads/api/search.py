"""The one search box by the API (WORK-5)."""

from rest_framework import serializers
from rest_framework.response import Response

from accounts.api.fields import Said, Word
from leads import finding
from leads.api import rows
from leads.api.frame import NEAR, Refusing
from leads.models import Lead


class Query(Said):
    """What is looked for."""

    q = Word(
        required=True, allow_blank=False, max_length=finding.LONGEST, help_text="Name, address, company, domain, phone."
    )


class OtherOut(serializers.Serializer):
    """A lead that is not yours to see: that they exist, and in whose hands."""

    name = serializers.CharField()
    company = serializers.CharField(allow_blank=True)
    holder = serializers.CharField(allow_null=True)


class CompanyFoundOut(serializers.Serializer):
    """A company."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    domain = serializers.CharField(allow_blank=True)


class SaleFoundOut(serializers.Serializer):
    """An opportunity."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class FoundOut(serializers.Serializer):
    """What was found, the likeliest first."""

    leads = rows.LeadOut(many=True)
    others = OtherOut(many=True)
    accounts = CompanyFoundOut(many=True)
    opportunities = SaleFoundOut(many=True)
    is_guess = serializers.BooleanField(help_text="Nothing is written like that; this may be meant.")
    is_more = serializers.BooleanField()
    is_short = serializers.BooleanField(help_text="Write three letters or more.")


class Search(Refusing):
    """Whatever is known by some words."""

    rights, gives, asks = {"GET": "leads.see"}, {"GET": FoundOut}, {"GET": Query}

    def get(self, request):
        """Find people, companies and opportunities; typos are forgiven (WORK-5)."""
        found = finding.find(self.user, self.asked()["q"], at=self.at)
        near = Lead.objects.select_related(*NEAR).in_bulk([lead.pk for lead in found.people])
        facts = {name: getattr(found, name) for name in ("is_guess", "is_more", "is_short")}
        return Response(facts | {
            "leads": [rows.lead(near[lead.pk]) for lead in found.people if lead.pk in near],
            "others": [_other(lead) for lead in found.others],
            "accounts": [{"id": row.pk, "name": row.name, "domain": row.domain or ""} for row in found.companies],
            "opportunities": [{"id": row.pk, "name": row.name} for row in found.opportunities],
        })  # fmt: skip


def _other(lead: Lead) -> dict:
    name, company = finding.called(lead)
    return {"name": name, "company": company, "holder": str(lead.owner or lead.team or "") or None}
