"""Which of the five answers of the pipeline stage are still missing, of many opportunities at once (ACC-10). Called by the board.

One sale alone is asked by `opportunities.missing_answers`; both read the newest card of each of its people.
"""

from collections.abc import Iterable

from leads import qualification
from leads.models import ContactRole, Qualification


def missing_by_sale(sales: Iterable[int]) -> dict[int, list[str]]:
    """Name what nobody of each sale told yet, in words. Two queries, whatever the number."""
    sales = list(sales)
    roles = list(ContactRole.objects.filter(opportunity__in=sales).values_list("opportunity", "lead"))
    newest = (
        Qualification.objects.filter(lead__in={lead for _sale, lead in roles}).order_by("lead", "-pk").distinct("lead")
    )
    lacking = {row.lead_id: set(qualification.missing(row)) for row in newest}
    everything = qualification.missing(None)
    found = {}
    for sale in sales:
        told = [lacking[lead] for of, lead in roles if of == sale and lead in lacking]
        found[sale] = [words for words in everything if not told or all(words in lacks for lacks in told)]
    return found
