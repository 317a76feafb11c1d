"""What is in the file somebody chose: a header and rows, whatever program wrote it (IN-3).

Told apart by content, never by name. Reads row by row, so that a large file needs no large memory. Called by
`leads/importing.py`; nothing here touches the database.
"""

import codecs
import csv
import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, BinaryIO

import openpyxl

from leads.import_encodings import bare_utf16, encoding_of

LARGEST_CELL = 1_000_000
MOST_COLUMNS = 500
LARGEST_UNPACKED = 1_000_000_000  # of an .xlsx, which is a ZIP archive and may be a bomb
HEAD = 65_536
DELIMITERS = ",;\t|"

Row = tuple[int, list[str]]  # the line in the file, the header being 1, and its cells

OTHER = {
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"GIF8": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"\x1f\x8b": "a packed file (gzip)",
    b"7z\xbc\xaf": "a packed file (7z)",
    b"Rar!": "a packed file (rar)",
    b"SQLite format 3": "a database",
    b"{\\rtf": "a text document",
    b"\x7fELF": "a program",
}
UNREADABLE = "the characters cannot be read. Save the file as CSV UTF-8."
CONTROL = re.compile(rb"[\x01-\x08\x0e-\x1a\x1c-\x1f]")


class FileProblem(Exception):
    """The file cannot be read, and why; nothing of it was kept. `kind` says which, where several were given."""

    kind = ""


@dataclass(slots=True)
class Table:
    """A file's header and its rows, to be read once, in order."""

    header: list[str]
    rows: Iterator[Row]
    form: str  # csv or xlsx
    encoding: str = ""
    delimiter: str = ""


def open_table(stream: BinaryIO) -> Table:
    """Find out what a file is and begin to read it. Raises FileProblem, here or while its rows are read."""
    stream.seek(0)
    head = stream.read(HEAD)
    if not head.strip():
        raise FileProblem("This file is empty.")
    if head.startswith(b"PK\x03\x04"):
        return _workbook(stream)
    _refuse_others(head)
    encoding = encoding_of(stream, head)
    if not encoding:
        raise FileProblem("This file's characters cannot be told. Save it as CSV UTF-8 or .xlsx.")
    try:
        delimiter, skipped = _delimiter(_text_of(stream, encoding).read(HEAD))
    except UnicodeError:
        raise FileProblem(f"In the beginning: {UNREADABLE}") from None
    records = _records(_text_of(stream, encoding), delimiter)
    first = next((record for record in records if record[0] > skipped and record[1]), None)
    if first is None:
        raise FileProblem("This file is empty.")
    header = _header(first[1])
    return Table(header, _without_padding(records), "csv", encoding, delimiter)


def _text_of(stream: BinaryIO, encoding: str) -> io.TextIOBase:
    stream.seek(0)
    return io.TextIOWrapper(_Unclosed(stream), encoding=encoding, newline="")


class _Unclosed(io.RawIOBase):
    """The stream for a wrapper that must not close what is not its own."""

    def __init__(self, stream: BinaryIO):
        self.stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        part = self.stream.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)


def _refuse_others(head: bytes) -> None:
    for magic, what in OTHER.items():
        if head.startswith(magic):
            raise FileProblem(f"This is {what}, not a table. Save it as CSV or .xlsx.")
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileProblem(
            "This is an old (.xls) or protected Excel file. Save it as .xlsx without a password, or as CSV."
        )
    if head.lstrip()[:9].lower().startswith((b"<html", b"<!doctype", b"<?xml")):
        raise FileProblem("This is a web page, not a table. Save it as CSV or .xlsx.")
    if head.lstrip().startswith((b'{"', b"[{", b"[[")):
        raise FileProblem("This is JSON, not a table. Save it as CSV or .xlsx.")
    if not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and not bare_utf16(head):
        zeros, others = head.count(0), len(CONTROL.findall(head))
        if others * 100 > len(head) or (zeros and others) or zeros * 20 > len(head):
            raise FileProblem("This is no text and no Excel file. Save it as CSV or .xlsx.")


def _delimiter(sample: str) -> tuple[str, int]:
    """Say what separates the cells, and how many lines only say so (`sep=;`, as Excel writes)."""
    said = re.match(r"sep=([,;\t|])\r?\n", sample, re.IGNORECASE)
    if said:
        return said[1], 1
    whole = sample.rpartition("\n")[0] or sample
    best = (0, 0, 0, ",")
    for order, delimiter in enumerate(DELIMITERS):
        rows = []
        try:
            for row in csv.reader(io.StringIO(whole, newline=""), delimiter=delimiter):
                rows += [len(row)] if row else []
                if len(rows) == 50:
                    break
        except csv.Error:
            pass  # whoever reads it all will say what is wrong
        if rows and rows[0] > 1:
            best = max(best, (rows.count(rows[0]), rows[0], -order, delimiter))
    return best[3], 0


