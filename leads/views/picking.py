"""Which leads somebody ticked on a list, each as it was seen there: number, round and version. At most 500 a time."""

import re
from collections.abc import Callable, Iterable

from leads import bulk
from leads.lifecycle import Seen
from leads.models import Lead

TICK = re.compile(r"(\d{1,18})-(\d{0,18})-(\d{1,9})")


def value_of(lead: Lead) -> str:
    """Return what the box beside a lead says."""
    return f"{lead.pk}-{lead.cycle_id or ''}-{lead.version}"


def values(seen: list[Seen]) -> str:
    """Return many as one text, for one hidden field."""
    return " ".join(f"{s.lead}-{s.cycle or ''}-{s.version}" for s in seen)


def picked(request, everything: dict[str, Callable[[], Iterable]]) -> list[Seen]:
    """Read what was ticked, or all that a page's address finds where that was asked for.

    `everything` names the pages that can be asked for all of theirs, each with how to: rows of number, round and version.
    """
    post = request.POST
    if post.get("all") in everything:
        return _seen(everything[post["all"]]())
    found = (TICK.fullmatch(text) for text in [*post.getlist("lead"), *post.get("leads", "").split()])
    return _seen((int(m[1]), int(m[2]) if m[2] else None, int(m[3])) for m in found if m)


def _seen(rows) -> list[Seen]:
    return list({row[0]: Seen(*row) for row in rows}.values())[: bulk.MOST]
