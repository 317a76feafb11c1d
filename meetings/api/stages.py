"""What happens to an opportunity: moved from stage to stage, closed, worth another value; the people in it (ACC-8 to ACC-11)."""

from rest_framework import serializers

from accounts.api.fields import Id, Said, Word
from accounts.api.paging import Page
from accounts.api.schema import listed
from accounts.models import Opportunity, Stage, User
from accounts.models.reason import Disposition
from leads.api.frame import named, reason_of
from leads.models import ContactRole
from meetings import closing, customers, opportunities, parts
from meetings.api.frame import Deed
from meetings.api.rows import OpportunityOut, opportunity


class SaleDeed(Deed):
    """Something done with an opportunity; the answer is what it is then."""

    model, action, tag = Opportunity, "change", "opportunities"
    rights, gives = {"POST": "opportunities.change"}, {"POST": OpportunityOut}

    def do(self, said):
        self.change(said)
        return opportunity(self.again())


class NewStage(Said):
    """Where it goes, and where it was seen."""

    stage = Word(required=True, allow_blank=False, max_length=80, help_text="The name of an open stage.")
    seen_at = Word(
        max_length=80, help_text="The name of the stage it was seen at: somewhere else by now, it is refused (409)."
    )


class Stages(SaleDeed):
    """An opportunity moved to another stage."""

    says = {"POST": NewStage}

    def post(self, request, pk):
        """Move it to another open stage, on or back (ACC-9). The qualifying stage asks for a meeting of it that was held and told as
        qualified, and qualifies its working leads; the pipeline stage asks for five answers of the card."""
        return super().post(request, pk)

    def change(self, said):
        stage = named(Stage.objects.all(), "name", said["stage"], "stage")
        seen = named(Stage.objects.all(), "name", said["seen_at"], "seen_at").pk if said.get("seen_at") else None
        opportunities.advance(self.row, stage, seen_at=seen, **self.by)


class Closing(Said):
    """How it ends."""

    status = serializers.ChoiceField(["won", "lost", "not_qualified"])
    reason = Word(max_length=40, help_text="`lost`: the code of a reason for losing.")
    amount = serializers.DecimalField(14, 2, required=False, min_value=0, help_text="`won`.")
    contract_end_date = serializers.DateField(required=False, help_text="`won`.")
    success_owner = Word(max_length=60, help_text="`won`: the name they sign in with.")


class Closings(SaleDeed):
    """An opportunity closed."""

    says = {"POST": Closing}

    def post(self, request, pk):
        """Close it: won, lost with a reason, or not qualified, which is neither (ACC-10, ACC-11). Its people follow."""
        return super().post(request, pk)

    def change(self, said):
        of_won = {name for name in ("amount", "contract_end_date", "success_owner") if said.get(name) is not None}
        if said["status"] != "won" and of_won:
            raise serializers.ValidationError({name: ["Only what is won has this."] for name in sorted(of_won)})
        if said["status"] == "won":
            facts = {name: said[name] for name in ("amount", "contract_end_date") if name in said}
            if said.get("success_owner"):
                csms = User.objects.filter(is_active=True, role="csm")
                facts["success_owner"] = named(csms, "username", said["success_owner"], "success_owner")
            closing.win(self.row, **facts, **self.by)
        elif said["status"] == "lost":
            reason = reason_of(said.get("reason", ""), Disposition.LOSS)
            if reason is None:
                raise serializers.ValidationError({"reason": ["Say why it is lost."]})
            closing.lose(self.row, reason=reason, **self.by)
        else:
            closing.close_not_qualified(self.row, **self.by)


class NewCustomer(Said):
    """Into whose hands of customer success, and when the contract ends."""

    success_owner = Word(max_length=60, help_text="The name they sign in with.")
    contract_end_date = serializers.DateField(required=False)


class Customers(SaleDeed):
    """A customer after the sale was won."""

    says = {"POST": NewCustomer}

    def post(self, request, pk):
        """Hand a customer over again, or say when the contract ends (ACC-11, SLA-6). What waits for an answer goes along."""
        return super().post(request, pk)

    def change(self, said):
        facts = {"contract_end_date": said.get("contract_end_date")}
        if said.get("success_owner"):
            csms = User.objects.filter(is_active=True, role="csm")
            facts["to"] = named(csms, "username", said["success_owner"], "success_owner")
        customers.hand_over(self.row, **facts, **self.by)


class NewValue(Said):
    """What it is worth, and when it should close."""

    amount = serializers.DecimalField(14, 2)
    currency = Word(max_length=3, allow_blank=False, help_text="Like EUR.")
    close_date = serializers.DateField(required=False)


class Values(SaleDeed):
    """What an opportunity is worth."""

    says = {"POST": NewValue}

    def post(self, request, pk):
        """Say anew what it is worth and when it should close; what it was worth at each stage stays on record."""
        return super().post(request, pk)

    def change(self, said):
        opportunities.change_value(self.row, **said, **self.by)


class RoleOut(serializers.Serializer):
    """One person's part in a sale."""

    lead = serializers.IntegerField()
    role = serializers.CharField(allow_blank=True)
    is_primary = serializers.BooleanField()


class NewRole(Said):
    """A person's part; empty: none named."""

    lead = Id()
    role = Word(max_length=40)


class Roles(SaleDeed):
    """The people of an opportunity."""

    rights = {"GET": "opportunities.see", "POST": "opportunities.change"}
    says, asks, gives = {"POST": NewRole}, {"GET": Page}, {"GET": listed(RoleOut), "POST": RoleOut}

    def get(self, request, pk):
        """List the people of an opportunity, newest first."""
        return self.listed(ContactRole.objects.filter(opportunity=pk, lead__gone_as=""), _role)

    def post(self, request, pk):
        """Say what part somebody has in it. Who of its company has none is added, once (ACC-8)."""
        return super().post(request, pk)

    def do(self, said):
        lead, role = said["lead"], said.get("role", "")
        has_part = ContactRole.objects.filter(opportunity=self.row, lead=lead).exists()
        return _role((parts.name_part if has_part else parts.add_part)(self.row, lead, role=role, **self.by))


def _role(row: ContactRole) -> dict:
    return {"lead": row.lead_id, "role": row.role, "is_primary": row.is_primary}
