"""Leads in every state, brought there by the real processes: what the tests of the life start from."""

from datetime import UTC, datetime, timedelta
from itertools import count

from django.db import connection

from accounts.models import Account, Product, Stage
from leads import assignment, consent, dispositions, product_led, touches
from leads.models import Lead
from meetings import opportunities
from tests.factories import held, reason

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
number = count(1)

STATES = (
    "raw",
    "queued",
    "assigned",
    "open_plg",
    "working",
    "working_plg",
    "qualified",
    "nurture",
    "kept",
    "unqualified",
    "opted_out",
)


def raw(**facts) -> Lead:
    n = next(number)
    defaults = {
        "first_name": "Marta", "last_name": f"Lind {n}", "email": f"marta{n}@nordlicht{n}.no", "motion": "slg", "go_to_market": "inbound",
        "status_since": NOON, "created_at": NOON, "recorded_at": NOON, "search": f"marta lind {n}",
    }  # fmt: skip
    return Lead.objects.create(**(defaults | facts))


def lead_in(state: str, rep, manager, team) -> Lead:
    """Make a lead of this rep in this state, six hours of history behind it at most."""
    if state == "raw":
        return raw()
    if state == "queued":
        return raw(team=team)
    if state in ("open_plg", "working_plg"):
        lead = product_led.sign_up([raw(motion="plg")], at=NOON).lead
        return lead if state == "open_plg" else product_led.activate([lead], at=NOON + HOUR).lead
    lead = assignment.assign([raw(team=team)], to=rep, by=manager, at=NOON).lead
    if state == "assigned":
        return lead
    if state == "opted_out":
        return consent.opt_out([lead], by=rep, at=NOON + HOUR).lead
    lead = touches.log([lead], channel="call", outcome="interested", by=rep, at=NOON + HOUR).lead
    if state == "working":
        return lead
    when = NOON + 2 * HOUR
    if state == "nurture":
        return dispositions.nurture([lead], reason=reason("budget_later"), by=rep, at=when).lead
    if state == "kept":
        return dispositions.keep([lead], until=when + 48 * HOUR, by=rep, at=when).lead
    if state == "unqualified":
        return dispositions.unqualify([lead], reason=reason("not_a_prospect"), by=rep, at=when).lead
    assert state == "qualified", state
    qualifying(lead, at=when)
    return Lead.objects.get(pk=lead.pk)


def qualifying(lead: Lead, at=NOON):
    """Open an opportunity for this lead and bring it to the qualifying stage."""
    n = next(number)
    account = Account.objects.create(
        name=f"Nordlicht {n}", name_key=f"nordlicht {n}", domain=f"nordlicht-{n}.no", created_at=NOON
    )
    product = Product.objects.first()
    opportunity = opportunities.open(account, product, leads=[lead], by=None, at=at)
    held(opportunity, at=at)
    return opportunities.advance(opportunity, Stage.objects.get(is_qualifying=True), by=None, at=at)


def settle() -> None:
    """Have the database check now what it would check at commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
