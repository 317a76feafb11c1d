"""Every address that shows a page, with a script in every column that can hold one, in a real browser: none runs (SAFE-2).

The addresses come from the table of doors and the tables of the admin, the columns from the models: a new page or column is in it by
itself. A column that holds only words of the house is named in `CODES`; one that is not there and takes no script fails the test.
`test_scripts.py` brings thirty of them in through the doors that people use.
"""

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction
from django.urls import reverse

from accounts import clock
from accounts.models import BatchRow, Change, Message
from leads import consent, notes, qualification, touches
from leads.models import Lead
from meetings.models import Meeting
from tests.browser.test_scripts import PAYLOADS, RUN
from tests.doors import DOORS, TABLES
from tests.test_doors import _name, world

__all__ = ["world"]
pytestmark = pytest.mark.django_db(transaction=True)
OURS = ("accounts", "leads", "meetings", "reporting")
SHORT = [f"<svg onload={RUN}>", f"<script>{RUN}</script>", f"<img src=x onerror={RUN}>"]
# What only programs of the house write: kinds, keys, digests, states; and what the database holds to a form of its own.
CODES = {
    "accounts_user": {"username", "password", "time_zone", "feed_digest"},
    "accounts_apikey": {"start", "digest"},
    "accounts_subscription": {"secret"},
    "accounts_batch": {"kind", "status"},
    "accounts_batchrow": {"result"},
    "accounts_reason": {"code"},
    "accounts_opportunity": {"currency", "gone_as"},
    "accounts_account": {"gone_as", "domain", "name_key"},
    "accounts_message": {"channel", "kind", "dedupe_key"},
    "accounts_receipt": {"key"},
    "accounts_sweeprun": {"name"},
    "accounts_parked": {"sweep", "key"},
    "accounts_event": {"kind", "move", "from_status", "to_status"},
    "accounts_change": {"table", "part"},
    "accounts_secondfactor": {"secret"},
    "leads_lead": {"gone_as", "email", "search"},
    "leads_identity": {"system", "value"},
    "leads_cycle": {"came_from", "came_kind", "relationship", "segment", "region"},  # frozen: what stood on the lead
    "leads_spell": {"role", "how"},
    "leads_signal": {"key"},
    "leads_task": {"kind"},
    "meetings_meeting": {"uid", "zone"},
    "meetings_handoff": {"missing"},
    "meetings_coveragerule": {"personas"},  # held to lines of a form, each read
    "reporting_figure": {"kind", "key"},
    "reporting_exchangerate": {"currency"},
}


def columns(model) -> list[models.Field]:
    """List the columns of a table in which words stand that were not chosen from a list."""
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, (models.CharField, models.TextField)) and not field.choices and not field.primary_key
    ]


def poison(model, number: int) -> set[str]:
    """Write a script into every such column of every row; return the columns that took none."""
    refused = set()
    for place, field in enumerate(columns(model), number):
        if field.name in CODES.get(model._meta.db_table, ()):
            continue
        longest = (field.max_length or 10_000) - (8 if _is_unique(model, field) else 0)
        fits = [text for text in PAYLOADS if len(text) <= longest] or [text for text in SHORT if len(text) <= longest]
        for row in model._default_manager.order_by("pk"):
            text = fits[(place + row.pk) % len(fits)] if fits and isinstance(row.pk, int) else ""
            text = f"{text} {row.pk}" if _is_unique(model, field) else text
            try:
                with transaction.atomic():
                    model._default_manager.filter(pk=row.pk).update(**{field.name: text})
            except DatabaseError:
                refused.add(f"{model._meta.db_table}.{field.name}")
        if not fits:
            refused.add(f"{model._meta.db_table}.{field.name}")
    return refused


def _is_unique(model, field) -> bool:
    return field.unique or any(field.name in getattr(c, "fields", ()) for c in model._meta.constraints)


