"""Too many wrong passwords; and what is on record of coming in, going out and taking files out."""

import threading
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from django.test import Client
from django.urls import reverse

from accounts import lockout
from accounts.models import Event
from accounts.record_keeping import record, record_export
from tests.factories import NOON

pytestmark = pytest.mark.django_db
RIGHT = "a-long-and-odd-one"


@pytest.fixture
def doors(house):
    """Ana, Ben and Rita with a password."""
    for user in (house.ana, house.ben, house.rita):
        user.set_password(RIGHT)
        user.save()
    return house


def attempt(client, name, password="wrong", **more):
    return client.post("/sign-in/", {"username": name, "password": password}, **more)


def fail(client, name, times, **more):
    return [attempt(client, name, **more).status_code for _ in range(times)]


def words(response) -> str:
    text = response.content.decode()
    return text[text.index('<p id="wrong">') : text.index("</p>", text.index('<p id="wrong">'))][14:]


def on_record() -> list:
    return list(Event.objects.order_by("id").values_list("kind", "actor_id", "data"))


def test_the_sixth_try_waits_whoever_it_is_and_whatever_the_password(client, doors, time_machine):
    time_machine.move_to(NOON, tick=False)
    assert fail(client, "ana", 5) == [200, 200, 200, 200, 429]
    refused = attempt(client, "ana", RIGHT)
    assert (refused.status_code, words(refused)) == (429, "Too many tries. Wait 15 minutes, then try again.")
    assert client.get("/account/").status_code == 302


def test_before_that_the_page_says_what_follows(client, doors):
    assert words(attempt(client, "ana")) == "Name and password do not match. After 5 tries you wait 15 minutes."


def test_a_name_nobody_has_is_answered_in_the_same_way_to_the_end(doors, time_machine):
    time_machine.move_to(NOON, tick=False)
    known, unknown = Client(), Client()
    for _ in range(7):
        one, other = attempt(known, "ana"), attempt(unknown, "nobody")
        assert (one.status_code, words(one)) == (other.status_code, words(other))


def test_after_fifteen_minutes_the_door_opens_and_tries_in_between_do_not_lengthen_it(client, doors, time_machine):
    time_machine.move_to(NOON, tick=False)
    fail(client, "ana", 5)
    time_machine.move_to(NOON + timedelta(minutes=14), tick=False)
    refused = attempt(client, "ana", RIGHT)
    assert (refused.status_code, words(refused)) == (429, "Too many tries. Wait 1 minute, then try again.")
    time_machine.move_to(NOON + timedelta(minutes=15, seconds=1), tick=False)
    assert attempt(client, "ana", RIGHT).status_code == 302


def test_the_right_password_forgives_the_wrong_ones_before_it(client, doors):
    fail(client, "ana", 4)
    assert attempt(client, "ana", RIGHT).status_code == 302
    assert fail(Client(), "ana", 4) == [200] * 4


def test_ones_own_password_does_not_buy_more_tries_at_anothers(doors):
    fail(Client(), "ben", 4)
    assert attempt(Client(), "ana", RIGHT).status_code == 302
    assert fail(Client(), "ben", 1) == [429]


def test_tries_from_many_addresses_and_browsers_count_together(doors):
    answers = [
        attempt(Client(), "ana", REMOTE_ADDR=f"192.0.2.{n}", headers={"user-agent": f"browser {n}"}).status_code
        for n in range(5)
    ]
    assert answers == [200, 200, 200, 200, 429]


def test_one_locked_out_locks_nobody_else_at_the_same_address(client, doors):
    fail(client, "ana", 6)
    assert attempt(client, "ben", RIGHT).status_code == 302


def test_an_address_that_tries_a_hundred_times_waits_and_others_do_not(doors, time_machine):
    time_machine.move_to(NOON, tick=False)
    there = {"REMOTE_ADDR": "192.0.2.7"}
    AccessAttempt.objects.create(
        username="x", ip_address="192.0.2.7", failures_since_start=lockout.PER_ADDRESS - 1, user_agent="x"
    )
    assert attempt(Client(), "nobody", **there).status_code == 429
    refused = attempt(Client(), "ben", RIGHT, **there)
    assert (refused.status_code, words(refused)) == (429, "Too many tries. Wait 15 minutes, then try again.")
    assert attempt(Client(), "ben", RIGHT, REMOTE_ADDR="192.0.2.8").status_code == 302


