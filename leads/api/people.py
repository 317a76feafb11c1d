"""People come in: new leads, people who asked for us, what was done in the product, who asked us to stop. All by the one way in."""

from rest_framework import serializers

from accounts.api.fields import Id, Moment, Said, Word
from accounts.api.once import key_of, receipt_key
from accounts.api.problems import Problem
from accounts.models import Door, Team
from accounts.permissions import own_teams_of
from leads import consent, intake, permissions, product_signals
from leads.api.frame import Done, Refusing, stands
from leads.intake_people import Finder
from leads.intake_rows import Bad, make_row
from leads.lifecycle import Seen
from leads.models import Channel, GoToMarket, Lead, Motion, Signal
from leads.notes import LONGEST


class Person(Said):
    """Who it is: one of address, phone and external id is needed. Blanks of a known person are filled, nothing is overwritten."""

    email = Word(max_length=254)
    phone = Word(max_length=40)
    external_id = Word(max_length=254, help_text="Their number in a system of yours.")
    system = Word(max_length=40, help_text="Whose number that is.")
    first_name = Word(max_length=100)
    last_name = Word(max_length=100)
    title = Word(max_length=160)
    company = Word(max_length=200)
    website = Word(max_length=300)
    country = Word(max_length=80)
    source = Word(
        max_length=120, help_text="Where they come from. Of an API client it is the client's name, and cannot be said."
    )
    campaign = Word(max_length=120)
    created_at = Moment(required=False, help_text="When they came, where you know; now if not said.")


class NewLead(Person):
    """Somebody who is to be a lead."""

    motion = serializers.ChoiceField(Motion.choices, default=Motion.SLG)
    go_to_market = serializers.ChoiceField(GoToMarket.choices, default=GoToMarket.INBOUND)
    note = Word(max_length=LONGEST)
    mine = serializers.BooleanField(
        default=False, help_text="I take this lead, if it is new. For people who work leads."
    )


class HandRaise(Person):
    """Somebody who asked for us."""

    what = Word(required=True, allow_blank=False, max_length=80, help_text="demo, call, price, chat, walk-in, ...")
    words = Word(max_length=LONGEST, help_text="Their words.")


class TakenOut(serializers.Serializer):
    """What came of it."""

    lead = serializers.IntegerField()
    result = serializers.ChoiceField(["created", "updated", "unchanged"])
    words = serializers.CharField(
        allow_blank=True, help_text="What was refused although they were taken in: an owner at their cap."
    )


class TakingIn(Refusing):
    """One person on the way in."""

    action = "create"
    kind = Signal.Kind.FORM
    gives = {"POST": TakenOut}

    @classmethod
    def statuses(cls, method):
        return (200, 201)

    def row(self, said: dict, **facts):
        """Return what intake takes. The source of a client is its key's; a person says one."""
        if self.is_client:
            if "source" in said:
                raise serializers.ValidationError(
                    {"source": ["The source of what an API client brings in is the client itself."]}
                )
            said = said | {"source": self.user.name}
        elif not said.get("source") and self.kind == Signal.Kind.FORM:
            raise serializers.ValidationError({"source": ["Say where this person comes from."]})
        try:
            row = make_row(said, kind=self.kind, **facts)
        except Bad as problem:
            raise serializers.ValidationError({problem.field: [problem.words]}) from None
        if given := key_of(self.request):
            row.key = receipt_key(self.user, given)
        elif not row.key and row.created_at is None:
            # Told twice on one day without a word of when, it is one thing.
            row.key = f"api|{row.kind}|{row.what}|{row.source}|{row.campaign}"[:180] + f"|{self.at:%Y-%m-%d}"
        return row

    def take(self, row) -> tuple[int, dict]:
        taken = intake.take([row], by=self.user, at=self.at, door=Door.API)[0]
        if taken.result == intake.REJECTED:
            raise Problem(422, "rejected", taken.words)
        words = "" if self.is_client else taken.words
        status = 201 if taken.result == intake.CREATED else 200
        return status, {"lead": taken.lead, "result": taken.result, "words": words}


class HandRaises(TakingIn):
    """People who asked for us."""

    rights = {"POST": "leads.create"}
    says = {"POST": HandRaise}
    kind = Signal.Kind.HAND_RAISE

    def post(self, request):
        """Note that somebody asked for us, whether we know them or not: an answer is owed from now on (IN-2)."""

        def effect(said):
            row = self.row(dict(said), go_to_market=GoToMarket.INBOUND, motion=Motion.SLG)
            row.team = Team.objects.filter(pk__in=own_teams_of(self.user), is_active=True).order_by("pk").first()
            return self.take(row)

        return self.act(effect)


