"""What the API lists: leads, tasks, the record of a lead, sources, reasons, whom marketing may write to."""

from rest_framework import serializers
from rest_framework.response import Response

from accounts import programs
from accounts.api.fields import Id, Said, Word
from accounts.api.paging import Page
from accounts.api.problems import Problem
from accounts.api.resource import Forbidden
from accounts.api.schema import listed
from accounts.domains import normalise_email
from accounts.models import Disposition, Door, Event, Reason
from accounts.models.reason import Program
from accounts.permissions import Scope, allowed
from accounts.record_keeping import record_export
from leads import audience
from leads.api import hands, people, rows
from leads.api.frame import NEAR, Done, OfLead, Refusing, reason_of
from leads.models import GoToMarket, Lead, LeadStatus, Motion, Source, Task


class LeadFilter(Page):
    """What a list of leads is narrowed to."""

    state = serializers.ChoiceField(LeadStatus.choices, required=False)
    motion = serializers.ChoiceField(Motion.choices, required=False)
    go_to_market = serializers.ChoiceField(GoToMarket.choices, required=False)
    owner = Word(max_length=60, help_text="The name they sign in with.")
    team = Word(max_length=80)
    source = Word(max_length=120)
    campaign = Word(max_length=120)
    account = Id(required=False)
    email = Word(max_length=254, help_text="An address they are known by, old ones included.")


WHERE = {
    "state": "status", "motion": "motion", "go_to_market": "go_to_market", "owner": "owner__username", "team": "team__name",
    "source": "source__name", "campaign": "campaign__name", "account": "account",
}  # fmt: skip


class Leads(people.TakingIn):
    """Leads."""

    tag = "leads"
    rights = {"GET": "leads.see", "POST": "leads.create"}
    says, gives, asks = (
        {"POST": people.NewLead},
        {"GET": listed(rows.LeadOut), "POST": people.TakenOut},
        {"GET": LeadFilter},
    )

    @classmethod
    def statuses(cls, method):
        return (200, 201) if method == "POST" else (200,)

    def get(self, request):
        """List the leads you may see, newest first."""
        said = self.asked()
        found = Lead.objects.visible_to(self.user, self.at).select_related(*NEAR)
        found = found.filter(**{WHERE[name]: value for name, value in said.items() if name in WHERE and value != ""})
        if said.get("email"):
            try:
                address = normalise_email(said["email"])
            except ValueError:
                found = found.none()
            else:
                found = found.filter(identities__kind="email", identities__value=address)
        return self.listed(found, rows.lead, said=said)

    def post(self, request):
        """Bring a person in: created, or known and blanks filled, or unchanged (IN-1). The one way in, as by form and file."""
        return self.act(lambda said: people.bring_in(self, said))


class OneLead(OfLead):
    """One lead."""

    rights, gives = {"GET": "leads.see"}, {"GET": rows.LeadOut}

    def get(self, request, pk):
        """Read one lead."""
        return Response(rows.lead(self.lead))


class Events(OfLead):
    """The record of a lead."""

    rights, gives, asks = {"GET": "leads.see"}, {"GET": listed(rows.EventOut)}, {"GET": Page}

    def get(self, request, pk):
        """List what happened to a lead, newest first: added to, never changed."""
        return self.listed(Event.objects.filter(lead_id=pk), rows.event)


class Pulls(Refusing):
    """Leads pulled from a queue."""

    tag = "leads"
    rights, says, gives = {"POST": "leads.pull"}, {"POST": Said}, {"POST": Done}

    def post(self, request):
        """Take the next lead of your own queues (ROUTE-5)."""
        return self.act(lambda said: hands.pull(self))


class TaskFilter(Page):
    """Which of one's tasks."""

    kind = serializers.ChoiceField(Task.Kind.choices, required=False)


class OwnTasks(Refusing):
    """What one has to do."""

    rights, gives, asks = {"GET": "leads.task"}, {"GET": listed(rows.TaskOut)}, {"GET": TaskFilter}

    def get(self, request):
        """List your open tasks, newest first."""
        said = self.asked()
        found = Task.objects.filter(owner=self.user, done_at__isnull=True).select_related("owner", "team")
        if "kind" in said:
            found = found.filter(kind=said["kind"])
        return self.listed(found, rows.task, said=said)


