"""The opportunity board, an opportunity's page, and the page of a company (ACC-7 to ACC-13)."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import clock
from accounts.models import Event, Opportunity, Product, Reason, Stage
from leads import notes, qualification
from leads.models import Lead, Task
from meetings import accounts, coverage, outcomes
from meetings.models import CoverageRule, HandOff, Meeting
from tests.factories import AccountFactory, LeadFactory, held, opportunity_of, put
from tests.pages.test_meetings_day import HTMX, met

pytestmark = pytest.mark.django_db
FIVE = {"need": "yes", "need_evidence": "Said so", "timeline": "yes", "timeline_evidence": "Spring", "compelling_event": "Audit",
        "systems": "Paper", "size": "40"}  # fmt: skip
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def token(n=1) -> str:
    return f"a-token-of-a-test-{n}"


def sold(owner, account=None, **facts) -> Opportunity:
    lead = put(LeadFactory(account=account or AccountFactory()), "working", owner=facts.pop("sdr", owner))
    return opportunity_of(lead, owner=owner, at=clock.now())


def stage(order: int) -> Stage:
    return Stage.objects.get(order=order)


def test_the_board_shows_each_sale_in_its_column(client_of, eva):
    sale = sold(eva)

    page = client_of(eva).get("/opportunities/").content.decode()

    column = page[page.index(f'data-stage="{sale.stage_id}"') :]
    assert f'id="card-{sale.pk}"' in column[: column.index("</section>")]
    assert "5 of 5 answers missing" in page
    assert page.count("Nobody here") == Stage.objects.filter(status="open").count() - 1


@pytest.mark.parametrize("script", [True, False])
def test_a_card_is_moved_and_stale_moves_are_refused(client_of, eva, script):
    sale, client = sold(eva), client_of(eva)
    first, second = sale.stage_id, stage(2)
    held(sale, at=clock.now())
    headers = HTMX if script else {}

    moved = client.post(
        f"/opportunities/{sale.pk}/stage/", {"token": token(), "stage": second.pk, "seen_at": first}, headers=headers
    )
    late = client.post(
        f"/opportunities/{sale.pk}/stage/", {"token": token(2), "stage": first, "seen_at": first}, headers=headers
    )

    sale.refresh_from_db()
    assert moved.status_code == (200 if script else 302)
    assert (late.status_code, sale.stage) == (409, second)


def test_a_card_reaches_the_qualifying_stage_only_by_a_meeting_that_was_held(client_of, eva):
    sale, client = sold(eva), client_of(eva)
    lead = Lead.objects.get(contact_roles__opportunity=sale)
    second, path = stage(2), f"/opportunities/{sale.pk}/stage/"
    events = Event.objects.count()

    dragged = client.post(path, {"token": token(), "stage": second.pk}, headers=HTMX)
    pressed = client.post(path, {"token": token(2), "stage": second.pk, "back": f"/opportunities/{sale.pk}/"})
    told = client.get(f"/opportunities/{sale.pk}/").content.decode()

    sale.refresh_from_db()
    lead.refresh_from_db()
    words = f"Before {second.name} a meeting of it must be held, and told as qualified."
    assert [(a.status_code, words in a.content.decode()) for a in (dragged, pressed)] == [(422, True)] * 2
    assert "Lacks: a meeting that was held, and told as qualified." in told
    assert (sale.stage, sale.qualified_at, lead.status) == (stage(1), None, "working")
    assert Event.objects.count() == events


def test_the_pipeline_asks_for_the_five_answers_on_the_card(client_of, eva):
    sale, client = sold(eva), client_of(eva)
    lead = Lead.objects.get(contact_roles__opportunity=sale)
    at = Stage.objects.get(is_pipeline=True)
    held(sale, at=clock.now())

    refused = client.post(f"/opportunities/{sale.pk}/stage/", {"token": token(), "stage": at.pk}, headers=HTMX)
    qualification.fill(lead, FIVE, by=eva, at=clock.now())
    moved = client.post(f"/opportunities/{sale.pk}/stage/", {"token": token(2), "stage": at.pk}, headers=HTMX)

    sale.refresh_from_db()
    assert refused.status_code == 422
    assert "the card must tell" in refused.content.decode()
    assert (moved.status_code, sale.stage) == (200, at)


def test_one_sale_or_three_a_column_ask_the_same_number_of_questions(client_of, eva):
    client = client_of(eva)

    def asked(path="/opportunities/") -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    first = sold(eva)
    one, page = asked(), asked(f"/opportunities/{first.pk}/")
    for _more in range(3):
        sold(eva)
    outcomes.complete_qualified(met(eva, eva), by=eva, at=clock.now())
    extra = put(LeadFactory(account=first.account), "working", owner=eva)
    opportunity_of(extra, owner=eva, at=clock.now())

    assert asked() == one
    assert asked(f"/opportunities/{first.pk}/") == page


def test_a_column_sums_each_currency_for_itself(client_of, eva):
    at = Stage.objects.get(is_pipeline=True)
    for amount, currency in ((12_000, "EUR"), (3_000, "SEK"), (500, "EUR")):
        sale = sold(eva)
        Opportunity.objects.filter(pk=sale.pk).update(
            stage=at, amount=amount, currency=currency, pipeline_at=sale.created_at
        )

    page = client_of(eva).get("/opportunities/").content.decode()

    assert '<p class="stage__sum">12,500 EUR + 3,000 SEK</p>' in page


def test_a_full_column_goes_on_by_key(client_of, eva, monkeypatch):
    from meetings.views import columns

    monkeypatch.setattr(columns, "COLUMN", 2)
    sales = [sold(eva) for _n in range(3)]
    client = client_of(eva)

    page = client.get("/opportunities/").content.decode()
    more = re.search(r'href="(/opportunities/\?[^"]*before=[^"]*)"', page).group(1).replace("&amp;", "&")
    older = client.get(more).content.decode()

    assert [f'id="card-{s.pk}"' in page for s in sales] == [False, True, True]
    assert [f'id="card-{s.pk}"' in older for s in sales] == [True, False, False]


def test_winning_makes_a_customer_and_a_hand_off(client_of, eva, carl):
    sale, client = sold(eva), client_of(eva)
    end = (clock.now() + 365 * DAY).date()

    answer = client.post(
        f"/opportunities/{sale.pk}/win/",
        {"token": token(), "amount": "30000", "contract_end_date": end.isoformat(), "success_owner": carl.pk},
    )

    sale.refresh_from_db()
    assert (answer.status_code, sale.status, sale.amount, sale.contract_end_date) == (302, "won", Decimal(30_000), end)
    assert HandOff.objects.get(kind="success").receiver == carl
    assert "From sales to customer success" in client_of(carl).get("/meetings/").content.decode()


def test_losing_shows_first_what_its_people_become(client_of, ana, eva):
    row = met(ana, eva)
    outcomes.complete_qualified(row, by=eva, at=clock.now())
    sale, client = row.opportunity, client_of(eva)
    reason = Reason.objects.filter(disposition="loss", is_active=True).order_by("order", "pk").first()

    shown = client.get(f"/opportunities/{sale.pk}/", {"lose": reason.code}).content.decode()
    before = Lead.objects.get(pk=row.lead_id).status
    client.post(f"/opportunities/{sale.pk}/lose/", {"token": token(), "reason": reason.code})

    sale.refresh_from_db()
    now = Lead.objects.get(pk=row.lead_id)
    assert (
        f"{row.lead.name}: not now: {now.reason.label.lower()}" in shown
        or f"{row.lead.name}: never: {now.reason.label.lower()}" in shown
    )
    assert (before, sale.status) == ("qualified", "lost")
    assert now.status in ("nurture", "unqualified")


def test_value_and_parts_are_said_anew(client_of, eva):
    sale, client = sold(eva), client_of(eva)
    lead = Lead.objects.get(contact_roles__opportunity=sale)

    client.post(f"/opportunities/{sale.pk}/value/", {"token": token(), "amount": "1200", "currency": "SEK"})
    client.post(f"/opportunities/{sale.pk}/roles/", {"token": token(2), "lead": lead.pk, "role": "champion"})
    page = client.get(f"/opportunities/{sale.pk}/").content.decode()

    sale.refresh_from_db()
    assert (sale.amount, sale.currency) == (Decimal(1200), "SEK")
    assert 'value="champion"' in page
    assert "Eva changed the value from 0 EUR to 1,200 SEK." in page


def test_a_stranger_to_a_sale_does_not_find_it(client_of, ben, finn, eva):
    sale = sold(eva)
    events = Event.objects.count()

    seen = client_of(finn).get(f"/opportunities/{sale.pk}/")
    moved = client_of(ben).post(f"/opportunities/{sale.pk}/stage/", {"token": token(), "stage": stage(2).pk})

    assert (seen.status_code, moved.status_code, Event.objects.count()) == (404, 404, events)


def test_surprises_are_a_managers_list(client_of, ana, cleo):
    sale = sold(ana)
    sale.development_owner = ana
    sale.save(update_fields=["development_owner"])
    client_of(ana).post(f"/opportunities/{sale.pk}/win/", {"token": token()})

    page = client_of(cleo).get("/opportunities/surprises/").content.decode()

    assert sale.name in page
    assert "won within 7 days of being created" in page
    assert client_of(ana).get("/opportunities/surprises/").status_code == 403


def test_contracts_that_end_are_listed(client_of, eva):
    sale, client = sold(eva), client_of(eva)
    end = (clock.now() + 60 * DAY).date()
    client.post(f"/opportunities/{sale.pk}/win/", {"token": token(), "contract_end_date": end.isoformat()})

    page = client.get("/opportunities/ending/").content.decode()
    assert sale.name in page
    assert "/opportunities/surprises/" not in page


def test_a_manager_finds_the_surprises_from_the_contracts_that_end(client_of, cleo):
    assert 'href="/opportunities/surprises/"' in client_of(cleo).get("/opportunities/ending/").content.decode()


# ---- a company ----


def test_a_change_of_hands_moves_along_what_was_ticked_and_says_how_many(client_of, cleo, ana, ben):
    account = AccountFactory(development_owner=ana)
    first, second = (put(LeadFactory(account=account), "working", owner=ana) for _n in range(2))
    client = client_of(cleo)

    page = client.get(f"/accounts/{account.pk}/").content.decode()
    client.post(
        f"/accounts/{account.pk}/owners/",
        {"token": token(), "role": "development_owner", "to": ben.pk, "along": ["leads"]},
    )

    account.refresh_from_db()
    assert "2 open leads, with their tasks" in page
    assert account.development_owner == ben
    assert set(Lead.objects.filter(pk__in=[first.pk, second.pk]).values_list("owner", flat=True)) == {ben.pk}
    assert (
        Event.objects.filter(kind="owner", move="development_owner", account_id=account.pk, data__to=ben.pk).count()
        == 1
    )


def test_what_is_not_ticked_stays(cleo, ana, ben):
    account = AccountFactory(development_owner=ana)
    lead = put(LeadFactory(account=account), "working", owner=ana)

    moved = accounts.change_owner(account, "development_owner", to=ben, along=set(), by=cleo, at=clock.now())

    assert moved == {"opportunities": 0, "leads": 0, "tasks": 0, "meetings": 0}
    assert Lead.objects.get(pk=lead.pk).owner == ana


@pytest.mark.parametrize(
    ("along", "lead_to", "task_to"),
    [((), "ana", "ana"), (("tasks",), "ana", "ben"), (("leads",), "ben", "ben"), (("leads", "tasks"), "ben", "ben")],
    ids=str,
)
def test_follow_ups_are_ticked_apart_from_their_leads(client_of, cleo, ana, ben, along, lead_to, task_to):
    account, at = AccountFactory(development_owner=ana), clock.now()
    lead = put(LeadFactory(account=account), "working", owner=ana, at=at - HOUR)
    notes.follow_up([lead.pk], due_at=at + DAY, by=ana, at=at).whole()
    people = {"ana": ana, "ben": ben}

    moved = accounts.change_owner(account, "development_owner", to=ben, along=set(along), by=cleo, at=at)

    task = Task.objects.get(lead=lead, kind="follow_up", done_at=None)
    assert (Lead.objects.get(pk=lead.pk).owner, task.owner) == (people[lead_to], people[task_to])
    assert (moved["leads"], moved["tasks"]) == (int("leads" in along), int("tasks" in along))
    page = client_of(cleo).get(f"/leads/{lead.pk}/").content.decode()
    assert ("Cleo gave the follow-up from Ana to Ben." in page) is ("tasks" in along)


def test_a_sale_changes_hands_with_what_was_ticked_and_the_rest_stays(client_of, ana, eva, finn):
    row = met(ana, eva, ago=-DAY)
    client, where = client_of(eva), f"/opportunities/{row.opportunity_id}/owners/"
    page = client.get(f"/opportunities/{row.opportunity_id}/").content.decode()

    answer = client.post(where, {"token": token(), "role": "opportunity_owner", "to": finn.pk, "along": ["meetings"]})

    sale = Opportunity.objects.get()
    assert "1 meeting ahead" in page
    assert (answer.status_code, sale.opportunity_owner, sale.development_owner) == (302, finn, ana)
    assert Meeting.objects.get(status="booked").owner == finn
    assert Lead.objects.get(pk=row.lead_id).owner == ana
    event = Event.objects.get(kind="owner", move="opportunity_owner", opportunity_id=sale.pk, data__to=finn.pk)
    assert (event.data["from"], event.actor_id) == (eva.pk, eva.pk)


def test_who_is_credited_is_not_the_sellers_to_say(client_of, ana, ben, eva, cleo):
    row = met(ana, eva, ago=-DAY)
    where = f"/opportunities/{row.opportunity_id}/owners/"
    events = Event.objects.count()

    refused = client_of(eva).post(where, {"token": token(), "role": "development_owner", "to": ben.pk})
    kept = (Opportunity.objects.get().development_owner, Event.objects.count())
    done = client_of(cleo).post(where, {"token": token(2), "role": "development_owner", "to": ben.pk})

    assert (refused.status_code, kept) == (403, (ana, events))
    assert (done.status_code, Opportunity.objects.get().development_owner) == (302, ben)


def test_meetings_and_sales_move_along(ana, eva, finn, rita):
    row = met(ana, eva, ago=-DAY)

    moved = accounts.change_owner(
        row.account, "opportunity_owner", to=finn, along={"meetings", "opportunities"}, by=rita, at=clock.now()
    )

    assert moved == {"opportunities": 1, "leads": 0, "tasks": 0, "meetings": 1}
    assert Meeting.objects.get(status="booked").owner == finn
    assert Opportunity.objects.get().opportunity_owner == finn


def test_several_products_are_put_under_one_owner(client_of, ana, eva, finn, rita):
    first = met(ana, eva, ago=-DAY)
    other = Product.objects.exclude(pk=first.opportunity.product_id).first() or Product.objects.create(name="Planning")
    from meetings import opportunities

    opportunities.open(first.account, other, by=None, at=clock.now(), opportunity_owner=finn)

    page = client_of(rita).get(f"/accounts/{first.account_id}/").content.decode()
    client_of(rita).post(f"/accounts/{first.account_id}/consolidate/", {"token": token(), "to": finn.pk})

    assert "Put under one owner" in page
    assert set(Opportunity.objects.values_list("opportunity_owner", flat=True)) == {finn.pk}


@pytest.mark.parametrize(
    ("people", "place"),
    [
        ([], "identify"),
        ([("Ann", "Analyst", 0), ("Al", "Analyst", 1)], "expand"),
        ([("Dee", "decision maker", None), ("Cy", "champion", None)], "engage"),
        ([("Dee", "decision maker", 0), ("Cy", "champion", 5)], "win"),
        ([("Dee", "decision maker", 31), ("Cy", "champion", 31)], "engage"),
    ],
)
def test_coverage_and_engagement_say_the_next_step(people, place):
    at = clock.now()
    told = [(name, about, None if ago is None else at - ago * DAY) for name, about, ago in people]

    standing = coverage.stands(told, at, CoverageRule())

    assert standing.place == place
    assert standing.next_step


PEOPLE = [("Dee", "decision maker", 0), ("Al", "Analyst", 0)]  # 2 of 4, engaged by 2


@pytest.mark.parametrize(
    ("rule", "place"),
    [
        ({}, "win"),
        ({"covered_percent": 51}, "expand"),
        ({"engaged_from": Decimal("2.01")}, "engage"),
        ({"engaged_from": Decimal(2)}, "win"),
        ({"personas": "buyer: purchasing\nplanner: planner"}, "expand"),
        ({"personas": "whoever: analyst decision"}, "win"),
    ],
)
def test_revops_says_who_is_needed_and_where_the_cut_offs_lie(rule, place):
    at = clock.now()

    standing = coverage.stands(
        [(name, about, at - ago * DAY) for name, about, ago in PEOPLE],
        at,
        CoverageRule(**rule),
        rule.get("engaged_from", Decimal(1)),
    )

    assert standing.place == place


def test_where_a_company_stood_before_the_cut_offs_moved_is_said_as_it_was(client_of, cleo, ana):
    account, at = AccountFactory(development_owner=ana), clock.now()
    put(LeadFactory(account=account, title="Director"), "working", owner=ana, at=at - HOUR)
    CoverageRule.objects.create(version=2, valid_from=at, covered_percent=20, engaged_from=Decimal("0.5"))

    page = client_of(cleo).get(f"/accounts/{account.pk}/").content.decode()

    assert [coverage.of(account, moment).place for moment in (at - timedelta(seconds=1), at)] == ["identify", "win"]
    assert "covered from 20 % of who is needed, engaged from 0.50; now 25 % and 1.0" in page


def test_activity_weighs_half_after_thirty_days():
    at = clock.now()

    assert [coverage.weight(at - days * DAY, at) for days in (0, 30, 31)] == [1.0, 0.5, 0.0]
    assert coverage.weight(at - 10 * DAY, at, half_life=10 * DAY) == 0.5


def test_a_company_page_asks_the_same_number_of_questions(client_of, cleo, ana):
    account = AccountFactory(development_owner=ana)
    put(LeadFactory(account=account), "working", owner=ana)
    client = client_of(cleo)

    def asked() -> int:
        client.get(f"/accounts/{account.pk}/")
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/accounts/{account.pk}/")
        return len(queries)

    one = asked()
    for _n in range(3):
        put(LeadFactory(account=account, title="Analyst"), "working", owner=ana)

    assert asked() == one
