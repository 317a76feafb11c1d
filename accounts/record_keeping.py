"""Who came in, who went out, who was kept out, and what left the house: on record (SAFE-2).

Called by the door's pages, the admin, and by whatever hands out a file. Ids and codes only: the name
somebody typed is kept only as the id of the person it belongs to, an unknown one not at all.
"""

from datetime import datetime

from accounts.models import OF_THE_DOOR, Door, Event


def record(kind: str, user, at: datetime, *, door: Door = Door.PAGE, **data) -> None:
    """Write one line about this person; None is somebody nobody knows. One query."""
    if kind not in OF_THE_DOOR:
        raise ValueError(f"{kind} is no kind of the door's record")
    actor = user.pk if user is not None else None
    Event.objects.create(kind=kind, actor_id=actor, at=at, recorded_at=at, door=door, data=data)


def record_export(user, what: str, rows: int, at: datetime, *, door: Door = Door.PAGE) -> None:
    """Write that this person took so many rows of this out of the house. `what` is a code, `leads` say.

    Call it in the transaction that reads the rows, before the first of them is sent. One query.
    """
    record("export", user, at, door=door, what=what, rows=rows)
