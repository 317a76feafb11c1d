"""What is in the file somebody chose (IN-3, SAFE-3)."""

import contextlib
import csv
import io
import zipfile
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads import import_files
from leads.import_files import FileProblem, open_table

PEOPLE = "email,first name,company\nanna@nordlicht.no,Anna,Nordlicht\nben@kettler.de,Ben,Kettler\n"
ROWS = [(2, ["anna@nordlicht.no", "Anna", "Nordlicht"]), (3, ["ben@kettler.de", "Ben", "Kettler"])]


def table_of(content):
    return open_table(io.BytesIO(content.encode() if isinstance(content, str) else content))


def rows_of(content):
    return list(table_of(content).rows)


def workbook(*rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


class TestEncodings:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
    def test_of_unicode_are_told_with_and_without_their_mark(self, encoding):
        table = table_of(PEOPLE.replace("Anna", "Åsa Müller").encode(encoding))
        assert table.header == ["email", "first name", "company"]
        assert list(table.rows) == [(2, ["anna@nordlicht.no", "Åsa Müller", "Nordlicht"]), ROWS[1]]

    def test_of_western_windows_are_told(self):
        content = PEOPLE.replace("Anna", "Zoë – “Größe” €").encode("cp1252")
        table = table_of(content)
        assert table.encoding == "cp1252"
        assert next(table.rows)[1][1] == "Zoë – “Größe” €"

    def test_of_other_alphabets_are_guessed(self):
        lines = "".join(f"anna{n}@romashka.ru,Анна,Ромашка и компания\n" for n in range(50))
        table = table_of(("email,имя,организация\n" + lines).encode("cp1251"))
        assert table.header == ["email", "имя", "организация"]
        assert next(table.rows)[1] == ["anna0@romashka.ru", "Анна", "Ромашка и компания"]

    def test_a_western_letter_far_down_the_file_is_not_lost(self):
        content = ("email,name\n" + "a@b.no,x\n" * 200_000 + "b@b.no,Zoë\n").encode("cp1252")
        assert rows_of(content)[-1] == (200_002, ["b@b.no", "Zoë"])


class TestDelimiters:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_are_told(self, delimiter):
        table = table_of(PEOPLE.replace(",", delimiter))
        assert (table.delimiter, list(table.rows)) == (delimiter, ROWS)

    def test_inside_quotes_do_not_count(self):
        assert rows_of('name;note\n"Lind; Anna";"a, b, c, d"\n') == [(2, ["Lind; Anna", "a, b, c, d"])]

    def test_may_be_said_in_a_line_of_their_own(self):
        assert rows_of("sep=;\nemail;name\na@b.no;Anna, Ben\n") == [(3, ["a@b.no", "Anna, Ben"])]

    def test_are_not_needed_for_one_column(self):
        assert rows_of("email\na@b.no\n\nc@d.no\n") == [(2, ["a@b.no"]), (4, ["c@d.no"])]

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_and_line_ends_of_any_system_are_read(self, end):
        assert rows_of(PEOPLE.replace("\n", end)) == ROWS


class TestRows:
    def test_carry_the_line_they_begin_on(self):
        content = 'email,note\na@b.no,"one\ntwo\nthree"\nc@d.no,x\n'
        assert rows_of(content) == [(2, ["a@b.no", "one\ntwo\nthree"]), (5, ["c@d.no", "x"])]

    def test_that_are_ragged_are_handed_on_as_they_are(self):
        assert rows_of("a,b,c\n1,2\n1,2,3,4\n1,2,3,\n") == [
            (2, ["1", "2"]),
            (3, ["1", "2", "3", "4"]),
            (4, ["1", "2", "3", ""]),
        ]

    def test_that_are_empty_in_the_middle_are_kept_and_those_below_the_last_are_not(self):
        assert rows_of("a,b\n1,2\n,\n\n3,4\n,\n , \n") == [(2, ["1", "2"]), (3, ["", ""]), (5, ["3", "4"])]

    def test_may_be_without_a_last_line_end(self):
        assert rows_of(PEOPLE.rstrip("\n")) == ROWS

    @given(
        st.lists(
            st.lists(
                st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1),
                min_size=3,
                max_size=3,
            ),
            min_size=1,
            max_size=8,
        ),
        st.sampled_from([",", ";", "\t"]),
    )
    def test_come_back_as_a_program_wrote_them(self, rows, delimiter):
        out = io.StringIO()
        csv.writer(out, delimiter=delimiter).writerows([["one", "two", "three"], *rows])
        read = [cells for _number, cells in rows_of(out.getvalue())]
        kept = [row for row in rows if any(not cell.isspace() for cell in row)]
        assert [row for row in read if any(not cell.isspace() for cell in row)] == kept


