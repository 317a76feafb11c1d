"""What people are told, in the page and by mail: the bell, the messages, the ways, and one mail for what came together."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from accounts import clock, telling
from accounts.gathering import COMPANY, GATHER, LETTER, MOST
from accounts.messages import mail_sweep, message_id
from accounts.models import Message, User, Way
from accounts.sweeping import run
from leads import assignment, erasure
from leads.models import Lead
from leads.notices import notice
from tests.factories import NOON, LeadFactory, put

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MAIL = mail_sweep()


def tell(person, kind: str, key: str = "1", at=NOON, lead=None, **data) -> Message:
    [row] = notice(person, kind, key, at=at, lead=lead.pk if lead else None, **data)
    row.save()
    return row


def hers(person, **facts) -> Lead:
    """A lead in somebody's hands, of which they were told nothing yet."""
    lead = put(LeadFactory(**facts), "assigned", owner=person)
    Message.objects.all().delete()
    return lead


def letters(person=None) -> list[Message]:
    rows = Message.objects.filter(channel="mail", kind=LETTER).order_by("pk")
    return list(rows.filter(to=person) if person else rows)


def post(at) -> None:
    run(GATHER, at)
    run(MAIL, at)


# The bell and the page.


def test_at_assignment_the_bell_of_an_open_page_says_so_at_its_next_question(client_of, house):
    client = client_of(house.ana)
    quiet = client.get("/messages/bell/?newest=0&unread=0", headers={"X-Poll": "1"})

    lead = assignment.assign([LeadFactory()], to=house.ana, by=None, at=clock.now()).lead
    told = client.get("/messages/bell/?newest=0&unread=0", headers={"X-Poll": "1"})

    message = Message.objects.get(to=house.ana)
    again = client.get(f"/messages/bell/?newest={message.pk}&unread=1", headers={"X-Poll": "1"})
    assert (quiet.status_code, told.status_code, again.status_code) == (204, 200, 204)
    assert told.context["news"].words == f"{lead.name} is yours."
    assert told.context["bell"] == telling.Bell(1, message.pk)


def test_the_bell_asks_more_often_than_every_ten_seconds(client_of, ana):
    page = client_of(ana).get("/account/").content.decode()

    assert 'hx-trigger="every 8s" hx-headers=\'{"X-Poll": "1"}\'' in page


def test_every_page_shows_how_much_is_unread_and_the_admin_too(client_of, cleo):
    for n in range(3):
        tell(cleo, "limit", str(n))

    client = client_of(cleo)

    for path in ("/account/", "/team/", "/messages/", "/leads/"):
        assert 'aria-label="Messages, 3 unread"' in client.get(path).content.decode()
    assert "Messages (3)" in client.get("/admin/").content.decode()


def test_a_hundred_are_ninety_nine_and_more(ana):
    for n in range(101):
        tell(ana, "reply", str(n))

    assert (telling.bell(ana).number, telling.bell(ana).figure) == (100, "99+")


def test_messages_stand_by_day_and_by_lead_the_newest_first(client_of, house):
    marta = hers(house.ana, last_name="Lind")
    tell(house.ana, "soon", at=NOON + HOUR, lead=marta)
    tell(house.ana, "target", at=NOON + 2 * HOUR, lead=marta)
    tell(house.ana, "reply", at=NOON + 26 * HOUR, lead=marta)
    tell(house.ana, "limit", at=NOON + 2 * HOUR)

    days = client_of(house.ana).get("/messages/").context["days"]

    shown = [(day.isoformat(), [(g.title, [t.message.kind for t in g.told]) for g in groups]) for day, groups in days]
    assert shown == [
        ("2026-03-03", [("Marta Lind", ["reply"])]),
        ("2026-03-02", [("A limit is passed in your team", ["limit"]), ("Marta Lind", ["target", "soon"])]),
    ]


def test_a_day_is_the_readers_own(client_of, ana):
    tell(ana, "mention", at=NOON.replace(hour=23, minute=30))

    [(berlin, _groups)] = client_of(ana).get("/messages/").context["days"]
    User.objects.filter(pk=ana.pk).update(time_zone="America/New_York")
    [(new_york, _groups)] = client_of(ana).get("/messages/").context["days"]

    assert (berlin.isoformat(), new_york.isoformat()) == ("2026-03-03", "2026-03-02")


def test_of_a_lead_out_of_sight_neither_name_nor_page_is_shown(client_of, house):
    dovs = hers(house.dov, last_name="Hidden")
    tell(house.ana, "mention", lead=dovs)

    page = client_of(house.ana).get("/messages/").content.decode()

    assert ("Hidden" in page, f"/leads/{dovs.pk}/" in page) == (False, False)
    assert "A colleague mentions you in a note on A lead." in page


def test_read_is_one_group_or_all_up_to_what_was_shown(client_of, ana, ben):
    first, second, third = (tell(ana, "reply", str(n)) for n in range(3))
    bens = tell(ben, "reply", "ben")
    client = client_of(ana)

    client.post("/messages/read/", {"only": f"{first.pk},{bens.pk}"})
    one = telling.unread(ana)
    client.post("/messages/read/", {"newest": second.pk})

    assert (one, telling.unread(ana), telling.unread(ben)) == ([third.pk, second.pk], [third.pk], [bens.pk])


