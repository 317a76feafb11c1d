"""The clock by the API: the life of leads with what is stuck and what moved, and the leads behind each of its numbers (REP-7, REP-8)."""

from rest_framework import serializers
from rest_framework.response import Response

from accounts.api.paging import PAGE, Page, read_number, write
from accounts.api.schema import listed
from accounts.models import User
from leads.api import rows
from leads.api.frame import NEAR
from leads.models import Lead
from reporting import charts, life, moves, permissions, stuck
from reporting.api.frame import ABOVE, Days, OfReports
from reporting.kept import IN_HAND

LAST = 2**63 - 1
PILES = sorted({pile for piles in life.PILES.values() for pile, _words in piles})


class PileOut(serializers.Serializer):
    """One pile of what is in hand."""

    state = serializers.CharField()
    motion = serializers.CharField()
    pile = serializers.CharField()
    words = serializers.CharField()
    number = serializers.IntegerField()


class StuckOut(serializers.Serializer):
    """How many are longer in a state than its limit."""

    state = serializers.CharField()
    motion = serializers.CharField(allow_blank=True, help_text="Empty: of both.")
    days = serializers.IntegerField(help_text="The limit that RevOps keeps.")
    number = serializers.IntegerField()


class StandingOut(serializers.Serializer):
    """How many stand in a state that nobody has in hand."""

    state = serializers.CharField()
    number = serializers.IntegerField()
    change = serializers.IntegerField(help_text="By how many it grew in that time.")


class MoveOut(serializers.Serializer):
    """How many moved so, and of them those of each motion."""

    move = serializers.ChoiceField(list(life.TO_HAND))
    words = serializers.CharField()
    number = serializers.IntegerField()
    slg = serializers.IntegerField()
    plg = serializers.IntegerField()


class StayOut(serializers.Serializer):
    """How long they stay, half of them less."""

    place = serializers.CharField(help_text="A state, or one and its motion: assigned/slg.")
    seconds = serializers.FloatField()


class ClockOut(serializers.Serializer):
    """The life of leads: the house's, or of one's own people."""

    first = serializers.DateField()
    last = serializers.DateField()
    sentence = serializers.CharField()
    is_of_team = serializers.BooleanField(help_text="Of one's own people; else of the house.")
    stood_at = serializers.DateTimeField(allow_null=True, help_text="When what is not in hand was counted; null: now.")
    counted_at = serializers.DateTimeField(allow_null=True, help_text="Up to when moves are counted; null: now.")
    counted_from = serializers.DateField(allow_null=True, help_text="Moves of earlier days were never counted.")
    in_hand = serializers.IntegerField()
    left_out = serializers.IntegerField(help_text="In hand, and exceptions: in no pile.")
    due = serializers.IntegerField(help_text="Who comes back within a week.")
    piles = PileOut(many=True)
    stuck = StuckOut(many=True)
    standing = StandingOut(many=True)
    stays = StayOut(many=True)
    moves = MoveOut(many=True)


class Overview(OfReports):
    """The clock."""

    tag = "overview"
    needs = (permissions.can_see_overview,)
    rights, gives, asks = {"GET": "reports.see"}, {"GET": ClockOut}, {"GET": Days}

    def get(self, request):
        """Answer the clock: who is in hand by age, who waits, what moved; the last seven days, if no time is said (REP-7)."""
        period, of = self.form(usual=life.WEEK).period_asked(), permissions.of_whom(self.user)
        found = life.of(of, period, self.at)
        same = {name: getattr(found, name) for name in ("stood_at", "counted_at", "counted_from", "left_out", "due")}
        return Response(same | {
            "first": period.first, "last": period.last, "sentence": life.sentence(found, period), "is_of_team": of is not None,
            "in_hand": found.all_in_hand,
            "piles": [
                {"state": state, "motion": motion, "pile": pile, "words": words, "number": number}
                for state, motion in life.PILES for pile, number, words in found.piles(state, motion)
            ],
            "stuck": [_stuck(place, number, found.limits[place]) for place, number in sorted(found.stuck.items()) if number],
            "standing": [
                {"state": state, "number": found.standing[state], "change": found.changes[state]}
                for state in ("raw", "qualified", "nurture", "unqualified")
            ],
            "stays": [{"place": place, "seconds": seconds} for place, seconds in sorted(found.stays.items())],
            "moves": [_move(found, name) for name in life.TO_HAND],
        })  # fmt: skip


