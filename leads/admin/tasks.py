"""Open tasks in the admin: whose they are, what became of each; follow-ups into other hands with a preview (ROUTE-6, ADMIN-1)."""

import hashlib

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse

from accounts import clock
from accounts.models import Door, Event
from accounts.permissions import Scope, allowed
from leads import giving_tasks, receivers
from leads.admin.leads import HolderFilter
from leads.admin.records import Given, OfLeads
from leads.lifecycle import Result
from leads.models import Task

MOST = 500


class GiveForm(forms.Form):
    """To whom."""

    to = forms.TypedChoiceField(label="To", coerce=int)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.people = {person.pk: person for person in receivers.people_below(user)}
        self.fields["to"].choices = [("", "Choose"), *((pk, str(person)) for pk, person in self.people.items())]


@admin.action(description="Reassign", permissions=["reassign"])
def reassign(modeladmin, request, queryset):
    """Ask to whom, show what would come of it and who is refused, then do exactly that."""
    form = GiveForm(request.POST if "apply" in request.POST else None, user=request.user)
    tasks = list(queryset.select_related("lead", "owner").order_by("-pk")[: MOST + 1])
    if len(tasks) > MOST:
        modeladmin.message_user(request, f"More than {MOST} tasks are chosen. Filter them first.", messages.WARNING)
        return None
    result = None
    if form.is_bound and form.is_valid():
        do = request.POST.get("step") == "do"
        with transaction.atomic():
            result = giving_tasks.give(
                [task.pk for task in tasks], to=form.people[form.cleaned_data["to"]], by=request.user, at=clock.now(), door=Door.ADMIN
            )  # fmt: skip
            if not do or _print(result) != request.POST.get("print"):
                transaction.set_rollback(True)
            else:
                do = None
        if do is None:
            _tell(modeladmin, request, form, result)
            return HttpResponseRedirect(request.get_full_path())
    context = {
        **modeladmin.admin_site.each_context(request), "title": "Reassign tasks", "opts": modeladmin.model._meta, "tasks": tasks,
        "form": form, "result": result, "print": _print(result) if result else "", "moved": _moved(result) if result else 0,
        "changed": result is not None and request.POST.get("step") == "do", "refused": _refused(result) if result else [],
    }  # fmt: skip
    status = 409 if context["changed"] else 422 if form.errors else 200
    return TemplateResponse(request, "admin/leads/task/reassign.html", context, status=status)


def _moved(result: Result) -> int:
    return sum(event.kind == "owner" for event in result.events)


def _print(result: Result) -> str:
    facts = _moved(result), sorted(lead.pk for lead in result.done), sorted(lead.pk for lead, _no in result.refused)
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def _refused(result: Result) -> list[tuple[str, str]]:
    """Group who is refused by why, each with the first names."""
    why: dict[str, list[str]] = {}
    for lead, refusal in result.refused:
        why.setdefault(refusal.words, []).append(str(lead))
    return [
        (words, ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else ""))
        for words, names in list(why.items())[:20]
    ]


def _tell(modeladmin, request, form, result: Result) -> None:
    if number := _moved(result):
        to = form.people[form.cleaned_data["to"]]
        modeladmin.message_user(request, f"{number} task{'s' if number != 1 else ''} moved to {to}.", messages.SUCCESS)
    for words, names in _refused(result):
        modeladmin.message_user(request, f"Not moved: {names}. {words}", messages.WARNING)


class KindFilter(Given):
    title = parameter_name = "kind"
    values = tuple(Task.Kind.choices)


@admin.register(Task)
class TaskAdmin(OfLeads):
    """What is still to do. Done ones stand in the record of their lead."""

    actions = [reassign]
    list_display = ["id", "lead", "kind", "owner", "team", "due_at", "what"]
    list_display_links = ["id"]
    list_filter = [HolderFilter, KindFilter]
    list_select_related = ["lead", "owner", "team"]
    search_fields = ["lead__id"]
    search_help_text = "The number of a lead"
    fields = [
        "kind",
        "lead",
        "owner",
        "team",
        "channel",
        "what",
        "reason",
        "created_by",
        "began_at",
        "due_at",
        "limit_at",
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).filter(done_at__isnull=True)

    def has_reassign_permission(self, request) -> bool:
        return bool(allowed(request.user, "leads.assign") & (Scope.TEAM | Scope.ALL))

    def events(self, row):
        """What happened to its lead while it stood: a task has no record of its own."""
        return Event.objects.filter(lead_id=row.lead_id, at__gte=row.began_at)
