"""Somebody else's history, in the very columns that Olist published: every figure of page, file and API is computed here once more from
the files, whichever way they came in. `./run chaos olist` does the same over the real ones, which are not ours to keep."""

import csv
import io
import random
from collections import Counter
from datetime import date, timedelta
from statistics import mean, median

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from accounts import clock
from accounts.models import Batch, Event, User
from leadops import invariants
from leadops.chaos import olist
from leads.models import Identity, Lead
from meetings import tasks
from reporting import counting

pytestmark = pytest.mark.django_db
ORIGINS = ("organic_search", "paid_search", "social", "unknown", "", "email")
LEADS = ("mql_id", "first_contact_date", "landing_page_id", "origin")
DEALS = (
    "mql_id", "seller_id", "sdr_id", "sr_id", "won_date", "business_segment", "lead_type", "lead_behaviour_profile", "has_company",
    "has_gtin", "average_stock", "business_type", "declared_product_catalog_size", "declared_monthly_revenue",
)  # fmt: skip
DURING = "first=2017-06-01&last=2018-12-31"


def day_of(lead: dict) -> date:
    return date.fromisoformat(lead["first_contact_date"])


def made_up() -> tuple[list[dict], list[dict]]:
    """Make two files up, with what is wrong in such files. Sales late in the evening are of the day that the file says."""
    rng = random.Random("olist")
    leads = [
        {"mql_id": f"{number:032x}", "first_contact_date": str(date(2017, 6, 14) + timedelta(days=rng.randrange(300))),
         "landing_page_id": f"{rng.randrange(9):032x}", "origin": rng.choice(ORIGINS)}
        for number in range(70)
    ]  # fmt: skip
    deals = [
        dict.fromkeys(DEALS, "") | {
            "mql_id": lead["mql_id"], "seller_id": f"{number:031x}5", "sdr_id": f"dev{rng.randrange(5):029x}",
            "sr_id": f"opp{rng.randrange(3):029x}", "business_segment": "pet", "declared_monthly_revenue": "0.0",
            "won_date": f"{day_of(lead) + timedelta(days=rng.randrange(90))} {rng.randrange(24):02}:45:12",
        }
        for number, lead in enumerate(leads[:30])
    ]  # fmt: skip
    deals[3]["won_date"] = str(day_of(leads[3]) - timedelta(days=2)) + " 19:38:55"
    deals[4]["won_date"] = deals[4]["won_date"][:10] + " 23:59:59"
    deals[5]["sdr_id"] = ""
    deals[6]["seller_id"] = ""
    deals[7]["sr_id"] = deals[7]["sdr_id"]
    deals[8]["won_date"] = ""
    deals.append(deals[9])
    deals.append(deals[10] | {"mql_id": "f" * 32, "seller_id": "f" * 32})
    leads.append(leads[11] | {"origin": "display"})
    return leads, deals


def text_of(columns: tuple, rows: list[dict]) -> str:
    file = io.StringIO()
    writer = csv.DictWriter(file, columns)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


@pytest.fixture
def files(tmp_path):
    for name, columns, rows in zip(("leads", "deals"), (LEADS, DEALS), made_up(), strict=True):
        (tmp_path / f"{name}.csv").write_text(text_of(columns, rows), newline="")
    return tmp_path / "leads.csv", tmp_path / "deals.csv"


def by_command(files, _page) -> str:
    said = io.StringIO()
    call_command(
        "import_history", leads=str(files[0]), opportunities=str(files[1]), go_to_market="inbound", stdout=said
    )
    return said.getvalue()


def by_pages(files, page) -> str:
    sent = {
        kind: SimpleUploadedFile(path.name, path.read_bytes())
        for kind, path in zip(("leads", "opportunities"), files, strict=True)
    }
    step = page.post("/history/new/", sent | {"go_to_market": "inbound"})["Location"]
    batch = Batch.objects.get(kind="past leads")
    columns = {
        f"{file.pk}-{place}": file.options["map"].get(column, "")
        for file in Batch.objects.filter(options__history=batch.pk)
        for place, column in enumerate(file.header)
    }
    assert page.post(step, columns | {"go_to_market": "inbound"}).status_code == 302
    looked = page.get(f"/history/{batch.pk}/").content.decode()
    page.post(f"/history/{batch.pk}/run/")
    tasks.run_history(batch.pk)
    done = page.get(f"/history/{batch.pk}/").content.decode()
    assert "Leads by source" in looked
    return done


def expected() -> dict:
    """Compute the figures from the rows: who was won counts once, a sale once, what has no company or no date not at all."""
    leads, deals = made_up()
    first = {}
    for lead in leads:
        if lead["mql_id"] not in first:
            first[lead["mql_id"]] = lead
    good, wins = [], {}
    for deal in deals:
        if deal["mql_id"] in first and deal["seller_id"] and deal["won_date"] and deal not in good:
            good.append(deal)
            wins[deal["mql_id"]] = deal["won_date"]
    days = [date.fromisoformat(won[:10]).toordinal() - day_of(first[key]).toordinal() for key, won in wins.items()]
    return {
        "leads": Counter(lead["origin"] for lead in first.values()),
        "won": Counter(first[key]["origin"] or "no source" for key in wins),
        "median": median(days),
        "mean": mean(days),
        "early": [key for key, won in wins.items() if won < first[key]["first_contact_date"]],
        "development": Counter(deal["sdr_id"] or deal["sr_id"] for deal in good),
        "closing": Counter(deal["sr_id"] for deal in good),
    }