def _stuck(place: str, number: int, days: int) -> dict:
    state, _slash, motion = place.partition("/")
    return {"state": state, "motion": motion, "days": days, "number": number}


def _move(found: life.Life, name: str) -> dict:
    lanes = {motion: moves.number_of(found, name, motion) for motion in ("slg", "plg")}
    return {"move": name, "words": moves.WORDS[name], "number": moves.number_of(found, name)} | lanes


class WhichPile(Page):
    """Which pile. Of who is in no hands only who is stuck is listed here, of both motions."""

    state = serializers.ChoiceField(stuck.STATES)
    motion = serializers.ChoiceField(list(charts.PLACES), required=False, help_text="Asked for in hand.")
    pile = serializers.ChoiceField(["all", stuck.PILE, *PILES], default="all")

    def validate(self, said: dict) -> dict:
        in_hand = said["state"] in IN_HAND
        if in_hand and "motion" not in said:
            raise serializers.ValidationError({"motion": "Say which of the two."})
        if not in_hand and ("motion" in said or said.get("pile") != stuck.PILE):
            raise serializers.ValidationError({"pile": "Of this state only who is stuck is listed, of both motions."})
        return said


class OverviewLeads(OfReports):
    """The leads of one pile."""

    tag = "overview"
    needs = ABOVE
    rights, gives, asks = {"GET": "reports.see"}, {"GET": listed(rows.LeadOut)}, {"GET": WhichPile}

    def get(self, request):
        """List the leads of one pile of the clock, the first first (REP-8)."""
        said, limit = self.asked(), self.asked().get("limit", PAGE)
        which = (said["state"], said.get("motion", ""), said["pile"])
        ids = life.pile_of(*which, permissions.of_whom(self.user), self.at, read_number(said), limit + 1)
        found = Lead.objects.filter(pk__in=ids[:limit]).select_related(*NEAR).order_by("pk")
        cursor = write([ids[limit - 1]]) if len(ids) > limit else None
        return Response({"items": [rows.lead(row) for row in found], "next_cursor": cursor})


class WhichMoves(Days, Page):
    """Which moves, in which time."""

    move = serializers.ChoiceField(list(life.TO_HAND))
    motion = serializers.ChoiceField(list(charts.PLACES), required=False, help_text="Both, if not said.")


class StepOut(serializers.Serializer):
    """One lead's step from one state to another."""

    id = serializers.IntegerField(help_text="The number of the event.")
    lead = serializers.IntegerField()
    at = serializers.DateTimeField()
    by = serializers.CharField(
        allow_null=True, help_text="The name they sign in with; null: nobody, a rule or a program."
    )
    from_state = serializers.CharField()
    to_state = serializers.CharField()


class OverviewMoves(OfReports):
    """The leads that moved."""

    tag = "overview"
    needs = ABOVE
    rights, gives, asks = {"GET": "reports.see"}, {"GET": listed(StepOut)}, {"GET": WhichMoves}

    def get(self, request):
        """List the moves behind one number of the clock, the last first; as many as it says (REP-8)."""
        said, limit = self.asked(), self.asked().get("limit", PAGE)
        period, of = self.form(usual=life.WEEK).period_asked(), permissions.of_whom(self.user)
        found = life.of(of, period, self.at)
        before = read_number(said) or LAST
        steps = moves.listed(found, said["move"], said.get("motion", ""), of, period, self.at, before, limit + 1)
        people = User.objects.in_bulk({step.by for step in steps if step.by})
        items = [_step(step, people) for step in steps[:limit]]
        return Response({"items": items, "next_cursor": write([steps[limit - 1].pk]) if len(steps) > limit else None})


def _step(step: moves.Move, people: dict) -> dict:
    by = people.get(step.by)
    return StepOut({
        "id": step.pk, "lead": step.lead, "at": step.at, "by": by.username if by else None, "from_state": step.before,
        "to_state": step.after,
    }).data  # fmt: skip
