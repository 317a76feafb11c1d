"""Every address that exists, with every method, by everybody: against the table in `doors.py`."""

import copy
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import (
    Absence,
    ApiKey,
    AsideMail,
    Batch,
    Delivery,
    Domain,
    Event,
    Product,
    Reason,
    Stage,
    Subscription,
)
from leads import handed_over, notes
from leads.models import CardRule, Credit, Policy, RoutingRule, Share, Source, Touch
from meetings import booking, feeds
from meetings.models import CoverageRule, HandOff, HandOffRule, Meeting
from reporting.models import BonusRate, ExchangeRate, StuckLimit
from tests.doors import DOORS, EVERYBODY, STAFF, TABLES, Door, Table
from tests.factories import NOON, AccountFactory, LeadFactory, opportunity_of, product_led, put

pytestmark = pytest.mark.django_db
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# Everybody tries GET and POST; what no page of ours takes is tried by who may most, and by a stranger.
RARE = ("root", "stranger")
# At a table of the admin: those inside, two of those outside, whom one guard turns away at every address.
AT_TABLES = (*STAFF.split(), "ana", "mark", "stranger")
ADMIN_PAGES = ("changelist", "add", "history", "delete", "change", "")
OPEN, SIGN_IN, FORBIDDEN, GONE, METHOD = "open", "sign-in", "403", "404", "405"


def addresses(patterns=None, prefix="", names="") -> list[tuple[str, str]]:
    """List every address as (name, route); a nameless one is named by its route."""
    found = []
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            space = f"{names}{entry.namespace}:" if entry.namespace else names
            found += addresses(entry.url_patterns, route, space)
        elif isinstance(entry, URLPattern):
            found.append((f"{names}{entry.name}" if entry.name else route, route))
    return found


def of_tables() -> set[str]:
    """Name the addresses that each table in the admin brings."""
    names = set()
    for label in TABLES:
        app, model = label.split(".")
        names |= {f"admin:{app}_{model}_{page}" for page in ADMIN_PAGES if page}
        names.add(f"admin/{app}/{model}/<path:object_id>/")
    return names


def answer(client, method: str, path: str) -> str:
    """Say what kind of answer came; whatever it did is undone, signing out included."""
    cookies = copy.deepcopy(client.cookies)
    with transaction.atomic():
        response = client.generic(method, path)
        transaction.set_rollback(True)
    client.cookies = cookies
    if response.status_code == 302 and response["Location"].startswith(("/sign-in/?next=", "/admin/login/")):
        return SIGN_IN
    if response.status_code == 401:  # the API asks for a key
        return SIGN_IN
    return {403: FORBIDDEN, 404: GONE, 405: METHOD}.get(response.status_code, OPEN)


def promised(door: Door, method: str, who: str) -> str:
    """Read the table."""
    may = getattr(door, method)
    if who == "stranger":
        unlisted = METHOD if door.strangers else SIGN_IN
        return OPEN if method in door.strangers.split() else unlisted
    if may == "":
        return METHOD
    if who not in door.sees.split():
        return GONE
    return OPEN if may == "*" or who in may.split() else FORBIDDEN


@pytest.fixture(autouse=True)
def no_lines_about_refusals(caplog):
    """Hundreds of refusals are wanted here; writing each with its traceback costs more than the request."""
    caplog.set_level("CRITICAL", "django.request")


