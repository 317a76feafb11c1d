"""Somebody else's history, brought over and counted twice: by the reports' page, file and API, and plainly from the files (IN-4).

`./run chaos olist --leads F --opportunities F` takes two files as Olist published its own: who was first in touch when and from where, and
which of them were won when, by whom. Not one figure may differ. The files are the caller's: none is kept here.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime
from html import unescape
from pathlib import Path
from statistics import mean, median

from django.conf import settings
from django.core.management import call_command
from django.test import Client

from accounts.models import Batch, User
from leadops import invariants
from leads.models import Identity, Lead
from meetings.history import reading

NOBODY = "no source"  # what reports call a blank origin
Figures = dict[str, object]
LINE = re.compile(r'<tr role="row"[^>]*><th role="rowheader" scope="row">(.*?)</th>(.*?)</tr>', re.DOTALL)
CELL = re.compile(r'<td role="cell" data-label="(.*?)"[^>]*><span>(.*?)</span></td>', re.DOTALL)


def main(say: Callable[[str], None], *, leads: Path, opportunities: Path) -> bool:
    """Bring the two files over, ask every door for every figure, say each; return whether all are as in the files."""
    call_command("collectstatic", interactive=False, verbosity=0)
    files = plain(leads, opportunities)
    taken = bring(leads, opportunities)
    say("brought over: " + ", ".join(f"{kind} {count}" for kind, count in taken.items()))
    root = User.objects.create_superuser("chaos-root", name="Chaos root")
    doors = asked(root, files)
    is_same = compare(say, files, doors)
    again = bring(leads, opportunities)
    say("brought over again: " + ", ".join(f"{kind} {count}" for kind, count in again.items()))
    changed = [kind for kind, count in again.items() if not count.startswith("created=0 updated=0")]
    broken = invariants.broken()
    say(f"rules of the data that do not hold: {len(broken)}")
    return is_same and not changed and not broken


def plain(leads: Path, deals: Path) -> Figures:
    """Compute every figure from the files alone: of two rows of one lead, or of one sale, the first counts."""
    people: dict[str, dict] = {}
    for row in _rows(leads):
        people.setdefault(row["mql_id"], row)
    known = [row for row in _rows(deals) if row["mql_id"] in people and row["seller_id"] and row["won_date"]]
    sold: dict[str, dict] = {}
    for row in sorted(known, key=lambda row: row["won_date"]):
        sold.setdefault(row["mql_id"], row)
    days = {key: (_day(row["won_date"]) - _day(people[key]["first_contact_date"])).days for key, row in sold.items()}
    first = [_day(row["first_contact_date"]) for row in people.values()]
    sales = list({(row["seller_id"], row["won_date"]): row for row in reversed(known)}.values())
    won = [_day(row["won_date"]) for row in known]
    early = [key for key, row in sold.items() if _moment(row["won_date"]) < _moment(people[key]["first_contact_date"])]
    return {
        "leads by origin": Counter(row["origin"] or NOBODY for row in people.values()),
        "won by origin": Counter(people[key]["origin"] or NOBODY for key in sold),
        "won": len(sold),
        "days to won, median": median(days.values()),
        "days to won, mean": round(mean(days.values()), 6),
        "data errors": len(early),
        "who they are": sorted(early),
        "won by development owner": Counter(row["sdr_id"] or row["sr_id"] for row in sales),
        "won by opportunity owner": Counter(row["sr_id"] or "nobody" for row in sales),
        "won of origin, by sale": Counter(people[row["mql_id"]]["origin"] or NOBODY for row in sales),
        "first contacts": (min(first), max(first)),
        "sales": (min(won), max(won)),
    }


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _day(text: str) -> date:
    return _moment(text).date()


def bring(leads: Path, opportunities: Path) -> dict[str, str]:
    """Bring the files over by the command, and say of each kind what became of its rows."""
    last = Batch.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    call_command(
        "import_history",
        leads=str(leads),
        opportunities=str(opportunities),
        go_to_market="inbound",
        stdout=io.StringIO(),
    )
    batches = Batch.objects.filter(pk__gt=last).order_by("pk")
    order = ("created", "updated", "unchanged", "rejected")
    return {reading.kind_of(b): " ".join(f"{name}={b.counts[name]}" for name in order) for b in batches}


def asked(root: User, files: Figures) -> dict[str, Figures]:
    """Ask page, file and API for the same figures, and the database for who is here."""
    client = Client(SERVER_NAME=settings.ALLOWED_HOSTS[0].lstrip(".") if settings.ALLOWED_HOSTS else "localhost")
    client.force_login(root)

    def get(path: str, days: tuple[date, date], **more) -> object:
        said = {"first": days[0].isoformat(), "last": days[1].isoformat()} | more
        answer = client.get(path, said, secure=settings.SECURE_SSL_REDIRECT)
        if answer.status_code != 200:
            raise RuntimeError(f"{path} answered {answer.status_code}")
        return answer

    here = Lead.objects.filter(gone_as="").values_list("source__name", flat=True)
    doors = {"database": {"leads by origin": Counter(name or NOBODY for name in here)}}
    for door, read in (("page", _of_page), ("file", _of_file), ("API", _of_api)):
        funnel = read(get, "funnel", files["first contacts"], "source")
        of = {by: read(get, "cohorts", files["sales"], by) for by in ("rep", "opportunity_owner", "source")}
        total = funnel.pop("All")
        doors[door] = {
            "won by origin": _counter(funnel, "Won"), "won": total["Won"], "days to won, median": total["Median days to won"],
            "days to won, mean": total["Mean days to won"], "data errors": total["Data errors"],
            "won by development owner": _counter(of["rep"], "Sourced"),
            "won by opportunity owner": _counter(of["opportunity_owner"], "Sourced"),
            "won of origin, by sale": _counter(of["source"], "Sourced"),
        }  # fmt: skip
    rows = get("/api/v1/reports/funnel/rows/", files["first contacts"], measure="wrong_dates", by="all").json()
    ids = [int(row["cells"][0]["value"]) for row in rows["items"]]
    outside = Identity.objects.filter(lead__in=ids, kind="external", is_live=True).values_list("value", flat=True)
    doors["API"]["who they are"] = sorted(outside)
    return doors


def _counter(lines: dict[str, dict[str, float]], measure: str) -> Counter:
    return Counter({label: int(line[measure]) for label, line in lines.items() if label != "All" and line[measure]})


def _of_page(get, name: str, days, by: str) -> dict[str, dict[str, float]]:
    """Read the table of a report's page as somebody reads it: what each cell says."""
    page = get(f"/reports/{name}/", days, by=by).content.decode()
    lines = {}
    for label, cells in LINE.findall(page):
        if label != "Period before":
            lines[unescape(label)] = {unescape(title): _number(said) for title, said in CELL.findall(cells)}
    return lines


