"""The day of an account executive: what is due, told in two actions; moved, called off, corrected; hand-offs (MEET-2 to MEET-5)."""

import re
from datetime import timedelta
from html import escape, unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import clock
from accounts.models import Event, Opportunity, Product
from leads import assignment, notes
from leads.models import Lead, Task
from meetings import booking, outcomes
from meetings.models import HandOff, Meeting
from tests.factories import AccountFactory, LeadFactory, put
from tests.meetings.table import COMPLETED, SCHEDULED

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HTMX = {"HX-Request": "true"}


def met(sdr, owner, *, ago=2 * HOUR, amount=COMPLETED) -> Meeting:
    """A meeting that began a while ago, by the real process."""
    at = clock.now() - ago
    lead = put(
        LeadFactory(account=AccountFactory(), status_since=at - DAY, created_at=at - DAY, recorded_at=at - DAY),
        "working",
        owner=sdr,
        at=at - DAY,
    )
    return booking.book(
        Lead.objects.get(pk=lead.pk), product=Product.objects.first(), starts_at=at, by=sdr, at=at - 12 * HOUR, owner=owner, amount=amount,
        persona="Head of plants",
    )  # fmt: skip


def press(client: Client, row: Meeting, what: str, script=False, **fields):
    data = {"token": "a-token-of-a-test", "version": row.version} | fields
    return client.post(f"/meetings/{row.pk}/{what}/", data, headers=HTMX if script else {})


def test_an_executives_day_begins_here_with_the_oldest_due_first(client_of, ana, eva):
    late, fresh = met(ana, eva, ago=26 * HOUR), met(ana, eva, ago=2 * HOUR)
    client = client_of(eva)

    home = client.get("/")
    page = client.get("/meetings/").content.decode()

    assert home["Location"] == "/meetings/"
    assert [int(pk) for pk in re.findall(r'<article class="due" id="m-(\d+)"', page)] == [late.pk, fresh.pk]
    assert "Head of plants" in page


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize(
    ("outcome", "status", "lead_status"),
    [
        ("qualified", "qualified", "qualified"),
        ("unqualified:budget_later", "unqualified", "nurture"),
        ("unqualified:not_a_prospect", "unqualified", "unqualified"),
        ("no_show", "no_show", "working"),
        ("missed", "missed", "working"),
    ],
)
def test_a_disposition_is_one_press(client_of, ana, eva, outcome, status, lead_status, script):
    row = met(ana, eva)

    answer = press(client_of(eva), row, "outcome", script, outcome=outcome)

    row.refresh_from_db()
    assert answer.status_code == (200 if script else 302)
    assert (row.status, row.disposed_by, Lead.objects.get(pk=row.lead_id).status) == (status, eva, lead_status)


def test_whoever_comes_second_is_told_who_said_what(client_of, ana, eva, root):
    row = met(ana, eva)
    press(client_of(eva), row, "outcome", outcome="qualified")
    events = Event.objects.count()

    answer = press(client_of(root), row, "outcome", outcome="no_show", token="another-token")

    row.refresh_from_db()
    assert answer.status_code == 409
    assert "Eva said at" in answer.content.decode()
    assert (row.status, Event.objects.count()) == ("qualified", events)


def test_a_double_click_is_one_effect(client_of, ana, eva):
    row, client = met(ana, eva), client_of(eva)

    first, again = (press(client, row, "outcome", outcome="no_show") for _ in range(2))

    assert (first.status_code, again.status_code) == (302, 302)
    assert Event.objects.filter(kind="meeting", move="disposition").count() == 1


@pytest.mark.parametrize(
    ("outcome", "words"),
    [("", "Choose what came of it."), ("booked", "Choose what came of it."), ("unqualified", "Choose why: not now, or never."),
     ("unqualified:no_show_limit", "Choose why: not now, or never.")],
)  # fmt: skip
def test_what_is_no_outcome_is_refused(client_of, ana, eva, outcome, words):
    row = met(ana, eva)

    answer = press(client_of(eva), row, "outcome", outcome=outcome)

    row.refresh_from_db()
    assert (answer.status_code, row.status) == (422, "booked")
    assert words in answer.content.decode()


def test_before_it_begins_nothing_is_said_of_it(client_of, ana, eva):
    row = met(ana, eva, ago=-2 * DAY)

    answer = press(client_of(eva), row, "outcome", outcome="qualified")

    assert answer.status_code == 422
    assert "It has not begun yet." in answer.content.decode()


