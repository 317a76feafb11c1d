"""What the columns of a file of history mean: leads, opportunities, touches, meetings. Asked by `reading` and by the import's pages.

What programs call their columns is known for HubSpot, Salesforce, Pipedrive and Olist; anything else is mapped by hand.
"""

import re
from collections.abc import Iterable

from leads.import_presets import IMPORT_FIELDS, recognise
from leads.import_presets import guess as guess_lead

KINDS = ("leads", "touches", "meetings", "opportunities")  # in the order in which they are told
STAGE = "stage:"  # a column that holds when a stage was reached: stage:Proposal

ROUND = ("owner", "assigned_at", "status", "ended_at", "reason")
FIELDS = {
    "leads": (*IMPORT_FIELDS, *ROUND),
    "opportunities": (
        "lead", "account", "domain", "product", "created_at", "stage", "status", "closed_at", "won_at", "lost_at", "loss_reason", "amount",
        "currency", "development_owner", "opportunity_owner",
    ),
    "touches": ("lead", "at", "channel", "outcome", "by", "note"),
    "meetings": ("lead", "starts_at", "ends_at", "outcome", "reason", "owner", "booked_by", "booked_at"),
}  # fmt: skip
NEEDED = {
    "leads": (), "opportunities": ("lead",), "touches": ("lead", "at"), "meetings": ("lead", "starts_at"),
}  # fmt: skip

LEAD = (
    "lead leadid leademail contact contactid contactemail email externalid mqlid whoid personid associatedcontact associatedcontactids "
    "dealcontactperson activitycontactperson"
)
GUESSES = {
    "leads": {
        "owner": "owner ownerid leadowner contactowner salesowner rep sdr sdrid",
        "assigned_at": "assignedat assigneddate assignedon ownerassigneddate",
        "status": "status leadstatus state",
        "ended_at": "endedat closedat statuschangedat",
        "reason": "reason disqualificationreason unqualifiedreason",
    },
    "opportunities": {
        "lead": LEAD,
        "account": "account accountname accountid company organization organisation associatedcompany sellerid dealorganization",
        "domain": "domain accountdomain companydomain website",
        "product": "product productname dealproduct",
        "created_at": "createdat createddate createdate created dealcreated dealdealcreated",
        "stage": "stage stagename dealstage",
        "status": "status dealstatus iswon",
        "closed_at": "closedat closedate closeddate closedon",
        "won_at": "wonat wondate wontime dealwontime",
        "lost_at": "lostat lostdate losttime deallosttime",
        "loss_reason": "lossreason lostreason closedlostreason deallostreason",
        "amount": "amount value dealvalue dealamount",
        "currency": "currency currencyisocode dealcurrency",
        "development_owner": "developmentowner sdr sdrid sdrowner salesdevelopmentowner",
        "opportunity_owner": "opportunityowner owner ownerid dealowner ae aeid srid salesrep",
    },
    "touches": {
        "lead": LEAD,
        "at": "at date time occurredat activitydate createddate duedate activityduedate",
        "channel": "channel type activitytype",
        "outcome": "outcome result calloutcome status",
        "by": "by owner ownerid assignedto user rep sdr activityowner",
        "note": "note notes comments description body",
    },
    "meetings": {
        "lead": LEAD,
        "starts_at": "startsat start starttime startdatetime meetingstarttime date",
        "ends_at": "endsat end endtime enddatetime meetingendtime",
        "outcome": "outcome result meetingoutcome status",
        "reason": "reason",
        "owner": "owner ownerid host ae organizer organiser assignedto",
        "booked_by": "bookedby createdby sdr sdrid",
        "booked_at": "bookedat createdat createddate created createdate",
    },
}  # fmt: skip


def guess(kind: str, header: Iterable[str]) -> dict[str, str]:
    """Say what each column of a file of this kind means; columns that mean nothing to us are left out. Pure."""
    header = list(header)
    found = guess_lead(header, recognise(header)) if kind == "leads" else {}
    words = {word: name for name, text in GUESSES[kind].items() for word in text.split()}
    for column in header:
        if column in found:
            continue
        if kind == "opportunities" and column.lower().startswith(STAGE):
            found[column] = STAGE + column[len(STAGE) :].strip()
            continue
        name = words.get(re.sub(r"[^a-z]", "", column.lower()))
        if name and name not in found.values():
            found[column] = name
    return found


def known(kind: str, name: str) -> bool:
    """Say whether a field of this name can be read from a file of this kind. Pure."""
    return name in FIELDS[kind] or (kind == "opportunities" and name.startswith(STAGE) and len(name) > len(STAGE))
