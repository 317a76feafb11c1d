"""Dates in a file (ruling 7)."""

import contextlib
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads import import_dates
from leads.import_dates import Ambiguous, order_of


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


class TestOrder:
    @pytest.mark.parametrize(
        ("texts", "order"),
        [
            (["01-02-2018", "20-10-2017"], "dmy"),
            (["01/02/2018", "10/20/2017"], "mdy"),
            (["18-02-25", "99-10-20"], "ymd"),
            (["25.02.18", "05.06.17"], "dmy"),
            (["2/25/18", "5/6/17"], "mdy"),
            (["2018-02-01", "2017-10-20"], ""),
            (["01-01-2018", "02/02/2018"], ""),
            (["Feb 1, 2018", "3 March 2018"], ""),
            (["soon", "", "31.13.2018", "99/99/2018"], ""),
            ([], ""),
            (["01-02-2018", "31.02.2018", "20-10-2017 14:30"], "dmy"),
            (["13-01-2018"] * 20 + ["01-13-2018"], "dmy"),
        ],
    )
    def test_is_inferred_over_the_whole_column(self, texts, order):
        assert order_of(texts) == order

    @pytest.mark.parametrize(
        ("texts", "example"),
        [
            (["01-02-2018", "03-04-2018"], "01-02-2018"),
            (["2018-05-06", "01/02/2018"], "01/02/2018"),
            (["01-02-03"], "01-02-03"),
            (["13-01-2018", "01-13-2018", "02-03-2018"], "02-03-2018"),
        ],
    )
    def test_that_no_row_decides_is_asked_for(self, texts, example):
        with pytest.raises(Ambiguous) as doubt:
            order_of(texts)
        assert doubt.value.example == example

    def test_that_is_contradicted_names_the_first_of_each_kind(self):
        with pytest.raises(Ambiguous) as doubt:
            order_of(["02-03-2018", "13-01-2018", " 01-14-2018", "01-15-2018", "16-01-2018"])
        assert doubt.value.against == {"dmy": "13-01-2018", "mdy": " 01-14-2018"}

    @given(
        st.lists(st.dates(date(1970, 1, 1), date(2040, 1, 1)), min_size=1),
        st.sampled_from(["%d-%m-%Y", "%m/%d/%Y", "%Y-%m-%d"]),
    )
    def test_once_inferred_reads_every_date_as_it_was_meant(self, days, form):
        texts = [day.strftime(form) for day in days]
        try:
            order = order_of(texts)
        except Ambiguous:
            assert all(day.day <= 12 for day in days)
            return
        assert [import_dates.read(text, order).date() for text in texts] == days


class TestReading:
    @pytest.mark.parametrize(
        ("text", "order", "moment"),
        [
            ("2018-02-01", "", utc(2018, 2, 1)),
            ("2018-02-01", "dmy", utc(2018, 2, 1)),
            ("2018/2/1", "", utc(2018, 2, 1)),
            ("20180201", "", utc(2018, 2, 1)),
            ("01-02-2018", "dmy", utc(2018, 2, 1)),
            ("01-02-2018", "mdy", utc(2018, 1, 2)),
            ("1.2.18", "dmy", utc(2018, 2, 1)),
            ("1/2/99", "mdy", utc(1999, 1, 2)),
            ("18-02-01", "ymd", utc(2018, 2, 1)),
            ("02-02-2018", "", utc(2018, 2, 2)),
            (" 2018-02-01  14:05 ", "", utc(2018, 2, 1, 14, 5)),
            ("2018-02-01T14:05:06.789Z", "", utc(2018, 2, 1, 14, 5, 6)),
            ("2018-02-01T14:05:06+0200", "", utc(2018, 2, 1, 12, 5, 6)),
            ("2018-02-01 14:05:06-05:30", "", utc(2018, 2, 1, 19, 35, 6)),
            ("1/2/2018 2:05 PM", "mdy", utc(2018, 1, 2, 14, 5)),
            ("1/2/2018, 12:05 am", "mdy", utc(2018, 1, 2, 0, 5)),
            ("Feb 1, 2018", "", utc(2018, 2, 1)),
            ("1-Feb-2018", "", utc(2018, 2, 1)),
            ("1. February 2018 08:00", "", utc(2018, 2, 1, 8)),
        ],
    )
    def test_takes_the_usual_forms(self, text, order, moment):
        assert import_dates.read(text, order) == moment

    @pytest.mark.parametrize(
        ("text", "order"),
        [
            *(("31.13.", "dmy"), ("31-02-2018", "dmy"), ("2018-02-30", ""), ("01-02-2018", "ymd"), ("01-02-2018", "")),
            *(
                ("13-13-2018", "mdy"),
                ("soon", ""),
                ("2018", ""),
                ("25:00", ""),
                ("2018-02-01 25:00", ""),
                ("43132", ""),
            ),
            *(("2018-02-01 13:00 pm", ""), ("1 Foo 2018", ""), ("2018-02-01 10:00+99:00", "")),
        ],
    )
    def test_says_what_is_none(self, text, order):
        with pytest.raises(ValueError, match=r"^“.*” is no date\.$"):
            import_dates.read(text, order)

    def test_refuses_what_is_too_long_ago(self):
        with pytest.raises(ValueError, match="is before 1970"):
            import_dates.read("0018-02-01", "")

    @given(st.text(max_size=30), st.sampled_from(["", "dmy", "mdy", "ymd"]))
    def test_takes_any_text_and_never_fails_otherwise(self, text, order):
        with contextlib.suppress(ValueError):
            assert import_dates.read(text, order).tzinfo is UTC
