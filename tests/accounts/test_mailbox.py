"""The mailbox of a made-up world."""

import pytest

from accounts.messages import mail, mail_sweep, post
from accounts.models import Message
from accounts.sweeping import run
from tests.leads.states import NOON

pytestmark = pytest.mark.django_db


def three(ana):
    post(
        [
            mail(kind="morning", key=str(n), subject=f"Morning {n}", body="Three leads.", to=ana, at=NOON)
            for n in range(3)
        ]
    )


def test_revops_reads_what_would_be_sent_and_that_nothing_leaves_the_house(client_of, rita, ana):
    three(ana)
    run(mail_sweep(), NOON)

    page = client_of(rita).get("/mailbox/").content.decode()

    assert page.index("Morning 2") < page.index("Morning 0")
    assert page.count("Would be sent") == 3
    assert "nothing leaves the house" in page


def test_with_a_mail_server_it_says_sent(client_of, rita, ana, post_office):
    three(ana)
    run(mail_sweep(), NOON)

    page = client_of(rita).get("/mailbox/").content.decode()

    assert (page.count("Would be sent"), len(post_office.mails)) == (0, 3)


def test_what_waits_what_was_tried_and_what_was_put_aside_says_so(client_of, rita, ana):
    three(ana)
    _waits, tried, aside = Message.objects.order_by("pk")
    Message.objects.filter(pk=tried.pk).update(attempts=2, next_try_at=NOON)
    Message.objects.filter(pk=aside.pk).update(parked_at=NOON, error="the receiver was refused (550)")

    page = client_of(rita).get("/mailbox/").content.decode()

    assert "Waits" in page
    assert "Tried 2 times, again" in page
    assert "Put aside: the receiver was refused (550)" in page


def test_a_mails_words_are_shown_and_never_run(client_of, rita, ana):
    post([mail(kind="x", key="1", subject="<b>hi</b>", body="<script>alert(1)</script>", to=ana, at=NOON)])

    page = client_of(rita).get("/mailbox/").content.decode()

    assert "<script>alert" not in page
    assert "&lt;b&gt;hi&lt;/b&gt;" in page


@pytest.mark.parametrize("number", [1, 3])
def test_it_costs_the_same_queries_however_many(number, client_of, rita, ana, django_assert_max_num_queries):
    post([mail(kind="x", key=str(n), subject="", body="", to=ana, at=NOON) for n in range(number)])
    browser = client_of(rita)
    browser.get("/mailbox/")

    with django_assert_max_num_queries(8):
        browser.get("/mailbox/")


def test_older_mails_are_a_page_further(client_of, rita, ana):
    post([mail(kind="x", key=str(n), subject=f"Mail {n:02}.", body="", to=ana, at=NOON) for n in range(60)])
    browser = client_of(rita)
    first = browser.get("/mailbox/")

    second = browser.get("/mailbox/" + first.context["pager"]["older"]).content.decode()

    assert ("Mail 09." in second, "Mail 10." in second) == (True, False)


@pytest.mark.parametrize("older", ["²", "9" * 5000, "x", "-1"])
@pytest.mark.parametrize("path", ["/mailbox/", "/imports/", "/history/"])
def test_a_page_that_begins_nowhere_is_the_first_page(client_of, rita, path, older):
    assert client_of(rita).get(path, {"older": older}).status_code == 200


def test_where_people_are_real_there_is_no_mailbox(client_of, rita, settings):
    settings.LEADOPS_DEMO = False

    assert client_of(rita).get("/mailbox/").status_code == 404
