"""One row of a file into one row of intake: by the columns' meanings and the import's options.

Called by `leads/importing.py` for its preview and its run alike.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from accounts.models import Team, User
from leads import import_dates
from leads.import_presets import IMPORT_FIELDS
from leads.intake_rows import CLEAN, Bad, IntakeRow, finish, line

SLACK = timedelta(days=1)  # a file may be written in a zone that is ahead of ours


class Reader:
    """Reads rows of one file. Made once for a batch; `row` is asked for each."""

    def __init__(
        self, header: Sequence[str], columns: Mapping[str, str], *, order: str, at: datetime, source: str = "", motion: str = "",
        go_to_market: str = "", system: str = "", owner: User | None = None, team: Team | None = None,
    ):  # fmt: skip
        self.header, self.order, self.latest = header, order, at + SLACK
        self.plan: list[tuple[int, str, Callable[[str], Any]]] = [
            (index, columns[name], self._cleaner(columns[name]))
            for index, name in enumerate(header)
            if columns.get(name)
        ]
        self.defaults = {"motion": motion, "go_to_market": go_to_market, "system": system, "owner": owner, "team": team}
        if "source" not in columns.values():
            self.defaults["source"] = source

    def _cleaner(self, name: str) -> Callable[[str], Any]:
        if name == "created_at":
            return self._date
        return CLEAN.get(name) or line

    def _date(self, text: str) -> datetime:
        try:
            moment = import_dates.read(text, self.order)
        except ValueError as problem:
            raise Bad(str(problem)) from None
        if moment > self.latest:
            raise Bad(f"“{text.strip()[:40]}” is in the future.")
        return moment

    def row(self, cells: Sequence[str]) -> IntakeRow:
        """Read one row. Raises Bad with the column's name and why."""
        if len(cells) != len(self.header):
            raise Bad(f"The row has {len(cells)} cells, the header {len(self.header)}.")
        row = IntakeRow()
        name = ""
        column = ""
        for field, value in self.defaults.items():
            if value:
                setattr(row, field, value)
        given: set[str] = set()
        try:
            for index, field, clean in self.plan:
                text = cells[index]
                if not text or field in given:
                    continue
                column = self.header[index]
                if not (value := clean(text)):
                    continue
                given.add(field)
                if field == "name":
                    name = value
                else:
                    setattr(row, field, value)
            column = ""
            if name and not (row.first_name or row.last_name):
                self._part(row, name)
            return finish(row)
        except Bad as problem:
            raise Bad(problem.words, column or self._column_of(problem.field)) from None

    def _part(self, row: IntakeRow, name: str) -> None:
        first, _space, last = name.rpartition(" ")
        row.first_name, row.last_name = CLEAN["first_name"](first), CLEAN["last_name"](last)

    def _column_of(self, field: str) -> str:
        return next((self.header[index] for index, name, _clean in self.plan if name == field), "")


assert set(IMPORT_FIELDS) - {"name"} <= CLEAN.keys()