def test_a_meeting_is_moved_and_called_off_from_its_page(client_of, ana, eva):
    row, client = met(ana, eva, ago=-2 * DAY), client_of(ana)
    at = clock.now() + 3 * DAY

    page = client.get(f"/meetings/{row.pk}/").content.decode()
    moved = press(client, row, "move", when=at.isoformat(), theirs="on")
    new = Meeting.objects.get(previous=row)
    off = press(client, new, "cancel", version=new.version)

    assert "Call it off" in page
    assert (moved.status_code, off.status_code) == (302, 302)
    statuses = list(Meeting.objects.order_by("pk").values_list("status", "is_theirs"))
    assert statuses == [("rescheduled", True), ("cancelled", False)]


def test_the_facts_link_to_a_lead_and_a_sale_for_who_may_see_them(client_of, ana, eva, finn):
    theirs = met(ana, finn)
    lead = put(LeadFactory(account=theirs.account), "working", owner=ana)
    row = booking.book(
        Lead.objects.get(pk=lead.pk), product=theirs.opportunity.product, starts_at=clock.now() + DAY, by=ana, at=clock.now(), owner=eva
    )  # fmt: skip
    assert (row.owner, row.opportunity, row.opportunity.opportunity_owner) == (eva, theirs.opportunity, finn)
    where = [f"/leads/{row.lead_id}/", f"/opportunities/{row.opportunity_id}/"]

    # Who holds it opens the lead (MEET-4), not the sale of a colleague.
    for person, linked in ((eva, [True, False]), (finn, [True, True]), (ana, [True, True])):
        client = client_of(person)
        page = client.get(f"/meetings/{row.pk}/") if person != finn else client.get(f"/meetings/{theirs.pk}/")
        told = page.content.decode()
        facts = where if person != finn else [f"/leads/{theirs.lead_id}/", where[1]]
        assert [client.get(path).status_code for path in facts] == [200 if opens else 404 for opens in linked]
        assert [f'<a href="{path}">' in told for path in facts] == linked
        assert f"<dt>Opportunity</dt><dd>{'<a href' if linked[1] else escape(row.opportunity.name)}" in told


@pytest.mark.parametrize(("what", "ticked"), [("move", [True, False]), ("cancel", [False, True])])
def test_a_refused_form_keeps_its_own_tick(client_of, ana, eva, what, ticked):
    row = met(ana, eva, ago=-DAY)
    fields = {"when": "other", "day": "", "hour": ""} if what == "move" else {}

    answer = press(client_of(eva), row, what, theirs="on", **fields | {"version": row.version + (what == "cancel")})

    boxes = re.findall(r'name="theirs"( checked)?>', answer.content.decode())
    assert (answer.status_code, [bool(box) for box in boxes]) == (422 if what == "move" else 409, ticked)


def test_a_wrong_word_is_corrected_and_both_stay_on_record(client_of, ana, eva):
    row, client = met(ana, eva), client_of(eva)
    press(client, row, "outcome", outcome="no_show")
    row.refresh_from_db()

    answer = press(client, row, "correct", outcome="qualified", token="another-token")

    row.refresh_from_db()
    assert (answer.status_code, row.status) == (302, "qualified")
    assert list(Event.objects.filter(kind="meeting").order_by("pk").values_list("move", flat=True)) == [
        "book",
        "disposition",
        "correct",
    ]


def test_who_may_not_tell_is_refused(client_of, ana, ben, eva, cleo):
    row = met(ana, eva)

    by_sdr = press(client_of(ana), row, "outcome", outcome="qualified")
    by_other = press(client_of(ben), row, "outcome", outcome="qualified")

    row.refresh_from_db()
    assert (by_sdr.status_code, by_other.status_code, row.status) == (403, 404, "booked")


