"""Leads and what hangs on them, as the API gives them: every field named."""

from rest_framework import serializers

from accounts.api.rows import name_of, same
from leads import qualification
from leads.models import Lead, Note, Qualification, Task, Touch


class RoundOut(serializers.Serializer):
    """The open round of a lead, or its last."""

    id = serializers.IntegerField()
    number = serializers.IntegerField()
    assigned_at = serializers.DateTimeField()
    first_touch_at = serializers.DateTimeField(allow_null=True)
    working_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.CharField(allow_blank=True)
    touches = serializers.IntegerField()


class LeadOut(serializers.Serializer):
    """One lead: a person, for life."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    first_name = serializers.CharField(allow_blank=True)
    last_name = serializers.CharField(allow_blank=True)
    title = serializers.CharField(allow_blank=True)
    company = serializers.CharField(allow_blank=True)
    email = serializers.CharField(allow_blank=True)
    phone = serializers.CharField(allow_blank=True)
    website = serializers.CharField(allow_blank=True)
    country = serializers.CharField(allow_blank=True)
    state = serializers.CharField(help_text="raw, assigned, working, qualified, nurture or unqualified.")
    state_label = serializers.CharField(help_text="As the pages say it: Open SLG, Working P, Not now.")
    since = serializers.DateTimeField()
    motion = serializers.CharField()
    go_to_market = serializers.CharField()
    source = serializers.CharField(allow_null=True)
    campaign = serializers.CharField(allow_null=True)
    segment = serializers.CharField(allow_blank=True)
    region = serializers.CharField(allow_blank=True)
    score = serializers.IntegerField(allow_null=True)
    owner = serializers.CharField(allow_null=True, help_text="The name they sign in with.")
    team = serializers.CharField(allow_null=True, help_text="The queue it waits in, or the team that holds it.")
    account = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField(allow_null=True, help_text="The code of the reason it was ended with.")
    nurture_kind = serializers.CharField(allow_blank=True)
    comes_back_at = serializers.DateTimeField(allow_null=True)
    opted_out_at = serializers.DateTimeField(allow_null=True)
    opted_out_channels = serializers.ListField(child=serializers.CharField())
    last_activity_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    version = serializers.IntegerField()
    round = RoundOut(allow_null=True)


SAME = (
    "id", "name", "first_name", "last_name", "title", "company", "email", "phone", "website", "country", "state_label", "motion",
    "go_to_market", "segment", "region", "score", "nurture_kind", "opted_out_at", "opted_out_channels", "last_activity_at", "created_at",
    "recorded_at", "version",
)  # fmt: skip
OF_ROUND = ("id", "number", "assigned_at", "first_touch_at", "working_at", "ended_at", "outcome", "touches")


def lead(row: Lead) -> dict:
    """Return one lead, whose neighbours were read with it."""
    cycle = row.cycle
    return LeadOut({
        **same(row, SAME),
        "state": row.status, "since": row.status_since, "comes_back_at": row.recycle_at, "account": row.account_id,
        "source": row.source.name if row.source else None, "campaign": row.campaign.name if row.campaign else None,
        "owner": name_of(row.owner), "team": row.team.name if row.team else None,
        "reason": row.reason.code if row.reason else None,
        "round": same(cycle, OF_ROUND) if cycle else None,
    }).data  # fmt: skip


class TouchOut(serializers.Serializer):
    """One touch."""

    id = serializers.IntegerField()
    lead = serializers.IntegerField()
    round = serializers.IntegerField(allow_null=True, help_text="Null: outside any round.")
    by = serializers.CharField(allow_null=True)
    channel = serializers.CharField()
    outcome = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    is_automated = serializers.BooleanField()
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    note = serializers.CharField(allow_null=True)


def touch(row: Touch) -> dict:
    names = ("id", "channel", "outcome", "occurred_at", "recorded_at", "is_automated", "withdrawn_at")
    return TouchOut({
        **same(row, names), "lead": row.lead_id, "round": row.cycle_id,
        "by": name_of(row.by), "note": row.note.text if row.note else None,
    }).data  # fmt: skip


class NoteOut(serializers.Serializer):
    """One note. An erased one is empty and says so."""

    id = serializers.IntegerField()
    by = serializers.CharField(allow_null=True)
    text = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()
    erased_at = serializers.DateTimeField(allow_null=True)


def note(row: Note) -> dict:
    facts = same(row, ("id", "text", "at", "erased_at"))
    return NoteOut(facts | {"by": name_of(row.by)}).data


class TaskOut(serializers.Serializer):
    """One thing to do."""

    id = serializers.IntegerField()
    lead = serializers.IntegerField()
    kind = serializers.CharField()
    owner = serializers.CharField(allow_null=True)
    team = serializers.CharField(allow_null=True)
    channel = serializers.CharField(allow_blank=True)
    what = serializers.CharField(allow_blank=True)
    began_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    limit_at = serializers.DateTimeField(allow_null=True)
    done_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.CharField(allow_blank=True)


def task(row: Task) -> dict:
    names = ("id", "kind", "channel", "what", "began_at", "due_at", "limit_at", "done_at", "outcome")
    return TaskOut({
        **same(row, names), "lead": row.lead_id, "owner": name_of(row.owner),
        "team": row.team.name if row.team else None,
    }).data  # fmt: skip


class QualificationOut(serializers.Serializer):
    """One version of the qualification card. An answer that is empty, or null, is not known: that is no no."""

    id = serializers.IntegerField()
    lead = serializers.IntegerField()
    round = serializers.IntegerField(allow_null=True)
    number = serializers.IntegerField(help_text="Its version within the round.")
    by = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField()
    urgency = serializers.IntegerField(allow_null=True)
    criticality = serializers.IntegerField(allow_null=True)
    complexity = serializers.IntegerField(allow_null=True)
    budget = serializers.CharField(allow_blank=True)
    budget_evidence = serializers.CharField(allow_blank=True)
    authority = serializers.CharField(allow_blank=True)
    authority_evidence = serializers.CharField(allow_blank=True)
    need = serializers.CharField(allow_blank=True)
    need_evidence = serializers.CharField(allow_blank=True)
    timeline = serializers.CharField(allow_blank=True)
    timeline_evidence = serializers.CharField(allow_blank=True)
    compelling_event = serializers.CharField(allow_blank=True)
    systems = serializers.CharField(allow_blank=True)
    size = serializers.CharField(allow_blank=True)
    suggestion = serializers.CharField(allow_blank=True)
    decision = serializers.CharField(allow_blank=True)
    why = serializers.CharField(allow_blank=True)
    missing = serializers.ListField(child=serializers.CharField(), help_text="Which of the five answers are not known.")


def card(row: Qualification) -> dict:
    names = ("id", "number", "at", *qualification.FIELDS, "suggestion", "decision", "why")
    return QualificationOut({
        **same(row, names), "lead": row.lead_id, "round": row.cycle_id,
        "by": name_of(row.by), "missing": qualification.missing(row),
    }).data  # fmt: skip


class EventOut(serializers.Serializer):
    """One line of the record: codes and numbers, no personal text."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField(help_text="When it became true.")
    recorded_at = serializers.DateTimeField(help_text="When we learnt it.")
    kind = serializers.CharField()
    move = serializers.CharField(allow_blank=True)
    door = serializers.CharField()
    by = serializers.IntegerField(allow_null=True)
    round = serializers.IntegerField(allow_null=True)
    from_state = serializers.CharField(allow_blank=True)
    to_state = serializers.CharField(allow_blank=True)
    reason = serializers.IntegerField(allow_null=True)
    facts = serializers.DictField()


def event(row) -> dict:
    names = ("id", "at", "recorded_at", "kind", "move", "door")
    return EventOut({
        **same(row, names), "by": row.actor_id, "round": row.cycle_id, "from_state": row.from_status,
        "to_state": row.to_status, "reason": row.reason_id, "facts": row.data,
    }).data  # fmt: skip