def test_read_is_answered_in_place_with_the_bell_or_by_the_page(client_of, ana):
    message = tell(ana, "reply")
    client = client_of(ana)

    swapped = client.post("/messages/read/", {"newest": message.pk}, headers={"HX-Request": "true"}).content.decode()
    plain = client.post("/messages/read/", {"newest": message.pk})

    assert ('id="bell"' in swapped, 'aria-label="Messages"' in swapped, "<!doctype" in swapped) == (True, True, False)
    assert (plain.status_code, plain["Location"]) == (302, "/messages/")


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_asks_as_often_for_one_as_for_three(client_of, house, number, django_assert_num_queries):
    leads = [put(None, "assigned", owner=house.ana) for _ in range(number)]
    for lead in leads:
        tell(house.ana, "reply", str(lead.pk), lead=lead)
    client = client_of(house.ana)
    client.get("/messages/")

    with django_assert_num_queries(7):
        client.get("/messages/")


def test_old_messages_are_reached_by_key(client_of, ana):
    rows = [tell(ana, "reply", str(n)) for n in range(51)]
    client = client_of(ana)

    first = client.get("/messages/")
    second = client.get(f"/messages/{first.context['pager']['older']}")

    [(_day, groups)] = second.context["days"]
    assert [t.message.pk for g in groups for t in g.told] == [rows[0].pk]
    assert second.context["pager"] == {}


# By which way.


def test_everybody_chooses_by_kind_and_sees_the_kinds_of_their_role(client_of, house):
    client = client_of(house.ana)

    response = client.post("/messages/ways/", {"mention": "mail", "assigned": "both"})

    assert (response.status_code, response["Location"]) == (302, "/messages/ways/?kept=1")
    ana = User.objects.get(pk=house.ana.pk)
    assert (ana.told_by, telling.way_of(ana, "mention"), telling.way_of(ana, "reply")) == (
        {"mention": "mail", "assigned": "both"},
        Way.MAIL,
        Way.PAGE,
    )
    kinds = {kind["code"] for kind in client.get("/messages/ways/").context["kinds"]}
    assert ("assigned" in kinds, "limit" in kinds, "unsound" in kinds) == (True, False, False)


@pytest.mark.parametrize(("kind", "way"), [("assigned", "mail"), ("assigned", "none"), ("reply", "pigeon")])
def test_what_the_page_promises_cannot_be_sent_elsewhere(client_of, ana, kind, way):
    response = client_of(ana).post("/messages/ways/", {kind: way})

    assert (response.status_code, User.objects.get(pk=ana.pk).told_by) == (400, {})


def test_of_what_never_comes_to_them_nothing_is_kept(client_of, ana):
    response = client_of(ana).post("/messages/ways/", {"limit": "page"})

    assert (response.status_code, User.objects.get(pk=ana.pk).told_by) == (302, {})


def test_what_one_does_not_want_in_the_page_is_neither_counted_nor_listed(client_of, ana):
    telling.choose(ana, {"mention": "none", "kept_due": "mail"})
    tell(ana, "mention")
    tell(ana, "kept_due")
    seen = tell(ana, "reply")

    [(_day, groups)] = client_of(ana).get("/messages/").context["days"]

    assert (telling.unread(ana), [t.message.pk for g in groups for t in g.told]) == ([seen.pk], [seen.pk])
    run(GATHER, NOON)
    assert [len(letter.data["messages"]) for letter in letters(ana)] == [1]
    telling.choose(ana, {"mention": "page", "kept_due": "page"})
    assert telling.unread(ana) == [seen.pk]


# By mail.


def test_what_comes_together_is_one_mail_in_plain_text_and_html_grouped(post_office, house):
    telling.choose(house.ana, {"reply": "both"})
    marta = hers(house.ana, last_name="Lind")
    tell(house.ana, "reply", at=NOON, lead=marta)
    post(NOON)
    tell(house.ana, "hand_raise", at=NOON + MINUTE, lead=marta)
    post(NOON + MINUTE)
    assert post_office.mails == []

    post(NOON + COMPANY)

    [(receiver, mail)] = post_office.mails
    assert (receiver, mail["Subject"], mail["Message-ID"]) == (
        "ana@leadops.example",
        "LeadOps: 2 messages",
        message_id(letters()[0]),
    )
    text, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert text.splitlines()[:6] == [
        "Ana, this happened:",
        "",
        "Monday 2 March",
        "",
        f"  Marta Lind  http://localhost/leads/{marta.pk}/",
        "  13:01  Marta Lind asks for us.",
    ]
    assert f'<a href="http://localhost/leads/{marta.pk}/">Marta Lind</a>' in html
    assert "style=" not in html


