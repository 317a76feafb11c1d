"""An act that found its person signed out, on the page after they came in again: drawn as it was filled, and not yet done.

Asked by the pages of the queue and of a lead when they are opened; see `accounts/unsent.py`.
"""

from django.urls import Resolver404, resolve

from accounts import unsent

# The address that a form went to: the act that is drawn again.
ACTS = {
    "touches": "log",
    "nurture": "nurture",
    "unqualify": "unqualify",
    "keep": "keep",
    "follow-up": "next",
    "opt-out": "opt-out",
    "assign": "assign",
    "exceptions": "exception",
    "notes": "",
}
NOTICE = {
    "kind": "",
    "title": "Not saved: you were signed out.",
    "text": "What you typed is still here. Press again to save it.",
}


def typed(desk) -> tuple[int, str, dict] | None:
    """Return the lead, the act, and what to draw the page with: what this person had typed; None mostly. No query."""
    kept = unsent.take(desk.request.session, desk.user, desk.at)
    if kept is None:
        return None
    path, said = kept
    try:
        found = resolve(path)
    except Resolver404:
        return None
    if found.url_name not in ACTS or "pk" not in found.kwargs:
        return None
    kind = ACTS[found.url_name]
    fields = {
        name: texts if name == "channel" and kind == "opt-out" else texts[-1] for name, texts in said.items() if texts
    }
    # As it was seen then: what changed meanwhile is noticed when it is sent.
    panel = {"notice": NOTICE} | {name: fields[name] for name in ("cycle", "version") if name in fields}
    if found.url_name == "notes":
        return found.kwargs["pk"], "", {"panel": panel | {"unsent": fields.get("note", "")}}
    return found.kwargs["pk"], kind, {"panel": panel, "typed": fields}
