"""How an opportunity ends: won, lost, or not qualified; and what becomes of its people, all in one transaction (ACC-10, ACC-11, LIFE).

Called by the opportunity's page, the board, the API, and the sweep of those nobody means any more.
"""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts import ownership
from accounts.models import Disposition, Door, Opportunity, OpportunityStatus, Reason, Stage, User
from accounts.writing import update_each
from leads import dispositions
from leads.lifecycle import BATCH, Refused, Result, Seen
from leads.models import ContactRole, LeadStatus
from meetings import handing, moving, opportunities, success
from meetings.models import Meeting, MeetingStatus
from meetings.record import may

RENEW_BEFORE = timedelta(days=120)
AT_ONCE = timedelta(days=1)  # who is in pipeline so soon was sold before anybody heard of it
# What may keep a person of a lost sale where they are (LIFE): they were not qualified, or are in another open one.
STAY = ("state", "open_opportunity", "gone")

# What must be known of a customer who is handed to the success manager, and how it is asked for (ACC-11).
CRITERIA = {
    "contract_end": "when the contract ends",
    "contact": "who decides there",
    "need": "the clear need",
    "systems": "the systems in place",
    "size": "the size",
}


def win(
    opportunity: Opportunity, *, by: User | None, at: datetime, contract_end_date: date | None = None, amount: Decimal | None = None,
    success_owner: User | None = None, door: str = Door.PAGE,
) -> Opportunity:  # fmt: skip
    """Close an opportunity as won: the account is a customer (ACC-5), the success manager gets the hand-off, the contract's end is kept.

    It passes every stage; who of its people is still worked is qualified. The end is told of 120 days before.
    """
    if contract_end_date is not None and contract_end_date <= at.date():
        raise Refused("The contract ends after it was signed.", "contract_end_date")
    if amount is not None:
        opportunities.refuse_below_zero(amount)
    with transaction.atomic():
        sale = opportunities.hold(opportunity)
        may(by, "change", sale)
        if amount is not None:
            sale.amount = amount
        opportunities.pass_stages(sale, sale.stage.order + 1_000, at)
        sale.contract_end_date = contract_end_date
        if contract_end_date:
            sale.renew_at = datetime.combine(contract_end_date, time(), UTC) - RENEW_BEFORE
        _close(sale, "win", OpportunityStatus.WON, by, at, door)
        opportunities.qualify_leads(sale, at=at, door=door)
        if success_owner is not None:
            for row in (sale, sale.account):
                ownership.change([row], "success_owner", to=success_owner, by=by, at=at, door=door)
                row.success_owner = success_owner
        success.to_success(sale, missing=missing_for_success(sale), by=by, at=at)
    return sale


def missing_for_success(sale: Opportunity) -> list[str]:
    """Name what is not known yet of what the success manager needs (ACC-11). Three queries."""
    people = ContactRole.objects.filter(opportunity=sale)
    lacking = opportunities.missing_answers(sale)
    lacks = {
        "contract_end": sale.contract_end_date is None,
        "contact": not people.exclude(role="").exists(),
    } | {name: opportunities.qualification.FIVE[name] in lacking for name in ("need", "systems", "size")}
    return [name for name in CRITERIA if lacks[name]]


def lose(
    opportunity: Opportunity, *, reason: Reason, by: User | None, at: datetime, door: str = Door.PAGE
) -> Opportunity:
    """Close an opportunity as lost: each of its people follows the reason's mapping, or none does and it stays open.

    Those unqualified, in another open opportunity, or still in a round of their own stay as they are. Meetings ahead are called off.
    """
    if reason.disposition != Disposition.LOSS:
        raise Refused(f"“{reason.label}” is no reason for losing.", "reason")
    if by is not None and not reason.is_active:
        raise Refused(f"“{reason.label}” is not for people to choose.", "reason")
    becomes = reason.becomes or Reason.objects.get(code="opportunity_lost")
    with transaction.atomic():
        sale = opportunities.hold(opportunity)
        may(by, "change", sale)
        _call_off(sale, by, at, door)
        sale.loss_reason = reason
        _close(sale, "lose", OpportunityStatus.LOST, by, at, door, reason=reason.pk)
        for people in _people(sale):
            result: Result = dispositions.lose(people, reason=becomes, by=None, at=at, door=door)
            for _lead, refusal in result.refused:
                if refusal.code not in STAY:
                    raise refusal
    return sale


def close_not_qualified(
    opportunity: Opportunity, *, by: User | None, at: datetime, door: str = Door.PAGE
) -> Opportunity:
    """Close an opportunity of which no meeting was ever completed and qualified: neither won nor lost (ACC-10).

    Refused where one was, or where one is still to come or to be disposed of.
    """
    with transaction.atomic():
        sale = opportunities.hold(opportunity)
        may(by, "change", sale)
        met = Meeting.objects.filter(opportunity=sale, status__in=(MeetingStatus.QUALIFIED, MeetingStatus.BOOKED))
        if found := met.order_by("status").first():
            what = (
                "has a meeting without its disposition"
                if found.status == MeetingStatus.BOOKED
                else "was qualified in a meeting"
            )
            raise Refused(f"{sale.name} {what}.", "meeting")
        if by is None and _is_worked(sale):
            raise Refused(f"{sale.name} has people who are worked.", "worked")
        _close(sale, "give_up", OpportunityStatus.NOT_QUALIFIED, by, at, door)
    return sale