def test_a_hand_off_is_accepted_or_sent_back_with_its_reason(client_of, ana, eva):
    first, second = (met(ana, eva, ago=-2 * DAY + n * HOUR, amount=SCHEDULED) for n in range(2))
    one, two = (HandOff.objects.get(opportunity=row.opportunity_id) for row in (first, second))
    client = client_of(eva)

    page = client.get("/meetings/").content.decode()
    without = client.post(f"/hand-offs/{two.pk}/refuse/", {"token": "token-one-two", "why": ""})
    client.post(f"/hand-offs/{one.pk}/accept/", {"token": "token-of-the-first"})
    said = {"token": "token-of-the-second", "why": "Nobody asked who decides."}
    customers = client.post(f"/hand-offs/{two.pk}/refuse/", said | {"reason": "oversold"})
    client.post(f"/hand-offs/{two.pk}/refuse/", said | {"token": "token-of-the-third", "reason": "refused_person"})

    assert page.count("Send back</summary>") == 2
    assert (page.count('value="refused_person"'), page.count('value="oversold"')) == (2, 0)
    assert (without.status_code, customers.status_code) == (422, 422)
    assert list(HandOff.objects.order_by("pk").values_list("outcome", "reason__code", "why")) == [
        ("accepted", None, ""),
        ("refused", "refused_person", "Nobody asked who decides."),
    ]
    page = client_of(ana).get(f"/leads/{two.lead_id}/").content.decode()
    assert "wrong person. Nobody asked who decides." in page


@pytest.mark.parametrize("path", ["/meetings/", "/meetings/?show=past"])
def test_one_row_or_three_ask_the_same_number_of_questions(client_of, ana, eva, path):
    def asked() -> int:
        client = client_of(eva)
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    def add(n):
        for number in range(n):
            met(ana, eva, ago=(2 + number) * HOUR)
            met(ana, eva, ago=-(2 + number) * DAY, amount=SCHEDULED)
            outcomes.no_show(met(ana, eva, ago=(30 + number) * HOUR), by=eva, at=clock.now())

    add(1)
    one = asked()
    for shift in (5, 10):
        met(ana, eva, ago=shift * HOUR + HOUR)
        met(ana, eva, ago=-(2 * DAY + shift * HOUR), amount=SCHEDULED)
        outcomes.no_show(met(ana, eva, ago=(40 + shift) * HOUR), by=eva, at=clock.now())

    assert asked() == one


def many(ana, eva, number: int, beginning: int = 0) -> list[Meeting]:
    """So many due and a fifth of it ahead with their hand-offs, the longest waiting first."""
    for hour in range(beginning // 5, number // 5):
        met(ana, eva, ago=-(2 * DAY + hour * HOUR), amount=SCHEDULED)
    return [met(ana, eva, ago=(2 + hour) * HOUR) for hour in range(beginning, number)][::-1]


def forms_of(page: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'<form class="tell" [^>]*hx-post="/meetings/(\d+)/outcome/', page)]


def lines_of(page: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'<article class="due due--line" id="m-(\d+)"', page)]


def more_of(page: str, what: str) -> str:
    return unescape(re.search(f'href="([^"]+)">More {what}<', page)[1])


def test_with_a_hundred_and_fifty_due_the_first_page_is_light_and_asks_what_it_asks_for_one(client_of, ana, eva):
    def drawn() -> tuple[int, str]:
        client = client_of(eva)
        client.get("/meetings/")
        with CaptureQueriesContext(connection) as queries:
            page = client.get("/meetings/").content.decode()
        return len(queries), page

    met(ana, eva, ago=-DAY, amount=SCHEDULED)
    rows = many(ana, eva, 1)
    (one, _page), rows = drawn(), many(ana, eva, 3, 1) + rows
    (three, _page), rows = drawn(), many(ana, eva, 150, 3) + rows
    Meeting.objects.update(
        next_step="They want to see how a plant of theirs would be set up, and what it takes of them. " * 9
    )

    (all_of_them, page), ids = drawn(), [row.pk for row in rows]
    further = client_of(eva).get(more_of(page, "that are due")).content.decode()

    assert (three, all_of_them) == (one, one)
    assert (forms_of(page), lines_of(page)) == (ids[:10], ids[10:20])
    assert (forms_of(further), lines_of(further)) == (ids[20:30], ids[30:40])
    assert "more than 20" in page
    assert max(len(page.encode()), len(further.encode())) < 100_000
    assert page.count("how a plant of theirs") == 2 * (1 + 15)  # a pack is cut short where it stands in a list


