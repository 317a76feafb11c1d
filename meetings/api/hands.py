"""Who has what: hand-offs with their answers, the owners of a company (SLA-6, ACC-7, ACC-12)."""

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from accounts.api.fields import Said, Word
from accounts.api.paging import Page
from accounts.api.resource import Forbidden
from accounts.api.schema import listed
from accounts.models import Account, Disposition, Door, Opportunity, User
from leads.api.frame import Refusing, named, reason_of
from leads.permissions import HOLDERS
from meetings import accounts, handing, permissions, returned
from meetings.api.frame import Deed, OfRow
from meetings.api.rows import NEAR, HandOffOut, hand_off
from meetings.models import HandOff


class HandOffFilter(Page):
    """Which hand-offs."""

    waits = serializers.BooleanField(required=False, allow_null=True, default=None, help_text="For an answer.")
    kind = serializers.ChoiceField(HandOff.Kind.choices, required=False)


class HandOffs(Refusing):
    """Passings from one person to another."""

    tag = "hand-offs"
    rights, gives, asks = {"GET": "hand_offs.see"}, {"GET": listed(HandOffOut)}, {"GET": HandOffFilter}

    def get(self, request):
        """List the hand-offs you may see, newest first."""
        said = self.asked()
        rows = permissions.visible_to(HandOff.objects.select_related(*NEAR[HandOff]), self.user)
        if said["waits"] is not None:
            rows = rows.filter(outcome="") if said["waits"] else rows.exclude(outcome="")
        return self.listed(rows.filter(kind=said["kind"]) if "kind" in said else rows, hand_off, said=said)


class OneHandOff(OfRow):
    """One hand-off."""

    model, tag = HandOff, "hand-offs"
    rights, gives = {"GET": "hand_offs.see"}, {"GET": HandOffOut}

    def get(self, request, pk):
        """Read one hand-off."""
        return Response(hand_off(self.row))


class HandOffAnswer(Said):
    """Taken on, or sent back with the reason."""

    accepted = serializers.BooleanField()
    reason = Word(
        max_length=40,
        help_text="Why it is sent back: a code of the kind `refusal`; a customer may be `oversold` (ACC-11).",
    )
    why = Word(max_length=2_000, help_text="More of it in words.")


class HandOffAnswers(Deed):
    """What the receiver says to a hand-off."""

    model, action, tag = HandOff, "answer", "hand-offs"
    rights, says, gives = {"POST": "hand_offs.answer"}, {"POST": HandOffAnswer}, {"POST": HandOffOut}

    def post(self, request, pk):
        """Take on what is handed over, or send it back with the reason (SLA-6)."""
        return super().post(request, pk)

    def do(self, said):
        if said["accepted"]:
            handing.accept(self.row, **self.by)
        else:
            reason = reason_of(said.get("reason", ""), Disposition.REFUSAL)
            handing.refuse(self.row, reason=reason, why=said.get("why", ""), **self.by)
        return hand_off(self.again())


class HandOffAgain(Said):
    """Into whose hands."""

    to = Word(max_length=60, help_text="The name they sign in with; who sent it back, if not said.")


class HandOffRepeats(Deed):
    """A lead that was sent back, handed over again."""

    model, action, tag = HandOff, "again", "hand-offs"
    rights, says, gives = {"POST": "hand_offs.answer"}, {"POST": HandOffAgain}, {"POST": HandOffOut}

    def post(self, request, pk):
        """Hand a lead over again that was sent back (SLA-6); the answer is the new hand-off. A customer has `customers/`."""
        return super().post(request, pk)

    def do(self, said):
        to = named(returned.takers(), "username", said["to"], "to") if said.get("to") else None
        new = returned.hand_over(self.row, to=to, **self.by)
        return hand_off(HandOff.objects.select_related(*NEAR[HandOff]).get(pk=new.pk))


class OfCompany(Refusing):
    """One company, and who owns it."""

    tag = "accounts"

    def enter(self, method, *, pk):
        if self.is_client:
            raise Forbidden("An API client may not do this.")
        self.account = accounts.visible_to(Account.objects.all(), self.user, self.at).filter(pk=pk).first()
        if self.account is None:
            raise NotFound("There is no such account that you see.")
        if not accounts.may_change(self.user, self.account):
            raise Forbidden(f"Who owns {self.account.name} is not yours to say.")

    @classmethod
    def scope(cls, method):
        return ""

    def post(self, request, pk):
        return self.act(self.do)


def receiver(name: str) -> User:
    """Return who is to have it. Raises Problem, which names the field."""
    return named(User.objects.filter(is_active=True, role__in=HOLDERS), "username", name, "to")


class NewOwner(Said):
    """One role of a company, into whose hands, and what moves along."""

    role = serializers.ChoiceField(accounts.ROLES)
    to = Word(required=True, allow_blank=False, max_length=60, help_text="The name they sign in with.")
    along = serializers.ListField(
        child=serializers.ChoiceField(["leads", "tasks", "meetings", "opportunities"]), required=False, max_length=4,
        help_text="What of the last owner's there goes too; what is planned for a lead goes with it.",
    )  # fmt: skip


class NewOwnerOfSale(NewOwner):
    """One role of a sale, into whose hands, and what moves along."""

    along = serializers.ListField(
        child=serializers.ChoiceField(["leads", "tasks", "meetings"]), required=False, max_length=3,
        help_text="What of the last owner's at it goes too.",
    )  # fmt: skip


class Moved(serializers.Serializer):
    """How many went along."""

    account = serializers.IntegerField()
    opportunities = serializers.IntegerField()
    leads = serializers.IntegerField()
    tasks = serializers.IntegerField()
    meetings = serializers.IntegerField()


class Owners(OfCompany):
    """The owners of a company."""

    rights, says, gives = {"POST": "accounts.edit"}, {"POST": NewOwner}, {"POST": Moved}

    def post(self, request, pk):
        """Put one role of a company into somebody's hands, with what moves along (ACC-7)."""
        return super().post(request, pk)

    def do(self, said):
        facts = {"to": receiver(said["to"]), "along": set(said.get("along", ()))}
        moved = accounts.change_owner(self.account, said["role"], by=self.user, at=self.at, door=Door.API, **facts)
        return {"account": self.account.pk, **moved}


class SaleOwners(Deed):
    """The owners of an opportunity."""

    model, action, tag = Opportunity, "change", "opportunities"
    rights, says, gives = {"POST": "opportunities.change"}, {"POST": NewOwnerOfSale}, {"POST": Moved}

    def post(self, request, pk):
        """Put one role of an open opportunity into somebody's hands, with what moves along (ACC-7)."""
        return super().post(request, pk)

    def do(self, said):
        facts = {"to": receiver(said["to"]), "along": set(said.get("along", ()))}
        return {
            "account": self.row.account_id,
            **accounts.change_owner_of_sale(self.row, said["role"], **facts, **self.by),
        }


class Consolidation(Said):
    """Into whose hands."""

    to = Word(required=True, allow_blank=False, max_length=60, help_text="The name they sign in with.")


class Consolidations(OfCompany):
    """All open opportunities of a company under one owner."""

    rights, says, gives = {"POST": "accounts.edit"}, {"POST": Consolidation}, {"POST": Moved}

    def post(self, request, pk):
        """Put all open opportunities of a company under one owner (ACC-12)."""
        return super().post(request, pk)

    def do(self, said):
        to = receiver(said["to"])
        number = accounts.consolidate(self.account, to=to, by=self.user, at=self.at, door=Door.API)
        return {"account": self.account.pk, "opportunities": number, "leads": 0, "tasks": 0, "meetings": 0}