def withdraw_opening(meeting: Meeting, *, by: User, at: datetime, door: str) -> None:
    """Close the sale that opened with a meeting which is taken back, unless somebody went on from there. The sale is held. Two queries."""
    sale = Opportunity.objects.select_related(*opportunities.BESIDE).get(pk=meeting.opportunity_id)
    opened = sale.created_at == meeting.booked_at and sale.qualified_at is None and sale.pipeline_at is None
    others = Meeting.objects.filter(opportunity=sale).exclude(pk=meeting.pk)
    if opened and sale.status == OpportunityStatus.OPEN and not others.exists():
        _close(sale, "give_up", OpportunityStatus.NOT_QUALIFIED, by, at, door, undone=True)


def reopen(opportunity: Opportunity, *, by: User | None, at: datetime, door: str) -> Opportunity:
    """Open a sale again that was closed *not qualified*, since a meeting of it was good after all. Called by a correction only."""
    sale = Opportunity.objects.select_related(*opportunities.BESIDE).get(pk=opportunity.pk)
    other = Opportunity.objects.filter(
        account=sale.account, product=sale.product, status=OpportunityStatus.OPEN, gone_as=""
    )
    if other.exists():
        raise Refused(f"{sale.name} is open anew already. Say it there.", "open")
    before, first = sale.stage, Stage.objects.filter(status=OpportunityStatus.OPEN).order_by("order").first()
    sale.reopen()
    sale.stage, sale.closed_at = first, None
    update_each([sale], ["status", "stage", "closed_at"])
    opportunities.record(sale, before, first, "reopen", by, at, door)
    return sale


def given_up(at: datetime) -> QuerySet:
    """Open opportunities that never were qualified, without a meeting booked and with nobody worked any more (ACC-10).

    By `opportunity_unqualified`: few rows, since every sale leaves it at its first good meeting.
    """
    never = Opportunity.objects.filter(qualified_at=None, created_at__lte=at)
    return _hopeless(never).order_by("pk").values_list("pk", flat=True)


def _hopeless(rows: QuerySet) -> QuerySet:
    worked = ContactRole.objects.filter(opportunity=OuterRef("pk"), lead__status__in=LeadStatus.OPEN, lead__gone_as="")
    met = Meeting.objects.filter(opportunity=OuterRef("pk"))
    alive = met.filter(status__in=(MeetingStatus.BOOKED, MeetingStatus.QUALIFIED))
    return rows.filter(Exists(met), ~Exists(alive), ~Exists(worked), status=OpportunityStatus.OPEN, gone_as="")


def close_if_given_up(sale: Opportunity, *, at: datetime, door: str) -> None:
    """Close a sale of which this was the last hope, when a meeting ends without one. Also one that was qualified by a wrong word, as long
    as it went no further. Two queries where it goes on."""
    if _hopeless(Opportunity.objects.filter(pk=sale.pk, pipeline_at=None)).exists():
        close_not_qualified(sale, by=None, at=at, door=door)


def _is_worked(sale: Opportunity) -> bool:
    roles = ContactRole.objects.filter(opportunity=sale, lead__status__in=LeadStatus.OPEN, lead__gone_as="")
    return roles.exists()


def _close(sale: Opportunity, move: str, status: str, by: User | None, at: datetime, door: str, **data) -> None:
    """Let one end happen to an opportunity that is held: its state, its stage, its stamp, its record."""
    before, end = sale.stage, Stage.objects.get(status=status)
    getattr(sale, move)()
    sale.stage, sale.closed_at = end, at
    names = (
        "status",
        "stage",
        "closed_at",
        "qualified_at",
        "pipeline_at",
        "loss_reason",
        "amount",
        "contract_end_date",
        "renew_at",
    )
    update_each([sale], names)
    handing.drop_of_sale(sale, at=at)
    opportunities.record(sale, before, end, move, by, at, door, **data)


def _call_off(sale: Opportunity, by: User | None, at: datetime, door: str) -> None:
    for meeting in Meeting.objects.filter(opportunity=sale, status=MeetingStatus.BOOKED, starts_at__gt=at).order_by(
        "pk"
    ):
        moving.cancel(meeting, by=None, at=at, door=door)


def _people(sale: Opportunity):
    """Yield the people of a sale in the order of their locks, as many at once as a turn takes."""
    ids = list(ContactRole.objects.filter(opportunity=sale).order_by("lead").values_list("lead", flat=True))
    for start in range(0, len(ids), BATCH):
        yield [Seen(pk) for pk in ids[start : start + BATCH]]


def surprises(begin: datetime, end: datetime, *, within: timedelta = timedelta(days=7)) -> QuerySet:
    """List what looks like sandbagging among the sales that closed in a period (ACC-12): won within days of being created; created late,
    so that it is in pipeline within a day; or won without a meeting held. A row says why by `is_quick`, `is_late`, `is_unmet`. One query.
    """
    held = Meeting.objects.filter(opportunity=OuterRef("pk"), status__in=MeetingStatus.HELD)
    rows = Opportunity.objects.filter(gone_as="", closed_at__gte=begin, closed_at__lt=end, status__in=("won", "lost"))
    rows = rows.annotate(
        is_quick=Q(status="won", closed_at__lt=F("created_at") + within),
        is_late=Q(pipeline_at__isnull=False, pipeline_at__lt=F("created_at") + AT_ONCE),
        is_unmet=Q(~Exists(held), status="won"),
    )
    return (
        rows.filter(Q(is_quick=True) | Q(is_late=True) | Q(is_unmet=True))
        .select_related(*opportunities.BESIDE)
        .order_by("-closed_at", "-pk")
    )


def ending(at: datetime) -> QuerySet:
    """List what was won and whose contract ends within 120 days (ACC-11)."""
    days = {"contract_end_date__gte": at.date(), "contract_end_date__lte": at.date() + RENEW_BEFORE}
    return Opportunity.objects.filter(**days, status=OpportunityStatus.WON, gone_as="")
