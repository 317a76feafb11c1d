"""The mailbox of a made-up world: what was mailed, or would have been if a mail server were set. For RevOps and the curious."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts import clock, messages
from accounts.models import Message
from accounts.permissions import Scope, allowed

PAGE = 50


@require_GET
def mailbox(request):
    """Show the mails in the outbox, newest first, by key. In a demo world only: elsewhere mails are their receivers' own."""
    if not settings.LEADOPS_DEMO:
        raise Http404("there is a mailbox in a made-up world only")
    if Scope.ALL not in allowed(request.user, "rules.change"):
        raise PermissionDenied("The mailbox is for RevOps.")
    mails = Message.objects.filter(channel=Message.Channel.MAIL).select_related("to").order_by("-pk")
    older = request.GET.get("older", "")
    if older.isdecimal() and len(older) < 19:
        mails = mails.filter(pk__lt=int(older))
    rows = list(mails[: PAGE + 1])
    pager = {"older": f"?older={rows[PAGE - 1].pk}"} if len(rows) > PAGE else {}
    at = clock.now()
    opened = request.GET.get("open", "")
    # Put into words one by one, as they leave.
    letter = next((messages.in_words(mail, at) for mail in rows if str(mail.pk) == opened), None)
    shown = {
        "mails": rows[:PAGE],
        "pager": pager,
        "now": at,
        "goes_out": _goes_out(),
        "opened": opened,
        "letter": letter,
        "older": older,
    }
    return render(request, "accounts/mailbox.html", shown)


def _goes_out() -> bool:
    return "smtp" in settings.MAILERS["default"]["BACKEND"]
