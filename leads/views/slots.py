"""What apps above put on the lead page, which may know nothing of them: an act in #act, a section, a line of the timeline.

Filled once when an app is ready (`meetings/apps.py`); read by the panel and the pickers. A section is drawn by its own template, with
`section` as what its function returned.
"""

from collections.abc import Callable
from dataclasses import dataclass

from leads import permissions
from leads.models import Lead


@dataclass(frozen=True, slots=True)
class Act:
    """One act that opens in #act: `right` is asked of the lead, `fits` says whether it makes sense there, `draw` gives its words."""

    kind: str
    label: str
    key: str
    icon: str
    right: str
    template: str
    draw: Callable[..., dict]
    fits: Callable[[Lead], bool]


ACTS: dict[str, Act] = {}
# How an act is taken back, and what the toast says then: `take_back(desk, what)` is given what the act kept and returns the lead.
UNDOES: dict[str, tuple[Callable[..., Lead], str]] = {}
SECTIONS: list[Callable] = []
# Where a company and an opportunity have pages of their own: from their key to the address.
COMPANY_PAGE: list[Callable[[int], str]] = []
SALE_PAGE: list[Callable[[int], str]] = []


def offered(desk, lead: Lead) -> list[Act]:
    """List the acts this person may do to this lead now."""
    return [a for a in ACTS.values() if a.fits(lead) and permissions.can(desk.user, a.right, lead, at=desk.at)]


def sections(desk, lead: Lead) -> list[dict]:
    """Draw what the apps above tell of a lead: a template each, and whether it stands at the side."""
    drawn = (section(desk, lead) for section in SECTIONS)
    return [section for section in drawn if section is not None]


def company_page(pk: int) -> str:
    return COMPANY_PAGE[0](pk) if COMPANY_PAGE else ""


def sale_page(pk: int) -> str:
    return SALE_PAGE[0](pk) if SALE_PAGE else ""
