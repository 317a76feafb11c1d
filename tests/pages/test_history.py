"""Bringing history over by its pages, as RevOps does: files, columns, a look, the run, the undo."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Batch, Opportunity
from leads.models import Lead
from meetings import tasks
from tests.meetings.test_history import LEADS, SALES

pytestmark = pytest.mark.django_db


def chosen(**texts):
    return {kind: SimpleUploadedFile(f"{kind}.csv", text.encode()) for kind, text in texts.items()}


@pytest.fixture
def page(client_of, house):
    return client_of(house.rita)


def read(page, **more):
    """Choose the two files, and return the leading batch."""
    answer = page.post("/history/new/", chosen(leads=LEADS, opportunities=SALES) | more)
    assert answer.status_code == 302, answer.content.decode()[:2000]
    return Batch.objects.get(kind="past leads")


def columns(page, batch, **changes):
    """Send the columns as they are filled in, but for these."""
    form = {}
    for file in Batch.objects.filter(options__history=batch.pk):
        for place, column in enumerate(file.header):
            form[f"{file.pk}-{place}"] = changes.get(column, file.options["map"].get(column, ""))
    return page.post(f"/history/{batch.pk}/columns/", form | {"go_to_market": "inbound"})


def test_from_the_files_to_the_rounds_and_back(page, house):
    batch = read(page)
    asked = page.get(f"/history/{batch.pk}/columns/").content.decode()
    columns(page, batch, id="external_id")
    looked = page.get(f"/history/{batch.pk}/").content.decode()
    kept = Lead.objects.count()

    page.post(f"/history/{batch.pk}/run/")
    tasks.run_history(batch.pk)

    done = page.get(f"/history/{batch.pk}/").content.decode()
    assert 'value="loss_reason" selected' in asked
    assert "2 people are not here and become former colleagues, switched off: Former Rep, Gone Person" in looked
    assert (kept, Lead.objects.count(), Opportunity.objects.count()) == (0, 4, 3)
    assert "It stands in every report as if it had happened here." in done
    page.post(f"/history/{batch.pk}/undo/")
    tasks.undo_history(batch.pk)
    assert "4 leads and 3 opportunities are gone." in page.get(f"/history/{batch.pk}/").content.decode()
    assert "leads.csv" in page.get("/history/").content.decode()


def test_a_column_that_is_needed_and_not_named_is_asked_for_and_what_was_chosen_stays(page, house):
    batch = read(page)

    answer = columns(page, batch, mql_id="", account="product")

    said = answer.content.decode()
    assert answer.status_code == 422
    assert "opportunities.csv: say which column holds “lead”." in said
    assert Batch.objects.get(pk=batch.pk).status == "read"


def test_a_column_whose_name_tells_nothing_is_asked_for_where_columns_are_said(page, house):
    read(page, **chosen(opportunities=SALES.replace("mql_id", "whom")))
    batch = Batch.objects.get(kind="past leads")

    asked = page.get(f"/history/{batch.pk}/columns/").content.decode()
    early = page.post(f"/history/{batch.pk}/run/")
    columns(page, batch, id="external_id", whom="lead")

    looked = Batch.objects.get(pk=batch.pk)
    sales = looked.options["looked"]["files"]["opportunities"]
    assert "opportunities.csv: say which column holds “lead”." in asked
    assert early["Location"] == f"/history/{batch.pk}/columns/"
    assert (looked.status, sales["created"]) == ("checked", 3)


def test_one_who_is_not_here_is_told_as_one(page, house):
    read(page, **chosen(leads=LEADS.replace("Gone Person", "ana")))
    batch = Batch.objects.get(kind="past leads")

    columns(page, batch, id="external_id")

    looked = page.get(f"/history/{batch.pk}/").content.decode()
    assert "1 person is not here and becomes a former colleague, switched off: Former Rep</p>" in looked


def test_no_file_and_a_file_that_is_none_are_told(page, house):
    none = page.post("/history/new/", {})
    picture = page.post("/history/new/", {"leads": SimpleUploadedFile("a.csv", b"\x89PNG\r\n")})

    assert (none.status_code, picture.status_code) == (422, 422)
    assert "Choose at least one file." in none.content.decode()
    assert "This is a picture, not a table." in picture.content.decode()
    assert Batch.objects.count() == 0


def test_what_was_rejected_comes_back_as_a_file(page, house):
    batch = read(page, **chosen(opportunities=SALES + "zz,Nobody,,,,2026-01-01,,,,\n"))
    columns(page, batch, id="external_id")
    sales = Batch.objects.get(kind="past opportunities")

    file = b"".join(page.get(f"/history/{batch.pk}/rejected/{sales.pk}/").streaming_content).decode()

    assert file.splitlines()[1].startswith("5,mql_id,No lead is known as “zz”.,zz,Nobody")


def test_a_history_that_lost_its_ring_is_rung_for_again(page, house):
    from django_q.models import OrmQ

    batch = read(page)
    columns(page, batch, id="external_id")
    page.post(f"/history/{batch.pk}/run/")
    OrmQ.objects.all().delete()

    tasks.resume_history()

    assert [task.func() for task in OrmQ.objects.all()] == ["meetings.tasks.run_history"]


def test_a_run_that_is_pressed_before_the_columns_are_said_leads_back_to_them(page, house):
    page.post("/history/new/", chosen(leads="email,first_name\nmarta@nordlicht.example,Marta\n"))
    batch = Batch.objects.get()

    answer = page.post(f"/history/{batch.pk}/run/")

    batch.refresh_from_db()
    shown = page.get(answer["Location"]).content.decode()
    assert (answer["Location"], batch.status) == (f"/history/{batch.pk}/columns/", "read")
    assert "Say where these leads came from" in shown


def test_a_stale_form_changes_nothing_of_a_history_that_has_run_or_was_taken_back(page, house):
    batch = read(page)
    columns(page, batch, id="external_id")
    page.post(f"/history/{batch.pk}/run/")
    tasks.run_history(batch.pk)
    page.post(f"/history/{batch.pk}/undo/")
    tasks.undo_history(batch.pk)
    batch.refresh_from_db()
    before, leads = batch.options, Lead.objects.filter(gone_as="").count()

    answers = [
        columns(page, batch, id=""),
        *(page.post(f"/history/{batch.pk}/{act}/") for act in ("run", "cancel", "undo")),
    ]

    batch.refresh_from_db()
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, f"/history/{batch.pk}/")}
    assert "This import is undone already." in page.get(f"/history/{batch.pk}/").content.decode()
    assert (batch.options, batch.status, Lead.objects.filter(gone_as="").count()) == (before, "done", leads)


def test_dates_that_can_be_read_in_more_than_one_order_are_asked_for_where_columns_are_said(page, house):
    """Neither file decides: May or June for the leads. Once said, what the dates of the sales tell themselves stays."""
    leads = "id,created,origin,email\na1,06/05/2026,fair,anna@fjord.example\n"
    read(page, **chosen(leads=leads))
    batch = Batch.objects.get(kind="past leads")

    asked = page.get(f"/history/{batch.pk}/columns/").content.decode()
    early = columns(page, batch, id="external_id")
    run = page.post(f"/history/{batch.pk}/run/")
    form = {f"{batch.pk}-{place}": {"id": "external_id", "created": "created_at", "origin": "source"}.get(c, c)
            for place, c in enumerate(batch.header)}  # fmt: skip
    sales = Batch.objects.get(kind="past opportunities")
    form |= {f"{sales.pk}-{place}": sales.options["map"].get(c, "") for place, c in enumerate(sales.header)}
    answer = page.post(f"/history/{batch.pk}/columns/", form | {"go_to_market": "inbound", "date_order": "dmy"})
    page.post(f"/history/{batch.pk}/run/")
    tasks.run_history(batch.pk)

    doubt = "leads.csv: Column “created”: “06/05/2026” can be read in more than one order, and no row decides."
    assert (doubt in asked, early.status_code, run.status_code, answer.status_code) == (True, 422, 302, 302)
    assert early.context["form"].errors["date_order"]
    assert [str(lead.created_at.date()) for lead in Lead.objects.all()] == ["2026-05-06"]
    assert Batch.objects.get(pk=sales.pk).options["orders"]["created_at"] == ""


BAD = {
    "leads": "id,created,origin,email,owner,status,ended_at,reason\n"
    "b1,2026-01-05,fair,anna@fjord.example,ana,,,\n"
    "b2,2026-01-05,fair,bo@,ana,,,\n"
    "b3,2026-13-05,fair,cy@alder.example,ana,,,\n"
    "b4,2026-01-05,fair,di@kettle.example,ana,unqualified,2026-01-09,bad lead\n"
    "b5,2026-01-05,fair,ed@lund.example,Gone Person,working,,\n"
    "b6,2026-01-05,fair\n"
    "b7,2026-01-05,fair,fo@lund.example,ana,sleeping,,\n",
    "opportunities": "mql_id,account,created_at,stage,lost_at,lost reason,amount,stage:Pipelien\n"
    "b1,Fjord AS,2026-02-01,Negotiating,,,100,\n"
    "b1,Fjord AS,2026-02-02,,2026-03-01,too dear,100,\n"
    "b1,Fjord AS,2026-02-03,,2026-03-01,,much,\n"
    "b1,Fjord AS,2026-02-04,,,,100,2026-02-09\n"
    "b9,Fjord AS,2026-02-05,,,,100,\n",
    "touches": "lead,date,type,user\nb1,2026-01-06,pigeon,ana\nb1,,call,ana\nb1,2030-01-01,call,ana\n",
    "meetings": "lead,start,end,outcome,reason,host\n"
    "b1,2026-02-06 10:00,2026-02-06 09:00,qualified,,eva\n"
    "b1,2026-02-06 10:00,,,,eva\n"
    "b1,2026-02-06 10:00,,unqualified,,eva\n"
    "b1,2026-02-06 10:00,,unqualified,bad lead,eva\n",
}
WRONG = {
    "leads": [
        (3, "email", "“bo@” is no address."),
        (4, "created", "“2026-13-05” is no date."),
        (5, "reason", "“bad lead” is no reason for never. There are: "),
        (7, "", "The row has 3 cells, the header 8."),
        (8, "status", "“sleeping” is none of: raw, "),
    ],
    "opportunities": [
        (3, "lost reason", "“too dear” is no reason for a lost sale. There are: "),
        (4, "amount", "“much” is no amount."),
        (5, "stage:Pipelien", "There is no stage “Pipelien”. There are: "),
        (6, "mql_id", "No lead is known as “b9”."),
    ],
    "touches": [
        (2, "type", "“pigeon” is none of: call, "),
        (3, "date", "It does not say when."),
        (4, "date", "“2030-01-01” is in the future; history is what has been."),
    ],
    "meetings": [
        (2, "end", "It ends before it starts."),
        (3, "outcome", "It does not say what came of it."),
        (4, "reason", "It was held without qualifying; say why: a reason of not now or never, by code or label."),
        (5, "reason", "“bad lead” is no reason for not now or never. There are: "),
    ],
}


def told_rows(context) -> dict[str, list[tuple]]:
    return {
        file["label"].lower(): [(row.number, row.column, row.error) for row in file["rejected"]]
        for file in context["files"]
    }


def alike(told: dict, expected: dict) -> bool:
    """Say whether every row is told with its line, its column and words that begin so."""
    return told.keys() == expected.keys() and all(
        [row[:2] for row in told[kind]] == [row[:2] for row in expected[kind]]
        and all(row[2].startswith(wrong[2]) for row, wrong in zip(told[kind], expected[kind], strict=True))
        for kind in told
    )


def test_every_bad_row_of_four_files_says_where_and_why_before_anything_is_saved_and_nothing_is_lost(page, house):
    read(page, **chosen(**BAD))
    batch = Batch.objects.get(kind="past leads")
    columns(page, batch, id="external_id")

    looked = page.get(f"/history/{batch.pk}/")
    kept = Lead.objects.count()
    page.post(f"/history/{batch.pk}/run/")
    tasks.run_history(batch.pk)
    done = page.get(f"/history/{batch.pk}/")

    assert alike(told_rows(looked.context), WRONG), told_rows(looked.context)
    assert alike(told_rows(done.context), WRONG), told_rows(done.context)
    assert (kept, Lead.objects.count(), Opportunity.objects.count()) == (0, 2, 1)
    assert "Negotiating (1). Open sales at them begin at the first stage." in looked.content.decode()
    assert done.context["leading"].options["untold"]["first"] == [
        [6, "owner", "Gone Person is not here any more, so nobody can have this lead now."]
    ]
    assert "Came in, but what happened was not told: 1" in done.content.decode()
    for file in done.context["files"]:
        counts = file["counts"]
        assert sum(counts.values()) == file["batch"].rows
    page.post(f"/history/{batch.pk}/undo/")
    tasks.undo_history(batch.pk)
    assert (Lead.objects.filter(gone_as="").count(), Opportunity.objects.filter(gone_as="").count()) == (0, 0)


def test_rows_that_were_sent_back_and_mended_are_taken(page, house):
    read(page, **chosen(opportunities=SALES.replace("900", "much")))
    batch = Batch.objects.get(kind="past leads")
    columns(page, batch, id="external_id")
    page.post(f"/history/{batch.pk}/run/")
    tasks.run_history(batch.pk)
    sales = Batch.objects.get(kind="past opportunities")
    back = b"".join(page.get(f"/history/{batch.pk}/rejected/{sales.pk}/").streaming_content).decode()

    mended = {"opportunities": SimpleUploadedFile("mended.csv", back.replace("much", "900").encode())}
    assert page.post("/history/new/", mended).status_code == 302
    again = Batch.objects.latest("pk")
    columns(page, again)
    page.post(f"/history/{again.pk}/run/")
    tasks.run_history(again.pk)

    again.refresh_from_db()
    assert back.splitlines()[1].split(",")[:3] == ["3", "amount", "“much” is no amount."]
    assert again.counts == {"created": 1, "updated": 0, "unchanged": 0, "rejected": 0}
    assert Opportunity.objects.count() == 3