class SourceOut(serializers.Serializer):
    """Where leads come from. A campaign is a source with a parent."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    source = serializers.CharField(allow_null=True, help_text="Of a campaign: the source it belongs to.")


class SourceFilter(Page):
    """Which sources."""

    source = Word(max_length=120, help_text="Only the campaigns of this source.")


class Sources(Refusing):
    """Sources and their campaigns."""

    rights, gives, asks = {"GET": "leads.export"}, {"GET": listed(SourceOut)}, {"GET": SourceFilter}

    def get(self, request):
        """List sources and campaigns, oldest first."""
        said = self.asked()
        found = Source.objects.exclude(name="").select_related("parent")
        if said.get("source"):
            found = found.filter(parent__name=said["source"])
        return self.listed(found, _source, newest_first=False, said=said)


def _source(row: Source) -> dict:
    return {"id": row.pk, "name": row.name, "source": (row.parent and row.parent.name) or None}


class ReasonOut(serializers.Serializer):
    """One reason of RevOps' list."""

    code = serializers.CharField()
    label = serializers.CharField()
    disposition = serializers.CharField()
    test = serializers.CharField(allow_blank=True, help_text="How to tell that it is this one.")
    is_prequalification = serializers.BooleanField(help_text="Possible without a touch.")
    may_return = serializers.BooleanField()
    asks_size = serializers.BooleanField()
    nurture_kind = serializers.CharField(allow_blank=True)
    recycle_months = serializers.IntegerField(allow_null=True)


class ReasonFilter(Said):
    """Which reasons."""

    disposition = serializers.ChoiceField(Disposition.choices, required=False)


class ReasonsOut(serializers.Serializer):
    """All of them: the list is short."""

    items = ReasonOut(many=True)


class Reasons(Refusing):
    """The reasons there are to choose from."""

    rights, gives, asks = {"GET": "rules.see"}, {"GET": ReasonsOut}, {"GET": ReasonFilter}

    def get(self, request):
        """List the reasons that people may choose."""
        found = Reason.objects.filter(is_active=True, is_system=False).order_by("disposition", "order", "pk")
        if wanted := self.asked().get("disposition"):
            found = found.filter(disposition=wanted)
        names = ReasonOut().fields
        return Response({"items": [{name: getattr(row, name) for name in names} for row in found]})


class NewProgram(Said):
    """Another program for a reason for not now."""

    reason = Word(required=True, allow_blank=False, max_length=40, help_text="Its code.")
    program = serializers.ChoiceField(Program.choices)
    was = serializers.ChoiceField(
        Program.choices, allow_blank=True, help_text="As it was seen: another by now is refused (409)."
    )


class ProgramOut(serializers.Serializer):
    """Which program takes care of whom."""

    reason = serializers.CharField()
    program = serializers.CharField(allow_blank=True)


class ProgramsOut(serializers.Serializer):
    """All of them: the list is short."""

    items = ProgramOut(many=True)


class Programs(Refusing):
    """Which program takes care of whom meanwhile (NUR-1)."""

    tag = "reasons"
    rights = {"GET": "rules.change", "POST": "rules.change"}
    says, gives = {"POST": NewProgram}, {"GET": ProgramsOut, "POST": ProgramOut}

    def get(self, request):
        """List the program of each reason for not now."""
        rows = [{"reason": row.code, "program": row.program} for row in programs.reasons()]
        return Response({"items": rows})

    def post(self, request):
        """Let another program take care of whom a reason holds (LIFE-4)."""
        return self.act(self._choose)

    def _choose(self, said: dict) -> dict:
        row = reason_of(said["reason"], Disposition.NURTURE)
        _changed, stale = programs.choose({row.pk: (said["was"], said["program"])}, by=self.user)
        if stale:
            raise Problem(409, "stale", "Somebody named another program meanwhile.", "was")
        row.refresh_from_db()
        return {"reason": row.code, "program": row.program}


class AudienceFilter(Page):
    """Whom marketing may write to, narrowed."""

    of = serializers.ChoiceField(
        ["audience", "plg"], default="audience", help_text="`plg`: Open PLG, for activation messages only."
    )
    program = serializers.ChoiceField([audience.RAW, Program.MARKETING, Program.SALES], required=False)
    reason = Word(max_length=40, help_text="The code of a reason.")
    source = Word(max_length=120)


class Audience(Refusing):
    """Whom marketing may write to (LIFE-13)."""

    rights, gives, asks = {"GET": "leads.export"}, {"GET": listed(rows.LeadOut)}, {"GET": AudienceFilter}

    def enter(self, method, **kwargs):
        super().enter(method, **kwargs)
        if not allowed(self.user, "leads.export") & (Scope.ALL | Scope.RAW | Scope.NURTURE):
            raise Forbidden("Only RevOps or marketing see whom marketing may write to.")

    def get(self, request):
        """List the raw and nurture leads that may be mailed, newest first. Who took how many is on record."""
        said = self.asked()
        is_plg = said["of"] == "plg"
        found = audience.activation() if is_plg else audience.audience(self.user, self.at)
        if "program" in said and not is_plg:
            found = found.filter(audience.PROGRAMS[said["program"]])
        if said.get("reason"):
            found = found.filter(reason__code=said["reason"])
        if said.get("source"):
            found = found.filter(source__name=said["source"])
        answer = self.listed(found.select_related(*NEAR), rows.lead, said=said)
        record_export(
            self.user, "activation" if is_plg else "audience", len(answer.data["items"]), self.at, door=Door.API
        )
        return answer
