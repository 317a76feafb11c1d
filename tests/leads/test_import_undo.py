"""Taking an import back: who goes, who stays and why, what is left of it, and the same file again."""

import io
from datetime import timedelta

import pytest

from accounts.models import Account, Batch, Domain, Event
from leadops.invariants import broken
from leads import (
    assignment,
    consent,
    contacts,
    dispositions,
    import_undo,
    importing,
    intake,
    notes,
    qualification,
    touches,
)
from leads.intake_rows import make_row
from leads.lifecycle import Refused
from leads.models import Cycle, Identity, Lead, Signal, Task
from leads.models import Note as NoteRow
from tests.factories import NOON, AccountFactory, LeadFactory, opportunity_of, reason
from tests.pages.desk import HTMX

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)


def file_of(number: int, *, start: int = 0) -> io.BytesIO:
    rows = "".join(f"p{n}@firm{n}.example,Pat,Person{n},Firm {n},+4930{n:06d}\n" for n in range(start, start + number))
    return io.BytesIO(f"Email,First name,Last name,Company,Phone\n{rows}".encode())


def brought_in(by, number: int = 4, at=NOON, **options) -> Batch:
    batch = importing.read(file_of(number), "fair.csv", by=by, at=at, options={"source": "Fair", **options})
    return importing.run(batch, at)


def lead_of(number: int) -> Lead:
    return Lead.objects.get(email=f"p{number}@firm{number}.example", gone_as="")


def test_of_eighty_of_which_four_were_worked_seventy_six_go_and_four_are_listed(house):
    batch = brought_in(house.cleo, 80)
    for number in range(4):
        lead = assignment.assign([lead_of(number)], to=house.ana, by=house.cleo, at=NOON).lead
        touches.log([lead], channel="call", outcome="interested", by=house.ana, at=LATER)
    pulled = assignment.assign([lead_of(9)], to=house.ben, by=house.cleo, at=NOON).lead
    before = import_undo.preview(batch)

    done = import_undo.undo(batch, by=house.cleo, at=LATER)

    assert (before.gone, before.kept, before.updated) == (76, 4, 0)
    assert [kept.why for kept in before.kept_leads] == ["somebody reached out to them"] * 4
    assert {name: done.options["undo"][name] for name in ("gone", "kept", "accounts", "done")} == {
        "gone": 76, "kept": 4, "accounts": 76, "done": True,
    }  # fmt: skip
    assert set(Lead.objects.filter(gone_as="undone").values_list("owner", "team")) == {(None, None)}
    assert Lead.objects.filter(gone_as="").count() == 4
    assert Cycle.objects.get(lead=pulled).outcome == "void"
    assert Task.objects.filter(lead=pulled, done_at__isnull=True).count() == 0
    assert Identity.objects.filter(is_live=True).count() == 8
    assert Account.objects.live().count() == Domain.objects.count() == 4
    assert Signal.objects.count() == 80
    assert Event.objects.filter(kind="undone", data__batch=batch.pk).count() == 76


@pytest.mark.parametrize(("number", "worked"), [(800, 40)])  # by hand 8,000 with 40: 7,960 gone, 7,960 made again
def test_a_large_one_goes_but_for_who_was_worked_the_data_stay_sound_and_the_file_makes_them_anew(
    house, number, worked
):
    batch = brought_in(house.cleo, number)
    lead = assignment.assign([lead_of(n) for n in range(worked)], to=house.ana, by=house.cleo, at=NOON).done
    touches.log(lead, channel="call", outcome="interested", by=house.ana, at=LATER)

    done = import_undo.undo(batch, by=house.cleo, at=LATER)

    assert {name: done.options["undo"][name] for name in ("gone", "kept")} == {"gone": number - worked, "kept": worked}
    kept = import_undo.preview(done)
    assert (kept.kept, {row.why for row in kept.kept_leads}) == (worked, {"somebody reached out to them"})
    assert Lead.objects.filter(gone_as="").count() == worked
    assert broken() == {}
    again = brought_in(house.cleo, number, LATER)
    assert {name: again.counts[name] for name in ("created", "updated", "unchanged", "rejected")} == {
        "created": number - worked, "updated": 0, "unchanged": worked, "rejected": 0,
    }  # fmt: skip
    assert Lead.objects.filter(gone_as="").count() == number


