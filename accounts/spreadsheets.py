"""What leaves the house as CSV: cells that a spreadsheet would run as a formula are made harmless (SAFE-2).

Called by whatever offers a file: the import's rejected rows, exports, reports.
"""

import csv
import io
import re
from collections.abc import Iterable

NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*")


def neutral(cell: object) -> str:
    """Return a cell as text that no spreadsheet takes for a formula. Numbers stay numbers."""
    text = "" if cell is None else str(cell)
    if text[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") and not NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def csv_lines(rows: Iterable[Iterable[object]]) -> Iterable[str]:
    """Write rows as lines of CSV, one after the other, so that a large file needs no large memory."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow([neutral(cell) for cell in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
