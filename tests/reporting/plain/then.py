"""How rows that people keep stood at a moment: as they are, and back along the history that is kept of them, one change after the other."""

from datetime import datetime, time
from types import SimpleNamespace
from zoneinfo import ZoneInfo


def rewound(rows: dict[int, dict], changes, table: str, as_of: datetime | None) -> dict[int, dict]:
    """Return the rows of a table as they were; `changes` are all that were noted, the newest first."""
    found = {pk: dict(row) for pk, row in rows.items()}
    for change in changes:
        if as_of is None or change.at <= as_of or change.table != table or change.part:
            continue
        if change.kind == "added":
            found.pop(change.row, None)
        else:
            found.setdefault(change.row, {}).update({column: values[0] for column, values in change.what.items()})
    return found


def person(row: dict) -> SimpleNamespace:
    """Return somebody's hours."""
    hours = {
        name: row[name] if isinstance(row[name], time) else time.fromisoformat(row[name])
        for name in ("work_start", "work_end")
    }
    return SimpleNamespace(zone=ZoneInfo(row["time_zone"]), work_days=row["work_days"], **hours)


def absence(row: dict) -> SimpleNamespace:
    moments = {
        name: row[name] if isinstance(row[name], datetime) else datetime.fromisoformat(row[name])
        for name in ("starts_at", "ends_at")
    }
    return SimpleNamespace(user_id=row["user_id"], **moments)
