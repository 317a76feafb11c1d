"""Erasing a person and clearing an opt-out: the pages, twelve canaries through every door, and the same file again."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connection

from accounts import clock
from accounts.models import Account, Batch, BatchRow, Event, Message
from leads import consent, erasure, import_undo, importing, intake, notes, signals, touches
from leads.intake_people import ERASED
from leads.intake_rows import make_row
from leads.models import Cycle, Lead, Note, Signal, Touch
from tests.factories import put
from tests.pages.desk import desk, toast_of

pytestmark = pytest.mark.django_db
__all__ = ["desk"]
CANARIES = {
    "first": "Zqfirst", "last": "Zqlast", "title": "Zqtitle", "company": "Zqcompany", "email": "zqmail@zqdomain.example",
    "phone": "+4791277631", "id": "zqexternal", "note": "zqnoteword", "touch": "zqtouchword", "words": "zqraisedword",
    "task": "zqtaskword", "website": "zqsite.example",
}  # fmt: skip
DIGITS = CANARIES["phone"][-8:]
FILE = (
    "Email,First name,Last name,Title,Company,Phone,Website,Id,Note\n"
    "{email},{first},{last},{title},{company},{phone},{website},{id},{note}\n"
    "zqmail(at)zqdomain,{first},{last},,,912 77 63,,,no address\n"  # rejected: known by the name only
    "broken@,,,,,+47 912-77-631 ext,,,\n"
    "ben@kettler.example,Ben,Ito,,Kettler,,,,\n"
).format(**CANARIES)


def brought_in(by, at) -> Batch:
    options = {"source": "Fair", "system": "crm", "map": {"Id": "external_id", "Note": "note"}}
    return importing.run(importing.read(io.BytesIO(FILE.encode()), "f.csv", by=by, at=at, options=options), at)


def everything() -> str:
    """Every row of every table of the database, as the database itself writes it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        text = []
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            text += [f"{table}: {row}" for (row,) in cursor.fetchall()]
    text += [f"session: {session.get_decoded()}" for session in Session.objects.all()]
    return "\n".join(text).lower()


def left_of_them(text: str) -> list[str]:
    told = (*(canary.lower() for canary in CANARIES.values()), "zqdomain", DIGITS, "912 77 63", "912-77-631")
    return [line for line in text.splitlines() if any(canary in line for canary in told)]


def figures() -> tuple:
    return (
        Lead.objects.count(), Cycle.objects.count(), Touch.objects.count(), Signal.objects.count(), Note.objects.count(),
        list(Lead.objects.order_by("pk").values_list("status", "source", "motion", "created_at")),
        list(Cycle.objects.values_list("number", "owner", "source", "assigned_at", "first_touch_at", "touches")),
        Event.objects.filter(kind="transition").count(),
    )  # fmt: skip


@pytest.fixture
def person(house, desk):
    """Somebody whose twelve canaries came in by every door there is, and who was told of everywhere."""
    at = clock.now() - timedelta(hours=3)
    undone = brought_in(house.rita, at - timedelta(days=2))
    import_undo.undo(undone, by=house.rita, at=at - timedelta(days=1))  # an earlier self
    brought_in(house.rita, at)
    lead = Lead.objects.get(email=CANARIES["email"], gone_as="")
    form = make_row(
        {"email": lead.email, "first_name": "Zqfirst", "words": "zqraisedword"}, kind="form", what="demo", key="form:1"
    )
    intake.take([form], by=None, at=at, door="page")
    signals.raise_hand([lead], what="demo", words="zqraisedword", to=house.ana, by=house.rita, at=at)
    notes.add([lead.pk], text="zqnoteword @cleo", by=house.ana, at=at)
    next_at = clock.now() + timedelta(days=1)
    touches.log(
        [lead.pk], channel="call", outcome="interested", note="zqtouchword", by=house.ana, at=clock.now() - timedelta(hours=1),
        next_at=next_at, next_what="zqtaskword",
    )  # fmt: skip
    lead.refresh_from_db()
    plain = desk(house.ana, script=False)
    # A toast in a session, an answer with its receipt.
    plain.press(lead, "touches", channel="call", outcome="voicemail")
    Message.objects.create(
        address=CANARIES["email"], channel="mail", kind="invitation", subject="Zqfirst Zqlast", body="zqfirst zqlast", dedupe_key="a",
        created_at=at,
    )  # fmt: skip
    for model, object_id in ((Lead, lead.pk), (Touch, 1)):  # the admin's log, also of what is not the lead itself
        LogEntry.objects.create(
            user=house.rita, content_type=ContentType.objects.get_for_model(model), object_id=object_id,
            object_repr="Zqfirst Zqlast", action_flag=2, change_message="Zqfirst Zqlast: zqmail@zqdomain.example",
        )  # fmt: skip
    return lead


