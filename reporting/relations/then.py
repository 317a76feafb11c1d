"""How what people keep stood at the moment of a report: hours, absences, the flags of a reason, who somebody was, where they worked.

From the history that the database keeps of them (`accounts/changes.py`): the first change after the moment says what was true before it.
As known now nothing is after the moment (`as_of` is null), so the same sentence of SQL says what is. Teams: `reporting/teams.py`.
"""

LATER = (
    """FROM accounts_change ch WHERE ch."table" = '{table}' AND ch.row = {row} AND ch.part = '' AND ch.at > %(as_of)s"""
)


def was(table: str, column: str, now: str, cast: str, row: str) -> str:
    """Say what a column held at the moment: `now` is what it holds, `row` the number of its row, `cast` its type."""
    first = (
        f"{LATER.format(table=table, row=row)} AND ch.kind <> 'added' AND ch.what ? '{column}' ORDER BY ch.id LIMIT 1"
    )
    said = f"(coalesce((SELECT jsonb_build_array(ch.what -> '{column}' -> 0) {first}), jsonb_build_array({now})) ->> 0)"
    return f"translate({said}, '[]', '{{}}')::{cast}" if cast.endswith("[]") else f"{said}::{cast}"


def _columns(table: str, row: str, now: str, columns: dict[str, str]) -> str:
    return ", ".join(f"{was(table, name, f'{now}.{name}', cast, row)} AS {name}" for name, cast in columns.items())


HOURS = {"time_zone": "text", "work_days": "int[]", "work_start": "time", "work_end": "time"}
# One row a person, provably: where nobody asks for hours the planner drops the join.
PEOPLE = f"""(SELECT DISTINCT ON (u.id) u.id, {_columns("accounts_user", "u.id", "u", HOURS)} FROM accounts_user u ORDER BY u.id)"""
# Those that were entered then, also where they were taken back since.
ABSENCES = f"""(SELECT {
    _columns(
        "accounts_absence", "x.id", "a", {"user_id": "bigint", "starts_at": "timestamptz", "ends_at": "timestamptz"}
    )
}
  FROM (SELECT n.id FROM accounts_absence n UNION SELECT ch.row FROM accounts_change ch
    WHERE ch."table" = 'accounts_absence' AND ch.kind = 'removed' AND ch.at > %(as_of)s) x
  LEFT JOIN accounts_absence a ON a.id = x.id
  WHERE (SELECT ch.kind {
    LATER.format(table="accounts_absence", row="x.id")
} ORDER BY ch.id LIMIT 1) IS DISTINCT FROM 'added')"""
# Reasons that might be chosen before any touch.
EARLY_REASONS = f"""(SELECT p.id FROM accounts_reason p
  WHERE {was("accounts_reason", "is_prequalification", "p.is_prequalification", "boolean", "p.id")})"""


def people(is_live: bool) -> str:
    """Return people with their hours and zone."""
    return "accounts_user" if is_live else PEOPLE


def absences(is_live: bool) -> str:
    return "accounts_absence" if is_live else ABSENCES
