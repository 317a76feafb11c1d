"""Marketing's pages: exactly whom one may write to and its file, campaigns; and releasing what a reason held."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import clock
from accounts.models import Batch, Event
from leads import assignment, audience, consent, dispositions, releasing, tasks
from leads.models import Lead, Source
from tests.factories import LeadFactory, opportunity_of, product_led, put, reason
from tests.pages.desk import HTMX

pytestmark = pytest.mark.django_db
NOW = clock.now


def nurtured(house, code="budget_later", **facts):
    lead = put(LeadFactory(**facts), "working", owner=house.ana)
    return dispositions.nurture([lead], reason=reason(code), by=house.ana, at=NOW(), size="9").lead


def addresses(client, query: str = "") -> list[str]:
    answer = client.get(f"/audience/file/{query}")
    text = b"".join(answer.streaming_content).decode()
    return sorted(row["email"] for row in csv.DictReader(io.StringIO(text)))


@pytest.fixture
def crowd(house):
    """One of each kind that is in the audience, and one of each that is not."""
    fair, web = Source.objects.create(name="Fair"), Source.objects.create(name="Web")
    wanted = {
        "raw": LeadFactory(email="raw@a.example", source=fair),
        "queued": put(LeadFactory(email="queued@a.example", source=web), "raw", team=house.north),
        "nurture": nurtured(house, email="nurture@a.example", source=fair),
        "remarket": nurtured(house, "too_small", email="remarket@a.example"),
        "no_call": LeadFactory(email="nocall@a.example"),
    }
    consent.opt_out([wanted["no_call"].pk], by=house.rita, at=NOW(), channels=["call"])
    LeadFactory(email="")
    for facts in ({"channels": ["email"]}, {}):
        consent.opt_out([LeadFactory().pk], by=house.rita, at=NOW(), **facts)
    for state in ("assigned", "working", "qualified", "unqualified"):
        put(None, state, owner=house.ana)
    kept = put(None, "working", owner=house.ana)
    dispositions.keep([kept], until=NOW() + timedelta(days=9), by=house.ana, at=NOW())
    gone = LeadFactory()
    Lead.objects.filter(pk=gone.pk).update(gone_as="undone")
    product_led(email="plg@a.example")
    return wanted


def test_the_audience_is_exactly_who_waits_and_may_be_mailed(house, crowd, client_of):
    everybody = sorted(lead.email for lead in crowd.values())
    mark = client_of(house.mark)

    page = mark.get("/audience/").content.decode()

    assert addresses(mark) == everybody
    assert [address for address in everybody if address in page] == everybody
    assert page.count('<th role="rowheader"') == len(everybody)
    assert addresses(client_of(house.rita)) == everybody


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?program=raw", ["nocall", "queued", "raw"]),
        ("?program=marketing", ["nurture", "remarket"]),
        ("?source={fair}", ["nurture", "raw"]),
        ("?source={fair}&program=raw", ["raw"]),
        ("?reason={small}", ["remarket"]),
        ("?of=plg", ["plg"]),
        ("?program=nonsense&reason=99999&source=x", ["nocall", "nurture", "queued", "raw", "remarket"]),
    ],
)
def test_it_is_narrowed_by_program_reason_and_source_and_open_plg_stands_apart(house, crowd, client_of, query, names):
    query = query.format(fair=Source.objects.get(name="Fair").pk, small=reason("too_small").pk)

    assert addresses(client_of(house.mark), query) == [f"{name}@a.example" for name in names]


def test_an_opt_out_and_an_assignment_take_somebody_out_at_once(house, crowd, client_of):
    mark = client_of(house.mark)
    consent.opt_out([crowd["raw"].pk], by=house.mark, at=NOW(), channels=["email"])
    assignment.assign([crowd["nurture"].pk], to=house.ana, by=house.cleo, at=NOW())

    assert addresses(mark) == ["nocall@a.example", "queued@a.example", "remarket@a.example"]


def test_a_file_is_on_record_with_who_and_how_many_and_holds_no_formula(house, client_of):
    LeadFactory(first_name="=1+1", last_name="@SUM(A1)", company="+49 30 1", email="a@a.example")

    answer = client_of(house.mark).get("/audience/file/")
    text = b"".join(answer.streaming_content).decode()

    event = Event.objects.get(kind="export")
    assert (event.actor_id, event.data) == (house.mark.pk, {"what": "audience", "rows": 1})
    assert text.splitlines()[1].startswith("a@a.example,'=1+1,'@SUM(A1),,'+49 30 1,")
    assert answer["Content-Disposition"].startswith('attachment; filename="audience-')


@pytest.mark.parametrize("who", ["ana", "eva", "carl", "cleo", "lena"])
def test_nobody_else_gets_either(house, client_of, who):
    client = client_of(house.people[who])

    assert {client.get(url).status_code for url in ("/audience/", "/audience/file/")} == {403}
    assert Event.objects.filter(kind="export").count() == 0


def test_who_came_last_stands_first_and_pages_follow_by_key_both_ways(house, client_of):
    came = [LeadFactory(created_at=NOW() - timedelta(hours=n % 7), email=f"p{n}@a.example") for n in range(60)]
    wanted = [lead.email for lead in sorted(came, key=lambda lead: (lead.created_at, lead.pk), reverse=True)]
    mark = client_of(house.mark)

    def beside(page: str, rel: str) -> str:
        return page.split(f'rel="{rel}"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")

    def told(page: str) -> list[str]:
        return re.findall(r'data-label="Email">([^<]+)<', page)

    first = mark.get("/audience/").content.decode()
    second = mark.get(beside(first, "next")).content.decode()
    again = mark.get(beside(second, "prev")).content.decode()

    assert told(first) + told(second) == wanted
    assert (len(told(first)), told(again)) == (50, told(first))
    assert 'rel="next"' not in second


def test_the_file_is_in_the_order_of_the_page_over_its_parts(house, client_of, monkeypatch):
    monkeypatch.setattr(audience, "READ", 3)
    came = [LeadFactory(created_at=NOW() - timedelta(hours=n // 2), email=f"p{n}@a.example") for n in range(7)]
    wanted = [lead.email for lead in sorted(came, key=lambda lead: (lead.created_at, lead.pk), reverse=True)]

    answer = client_of(house.mark).get("/audience/file/")

    text = b"".join(answer.streaming_content).decode()
    assert [row["email"] for row in csv.DictReader(io.StringIO(text))] == wanted


def test_marketing_sets_aside_and_discards_a_raw_lead_from_its_page(house, client_of):
    raw = LeadFactory()
    page = client_of(house.mark).get(f"/leads/{raw.pk}/").content.decode()

    assert "?act=nurture#act" in page
    assert "?act=unqualify#act" in page


def test_campaigns_are_counted_as_far_as_one_sees_them_and_lead_to_their_leads(house, client_of):
    fair = Source.objects.create(name="Fair")
    booth = Source.objects.create(name="Booth", parent=fair)
    LeadFactory(source=fair, campaign=booth)
    put(LeadFactory(source=fair, campaign=booth), "working", owner=house.ana)
    mark, rita = client_of(house.mark), client_of(house.rita)

    assert f'href="/leads/?source={fair.pk}">1<' in mark.get("/campaigns/").content.decode()
    assert f'href="/leads/?source={fair.pk}">2<' in rita.get("/campaigns/").content.decode()
    assert f'href="/leads/?campaign={booth.pk}">2<' in rita.get(f"/campaigns/?source={fair.pk}").content.decode()
    assert rita.get(f"/leads/?campaign={booth.pk}").content.decode().count('<th role="rowheader"') == 2
    assert "Booth" in rita.get(f"/leads/?campaign={booth.pk}").content.decode()
    assert rita.get("/campaigns/?source=99999").status_code == 404


def test_campaigns_without_a_source_stand_below_a_blank_one_that_nobody_is_offered(house, client_of):
    blank = Source.objects.create(pk=987_654, name="")  # a number that no reason has
    letter = Source.objects.create(name="Letter of May", parent=blank)
    LeadFactory(source=None, campaign=letter)
    rita = client_of(house.rita)

    assert f'href="/campaigns/?source={blank.pk}">1<' in rita.get("/campaigns/").content.decode()
    assert f'href="/leads/?campaign={letter.pk}">1<' in rita.get(f"/campaigns/?source={blank.pk}").content.decode()
    for url in ("/leads/", "/audience/", "/reports/pick-up/"):
        assert f'<option value="{blank.pk}"' not in rita.get(url).content.decode()


def queries(client, url: str) -> int:
    with CaptureQueriesContext(connection) as counted:
        assert client.get(url).status_code == 200
    return len(counted)


@pytest.mark.parametrize("url", ["/audience/", "/campaigns/", "/campaigns/?source={fair}", "/release/"])
def test_three_rows_take_no_more_queries_than_one(house, client_of, url):
    fair = Source.objects.create(name="Fair")
    url, rita = url.format(fair=fair.pk), client_of(house.rita)

    def more(number: int) -> None:
        for n in range(number):
            campaign = Source.objects.create(name=f"C{Lead.objects.count()}{n}", parent=fair)
            nurtured(house, "budget_later" if n else "too_small", source=fair, campaign=campaign)
            Source.objects.create(name=f"S{Lead.objects.count()}{n}")

    more(1)
    one = queries(rita, url)
    more(2)

    assert queries(rita, url) == one


# ---- releasing what a reason held ----


@pytest.fixture
def held(house):
    """Five held for a missing feature, of whom three can come back; one held for something else."""
    leads = [nurtured(house, "missing_feature") for _ in range(5)]
    consent.opt_out([leads[0].pk], by=house.rita, at=NOW())
    opportunity_of(Lead.objects.get(pk=leads[1].pk), owner=house.eva)
    nurtured(house)
    return leads


def test_all_that_a_reason_held_come_back_into_the_queue_and_who_stays_is_told(house, held, north, client_of):
    rita = client_of(house.rita)
    look = rita.get("/release/").content.decode()

    answer = rita.post("/release/", {"reason": reason("missing_feature").pk, "queue": north.pk})
    page = rita.get(answer["Location"]).content.decode()

    assert f"{reason('missing_feature').label}: 5" in look
    assert Lead.objects.filter(team=north, status="nurture").count() == 3
    assert "3 wait in the queue of North" in page
    assert "Asked us to stop</dt><dd>1<" in page
    assert "In an open opportunity</dt><dd>1<" in page
    assert Event.objects.filter(kind="recycled", actor_id=house.rita.pk).count() == 3
    assert Batch.objects.get().status == "done"


def test_many_are_released_in_the_background_and_a_lost_ring_is_made_up_for(
    house, held, north, client_of, rung, monkeypatch
):
    monkeypatch.setattr("leads.tasks.AT_ONCE", 2)
    monkeypatch.setattr(releasing, "BATCH", 2)
    rita = client_of(house.rita)

    answer = rita.post("/release/", {"reason": reason("missing_feature").pk, "queue": north.pk})
    waiting = rita.get(answer["Location"], headers=HTMX).content.decode()
    tasks.resume_imports()

    batch = Batch.objects.get()
    assert rung == [("leads.tasks.release", batch.pk)] * 2
    assert "0 of 5" in waiting
    tasks.release(batch.pk)
    tasks.release(batch.pk)
    batch.refresh_from_db()
    assert (batch.status, batch.counts) == ("done", {"released": 3, "stayed": 2})
    assert Event.objects.filter(kind="recycled").count() == 3


@pytest.mark.parametrize("said", [{}, {"reason": 0, "queue": 0}, {"reason": "x", "queue": "x"}])
def test_what_cannot_be_chosen_releases_nobody(house, held, client_of, said):
    assert client_of(house.rita).post("/release/", said).status_code == 422
    assert Batch.objects.count() == 0


@pytest.mark.parametrize("who", ["ana", "cleo", "mark"])
def test_only_revops_releases_all_of_a_reason(house, held, north, client_of, who):
    said = {"reason": reason("missing_feature").pk, "queue": north.pk}

    assert client_of(house.people[who]).post("/release/", said).status_code == 403
    assert Lead.objects.filter(team=north).count() == 0
