"""The world that `./run` shows: made once by the real functions, sound, and lively for who signs in."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth import authenticate
from django.core.management import call_command
from django.db import connection, transaction

from accounts.models import Absence, Event, Membership, Message, Opportunity, Product, Team, User
from leadops import invariants, simulation
from leadops.simulation import company, demo
from leads import queue
from leads.models import Cycle, Identity, Lead, Signal, Source, Task, Touch
from meetings import booking
from meetings.models import HandOff, Meeting
from tests.lasting import ship

# A Sunday before dawn: nobody has worked for a day and a half.
NOW = datetime(2026, 11, 22, 3, 40, tzinfo=UTC)


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """The demo world as of that moment, made once for this module."""
    with django_db_blocker.unblock(), transaction.atomic():
        ship()  # a test that empties tables may have come before
        simulation.mark(NOW - demo.OPENED, NOW)
        yield demo.make(NOW)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        transaction.set_rollback(True)


def person(name: str) -> User:
    return User.objects.get(username=name)


def test_it_breaks_no_rule(world):
    assert invariants.broken() == {}


def test_made_again_it_changes_nothing(world, capsys):
    before = company.digest(), User.objects.count()

    call_command("demo", demo=True)

    assert capsys.readouterr().out == "The demo world is here already.\n"
    assert (company.digest(), User.objects.count()) == before


def test_everybody_signs_in_with_one_password_in_their_role(world, rf):
    names = ["ana", "ben", "dov", "eva", "finn", "carl", "cleo", "hugo", "nora", "rita", "mark", "lena", "root"]
    for name in names:
        assert authenticate(rf.get("/"), username=name, password="demo") == person(name)
    assert set(User.objects.filter(is_staff=True).values_list("username", flat=True)) == {
        "cleo", "hugo", "nora", "rita", "root",
    }  # fmt: skip
    assert [u.username for u in User.objects.filter(is_superuser=True)] == ["root"]


def test_lines_have_their_managers_and_the_pool_its_weights(world):
    lines = {
        team.name: (team.kind, team.manager.username, team.parent_id) for team in Team.objects.exclude(manager=None)
    }
    sales = Team.objects.get(name="Sales")
    weights = dict(Membership.objects.filter(team__name="Inbound").values_list("user__username", "weight"))

    assert lines == {
        "Sales": ("line", "nora", None), "North": ("line", "cleo", sales.pk), "South": ("line", "hugo", sales.pk),
        "Success": ("line", "nora", sales.pk), "Inbound": ("pool", "nora", None), "Closing": ("pool", "nora", None),
    }  # fmt: skip
    assert weights == {"ana": 100, "ben": 100, "dov": 50}


def test_without_a_name_the_next_of_those_who_close_holds_a_meeting(world):
    free = Lead.objects.filter(owner__username="ana", status="working", contact_roles=None, tasks__kind="follow_up")
    lead = free.filter(account__opportunity_owner=None, account__isnull=False, opted_out_at=None).first()
    tuesday = datetime(2026, 11, 24, 13, tzinfo=UTC)

    with transaction.atomic():
        # worth so much that an executive takes it over
        facts = {"product": Product.objects.first(), "amount": Decimal(20_000), "by": person("ana"), "at": NOW}
        meeting = booking.book(lead, starts_at=tuesday, **facts)
        transaction.set_rollback(True)

    assert (meeting.pool.name, meeting.owner.username in ("eva", "finn")) == ("Closing", True)


def test_there_are_about_250_people_in_every_state(world):
    states = Counter(Lead.objects.values_list("status", "motion", "nurture_kind"))

    assert 220 <= states.total() <= 280
    for wanted in (
        ("raw", "slg", ""), ("assigned", "slg", ""), ("assigned", "plg", ""), ("working", "slg", ""), ("working", "plg", ""),
        ("qualified", "slg", ""), ("nurture", "slg", "marketing"), ("nurture", "slg", "remarket"), ("nurture", "slg", "sales"),
        ("unqualified", "slg", ""),
    ):  # fmt: skip
        assert states[wanted] >= 2, wanted
    assert Event.objects.count() < 5_000


def test_whatever_can_become_of_a_round_became_of_one(world):
    outcomes = set(Cycle.objects.values_list("outcome", flat=True))
    moves = set(Event.objects.transitions().values_list("move", flat=True))
    reasons = set(Cycle.objects.filter(outcome="nurture").values_list("reason__code", flat=True))

    assert outcomes >= {"", "qualified", "nurture", "unqualified", "handed_over", "self_serve", "opted_out", "returned"}
    assert moves >= {
        "assign", "start", "nurture", "unqualify", "qualify", "set_aside", "discard", "opt_out", "reopen", "take_back", "withdraw",
        "hand_over", "fit_self_serve", "give_back_raw",
    }  # fmt: skip
    assert reasons >= {"auto_abandoned", "kept", "rep_abandoned", "budget_later", "missing_feature", "too_small"}
    assert Cycle.objects.filter(number=2).count() >= 3
    assert Opportunity.objects.values("stage").distinct().count() >= 4


def test_queues_wait_for_whoever_pulls(world):
    waiting = Counter(Lead.objects.filter(status="raw", gone_as="").values_list("team__name", flat=True))

    assert min(waiting["North"], waiting["South"], waiting[None]) >= 5


def test_anas_day_has_something_of_everything(world):
    counts = queue.of(person("ana"), NOW).counts()

    assert (counts["over"], counts["risk"]) == (1, 5)
    assert min(counts[group] for group in ("asked", "due", "new", "open", "later")) >= 2


def test_bens_day_is_of_the_same_kinds(world):
    counts = queue.of(person("ben"), NOW).counts()

    assert counts["over"] == 1
    assert min(counts[group] for group in ("risk", "asked", "due", "new", "open")) >= 1


def test_who_asked_said_it_in_their_own_words(world):
    fresh = Signal.objects.filter(kind__in=("hand_raise", "reply"), at__gt=NOW - timedelta(hours=4))

    assert fresh.count() >= 10
    assert fresh.filter(words="").count() == 0


def test_what_waits_for_a_word_is_there(world):
    kinds = Counter(Task.objects.filter(done_at=None).values_list("kind", flat=True))

    assert min(kinds[k] for k in ("exception", "keep", "review", "hand_raise", "reply", "follow_up", "response")) >= 1
    assert Message.objects.filter(kind="mention", to=person("ana"), read_at=None).count() == 1
    assert Absence.objects.filter(ends_at__gt=NOW).count() == 2


def test_nothing_happened_after_now_and_nobody_is_real(world):
    assert Event.objects.filter(recorded_at__gt=NOW).count() == 0
    assert Touch.objects.filter(occurred_at__gt=NOW).count() == 0
    assert Identity.objects.filter(kind="email").exclude(value__endswith=".example").count() == 0
    assert Source.objects.filter(parent=None).count() >= 7


def test_who_holds_meetings_has_some_to_tell_of_and_some_ahead(world):
    for name in ("eva", "finn"):
        booked = Meeting.objects.filter(owner=person(name), status="booked")

        assert booked.filter(ends_at__lte=NOW).exists()
        assert booked.filter(starts_at__gt=NOW).exists()
        assert not booked.filter(place="").exists()


def test_the_success_manager_has_customers_one_that_waits_one_that_was_late_and_one_sent_back(world):
    carl = person("carl")
    rows = HandOff.objects.filter(kind="success", receiver=carl)

    assert rows.filter(outcome="", began_at__gt=NOW - timedelta(hours=24)).count() >= 1
    assert rows.filter(outcome="", limit_at__lt=NOW).count() >= 1
    assert rows.filter(outcome="accepted").count() >= 2
    assert [row.reason.code for row in rows.filter(outcome="refused", is_oversold=True)][:1] == ["oversold"]
    assert Opportunity.objects.filter(status="won", success_owner=carl).count() >= 5
    assert Message.objects.filter(kind="contract_ends", to=carl).count() >= 1
    assert Lead.objects.filter(owner=carl, status="assigned").count() == 1