def test_of_twelve_canaries_none_is_left_anywhere_and_every_count_is_as_before(house, person, client_of):
    before, told = figures(), everything()
    assert [name for name, canary in CANARIES.items() if canary.lower() not in told] == []
    rita = client_of(house.rita)

    look = rita.get(f"/leads/{person.pk}/erase/").content.decode()
    rita.post(f"/leads/{person.pk}/erase/", {"who": "zqfirst zqlast"})

    assert "Zqfirst Zqlast" in look
    assert left_of_them(everything()) == []
    assert figures() == before
    assert Cycle.objects.filter(lead=person).values_list("outcome", flat=True).first() == "void"
    assert Lead.objects.filter(email="ben@kettler.example", gone_as="").count() == 1
    assert BatchRow.objects.filter(cells__contains=["ben@kettler.example"]).count() == 2


def test_the_same_file_again_does_not_bring_them_back(house, person, client_of):
    erasure.erase([person.pk], by=house.rita, at=clock.now()).whole()
    known = Lead.objects.count()

    batch = brought_in(house.rita, clock.now())

    assert {name: batch.counts[name] for name in ("created", "updated", "unchanged", "rejected")} == {
        "created": 0, "updated": 0, "unchanged": 1, "rejected": 3,
    }  # fmt: skip
    assert Lead.objects.count() == known
    assert Account.objects.live().filter(domain__startswith="zq").count() == 0
    assert "zqmail@" not in everything()  # nor does the list of what was refused hold the row
    assert BatchRow.objects.get(batch=batch, number=2).error == ERASED
    assert client_of(house.rita).get(f"/imports/{batch.pk}/").status_code == 200


def test_the_logs_of_the_server_hold_nothing_of_a_row_that_failed(house, person):
    from django.db import DataError, IntegrityError, transaction

    for statement in (
        "INSERT INTO leads_identity (lead_id, kind, system, value, is_live) VALUES (%s, 'email', '', 'zqmail@zqdomain.example', true)",
        "INSERT INTO leads_note (lead_id, text, at) VALUES (%s, 'zqnoteword', 'zq')",
    ):
        with pytest.raises((IntegrityError, DataError)), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [person.pk])

    logs = {path: path.read_text(errors="replace") for path in Path(settings.DATA_DIR).rglob("*.log") if path.is_file()}
    assert logs
    assert [path.name for path, text in logs.items() if "zqmail" in text or "zqnoteword" in text] == []


@pytest.mark.parametrize("typed", ["", "Somebody Else", "1", "zqfirst"])
def test_who_types_somebody_else_erases_nobody(house, person, client_of, typed):
    answer = client_of(house.rita).post(f"/leads/{person.pk}/erase/", {"who": typed})

    person.refresh_from_db()
    assert (answer.status_code, person.gone_as, person.first_name) == (422, "", "Zqfirst")
    assert Event.objects.filter(kind="erased").count() == 0


def test_the_number_does_as_well_and_afterwards_the_lead_is_not_there_but_for_revops(house, client_of):
    lead = put(None, "working", owner=house.ana)
    rita = client_of(house.rita)

    answer = rita.post(f"/leads/{lead.pk}/erase/", {"who": f"#{lead.pk}"})

    assert (answer.status_code, answer["Location"]) == (302, "/leads/")
    assert (
        toast_of(rita.get("/leads/")) == f"Lead {lead.pk} is erased. The counts stay; no file brings this person back."
    )
    seen = {
        name: client_of(house.people[name]).get(f"/leads/{lead.pk}/").status_code
        for name in ("ana", "cleo", "mark", "rita", "root")
    }
    assert seen == {"ana": 404, "cleo": 404, "mark": 404, "rita": 410, "root": 410}
    assert rita.get(f"/leads/{lead.pk}/erase/").status_code == 404


