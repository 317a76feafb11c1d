"""Whether LeadOps can do its work, for load balancers, the supervisor and `./run`."""

import logging
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from leadops import jobs

logger = logging.getLogger(__name__)
SILENCE = timedelta(seconds=60)


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when web, database, jobs and every sweep work, else 503 naming which does not.

    A sweep is named with its last good run and how long ago that is. Three queries; no session is read.
    """
    answer: dict[str, object] = {
        "web": "ok",
        "database": "ok",
        "jobs": "ok",
        "records": "guarded" if settings.LEADOPS_RECORDS_GUARDED else "unguarded",
    }
    pulses: list[jobs.Pulse] = []
    try:
        last = jobs.last_sign_of_life()
        pulses = jobs.pulses(timezone.now())
    except (DatabaseError, InterfaceError) as problem:
        logger.warning("healthz: %s", problem)
        # The connection may be beyond repair; the next request deserves a fresh one.
        connection.close()
        answer |= {"database": "unreachable", "jobs": "unknown"}
    else:
        if last is None:
            answer["jobs"] = "never seen"
        elif timezone.now() - last > SILENCE:
            answer["jobs"] = f"silent since {last.isoformat(timespec='seconds')}"
    healthy = answer["database"] == "ok" and answer["jobs"] == "ok" and not any(pulse.is_late for pulse in pulses)
    if pulses:
        answer["sweeps"] = {pulse.name: _said(pulse) for pulse in pulses}
    return JsonResponse(answer, status=200 if healthy else 503)


def _said(pulse: jobs.Pulse) -> dict[str, str | int | None]:
    return {
        "state": "late" if pulse.is_late else "ok",
        "last_run": pulse.last.isoformat(timespec="seconds") if pulse.last else None,
        "lag_seconds": int(pulse.lag.total_seconds()) if pulse.lag is not None else None,
    }
