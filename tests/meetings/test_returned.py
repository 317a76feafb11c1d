"""A lead that its receiver sent back is handed over again, by its page and by the API (SLA-6)."""

import pytest

from accounts import clock
from accounts.models import Event, Message, Opportunity
from leadops import invariants
from leads import consent, dispositions
from leads.lifecycle import Forbidden, Refused
from leads.models import Lead, Task
from meetings import accounts, closing, handing, moving, outcomes, returned
from meetings.models import HandOff, Meeting
from tests.api.conftest import Browser
from tests.factories import reason
from tests.leads.states import settle
from tests.meetings.table import BOOKED, DAY, END, HOUR, SCHEDULED, booked, worked

pytestmark = pytest.mark.django_db
BACK, AGAIN = BOOKED + HOUR, BOOKED + 2 * HOUR


@pytest.fixture
def back(ana, eva) -> HandOff:
    """A lead that was handed to Eva with its booking, and that she sent back."""
    booked(worked(ana), ana, eva, amount=SCHEDULED)
    return handing.refuse(HandOff.objects.get(), reason=reason("refused_person"), by=eva, at=BACK)


def sound() -> None:
    settle()
    assert [rule.name for rule, rows in invariants.check(invariants.MEETINGS) if rows] == []


def by_page(who, row, to, client_of):
    page = f"/hand-offs/{row.pk}/again/"
    drawn = client_of(who).get(page).content.decode()
    assert (to is None) or f'<option value="{to.pk}"' in drawn
    return client_of(who).post(page, {"token": "a-token-of-a-test", "to": to.pk if to else ""}).status_code == 302


def by_api(who, row, to, _client_of):
    said = {"to": to.username} if to else {}
    return Browser(who).post(f"hand-offs/{row.pk}/repeats/", said).json()["receiver"] == (to or row.receiver).username


@pytest.mark.parametrize("door", [by_page, by_api])
@pytest.mark.parametrize("name", ["finn", ""])
def test_who_gave_it_hands_it_over_again_to_the_same_or_another(door, name, back, house, ana, client_of, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: AGAIN)
    to = house.people[name] if name else None

    went = door(ana, back, to, client_of)

    sound()
    lead, new, taker = Lead.objects.get(), HandOff.objects.latest("pk"), to or house.eva
    assert (went, lead.owner, lead.opportunity_owner, lead.development_owner) == (True, taker, taker, ana)
    assert (new.receiver, new.giver, new.outcome, new.limit_at) == (taker, ana, "", AGAIN + DAY)
    assert (Meeting.objects.get().owner, Opportunity.objects.get().opportunity_owner) == (taker, taker)
    back.refresh_from_db()
    assert (back.outcome, back.reason.code) == ("refused", "refused_person")
    assert Message.objects.filter(kind="hand_off_again", to=taker).count() == 1
    assert list(Event.objects.filter(kind="hand_off").order_by("pk").values_list("move", flat=True)) == [
        "refused",
        "again",
    ]
    handing.accept(new, by=taker, at=AGAIN + HOUR)


def test_the_pages_of_its_sale_and_lead_lead_there_as_long_as_it_is_back(client_of, back, ana, finn, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: AGAIN)
    address, pages = (
        f"/hand-offs/{back.pk}/again/",
        (f"/opportunities/{back.opportunity_id}/", f"/leads/{back.lead_id}/"),
    )
    before = [address in client_of(ana).get(page).content.decode() for page in pages]

    returned.hand_over(back, to=finn, by=ana, at=AGAIN)

    after = [address in client_of(ana).get(page).content.decode() for page in pages]
    assert (before, after) == ([True, True], [False, False])
    assert "There is nothing to hand over any more." in client_of(ana).get(address).content.decode()


def test_a_qualified_lead_that_was_sent_back_is_handed_over_again(ana, eva, finn, rita):
    meeting = booked(worked(ana), ana, ana)
    accounts.change_owner_of_sale(meeting.opportunity, "opportunity_owner", to=eva, by=rita, at=BOOKED + HOUR)
    outcomes.complete_qualified(meeting, by=ana, at=END)
    back = handing.refuse(
        HandOff.objects.get(receiver=eva, outcome=""), reason=reason("refused_person"), by=eva, at=END + HOUR
    )

    returned.hand_over(back, to=finn, by=ana, at=END + 2 * HOUR)

    sound()
    lead = Lead.objects.get()
    assert (lead.status, lead.owner, Opportunity.objects.get().opportunity_owner) == ("qualified", finn, finn)


def ended(row, house):
    for meeting in Meeting.objects.filter(status="booked"):
        moving.cancel(meeting, by=house.ana, at=BACK)
    dispositions.nurture([row.lead_id], reason=reason("budget_later"), by=house.ana, at=BACK).whole()


REFUSED = {
    "again already": (lambda row, h: returned.hand_over(row, to=h.finn, by=h.ana, at=BACK), "finn", "handed to Finn since"),
    "a closed sale": (
        lambda row, h: closing.lose(row.opportunity, reason=reason("lost_price"), by=h.eva, at=BACK), "finn", "is closed: lost",
    ),
    "to who sells nothing": (lambda row, h: None, "ben", "Choose somebody who sells"),
    "stopped": (
        lambda row, h: consent.opt_out([row.lead_id], by=h.ana, at=BACK), "finn", "closed|asked us to stop|only who is in hand",
    ),
    "ended": (ended, "finn", "is closed|only who is in hand"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_handed_over_again_is_refused_and_nothing_changes(case, back, house, ana):
    happens, to, words = REFUSED[case]
    happens(back, house)
    before = (HandOff.objects.count(), Event.objects.count(), Lead.objects.get().owner, Task.objects.count())

    with pytest.raises(Refused, match=words):
        returned.hand_over(back, to=house.people[to], by=ana, at=AGAIN)

    assert (HandOff.objects.count(), Event.objects.count(), Lead.objects.get().owner, Task.objects.count()) == before


def test_it_is_not_everybodys_to_hand_over(back, ben, eva, finn):
    for who in (ben, eva, finn):
        with pytest.raises(Forbidden):
            returned.hand_over(back, by=who, at=AGAIN)

    assert HandOff.objects.count() == 1


def test_where_the_next_is_taken_then_nothing_moves(back, ana, ben, finn):
    booked(worked(ben), ben, finn)
    before = Event.objects.count()

    with pytest.raises(Refused, match="Finn has another meeting"):
        returned.hand_over(back, to=finn, by=ana, at=AGAIN)

    back.lead.refresh_from_db()
    assert (back.lead.owner, Event.objects.count()) == (ana, before)
