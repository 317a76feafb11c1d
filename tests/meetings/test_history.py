"""History brought over (IN-4): told as if it had happened here, told twice it is one, taken back it is gone, and wrong rows say why."""

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Account, Batch, Event, Message, Opportunity, Product, User
from leadops import invariants
from leads import touches
from leads.import_batches import Problem, rejected
from leads.models import Cycle, Identity, Lead, Spell, Touch
from meetings.history import looking, reading, runs, undoing
from meetings.models import Meeting

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

LEADS = """id,created,origin,company,email,owner,status,ended_at,reason
a1,2026-01-05,fair,Fjord AS,anna@fjord.example,ana,,,
a2,2026-01-06,fair,Brecon Ltd,bo@brecon.example,,,,
a3,2026-01-07,web,Alder SA,cy@alder.example,Gone Person,unqualified,2026-01-20,not_a_prospect
a4,2026-01-08,web,Kettle GmbH,di@kettle.example,,,,
"""
SALES = """mql_id,account,sdr,ae,created_at,won_date,lost_at,loss_reason,amount,stage:Pipeline
a1,Fjord AS,ana,eva,2026-02-01,2026-03-15,,,"12,500.00",2026-02-20
a4,Kettle GmbH,Former Rep,finn,,2026-01-06,,,900,
a2,Brecon Ltd,ben,eva,2026-02-01,,2026-02-10,,100,
"""
TOUCHES = """lead,date,type,result,user,comment
a1,2026-01-05 09:00,call,No answer,ana,
a1,2026-01-06 10:00,email,interested,ana,They liked it
a9,2026-01-06 10:00,email,sent,ana,
"""


def files(leads=LEADS, opportunities=SALES, touches=TOUCHES, meetings=""):
    texts = {"leads": leads, "opportunities": opportunities, "touches": touches, "meetings": meetings}
    return {kind: (io.BytesIO(text.encode()), f"{kind}.csv") for kind, text in texts.items() if text}


OPTIONS = {"map": {"leads": {"id": "external_id"}}, "go_to_market": "inbound", "product": "Suite"}


def told(at=NOW, by=None, **texts):
    batches = reading.read(files(**texts), by=by, at=at, options=OPTIONS)
    return runs.run(batches[0], at=at)


def lead(number: str) -> Lead:
    return Identity.objects.get(kind="external", system="csv", value=number, is_live=True).lead


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_lead_that_was_won_has_its_round_its_touches_and_its_sale_at_their_moments(house):
    told()

    anna = lead("a1")
    cycle, sale = Cycle.objects.get(lead=anna), Opportunity.objects.get(account__name="Fjord AS")
    assert (anna.status, anna.development_owner, anna.owner) == ("qualified", house.ana, house.eva)
    assert (cycle.assigned_at, cycle.first_touch_at, cycle.outcome) == (
        day("2026-01-05"),
        day("2026-01-05T09:00"),
        "qualified",
    )
    assert (cycle.touches, cycle.first_touch_by, cycle.opportunity) == (2, house.ana, sale)
    assert (sale.created_at, sale.pipeline_at, sale.closed_at) == (
        day("2026-02-01"),
        day("2026-02-20"),
        day("2026-03-15"),
    )
    assert (sale.amount, sale.currency, sale.product.name, sale.status) == (Decimal("12500.00"), "EUR", "Suite", "won")
    assert (sale.development_owner, sale.opportunity_owner) == (house.ana, house.eva)
    assert cycle.ended_at == sale.qualified_at == day("2026-02-20")  # pipeline stands after the qualifying stage
    moves = list(Event.objects.filter(lead_id=anna.pk, kind="transition").order_by("pk").values_list("move", "at"))
    assert moves == [("assign", day("2026-01-05")), ("start", day("2026-01-05T09:00")), ("qualify", day("2026-02-20"))]
    assert set(Event.objects.values_list("recorded_at", flat=True)) == {NOW}