def bring_in(view: TakingIn, said: dict) -> tuple[int, dict]:
    """Take a new lead in; into one's own hands only who was not known before."""
    said = dict(said)
    mine = said.pop("mine")
    row = view.row(said, what="api")
    if mine:
        if view.user.role not in permissions.HOLDERS:
            raise serializers.ValidationError({"mine": ["Only who works leads takes one."]})
        finder = Finder()
        finder.look([row])
        row.owner = view.user if finder.place(row).result == intake.CREATED else None
    elif not view.is_client:
        row.team = Team.objects.filter(pk__in=own_teams_of(view.user), is_active=True).order_by("pk").first()
    return view.take(row)


class ProductSignal(Said):
    """Something that was done in the product. The same `id` again, and an earlier one after a later one, change nothing."""

    id = Word(required=True, allow_blank=False, max_length=120, help_text="Yours, one for each signal.")
    name = Word(
        required=True,
        allow_blank=False,
        max_length=80,
        help_text="A product's activation signal moves Open PLG to Working P.",
    )
    email = Word(max_length=254, help_text="Who did it; or the domain alone.")
    domain = Word(max_length=253)
    at = Moment(required=False, help_text="When; now if not said.")
    properties = serializers.DictField(
        required=False, child=serializers.JSONField(allow_null=True), help_text="At most 4,000 characters in all."
    )


class SignalOut(serializers.Serializer):
    """What came of it."""

    lead = serializers.IntegerField(allow_null=True)
    account = serializers.IntegerField(allow_null=True)
    result = serializers.ChoiceField(["created", "updated", "unchanged"])


class Signals(Refusing):
    """What people do in the product (MOTION-3)."""

    rights = {"POST": "signals.write"}
    says = {"POST": ProductSignal}
    gives = {"POST": SignalOut}

    def post(self, request):
        """Tell what somebody did in the product. Who is new becomes a product-led lead; the activation signal begins their work."""

        def effect(said):
            try:
                told = product_signals.take(dict(said), by=self.user, at=self.at, door=Door.API)
            except Bad as problem:
                raise serializers.ValidationError({problem.field: [problem.words]}) from None
            return {"lead": told.lead, "account": told.account, "result": told.result}

        return self.act(effect)


class OptOut(Said):
    """Who asked us to stop: on some channels, or on all when none is named."""

    lead = Id(required=False)
    email = Word(max_length=254)
    phone = Word(max_length=40)
    country = Word(max_length=80, help_text="Of the phone, where it is written without.")
    channels = serializers.ListField(child=serializers.ChoiceField(Channel.choices), required=False, max_length=10)


class OptOuts(Refusing):
    """What people asked us not to do (LIFE-11), by whatever we know them by."""

    action = "opt_out"
    rights = {"POST": "leads.opt_out"}
    says = {"POST": OptOut}
    gives = {"POST": Done}

    def post(self, request):
        """Note an opt-out. It holds from now on; noted before, nothing changes and the answer is the same."""
        return self.act(self._note)

    def _note(self, said: dict) -> dict:
        pks = self._found(said)
        result = consent.opt_out(
            [Seen(pk) for pk in pks], by=self.user, at=self.at, channels=said.get("channels", ()), door=Door.API
        )
        for _lead, refused in result.refused:
            if refused.code != "already":
                raise refused
        return stands(pks[0])

    def _found(self, said: dict) -> list[int]:
        """Find who is meant: one lead; of a phone that several share, all of them."""
        rows = Lead.objects.filter(gone_as="") if self.is_client else Lead.objects.visible_to(self.user, self.at)
        if "lead" in said:
            found = rows.filter(pk=said["lead"])
        else:
            try:
                row = make_row({name: said[name] for name in ("email", "phone", "country") if said.get(name)})
            except Bad as problem:
                raise serializers.ValidationError({problem.field or "email": [problem.words]}) from None
            kind, value = ("email", row.email) if row.email else ("phone", row.phone_key)
            found = rows.filter(identities__kind=kind, identities__value=value, identities__is_live=True)
        pks = list(found.order_by("pk").values_list("pk", flat=True).distinct()[:100])
        if not pks:
            raise Problem(
                422,
                "unknown",
                "Nobody is known by this.",
                "lead" if "lead" in said else "email" if said.get("email") else "phone",
            )
        return pks


__all__ = ["HandRaises", "NewLead", "OptOuts", "Signals", "TakenOut", "TakingIn", "bring_in"]
