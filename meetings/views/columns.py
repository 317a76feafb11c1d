"""What the opportunity board draws (ACC-9): of every stage its newest sales with what stands on their cards, and what each is worth.

Read by `board.py` only. Three queries, however many sales there are; planned once a connection, since there are few different ones.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from accounts.bulk import numbers
from accounts.models import Account, Opportunity, OpportunityStatus, Product, Stage, User
from accounts.prepared import Prepared, planned
from accounts.writing import fresh
from meetings import answers, permissions

COLUMN = 12
STAGES = Prepared(lambda: Stage.objects.filter(status=OpportunityStatus.OPEN).order_by("order"))
PRODUCTS = Prepared(lambda: Product.objects.filter(is_active=True))
SEEN = "o.status = 'open' AND o.gone_as = ''"
# Whose sales: a sub-select is hashed once, whereas a list as long as a team is walked for every row.
OF_PEOPLE = "(" + " OR ".join(
    f"o.{column}_id IN (SELECT unnest(%(people)s::bigint[]))" for column in permissions.COLUMNS[Opportunity]
) + ")"  # fmt: skip
CARDS = """
SELECT o.id, o.stage_id, o.amount, o.currency, o.pipeline_at, o.development_owner_id, o.opportunity_owner_id, o.success_owner_id,
  p.name, a.name, a.domain, u.name, u.username,
  (SELECT min(m.starts_at) FROM meetings_meeting m WHERE m.opportunity_id = o.id AND m.status = 'booked'),
  EXISTS (SELECT FROM meetings_handoff h WHERE h.opportunity_id = o.id AND h.outcome = '')
FROM unnest(%(stages)s::bigint[], %(before)s::bigint[]) s (id, before), LATERAL (
    SELECT * FROM accounts_opportunity o WHERE o.stage_id = s.id AND o.id < s.before AND {seen} ORDER BY o.id DESC LIMIT %(most)s) o
  JOIN accounts_product p ON p.id = o.product_id JOIN accounts_account a ON a.id = o.account_id
  LEFT JOIN accounts_user u ON u.id = o.opportunity_owner_id
ORDER BY o.id DESC"""
WORTH = """
SELECT o.stage_id, o.currency, sum(o.amount) FROM accounts_opportunity o
WHERE o.stage_id = ANY(%(stages)s::bigint[]) AND o.amount > 0 AND {seen} GROUP BY 1, 2 ORDER BY 1, 3 DESC"""
LAST = 2**62  # beyond every key


class Narrowed(NamedTuple):
    """What the board is narrowed to: whose sales, of which product, and before which one a column goes on."""

    user: User
    is_mine: bool
    product: int | None
    stage: int | None = None
    before: int | None = None


class Card(NamedTuple):
    """One sale as its card says it."""

    sale: Opportunity
    owner: str
    meeting_at: datetime | None
    is_handed_over: bool
    missing: list[str]


def cards(who: Narrowed, stages: Sequence[Stage]) -> list[Card]:
    """Read the newest cards of every stage, and one more of each where there are more. Two queries."""
    before = [who.before if stage.pk == who.stage and who.before else LAST for stage in stages]
    rows = _rows(CARDS, who, stages, before=numbers(before), most=COLUMN + 1)
    missing = answers.missing_by_sale(row[0] for row in rows if row[4] is None)
    return [_card(row, missing.get(row[0], [])) for row in rows]


def worth(who: Narrowed, stages: Sequence[Stage]) -> list[tuple[int, str, Decimal]]:
    """Sum what stands at each of these stages, each currency for itself, the largest first. One query."""
    return _rows(WORTH, who, stages)


def _rows(statement: str, who: Narrowed, stages: Sequence[Stage], **more) -> list[tuple]:
    people = permissions.reach_over(Opportunity, who.user)
    parts, given = [SEEN], {"stages": numbers(stage.pk for stage in stages), **more}
    if people is not None:
        parts.append(OF_PEOPLE)
        given["people"] = numbers(sorted(people))
    if who.is_mine:
        parts.append("o.opportunity_owner_id = %(mine)s::bigint")
        given["mine"] = who.user.pk
    if who.product is not None:
        parts.append("o.product_id = %(product)s::bigint")
        given["product"] = who.product
    with planned() as cursor:
        cursor.execute(statement.format(seen=" AND ".join(parts)), given)
        return cursor.fetchall()


def _card(row: tuple, missing: list[str]) -> Card:
    (
        pk,
        stage,
        amount,
        currency,
        pipeline_at,
        found_by,
        sold_by,
        kept_by,
        product,
        company,
        domain,
        name,
        username,
        meeting,
        waits,
    ) = row
    sale = fresh(
        Opportunity, id=pk, stage_id=stage, amount=amount, currency=currency, pipeline_at=pipeline_at, development_owner_id=found_by,
        opportunity_owner_id=sold_by, success_owner_id=kept_by,
    )  # fmt: skip
    sale.product, sale.account = fresh(Product, name=product), fresh(Account, name=company, domain=domain)
    owner = fresh(User, name=name, username=username).get_short_name() if sold_by else "nobody"
    return Card(sale, owner, meeting, waits, missing)