@pytest.fixture
def world(house):
    """One row of each kind, all of them North's where they are anybody's."""
    lead = put(None, "working", owner=house.ana)
    cycle = lead.cycle
    Absence.objects.create(user=house.ana, starts_at=NOON, ends_at=NOON.replace(hour=20))
    rows = {
        "accounts.user": house.ben,
        "accounts.team": house.north,
        "accounts.absence": Absence.objects.get(),
        "accounts.reason": Reason.objects.first(),
        "accounts.product": Product.objects.first(),
        "accounts.stage": Stage.objects.first(),
        "accounts.domain": Domain.objects.create(name="mailhouse.example", kind="free"),
        "accounts.account": AccountFactory(),
        "accounts.event": Event.objects.filter(lead_id=lead.pk).first(),
        "leads.source": Source.objects.create(name="Fair"),
        "leads.routingrule": RoutingRule.objects.create(name="All", pool=house.north),
        "leads.share": Share.objects.create(pool=house.north, user=house.ana, month=NOON.date()),
        "leads.credit": Credit.objects.create(pool=house.north, user=house.ana, why="manager", at=NOON),
        "leads.policy": Policy.objects.first() or Policy.objects.create(name="Response", valid_from=NOON),
        "leads.lead": lead,
        "leads.cycle": cycle,
        "leads.touch": Touch.objects.get(lead=lead),
        "leads.task": notes.follow_up(
            [lead.pk], due_at=NOON + timedelta(days=9), by=house.ana, at=NOON + timedelta(hours=2)
        ).made[lead.pk]["next"],
        "accounts.apikey": ApiKey.objects.create(user=house.api, start="lo_abcde", digest="0" * 64, created_at=NOON),
        "accounts.subscription": Subscription.objects.create(
            url="https://hooks.example.com/", kinds=[], created_at=NOON
        ),
        "accounts.asidemail": AsideMail.objects.create(
            channel="mail", kind="invitation", to=house.ana, dedupe_key="m", created_at=NOON, parked_at=NOON
        ),
        "accounts.delivery": Delivery.objects.create(
            channel="webhook", kind="lead.raw", dedupe_key="w", created_at=NOON
        ),
    }
    met = _met(house)
    rows |= {
        "meetings.meeting": met,
        "meetings.handoff": HandOff.objects.get(opportunity=met.opportunity_id),
        "leads.cardrule": CardRule.objects.first(),
        "meetings.coveragerule": CoverageRule.objects.first(),
        "reporting.bonusrate": BonusRate.objects.first(),
        "reporting.stucklimit": StuckLimit.objects.first(),
        "reporting.exchangerate": ExchangeRate.objects.create(
            currency="USD", from_date=NOON.date(), rate=Decimal("0.92"), recorded_at=NOON
        ),
        "meetings.handoffrule": HandOffRule.objects.first(),
        "accounts.opportunity": met.opportunity,
    }
    clients = {name: _signed_in(house.people[name]) for name in EVERYBODY.split()}
    return SimpleNamespace(
        people=house.people,
        lead=lead,
        meeting=met,
        feed=feeds.make(house.eva),
        hand_off=HandOff.objects.get(opportunity=met.opportunity_id),
        queued=put(None, "raw", team=house.north),
        product=product_led(),
        opportunity=opportunity_of(put(None, "working", owner=house.dov), owner=house.eva),
        batch=Batch.objects.create(name="fair.csv", by=house.cleo, created_at=NOON, options={"map": {}}),
        history=_history(house.rita),
        away=Absence.objects.create(
            user=house.ana, starts_at=NOON.replace(year=2199), ends_at=NOON.replace(year=2199, hour=20)
        ),
        over=Batch.objects.create(
            kind=handed_over.KIND,
            by=house.cleo,
            created_at=NOON,
            options={
                "person": house.ana.pk,
                "went": {"leads": [[lead.pk, cycle.pk, house.ben.pk, None, 0]]},
                "undone": [],
            },
        ),
        release=Batch.objects.create(
            kind="release",
            name="Missing feature",
            by=house.rita,
            team=house.north,
            created_at=NOON,
            options={"stayed": {}},
            counts={"released": 0, "stayed": 0},
        ),
        rows=rows,
        clients=clients | {"stranger": Client()},
    )


