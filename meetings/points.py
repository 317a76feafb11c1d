"""When a lead is handed over, and to whom: by contract value, segment and company (MOTION-6, MEET-4). Called by booking and the forms.

The rules are RevOps' rows of `HandOffRule`; what is booked keeps its point.
"""

from decimal import Decimal

from django.db.models import Max

from accounts.models import Account, Opportunity, OpportunityStatus, Role, User
from leads.models import Lead
from meetings.models import HandOffPoint, HandOffRule, Meeting

OPEN_OR_WON = (OpportunityStatus.OPEN, OpportunityStatus.WON)


def point_for(sale: Opportunity, segment: str) -> str:
    """Say when a lead is handed over, by contract value and segment (MOTION-6). A rule of the segment goes before one of all.

    A value that nobody said is not a small one. Then the segment says it: by its rule for that, or where all of its rules say the same;
    else the company: a target account is worth what the largest sale is, and any other what the most valuable of its sales is, unless that
    would mean no hand-off; else the rule for every segment. One query, where the company is asked two.
    """
    rules = [r for r in HandOffRule.objects.all() if r.segment.casefold() in ("", segment.casefold())]
    if sale.amount:
        return _by_value(rules, sale.amount)
    unknown = {bool(r.segment): r.point for r in rules if r.from_amount is None}
    own = {r.from_amount: r.point for r in rules if r.segment and r.from_amount is not None}
    if True in unknown or (0 in own and len({*own.values()}) == 1):
        return unknown.get(True) or own[0]
    told = _by_value(rules, _worth_of(sale.account if sale.account_id else None))
    return told if told != HandOffPoint.NONE else unknown.get(False, HandOffPoint.COMPLETED)


def _by_value(rules: list[HandOffRule], amount: Decimal) -> str:
    fits = [r for r in rules if r.from_amount is not None and r.from_amount <= amount]
    return max(fits, key=lambda r: (bool(r.segment), r.from_amount)).point if fits else HandOffPoint.COMPLETED


def bands(segment: str) -> list[tuple[Decimal, str]]:
    """List from which contract value on a lead of this segment is handed over when, the smallest first. One query."""
    rules = [r for r in HandOffRule.objects.all() if r.segment.casefold() in ("", segment.casefold())]
    found: list[tuple[Decimal, str]] = []
    for amount in sorted({Decimal(0)} | {r.from_amount for r in rules if r.from_amount is not None}):
        point = _by_value(rules, amount)
        if not found or found[-1][1] != point:
            found.append((amount, point))
    return found


def _worth_of(account: Account | None) -> Decimal:
    """Say what a sale to this company is likely worth at most, by what is known of it; 0 for nothing. One query."""
    if account is None:
        return Decimal(0)
    if account.is_target:
        return Decimal("Infinity")
    known = Opportunity.objects.filter(account=account, gone_as="", status__in=OPEN_OR_WON, amount__gt=0)
    return known.aggregate(most=Max("amount"))["most"] or Decimal(0)


def agreed(point: str, holder: User, lead: Lead) -> str:
    """Say which point a meeting has, now that it is clear who holds it: without a hand-off it is one rep to the end (MEET-4). Somebody
    else than who has the lead was named, or has the sale: then the lead is theirs once the meeting was held. Pure."""
    return HandOffPoint.COMPLETED if point == HandOffPoint.NONE and lead.owner_id != holder.pk else point


def receiver_of(meeting: Meeting) -> User:
    """Say whose the lead is once its meeting was held and they may buy (MEET-4): of who held it, whose word is the acceptance. Where it was
    held by who found them or another SDR, of who has the sale. Pure."""
    by_finder = meeting.owner_id == meeting.sourced_by_id or meeting.owner.role == Role.SDR
    passes = by_finder and meeting.point != HandOffPoint.NONE
    return (meeting.opportunity.opportunity_owner if passes else None) or meeting.owner