def test_the_same_file_again_makes_them_anew(house):
    import_undo.undo(brought_in(house.cleo, 5), by=house.cleo, at=LATER)

    again = brought_in(house.cleo, 5, LATER)

    assert {name: again.counts[name] for name in ("created", "updated", "unchanged", "rejected")} == {
        "created": 5, "updated": 0, "unchanged": 0, "rejected": 0,
    }  # fmt: skip
    assert Lead.objects.filter(gone_as="").count() == 5
    assert Account.objects.live().count() == 5


def touched(house, lead):
    lead = assignment.assign([lead], to=house.ana, by=house.cleo, at=NOON).lead
    touches.log([lead], channel="call", outcome="no_answer", by=house.ana, at=LATER)


def ended(house, lead):
    dispositions.discard([lead], reason=reason("not_a_prospect"), by=house.rita, at=LATER)


def heard_again(house, lead):
    row = make_row({"email": lead.email}, kind=Signal.Kind.FORM, what="demo", key="form:1")
    intake.take([row], by=None, at=LATER, door="page")


def sold_to(house, lead):
    opportunity_of(lead, owner=house.eva, at=LATER)


def noted(house, lead):
    notes.add([lead], text="A friend of Finn's", by=house.cleo, at=LATER)


def put_right(house, lead):
    contacts.edit(lead, {"last_name": "Persson"}, was={"last_name": lead.last_name}, by=house.rita, at=LATER)


def filled_in(house, lead):
    qualification.fill(lead, {"need": "yes", "need_evidence": "Leaks every week"}, by=house.rita, at=LATER)


def opted_out(house, lead):
    consent.opt_out([lead], by=house.cleo, at=LATER, channels=["email"])


def in_another_file(house, lead):
    brought_in(house.cleo, 1, LATER, source="Another fair")


WORK = [touched, ended, heard_again, sold_to, noted, put_right, filled_in, opted_out, in_another_file]


@pytest.mark.parametrize("work", WORK, ids=lambda work: work.__name__)
def test_who_was_worked_in_any_way_stays_as_they_are(house, work):
    batch = brought_in(house.rita, 2, team=house.north.pk)
    work(house, lead_of(0))
    kept = Lead.objects.get(pk=lead_of(0).pk)

    import_undo.undo(batch, by=house.rita, at=LATER)

    now = Lead.objects.get(pk=kept.pk)
    assert (now.gone_as, now.status, now.owner_id, now.team_id, now.version) == (
        "", kept.status, kept.owner_id, kept.team_id, kept.version,
    )  # fmt: skip
    assert Lead.objects.filter(gone_as="undone").count() == 1
    assert import_undo.preview(batch).kept_leads[0].why


def test_a_note_of_the_file_itself_is_no_work(house):
    text = "Email,Note\nm@nordlicht.example,Met at the booth\n"
    batch = importing.read(io.BytesIO(text.encode()), "f.csv", by=house.cleo, at=NOON, options={"source": "Fair"})
    importing.run(batch, NOON)
    assert NoteRow.objects.count() == 1

    assert import_undo.undo(batch, by=house.cleo, at=LATER).options["undo"]["gone"] == 1


def test_who_was_known_before_keeps_what_was_filled_in_and_is_listed(house):
    LeadFactory(email="p0@firm0.example", last_name="", phone="")
    known = Lead.objects.get()
    Identity.objects.create(lead=known, kind="email", value=known.email)
    batch = brought_in(house.cleo, 2)

    done = import_undo.undo(batch, by=house.cleo, at=LATER)

    known.refresh_from_db()
    assert (known.gone_as, known.last_name) == ("", "Person0")
    assert [kept.lead for kept in import_undo.preview(done).updated_leads] == [known]


