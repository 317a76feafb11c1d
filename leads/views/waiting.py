"""What a lead waits for that is not the rep's to do: the product, or a manager's word. Part of the panel (`panel.py`)."""

from django.urls import reverse

from accounts.words import count
from leads.models import Lead, Task
from leads.permissions import possessive
from leads.shield import tries_of
from leads.views.known import said_at
from leads.views.picking import value_of


def shield(lead: Lead, may: dict, desk) -> dict | None:
    """Say why a lead of the product's cannot be worked."""
    if not lead.is_shielded or may["touch"]:
        return None
    since, tries = said_at(lead.cycle.assigned_at, desk.at), tries_of(lead)
    tried = f" Sales tried {count(tries)} {'time' if tries == 1 else 'times'} meanwhile." if tries else ""
    return {
        "kind": "",
        "title": f"This lead belongs to the product, since {since}.",
        "text": f"Sales gets it when it is handed over.{tried}",
    }


def waits(tasks: list[Task], may: dict, desk) -> dict | None:
    """Say whose word a wish to end the round waits for (WORK-7); who gives it is asked instead (`answers`)."""
    wish = next((t for t in tasks if t.kind == Task.Kind.REVIEW and t.reason_id), None)
    if wish is None or may["grant_exception"]:
        return None
    manager = possessive(wish.owner.get_short_name()) if wish.owner else "the manager's"
    asked_by = wish.created_by.get_short_name() if wish.created_by else "Somebody"
    title = f"Waits for {manager} word since {said_at(wish.began_at, desk.at)}."
    return {"kind": "", "title": title, "text": f"{asked_by} wants to end the round: {wish.reason.label.lower()}."}


def answers(lead: Lead, tasks: list[Task], may: dict, desk) -> dict | None:
    """Say what of this lead waits for an answer of the manager's, or was granted; with the answers, for those who give them."""
    task = next((t for t in tasks if t.kind == Task.Kind.EXCEPTION), None)
    wish = next((t for t in tasks if t.kind == Task.Kind.REVIEW and t.reason_id), None)
    if task is not None:
        until, why = said_at(task.due_at, desk.at).rsplit(" ", 1)[0], task.reason.label.lower()
        who = task.created_by.get_short_name() if task.created_by else "Somebody"
        title = (
            f"Exception: {why}. Review {until}."
            if task.accepted_at
            else f"{who} asks for an exception: {why}, until {until}."
        )
        acts = [("close", "End it")] if task.accepted_at else [("grant", "Grant"), ("close", "Refuse")]
        url, text = reverse("team-exceptions"), task.what
    elif wish is not None and may["grant_exception"]:
        size = f"{wish.reason.label}: {wish.what}." if wish.what else ""
        title, text, url = "This end waits for a manager’s word.", size, reverse("team-words")
        acts = [("allow", "Let it pass"), ("disallow", "Send it back")]
    else:
        return None
    acts = acts if may["grant_exception"] else []
    return {
        "title": title,
        "text": text,
        "url": url,
        "acts": acts,
        "lead": value_of(lead),
        "back": desk.address(lead.pk),
    }
