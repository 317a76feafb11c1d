"""What the database refuses, however it is asked: an attribute, save(), update(), COPY, raw SQL; as owner and as the application."""

from datetime import timedelta

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import Event
from leads import guards
from leads.models import Cycle, Lead, LeadStatus, Spell, Touch
from tests.leads.states import HOUR, NOON, STATES, lead_in, raw, reason, settle

pytestmark = pytest.mark.django_db


def sql(statement: str, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


class Unharmed(Exception):
    """The database took it; nothing of it is kept."""


def refused_at_commit(change) -> bool:
    """Say whether the database refuses a change, at once or when it would commit. Nothing is kept either way."""
    try:
        with transaction.atomic():
            change()
            settle()
            raise Unharmed
    except (DatabaseError, psycopg.Error):
        return True
    except Unharmed:
        return False


def test_an_attribute_cannot_be_set(ana, cleo, north):
    lead = lead_in("assigned", ana, cleo, north)

    with pytest.raises(AttributeError):
        lead.status = "qualified"


@pytest.mark.parametrize("state", STATES)
def test_no_update_sets_a_state_from_the_side(state, ana, cleo, north):
    lead = lead_in(state, ana, cleo, north)
    before = Lead.objects.filter(pk=lead.pk).values().get()

    for status in set(LeadStatus.values) - {lead.status}:
        why = (
            reason("no_for_now")
            if status == "nurture"
            else reason("not_a_prospect")
            if status == "unqualified"
            else None
        )
        facts = {
            "status": status,
            "reason": why,
            "nurture_kind": "marketing" if status == "nurture" else "",
            "recycle_at": None,
        }
        assert refused_at_commit(lambda facts=facts: Lead.objects.filter(pk=lead.pk).update(**facts)), (
            f"{state} -> {status}"
        )

    assert Lead.objects.filter(pk=lead.pk).values().get() == before


def test_a_transition_in_memory_and_a_save_is_not_enough(ana, cleo, north):
    lead = Lead.objects.get(pk=lead_in("assigned", ana, cleo, north).pk)

    def change():
        lead.start()
        lead.save(update_fields=["status"])

    assert refused_at_commit(change)


def test_raw_sql_and_copy_are_refused_too(ana, cleo, north):
    lead = lead_in("raw", ana, cleo, north)
    columns = (
        "motion, go_to_market, status, status_since, created_at, recorded_at, nurture_kind, version, search, gone_as, first_name,"
        " last_name, title, company, email, phone, website, country, segment, region, opted_out_channels"
    )

    def copy(status):
        with connection.cursor() as cursor, cursor.copy(f"COPY leads_lead ({columns}) FROM STDIN") as pipe:
            day = NOON.isoformat()
            pipe.write_row(["slg", "inbound", status, day, day, day, "", 0, "", *[""] * 11, "{}"])

    assert refused_at_commit(lambda: sql("UPDATE leads_lead SET status = 'working' WHERE id = %s", lead.pk))
    assert refused_at_commit(lambda: copy("working"))
    assert not refused_at_commit(lambda: copy("raw")), "the control: a raw lead may be copied in"


@pytest.mark.parametrize(
    "change",
    [
        lambda lead: Cycle.objects.filter(pk=lead.cycle_id).update(ended_at=NOON + 5 * HOUR, outcome="returned"),
        lambda lead: Cycle.objects.create(
            lead=lead,
            number=9,
            trigger="own",
            motion="slg",
            go_to_market="inbound",
            relationship="new_business",
            assigned_at=NOON,
        ),
        lambda lead: Cycle.objects.filter(pk=lead.cycle_id).update(first_touch_at=NOON - timedelta(seconds=1)),
        lambda lead: Cycle.objects.filter(pk=lead.cycle_id).update(assigned_at=NOON - HOUR),
        lambda lead: Cycle.objects.filter(pk=lead.cycle_id).update(motion="plg"),
        lambda lead: Lead.objects.filter(pk=lead.pk).update(owner=None, team=None),
        lambda lead: Lead.objects.filter(pk=lead.pk).update(motion="plg"),
        lambda lead: Lead.objects.filter(pk=lead.pk).update(nurture_kind="sales"),
        lambda lead: Lead.objects.filter(pk=lead.pk).update(reason=reason("no_for_now")),
        lambda lead: Spell.objects.create(
            lead=lead, cycle_id=lead.cycle_id, owner=lead.owner, how="assigned", began_at=NOON
        ),
        lambda lead: Event.objects.create(
            kind="transition",
            move="qualify",
            to_status="qualified",
            lead_id=lead.pk,
            at=NOON,
            recorded_at=NOON,
            door="page",
        ),
        lambda lead: Event.objects.create(kind="note", lead_id=10**12, at=NOON, recorded_at=NOON, door="page"),
    ],
)
def test_what_must_never_be_is_refused(change, ana, cleo, north):
    lead = lead_in("working", ana, cleo, north)

    assert refused_at_commit(lambda: change(lead))


@pytest.mark.parametrize("model", [Event, Spell, Touch])
def test_the_application_adds_to_the_record_and_never_alters_it(model, as_application, ana, cleo, north):
    lead_in("working", ana, cleo, north)
    row = model.objects.latest("id")
    table = model._meta.db_table
    column = {Event: "door", Spell: "began_at", Touch: "occurred_at"}[model]

    for statement in (
        f"UPDATE {table} SET {column} = {column}",
        f"DELETE FROM {table} WHERE id = {row.pk}",
        f"TRUNCATE {table} CASCADE",
        "DELETE FROM leads_lead",
        f"ALTER TABLE {table} DISABLE TRIGGER ALL",
    ):
        with as_application(), pytest.raises(DatabaseError), transaction.atomic():
            sql(statement)
    assert model.objects.filter(pk=row.pk).exists()


def test_the_application_itself_can_work_a_lead(as_application, ana, cleo, north):
    with as_application():
        lead = lead_in("nurture", ana, cleo, north)
        settle()

    assert Lead.objects.get(pk=lead.pk).status == "nurture"


def test_the_database_knows_exactly_the_transitions_of_the_model():
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'leads_status_guard'")
        (source,) = cursor.fetchone()

    assert source.strip() == guards.status_guard().split("$$")[1].strip()


def test_a_raw_lead_needs_no_record():
    lead = raw()

    settle()

    assert not Event.objects.filter(lead_id=lead.pk).exists()
