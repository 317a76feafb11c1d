"""The clean room as a page (SLA-4): what its manager is told at 08:00, as it is now."""

from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts import clock
from leads import board
from leads import room as rooms


@require_GET
def room(request):
    """Show by rep what is late or left lying, each number leading to its rows. The same number of queries however many reps."""
    if not board.leads_people(request.user):
        raise PermissionDenied("Only who leads a team has its room.")
    here = board.Board(request.user, clock.now())
    found = rooms.of(here.users.values(), here.teams, here.at)
    reps = [_rep(who, numbers) for who, numbers in found.reps]
    said = rooms.sentence({"totals": dict(found.totals)})
    return render(
        request,
        "leads/room.html",
        {"lines": rooms.LINES, "reps": reps, "is_clean": found.is_clean, "said": said, "now": here.at},
    )


def _rep(who, numbers: dict[str, int]) -> dict:
    pk = who.pk if who else rooms.POOLS
    cells = [{"label": line.label, "url": line.address(pk), "number": numbers.get(line.key)} for line in rooms.LINES]
    query = {"show": "open", "rep": pk} if who else {"show": "queue"}
    return {"name": str(who) if who else "In pools", "url": f"{reverse('team')}?{urlencode(query)}", "cells": cells}
