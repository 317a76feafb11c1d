"""Taking an import back: a page that shows what will go and what stays, and its button (IN-3)."""

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods

from accounts import clock
from leads import import_desk, import_undo
from leads.lifecycle import Refused
from leads.models import Lead
from leads.views.imports import one


@require_http_methods(["GET", "POST"])
def undo(request, pk: int):
    """Show what an undo takes back, or what it left; do it, at once when it is little, else in the background."""
    batch = one(request, pk)
    at = clock.now()
    if request.method == "POST":
        try:
            import_desk.take_back(batch, by=request.user, at=at)
        except Refused as refusal:
            messages.error(request, refusal.words)
            return HttpResponseRedirect(reverse("import", args=[pk]))
        return HttpResponseRedirect(reverse("import-undo", args=[pk]))
    preview = import_undo.preview(batch)
    context = {
        "batch": batch,
        "undone": batch.options.get("undo"),
        "can": batch.status in import_undo.OVER,
        "preview": preview,
        "kept": _rows(preview.kept_leads, request.user, at),
        "updated": _rows(preview.updated_leads, request.user, at),
        "kept_more": max(0, preview.kept - len(preview.kept_leads)),
        "updated_more": max(0, preview.updated - len(preview.updated_leads)),
        "now": at,
    }
    is_part = request.headers.get("HX-Request") == "true"
    return render(request, "leads/_import_undo.html" if is_part else "leads/import_undo.html", context)


def _rows(leads: list[import_undo.Kept], user, at) -> list[dict]:
    """Name those this person may see; of the others that they are there. One query."""
    ids = [kept.lead.pk for kept in leads]
    seen = set(Lead.objects.visible_to(user, at).filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
    return [
        {
            "name": kept.lead.name if kept.lead.pk in seen else f"Lead {kept.lead.pk}",
            "url": reverse("lead", args=[kept.lead.pk]) if kept.lead.pk in seen else "",
            "state": kept.lead.state_label,
            "holder": str(kept.lead.owner or kept.lead.team or ""),
            "why": kept.why,
        }
        for kept in leads
    ]


urlpatterns = [path("imports/<int:pk>/undo/", undo, name="import-undo")]
