"""Every door of the house, by hand: which addresses there are, with which methods, and who comes through.

One entry an address. `test_doors.py` walks the addresses that exist and fails for one that is not here,
or a method that answers and is not here. To add a page: add its entry to DOORS.

    "lead": Door(args=lambda w: [w.lead.pk], sees="ana cleo nora rita root", GET="*", POST="ana cleo"),

`sees`: for whom the thing exists at all; everybody else gets 404. Left out: it exists for everybody.
A method names who may (`nobody` for one that is there and refuses); others of `sees` get 403. `*` is
everybody of `sees`. A method left out is answered with 405. Strangers are asked to sign in, except where
`strangers` says otherwise. The same address for another kind of lead is an entry of its own: `lead#queued`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

EVERYBODY = "ana ben dov eva carl cleo hugo nora rita mark lena root"
STAFF = "cleo hugo nora rita root"
REVOPS = "rita root"
REACH_OUT = "ana ben dov eva carl cleo hugo nora rita root"
BRING_IN = "ana ben dov cleo hugo nora rita mark root"
# who sees a lead in Ana's hands, one in the queue of her team, one that belongs to the product
ANAS = "ana cleo nora rita root"
QUEUED = "ana ben cleo nora rita mark root"
MET = "ana eva cleo nora rita root"
ABOVE = "cleo nora rita root"
IMPORT = "cleo hugo nora rita mark root"


@dataclass(frozen=True)
class Door:
    GET: str = ""
    POST: str = ""
    PUT: str = ""
    PATCH: str = ""
    DELETE: str = ""
    sees: str = EVERYBODY
    args: Callable = field(default=lambda world: [])
    strangers: str = ""  # methods open to those who have not signed in


def of_ana(*more, **methods) -> Door:
    return Door(args=lambda w: [w.lead.pk, *more], sees=ANAS, **methods)


def of_cleo(**methods) -> Door:
    return Door(args=lambda w: [w.batch.pk], sees=ABOVE, **methods)


def of_history(**methods) -> Door:
    return Door(args=lambda w: [w.history.pk], **methods)


def of_eva(*more, **methods) -> Door:
    """A meeting that Ana brought about and Eva holds."""
    return Door(args=lambda w: [w.meeting.pk, *more], sees=MET, **methods)


def handed(**methods) -> Door:
    return Door(args=lambda w: [w.hand_off.pk], sees=MET, **methods)


def sold(sees="ana eva cleo nora rita root", **methods) -> Door:
    """The sale of that meeting, and its company."""
    return Door(args=lambda w: [w.meeting.opportunity_id], sees=sees, **methods)


def of_company(**methods) -> Door:
    return Door(args=lambda w: [w.meeting.account_id], sees="ana eva cleo nora rita mark root", **methods)


def queued(**methods) -> Door:
    return Door(args=lambda w: [w.queued.pk], sees=QUEUED, **methods)


def of_product(**methods) -> Door:
    return Door(args=lambda w: [w.product.pk], sees=REVOPS, **methods)


DOORS = {
    "healthz": Door(GET="*", strangers="GET"),
    "home": Door(GET="*"),
    # whoever is in is sent on from there, whatever they send
    "sign-in": Door(GET="*", POST="*", PUT="*", PATCH="*", DELETE="*", strangers="GET POST PUT"),
    "sign-out": Door(POST="*"),
    # whoever owes no code is sent on
    "sign-in-code": Door(GET="*", POST="*", PUT="*", PATCH="*", DELETE="*"),
    "sign-in-code-new": Door(GET="*", POST="*", PUT="*", PATCH="*", DELETE="*"),
    # whoever is in is sent on, and so is everybody until a provider is configured
    "sign-in-company": Door(GET="*", strangers="GET"),
    "sign-in-company-back": Door(GET="*", strangers="GET"),
    "recovery-codes": Door(POST="nobody"),
    "account": Door(GET="*", POST="*"),
    "keys": Door(POST="*"),
    # what one was told
    "messages": Door(GET="*"),
    "bell": Door(GET="*"),
    "messages-read": Door(POST="*"),
    "message-ways": Door(GET="*", POST="*"),
    # in a demo world only, which the tests are
    "mailbox": Door(GET=REVOPS),
    "overview": Door(GET="cleo hugo nora rita mark lena root"),
    "overview-leads": Door(GET=STAFF),
    "overview-moves": Door(GET=STAFF),
    "reports": Door(GET="*"),
    "my-numbers": Door(GET=REACH_OUT),
    "my-numbers-file": Door(GET=STAFF),
    "two-reps": Door(GET=STAFF),
    "two-reps-file": Door(GET=STAFF),
    "pay": Door(GET=REACH_OUT),
    "pay-file": Door(GET=STAFF),
    "report": Door(args=lambda w: ["pick-up"], GET="*"),
    "report-rows": Door(args=lambda w: ["pick-up"], GET="*"),
    "report-file": Door(args=lambda w: ["pick-up"], GET="cleo hugo nora rita mark lena root"),
    # bringing in a file; one that Cleo brought in
    "imports": Door(GET=IMPORT),
    "import-new": Door(GET=IMPORT, POST=IMPORT),
    # history, which RevOps brings over; one that Rita did
    "histories": Door(GET=REVOPS),
    "history-new": Door(GET=REVOPS, POST=REVOPS),
    "history": of_history(GET=REVOPS),
    "history-columns": of_history(GET=REVOPS, POST=REVOPS),
    "history-run": of_history(POST=REVOPS),
    "history-cancel": of_history(POST=REVOPS),
    "history-undo": of_history(POST=REVOPS),
    "history-rejected": Door(args=lambda w: [w.history.pk, w.history.pk], GET=REVOPS),
    "import": of_cleo(GET="*"),
    "import-columns": of_cleo(GET="*", POST="*"),
    "import-check": of_cleo(GET="*"),
    "import-run": of_cleo(POST="*"),
    "import-cancel": of_cleo(POST="*"),
    "import-rejected": of_cleo(GET="*"),
    "import-undo": of_cleo(GET="*", POST="*"),
    # leads: the list, and a working one of Ana's
    "queue": Door(GET=REACH_OUT),
    "pull": Door(POST="ana ben dov root"),
    "leads": Door(GET=f"{REACH_OUT} mark"),
    "audience": Door(GET="rita mark root"),
    "audience-file": Door(GET="rita mark root"),
    "programs": Door(GET="rita mark root", POST="rita mark root"),
    "campaigns": Door(GET="cleo hugo nora rita mark root"),
    "release": Door(GET=REVOPS, POST=REVOPS),
    "release-done": Door(args=lambda w: [w.release.pk], GET=REVOPS),
    "search": Door(GET=f"{REACH_OUT} mark"),
    "lead-new": Door(GET=BRING_IN, POST=BRING_IN),
    "lead-asked": Door(GET=BRING_IN, POST=BRING_IN),
    "queue-lead": of_ana(GET="*"),
    "lead": of_ana(GET="*"),
    "contact": of_ana(GET="*", POST="*"),
    "contact#queued": queued(GET=f"{ABOVE} mark", POST=f"{ABOVE} mark"),
    "timeline-older": of_ana(GET="*"),
    "qualification": of_ana(POST="*"),
    "lead-meetings": of_ana(POST="*"),
    # a meeting that Ana brought about and Eva holds, its hand-off, its sale, its company
    "meetings": Door(GET=REACH_OUT),
    "meeting": of_eva(GET="*"),
    "meeting-outcome": of_eva(GET="*", POST="eva cleo nora rita root"),
    "meeting-correct": of_eva(POST="eva cleo nora rita root"),
    "meeting-move": of_eva(POST="*"),
    "meeting-cancel": of_eva(POST="*"),
    "meeting-claim": of_eva(POST="ana root"),
    "meeting-confirm": of_eva(POST=ABOVE),
    "meeting-contest": of_eva(POST="ana root"),
    "meeting-settle": of_eva(POST=ABOVE),
    "meeting-link": Door(args=lambda w: ["made-up"], GET="*", POST="*", strangers="GET POST"),
    "feed": Door(POST="*"),
    "calendar-feed": Door(args=lambda w: [w.feed], GET="*", strangers="GET"),
    "hand-off-accept": handed(POST="eva cleo nora rita root"),
    "hand-off-refuse": handed(POST="eva cleo nora rita root"),
    "hand-off-again": handed(GET="ana cleo nora rita root", POST="ana cleo nora rita root"),
    "opportunities": Door(GET=REACH_OUT),
    "surprises": Door(GET="cleo hugo nora rita root"),
    "contracts-ending": Door(GET=REACH_OUT),
    "opportunity": sold(GET="*"),
    "opportunity-stage": sold(POST="eva cleo nora rita root"),
    "opportunity-win": sold(POST="eva cleo nora rita root"),
    "opportunity-customer": sold(POST="eva cleo nora rita root"),
    "opportunity-lose": sold(POST="eva cleo nora rita root"),
    "opportunity-not-qualified": sold(POST="eva cleo nora rita root"),
    "opportunity-owners": sold(POST="eva cleo nora rita root"),
    "opportunity-value": sold(POST="eva cleo nora rita root"),
    "opportunity-roles": sold(POST="eva cleo nora rita root"),
    "opportunity-people": sold(POST="eva cleo nora rita root"),
    "account-page": of_company(GET="*"),
    "account-owners": of_company(POST="eva rita root"),
    "account-consolidate": of_company(POST="eva rita root"),
    "act": of_ana("log", GET="*"),
    "touches": of_ana(POST="*"),
    "nurture": of_ana(POST="*"),
    "unqualify": of_ana(POST="*"),
    "keep": of_ana(POST="*"),
    "start": of_ana(POST="*"),
    "follow-up": of_ana(POST="*"),
    "notes": of_ana(POST="*"),
    "take-back": of_ana(POST=ABOVE),
    "opt-out": of_ana(POST="*"),
    "assign": of_ana(POST=ABOVE),
    "give-back": of_ana(POST="*"),
    "erase": of_ana(GET=REVOPS, POST=REVOPS),
    "opt-out-clear": of_ana(GET=REVOPS, POST=REVOPS),
    "undo": Door(args=lambda w: ["made-up"], sees="", POST="*"),
    # many at once: who may end a round may try; whose leads they are is asked of each
    "bulk": Door(POST=REACH_OUT),
    "bulk-done": Door(args=lambda w: ["made-up"], sees="", GET="*"),
    "bulk-undo": Door(args=lambda w: ["made-up"], sees="", POST="*"),
    # a manager's day; Ana's absence and Ana's leave
    "team": Door(GET=STAFF),
    "room": Door(GET=STAFF),
    "team-words": Door(POST=STAFF),
    "team-exceptions": Door(POST=STAFF),
    "team-away": Door(args=lambda w: [w.people["ana"].pk], sees=ABOVE, GET="*", POST="*"),
    "team-away-end": Door(args=lambda w: [w.people["ana"].pk, w.away.pk], sees=ABOVE, GET="*", POST="*"),
    "team-leave-undo": Door(args=lambda w: [w.people["ana"].pk, w.over.pk], sees=ABOVE, GET="*", POST="*"),
    "team-leave": Door(args=lambda w: [w.people["ana"].pk], sees=ABOVE, GET="*", POST="*"),
    "exceptions": of_ana(POST="ana root"),
    # a raw one in the queue of North
    "lead#queued": queued(GET="*"),
    "touches#queued": queued(POST=ABOVE),
    "nurture#queued": queued(POST="mark rita root"),
    "unqualify#queued": queued(POST="mark rita root"),
    "notes#queued": queued(POST=f"{ABOVE} mark"),
    "opt-out#queued": queued(POST="*"),
    "assign#queued": queued(POST=f"{ABOVE} ana ben"),
    # one that belongs to the product
    "lead#product": of_product(GET="*"),
    "touches#product": of_product(POST="nobody"),
    "keep#product": of_product(POST="nobody"),
    "nurture#product": of_product(POST="*"),
    # the API, by those who are signed in; who comes with a key: tests/api/test_scopes.py
    "api": Door(GET="*"),
    "api-resource": Door(args=lambda w: ["leads"], GET="*"),
    "api-schema": Door(GET="*"),
    "api-nowhere": Door(args=lambda w: ["v1/made-up/"], sees="", GET="*", POST="*", PUT="*", PATCH="*", DELETE="*"),
    "api-me": Door(GET="*", POST="*"),
    "api-receipts": Door(GET="*"),
    "api-receipt": Door(args=lambda w: ["made-up"], sees="", GET="*"),
    "api-leads": Door(GET=f"{REACH_OUT} mark", POST=BRING_IN),
    "api-hand-raises": Door(POST=BRING_IN),
    "api-pulls": Door(POST="ana ben dov root"),
    "api-signals": Door(POST=REVOPS),
    "api-opt-outs": Door(POST=f"{REACH_OUT} mark"),
    "api-tasks": Door(GET=REACH_OUT),
    "api-sources": Door(GET="cleo hugo nora rita mark root"),
    "api-reasons": Door(GET=f"{REACH_OUT} mark"),
    "api-programs": Door(GET="mark rita root", POST="mark rita root"),
    "api-audience": Door(GET="rita mark root"),
    "api-accounts": Door(GET=f"{REACH_OUT} mark"),
    "api-account": Door(args=lambda w: [w.rows["accounts.account"].pk], sees="rita mark root", GET="*"),
    "api-opportunities": Door(GET=REACH_OUT),
    "api-opportunities-ending": Door(GET=REACH_OUT),
    "api-opportunities-surprises": Door(GET=STAFF),
    "api-opportunity": sold(GET="*"),
    "api-opportunity-stages": sold(POST="eva cleo nora rita root"),
    "api-opportunity-closings": sold(POST="eva cleo nora rita root"),
    "api-opportunity-customers": sold(POST="eva cleo nora rita root"),
    "api-opportunity-values": sold(POST="eva cleo nora rita root"),
    "api-opportunity-owners": sold(POST="eva cleo nora rita root"),
    "api-opportunity-people": sold(GET="*", POST="eva cleo nora rita root"),
    "api-hand-offs": Door(GET=REACH_OUT),
    "api-hand-off": handed(GET="*"),
    "api-hand-off-answers": handed(POST="eva cleo nora rita root"),
    "api-hand-off-repeats": handed(POST="ana cleo nora rita root"),
    "api-account-owners": of_company(POST="eva rita root"),
    "api-account-consolidations": of_company(POST="eva rita root"),
    "api-free-times": Door(GET=REACH_OUT),
    "api-search": Door(GET=f"{REACH_OUT} mark"),
    "api-room": Door(GET=STAFF),
    "api-absences": Door(args=lambda w: ["ben"], sees=ABOVE, GET="*", POST="*"),
    "api-absence-endings": Door(args=lambda w: ["ana", w.away.pk], sees=ABOVE, POST="*"),
    "api-departures": Door(args=lambda w: ["ben"], sees=ABOVE, GET="*", POST="*"),
    "api-departure-undos": Door(args=lambda w: ["ana", w.over.pk], sees=ABOVE, POST="*"),
    "api-releases": Door(GET=REVOPS, POST=REVOPS),
    "api-release": Door(args=lambda w: [w.release.pk], GET=REVOPS),
    "api-changes": Door(POST=REACH_OUT),
    "api-change-previews": Door(POST=REACH_OUT),
    "api-change-undos": Door(args=lambda w: ["made-up"], sees="mark lena", POST="nobody"),
    "api-messages": Door(GET="*"),
    "api-message-reads": Door(POST="*"),
    "api-message-ways": Door(GET="*", POST="*"),
    "api-imports": Door(GET=IMPORT, POST=IMPORT),
    "api-histories": Door(GET=REVOPS, POST=REVOPS),
    "api-history": of_history(GET=REVOPS),
    "api-history-columns": of_history(POST=REVOPS),
    "api-history-runs": of_history(POST=REVOPS),
    "api-history-cancellations": of_history(POST=REVOPS),
    "api-history-rejected": of_history(GET=REVOPS),
    "api-history-undos": of_history(POST=REVOPS),
    "api-import": of_cleo(GET="*"),
    "api-import-columns": of_cleo(POST="*"),
    "api-import-runs": of_cleo(POST="*"),
    "api-import-cancellations": of_cleo(POST="*"),
    "api-import-rejected": of_cleo(GET="*"),
    "api-import-undos": of_cleo(POST="*"),
    "api-lead-contact": of_ana(POST="*"),
    "api-lead-starts": of_ana(POST="*"),
    "api-lead-withdrawn-dispositions": of_ana(POST="*"),
    "api-lead-meetings": of_ana(POST="*"),
    "api-meetings": Door(GET=REACH_OUT),
    "api-meeting": of_eva(GET="*"),
    "api-meeting-moves": of_eva(POST="*"),
    "api-meeting-cancellations": of_eva(POST="*"),
    "api-meeting-dispositions": of_eva(POST="eva cleo nora rita root"),
    "api-meeting-corrections": of_eva(POST="eva cleo nora rita root"),
    "api-meeting-claims": of_eva(POST="ana root"),
    "api-meeting-contests": of_eva(POST="ana root"),
    "api-meeting-claim-answers": of_eva(POST="cleo nora rita root"),
    "api-meeting-settlements": of_eva(POST="cleo nora rita root"),
    "api-reports": Door(GET="*"),
    "api-report": Door(args=lambda w: ["response"], GET="*"),
    "api-report-rows": Door(args=lambda w: ["response"], GET="*"),
    "api-my-numbers": Door(GET=REACH_OUT),
    "api-two-reps": Door(GET=STAFF),
    "api-pay": Door(GET=REACH_OUT),
    "api-overview": Door(GET="cleo hugo nora rita mark lena root"),
    "api-overview-leads": Door(GET=STAFF),
    "api-overview-moves": Door(GET=STAFF),
    "api-lead": of_ana(GET="*"),
    "api-lead-events": of_ana(GET="*"),
    "api-lead-touches": of_ana(GET="*", POST="*"),
    "api-touch-withdrawals": Door(args=lambda w: [w.lead.pk, w.rows["leads.touch"].pk], sees=ANAS, POST="*"),
    "api-lead-notes": of_ana(GET="*", POST="*"),
    "api-lead-tasks": of_ana(GET="*", POST="*"),
    "api-lead-qualifications": of_ana(GET="*", POST="*"),
    "api-lead-product-returns": of_ana(POST="*"),
    "api-lead-dispositions": of_ana(POST="*"),
    "api-lead-disposition-answers": of_ana(POST=ABOVE),
    "api-lead-take-backs": of_ana(POST=ABOVE),
    "api-lead-assignments": of_ana(POST=ABOVE),
    "api-lead-returns": of_ana(POST="*"),
    "api-lead-opt-outs": of_ana(POST="*"),
    "api-lead-opt-ins": of_ana(POST=REVOPS),
    "api-lead-exceptions": of_ana(POST="ana root"),
    "api-lead-exception-answers": of_ana(POST=ABOVE),
    "api-lead-erasures": of_ana(POST=REVOPS),
    "api-lead#queued": queued(GET="*"),
    "api-lead-touches#queued": queued(GET="*", POST=ABOVE),
    "api-lead-dispositions#queued": queued(POST="mark rita root"),
    "api-lead-notes#queued": queued(GET="*", POST=f"{ABOVE} mark"),
    "api-lead-assignments#queued": queued(POST=f"{ABOVE} ana ben"),
    "api-lead#product": of_product(GET="*"),
    "api-lead-touches#product": of_product(GET="*", POST="nobody"),
    # the admin's own; the tables in it are below
    "admin:index": Door(GET=STAFF, POST=STAFF),
    "admin:login": Door(GET=STAFF, POST=STAFF),
    "admin:logout": Door(POST=STAFF),
    "admin:password_change": Door(GET=STAFF, POST=STAFF),
    "admin:password_change_done": Door(GET=STAFF),
    "admin:autocomplete": Door(GET="nobody"),  # asked for nothing; what it finds for whom: test_doors.py
    "admin:jsi18n": Door(GET=STAFF),
    "admin:app_list": Door(args=lambda w: ["leads"], GET=STAFF, POST=STAFF),
    "admin:leads_routingrule_try": Door(GET=STAFF),
    "admin:leads_routingrule_draft": Door(GET=STAFF, POST=REVOPS),
    "admin:leads_lead_move": Door(args=lambda w: [w.lead.pk, "nurture"], sees="cleo nora rita root", GET="*", POST="*"),
    "admin:auth_user_password_change": Door(args=lambda w: [w.people["ana"].pk], GET=REVOPS, POST=REVOPS),
}


@dataclass(frozen=True)
class Table:
    """One table in the admin: who sees its list, who sees the row of North's, who adds, changes, deletes."""

    listed: str = REVOPS
    row: str = REVOPS
    add: str = ""
    change: str = ""
    delete: str = ""


