"""Reading and writing many rows at once: whatever they hold, they come and go as by the ordinary ways."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import FETCH_PEERS
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Event, Message, Product, Team, User
from accounts.reading import read
from accounts.writing import changed, fresh, insert_each, update_each, values_of

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
LENGTH = st.none() | st.timedeltas(timedelta(days=-900), timedelta(days=900))


def event(**facts) -> Event:
    return Event(kind="note", at=AT, recorded_at=AT, door="page", **facts)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(TEXT, LENGTH, st.dictionaries(TEXT, TEXT | st.integers(), max_size=2)), min_size=1, max_size=4)
)
def test_new_rows_arrive_as_they_were(rows):
    written = insert_each([event(from_status=text[:12], stayed=stayed, data=data) for text, stayed, data in rows])

    found = Event.objects.in_bulk([row.pk for row in written])
    assert [(found[row.pk].from_status, found[row.pk].stayed, found[row.pk].data) for row in written] == [
        (text[:12], stayed, data) for text, stayed, data in rows
    ]


@pytest.mark.parametrize("texts", [["\x1e", "b"], ["a\x1fb", "c"], ["NULL", "{}"], ['"', "\\"], ["", "d"]])
def test_texts_that_mean_something_on_the_way_are_texts(texts):
    written = insert_each([event(from_status=text) for text in texts])

    assert (
        list(
            Event.objects.filter(pk__in=[row.pk for row in written])
            .order_by("pk")
            .values_list("from_status", flat=True)
        )
        == texts
    )


def test_a_new_row_takes_the_number_of_what_it_was_given_before_that_was_written():
    to = User(username="late", role="sdr")
    message = Message(to=to, kind="soon", dedupe_key="late", created_at=AT)
    to.save()

    insert_each([message])

    assert Message.objects.get(pk=message.pk).to == to


def test_a_row_that_points_to_one_never_written_is_refused():
    message = Message(to=User(username="never"), kind="soon", dedupe_key="never", created_at=AT)

    with pytest.raises(ValueError, match="to of Message is not written yet"):
        insert_each([message])

    assert not Message.objects.exists()


def test_a_fresh_row_has_the_defaults_of_a_made_one_and_shares_nothing_with_another():
    facts = {"kind": "note", "at": AT, "recorded_at": AT, "door": "page"}
    one, other, made = fresh(Event, **facts), fresh(Event, **facts), Event(**facts)

    one.data["a"] = 1

    assert values_of(other, names()) == values_of(made, names())
    assert (other.data, other._state.adding) == ({}, True)


def test_a_fresh_row_has_no_column_that_there_is_not():
    with pytest.raises(TypeError, match="Event has no colour"):
        fresh(Event, kind="note", colour="red")


def names() -> tuple[str, ...]:
    return tuple(field.name for field in Event._meta.concrete_fields)


def test_only_what_changed_on_some_row_is_written():
    teams = [Team.objects.create(name=name) for name in ("North", "South")]
    fields = ("name", "is_active", "kind")
    before = {team.pk: values_of(team, fields) for team in teams}
    Team.objects.update(kind="pool")  # by somebody else, meanwhile

    teams[1].name = "East"
    update_each(teams, changed(teams, fields, before))

    assert changed(teams[:1], fields, before) == []
    assert changed(teams, fields, {}) == list(fields)
    assert list(Team.objects.filter(pk__in=before).order_by("pk").values_list("name", "kind")) == [
        ("North", "pool"),
        ("East", "pool"),
    ]


def test_rows_are_read_as_by_a_queryset():
    for name in ("Planner", "Desk"):
        Product.objects.create(name=name)

    rows = read(Product, "WHERE name <> %s ORDER BY name", ["Nothing"])

    asked = list(Product.objects.order_by("name").fetch_mode(FETCH_PEERS))
    assert [row.__dict__ | {"_state": None} for row in rows] == [row.__dict__ | {"_state": None} for row in asked]
    assert [(row._state.adding, row._state.db, row._state.fetch_mode) for row in rows] == [
        (False, "default", FETCH_PEERS)
    ] * len(asked)
    rows[0].name = "Field Desk"
    rows[0].save()
    assert Product.objects.filter(name="Field Desk").exists()


def test_rows_that_are_more_than_their_columns_are_not_read_so():
    with pytest.raises(TypeError, match="Event is read by a queryset: data"):
        read(Event, "", [])
