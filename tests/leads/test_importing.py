"""A file of leads: read, looked at, run, and what was left over (IN-3, ruling 7, SAFE-3)."""

import io
import re
from datetime import UTC, datetime, timedelta
from functools import partial
from unittest.mock import patch

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import QuerySet

from accounts.models import Account, Batch, BatchRow, Event
from accounts.spreadsheets import csv_lines
from leads import import_batches, import_runs, importing
from leads.importing import FileProblem, Problem
from leads.models import Identity, Lead, Signal, Source
from tests.lasting import at_once, overlapping

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
TABLES = (Batch, BatchRow, Lead, Identity, Signal, Account, Source, Event)
PEOPLE = "email,first name,company,phone\n" + "".join(
    f"p{n}@firm-{n % 3}.no,Person {n},Firm {n % 3},+4915100000{n:02d}\n" for n in range(7)
)

pytestmark = pytest.mark.django_db


def read(text, by=None, **options):
    content = text.encode() if isinstance(text, str) else text
    return importing.read(io.BytesIO(content), "people.csv", by=by, at=AT, options={"source": "list", **options})


def bring(text, **options):
    return importing.run(read(text, **options), AT)


def counts(batch):
    return tuple(batch.counts[name] for name in ("created", "updated", "unchanged", "rejected"))


def complaints(batch):
    return [(row.number, row.column, row.error) for row in importing.rejected(batch)]


def everything():
    return [model.objects.count() for model in TABLES]


@pytest.fixture
def small_chunks(monkeypatch):
    for module in (import_batches, import_runs):
        monkeypatch.setattr(module, "CHUNK", 3)


class TestReading:
    def test_keeps_the_rows_as_they_are_and_decides_nothing(self, rita):
        batch = read(PEOPLE, by=rita)
        assert (batch.name, batch.by, batch.status, batch.rows, batch.created_at) == ("people.csv", rita, "read", 7, AT)
        assert batch.header == ["email", "first name", "company", "phone"]
        first = batch.batch_rows.order_by("number")[0]
        assert (first.number, first.cells) == (2, ["p0@firm-0.no", "Person 0", "Firm 0", "+491510000000"])
        assert (first.result, first.lead_id, Lead.objects.count()) == ("", None, 0)

    def test_asks_alike_often_for_few_rows_and_many(self, django_assert_num_queries):
        for number in (1, 3, 900):
            with django_assert_num_queries(6):  # the rows by COPY
                read("email\n" + "".join(f"p{n}@x.no\n" for n in range(number)))

    def test_understands_columns_by_what_files_usually_call_them(self):
        batch = read(
            "E-Mail Address,First Name,Surname,Company name,Mobile,Job Title,UTM Source,Comments,Shoe size\na,b,c,d,e,f,g,h,i\n"
        )
        assert batch.options["map"] == {
            "E-Mail Address": "email", "First Name": "first_name", "Surname": "last_name", "Company name": "company",
            "Mobile": "phone", "Job Title": "title", "UTM Source": "source", "Comments": "note",
        }  # fmt: skip
        assert (batch.options["preset"], batch.options["system"], batch.options["go_to_market"]) == (
            "",
            "csv",
            "outbound",
        )

    @pytest.mark.parametrize(
        ("header", "preset", "fields"),
        [
            ("Record ID,First Name,Last Name,Email,Phone Number,Create Date,Associated Company", "hubspot",
             ["external_id", "first_name", "last_name", "email", "phone", "created_at", "company"]),
            ("Record ID,Email,Office Number,Cell Number,Associated Company,Company name", "hubspot",
             ["external_id", "email", "phone", "phone", "company", "company"]),
            ("Id,IsDeleted,FirstName,LastName,Company,Email,LeadSource,CreatedDate,Description", "salesforce",
             ["external_id", None, "first_name", "last_name", "company", "email", "source", "created_at", "note"]),
            ("Person - Name*,Person - Email (Work),Person - Email (Home),Organization - Name*,Deal - Title", "pipedrive",
             ["name", "email", "email", "company", None]),
            ("First Name,Email,Email Status,Person Linkedin Url,Mobile Phone,Apollo Contact Id", "apollo",
             ["first_name", "email", None, None, "phone", "external_id"]),
            ("id,created_time,ad_id,campaign_name,form_id,platform,full_name,email", "meta",
             ["external_id", "created_at", None, "campaign", None, "source", "name", "email"]),
        ],
    )  # fmt: skip
    def test_recognises_the_programs_that_write_such_files(self, header, preset, fields):
        columns = header.split(",")
        options = read(f"{header}\n{','.join('x' for _ in columns)}\n").options
        assert (options["preset"], options["system"]) == (preset, preset)
        assert options["map"] == {column: name for column, name in zip(columns, fields, strict=True) if name}

    def test_takes_what_is_given_over_what_is_guessed(self):
        batch = read(
            PEOPLE, map={"company": "first_name", "phone": ""}, system="crm", motion="plg", go_to_market="inbound"
        )
        assert batch.options["map"] == {"email": "email", "company": "first_name", "phone": ""}
        assert [batch.options[name] for name in ("system", "motion", "go_to_market")] == ["crm", "plg", "inbound"]

    @pytest.mark.parametrize(
        ("options", "option", "words"),
        [
            (
                {"map": {"mail": "email"}},
                "map",
                "There is no column “mail”. There are: email, first name, company, phone.",
            ),
            ({"map": {"email": "e-mail"}}, "map", "There is no field “e-mail”."),
            ({"preset": "outlook"}, "preset", "There is no preset “outlook”."),
            ({"motion": "both"}, "motion", "motion: “both” is not one of: slg, plg."),
        ],
    )
    def test_refuses_what_cannot_be_and_keeps_nothing(self, options, option, words):
        before = everything()
        with pytest.raises(Problem) as problem:
            read(PEOPLE, **options)
        assert (problem.value.option, problem.value.words[: len(words)]) == (option, words)
        assert everything() == before

    @pytest.mark.parametrize(
        "content",
        [
            "",
            "email,name\n",
            b"\x89PNG\x00\x01",
            "email,email\na,b\n",
            "email,note\na@b.no,A\x00B\n",
            f"email\na@b.no\n{'x' * 10_000_000}\n",
        ],
    )
    def test_refuses_bad_files_and_keeps_nothing(self, content):
        before = everything()
        with transaction.atomic(), pytest.raises(FileProblem):
            read(content)
        assert everything() == before