RULES = Table(listed=STAFF, row=STAFF, add=REVOPS, change=REVOPS)
OF_NORTH = Table(listed=STAFF, row="cleo nora rita root")
TABLES = {
    "accounts.user": Table(add=REVOPS, change=REVOPS),
    "accounts.team": Table(add=REVOPS, change=REVOPS),
    "accounts.absence": Table(listed=STAFF, row="cleo nora rita root", add=STAFF, change="cleo nora rita root"),
    "accounts.reason": RULES,
    "accounts.product": RULES,
    "accounts.stage": RULES,
    "accounts.domain": Table(listed=STAFF, row=STAFF, add=REVOPS, change=REVOPS, delete=REVOPS),
    "accounts.account": Table(add=REVOPS, change=REVOPS),
    "accounts.event": OF_NORTH,
    "accounts.apikey": Table(add=REVOPS),
    "accounts.subscription": Table(add=REVOPS, change=REVOPS),
    "accounts.delivery": Table(),
    "accounts.asidemail": Table(),
    "leads.source": RULES,
    "leads.policy": Table(listed=STAFF, row=STAFF, add=REVOPS),
    "leads.cardrule": Table(listed=STAFF, row=STAFF, add=REVOPS),
    "meetings.coveragerule": Table(listed=STAFF, row=STAFF, add=REVOPS),
    "leads.routingrule": Table(listed=STAFF, row=STAFF, add=REVOPS, change=REVOPS, delete=REVOPS),
    "leads.share": Table(listed=STAFF, row=STAFF),
    "leads.credit": Table(listed=STAFF, row=STAFF, add=STAFF),
    "leads.lead": OF_NORTH,
    "leads.cycle": OF_NORTH,
    "leads.touch": OF_NORTH,
    "leads.task": OF_NORTH,
    "meetings.handoffrule": Table(listed=STAFF, row=STAFF, add=REVOPS, change=REVOPS, delete=REVOPS),
    "reporting.bonusrate": Table(listed=STAFF, row=STAFF, add=REVOPS),
    "reporting.stucklimit": Table(listed=STAFF, row=STAFF, add=REVOPS),
    "reporting.exchangerate": Table(listed=STAFF, row=STAFF, add=REVOPS),
    "meetings.meeting": OF_NORTH,
    "meetings.handoff": OF_NORTH,
    "accounts.opportunity": OF_NORTH,
}