def test_every_due_meeting_is_reached_by_key_once(client_of, ana, eva):
    rows, client = many(ana, eva, 45), client_of(eva)

    found, url = [], "/meetings/"
    while url:
        page = client.get(url).content.decode()
        found += forms_of(page) + lines_of(page)
        url = more_of(page, "that are due") if "More that are due" in page else ""

    assert found == [row.pk for row in rows]


def test_so_are_the_hand_offs_and_the_meetings_of_the_week(client_of, ana, eva):
    client = client_of(eva)
    for number in range(17):
        met(ana, eva, ago=-(2 * DAY + number * HOUR), amount=SCHEDULED)

    first = client.get("/meetings/").content.decode()
    week, offs = (client.get(more_of(first, what)).content.decode() for what in ("of the week", "hand-offs"))
    last = client.get(more_of(offs, "hand-offs")).content.decode()

    assert [page.count('class="mrow"') for page in (first, week)] == [15, 2]
    assert [page.count("Send back</summary>") for page in (first, offs, last)] == [5, 5, 5]


def test_a_line_opens_its_form_in_its_place_and_what_is_pressed_there_answers_with_the_same_page(client_of, ana, eva):
    rows, client = many(ana, eva, 35), client_of(eva)
    url = more_of(client.get("/meetings/").content.decode(), "that are due")
    line = rows[32]
    address = unescape(re.search(rf'hx-get="(/meetings/{line.pk}/outcome/[^"]+)"', client.get(url).content.decode())[1])

    form = client.get(address, headers=HTMX).content.decode()
    said = {name: re.search(rf'name="{name}" value="([^"]*)"', form)[1] for name in ("token", "version")}
    answer = client.post(address, said | {"outcome": "no_show"}, headers=HTMX).content.decode()

    line.refresh_from_db()
    assert (forms_of(form), line.status) == ([line.pk], "no_show")
    assert forms_of(answer) + lines_of(answer) == [row.pk for row in rows[20:] if row != line]
    assert f'value="{escape(url)}"' in form


def test_without_a_script_a_line_leads_to_the_meetings_own_page(client_of, ana, eva):
    row, client = met(ana, eva), client_of(eva)

    pages = [client.get(f"/meetings/{row.pk}/{end}").content.decode() for end in ("", "outcome/")]

    assert [page.count(f'<form class="tell" method="post" action="/meetings/{row.pk}/outcome/"') for page in pages] == [
        1,
        1,
    ]


@pytest.mark.parametrize("script", [True, False])
def test_the_reasons_stand_in_the_first_form_and_are_asked_for_by_the_others(client_of, ana, eva, script):
    (_first, second), client = many(ana, eva, 2), client_of(eva)

    page = client.get("/meetings/").content.decode()
    asked = client.get(f"/meetings/{second.pk}/outcome/?why=1", headers=HTMX if script else {}).content.decode()

    assert page.count('value="unqualified:budget_later"') == 1
    assert page.count(f'href="/meetings/{second.pk}/outcome/?why=1"') == 1
    assert (page.count("tell__why"), asked.count('class="tell__why" open')) == (1, 1)
    assert asked.count('value="unqualified:budget_later"') == 1


def test_a_line_that_was_told_meanwhile_says_what_was_said(client_of, ana, eva):
    row, client = met(ana, eva), client_of(eva)
    press(client, row, "outcome", outcome="no_show")

    answer = client.get(f"/meetings/{row.pk}/outcome/", headers=HTMX).content.decode()

    assert (forms_of(answer), answer.count("No show")) == ([], 1)


def test_a_refusal_of_a_line_draws_it_with_its_form(client_of, ana, eva):
    rows, client = many(ana, eva, 14), client_of(eva)

    answer = press(client, rows[12], "outcome", True, outcome="unqualified")

    assert answer.status_code == 422
    assert forms_of(answer.content.decode()) == [row.pk for row in (*rows[:10], rows[12])]


@pytest.mark.parametrize(
    "asked", ["more=due&after=", "more=due&after=now,1", "more=due&after=2026-01-01,1", "more=none&after=2026-01-01T00:00:00%2B00:00,1",
              "more=due&after=2026-01-01T00:00:00%2B00:00,-1", "more=due&after=2026-01-01T00:00:00%2B00:00,99999999999999999999",
              "more=due&after=0001-01-01T00:00:00%2B14:00,1"],
)  # fmt: skip
def test_what_is_no_key_is_the_first_page(client_of, ana, eva, asked):
    row = met(ana, eva)

    page = client_of(eva).get(f"/meetings/?{asked}").content.decode()

    assert (forms_of(page), page.count("Back to the first of every list")) == ([row.pk], 0)