class TestLooking:
    def test_says_what_a_run_would_do_and_writes_no_lead(self):
        bring("email,first name\np0@firm-0.no,Person 0\np1@firm-1.no,\n")
        before = everything()[2:]
        batch = importing.check(
            read("email,first name,note\np0@firm-0.no,Person 0,\np1@firm-1.no,Per,\nnew@x.no,New,\nbad,Bad,\n"), at=AT
        )
        assert (counts(batch), batch.status) == ((1, 1, 1, 1), "checked")
        assert complaints(batch) == [(5, "email", "“bad” is no address.")]
        assert everything()[2:] == before

    def test_says_the_same_as_the_run_that_follows(self, small_chunks):
        text = (
            PEOPLE
            + PEOPLE.partition("\n")[2]
            + "p1@firm-1.no,Other,Firm 1,\nbad,x,y,z\n,Nobody,,\np1@firm-1.no,only three,\n"
        )
        batch = importing.check(read(text), at=AT)
        looked, said = counts(batch), complaints(batch)
        assert looked == (7, 0, 8, 3)
        run = importing.run(batch, AT)
        assert (counts(run), complaints(run)) == (looked, said)

    def test_again_under_other_columns_forgets_what_it_said_before(self):
        batch = importing.check(read("a,b\nx@y.no,1\nz@y.no,2\n", map={"b": "email"}), at=AT)
        assert counts(batch) == (0, 0, 0, 2)
        importing.choose(batch, {"source": "list", "map": {"a": "email", "b": ""}})
        batch = importing.check(batch, at=AT)
        assert (counts(batch), complaints(batch)) == ((2, 0, 0, 0), [])

    @pytest.mark.parametrize(
        ("text", "options", "option", "words"),
        [
            (PEOPLE, {"source": ""}, "source", "Say where these leads come from"),
            ("name,company\nAnna,Nordlicht\n", {}, "map", "Say which column holds the address, the phone or the external id"),
            ("email,created\na@b.no,01-02-2018\nb@b.no,03-04-2018\n", {}, "date_order",
             "Column “created”: “01-02-2018” can be read in more than one order, and no row decides. Say which: dmy (day first)"),
            ("email,created\na@b.no,01-02-2018\nb@b.no,01/14/2018\nc@b.no,\"25-12-2018 \"\n", {}, "date_order",
             "Column “created” contradicts itself: row 3, “01/14/2018”, can only be mdy (month first), row 4, “25-12-2018”, only"
             " dmy (day first). Say which: "),
        ],
    )  # fmt: skip
    def test_asks_for_what_is_missing(self, text, options, option, words):
        batch = read(text, **options)
        for ask in (partial(importing.check, batch, at=AT), partial(importing.run, batch, AT)):
            with pytest.raises(Problem) as problem:
                ask()
            assert (problem.value.option, problem.value.words[: len(words)]) == (option, words)
        assert (Lead.objects.count(), Batch.objects.get().status) == (0, "read")


