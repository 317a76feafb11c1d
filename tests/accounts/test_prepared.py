"""A question written down once answers every later one as Django would, whatever is given, and refuses what it would fill in wrongly."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Value

from accounts import clock
from accounts.models import Message, User
from accounts.prepared import Prepared
from leads import pulls, queue
from tests.pages.desk import given

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def named(to: int, kinds: list, since):
    rows = Message.objects.filter(to=to, created_at__gt=since).exclude(kind__in=kinds)
    return rows.order_by("pk").values_list("kind", "created_at")


@pytest.fixture
def told(house):
    at = clock.now()
    for number, kind in enumerate(("reply", "mention", "soon")):
        Message.objects.create(to=house.ana, kind=kind, created_at=at - number * HOUR, dedupe_key=kind)
    return at


@pytest.mark.parametrize("kinds", [[], ["reply"], ["reply", "soon"], ["it's", "100% sure"]])
def test_it_answers_as_the_queryset_does_for_lists_of_any_length(house, told, kinds):
    asked = Prepared(named)

    for user, since in ((house.ana, told - 3 * HOUR), (house.ana, told - HOUR), (house.ben, told - 3 * HOUR)):
        assert asked.rows(user.pk, kinds, since) == list(named(user.pk, kinds, since))


def test_the_statement_is_written_once_a_shape(house, told):
    built = []
    asked = Prepared(lambda *given: built.append(given) or named(*given))

    for kinds in (["reply"], ["soon"], ["reply", "soon"], ["mention"]):
        asked.rows(house.ana.pk, kinds, told)

    assert len(built) == 2


def test_one_question_is_one_query_and_none_where_nothing_can_be_found(house, django_assert_num_queries):
    asked = Prepared(lambda people: User.objects.filter(pk__in=people).values_list("pk"))

    with django_assert_num_queries(1):
        assert asked.rows([house.ana.pk]) == [(house.ana.pk,)]
    with django_assert_num_queries(0):
        assert asked.rows([]) == []


def test_what_does_not_reach_the_statement_as_it_is_given_is_refused_at_once(house):
    asked = Prepared(lambda user: User.objects.filter(pk=user + 1).values_list("pk"))

    with pytest.raises(ValueError, match="does not stand in the statement as it is"):
        asked.rows(house.ana.pk)


def test_a_moment_may_be_moved_on_its_way(house, told):
    asked = Prepared(lambda user, at: Message.objects.filter(to=user, created_at__gt=at - HOUR).values_list("kind"))

    assert sorted(asked.rows(house.ana.pk, told)) == [("reply",)]
    assert sorted(asked.rows(house.ana.pk, told - HOUR)) == [("mention",), ("reply",)]
    assert sorted(asked.rows(house.ana.pk, told - 9 * HOUR)) == [("mention",), ("reply",), ("soon",)]


def test_models_come_with_those_beside_them_as_the_queryset_makes_them(house, told, django_assert_num_queries):
    asked = Prepared(lambda user: Message.objects.filter(to=user).select_related("to", "subscription").order_by("pk"))

    with django_assert_num_queries(1):
        found = asked.objects(house.ana.pk)
        names = [(message.kind, message.to.name, message.data, message.created_at.tzinfo) for message in found]

    assert found == list(Message.objects.filter(to=house.ana).order_by("pk"))
    assert names == [
        (m.kind, "Ana Berg", m.data, m.created_at.tzinfo) for m in Message.objects.filter(to=house.ana).order_by("pk")
    ]
    assert asked.objects(house.ben.pk) == []


def test_what_would_be_fetched_afterwards_is_refused(house):
    asked = Prepared(lambda user: User.objects.filter(pk=user).prefetch_related("groups"))

    with pytest.raises(ValueError, match="fetched afterwards"):
        asked.objects(house.ana.pk)


def test_a_sign_in_a_constant_is_no_place(house):
    asked = Prepared(lambda user: User.objects.filter(pk=user).exclude(name__contains="%s").values_list("pk"))

    assert asked.rows(house.ana.pk) == [(house.ana.pk,)]


def test_a_statement_is_planned_once_a_connection(house, told):
    asked = Prepared(lambda user: Message.objects.filter(to=user, kind="reply").values_list("pk"))
    for user in (house.ana, house.ben, house.ana):
        asked.rows(user.pk)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT statement, generic_plans + custom_plans FROM pg_prepared_statements WHERE statement LIKE '%%''reply''%%'",
            [],
        )
        plans = cursor.fetchall()

    assert [number for _statement, number in plans] == [3]
    assert "$1" in plans[0][0]


@pytest.mark.django_db(transaction=True)
def test_one_plan_serves_whatever_is_asked(house, told):
    asked = Prepared(named)
    connection.close()  # what follows begins on a connection of its own

    for hours in range(8):
        asked.rows(house.ana.pk, [], told - hours * HOUR)

    with connection.cursor() as cursor:
        cursor.execute("SELECT generic_plans, custom_plans FROM pg_prepared_statements")
        assert cursor.fetchall() == [(8, 0)]


@pytest.mark.django_db(transaction=True)
def test_within_a_transaction_nothing_is_set_that_would_be_forgotten_with_it(house, told):
    asked = Prepared(named)
    connection.close()

    with transaction.atomic():
        asked.rows(house.ana.pk, [], told)
        transaction.set_rollback(True)
    asked.rows(house.ana.pk, [], told)

    with connection.cursor() as cursor:
        cursor.execute("SHOW plan_cache_mode")
        assert cursor.fetchone() == ("force_generic_plan",)


def test_a_constant_that_looks_like_what_was_given_stays_what_it_is(house):
    asked = Prepared(lambda user: User.objects.filter(pk=user).values_list("pk", Value(1)))

    assert asked.rows(house.ana.pk) == [(house.ana.pk, 1)]
    assert asked.rows(1) == [(pk, 1) for pk in User.objects.filter(pk=1).values_list("pk", flat=True)]


def test_the_day_of_a_rep_and_the_stand_of_their_pulls_are_those_of_the_querysets(house):
    given(house.ana)
    given(house.ana, ago=30 * HOUR)
    at = clock.now()

    assert queue.DAY.rows(house.ana.pk, at) == list(queue._day(house.ana.pk, at))
    assert len(queue.of(house.ana, at).entries) == 2
    for teams in ([], [house.north.pk], [house.north.pk, house.south.pk]):
        asked = (teams, house.ana.pk, at - HOUR, at, ["soon"])
        assert pulls.STAND.rows(*asked) == list(pulls._stand(*asked))
