"""What leaves the house as CSV: cells that a spreadsheet would run as a formula are made harmless (SAFE-2).

Called by whatever offers a file: the import's rejected rows, exports, reports; and by the import for a file that it gave out itself.
"""

import csv
import io
import re
from collections.abc import Iterable

NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*")
FORMULA = re.compile(r"'*[=+\-@\t\r\n]")


def neutral(cell: object) -> str:
    """Return a cell as text that no spreadsheet takes for a formula. Numbers stay numbers.

    What looks as if it had been made harmless before gets another apostrophe, so that `restored` gives back what was there.
    """
    text = "" if cell is None else str(cell)
    if FORMULA.match(text) and not NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def restored(cell: str) -> str:
    """Take off the apostrophe that `neutral` put before a cell, and no other."""
    return cell[1:] if cell[:1] == "'" and neutral(cell[1:]) == cell else cell


def csv_lines(rows: Iterable[Iterable[object]]) -> Iterable[str]:
    """Write rows as lines of CSV, one after the other, so that a large file needs no large memory."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow([neutral(cell) for cell in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