class TestRunning:
    def test_brings_people_in_and_says_what_became_of_each(self, rita, north):
        batch = bring(PEOPLE + "bad,Bad,x,\n", by=rita, team=north.pk, motion="slg", go_to_market="inbound")
        assert (batch.status, counts(batch), batch.done_to, batch.started_at, batch.finished_at) == (
            "done",
            (7, 0, 0, 1),
            9,
            AT,
            AT,
        )
        assert batch.counts["sources"] == {"list": [7, 0, 0]}
        lead = Lead.objects.get(email="p1@firm-1.no")
        assert (lead.team, lead.go_to_market, lead.source.name, lead.account.name) == (
            north,
            "inbound",
            "list",
            "Firm 1",
        )
        row = batch.batch_rows.get(number=3)
        assert (row.result, row.lead_id) == ("created", lead.pk)
        assert Signal.objects.filter(batch=batch, by=rita).count() == 7

    def test_again_changes_nothing_and_says_so(self):
        bring(PEOPLE)
        before = everything()[2:]
        assert counts(bring(PEOPLE)) == (0, 0, 7, 0)
        assert everything()[2:] == before

    def test_after_somebodys_spreadsheet_had_it_changes_nothing_either(self):
        rows = [("a1", "2018-02-01", "x"), ("a2", "2017-10-20", "y"), ("a3", "2018-03-04", "x")]
        head = "id,day,page\n"
        mapped = {"map": {"id": "external_id", "day": "created_at", "page": "campaign"}}
        bring(head + "".join(f"{i},{d},{p}\n" for i, d, p in rows), **mapped)
        turned = "".join(f"{i},{'-'.join(reversed(d.split('-')))},{p}\r\n" for i, d, p in rows)
        assert counts(bring(head.replace("\n", "\r\n") + turned, **mapped)) == (0, 0, 3, 0)

    def test_rejects_broken_rows_one_by_one_with_line_column_and_reason(self):
        text = (
            "email,external id,created,phone,motion\n"
            "a@b.no,1,2018-02-01,,\n"
            "anna@,2,2018-02-01,,\n"
            "c@b.no,3,2018-02-30,,\n"
            "d@b.no,4,2099-01-01,,\n"
            "e@b.no,5,2018-02-01,,both\n"
            "f@b.no,6\n"
            "g@b.no,7,2018-02-01,,,\n"
            ",,2018-02-01,call me,\n"
            ",,2018-02-01,,\n"
            "j@b.no,10,2018-02-01,,slg\n"
        )
        batch = bring(text, map={"external id": "external_id", "created": "created_at"})
        assert counts(batch) == (2, 0, 0, 8)
        assert complaints(batch) == [
            (3, "email", "“anna@” is no address."),
            (4, "created", "“2018-02-30” is no date."),
            (5, "created", "“2099-01-01” is in the future."),
            (6, "motion", "“both” is not one of: slg, plg."),
            (7, "", "The row has 2 cells, the header 5."),
            (8, "", "The row has 6 cells, the header 5."),
            (9, "phone", "“call me” is no phone number, and there is no address or external id."),
            (10, "", "A lead needs an address, a phone or an external id."),
        ]

    def test_a_hundred_broken_rows_among_good_ones_are_exactly_those_rejected(self, small_chunks, monkeypatch):
        for module in (import_batches, import_runs):
            monkeypatch.setattr(module, "CHUNK", 70)
        broken = ["no address,1,\n", "x@y.no,2\n", "x@y.no,3,31.13.2018\n", ",,01.02.2018\n"]
        lines = [
            broken[n // 3 % 4] if n % 3 == 0 else f"p{n}@firm.no,Person,25.{n % 12 + 1:02d}.2018\n" for n in range(300)
        ]
        batch = bring("email,first name,created\n" + "".join(lines))
        assert counts(batch) == (200, 0, 0, 100)
        assert [number for number, _column, _why in complaints(batch)] == [n + 2 for n in range(300) if n % 3 == 0]

    def test_a_source_column_may_be_blank_and_the_option_does_not_fill_it(self):
        batch = bring("email,source\na@b.no,unknown\nb@b.no,\nc@b.no, \n")
        assert batch.counts["sources"] == {"unknown": [1, 0, 0], "": [2, 0, 0]}
        assert list(Lead.objects.order_by("email").values_list("source__name", flat=True)) == ["unknown", None, None]

    def test_a_campaign_of_a_blank_source_is_no_source(self):
        bring("email,source,campaign\na@b.no,web,May\nb@b.no,,web\nc@b.no,,May\n")
        assert list(Source.objects.named().values_list("name", flat=True)) == ["web"]
        found = Lead.objects.order_by("email").values_list("source__name", "campaign__parent__name", "campaign__name")
        assert list(found) == [("web", "web", "May"), (None, "", "web"), (None, "", "May")]
        assert bring("email,source,campaign\nb@b.no,,web\n").counts["unchanged"] == 1

    def test_several_columns_of_one_field_say_the_first_that_is_not_blank(self):
        bring(
            "id,mobile,desk\n1,,+4930123456\n2,+4915123456789,+4930123456\n",
            map={"id": "external_id", "mobile": "phone", "desk": "phone"},
        )
        assert list(Lead.objects.order_by("pk").values_list("phone", flat=True)) == ["+4930123456", "+4915123456789"]

    def test_a_full_name_is_parted(self):
        bring("email,name\na@b.no,Anna Maria Lind\nb@b.no,Cher\n")
        assert list(Lead.objects.order_by("pk").values_list("first_name", "last_name")) == [
            ("Anna Maria", "Lind"),
            ("", "Cher"),
        ]

    def test_a_row_the_database_refuses_takes_no_other_with_it(self):
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE leads_lead ADD CONSTRAINT no_six CHECK (first_name <> 'Person 6')")
        batch = bring(PEOPLE)
        assert counts(batch) == (6, 0, 0, 1)
        number, _column, why = complaints(batch)[0]
        assert (number, why.startswith("The database refused it: ")) == (8, True)

    def test_a_named_owner_gets_them_and_a_refusal_is_kept_with_the_row(self, cleo, ana, dov, north):
        batch = bring("email\na@b.no\n", by=cleo, owner=ana.pk, team=north.pk)
        assert Lead.objects.get().owner == ana
        batch = bring("email\nc@b.no\n", by=cleo, owner=dov.pk, team=north.pk)
        row = batch.batch_rows.get()
        assert (row.result, row.error != "", Lead.objects.get(pk=row.lead_id).status) == ("created", True, "raw")

    def test_as_the_application(self, as_application):
        with as_application(), transaction.atomic():
            assert counts(bring(PEOPLE)) == (7, 0, 0, 0)


class TestStopping:
    def test_goes_on_where_it_ended(self, small_chunks):
        batch = importing.run(read(PEOPLE), AT, lambda batch: False)
        assert (batch.status, batch.done_to, counts(batch), Lead.objects.count()) == ("running", 4, (3, 0, 0, 0), 3)
        batch = importing.run(batch, AT)
        assert (batch.status, counts(batch), Lead.objects.count()) == ("done", (7, 0, 0, 0), 7)

    def test_is_asked_for_between_chunks(self, small_chunks):
        batch = importing.run(read(PEOPLE), AT, lambda batch: importing.cancel(batch, at=AT) and None)
        assert (batch.status, counts(batch), batch.finished_at) == ("cancelled", (3, 0, 0, 0), AT)
        assert importing.run_chunk(batch.pk, at=AT) is False
        assert counts(importing.run(batch, AT)) == (7, 0, 0, 0)

    def test_by_a_crash_leaves_nothing_half_done(self, small_chunks):
        batch = read(PEOPLE)
        importing.start(batch, at=AT)
        importing.run_chunk(batch.pk, at=AT)
        before = everything()
        with patch.object(import_runs, "keep", side_effect=RuntimeError("power cut")), pytest.raises(RuntimeError):
            importing.run_chunk(batch.pk, at=AT)
        batch.refresh_from_db()
        assert (batch.status, batch.done_to, counts(batch)) == ("failed", 4, (3, 0, 0, 0))
        assert batch.error == "Stopped: RuntimeError. What was saved stays; start it again."
        assert everything() == before
        assert counts(importing.run(batch, AT + timedelta(hours=1))) == (7, 0, 0, 0)

    def test_a_batch_that_is_done_stays_done(self):
        batch = bring(PEOPLE)
        assert importing.start(batch, at=AT) is False
        assert importing.run_chunk(batch.pk, at=AT) is False
        assert importing.cancel(batch, at=AT) is False

    def test_asks_the_database_alike_often_for_few_rows_and_many(self, django_assert_max_num_queries):
        for number in (1, 3, 400):
            batch = read("email\n" + "".join(f"n{number}p{n}@x.no\n" for n in range(number)))
            importing.start(batch, at=AT)
            with django_assert_max_num_queries(40):
                importing.run_chunk(batch.pk, at=AT)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("shipped")
class TestTwoJobs:
    def _run(self, batch):
        for _ in range(200):
            importing.run_chunk(batch.pk, at=AT)
            batch = Batch.objects.get(pk=batch.pk)
            if batch.status != "running":
                break

    def test_at_one_batch_do_each_row_once(self, small_chunks):
        batch = read("email\n" + "".join(f"p{n}@x.no\n" for n in range(60)))
        importing.start(batch, at=AT)
        said = at_once(*[partial(self._run, batch)] * 4)
        batch.refresh_from_db()
        assert (said, batch.status, counts(batch)) == ([None] * 4, "done", (60, 0, 0, 0))
        assert (Lead.objects.count(), Event.objects.count()) == (60, 60)

    def test_without_taking_the_batch_would_do_rows_twice(self, small_chunks):
        batch = read("email\n" + "".join(f"p{n}@x.no\n" for n in range(60)))
        importing.start(batch, at=AT)
        with patch.object(QuerySet, "select_for_update", lambda self, *args, **options: self):
            overlapping("leads_identity", *[partial(self._run, batch)] * 4)
        done = list(batch.batch_rows.values_list("result", flat=True))
        assert "unchanged" in done


class TestLeftovers:
    def test_are_given_back_as_they_were_and_can_be_mended_and_sent_again(self):
        batch = bring('email,first name,company\nanna@,Anna,"Lind, Inc"\nok@b.no,Ben,\nx@y.no,Cleo\n')
        lines = list(csv_lines(importing.rejected_file(batch)))
        assert lines == [
            "rejected line,rejected column,rejected because,email,first name,company\r\n",
            '2,email,“anna@” is no address.,anna@,Anna,"Lind, Inc"\r\n',
            '4,,"The row has 2 cells, the header 3.",x@y.no,Cleo\r\n',
        ]
        mended = "".join(lines).replace("anna@,", "anna@nordlicht.no,").replace("x@y.no,Cleo", "x@y.no,Cleo,")
        assert counts(bring(mended)) == (2, 0, 0, 0)
        assert Lead.objects.get(email="anna@nordlicht.no").company == "Lind, Inc"

    def test_come_back_without_the_apostrophes_that_kept_them_harmless_however_often(self):
        names = ["=1+1", "'=1+1", "-2+3", "@sum", "'quoted'", "+4712", "d'Arc"]
        batch = bring("email,first name,phone\n" + "".join(f'bad{n},"{name}",\n' for n, name in enumerate(names)))
        for _ in range(2):
            batch = bring("".join(csv_lines(importing.rejected_file(batch))))
            assert counts(batch) == (0, 0, 0, len(names))
        text = "".join(csv_lines(importing.rejected_file(batch)))

        mended = bring(re.sub(r",bad(\d)", r",p\1@x.no", text))

        assert counts(mended) == (len(names), 0, 0, 0)
        assert list(Lead.objects.order_by("email").values_list("first_name", flat=True)) == names

    def test_an_apostrophe_in_a_file_of_somebody_elses_stays(self):
        bring("email,first name\na@x.no,'=1+1\n")
        assert Lead.objects.get().first_name == "'=1+1"

    @pytest.mark.parametrize(
        ("cell", "kept"),
        [
            ("=1+1", "'=1+1"), ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"), ("-2+3", "'-2+3"), ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("\rx", "'\rx"), ("\nx", "'\nx"), ("-5", "-5"), ("+49151", "+49151"), ("-1,234.50", "-1,234.50"), ("a=b", "a=b"),
            (None, ""), (7, "7"),
        ],
    )  # fmt: skip
    def test_run_no_formula_in_a_spreadsheet(self, cell, kept):
        from accounts.spreadsheets import neutral

        assert neutral(cell) == kept


class TestTheCommand:
    @pytest.fixture
    def run(self, tmp_path, capsys):
        def run(text, *arguments):
            file = tmp_path / "people.csv"
            file.write_bytes(text.encode() if isinstance(text, str) else text)
            call_command("import_leads", str(file), *arguments)
            return capsys.readouterr().out.splitlines()

        return run

    def test_ends_in_one_line_that_sums_to_the_rows(self, run):
        lines = run(PEOPLE + "bad,x,y,\n", "--source", "list")
        assert lines[0] == "people.csv: 8 rows (csv, utf-8, comma)"
        assert lines[-1] == "created=7 updated=0 unchanged=0 rejected=1"
        assert "rejected line 9, column email: “bad” is no address." in lines
        assert run(PEOPLE, "--source", "list")[-1] == "created=0 updated=0 unchanged=7 rejected=0"

    def test_counts_by_source_with_blank_apart_from_unknown(self, run):
        lines = run("id,from\n1,web\n2,web\n3,unknown\n4,\n", "--map", "id=external_id", "--map", "from=source")
        assert [line.split() for line in lines[-5:-1]] == [
            ["source", "rows", "created", "updated", "unchanged"],
            ["web", "2", "2", "0", "0"],
            ["(blank)", "1", "1", "0", "0"],
            ["unknown", "1", "1", "0", "0"],
        ]

    def test_says_which_columns_it_does_not_read(self, run):
        lines = run("email,Quelle,shoe size\na@b.no,web,42\n", "--source", "list")
        assert lines[1:3] == ["columns: email -> email", "not read: Quelle, shoe size"]
        assert "not read" not in "\n".join(run("email\na@b.no\n", "--source", "list"))

    def test_saves_nothing_on_a_dry_run(self, run):
        before = everything()
        assert run(PEOPLE, "--source", "list", "--dry-run")[-1] == "created=7 updated=0 unchanged=0 rejected=0"
        assert everything() == before

    def test_takes_every_option(self, run):
        run(
            "key=x,day\n7,01-02-2018\n", "--map", "key=x=external_id", "--map", "day=created_at", "--source", "fair", "--motion", "plg",
            "--go-to-market", "inbound", "--system", "crm", "--date-order", "mdy",
        )  # fmt: skip
        lead = Lead.objects.get()
        assert (lead.motion, lead.go_to_market, lead.source.name) == ("plg", "inbound", "fair")
        assert lead.created_at == datetime(2018, 1, 2, tzinfo=UTC)
        assert Identity.objects.values_list("system", "value").get() == ("crm", "7")

    def test_writes_the_rejected_rows_where_it_is_told(self, run, tmp_path):
        run("email\nbad\na@b.no\n", "--source", "list", "--rejected", str(tmp_path / "bad.csv"))
        assert (tmp_path / "bad.csv").read_text().splitlines() == [
            "rejected line,rejected column,rejected because,email",
            "2,email,“bad” is no address.,bad",
        ]

    def test_prints_the_first_two_hundred_rejected_rows_and_says_where_the_rest_is(self, run):
        lines = run("email\n" + "bad\n" * 203, "--source", "list")
        assert sum(line.startswith("rejected line") for line in lines) == 200
        assert "and 3 more; --rejected FILE writes them all" in lines

    @pytest.mark.parametrize(
        ("text", "arguments", "words"),
        [
            ("", [], "people.csv: This file is empty. Nothing was saved."),
            ("email\n", [], "people.csv: This file has a header and no rows. Nothing was saved."),
            (
                "email\na@b.no\n",
                [],
                "people.csv: Say where these leads come from: a source for all of them, or the column that holds it.",
            ),
            (
                "email,day\na@b.no,01-02-2018\n",
                ["--source", "x", "--map", "day=created_at"],
                "people.csv: Column “day”: “01-02-2018”",
            ),
            ("email\na@b.no\n", ["--source", "x", "--map", "mail=email"], "people.csv: There is no column “mail”."),
        ],
    )
    def test_says_what_is_wrong_and_saves_nothing(self, run, text, arguments, words):
        before = everything()
        with pytest.raises(CommandError) as problem:
            run(text, *arguments)
        assert str(problem.value).startswith(words)
        assert everything() == before

    def test_names_a_file_that_is_not_there(self):
        with pytest.raises(CommandError, match=r"nowhere\.csv cannot be opened: No such file"):
            call_command("import_leads", "nowhere.csv")

    def test_refuses_a_map_without_a_field(self):
        with pytest.raises(CommandError, match="is not column=field"):
            call_command("import_leads", "x.csv", "--map", "email")
