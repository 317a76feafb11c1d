"""Undo: ten seconds on the screen, sixty here (WORK-2). What an act did is taken back by the process that did it, by the same person."""

from django.db import transaction
from django.http import Http404
from django.views.decorators.http import require_POST

from accounts import receipts
from accounts.models import Door, Receipt, Team, User
from leads import assignment, dispositions, pulling, touches, wishes
from leads.lifecycle import UNDO, Refused, Seen
from leads.models import Touch
from leads.queue import PLACE
from leads.views import answers, slots
from leads.views.desk import Desk


@require_POST
def undo(request, token):
    """Take an act back. Said twice, it is answered with what happened the first time."""
    desk = Desk(request)
    key = receipts.key_of("undo", desk.user, token)
    try:
        with transaction.atomic():
            receipt = Receipt.objects.select_for_update().filter(pk=key, user=desk.user).first()
            if receipt is None:
                raise Http404("no such undo")
            desk.place, desk.view = receipt.data["place"], receipt.data["view"] if receipt.data["view"] in PLACE else ""
            what = receipt.data["undo"]
            if "done" not in receipt.data:
                if desk.at - receipt.at > UNDO:
                    raise Refused("Too late to undo. What is on the timeline stays; log what is right.", "too_late")
                take_back, words = (UNDOES | slots.UNDOES)[what["kind"]]
                receipt.data["done"] = f"{take_back(desk, what).name}: {words}"
                receipts.keep(key, receipt.data)
    except Refused as refusal:
        notice = {"kind": "error", "title": "Not undone.", "text": refusal.words}
        lead = desk.lead(what["lead"])
        return answers.wrong(
            desk, lead, "", status=403 if refusal.code == "forbidden" else 422, panel={"notice": notice}
        )
    lead = desk.lead(what["lead"])
    open_now = lead
    if what["kind"] == "give_back" and desk.place == "queue":
        # It is nobody's again: the person goes on with their own.
        first = next(iter(desk.queue.view(desk.view)), None)
        open_now = desk.again(first.lead) if first else None
    return answers.done(desk, lead, {"text": receipt.data["done"]}, open_now, relist=True)


def _touch(desk, what):
    return touches.withdraw(Touch.objects.get(pk=what["touch"]), by=desk.user, at=desk.at, door=Door.PAGE).lead


def _take_back(desk, what):
    return dispositions.take_back([Seen(what["lead"], what["cycle"])], by=desk.user, at=desk.at, door=Door.PAGE).lead


def _give_back(desk, what):
    return pulling.give_back([Seen(what["lead"], what["cycle"])], by=desk.user, at=desk.at, door=Door.PAGE).lead


def _assign_back(desk, what):
    to = User.objects.get(pk=what["owner"]) if what["owner"] else Team.objects.get(pk=what["team"])
    return assignment.assign([Seen(what["lead"], what["cycle"])], to=to, by=desk.user, at=desk.at, door=Door.PAGE).lead


def _unask(desk, what):
    return wishes.unask([Seen(what["lead"], what["cycle"])], by=desk.user, at=desk.at, door=Door.PAGE).lead


UNDOES = {
    "touch": (_touch, "the touch is taken back."),
    "take_back": (_take_back, "the end is taken back, the round goes on."),
    "give_back": (_give_back, "given back."),
    "assign_back": (_assign_back, "back where it was."),
    "unask": (_unask, "the wish is taken back."),
}
