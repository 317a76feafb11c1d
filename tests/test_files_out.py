"""No file that leaves the house holds a cell that a spreadsheet runs as a formula (SAFE-2): every door that hands one out."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.conf import settings

from accounts import clock, ownership
from accounts.models import Batch
from leads import assignment, tasks, touches
from leads.models import Source
from meetings import closing
from reporting.metrics import METRICS
from reporting.reports import GROUPS
from tests.factories import AccountFactory, LeadFactory, opportunity_of, put
from tests.pages.test_imports import mapped, upload

pytestmark = pytest.mark.django_db
NASTY = (
    "=1+1",
    "+SUM(A1)",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "'=1+1",
    '=HYPERLINK("//x")',
)
NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*")
HOUR = timedelta(hours=1)


def cells_of(answer) -> list[str]:
    """Read a file as a spreadsheet would: no cell may begin as a formula does, save a number."""
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    text = b"".join(answer.streaming_content).decode()
    return [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]


def formulas(cells: list[str]) -> list[str]:
    return [cell for cell in cells if cell[:1] in tuple("=+-@\t\r\n") and not NUMBER.fullmatch(cell)]


def test_what_is_looked_for_here_is_found_where_it_is():
    assert formulas([*NASTY, "-12.5", "+1", "Marta", "", "'=1+1"]) == [cell for cell in NASTY if cell[0] != "'"]


def test_the_audience_holds_no_formula(house, client_of):
    for number, words in enumerate(NASTY):
        LeadFactory(first_name=words, last_name=words, company=words, title=words, email=f"a{number}@a.example")

    cells = cells_of(client_of(house.mark).get("/audience/file/"))

    assert formulas(cells) == []
    assert sum("SUM(A1)" in cell for cell in cells) == 4


@pytest.mark.parametrize("name", [name for _group, names in GROUPS for name in names])
def test_no_report_holds_a_formula_whoever_is_called_what(house, client_of, name):
    at = clock.now() - HOUR
    for person, words in zip((house.ana, house.ben, house.dov), NASTY, strict=False):
        person.name = words
        person.save()
        source = Source.objects.create(name=words)
        lead = LeadFactory(source=source, status_since=at, created_at=at, recorded_at=at, segment=words, region=words)
        lead = assignment.assign([lead], to=person, by=None, at=at).lead
        touches.log([lead], channel="call", outcome="interested", by=person, at=at + HOUR / 2)
    client, seen = client_of(house.rita), []

    for by in ("", "rep", "source", "segment", "region", "team"):
        if by and METRICS[name].relation.dimension(by) is None:
            continue  # it is not told apart by that, and says so
        cells = cells_of(client.get(f"/reports/{name}/file/", {"by": by} if by else {}))
        assert formulas(cells) == []
        seen += cells
    if name == "assignment":
        assert "'=1+1" in seen  # the names stand in the file, made harmless


@pytest.mark.parametrize("name", ["mine", "two", "pay"])
def test_no_figures_of_people_hold_a_formula_whoever_is_called_what(house, client_of, name):
    at, deals = clock.now() - HOUR, AccountFactory(name=NASTY[0])
    for person, words in zip((house.ana, house.ben), NASTY, strict=False):
        person.name = words
        person.save()
    sale = opportunity_of(put(LeadFactory(account=deals), "working", owner=house.ana, at=at), at=at + HOUR / 4)
    ownership.change([sale], "development_owner", to=house.ana, by=None, at=at + HOUR / 3)
    closing.win(sale, by=house.root, at=at + HOUR / 2)

    asked = {"left": house.ana.pk, "right": house.ben.pk} if name == "two" else {}
    cells = cells_of(client_of(house.cleo if name == "mine" else house.rita).get(f"/reports/{name}/file/", asked))

    assert formulas(cells) == []
    assert len(cells) > 20
    assert name == "mine" or "'=1+1" in cells


def test_the_rows_that_an_import_refused_hold_no_formula(house, client_of, rung):
    client, file = client_of(house.cleo), io.StringIO()
    csv.writer(file).writerows([["Email", "First", "Origin"], *([words, words, words] for words in NASTY)])
    upload(client, file.getvalue())
    mapped(client)
    batch = Batch.objects.get()
    client.post(f"/imports/{batch.pk}/run/")
    for _name, pk in rung:
        tasks.run_import(pk)

    cells = cells_of(client.get(f"/imports/{batch.pk}/rejected/"))

    assert formulas(cells) == []
    assert "'@SUM(1+1)" in cells


def test_every_door_that_hands_out_a_file_goes_through_the_one_that_makes_it_harmless():
    apps = ("accounts", "leads", "meetings", "reporting", "leadops")
    texts = {path: path.read_text() for app in apps for path in (settings.BASE_DIR / app).rglob("*.py")}
    answers = {
        str(path.relative_to(settings.BASE_DIR)): text.count('content_type="text/csv') for path, text in texts.items()
    }
    harmless = {
        str(path.relative_to(settings.BASE_DIR)): text.count("StreamingHttpResponse(csv_lines(")
        for path, text in texts.items()
    }

    assert {name for name, number in answers.items() if number} == {
        "leads/views/imports.py", "leads/views/marketing.py", "reporting/views/people.py", "reporting/views/reports.py",
    }  # fmt: skip
    assert answers == harmless