def test_one_message_is_its_own_subject(post_office, cleo):
    tell(cleo, "idle_account", account="Nordlicht", receiver="Ben")
    post(NOON)
    post(NOON + COMPANY)

    [(_receiver, mail)] = post_office.mails
    assert mail["Subject"].strip() == "The target account Nordlicht was not worked for 30 days, and went to Ben."


def test_read_in_the_page_first_it_is_not_mailed(post_office, cleo):
    message = tell(cleo, "limit")
    telling.read(cleo, at=NOON, only=[message.pk])

    post(NOON + COMPANY)

    assert letters() == []


def test_gathered_again_and_by_late_runs_nothing_is_mailed_twice(post_office, cleo):
    tell(cleo, "limit")

    for minute in (0, 0, 2, 2, 3, 60):
        post(NOON + minute * MINUTE)

    assert len(post_office.mails) == 1
    assert Message.objects.filter(gathered_at__isnull=True, channel="page").count() == 0


def test_while_mail_is_down_for_an_hour_all_of_it_waits_in_one_mail_and_pages_do_not_wait(post_office, client_of, cleo):
    with post_office.closed():
        for minute in range(60):
            tell(cleo, "limit", str(minute), at=NOON + minute * MINUTE)
            post(NOON + minute * MINUTE)
        assert client_of(cleo).get("/messages/").context["bell"].number == 60

    post(NOON + HOUR)
    post(NOON + HOUR + MINUTE)

    [(_receiver, mail)] = post_office.mails
    assert mail["Subject"] == "LeadOps: 60 messages"
    assert mail.get_body(("plain",)).get_content().count("is over its limit") == 60


def test_what_comes_while_a_mail_is_being_tried_goes_into_the_next(post_office, cleo):
    post_office.answers["cleo@leadops.example"] = "later"
    tell(cleo, "limit", "1")
    post(NOON)
    post(NOON + COMPANY)
    tell(cleo, "limit", "2", at=NOON + 3 * MINUTE)

    run(GATHER, NOON + 3 * MINUTE)

    assert [len(letter.data["messages"]) for letter in letters()] == [1, 1]


def test_where_it_may_have_arrived_it_goes_again_under_the_same_id_with_the_same_words(post_office, cleo):
    post_office.answers["cleo@leadops.example"] = "lose"
    tell(cleo, "limit", "1")
    post(NOON)
    post(NOON + COMPANY)
    post_office.answers.clear()
    tell(cleo, "limit", "2", at=NOON + 3 * MINUTE)

    post(NOON + 10 * MINUTE)

    twice = [mail for _to, mail in post_office.mails]
    assert twice[0]["Message-ID"] == twice[1]["Message-ID"]
    assert [mail.get_body(("plain",)).get_content() for mail in twice[:1]] * 2 == [
        mail.get_body(("plain",)).get_content() for mail in twice[:2]
    ]


def test_a_flood_is_several_mails(cleo):
    for n in range(MOST + 1):
        tell(cleo, "limit", str(n))

    run(GATHER, NOON)

    assert [len(letter.data["messages"]) for letter in letters()] == [MOST, 1]


@pytest.mark.parametrize("who", ["switched off", "without an address"])
def test_who_cannot_get_mail_gets_none_begun(cleo, who):
    tell(cleo, "limit")
    User.objects.filter(pk=cleo.pk).update(**{"is_active": False} if who == "switched off" else {"email": ""})

    run(GATHER, NOON)

    assert letters() == []


def test_an_erased_person_is_in_no_mail_that_waits(post_office, house):
    marta = hers(house.ana, last_name="Canary")
    tell(house.ana, "hand_raise", lead=marta)
    run(GATHER, NOON)
    erasure.erase([marta], by=house.rita, at=NOON + MINUTE)

    run(MAIL, NOON + COMPANY)

    assert post_office.mails == []
    assert [letter.error for letter in letters()] == ["nothing of it is left to say"]


def test_a_day_in_a_mail_is_the_readers(post_office, cleo):
    User.objects.filter(pk=cleo.pk).update(time_zone="Asia/Tokyo")
    tell(cleo, "limit", at=NOON.replace(hour=20))

    post(NOON.replace(hour=20))
    post(NOON.replace(hour=20) + COMPANY)

    [(_to, mail)] = post_office.mails
    assert "Tuesday 3 March" in mail.get_body(("plain",)).get_content()
    assert timezone.get_current_timezone_name() == "UTC"


TOLD = re.compile(r'(?:\b(?:notice|tell)\([^"()]*(?:\([^()]*\)[^"()]*)*|Message\(\s*to=[^"]*kind=)"([a-z_]+)"')


def test_every_kind_that_is_told_says_what_and_stands_among_the_settings():
    sources = [
        path.read_text()
        for app in ("accounts", "leads", "meetings", "leadops")
        for path in (settings.BASE_DIR / app).rglob("*.py")
    ]
    told = {kind for text in sources for kind in TOLD.findall(text)}

    assert {
        "limit",
        "room",
        "pulls",
        "mention",
        "unsound",
        "parked",
        "webhook_parked",
        "no_show",
        "meeting_passed_on",
    } <= told
    assert told - set(telling.KINDS) == set()
