"""A look at a history before anything is saved: what a run would do, file by file, and whom it names that nobody here is (IN-4)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import Batch, BatchRow, OpportunityStatus
from leads.import_batches import Counts, Outcome, keep, rows_after
from leads.intake import REJECTED
from leads.intake_people import CREATED, Finder

from . import telling
from .known import Known
from .reading import colleagues, files_of, kind_of, leads_known_as, of_nobody, part, reader
from .rows import PEOPLE, Told
from .telling import Story

Status = Batch.Status


def check(leading: Batch, *, at: datetime) -> dict[str, Any]:
    """Say what a run would do, file by file, and whom it names that nobody here is. Nothing is written but the rejected rows."""
    batches, new = files_of(leading), set()
    said: dict[str, Any] = {"files": {}, "former": set(), "sources": Counts(), "stages": Counter()}
    for batch in batches:
        reads, last, counts = reader(batch, at), 0, Counter()
        BatchRow.objects.filter(batch=batch, result=REJECTED).update(result="", column="", error="")
        finder = Finder()
        while rows := rows_after(batch, last):
            last = rows[-1][0]
            told, results = part(reads, rows)
            if kind_of(batch) == "leads":
                finder.look([one.intake for one in told])
                for one in told:
                    placed = finder.place(one.intake)
                    counts[placed.result] += 1
                    if placed.result != REJECTED:
                        said["sources"].add(placed.result, one.intake.source)
                    new |= {key for key in (one.intake.external_id, one.intake.email) if key}
            else:
                known = leads_known_as((one.keys for one in told), batch.options["system"])
                ours = _of_ours(batch, told, known)
                for one in told:
                    if one.line in ours:
                        if ours[one.line][0] == REJECTED:
                            results[one.line] = ours[one.line]
                        else:
                            counts[ours[one.line][0]] += 1
                    elif one.keys in known or one.keys in new or one.keys.lower() in new:
                        counts[CREATED] += 1
                    else:
                        results[one.line] = of_nobody(reads, one)
            said["stages"].update(strange for one in told if (strange := _strange_stage(one, reads.known)))
            names = {text: name for one in told for name in PEOPLE if (text := one.get(name))}
            said["former"] |= names.keys() - colleagues(names, make=False).keys()
            counts[REJECTED] += len(results)
            keep(batch, results)
        said["files"][batch] = counts
    return said


def _of_ours(batch: Batch, told: Iterable[Told], known: Mapping[str, int]) -> dict[int, Outcome]:
    """Say what becomes of the rows about who has a life here, by line, as the run will. Four queries."""
    stories: dict[int, Story] = {}
    for one in told:
        if (lead := known.get(one.keys)) is not None:
            stories.setdefault(lead, Story(lead)).add(batch.pk, one)
    raw = telling.raw(stories)
    found = telling.told_of_ours([story for pk, story in stories.items() if pk not in raw])
    return {line: outcome for (_batch, line), outcome in found.items()}


def _strange_stage(one: Told, known: Known) -> str:
    """Return the stage at which an open sale stands by its file, where there is none of that name here: it begins at the first of all."""
    stage = one.get("stage", "") if one.kind == "opportunities" and one.get("status") == OpportunityStatus.OPEN else ""
    return stage if stage and stage.lower() not in known.stages else ""


def look(pk: int, *, at: datetime) -> None:
    """Look at a history before it runs, and keep with it what a run would do, for its page."""
    leading = Batch.objects.get(pk=pk)
    if leading.status not in (Status.READ, Status.CHECKED):
        return
    with transaction.atomic():
        said = check(leading, at=at)
        leading.refresh_from_db()
        leading.options["looked"] = {
            "files": {kind_of(batch): dict(counts) for batch, counts in said["files"].items()}, "former": sorted(said["former"]),
            "sources": said["sources"].data["sources"], "stages": said["stages"].most_common(),
        }  # fmt: skip
        leading.status = Status.CHECKED
        leading.save(update_fields=["options", "status"])