def test_a_deal_won_before_its_first_contact_is_kept_as_it_is(house):
    told()

    sale, cycle = Opportunity.objects.get(account__name="Kettle GmbH"), Cycle.objects.get(lead=lead("a4"))
    assert sale.closed_at - lead("a4").created_at == -timedelta(days=2)
    assert (cycle.assigned_at, cycle.outcome, cycle.first_touch_at, cycle.touches) == (
        day("2026-01-08"),
        "qualified",
        None,
        0,
    )


MEETINGS = """lead,start,end,outcome,reason,host,booked by,booked at
a2,2026-01-12 10:00,2026-01-12 10:30,No show,,eva,ana,2026-01-08 09:00
a2,2026-01-19 10:00,2026-01-19 10:30,Completed - qualified,,eva,ana,2026-01-12 11:00
a1,2026-02-20 09:00,,held,,eva,ana,
a4,2026-01-09 09:00,,completed,,finn,,
"""


def test_meetings_have_their_ends_and_their_credit_and_open_the_sale_that_no_file_tells_of(house):
    leading = told(
        meetings=MEETINGS,
        opportunities=SALES.replace("a2,", "a1,Another,ben,eva,2026-04-01,2026-05-01,,,1,\n#").split("#")[0],
    )

    sale = Opportunity.objects.get(account__name="Brecon Ltd")
    no_show, held = Meeting.objects.filter(lead=lead("a2")).order_by("starts_at")
    cycle = Cycle.objects.get(lead=lead("a2"))
    assert (sale.status, sale.stage.is_qualifying, sale.created_at) == ("open", True, day("2026-01-08T09:00"))
    assert (no_show.status, no_show.is_credited, no_show.owner) == ("no_show", False, house.eva)
    assert (held.status, held.is_credited, held.sourced_by, held.disposed_at) == (
        "qualified", True, house.ana, day("2026-01-19T10:30"),
    )  # fmt: skip
    assert (cycle.outcome, cycle.ended_at, cycle.first_touch_at) == (
        "qualified",
        day("2026-01-19T10:00"),
        day("2026-01-08T09:00"),
    )
    assert cycle.touches == 3
    assert {row.error for batch in reading.files_of(leading) for row in rejected(batch)} == {
        "No lead is known as “a9”."
    }
    assert invariants.broken() == {}


def test_who_is_not_here_any_more_is_a_former_colleague_who_keeps_the_credit(house):
    before = User.objects.count()

    told()

    former = User.objects.get(name="Former Rep")
    assert User.objects.count() == before + 2
    assert (former.is_active, former.has_usable_password(), former.role) == (False, False, "sdr")
    assert Opportunity.objects.get(account__name="Kettle GmbH").development_owner == former
    assert Spell.objects.get(lead=lead("a3")).owner.name == "Gone Person"


def test_ends_without_a_sale_follow_their_reason(house):
    told()

    ended = lead("a3")
    assert (ended.status, ended.reason.code, ended.owner) == ("unqualified", "not_a_prospect", None)
    assert Cycle.objects.get(lead=ended).ended_at == day("2026-01-20")


def test_nobody_is_told_and_the_data_is_sound(house):
    told()

    assert Message.objects.count() == 0
    assert invariants.broken() == {}


def test_a_row_that_names_nobody_known_is_rejected_with_its_line_and_the_others_are_taken(house):
    leading = told()

    of_touches = reading.files_of(leading)[1]
    assert [(row.number, row.error) for row in rejected(of_touches)] == [(4, "No lead is known as “a9”.")]
    assert of_touches.counts == {"created": 2, "updated": 0, "unchanged": 0, "rejected": 1}
    assert Touch.objects.count() == 2