@pytest.fixture
def scripted(shipped, house, world):
    """The house of the doors, a lead of it worked in every way, and scripts in all of its columns."""
    at, pk = clock.now(), world.lead.pk
    touches.log([pk], channel="call", outcome="interested", note="x", by=house.ana, at=at)
    notes.add([pk], text="x @cleo", by=house.ana, at=clock.now())
    consent.opt_out([pk], by=house.ana, at=clock.now(), channels=["sms"])
    card = {"need": "yes", "need_evidence": "x", "compelling_event": "x", "systems": "x", "size": "x"}
    qualification.fill(Lead.objects.get(pk=pk), card, by=house.ana, at=clock.now(), decision="sales", why="x")
    world.lead = Lead.objects.get(pk=pk)
    BatchRow.objects.create(
        batch=world.batch, number=1, cells=[PAYLOADS[0], PAYLOADS[3]], result="rejected", column="x", error="x"
    )
    BatchRow.objects.create(
        batch=world.history, number=1, cells=[PAYLOADS[0], PAYLOADS[3]], result="rejected", column="x", error="x"
    )
    for batch in (world.batch, world.history):
        batch.header = [PAYLOADS[0], PAYLOADS[4]]
        batch.save()
    for user in (house.ana, house.cleo, house.rita):
        Message.objects.create(to=user, kind="mention", data={"words": PAYLOADS[0]}, subject="x", body="x", dedupe_key=f"s{user.pk}",
                               created_at=at, lead_id=pk)  # fmt: skip
    refused = set()
    for number, model in enumerate(m for m in apps.get_models() if m._meta.app_label in OURS and not m._meta.proxy):
        refused |= poison(model, number)
    assert refused == set()
    return world


def shown(world) -> list[tuple[str, str]]:
    """Name every address that shows something, with somebody who may open it; the admin's by RevOps."""
    pages = []
    for key, door in DOORS.items():
        may = door.GET.split() if door.GET != "*" else door.sees.split()
        who = next((name for name in ("eva", "ana", "cleo", "mark", "lena", "rita", "root") if name in may), None)
        if who and not key.startswith("api-"):
            pages.append((who, reverse(_name(key), args=door.args(world))))
    for label, table in TABLES.items():
        base = f"/admin/{label.replace('.', '/')}/"
        row = f"{base}{world.rows[label].pk}/"
        pages += [("root", base), ("root", f"{row}change/"), ("root", f"{row}history/")]
        pages += [("root", f"{base}add/")] if table.add else []
    lead = world.lead.pk
    acts = ("log", "nurture", "unqualify", "keep", "next", "opt-out", "assign", "exception", "book", "card")
    pages += [("ana", f"/leads/{lead}/?act={act}") for act in acts]
    pages += [(who, f"/search/?q={words}") for who in ("ana", "rita") for words in ("script", PAYLOADS[3])]
    return list(dict.fromkeys(pages))


def test_the_scripts_stand_where_they_should(scripted):
    assert Lead.objects.get(pk=scripted.lead.pk).first_name in PAYLOADS
    assert {m.place in PAYLOADS for m in Meeting.objects.all()} == {True}
    assert Change.objects.filter(what__icontains=RUN).count() > 50


@pytest.mark.parametrize("part", range(4))
def test_no_page_at_all_runs_one(at_screen, scripted, house, part):
    screens, ran, lost, seen = {}, [], [], 0
    pages = [pair for pair in shown(scripted) if hash_of(pair) % 4 == part]
    connection.close()

    for who, url in pages:
        answer = scripted.clients[who].get(url)
        if answer.status_code != 200 or not answer.get("Content-Type", "").startswith("text/html"):
            continue
        if who not in screens:
            screens[who] = at_screen(house.people[who])
            # A fragment that is opened by itself names no icon, so the browser asks for one of its own.
            screens[who].route("**/favicon.ico", lambda route: route.fulfill(status=204))
            screens[who].on(
                "response", lambda got: lost.append((got.frame.url, got.url)) if got.status == 404 else None
            )
        page = screens[who]
        page.goto(url, wait_until="load")
        seen += 1
        if page.evaluate("window.ran"):
            ran.append(url)

    assert (ran, lost) == ([], [])
    assert seen > 20


def hash_of(pair: tuple[str, str]) -> int:
    """Share the pages out evenly, the same way each time."""
    return sum(map(ord, pair[0][0] + pair[1]))