def lines(page, name: str, by: str) -> dict[str, dict]:
    """Ask page, file and API for a report, and return the lines of the API once all three agree."""
    answer = page.get(f"/reports/{name}/?{DURING}&by={by}").context["answer"]
    told = page.get(f"/api/v1/reports/{name}/?{DURING}&by={by}").json()
    text = b"".join(page.get(f"/reports/{name}/file/?{DURING}&by={by}").streaming_content).decode()
    file = list(csv.reader(io.StringIO(text)))[2:-1]
    api = {
        line["label"]: {f["measure"]: f for f in line["figures"]}
        for line in (told["total"] | {"label": "All"}, *told["lines"])
    }
    assert [row[0] for row in file] == list(api)
    for line, row in zip((answer.total, *answer.lines), file, strict=True):
        said = iter(row[1:])
        for measure in answer.metric.measures:
            cell, figure = line.cells[measure.name], api[line.label or "All"][measure.name]
            value = next(said)
            assert (cell.n, cell.of) == (figure["n"], figure["of"])
            assert [
                float(value or -1),
                *(int(next(said)) for _ in range({"count": 0, "share": 2}.get(measure.how, 1))),
            ] == [
                pytest.approx(-1 if figure["value"] is None else figure["value"], abs=1e-6),
                *{"count": [], "share": [cell.n, cell.of]}.get(measure.how, [cell.n]),
            ]
            assert figure["value"] == (None if cell.value is None else float(cell.value))
    return api


def counter(api: dict, measure: str) -> Counter:
    return Counter({label: line[measure]["n"] for label, line in api.items() if label != "All" and line[measure]["n"]})


@pytest.mark.parametrize("bring", [by_command, by_pages])
def test_every_figure_is_as_in_the_files_whichever_way_they_came(house, client_of, files, bring):
    page, plain = client_of(house.rita), expected()

    bring(files, page)

    funnel, of_rep, of_closer = (
        lines(page, "funnel", "source"), lines(page, "cohorts", "rep"), lines(page, "cohorts", "opportunity_owner"),
    )  # fmt: skip
    total = funnel["All"]
    early = page.get(f"/reports/funnel/rows/?{DURING}&by=all&measure=wrong_dates").context["page"]
    assert Counter(name or "" for name in Lead.objects.values_list("source__name", flat=True)) == plain["leads"]
    assert counter(funnel, "won") == plain["won"]
    assert (total["days_to_won"]["value"], total["days_to_won_mean"]["value"]) == (
        plain["median"],
        pytest.approx(plain["mean"]),
    )
    assert (
        (total["won"]["value"], total["wrong_dates"]["value"]) == (plain["won"].total(), len(plain["early"])) == (28, 1)
    )
    # worked: who was won, and whose deal is told of though it names no company
    assert (total["worked"]["n"], total["qualified"]["n"], total["time_to_work"]["value"]) == (29, 28, None)
    assert [Identity.objects.get(lead=row[0], kind="external").value for row in early.rows] == plain["early"]
    assert counter(of_rep, "won") == counter(of_rep, "sourced") == plain["development"]
    assert counter(of_closer, "won") == plain["closing"]
    assert (len(plain["development"]), len(plain["closing"]), "" in plain["leads"], "unknown" in plain["leads"]) == (
        6,
        4,
        True,
        True,
    )
    assert set(User.objects.filter(name__regex="^(dev|opp)0").values_list("is_active", flat=True)) == {False}
    assert invariants.broken() == {}


def test_what_moved_then_is_no_move_of_today_on_the_clock(house, client_of, files):
    by_command(files, client_of(house.rita))
    at = clock.now()
    days = at.date() - timedelta(days=2), at.date() + timedelta(days=2)

    assert Event.objects.filter(kind="transition", move="qualify", recorded_at__gt=at - timedelta(days=1)).count() > 9
    assert [
        (move, number)
        for move, number in counting.moves_now(*days, at)
        if move.startswith(("assigned", "working", "raw"))
    ] == []


def test_what_is_wrong_in_the_files_is_told_line_by_line(house, client_of, files):
    page = client_of(house.rita)

    said = by_command(files, page)
    shown = page.get(f"/history/{Batch.objects.get(kind='past leads').pk}/").content.decode()

    for words in (
        "line 8, column seller_id: It names no company: give an account or a domain, or the lead's own company.",
        "line 10, column won_date: It does not say when: created, at a stage, or closed.",
        f"line 33, column mql_id: No lead is known as “{'f' * 32}”.",
    ):
        assert f"deals.csv, rejected {words}" in said
    assert "leads: created=70 updated=1 unchanged=0 rejected=0\n" in said
    assert said.endswith("opportunities: created=28 updated=0 unchanged=1 rejected=3\n")
    assert "Leads by source" in shown


def test_the_proof_says_every_figure_and_finds_the_one_that_is_not_so(house, files):
    said, wrong = [], []

    assert olist.main(said.append, leads=files[0], opportunities=files[1]) is True

    doors = olist.asked(house.rita, olist.plain(*files))
    files[1].write_text(files[1].read_text().replace("dev", "nobody", 1), newline="")
    assert olist.compare(wrong.append, olist.plain(*files), doors) is False
    assert (
        said[0]
        == "brought over: leads created=70 updated=1 unchanged=0 rejected=0, opportunities created=28 updated=0 unchanged=1 rejected=3"
    )
    assert said[-3] == "10 figures, 0 not as in the files"
    assert wrong[-1] == "10 figures, 1 not as in the files"


def test_the_proof_is_not_asked_without_its_files():
    with pytest.raises(CommandError, match="olist needs its files"):
        call_command("chaos", "olist")