def _history(by) -> Batch:
    """One file of touches, read and looked at."""
    options = {"map": {"lead": "lead", "date": "at"}, "orders": {}, "system": "csv", "date_order": ""}
    batch = Batch.objects.create(
        kind="past touches",
        name="calls.csv",
        by=by,
        created_at=NOON,
        options=options,
        header=["lead", "date"],
        status="checked",
    )
    batch.options["history"] = batch.pk
    batch.save()
    return batch


def _met(house) -> Meeting:
    """A meeting that Ana brought about and Eva holds, whose lead passes to her with it."""
    lead = put(LeadFactory(account=AccountFactory()), "working", owner=house.ana)
    when = {"starts_at": NOON + timedelta(days=1), "at": NOON + timedelta(hours=1)}
    return booking.book(
        lead, product=Product.objects.first(), by=house.ana, owner=house.eva, amount=Decimal(250_000), **when
    )


def _signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_every_address_is_in_the_table_and_every_entry_exists():
    there = {name for name, _route in addresses()}
    listed = {_name(key) for key in DOORS} | of_tables() | {"admin/(?P<url>.*)$"}
    assert (there - listed, listed - there) == (set(), set())


def test_every_table_of_the_admin_is_in_the_table():
    assert {model._meta.label_lower for model in admin.site._registry} == set(TABLES)


def _name(key: str) -> str:
    return key.split("#")[0]


@pytest.mark.parametrize("name", DOORS)
def test_a_door_opens_to_those_it_should_and_to_nobody_else(name, world):
    door = DOORS[name]
    path = reverse(_name(name), args=door.args(world))
    wrong = {}
    for method in METHODS:
        for who, client in world.clients.items():
            if method not in ("GET", "POST") and who not in RARE:
                continue
            found = answer(client, method, path)
            if found not in _expected(name, method, who):
                wrong[method, who] = found
    assert wrong == {}


def _expected(name: str, method: str, who: str) -> set[str]:
    """The admin asks who one is before it looks at the method, and may read PUT, PATCH and DELETE like GET."""
    door = DOORS[name]
    if name.startswith("admin:"):
        if who != "stranger" and who not in STAFF.split():
            return {FORBIDDEN}
        if method not in ("GET", "POST"):
            return {METHOD, promised(door, "GET", who)}
    return {promised(door, method, who)}


def _admin_expected(table: Table, page: str, method: str, who: str) -> str:
    if who == "stranger":
        return SIGN_IN
    if who not in STAFF.split():
        return FORBIDDEN
    if page == "":  # leads to the page of the row, which asks
        return OPEN
    if page in ("add", "delete"):
        return OPEN if who in getattr(table, page).split() else FORBIDDEN
    if page == "history":
        return OPEN if who in table.row.split() else GONE
    if who not in table.listed.split():
        return FORBIDDEN
    if page == "changelist":
        return OPEN
    if who not in table.row.split():
        return GONE
    return OPEN if method == "GET" or who in table.change.split() else FORBIDDEN


@pytest.mark.parametrize("label", TABLES)
def test_a_table_of_the_admin_opens_to_those_it_should_and_to_nobody_else(label, world):
    table, wrong, base = TABLES[label], {}, f"/admin/{label.replace('.', '/')}/"
    row = f"{base}{world.rows[label].pk}/"
    for page in ADMIN_PAGES:
        path = {"changelist": base, "add": f"{base}add/", "": row}.get(page, f"{row}{page}/")
        for method in ("GET", "POST"):
            for who in AT_TABLES:
                expected = _admin_expected(table, page, method, who)
                found = answer(world.clients[who], method, path)
                if found != expected:
                    wrong[page, method, who] = f"{found}, not {expected}"
    assert wrong == {}


def _searches() -> list[tuple[str, str, str]]:
    """List each field of a table in the admin that points to another such table: the table, the field, the other."""
    return [
        (model._meta.label_lower, field.name, field.remote_field.model._meta.label_lower)
        for model in admin.site._registry
        for field in model._meta.get_fields()
        if field.concrete
        and (field.many_to_one or field.one_to_one)
        and field.remote_field.model in admin.site._registry
    ]