def test_told_again_it_is_unchanged(house):
    told()
    before = (Event.objects.count(), Opportunity.objects.count(), Touch.objects.count(), User.objects.count())

    leading = told(NOW + timedelta(days=1))

    counts = {reading.kind_of(batch): batch.counts for batch in reading.files_of(leading)}
    assert counts["leads"] == {"created": 0, "updated": 0, "unchanged": 4, "rejected": 0}
    assert counts["opportunities"]["unchanged"] == 3
    assert counts["touches"] == {"created": 0, "updated": 0, "unchanged": 2, "rejected": 1}
    assert (Event.objects.count(), Opportunity.objects.count(), Touch.objects.count(), User.objects.count()) == before


def test_a_row_that_stands_twice_in_a_file_is_told_once(house):
    head, *rows = TOUCHES.splitlines()
    leading = told(touches="\n".join([head, rows[0], *rows]))

    counts = {reading.kind_of(batch): batch.counts for batch in reading.files_of(leading)}
    assert counts["touches"] == {"created": 2, "updated": 0, "unchanged": 1, "rejected": 1}
    assert Cycle.objects.get(lead=lead("a1")).touches == 2


def test_a_life_that_began_here_is_not_rewritten(house):
    told(opportunities="", touches="")
    touches.log([lead("a1")], channel="call", outcome="interested", by=house.ana, at=NOW)
    kept = Cycle.objects.get(lead=lead("a1")).first_touch_at

    leading = told(NOW + timedelta(days=1), leads="", opportunities="")

    assert [row.error for row in rejected(leading)][:2] == [
        "They have a life here already, which is not rewritten."
    ] * 2
    assert Cycle.objects.get(lead=lead("a1")).first_touch_at == kept


def test_a_look_says_of_who_has_a_life_here_what_the_run_does(house):
    """What is known is unchanged, what is new about them is rejected with that reason: before anything is saved, and then."""
    told()
    again = TOUCHES + "a1,2026-01-09 10:00,call,interested,ana,\na4,2026-01-09 10:00,call,interested,ana,\n"
    batches = reading.read(files(touches=again), by=None, at=NOW, options=OPTIONS)

    looked = {
        reading.kind_of(batch): dict(counts) for batch, counts in looking.check(batches[0], at=NOW)["files"].items()
    }
    said = [(row.number, row.error) for batch in batches for row in rejected(batch)]
    leading = runs.run(batches[0], at=NOW + timedelta(days=1))

    did = {
        reading.kind_of(batch): {name: n for name, n in batch.counts.items() if n}
        for batch in reading.files_of(leading)
    }
    assert {kind: {name: n for name, n in counts.items() if n} for kind, counts in looked.items()} == did
    assert [(row.number, row.error) for batch in reading.files_of(leading) for row in rejected(batch)] == said
    assert did["touches"] == {"unchanged": 2, "rejected": 3}


def test_taken_back_whole_all_is_gone_but_who_was_worked_since(house):
    leading = told()
    worked = lead("a2")
    touches.log([worked], channel="call", outcome="interested", by=house.rita, at=NOW + timedelta(hours=1))

    done = undoing.undo(leading, by=house.rita, at=NOW + timedelta(hours=2))

    assert {name: done.options["undo"][name] for name in ("gone", "kept", "sales", "done")} == {
        "gone": 3, "kept": 1, "sales": 2, "done": True,
    }  # fmt: skip
    assert list(Lead.objects.filter(gone_as="").values_list("pk", flat=True)) == [worked.pk]
    assert set(Cycle.objects.exclude(lead=worked).values_list("outcome", flat=True)) == {"void"}
    assert list(Account.objects.live().values_list("name", flat=True)) == ["Brecon Ltd"]
    assert invariants.broken() == {}
    again = told(NOW + timedelta(days=1))
    assert reading.files_of(again)[0].counts["created"] == 3


