"""Everything a page can do, by the API (API-1): each address of a page beside the operation that does the same, or why there is none."""

import pytest
from django.urls import reverse

from tests.doors import DOORS
from tests.test_doors import addresses

ONCE = "shows the secret address of one's own calendar once; an answer of the API is kept with its receipt"
IN_A_BROWSER = "signing in, and what only a browser needs"
SAME_PAGE = "another view of what an operation answers"

# by hand: the name of a page's address, and the operation, or why it needs none
BESIDE = {
    # a day
    "queue": "api-tasks", "queue-lead": "api-lead", "pull": "api-pulls", "search": "api-search", "leads": "api-leads",
    "messages": "api-messages", "messages-read": "api-message-reads", "message-ways": "api-message-ways", "account": "api-me",
    # one lead
    "lead": "api-lead", "timeline-older": "api-lead-events", "act": SAME_PAGE, "lead-new": "api-leads", "lead-asked": "api-hand-raises",
    "contact": "api-lead-contact", "qualification": "api-lead-qualifications", "touches": "api-lead-touches",
    "notes": "api-lead-notes", "follow-up": "api-lead-tasks", "nurture": "api-lead-dispositions",
    "unqualify": "api-lead-dispositions", "keep": "api-lead-dispositions", "take-back": "api-lead-take-backs",
    "start": "api-lead-starts", "assign": "api-lead-assignments", "give-back": "api-lead-returns",
    "opt-out": "api-lead-opt-outs", "opt-out-clear": "api-lead-opt-ins", "exceptions": "api-lead-exceptions",
    "erase": "api-lead-erasures", "undo": "api-touch-withdrawals",
    # many leads, the team
    "bulk": "api-changes", "bulk-done": "api-changes", "bulk-undo": "api-change-undos", "release": "api-releases",
    "release-done": "api-release", "team": "api-room", "room": "api-room", "team-words": "api-lead-disposition-answers",
    "team-exceptions": "api-lead-exception-answers", "team-away": "api-absences", "team-leave": "api-departures",
    "team-away-end": "api-absence-endings", "team-leave-undo": "api-departure-undos",
    "audience": "api-audience", "audience-file": "api-audience", "campaigns": "api-sources",
    # files
    "imports": "api-imports", "import-new": "api-imports", "import": "api-import", "import-columns": "api-import-columns",
    "import-check": "api-import", "import-run": "api-import-runs", "import-cancel": "api-import-cancellations",
    "import-rejected": "api-import-rejected", "import-undo": "api-import-undos",
    # meetings, hand-offs, sales, companies
    "lead-meetings": "api-lead-meetings", "meetings": "api-meetings", "meeting": "api-meeting",
    "meeting-outcome": "api-meeting-dispositions", "meeting-correct": "api-meeting-corrections",
    "meeting-move": "api-meeting-moves", "meeting-cancel": "api-meeting-cancellations", "meeting-claim": "api-meeting-claims",
    "meeting-confirm": "api-meeting-claim-answers", "meeting-contest": "api-meeting-contests",
    "meeting-settle": "api-meeting-settlements", "meeting-link": "a signed link in a mail, which a person confirms",
    "hand-off-accept": "api-hand-off-answers", "hand-off-refuse": "api-hand-off-answers", "hand-off-again": "api-hand-off-repeats",
    "opportunities": "api-opportunities",
    "opportunity": "api-opportunity", "opportunity-stage": "api-opportunity-stages", "opportunity-win": "api-opportunity-closings",
    "opportunity-lose": "api-opportunity-closings", "opportunity-not-qualified": "api-opportunity-closings",
    "opportunity-owners": "api-opportunity-owners", "opportunity-value": "api-opportunity-values",
    "opportunity-roles": "api-opportunity-people", "opportunity-people": "api-opportunity-people",
    "opportunity-customer": "api-opportunity-customers",
    "contracts-ending": "api-opportunities-ending", "surprises": "api-opportunities-surprises", "account-page": "api-account",
    "account-owners": "api-account-owners", "account-consolidate": "api-account-consolidations",
    # figures, history
    "reports": "api-reports", "report": "api-report", "report-file": "api-report", "report-rows": "api-report-rows",
    "my-numbers": "api-my-numbers", "my-numbers-file": "api-my-numbers", "two-reps": "api-two-reps", "two-reps-file": "api-two-reps",
    "pay": "api-pay", "pay-file": "api-pay", "overview": "api-overview",
    "overview-leads": "api-overview-leads", "overview-moves": "api-overview-moves", "programs": "api-programs",
    "histories": "api-histories", "history-new": "api-histories", "history": "api-history", "history-columns": "api-history-columns",
    "history-run": "api-history-runs", "history-cancel": "api-history-cancellations", "history-undo": "api-history-undos",
    "history-rejected": "api-history-rejected",
    # what only a browser needs
    "feed": ONCE, "calendar-feed": "a calendar reads it as it is", "home": SAME_PAGE,
    "bell": "api-messages", "mailbox": "of demo worlds",
    **dict.fromkeys(
        ["sign-in", "sign-out", "sign-in-code", "sign-in-code-new", "sign-in-company", "sign-in-company-back", "recovery-codes", "keys"],
        IN_A_BROWSER,
    ),
}  # fmt: skip


def pages() -> set[str]:
    """Name the addresses of the pages."""
    names = {name for name, route in addresses() if not route.startswith(("admin/", "api/", "static/", "healthz"))}
    return {name for name in names if ":" not in name}


def test_each_page_is_beside_its_operation():
    assert pages() - set(BESIDE) == set()
    assert set(BESIDE) - pages() == set()


@pytest.mark.parametrize("name", sorted({name for name in BESIDE.values() if name.startswith("api-")}))
def test_each_operation_that_is_named_exists(name):
    assert reverse(name, args=DOORS_ARGS.get(name, [1] * _places(name)))


DOORS_ARGS = {
    "api-change-undos": ["x"], "api-absences": ["x"], "api-departures": ["x"], "api-absence-endings": ["x", 1],
    "api-departure-undos": ["x", 1],
}  # fmt: skip


def _places(name: str) -> int:
    route = next(route for known, route in addresses() if known == name)
    return route.count("<")


def test_whoever_may_do_it_on_the_page_may_do_it_by_the_api():
    """The same table of rights: an act of a page and the operation beside it open to the same people."""
    acts = {
        name: beside for name, beside in BESIDE.items() if beside in DOORS and DOORS[name].POST and DOORS[beside].POST
    }
    differ = {name for name, beside in acts.items() if _may(name) != _may(beside)}

    assert len(acts) > 35
    assert differ == set(OTHERWISE)


OTHERWISE = {
    "undo": "another's undo is not there, on the page; the touch that is withdrawn is, to who sees its lead",
    "team-words": "the page answers many, and is refused one by one",
    "team-exceptions": "the page answers many, and is refused one by one",
}


def _may(name: str) -> set[str]:
    door = DOORS[name]
    return set((door.sees if door.POST == "*" else door.POST).split()) & set(door.sees.split())