def test_a_company_that_stood_before_or_is_somebodys_stays(house):
    stood = AccountFactory(name="Firm 0", name_key="firm 0", domain="firm0.example")
    Domain.objects.create(name="firm0.example", account=stood)
    batch = brought_in(house.cleo, 3)
    Account.objects.filter(domain="firm1.example").update(opportunity_owner=house.eva)

    import_undo.undo(batch, by=house.cleo, at=LATER)

    assert set(Account.objects.live().values_list("domain", flat=True)) == {"firm0.example", "firm1.example"}


def test_an_import_that_runs_or_is_undone_already_is_not_undone(house):
    batch = brought_in(house.cleo)
    Batch.objects.filter(pk=batch.pk).update(status="running")

    with pytest.raises(Refused, match="Stop the import first"):
        import_undo.undo(batch, by=house.cleo, at=LATER)
    Batch.objects.filter(pk=batch.pk).update(status="done")
    import_undo.undo(batch, by=house.cleo, at=LATER)
    with pytest.raises(Refused, match="undone already"):
        import_undo.undo(batch, by=house.cleo, at=LATER)

    assert Event.objects.filter(kind="undone").count() == 4


def test_an_undone_import_is_not_gone_on_with(house):
    batch = brought_in(house.cleo)
    Batch.objects.filter(pk=batch.pk).update(status="cancelled", done_to=2)
    import_undo.undo(batch, by=house.cleo, at=LATER)

    assert importing.start(batch, at=LATER) is False


def test_an_undo_that_stopped_half_way_goes_on(house, monkeypatch):
    monkeypatch.setattr(import_undo, "BATCH", 3)
    batch = brought_in(house.cleo, 8)
    import_undo.start(batch, by=house.cleo, at=LATER)

    assert import_undo.undo_chunk(batch.pk, at=LATER) is True
    assert Lead.objects.filter(gone_as="undone").count() == 3
    while import_undo.undo_chunk(batch.pk, at=LATER):
        pass

    assert Lead.objects.filter(gone_as="undone").count() == 8
    assert import_undo.undo_chunk(batch.pk, at=LATER) is False
    assert Event.objects.filter(kind="undone").count() == 8


def test_the_page_shows_what_goes_and_the_button_takes_it_back(house, client_of):
    batch = brought_in(house.cleo, 3)
    touched(house, lead_of(1))
    client = client_of(house.cleo)

    page = client.get(f"/imports/{batch.pk}/").content.decode()
    look = client.get(f"/imports/{batch.pk}/undo/").content.decode()
    client.post(f"/imports/{batch.pk}/undo/")
    client.post(f"/imports/{batch.pk}/undo/")
    after = client.get(f"/imports/{batch.pk}/undo/", headers=HTMX).content.decode()

    assert f'href="/imports/{batch.pk}/undo/">Undo all' in page
    assert "take 2 leads back" in look and "Person1" in look and "somebody reached out" in look  # noqa: PT018
    assert "2 leads are gone, 1 stays" in after
    assert Event.objects.filter(kind="undone").count() == 2


def test_only_who_sees_an_import_undoes_it(house, client_of):
    batch = brought_in(house.cleo)

    assert client_of(house.hugo).post(f"/imports/{batch.pk}/undo/").status_code == 404
    assert client_of(house.ana).post(f"/imports/{batch.pk}/undo/").status_code == 404
    assert Lead.objects.filter(gone_as="undone").count() == 0


def test_three_rows_take_no_more_queries_than_one(house, client_of):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries(batch) -> int:
        client = client_of(house.cleo)
        with CaptureQueriesContext(connection) as counted:
            client.get(f"/imports/{batch.pk}/undo/")
        return len(counted)

    one, three = brought_in(house.cleo, 1), None
    touched(house, lead_of(0))
    first = queries(one)
    import_undo.undo(one, by=house.cleo, at=LATER)
    three = importing.read(file_of(3, start=10), "b.csv", by=house.cleo, at=NOON, options={"source": "Fair"})
    importing.run(three, NOON)
    for number in (10, 11, 12):
        touched(house, lead_of(number))

    assert queries(three) == first