def test_a_part_that_fails_is_not_half_told_and_goes_on(house, monkeypatch):
    batches = reading.read(files(), by=None, at=NOW, options=OPTIONS)
    runs.start(batches[0], at=NOW)
    while runs.run_chunk(batches[0].pk, at=NOW) and reading.files_of(batches[0])[0].options["phase"] != "tell":
        pass

    def fails(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr(runs.telling, "_end", fails)
    with pytest.raises(ZeroDivisionError):
        runs.run_chunk(batches[0].pk, at=NOW)
    stopped = reading.files_of(batches[0])[0]
    assert (stopped.status, stopped.error) == (
        "failed",
        "Stopped: ZeroDivisionError. What was saved stays; start it again.",
    )
    assert (Cycle.objects.count(), Opportunity.objects.count()) == (0, 0)
    monkeypatch.undo()

    runs.run(stopped, at=NOW)

    assert (Cycle.objects.count(), Opportunity.objects.count()) == (4, 3)


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        ({"opportunities": "mql_id,won_date\na1,2026-13-45\n"}, "“2026-13-45” is no date."),
        (
            {"opportunities": "mql_id,won_date\na1,2030-01-01\n"},
            "“2030-01-01” is in the future; history is what has been.",
        ),
        ({"opportunities": "mql_id,amount\na1,5\n"}, "It does not say when: created, at a stage, or closed."),
        ({"opportunities": "mql_id,won_date,amount\na1,2026-02-02,much\n"}, "“much” is no amount."),
        ({"touches": "lead,date\na1,\n"}, "It does not say when."),
    ],
)
def test_a_bad_row_says_which_column_and_why(house, texts, says):
    leading = told(**{"opportunities": "", "touches": ""} | texts)

    assert [row.error for batch in reading.files_of(leading)[1:] for row in rejected(batch)] == [says]


def test_a_file_that_cannot_be_understood_leaves_nothing(house):
    batches = reading.read(files(opportunities="whom,when\nx,y\n"), by=None, at=NOW, options=OPTIONS)

    with pytest.raises(Problem, match="say which column holds “lead”"):
        runs.run(batches[0], at=NOW)

    assert (Lead.objects.count(), Batch.objects.get(pk=batches[0].pk).status) == (0, "read")


def test_the_command_refuses_a_file_whose_needed_column_was_not_said_and_keeps_nothing(house, tmp_path):
    (tmp_path / "calls.csv").write_text("whom,date\na1,2026-01-05\n")

    with pytest.raises(CommandError) as refused:
        call_command("import_history", touches=str(tmp_path / "calls.csv"))

    words = "calls.csv: say which column holds “lead”. (--map-touches) Nothing was saved."
    assert (str(refused.value), Batch.objects.count()) == (words, 0)


def test_the_command_says_what_would_happen_and_then_what_did(house, tmp_path, capsys):
    (tmp_path / "leads.csv").write_text(LEADS)
    (tmp_path / "deals.csv").write_text(SALES)
    asked = [
        "--leads",
        str(tmp_path / "leads.csv"),
        "--opportunities",
        str(tmp_path / "deals.csv"),
        "--map-leads",
        "id=external_id",
    ]

    call_command("import_history", *asked, "--dry-run")
    looked = capsys.readouterr().out
    kept = Lead.objects.count()
    call_command("import_history", *asked)

    out = capsys.readouterr().out
    assert kept == 0
    assert "2 people who are not here would become former colleagues, switched off: Former Rep, Gone Person" in looked
    assert (
        "leads: created=4 updated=0 unchanged=0 rejected=0\nopportunities: created=3 updated=0 unchanged=0 rejected=0"
        in looked
    )
    assert out.endswith(
        "leads: created=4 updated=0 unchanged=0 rejected=0\nopportunities: created=3 updated=0 unchanged=0 rejected=0\n"
    )
    with pytest.raises(CommandError, match="cannot be opened"):
        call_command("import_history", "--leads", str(tmp_path / "nothing.csv"))
    assert Product.objects.filter(name="Brought over").count() == 1