@pytest.mark.parametrize(
    ("key", "rest"),
    [("now,1", 1), ("0001-01-01T00:00:00%2B14:00,1", 1), ("2026-01-01T00:00:00%2B00:00:30.5,1", 0),
     ("2200-01-01T00:00:00%2B00:00,1", 1), ("2200-01-01T00:00:00%2B00:00,99999999999999999999", 1)],
)  # fmt: skip
def test_what_is_no_key_of_the_past_is_its_first_page(client_of, ana, eva, key, rest):
    press(client_of(eva), met(ana, eva), "outcome", outcome="no_show")

    answer = client_of(eva).get(f"/meetings/?show=past&before={key}")

    assert (answer.status_code, answer.content.decode().count('<article class="mrow">')) == (200, rest)


def test_leadership_has_no_meetings(client_of, lena):
    assert client_of(lena).get("/meetings/").status_code == 403


# A meeting of a sale that is a colleague's.


def links_of(page: str, client: Client) -> dict[str, int]:
    """Every lead, sale, company and meeting a page leads to, with what opening it answers."""
    paths = set(re.findall(r'href="(/(?:leads|opportunities|accounts|meetings)/\d+/)"', page))
    return {path: client.get(path).status_code for path in sorted(paths)}


def test_who_holds_a_meeting_of_a_colleagues_sale_opens_its_lead_and_is_led_nowhere_closed(
    client_of, ana, eva, finn, rita
):
    row, client = met(ana, eva, amount=SCHEDULED), client_of(eva)
    Opportunity.objects.update(opportunity_owner=finn)
    assignment.assign([row.lead_id], to=finn, by=rita, at=clock.now() - HOUR)
    Meeting.objects.update(owner=eva)
    HandOff.objects.update(receiver=eva)
    Task.objects.filter(pk=row.task_id).update(owner=eva)

    pages = [
        client.get(path).content.decode() for path in (f"/meetings/{row.pk}/", "/meetings/", f"/leads/{row.lead_id}/")
    ]

    assert [set(links_of(page, client).values()) for page in pages] == [{200}] * 3
    assert f'href="/leads/{row.lead_id}/"' in pages[0]
    assert not any(f"/opportunities/{row.opportunity_id}/" in page for page in pages)


def test_a_seller_of_a_sale_is_led_to_no_meeting_of_it_that_is_closed_to_them(client_of, ana, ben, eva, finn):
    row, client = met(ana, eva), client_of(finn)
    Opportunity.objects.update(opportunity_owner=finn)

    page = client.get(f"/opportunities/{row.opportunity_id}/").content.decode()

    assert row.lead.name in page
    assert set(links_of(page, client).values()) == {200}
    assert f"/meetings/{row.pk}/" not in page


def test_a_meeting_that_was_called_off_opens_its_lead_no_more(client_of, ana, eva, finn):
    row = met(ana, eva)
    Opportunity.objects.update(opportunity_owner=finn)
    client, path = client_of(eva), f"/leads/{row.lead_id}/"
    before = client.get(path).status_code

    Task.objects.filter(pk=row.task_id).update(done_at=clock.now(), outcome="dropped")

    assert (before, client.get(path).status_code) == (200, 404)


def test_the_pack_of_a_meeting_has_the_notes_of_its_lead(client_of, ana, eva):
    row = met(ana, eva)
    notes.add([row.lead_id], text="They plan by hand <every day>.", by=ana, at=clock.now() - HOUR)

    page = client_of(eva).get(f"/meetings/{row.pk}/").content.decode()

    assert "They plan by hand &lt;every day&gt;." in page


def test_another_reason_of_the_same_end_is_said_on_the_page(client_of, ana, eva):
    row, client = met(ana, eva), client_of(eva)
    press(client, row, "outcome", outcome="unqualified:budget_later")
    row.refresh_from_db()

    page = client.get(f"/meetings/{row.pk}/").content.decode()
    press(client, row, "correct", outcome="unqualified:missing_feature", token="another-token-of-it")

    assert 'value="unqualified:missing_feature"' in page
    assert Lead.objects.get(pk=row.lead_id).reason.code == "missing_feature"
