"""Somebody asks us to stop who has a meeting ahead, or a sale loses its good meeting: who holds it hears of it (LIFE-11, ACC-9)."""

from datetime import timedelta

import pytest

from accounts import clock
from accounts.models import Message, Opportunity, Stage
from leads import consent, qualification
from leads.models import Lead
from meetings import moving, opportunities, outcomes
from meetings.models import Meeting
from tests.api.conftest import Browser
from tests.leads.states import settle
from tests.meetings.table import BOOKED, DAY, END, HOUR, START, booked, worked
from tests.pages.test_meetings_sales import FIVE

pytestmark = pytest.mark.django_db
STOPPED = BOOKED + HOUR


def heard(kind: str) -> list[str]:
    return sorted(Message.objects.filter(kind=kind).values_list("to__username", flat=True))


def by_api(lead, who, _client_of):
    return Browser(who).post(f"leads/{lead.pk}/opt-outs/", {}).status_code


def by_page(lead, who, client_of):
    row = Lead.objects.get(pk=lead.pk)
    said = {"token": "a-token-of-a-test", "cycle": row.cycle_id, "version": row.version, "all": "yes"}
    return client_of(who).post(f"/leads/{lead.pk}/opt-out/", said).status_code


@pytest.mark.parametrize("door", [by_api, by_page])
def test_with_a_meeting_ahead_who_holds_it_and_who_brought_it_about_are_told_once_and_it_stands(
    door, client_of, ana, eva, monkeypatch
):
    monkeypatch.setattr(clock, "now", lambda: STOPPED)
    lead = worked(ana)
    booked(lead, ana, eva)
    mails = Message.objects.filter(channel="mail").count()

    status = door(lead, ana, client_of)

    settle()
    row = Meeting.objects.get()
    assert (status < 400, Lead.objects.get().opted_out_at) == (True, STOPPED)
    assert (row.status, row.owner, heard("meeting_unwanted")) == ("booked", eva, ["eva"])
    assert Message.objects.filter(channel="mail").count() == mails
    page = client_of(eva).get(f"/meetings/{row.pk}/").content.decode()
    assert "asked us to stop on every channel. Nothing more is sent to them about this meeting" in page


def test_of_a_meeting_that_is_over_or_called_off_nobody_is_told(ana, eva):
    over, off = worked(ana), worked(ana)
    booked(over, ana, eva)
    moving.cancel(booked(off, ana, eva, starts_at=START + DAY), by=ana, at=BOOKED + HOUR)

    consent.opt_out([over.pk, off.pk], by=None, at=START + HOUR)

    assert heard("meeting_unwanted") == []


def test_on_one_channel_it_is_nobodys_news(ana, eva):
    lead = worked(ana)
    booked(lead, ana, eva)

    consent.opt_out([lead.pk], channels=["email"], by=ana, at=STOPPED)

    assert heard("meeting_unwanted") == []


def test_by_themselves_both_are_told_of_each_of_their_meetings(ana, ben, eva, finn):
    leads = [worked(ana), worked(ben)]
    booked(leads[0], ana, eva)
    booked(leads[1], ben, finn)

    consent.opt_out([lead.pk for lead in leads], by=None, at=STOPPED)

    assert heard("meeting_unwanted") == ["ana", "ben", "eva", "finn"]


def at_pipeline(ana, eva) -> Meeting:
    """A meeting by which a sale came to the pipeline stage."""
    lead = worked(ana)
    meeting = booked(lead, ana, eva)
    qualification.fill(lead.pk, FIVE, by=ana, at=BOOKED).whole()
    outcomes.complete_qualified(meeting, by=eva, at=END)
    opportunities.advance(meeting.opportunity, Stage.objects.get(is_pipeline=True), by=eva, at=END + HOUR)
    return Meeting.objects.get()


@pytest.mark.parametrize("word", ["no_show", "missed"])
def test_a_sale_at_the_pipeline_whose_meeting_is_corrected_stays_and_its_owner_hears(word, client_of, ana, eva, cleo):
    meeting = at_pipeline(ana, eva)

    outcomes.correct(meeting, word, by=cleo, at=END + timedelta(hours=2))

    settle()
    sale = Opportunity.objects.get()
    page = client_of(eva).get(f"/opportunities/{sale.pk}/").content.decode()
    assert (sale.stage.is_pipeline, sale.status, heard("sale_unmet")) == (True, "open", ["eva"])
    assert "the one that brought it here was corrected since" in page


def test_where_another_meeting_of_it_was_good_nobody_is_told(ana, eva, cleo):
    first = at_pipeline(ana, eva)
    second = booked(Lead.objects.get(), eva, eva, starts_at=START + DAY, at=END + HOUR)
    outcomes.complete_qualified(second, by=eva, at=END + DAY)

    outcomes.correct(first, "missed", by=cleo, at=END + DAY + HOUR)

    assert heard("sale_unmet") == []


def test_who_corrects_it_themselves_knows_and_a_closed_sale_is_nobodys_to_move(ana, eva):
    meeting = at_pipeline(ana, eva)

    outcomes.correct(meeting, "missed", by=eva, at=END + timedelta(hours=2))

    assert heard("sale_unmet") == []