@pytest.mark.parametrize("who", ["ana", "cleo"])
def test_only_revops_erases_and_clears(house, client_of, who):
    lead = put(None, "working", owner=house.ana)
    consent.opt_out([lead], by=house.ana, at=clock.now(), channels=["email"])
    client = client_of(house.people[who])

    for page in ("erase", "opt-out/clear"):
        assert client.get(f"/leads/{lead.pk}/{page}/").status_code == 403
        assert client.post(f"/leads/{lead.pk}/{page}/", {"who": str(lead.pk), "proof": "x"}).status_code == 403

    lead.refresh_from_db()
    assert (lead.gone_as, lead.opted_out_channels) == ("", ["email"])
    assert "erase/" not in client.get(f"/leads/{lead.pk}/").content.decode()


def test_an_opt_out_is_cleared_with_its_proof_and_with_nothing_less(house, client_of):
    lead = put(None, "working", owner=house.ana)
    consent.opt_out([lead], by=house.ana, at=clock.now(), channels=["email"])
    rita = client_of(house.rita)

    menu = rita.get(f"/leads/{lead.pk}/").content.decode()
    without = rita.post(f"/leads/{lead.pk}/opt-out/clear/", {"proof": "  "})
    still = Lead.objects.get(pk=lead.pk).opted_out_channels
    done = rita.post(f"/leads/{lead.pk}/opt-out/clear/", {"proof": "Her mail of 3 March"})
    again = rita.post(f"/leads/{lead.pk}/opt-out/clear/", {"proof": "Her mail of 3 March"})

    assert f"/leads/{lead.pk}/opt-out/clear/" in menu
    assert (without.status_code, still) == (422, ["email"])
    assert done["Location"] == f"/leads/{lead.pk}/"
    assert Lead.objects.get(pk=lead.pk).opted_out_channels == []
    assert Note.objects.get().text == "Her mail of 3 March"
    assert again.status_code == 422
    assert Event.objects.filter(kind="opt_in").count() == 1


def test_what_an_erasure_shows_takes_as_many_queries_for_three_notes_as_for_one(house, client_of):
    from django.test.utils import CaptureQueriesContext

    lead, rita = put(None, "working", owner=house.ana), client_of(house.rita)

    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            rita.get(f"/leads/{lead.pk}/erase/")
        return len(counted)

    notes.add([lead.pk], text="one", by=house.ana, at=clock.now())
    one = queries()
    for text in ("two", "three"):
        notes.add([lead.pk], text=text, by=house.ana, at=clock.now())

    assert queries() == one


def test_every_text_of_a_lead_says_what_an_erasure_does_to_it():
    """A new column of text must be declared: personal, or a code."""
    codes = {
        "Task": {"outcome", "kind", "channel"}, "Touch": {"channel", "outcome"}, "Identity": {"kind", "system"},
        "Signal": {"kind", "key", "what"}, "Spell": {"role", "how"}, "HandOff": {"missing"},
    }  # fmt: skip
    open_ends = set()
    for model in apps.get_models():
        if "lead" not in getattr(model, "fates", {}) or model._meta.get_field("lead").related_model is not Lead:
            continue
        for field in model._meta.concrete_fields:
            is_text = field.get_internal_type() in ("TextField", "JSONField") or (
                field.get_internal_type() == "CharField" and not field.choices
            )
            declared = {*codes.get(model.__name__, ()), *getattr(model, "personal", {})}
            if is_text and field.name not in declared:
                open_ends.add(f"{model.__name__}.{field.name}")
    assert open_ends <= {
        "Identity.value", "Cycle.size", "Cycle.segment", "Cycle.region", "Cycle.came_from", "Cycle.came_kind", "Cycle.relationship",
        "ContactRole.role", "Meeting.size", "Meeting.claim_size",
    }, sorted(open_ends)  # fmt: skip
