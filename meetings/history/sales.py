"""Opportunities that were elsewhere, written as they ended or stand, with every stage they reached on record at its moment (IN-4).

Called by `telling` with the sales of some hundred leads at once. A sale is known again by its account, product and the first moment told
of it: told twice it is one, told of several people they share it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accounts import changes
from accounts.matching import Company, accounts_for
from accounts.models import Account, Disposition, Door, Event, Opportunity, OpportunityStatus, Product, Reason, Stage
from accounts.writing import insert_each
from leads.import_batches import Outcome as RowOutcome
from leads.intake_people import CREATED, REJECTED, UNCHANGED
from leads.intake_rows import Bad
from leads.models import ContactRole, Lead

from .rows import Told

Line = tuple[int, int]
PRODUCT = "Brought over"  # what was sold, where no file and nobody says
LOST = "opportunity_lost"
MOVES = {OpportunityStatus.OPEN: "advance", OpportunityStatus.WON: "win", OpportunityStatus.LOST: "lose"}


@dataclass(slots=True)
class Brought:
    """What came of sales: row by row, and the sale that qualified each lead."""

    results: dict[Line, RowOutcome] = field(default_factory=dict)
    qualified: dict[int, Opportunity] = field(default_factory=dict)


@dataclass(slots=True)
class _Words:
    """What names mean here, read once."""

    products: dict[str, Product]
    stages: list[Stage]
    losses: dict[str, Reason]

    def stage(self, name: str) -> Stage | None:
        return next((stage for stage in self.stages if stage.name.lower() == name.lower()), None)

    @property
    def open_stages(self) -> list[Stage]:
        return [stage for stage in self.stages if stage.status == OpportunityStatus.OPEN]

    def end(self, status: str) -> Stage:
        return next(stage for stage in self.stages if stage.status == status)


def bring(rows: Sequence[tuple[Line, Any, Told]], *, at: datetime, options: Mapping[str, Any]) -> Brought:
    """Write the sales of these rows (line, story, told). About fifteen queries for any number."""
    brought = Brought()
    if not rows:
        return brought
    accounts = _accounts(rows, at)
    words = _words(rows, options)
    there = _there(accounts, rows)
    new: dict[tuple, tuple[Opportunity, list[Event]]] = {}
    parts: list[tuple[Line, int, tuple]] = []
    for line, story, told in rows:
        try:
            account = accounts.get(line)
            if account is None:
                raise Bad("It names no company: give an account or a domain, or the lead's own company.", "account")
            key = (account.pk, _product_name(told, options).lower(), told.facts["began_at"])
            if key not in there and key not in new:
                sale, events = _made(told, story, account, words, options, at)
                _expect_room(sale, there, new)
                new[key] = sale, events
            parts.append((line, story.lead, key))
        except Bad as problem:
            brought.results[line] = (REJECTED, story.lead, problem.field, problem.words)
    _write(new, at)
    sales = there | {key: sale for key, (sale, _events) in new.items()}
    roles = [ContactRole(lead_id=lead, opportunity=sales[key]) for _line, lead, key in parts]
    ContactRole.objects.bulk_create(roles, ignore_conflicts=True)
    told: set[tuple] = set()  # whose, and which sale: told twice by one file it is one
    for line, lead, key in parts:
        is_new = key in new and (lead, key) not in told
        told.add((lead, key))
        brought.results[line] = (CREATED if is_new else UNCHANGED, lead, "", "")
        sale = sales[key]
        if sale.qualified_at and (
            lead not in brought.qualified or sale.qualified_at < brought.qualified[lead].qualified_at
        ):
            brought.qualified[lead] = sale
    return brought


def known(stories: Iterable[Any]) -> set[Line]:
    """Say which rows tell of sales that their lead has a part in already. One query."""
    rows = [(line, story, told) for story in stories for line, told in story.told("opportunities")]
    roles = ContactRole.objects.filter(lead__in={story.lead for _line, story, _told in rows}, opportunity__gone_as="")
    there = set(roles.values_list("lead", "opportunity__created_at")) if rows else set()
    return {line for line, story, told in rows if (story.lead, told.facts["began_at"]) in there}


def what_becomes(sale: Opportunity) -> Reason:
    """Return what the people of a lost sale become, by its reason."""
    return sale.loss_reason.becomes or Reason.objects.get(code=LOST)


def _accounts(rows, at: datetime) -> dict[Line, Account]:
    """Find or make the account of each sale: the one it names, else its lead's. A lead without one gets it."""
    asked = {
        line: Company(website=told.get("domain", ""), company=told.get("account", "")[:200])
        for line, _story, told in rows
        if told.get("domain") or told.get("account")
    }
    found = accounts_for(asked.values(), at=at)
    leads = Lead.objects.in_bulk([story.lead for _line, story, _told in rows])
    ids = {line: found[company].account for line, company in asked.items() if company in found}
    for line, story, _told in rows:
        if line not in ids and leads[story.lead].account_id:
            ids[line] = leads[story.lead].account_id
    accounts = Account.objects.in_bulk(set(ids.values()))
    found_out: dict[int, dict[str, list]] = {}
    for line, story, _told in rows:
        lead = leads[story.lead]
        if lead.account_id is None and line in ids:
            lead.account_id = ids[line]
            found_out[lead.pk] = {"account_id": [None, lead.account_id]}
    Lead.objects.bulk_update([leads[pk] for pk in found_out], ["account"])
    changes.note_many(Lead, found_out, by=None, at=at, door=Door.IMPORT)
    # Whoever brings or books a sale of one of these at the same moment waits, or is waited for.
    list(Account.objects.select_for_update(no_key=True).filter(pk__in=accounts).order_by("pk").values_list("pk"))
    return {line: accounts[pk] for line, pk in ids.items()}


