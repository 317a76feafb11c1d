"""What people are told of meetings, hand-offs and contracts, in one sentence each. Read by `accounts/telling.py`."""

from django.urls import reverse

from accounts import messages, telling
from accounts.models import Role, Way
from accounts.telling import EVERYWHERE, IN_PAGE, Kind
from leads import consent, erasure, handing_over, receiving, room
from meetings import forgetting, handing, invitations, passing, stopping, tidiness

REPS = (Role.SDR, Role.AE, Role.CSM, Role.MANAGER)
ABOVE = (Role.MANAGER, Role.REVOPS)
# label, sentence, the way unless somebody chose another, which ways there are, to whom it comes
KINDS = {
    "meeting_booked": ("A meeting is booked", "{lead}: a meeting is booked.", Way.PAGE, EVERYWHERE, REPS),
    "meeting_passed_on": ("A meeting is yours now", "{lead}: the meeting is yours now.", Way.PAGE, IN_PAGE, REPS),
    "meeting_cancelled": ("A meeting is cancelled", "{lead}: the meeting is cancelled.", Way.BOTH, IN_PAGE, REPS),
    "meeting_unwanted": (
        "Somebody you meet asked us to stop",
        "{lead} asked us to stop on every channel, and has a meeting ahead. Call it off, unless they still want to come.",
        Way.BOTH, IN_PAGE, REPS,
    ),
    "sale_unmet": (
        "A sale has no qualified meeting any more",
        "{sale}: the meeting that qualified it was corrected. Move the sale back, close it, or meet them again.",
        Way.BOTH, IN_PAGE, (*REPS, Role.REVOPS),
    ),
    "meeting_over": ("Say what came of a meeting", "{lead}: the meeting is over. Say what came of it.", Way.PAGE, IN_PAGE, REPS),
    "meeting_silent": (
        "A meeting has no word after 24 h", "{lead}: nobody said for 24 hours what came of the meeting.", Way.BOTH, IN_PAGE, ABOVE,
    ),
    "meeting_yours_to_say": (
        "Record a meeting", "{lead}: no word of the meeting for 48 hours. Record it.",
        Way.PAGE, IN_PAGE, REPS,
    ),
    "meeting_claimed": ("Confirm a meeting", "{lead}: your SDR recorded the meeting. Confirm it.", Way.BOTH, IN_PAGE, ABOVE),
    "meeting_denied": ("A meeting is not confirmed", "{lead}: what you recorded is not confirmed.", Way.PAGE, IN_PAGE, REPS),
    "meeting_contested": ("A meeting is contested", "{lead}: the meeting is contested.", Way.BOTH, IN_PAGE, ABOVE),
    "meeting_settled": ("A contested meeting is settled", "{lead}: your contest is settled. Upheld: {upheld}.", Way.PAGE, IN_PAGE, REPS),
    "no_show": ("Somebody did not come", "{lead} did not come, and is yours again: find a new time.", Way.BOTH, IN_PAGE, REPS),
    "missed": ("We missed a meeting", "{lead} came, and we did not: a new time is needed.", Way.BOTH, IN_PAGE, REPS),
    "moved_often": ("Moved for the third time", "{lead} moved the meeting for the third time.", Way.PAGE, EVERYWHERE, ABOVE),
    "duty_broken": (
        "A no-show not worked", "{lead}: fewer than 5 touches in 7 days after a no-show. It moves on.", Way.BOTH, IN_PAGE, ABOVE,
    ),
    "duty_over": ("A no-show left by itself", "{lead} went to not now: no new time was found after a no-show.", Way.PAGE, EVERYWHERE, REPS),
    "hand_off_given": (
        "A customer is handed to you", "{sale} is won: accept the customer within 24 hours, or send them back.", Way.BOTH, EVERYWHERE, REPS,
    ),
    "hand_off_again": (
        "A lead is handed to you again", "{sale}: {lead} is handed over again. Accept within 24 hours, or send them back.",
        Way.BOTH, IN_PAGE, REPS,
    ),
    "hand_off_late": ("A hand-off waits over 24 h", "{sale}: the hand-off is not accepted for 24 hours.", Way.BOTH, IN_PAGE, ABOVE),
    "hand_off_accepted": ("A hand-off is accepted", "{sale}: the hand-off is accepted.", Way.PAGE, EVERYWHERE, REPS),
    "hand_off_refused": (
        "A hand-off is refused", "{sale}: the hand-off is refused, and back.{why}", Way.BOTH, IN_PAGE, (*REPS, Role.REVOPS),
    ),
    "contract_ends": ("A contract ends", "{sale}: the contract ends on {ends}.", Way.BOTH, EVERYWHERE, (*REPS, Role.REVOPS)),
}  # fmt: skip


def _sale(message) -> str:
    """Lead to the sale that is told of, where an old message names it."""
    return reverse("opportunity", args=[message.data["opportunity"]]) if message.data.get("opportunity") else ""


URLS = {
    "contract_ends": _sale,
    "hand_off_accepted": _sale,
    "sale_unmet": _sale,
    "hand_off_refused": _sale,
} | dict.fromkeys(("hand_off_given", "hand_off_again", "hand_off_late"), "/meetings/")


def begin() -> None:
    """Add these kinds, what goes along with a lead and with who leaves, what makes a manager's room untidy, and
    what a mail with an invitation has beside. Called when the app is ready."""
    telling.add(
        *(
            Kind(code, label, words, way, ways, roles, url=URLS.get(code, ""))
            for code, (label, words, way, ways, roles) in KINDS.items()
        )
    )
    receiving.meetings_with(passing.go_along, handing.follow)
    consent.also(stopping.tell_who_meets)
    erasure.also(forgetting.hold, forgetting.call_off)
    handing_over.also(handing_over.Above(passing.held, passing.pass_on, passing.bring_back))
    for line in (tidiness.SILENT, tidiness.WAITING):
        room.add(line)
    for kind in ("invitation", "cancellation"):
        messages.attached_by(
            kind, lambda message: [invitations.attachment(message.data["ics"], message.data["method"])]
        )
