"""Losing a sale of twelve people who all stand elsewhere: each goes where the mapping says in one transaction, or nobody does (LIFE)."""

from dataclasses import dataclass
from unittest.mock import patch

import pytest

from accounts.models import Event, Opportunity, Product
from leads import consent, dispositions, erasure
from leads.models import ContactRole, Cycle, Lead, Spell, Task
from meetings import closing, opportunities, outcomes
from meetings.models import Meeting
from meetings.views.sale import becomes
from tests.factories import LeadFactory, put, reason
from tests.leads.states import settle
from tests.meetings.table import DAY, END, HOUR, START, booked, worked

pytestmark = pytest.mark.django_db
LOST = END + 2 * DAY


@dataclass
class Scene:
    """A sale, and its twelve people by where they stand."""

    sale: Opportunity
    people: dict[str, Lead]

    def stand(self) -> dict[str, tuple]:
        """Say where each stands now: state, why, in whose hands, and whether they come back by themselves."""
        return {
            name: _stands(Lead.objects.select_related("reason").get(pk=lead.pk)) for name, lead in self.people.items()
        }


def _stands(lead: Lead) -> tuple:
    if lead.gone_as:
        return (lead.gone_as,)
    owner = lead.owner.username if lead.owner_id else lead.team.name if lead.team_id else ""
    return lead.status, lead.reason.code if lead.reason_id else "", owner, lead.recycle_at is not None


@pytest.fixture
def scene(house, ana, ben, dov, eva, finn, root) -> Scene:
    """Seven were qualified with the sale; the others were ended before, are worked by others, wait, or are gone."""
    first = worked(ana)
    account = first.account

    def another(state="working", **hands) -> Lead:
        return put(LeadFactory(account=account), state, **hands)

    people = {"decides": first, "bens_find": another(owner=ben), "waits": another("raw", team=house.north)}
    names = ("opted_out", "no_mails", "elsewhere", "sold_before", "not_in_purchase", "never", "erased")
    people |= {name: another(owner=ana) for name in names}
    sale = (meeting := booked(first, ana, eva)).opportunity
    dispositions.nurture([people["not_in_purchase"].pk], reason=reason("not_in_purchase"), by=ana, at=END - HOUR)
    dispositions.unqualify([people["never"].pk], reason=reason("not_a_prospect"), by=ana, at=END - HOUR)
    ContactRole.objects.bulk_create(ContactRole(lead=people[n], opportunity=sale) for n in people if n != "decides")
    outcomes.complete_qualified(meeting, by=eva, at=END)
    # What became of them since.
    at = END + HOUR
    consent.opt_out([people["opted_out"].pk], by=root, at=at)
    consent.opt_out([people["no_mails"].pk], channels=("email",), by=root, at=at)
    erasure.erase([people["erased"].pk], by=root, at=at)
    _other(people["elsewhere"], finn, at)
    closing.lose(_other(people["sold_before"], finn, at), reason=reason("lost_price"), by=finn, at=at + HOUR)
    # Two whom others talk to became people of the sale only then, one of them with a meeting ahead.
    people |= {"bens": another(owner=ben), "dovs": another("assigned", owner=dov)}
    ContactRole.objects.create(lead=people["dovs"], opportunity=sale)
    booked(people["bens"], ben, eva, starts_at=START + 9 * DAY, at=END + 2 * HOUR, product=sale.product)
    settle()
    return Scene(Opportunity.objects.get(pk=sale.pk), people)


def _other(lead: Lead, closer, at) -> Opportunity:
    """Open a sale of another product to the same company, with this person in it."""
    product = Product.objects.create(name=f"Desk {lead.pk}")
    return opportunities.open(lead.account, product, leads=[lead], by=None, at=at, opportunity_owner=closer)


STAY = {
    "elsewhere": ("qualified", "", "eva", False),
    "not_in_purchase": ("nurture", "not_in_purchase", "", True),
    "never": ("unqualified", "not_a_prospect", "", False),
    "erased": ("erased",),
    "waits": ("raw", "", "North", False),
    "bens": ("working", "", "ben", False),
    "dovs": ("assigned", "", "dov", False),
}
BEFORE = STAY | {
    "decides": ("qualified", "", "eva", False),
    "bens_find": ("qualified", "", "eva", False),
    "opted_out": ("qualified", "", "eva", False),
    "no_mails": ("qualified", "", "eva", False),
    "sold_before": ("qualified", "", "eva", False),
}
NOT_NOW, NEVER = ("nurture", "bought_competitor", "", True), ("unqualified", "false_identity", "", False)
AFTER = {
    "lost_competitor": dict.fromkeys(("decides", "bens_find", "no_mails", "sold_before"), NOT_NOW)
    | {"opted_out": ("nurture", "bought_competitor", "", False)},  # they come back by their own wish only
    "lost_gone": dict.fromkeys(("decides", "bens_find", "no_mails", "sold_before", "opted_out"), NEVER),
}


@pytest.mark.parametrize("code", list(AFTER))
def test_losing_a_sale_of_twelve_each_goes_where_the_mapping_says_or_stays(scene, eva, code):
    assert (len(scene.people), scene.stand()) == (12, BEFORE)

    closing.lose(scene.sale, reason=reason(code), by=eva, at=LOST)

    settle()
    scene.sale.refresh_from_db()
    assert scene.stand() == STAY | AFTER[code]
    assert (scene.sale.status, scene.sale.loss_reason.code, scene.sale.closed_at) == ("lost", code, LOST)
    assert list(Meeting.objects.values_list("status", flat=True).order_by("pk")) == ["qualified", "cancelled"]
    moved = Event.objects.filter(kind="transition", at=LOST).values_list("lead_id", flat=True)
    assert sorted(moved) == sorted(scene.people[name].pk for name in AFTER[code])


def test_the_page_says_before_what_becomes_of_each_and_it_comes_so(scene, eva):
    said = {row["name"]: row["becomes"] for row in becomes(scene.sale, reason("lost_competitor"))}
    names = {name: lead.name for name, lead in scene.people.items()}

    closing.lose(scene.sale, reason=reason("lost_competitor"), by=eva, at=LOST)

    after = scene.stand()
    assert {name: said.get(names[name], "") for name in names} == {
        name: ""
        if after[name] == ("erased",)
        else "not now: recently bought a competitor"
        if name in AFTER["lost_competitor"]
        else "stays: another opportunity of theirs is open"
        if name == "elsewhere"
        else f"stays {Lead.objects.get(pk=scene.people[name].pk).state_label}"
        for name in names
    }


@pytest.mark.parametrize("nth", [1, 3, 5])
def test_where_one_of_them_cannot_follow_nobody_does_and_all_is_as_before(scene, eva, nth):
    """The first, one in the middle, the last of those who would follow."""

    def everything() -> list:
        tables = (Lead, Cycle, Spell, Task, Meeting, Opportunity, ContactRole, Event)
        return [list(table.objects.order_by("pk").values()) for table in tables]

    before, real, seen = everything(), Lead.lose, []

    def stumble(lead):
        seen.append(lead.pk)
        if len(seen) == nth:
            raise RuntimeError("a poisoned one")
        real(lead)

    with patch.object(Lead, "lose", stumble), pytest.raises(RuntimeError):
        closing.lose(scene.sale, reason=reason("lost_competitor"), by=eva, at=LOST)

    assert len(seen) == nth
    assert everything() == before
