"""The qualification card of a lead: read version by version, filled, and a lead given back to the product by it (QUAL-1, QUAL-2)."""

from rest_framework import serializers

from accounts.api.fields import Word
from accounts.api.paging import Page
from accounts.api.schema import listed
from accounts.models import Door
from leads import qualification
from leads.api import rows
from leads.api.frame import Act, Deed, Done, OfLead
from leads.models import Answer, Qualification, Way
from leads.qualification import HIGHEST, LONGEST


class Learnt(Act):
    """What was learnt: what is named changes, everything else stays as it is known. Empty, or null: not known."""

    urgency = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=HIGHEST)
    criticality = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=HIGHEST)
    complexity = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=HIGHEST)
    budget = serializers.ChoiceField(Answer.choices, required=False, allow_blank=True)
    budget_evidence = Word(max_length=LONGEST)
    authority = serializers.ChoiceField(Answer.choices, required=False, allow_blank=True)
    authority_evidence = Word(max_length=LONGEST)
    need = serializers.ChoiceField(Answer.choices, required=False, allow_blank=True)
    need_evidence = Word(max_length=LONGEST)
    timeline = serializers.ChoiceField(Answer.choices, required=False, allow_blank=True)
    timeline_evidence = Word(max_length=LONGEST)
    compelling_event = Word(max_length=LONGEST)
    systems = Word(max_length=LONGEST)
    size = Word(max_length=LONGEST)


class NewCard(Learnt):
    """The next version of a card."""

    decision = serializers.ChoiceField(
        Way.choices, required=False, allow_blank=True, help_text="The rep's; empty takes it back."
    )
    why = Word(max_length=LONGEST, help_text="Why otherwise than suggested.")


class Return(Learnt):
    """Why they serve themselves best, and what was learnt with it."""

    why = Word(required=True, allow_blank=False, max_length=LONGEST)


def answers_of(said: dict) -> dict:
    return {name: said[name] for name in qualification.FIELDS if name in said}


class Qualifications(OfLead):
    """The versions of a lead's card."""

    action = "qualify_card"
    rights = {"GET": "leads.see", "POST": "leads.task"}
    says, gives, asks = {"POST": NewCard}, {"GET": listed(rows.QualificationOut), "POST": Done}, {"GET": Page}

    def get(self, request, pk):
        """List the versions of the card of a lead, of all its rounds, newest first."""
        return self.listed(Qualification.objects.filter(lead=pk).select_related("by"), rows.card)

    def post(self, request, pk):
        """Write the next version of the card. It suggests; `decision` is yours, and both are kept."""

        def effect(said):
            decided = {name: said[name] for name in ("decision", "why") if name in said}
            how = {"by": self.user, "at": self.at, "door": Door.API}
            return self.done(qualification.fill(self.seen(said)[0], answers_of(said), **decided, **how), "card")

        return self.act(effect)


class ProductReturns(Deed):
    """A lead given back to the product."""

    action, says, rights = "nurture", {"POST": Return}, {"POST": "leads.disposition"}

    def post(self, request, pk):
        """Give a lead that sales works back to the product: it serves itself best (QUAL-2)."""
        return super().post(request, pk)

    def do(self, said):
        how = {"by": self.user, "at": self.at, "door": Door.API}
        return self.done(qualification.return_to_product(self.seen(said)[0], answers_of(said), why=said["why"], **how))