@pytest.mark.parametrize(
    ("is_proxied", "direct", "forwarded", "counted"),
    [
        (False, "192.0.2.1", "198.51.100.9", "192.0.2.1"),
        (True, "127.0.0.1", "203.0.113.5, 198.51.100.9", "198.51.100.9"),
        (True, "127.0.0.1", "", None),
        (False, "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::"),
        (False, "::ffff:192.0.2.1", "", "192.0.2.1"),
        (False, "", "", None),
    ],
)
def test_an_address_is_believed_only_from_a_proxy_of_ours(rf, settings, is_proxied, direct, forwarded, counted):
    settings.LEADOPS_PROXIED = is_proxied
    request = rf.get("/", REMOTE_ADDR=direct, HTTP_X_FORWARDED_FOR=forwarded)
    assert lockout.address_of(request) == counted


def test_no_typed_name_of_nobody_is_kept_anywhere(client, doors):
    attempt(client, "my-secret-password")
    kept = [*AccessAttempt.objects.values().get().values(), *Event.objects.values().get().values()]
    assert [value for value in kept if "my-secret" in str(value)] == []


@pytest.mark.django_db(transaction=True)
def test_many_at_once_get_no_more_tries(doors):
    """With a lock on the name; without it each of these would read the count before any had written it."""
    answers = []

    def one():
        answers.append(attempt(Client(), "ana").status_code)
        connection.close()

    threads = [threading.Thread(target=one) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] * 4 + [429] * 8
    assert AccessAttempt.objects.get().failures_since_start == 5


def act(client, action, *people):
    facts = {"action": action, "_selected_action": [user.pk for user in people]}
    return client.post(reverse("admin:accounts_user_changelist"), facts)


def test_revops_unlocks_a_person(doors, client_of):
    fail(Client(), "ana", 5)
    assert act(client_of(doors.rita), "unlock", doors.ana, doors.ben).status_code == 302
    assert attempt(Client(), "ana", RIGHT).status_code == 302
    unlocked = Event.objects.get(kind="unlocked")
    assert (unlocked.actor_id, unlocked.door, unlocked.data) == (doors.rita.pk, "admin", {"person": doors.ana.pk})


def test_revops_does_not_unlock_a_superuser_and_a_manager_unlocks_nobody(doors, client_of):
    fail(Client(), "root", 5)
    act(client_of(doors.rita), "unlock", doors.root)
    assert act(client_of(doors.cleo), "unlock", doors.root).status_code == 403
    assert (attempt(Client(), "root").status_code, Event.objects.filter(kind="unlocked").count()) == (429, 0)


# the record


def test_coming_in_and_going_out_are_on_record(client, doors):
    attempt(client, "ana", RIGHT)
    client.post("/sign-out/")
    ana = doors.ana.pk
    assert on_record() == [("sign_in", ana, {"way": "password"}), ("sign_out", ana, {"why": "pressed"})]


def test_going_out_by_the_admin_is_on_record_too(doors, client_of):
    assert client_of(doors.rita).post("/admin/logout/")["Location"] == "/sign-in/"
    assert on_record() == [("sign_out", doors.rita.pk, {"why": "pressed"})]


def test_failures_are_on_record_until_the_door_closes_and_then_only_that_it_did(client, doors):
    fail(client, "ana", 8)
    ana = doors.ana.pk
    failures = [("sign_in_failed", ana, {"way": "password", "failures": n}) for n in (1, 2, 3, 4, 5)]
    assert on_record() == [*failures, ("locked_out", ana, {"way": "password"})]


def test_a_failure_under_an_unknown_name_is_nobodys(client, doors):
    attempt(client, "nobody")
    assert on_record() == [("sign_in_failed", None, {"way": "password", "failures": 1})]


def test_an_export_is_on_record(house):
    record_export(house.mark, "leads", 1_200, NOON)
    event = Event.objects.get()
    assert (event.kind, event.actor_id, event.at, event.door) == ("export", house.mark.pk, NOON, "page")
    assert event.data == {"what": "leads", "rows": 1_200}


def test_what_is_not_of_the_door_is_refused(house):
    with pytest.raises(ValueError, match="transition"):
        record("transition", house.ana, NOON)
    assert Event.objects.count() == 0


@pytest.mark.parametrize("change", [{"actor_id": None}, None])
def test_the_application_cannot_alter_the_record_of_the_door(house, as_application, change):
    record("sign_in", house.ana, NOON)
    rows = Event.objects.filter(kind="sign_in")
    with as_application(), pytest.raises(ProgrammingError), transaction.atomic():
        rows.update(**change) if change else rows.delete()
    assert rows.get().actor_id == house.ana.pk


def test_revops_reads_the_record_of_the_door_and_a_manager_does_not(doors, client_of):
    record("sign_in", doors.ana, NOON)
    page = reverse("admin:accounts_event_changelist") + "?kind=sign_in"
    assert client_of(doors.rita).get(page).context["cl"].result_count == 1
    assert client_of(doors.cleo).get(page).context["cl"].result_count == 0