def _records(text: Iterable[str], delimiter: str) -> Iterator[Row]:
    """Read records with the line each begins on. Raises FileProblem where no row can be made of what is there."""
    csv.field_size_limit(LARGEST_CELL)
    pieces: list[str] = []
    reader = csv.reader(_kept(_without_nul(text), pieces), delimiter=delimiter)
    line, last, begun = 1, pieces, 1
    try:
        for cells in reader:
            last, begun = pieces[:], line
            pieces.clear()
            yield line, cells
            line = reader.line_num + 1
        if _never_closes(last, delimiter):
            raise FileProblem(f"Line {begun}: a quotation mark there never closes, and takes all that follows with it.")
    except csv.Error as problem:
        if "field larger" not in str(problem):
            raise FileProblem(f"Line {line} cannot be read: {problem}.") from None
        raise FileProblem(
            f"Line {line}: a cell is larger than 1 MB. Perhaps a quotation mark there never closes."
        ) from None
    except UnicodeError:
        raise FileProblem(f"After line {line}: {UNREADABLE}") from None


def _kept(text: Iterable[str], pieces: list[str]) -> Iterator[str]:
    """Pass lines on, and keep those of the record at hand."""
    for line in text:
        pieces.append(line)
        yield line


def _never_closes(pieces: list[str], delimiter: str) -> bool:
    """Say whether the file ended inside a quotation: the last record then holds everything since."""
    try:
        list(csv.reader(pieces, delimiter=delimiter, strict=True))
    except csv.Error as problem:
        return "unexpected end" in str(problem)
    return False


def _without_nul(text: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(text, 1):
        if "\x00" in line:
            raise FileProblem(
                f"Line {number}: there is a NUL character, which no text has. Save the file as CSV again."
            )
        yield line


def _without_padding(records: Iterable[Row]) -> Iterator[Row]:
    """Leave out empty lines, and the rows of empty cells that programs write below the last one."""
    held: list[Row] = []
    for number, cells in records:
        if not cells or (len(cells) == 1 and not cells[0].strip()):
            continue
        if any(cell and not cell.isspace() for cell in cells):
            yield from held
            held.clear()
            yield number, cells
        else:
            held.append((number, cells))


def _header(cells: list[str]) -> list[str]:
    """Return the columns' names. Blank ones are numbered; one name twice, or a first line that is no header, is refused."""
    names = [" ".join(cell.replace("\ufeff", "").split()) for cell in cells]
    if len(names) > MOST_COLUMNS:
        raise FileProblem(f"There are {len(names):,} columns; at most {MOST_COLUMNS} can be read.")
    if not any(names):
        raise FileProblem("The first line names no columns.")
    if any(re.fullmatch(r"[^\s@]+@[^\s@]+\.[^\s@]+", name) for name in names):
        raise FileProblem("The first line must name the columns, but it holds an address.")
    seen: dict[str, str] = {}
    for name in names:
        if name and name.casefold() in seen:
            raise FileProblem(f"The column “{name}” is there twice. Rename or remove one.")
        seen[name.casefold()] = name
    return [name or f"Column {number}" for number, name in enumerate(names, 1)]


def _workbook(stream: BinaryIO) -> Table:
    try:
        with zipfile.ZipFile(stream) as archive:
            if "xl/workbook.xml" not in archive.namelist():
                raise FileProblem(
                    "This is a packed file (ZIP), not a table. Unpack it and choose the CSV or .xlsx inside."
                )
            if sum(part.file_size for part in archive.infolist()) > LARGEST_UNPACKED:
                raise FileProblem("This Excel file is too large. Save it as CSV.")
        stream.seek(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
    except FileProblem:
        raise
    except Exception as problem:  # a damaged archive fails in as many ways as it has parts
        raise FileProblem("This Excel file is damaged. Open and save it again, or save it as CSV.") from problem
    records = _sheet_records(book)
    first = next((record for record in records if any(record[1])), None)
    if first is None:
        raise FileProblem("This file is empty.")
    cells = first[1]
    while cells and not cells[-1]:
        cells.pop()
    return Table(_header(cells), _fitted(records, len(cells)), "xlsx")


def _sheet_records(book) -> Iterator[Row]:
    sheet = book.worksheets[0]
    sheet.reset_dimensions()
    try:
        for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
            cells = [_text(value) for value in values]
            if any(len(cell) > LARGEST_CELL for cell in cells):
                raise FileProblem(f"Row {number}: a cell is larger than 1 MB.")
            yield number, cells
    except FileProblem:
        raise
    except Exception as problem:
        raise FileProblem("This Excel file is damaged. Open and save it again, or save it as CSV.") from problem
    finally:
        book.close()


def _fitted(records: Iterable[Row], columns: int) -> Iterator[Row]:
    """Bring rows to the header's length, where only empty cells are in the way; leave out empty ones."""
    for number, cells in records:
        if any(cells):
            while len(cells) > columns and not cells[-1]:
                cells.pop()
            yield number, cells + [""] * (columns - len(cells))


def _text(value: Any) -> str:
    """Return a cell's value as a CSV would say it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
