"""A change to many leads at once (WORK-7, ROUTE-6): seen before, done, refusals told one by one, taken back within ten minutes."""

import secrets

from django.db import transaction
from rest_framework import serializers
from rest_framework.exceptions import NotFound

from accounts import receipts
from accounts.api.fields import Id, Said, Word
from accounts.api.problems import Problem
from accounts.api.resource import Forbidden
from accounts.models import Door, Receipt
from accounts.models.reason import Disposition
from leads import board, bulk, receivers
from leads.api.frame import Act, Refusing, reason_of
from leads.lifecycle import ANY, Refused, Seen
from leads.notes import LONGEST

KINDS = {"nurture": Disposition.NURTURE, "unqualify": Disposition.UNQUALIFIED}


class OneOfMany(Act):
    """One lead of a change, as it was seen."""

    lead = Id()


class Change(Said):
    """What is to be done, and with which leads. `assign` asks for `owner` or `team`, the ends for `reason`."""

    what = serializers.ChoiceField(["assign", *KINDS])
    leads = OneOfMany(many=True, allow_empty=False, max_length=bulk.MOST)
    owner = Word(max_length=60, help_text="The name they sign in with.")
    team = Word(max_length=80, help_text="The name of a team.")
    queue = serializers.BooleanField(
        default=False, help_text="With `team`: they wait in the team's queue instead of going round."
    )
    restart_clock = serializers.BooleanField(default=False, help_text="Of leads in hand, with a note (ROUTE-6).")
    reason = Word(max_length=40, help_text="The code of a reason.")
    size = Word(max_length=40, help_text="Where the reason asks for it: how many people work there, a number.")
    note = Word(max_length=LONGEST)


class ChangeDone(Change):
    """What is to be done, and what it was seen to do."""

    seen = Word(max_length=16, help_text="`seen` of a preview: what would come out otherwise by now is refused (409).")


class MovedOut(serializers.Serializer):
    """A lead that changes."""

    lead = serializers.IntegerField()
    to = serializers.CharField(allow_blank=True, help_text="Into whose hands.")
    waits = serializers.BooleanField(help_text="Its end waits for the manager's word.")


class KeptOut(serializers.Serializer):
    """A lead that does not, and why."""

    lead = serializers.IntegerField()
    code = serializers.CharField()
    words = serializers.CharField(allow_blank=True)


class ChangeOut(serializers.Serializer):
    """What came of it, lead by lead; or what would."""

    change = serializers.CharField(allow_null=True, help_text="By this it is taken back; null of a preview.")
    seen = serializers.CharField()
    done = MovedOut(many=True)
    refused = KeptOut(many=True)


def _out(outcome: bulk.Outcome, change: str | None) -> dict:
    return {
        "change": change, "seen": outcome.print,
        "done": [{"lead": moved.pk, "to": moved.to, "waits": moved.waits} for moved in outcome.done],
        "refused": [{"lead": kept.pk, "code": kept.code, "words": kept.words} for kept in outcome.refused],
    }  # fmt: skip


class OfMany(Refusing):
    """Many leads, and one thing done with them."""

    tag = "changes"
    rights = {"POST": "leads.disposition"}

    def change(self, said: dict) -> tuple[bulk.Change, list[Seen]]:
        """Read what is wanted. Raises what names the field that cannot be."""
        leads = {one["lead"]: Seen(one["lead"], one.get("round", ANY), one.get("version")) for one in said["leads"]}
        facts = {name: said.get(name, "") for name in ("note", "size")} | {"restart_clock": said["restart_clock"]}
        if said["what"] == "assign":
            if not board.leads_people(self.user):
                raise Forbidden("Only who leads a team hands over many.")
            return bulk.Change("assign", *self.receiver(said), **facts), list(leads.values())
        reason = reason_of(said.get("reason", ""), KINDS[said["what"]])
        if reason is None:
            raise serializers.ValidationError({"reason": ["Say why."]})
        return bulk.Change(said["what"], reason=reason, **facts), list(leads.values())

    def receiver(self, said: dict) -> tuple:
        if bool(said.get("owner")) == bool(said.get("team")):
            raise serializers.ValidationError({"owner": ["Say a person or a team: one of the two."]})
        field = "owner" if said.get("owner") else "team"
        known = receivers.people_below(self.user) if field == "owner" else receivers.teams_below(self.user)
        attribute = "username" if field == "owner" else "name"
        found = next((row for row in known if getattr(row, attribute) == said[field]), None)
        if found is None:
            raise Problem(422, field, "You give leads to nobody of this name.", field)
        return ("person" if field == "owner" else "queue" if said["queue"] else "turn"), found


class Previews(OfMany):
    """What a change to many would do."""

    says, gives = {"POST": Change}, {"POST": ChangeOut}

    def post(self, request):
        """Say what a change to many would do, lead by lead. Nothing is changed."""

        def effect(said):
            change, seen = self.change(said)
            return _out(bulk.preview(change, seen, by=self.user, at=self.at, door=Door.API), None)

        return self.act(effect)


class Changes(OfMany):
    """Changes to many leads."""

    says, gives = {"POST": ChangeDone}, {"POST": ChangeOut}

    def post(self, request):
        """Change many leads; those that cannot be are told one by one, and stay as they are."""
        return self.act(self._do)

    def _do(self, said: dict) -> dict:
        change, seen = self.change(said)
        outcome = bulk.carry_out(change, seen, said.get("seen") or None, by=self.user, at=self.at, door=Door.API)
        if not outcome.is_as_seen:
            raise Problem(409, "otherwise", "It would come out otherwise by now. Look at a preview again.", "seen")
        token = secrets.token_urlsafe(12)
        key = receipts.key_of("changed", self.user, token)
        receipts.claim(key, user=self.user, at=self.at)
        receipts.keep(key, {"rows": outcome.back, "undone": False})
        return _out(outcome, token)


class UndoneOut(serializers.Serializer):
    """What went back, and what stays because it went on meanwhile."""

    done = serializers.ListField(child=serializers.IntegerField())
    refused = KeptOut(many=True)


class ChangeUndos(OfMany):
    """A change to many, taken back."""

    says, gives = {"POST": Said}, {"POST": UndoneOut}

    def post(self, request, change):
        """Take a change of yours back, within ten minutes; clocks are not turned back."""
        return self.act(lambda said: self._undo(change))

    def _undo(self, change: str) -> dict:
        key = receipts.key_of("changed", self.user, change)
        with transaction.atomic():
            receipt = Receipt.objects.select_for_update().filter(pk=key, user=self.user).first()
            if receipt is None:
                raise NotFound("There is no such change of yours.")
            if receipt.data["undone"]:
                raise Refused("It is taken back already.", "already")
            if self.at - receipt.at > bulk.BACK_WITHIN:
                raise Refused("The ten minutes are over. Change them again.", "too_late")
            result = bulk.take_back(receipt.data["rows"], by=self.user, at=self.at, door=Door.API)
            receipts.keep(key, receipt.data | {"undone": True})
        refused = [
            {"lead": getattr(lead, "pk", lead), "code": no.code, "words": no.words} for lead, no in result.refused
        ]
        return {"done": [lead.pk for lead in result.done], "refused": refused}
