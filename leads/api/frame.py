"""An address about one lead, and what every act on it has in common: found if it may be seen, done once, refused in words."""

from rest_framework import serializers
from rest_framework.exceptions import NotFound

from accounts.api.fields import Id, Said, Word
from accounts.api.problems import Problem
from accounts.api.resource import Forbidden, Resource
from accounts.models import Door, Reason
from accounts.permissions import SCOPES
from leads import permissions, shield
from leads.lifecycle import ANY, Overtaken, Refused, Result, Seen
from leads.models import Lead
from leads.notes import LONGEST

NEAR = ("source", "campaign", "owner", "team", "reason", "cycle")
STATUS = {"forbidden": 403, "stale": 409, "gone": 404}
# Where a refusal belongs in a body.
FIELDS = {
    "reason": "reason", "size": "size", "past": "until", "far": "until", "choice": "channel", "too_long": "note", "empty": "text",
    "future": "occurred_at", "proof": "proof", "owner": "owner",
}  # fmt: skip


class Act(Said):
    """What every act may say of the lead as it was seen: an act meant for another round, or for an older version, is refused (409)."""

    round = Id(required=False, help_text="The number of the round that is meant (`round.id` of the lead).")
    version = serializers.IntegerField(
        required=False, min_value=0, max_value=2**31 - 1, help_text="`version` of the lead as seen."
    )


class Noted(Act):
    """An act with a note."""

    note = Word(max_length=LONGEST)


class Done(serializers.Serializer):
    """What came of an act: the lead, the state it is in now, the number of what was made."""

    lead = serializers.IntegerField()
    result = serializers.CharField(help_text="`done`, or `waits` for the manager's word.")
    state = serializers.CharField(allow_null=True, help_text="Null for an API client.")
    version = serializers.IntegerField(allow_null=True)
    round = serializers.IntegerField(allow_null=True)
    made = serializers.IntegerField(allow_null=True, help_text="The touch, note or task that was made.")


def stands(lead: Lead | int, *, outcome: str = "done", made=None, is_told: bool = True) -> dict:
    """Return a lead as it stands after an act, in the words of Done; of one that is a mere number, or not to be told of, only that."""
    is_told = is_told and isinstance(lead, Lead)
    return {
        "lead": lead.pk if isinstance(lead, Lead) else lead, "result": outcome, "state": lead.status if is_told else None,
        "version": lead.version if is_told else None, "round": lead.cycle_id if is_told else None, "made": made.pk if made else None,
    }  # fmt: skip


class Refusing(Resource):
    """Answers what a process refuses as a problem."""

    def handle_exception(self, problem):
        if isinstance(problem, Refused):
            problem = self.refusal(problem)
        elif isinstance(problem, Overtaken):
            problem = Problem(409, "overtaken", "Somebody changed it at the same moment. Ask again.")
        return super().handle_exception(problem)

    def names(self, code: str) -> str:
        """Say which field of the body a refusal is about, '' for none."""
        field, body = FIELDS.get(code, code), self.says.get(self.request.method)
        return field if body and field in body().fields else ""

    def refusal(self, refused: Refused) -> Problem:
        """Return a refusal as a problem; a client that sees no leads is not told whose name it was."""
        words, lead = refused.words, getattr(refused, "lead", None)
        if self.is_client:
            name = getattr(lead, "name", "")
            words = words.replace(name, "This lead") if name else words
            if refused.code in ("stale", "cap", "already"):
                words = "The lead is not as it was expected."
        return Problem(STATUS.get(refused.code, 422), refused.code, words, self.names(refused.code))


def named(rows, name: str, value: str, field: str):
    """Return the one row of this name. Raises Problem, which names the field of the body."""
    found = rows.filter(**{name: value}).first()
    if found is None:
        raise Problem(422, "unknown", "There is none of this name.", field)
    return found


def reason_of(code: str, *kinds: str) -> Reason | None:
    """Return the reason that a body names, None where it names none. Raises Refused for one that is not of these kinds."""
    if not code:
        return None
    found = Reason.objects.filter(code=code, disposition__in=kinds).first()
    if found is None:
        raise Refused("There is no such reason. /api/v1/reasons/ lists those that are.", "reason")
    return found


class OfLead(Refusing):
    """One lead, and one thing about it. `action` is what must be allowed for a POST; a GET asks to see it."""

    tag = "leads"
    action = ""
    for_people = False  # whatever a key says

    def enter(self, method: str, *, pk: int, **more) -> None:
        action = self.action if method == "POST" else "see"
        rows = Lead.objects.filter(gone_as="") if self.is_client else Lead.objects.visible_to(self.user, self.at)
        if self.is_client and (self.for_people or not self.reaches(permissions.ACTIONS[action])):
            raise Forbidden(self.why(permissions.ACTIONS[action]))
        self.lead = rows.select_related(*NEAR).filter(pk=pk).first()
        if method == "POST" and (self.lead is None or not self.may()):
            shield.tried(pk, self.action, by=self.user, at=self.at, door=Door.API)
        if self.lead is None:
            raise NotFound("There is no such lead that you see.")
        if method == "POST" and not self.may():
            raise Forbidden(permissions.refusal(self.user, action, self.lead))

    def may(self) -> bool:
        return permissions.can(self.user, self.action, self.lead, at=self.at)

    @classmethod
    def scope(cls, method: str) -> str:
        row = permissions.ACTIONS.get(cls.action, "") if method == "POST" and not cls.for_people else ""
        return SCOPES.get(row, "") if row in CLIENTS else ""

    def seen(self, said: dict) -> list[Seen]:
        """Return the lead as the one who asks saw it."""
        return [Seen(self.lead.pk, said.get("round", ANY), said.get("version"))]

    def done(self, result: Result, made: str = "", outcome: str = "done") -> dict:
        """Answer what came of an act; raises what was refused."""
        lead = result.lead
        row = result.made.get(lead.pk, {}).get(made)
        return stands(lead, outcome=outcome, made=row, is_told=not self.is_client)


# The rows of the table of rights that a key opens for any lead.
CLIENTS = ("leads.touch", "leads.opt_out", "leads.hand_raise", "leads.create")


class Deed(OfLead):
    """An act that is one call of one process: `do(said)` returns what `done` returned."""

    rights = {"POST": ""}
    gives = {"POST": Done}

    def post(self, request, pk):
        return self.act(self.do)