def _product_name(told: Told, options: Mapping[str, Any]) -> str:
    return (told.get("product") or options.get("product") or PRODUCT)[:80]


def _words(rows, options: Mapping[str, Any]) -> _Words:
    names = {_product_name(told, options).lower(): _product_name(told, options) for _line, _story, told in rows}
    have = {product.name.lower() for product in Product.objects.all()}
    Product.objects.bulk_create(
        [Product(name=name) for key, name in names.items() if key not in have], ignore_conflicts=True
    )
    losses = {}
    for reason in Reason.objects.filter(disposition=Disposition.LOSS).select_related("becomes"):
        losses[reason.code.lower()] = losses[reason.label.lower()] = reason
    products = {product.name.lower(): product for product in Product.objects.all()}
    return _Words(products, list(Stage.objects.order_by("order")), losses)


def _there(accounts: Mapping[Line, Account], rows) -> dict[tuple, Opportunity]:
    found = Opportunity.objects.filter(account__in={a.pk for a in accounts.values()}, gone_as="")
    found = found.select_related("product", "opportunity_owner", "loss_reason__becomes")
    return {(sale.account_id, sale.product.name.lower(), sale.created_at): sale for sale in found}


def _made(told: Told, story, account: Account, words: _Words, options, at: datetime) -> tuple[Opportunity, list[Event]]:
    """Build one sale with its record: opened, every stage told, its end. Raises Bad."""
    status, closed = told.facts["status"], told.get("closed_at")
    reached = _reached(told, words)
    last = reached[-1][1]
    if status != OpportunityStatus.OPEN:
        reached.append((max(closed, reached[-1][0]), words.end(status)))
    sale = Opportunity(
        account=account, product=words.products[_product_name(told, options).lower()], status=status, stage=reached[-1][1],
        amount=told.get("amount", 0), currency=told.get("currency") or options.get("currency") or "EUR",
        development_owner=told.get("development_owner") or story.owner, opportunity_owner=told.get("opportunity_owner"),
        created_at=told.facts["began_at"], closed_at=closed,
    )  # fmt: skip
    if status == OpportunityStatus.LOST:
        sale.loss_reason = _loss(told, words)
    passed = (
        reached
        if status == OpportunityStatus.WON
        else [pair for pair in reached if pair[1].status == OpportunityStatus.OPEN]
    )
    marks = {"qualified_at": "is_qualifying", "pipeline_at": "is_pipeline"}
    for stamp, flag in marks.items():
        mark = next((stage.order for stage in words.open_stages if getattr(stage, flag)), None)
        moments = [
            moment
            for moment, stage in passed
            if mark is not None and (stage.order >= mark or stage.status == OpportunityStatus.WON)
        ]
        setattr(sale, stamp, min(moments, default=None))
    assert last.status == OpportunityStatus.OPEN
    return sale, _events(sale, reached, at)


def _reached(told: Told, words: _Words) -> list[tuple[datetime, Stage]]:
    """Say which open stages were reached when, the first of all with its beginning. Raises Bad for an unknown stage."""
    reached = {}
    for name, moment in told.stages.items():
        stage = words.stage(name)
        if stage is None or stage.status != OpportunityStatus.OPEN:
            raise Bad(f"There is no stage “{name}”. There are: {', '.join(s.name for s in words.open_stages)}.", name)
        reached[stage.order] = (moment, stage)
    began = told.facts["began_at"]
    first = words.open_stages[0]
    reached.setdefault(first.order, (began, first))
    if (
        (now := words.stage(told.get("stage", "")))
        and now.status == OpportunityStatus.OPEN
        and now.order not in reached
    ):
        reached[now.order] = (
            max(moment for moment, _stage in reached.values()),
            now,
        )  # when is not told: not before what is
    return sorted(reached.values(), key=lambda pair: (pair[0], pair[1].order))


def _loss(told: Told, words: _Words) -> Reason:
    text = told.get("loss_reason", "")
    reason = words.losses.get(text.lower()) if text else next(iter(words.losses.values()), None)
    if reason is None:
        raise Bad(
            f"“{text[:60]}” is no reason to lose. There are: {', '.join({r.label for r in words.losses.values()})}.",
            "loss_reason",
        )
    return reason


def _events(sale: Opportunity, reached: Sequence[tuple[datetime, Stage]], at: datetime) -> list[Event]:
    events, before = [], None
    for moment, stage in reached:
        move = "open" if before is None else MOVES[stage.status]
        data = {
            "from": before.pk if before else None,
            "to": stage.pk,
            "amount": str(sale.amount),
            "currency": sale.currency,
        }
        events.append(
            Event(
                kind="stage",
                move=move,
                at=moment,
                recorded_at=max(at, moment),
                door=Door.IMPORT,
                account_id=sale.account_id,
                data=data,
            )
        )
        before = stage
    return events


def _expect_room(sale: Opportunity, there: Mapping[tuple, Opportunity], new: Mapping[tuple, tuple]) -> None:
    """Refuse a second open sale of one product to one account (ACC-8)."""
    if sale.status != OpportunityStatus.OPEN:
        return
    others = [*there.values(), *(other for other, _events in new.values())]
    if any((o.account_id, o.product_id, o.status) == (sale.account_id, sale.product_id, "open") for o in others):
        raise Bad(f"{sale.account} has an open opportunity of {sale.product} already.")


def _write(new: Mapping[tuple, tuple[Opportunity, list[Event]]], at: datetime) -> None:
    sales = insert_each([sale for sale, _events in new.values()])
    for sale, (_same, events) in zip(sales, new.values(), strict=True):
        for event in events:
            event.opportunity_id = sale.pk
    insert_each([event for _sale, events in new.values() for event in events])