class TestWorkbooks:
    def test_are_told_by_content_whatever_they_are_called(self):
        content = workbook(["email", "first name", "company"], *(row for _line, row in ROWS))
        table = table_of(content)
        assert (table.form, table.header, list(table.rows)) == ("xlsx", ["email", "first name", "company"], ROWS)

    def test_say_dates_and_numbers_as_a_text_file_would(self):
        rows = [
            ["phone", "day", "moment", "share", "yes"],
            [4915123456789, date(2018, 2, 1), datetime(2018, 2, 1, 14, 5), 0.5, True],  # noqa: DTZ001  as Excel keeps it
        ]
        assert rows_of(workbook(*rows)) == [(2, ["4915123456789", "2018-02-01", "2018-02-01 14:05:00", "0.5", "True"])]

    def test_fill_up_short_rows_and_leave_out_empty_ones(self):
        content = workbook(["a", "b", None], ["1", "2"], [None, None], ["3"], ["4", "5", "6"])
        assert rows_of(content) == [(2, ["1", "2"]), (4, ["3", ""]), (5, ["4", "5", "6"])]

    def test_that_are_damaged_say_so(self):
        with pytest.raises(FileProblem, match="damaged"):
            rows_of(workbook(["a"], ["1"])[:400])

    def test_that_unpack_to_more_than_fits_are_refused(self, monkeypatch):
        monkeypatch.setattr(import_files, "LARGEST_UNPACKED", 1_000)
        with pytest.raises(FileProblem, match="too large"):
            rows_of(workbook(["a"], ["1"]))


def archive():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("people.csv", PEOPLE)
    return file.getvalue()


class TestBadFiles:
    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "This file is empty."),
            (b" \r\n\n", "This file is empty."),
            (b"\xef\xbb\xbf\n", "This file is empty."),
            (workbook(), "This file is empty."),
            (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "This is a picture, not a table. Save it as CSV or .xlsx."),
            (b"%PDF-1.7\n%\xe2\xe3", "This is a PDF, not a table. Save it as CSV or .xlsx."),
            (bytes(range(256)) * 40, "This is no text and no Excel file. Save it as CSV or .xlsx."),
            (b"\x00" * 5000, "This is no text and no Excel file. Save it as CSV or .xlsx."),
            (b"<!DOCTYPE html><html>", "This is a web page, not a table. Save it as CSV or .xlsx."),
            (b'[{"email": "anna@nordlicht.no"}]', "This is JSON, not a table. Save it as CSV or .xlsx."),
            (archive(), "This is a packed file (ZIP), not a table. Unpack it and choose the CSV or .xlsx inside."),
            (
                b"email,name\na@b.no,An\x00na\n",
                "Line 2: there is a NUL character, which no text has. Save the file as CSV again.",
            ),
            (b"email,Name,name\n1,2,3\n", "The column “name” is there twice. Rename or remove one."),
            (b",,\n1,2,3\n", "The first line names no columns."),
            (
                b"anna@nordlicht.no,Anna\nben@kettler.de,Ben\n",
                "The first line must name the columns, but it holds an address.",
            ),
            (b",".join(b"c%d" % n for n in range(501)), "There are 501 columns; at most 500 can be read."),
        ],
    )
    def test_say_what_is_wrong(self, content, words):
        with pytest.raises(FileProblem) as problem:
            rows_of(content)
        assert str(problem.value) == words

    def test_with_a_cell_of_ten_megabytes_name_its_line(self):
        with pytest.raises(FileProblem, match=r"^Line 3: a cell is larger than 1 MB"):
            rows_of(f"email,note\na@b.no,x\nb@b.no,{'x' * 10_000_000}\nc@b.no,y\n")

    def test_with_a_quotation_mark_that_never_closes_name_its_line(self):
        with pytest.raises(FileProblem, match=r"^Line 3: .*quotation mark there never closes"):
            rows_of('email,note\na@b.no,x\nb@b.no,"open\n' + "c@b.no,y\n" * 200_000)

    def test_with_half_a_character_at_the_end_are_refused(self):
        with pytest.raises(FileProblem, match="characters cannot be read"):
            rows_of(b"\xff\xfe" + "email,name\na@b.no,Anna".encode("utf-16-le")[:-1] + b"")

    def test_columns_without_a_name_are_numbered(self):
        assert table_of("email,,\na@b.no,1,2\n").header == ["email", "Column 2", "Column 3"]

    @given(st.binary(max_size=600))
    def test_of_any_bytes_are_read_or_refused_and_never_fail(self, content):
        with contextlib.suppress(FileProblem):
            rows_of(content)


def test_a_quotation_that_never_closes_is_told_and_takes_no_row_with_it_in_silence():
    lines = [
        "email,first_name,source",
        "a@a.example,A,Fair",
        'b@b.example,"B,Fair',
        *(f"c{n}@c.example,C,Fair" for n in range(50)),
    ]
    table = open_table(io.BytesIO("\n".join(lines).encode()))

    with pytest.raises(FileProblem, match="Line 3: a quotation mark there never closes"):
        list(table.rows)


def test_a_quotation_over_several_lines_is_one_cell():
    table = open_table(io.BytesIO(b'email,note\na@a.example,"two\nlines"\nb@b.example,"said ""yes"""'))

    assert [cells for _line, cells in table.rows] == [["a@a.example", "two\nlines"], ["b@b.example", 'said "yes"']]
