"""What happened to a sale or a company, told line by line: stages, values, owners, meetings, hand-offs (ACC-7, ACC-9)."""

from datetime import date
from decimal import Decimal

from accounts.models import Event, Stage, User
from leads.models import Lead
from leads.timeline import TELLERS, Entry, Told
from meetings.views.words import money

ROLES = {
    "development_owner": "sales development owner", "opportunity_owner": "opportunity owner", "success_owner": "customer success owner",
}  # fmt: skip


def entries(teller: Told, events: list[Event], sales: dict[int, str] | None = None) -> list[Entry]:
    """Tell these events; `sales` names the sale of each, where there are several. Three queries more than the teller's own."""
    stages = {stage.pk: stage.name for stage in Stage.objects.all()}
    ids = {
        e.data[name]
        for e in events
        for name in ("from", "to")
        if e.kind == "owner" and isinstance(e.data.get(name), int)
    }
    teller.users |= User.objects.in_bulk(ids - set(teller.users))
    told = []
    parts = {e.lead_id for e in events if e.kind == "part"}
    added = {lead.pk: lead.name for lead in Lead.objects.filter(pk__in=parts)} if parts else {}
    for event in events:
        entry = _told(teller, event, stages, added)
        if entry and sales and event.opportunity_id in sales:
            entry.text = f"{sales[event.opportunity_id]}: {entry.text}"
        told += [entry] if entry else []
    return told


def _told(teller: Told, event: Event, stages: dict[int, str], added: dict[int, str]) -> Entry | None:
    if event.kind == "stage":
        return _stage(teller, event, stages)
    if event.kind == "value":
        now = event.data.get("currency", "")
        held = {"from": event.data.get("from_currency", now), "to": now}
        worth = [money(Decimal(event.data[name]), code) for name, code in held.items()]
        return Entry("note", f"{teller.who(event)} changed the value from {worth[0]} to {worth[1]}.", event.at)
    if event.kind == "owner" and event.move in ROLES:
        old, new = teller.person(event.data.get("from")), teller.person(event.data.get("to")) or "nobody"
        text = f"{teller.who(event)} made {new} {ROLES[event.move]}" + (f", after {old}." if old else ".")
        return Entry("swap", text, event.at)
    if event.kind == "contract":
        ends = date.fromisoformat(event.data["ends"])
        words = (
            f"{teller.who(event)} said the contract ends"
            if event.move == "set"
            else "It was told of that the contract ends"
        )
        return Entry("calendar", f"{words} {ends:%-d %b %Y}.", event.at)
    if event.kind == "part":
        return Entry(
            "plus", f"{teller.who(event)} added {added.get(event.lead_id, 'somebody')} to its people.", event.at
        )
    if event.kind in ("meeting", "hand_off"):
        return TELLERS[event.kind](teller, event)
    return None


STAGES = {
    "open": ("plus", "{who} opened it."), "advance": ("check", "{who} moved it to {to}."), "back": ("back", "{who} moved it back to {to}."),
    "win": ("check", "{who} won it."), "lose": ("moon", "{who} lost it."), "give_up": ("never", "It was not qualified."),
    "reopen": ("round", "{who} opened it again: a meeting was good after all."), "merge": ("swap", "Folded into another."),
}  # fmt: skip


def _stage(teller: Told, event: Event, stages: dict[int, str]) -> Entry:
    icon, words = STAGES.get(event.move, ("round", "{who}: {to}."))
    if event.data.get("undone"):
        icon, words = "back", "{who} took the booking back that had opened it."
    amount = Decimal(event.data.get("amount") or 0)
    worth = f" Worth {money(amount, event.data.get('currency', ''))} then." if amount else ""
    return Entry(
        icon,
        words.format(who=teller.who(event), to=stages.get(event.data.get("to"), "another stage")) + worth,
        event.at,
    )
