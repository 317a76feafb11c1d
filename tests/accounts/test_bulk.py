"""Handing the database many values at once: whatever they hold, they arrive as they were."""

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.bulk import BETWEEN, NULL, copy, number, numbers, texts
from accounts.models import Domain

pytestmark = pytest.mark.django_db
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=f"\x00{BETWEEN}{NULL}"), max_size=20)


def told(literal, kind):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT %s::{kind}[]", [literal])
        return cursor.fetchone()[0]


@settings(deadline=None, max_examples=60)
@given(st.lists(TEXT))
def test_texts_arrive_as_they_were(values):
    assert told(texts(values), "text") == values


def test_words_that_mean_something_in_a_literal_are_words():
    values = ["NULL", "", "{}", '"', "\\", "a,b", "'; --", "\\N", "\n\t"]
    assert told(texts(values), "text") == values


def test_the_separator_itself_becomes_a_space():
    assert told(texts([f"a{BETWEEN}b", "c"]), "text") == ["a b", "c"]


def test_nothing_is_null():
    assert told(texts(["a", NULL]), "text") == ["a", None]
    assert told(numbers([1, None, 3]), "bigint") == [1, None, 3]
    assert told(numbers([]), "bigint") == []
    assert (number(7), number(None)) == ("7", NULL)


@settings(deadline=None, max_examples=60)
@given(st.lists(TEXT.filter(bool), unique=True, max_size=6))
def test_rows_arrive_as_they_were_with_defaults_for_what_is_not_named(values):
    Domain.objects.all().delete()
    with connection.cursor() as cursor:
        copy(cursor, Domain, ("name", "kind"), [(value, "free") for value in values])
    assert set(Domain.objects.values_list("name", "kind", "account")) == {(value, "free", None) for value in values}