def _number(html: str) -> float | None:
    """Read the figure of a cell: its first words, without what only a screen reader says."""
    said = unescape(re.sub(r"<[^>]+>", "\n", re.sub(r'<span class="sr-only">.*?</span>', "", html)))
    found = re.search(r"[−-]?[\d,]+(\.\d+)?", said)
    return float(found[0].replace(",", "").replace("−", "-")) if found else None


def _of_file(get, name: str, days, by: str) -> dict[str, dict[str, float]]:
    text = b"".join(get(f"/reports/{name}/file/", days, by=by).streaming_content).decode()
    _what, head, *lines = csv.reader(io.StringIO(text, newline=""))
    read = {
        line[0]: {title: float(cell) if cell else None for title, cell in zip(head[1:], line[1:], strict=True)}
        for line in lines
    }
    read.pop("Period before")
    return read


def _of_api(get, name: str, days, by: str) -> dict[str, dict[str, float]]:
    said = get(f"/api/v1/reports/{name}/", days, by=by).json()
    titles = {measure["name"]: measure["title"] for measure in said["report"]["measures"]}
    lines = {"All": said["total"]} | {line["label"]: line for line in said["lines"]}
    return {label: {titles[f["measure"]]: f["value"] for f in line["figures"]} for label, line in lines.items()}


def compare(say: Callable[[str], None], files: Figures, doors: dict[str, Figures]) -> bool:
    """Say every figure of the files beside that of each door; return whether none differs."""
    differ, told = 0, 0
    for name, expected in files.items():
        found = {door: figures[name] for door, figures in doors.items() if name in figures}
        wrong = [door for door, value in found.items() if not _same(expected, value, door)]
        if not found:
            continue
        told += 1
        differ += bool(wrong)
        say(f"{name}: {_said(expected)}; {', '.join(found)}: {'the same' if not wrong else ''}")
        for door in wrong:
            say(f"  NOT SO by {door}: {_said(found[door])}")
    say(f"{told} figures, {differ} not as in the files")
    return told > 0 and not differ


def _same(expected: object, found: object, door: str) -> bool:
    """A page says two places of a fraction; everything else is exact."""
    if isinstance(expected, float):
        return found is not None and round(float(found), 2 if door == "page" else 6) == round(
            expected, 2 if door == "page" else 6
        )
    return expected == found


def _said(value: object) -> str:
    if isinstance(value, Counter):
        return f"{sum(value.values())} over {len(value)}" + (f" ({', '.join(_each(value))})" if len(value) < 13 else "")
    return ", ".join(value) if isinstance(value, list) else f"{value}"


def _each(counter: Counter) -> Iterator[str]:
    return (f"{name} {number}" for name, number in counter.most_common())