def _found(client, table: str, field: str) -> set[int] | str:
    """Page through what a search pop-up offers; or what kind of refusal came."""
    app, model = table.split(".")
    found, page, more = set(), 1, True
    while more:
        asked = {"app_label": app, "model_name": model, "field_name": field, "page": page}
        response = client.get("/admin/autocomplete/", asked)
        if response.status_code != 200:
            return {403: FORBIDDEN, 404: GONE, 302: SIGN_IN}[response.status_code]
        answered = response.json()
        found |= {int(one["id"]) for one in answered["results"]}
        page, more = page + 1, answered["pagination"]["more"]
    return found


def test_a_search_pop_up_finds_a_row_for_those_who_see_it_and_for_nobody_else(world):
    """Every field that points to a table of the admin, by everybody at the tables: a table without a search has no pop-up."""
    wrong, offered = {}, set()
    for table, field, other in _searches():
        row, promise = world.rows[other].pk, TABLES[other]
        searched = bool(admin.site.get_model_admin(world.rows[other].__class__).search_fields)
        for who in AT_TABLES:
            found = _found(world.clients[who], table, field)
            expected = SIGN_IN if who == "stranger" else FORBIDDEN
            if who in STAFF.split():
                listed = who in promise.listed.split()
                expected = GONE if not searched else FORBIDDEN if not listed else who in promise.row.split()
            if (row in found if isinstance(found, set) else found) != expected:
                wrong[table, field, who] = f"{found}, not {expected}"
            offered |= {(who, other)} if expected is True else set()
    assert wrong == {}
    assert {("cleo", "leads.lead"), ("rita", "accounts.user")} <= offered


def test_whoever_loses_a_role_is_out_at_the_next_request_wherever_it_alone_opened(world):
    """Rita was RevOps a moment ago and is an SDR of no team now; what is open to no SDR of another team is open to her no more."""
    rita, person = world.clients["rita"], world.people["rita"]
    doors = {
        (method, reverse(_name(name), args=door.args(world)))
        for name, door in DOORS.items()
        for method in ("GET", "POST")
        if promised(door, method, "rita") == OPEN != promised(door, method, "dov")
    }
    for label, table in TABLES.items():
        base = f"/admin/{label.replace('.', '/')}/"
        row = f"{base}{world.rows[label].pk}/"
        doors |= {("GET", path) for path in (base, f"{row}change/", f"{row}history/")}
        doors |= {("GET", f"{base}add/")} if "rita" in table.add.split() else set()
    before = {door for door in doors if answer(rita, *door) != OPEN}

    type(person).objects.filter(pk=person.pk).update(role="sdr")

    after = {door for door in doors if answer(rita, *door) == OPEN}
    assert (before, after) == (set(), set())
    assert {("GET", "/history/new/"), ("POST", "/programs/"), ("GET", "/admin/leads/cardrule/")} <= doors


def test_nothing_is_sent_without_the_token_of_a_form(world):
    """Every address that takes a POST, as somebody who may do everything, without a token."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.people["root"])
    paths = {name: reverse(_name(name), args=door.args(world)) for name, door in DOORS.items() if door.POST}
    paths |= {label: f"/admin/{label.replace('.', '/')}/" for label in TABLES}
    assert {name for name, path in paths.items() if answer(client, "POST", path) != FORBIDDEN} == set()


def test_an_api_client_has_no_session(world):
    client = _signed_in(world.people["api"])
    assert {answer(client, "GET", path) for path in ("/", "/account/", "/admin/", "/overview/")} == {SIGN_IN}


def test_a_stranger_is_sent_from_the_admins_door_to_the_one_of_the_house(world):
    response = world.clients["stranger"].get("/admin/login/?next=/admin/leads/lead/")
    assert response["Location"] == "/sign-in/?next=/admin/leads/lead/"
