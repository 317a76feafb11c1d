"""Every file that leaves the house, opened in LibreOffice: no cell of it became a formula (SAFE-2).

The control is the same words written without the house's care: LibreOffice must find formulas in them, or it was not asked. Needs
`soffice` on the path; without it the part fails and says so.
"""

import csv
import io
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from accounts import clock
from accounts.models import Batch, BatchRow, Role, User
from leads import assignment, touches
from leads.models import Lead, Source
from reporting.metrics import METRICS
from reporting.reports import GROUPS

NASTY = (
    "=1+1", "+SUM(A1)", "-2+3+cmd|' /C calc'!A0", "@SUM(1+1)", "\t=1+1", "\r=1+1", "\n=1+1", "'=1+1", '=HYPERLINK("//x")',
    '=WEBSERVICE("http://x")', "=DDE(\"cmd\";\"/C calc\";\"x\")", '";=1+1', "a;=1+1", "a\t=1+1",
)  # fmt: skip
PATIENCE = 120  # seconds for all files


def main(say: Callable[[str], None]) -> bool:
    """Write the files, have them opened, count the formulas; return whether there is none, and in the control some."""
    if shutil.which("soffice") is None:
        say("spreadsheets: there is no soffice on the path; LibreOffice was not asked.")
        return False
    root = _world()
    with tempfile.TemporaryDirectory() as folder:
        for name, content in _files(root):
            (Path(folder) / f"{name}.csv").write_bytes(content)
        with (Path(folder) / "control.csv").open("w", newline="") as control:
            csv.writer(control).writerows([text] for text in NASTY)
        found = _formulas(Path(folder))
    control = found.pop("control")
    bad = {name: cells for name, cells in found.items() if cells}
    say(
        f"spreadsheets: {len(found)} files opened, {sum(map(len, bad.values()))} formulas; {len(control)} in the control."
    )
    for name, cells in bad.items():
        say(f"  {name}: {', '.join(cells)}")
    return bool(found) and not bad and bool(control)


def _world() -> User:
    """Make people, leads and refused rows that are called like formulas."""
    at = clock.now()
    root = User.objects.create_superuser("chaos-root", name="Chaos root")
    for number, words in enumerate(NASTY):
        who = User.objects.create_user(f"chaos-{number}", name=words, role=Role.SDR)
        facts = dict.fromkeys(
            ("first_name", "last_name", "company", "title", "country", "segment", "region"), words[:40]
        )
        came = dict.fromkeys(("status_since", "created_at", "recorded_at"), at)
        source = Source.objects.create(name=words)
        for place in ("waits", "worked"):
            email = f"{place}{number}@chaos.example"
            lead = Lead.objects.create(
                motion="slg", go_to_market="inbound", source=source, email=email, **facts, **came
            )
            if place == "worked":
                lead = assignment.assign([lead], to=who, by=None, at=at).lead
                touches.log([lead], channel="call", outcome="interested", by=who, at=at)
    for kind in ("leads", "past touches"):
        header = [f"{words} {place}" for place, words in enumerate(NASTY)]
        batch = Batch.objects.create(
            kind=kind, name="chaos.csv", by=root, created_at=at, header=header, status="done", options={"map": {}}
        )
        batch.options = {"map": {}, "history": batch.pk}
        batch.save()
        BatchRow.objects.create(
            batch=batch, number=1, cells=list(NASTY), result="rejected", column=NASTY[0], error=NASTY[1]
        )
    return root


def _files(root: User) -> Iterator[tuple[str, bytes]]:
    """Fetch every file there is, as who may fetch all of them."""
    client = Client(SERVER_NAME=settings.ALLOWED_HOSTS[0].lstrip(".") if settings.ALLOWED_HOSTS else "localhost")
    client.force_login(root)
    here, past = Batch.objects.get(kind="leads").pk, Batch.objects.get(kind="past touches").pk
    urls = {
        "audience": "/audience/file/",
        "rejected": f"/imports/{here}/rejected/",
        "past": reverse("history-rejected", args=[past, past]),
        "mine": reverse("my-numbers-file"),
        "pay": reverse("pay-file"),
    }
    left, right = User.objects.filter(role=Role.SDR).order_by("pk").values_list("pk", flat=True)[:2]
    urls["two"] = f"{reverse('two-reps-file')}?left={left}&right={right}"
    for name in (name for _group, names in GROUPS for name in names):
        urls |= {
            f"{name}-{by or 'all'}": f"/reports/{name}/file/" + (f"?by={by}" if by else "")
            for by in ("", "rep", "source", "segment")
            if not by or METRICS[name].relation.dimension(by)
        }
    for name, url in urls.items():
        answer = client.get(url, secure=settings.SECURE_SSL_REDIRECT)
        if answer.status_code != 200:
            raise RuntimeError(f"{url} answered {answer.status_code}")
        yield name, b"".join(answer.streaming_content)


def _formulas(folder: Path) -> dict[str, list[str]]:
    """Convert every file as LibreOffice reads it, and name the cells that it takes for formulas."""
    files = sorted(folder.glob("*.csv"))
    home = f"-env:UserInstallation=file://{folder}/home"
    command = ["soffice", home, "--headless", "--convert-to", "xlsx", "--outdir", str(folder / "out"), *map(str, files)]
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    found = {}
    for file in files:
        book = load_workbook(io.BytesIO((folder / "out" / f"{file.stem}.xlsx").read_bytes()))
        found[file.stem] = [
            f"{cell.coordinate} {cell.value}"
            for sheet in book
            for row in sheet.iter_rows()
            for cell in row
            if cell.data_type == "f"
        ]
    return found
