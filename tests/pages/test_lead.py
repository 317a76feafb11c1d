"""The lead page is enough (WORK-3): who, their company, how it came here, what happened, and only what the viewer may see."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import clock
from accounts.models import Reason
from leads import (
    assignment,
    consent,
    dispositions,
    notes,
    product_led,
    qualification,
    recycling,
    signals,
    timeline,
    touches,
)
from leads.models import Lead, Note, Source
from tests.factories import AccountFactory, LeadFactory, opportunity_of, put
from tests.pages.desk import HTMX, desk, given

__all__ = ["desk"]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def page_of(desk, user, lead, **query) -> str:
    return desk(user, script=False).open(f"/leads/{lead.pk}/", **query).content.decode()


def told(lead: Lead) -> list[str]:
    """Return the timeline's lines, newest first."""
    fresh = Lead.objects.select_related("source", "cycle").get(pk=lead.pk)
    return [entry.text for entry in timeline.of(fresh, clock.now())[0]]


def test_the_page_says_who_it_is_and_where_it_stands(house, desk):
    account = AccountFactory(name="Nordlicht Energi", domain="nordlicht.example", country="Norway")
    source = Source.objects.create(name="Webinar")
    lead = given(house.ana, account=account, source=source, title="Head of Operations", phone="+4791244018", score=82)

    page = page_of(desk, house.ana, lead)

    for words in (
        f'<h2 id="lead-name" tabindex="-1">{lead.name}</h2>',
        f'Head of Operations, <a href="/accounts/{account.pk}/">Nordlicht Energi</a>',
        'badge--slg">Open SLG',
        "New business",
        "Score 82",
        "to the first touch",
        "+47 91 24 40 18",
        'href="tel:+4791244018"',
        "nordlicht.example",
        "Webinar",
        "Assigned ",
    ):
        assert words in page


@pytest.mark.parametrize(
    ("trigger", "words"),
    [
        ("manager", "by Cleo."),
        ("round_robin", ", in turn."),
        ("action", "They asked for us; assigned "),
        ("pull", "Pulled "),
    ],
)
def test_one_sentence_says_how_it_was_assigned(house, desk, trigger, words):
    lead = put(None, "raw", team=house.north)
    assert assignment.assign(
        [lead], to=house.ana, by=house.cleo if trigger == "manager" else None, at=clock.now(), trigger=trigger
    ).done

    assert words in page_of(desk, house.ana, lead)


def test_a_change_of_hands_is_said_with_the_round_it_is_in(house, desk):
    lead = given(house.ana)
    assert assignment.assign([lead], to=house.ben, by=house.cleo, at=clock.now()).done

    assert re.search(r"Cleo gave it to you today [\d:]+; the round began ", page_of(desk, house.ben, lead))


def test_of_the_other_people_there_only_those_in_sight_are_named(house, desk):
    account = AccountFactory()
    lead, mine = given(house.ana, account=account), given(house.ana, account=account)
    theirs = [given(house.dov, account=account) for _ in range(3)]

    page = page_of(desk, house.ana, lead)

    assert f'<a href="/leads/{mine.pk}/">{mine.name}</a>' in page
    assert "3 more people there" in page
    assert not any(other.name in page for other in theirs)


def test_of_the_opportunities_only_ones_own_are_named(house, desk):
    lead = given(house.ana, account=AccountFactory(name="Brecon", domain="brecon.example"))
    opportunity_of(lead, owner=house.eva, at=clock.now())

    ana, eva = page_of(desk, house.ana, lead), page_of(desk, house.eva, lead)

    assert ("Open opportunity" in ana, "1 more open there, with a colleague" in ana) == (True, True)
    assert "LeadOps - @brecon.example" not in ana
    assert "LeadOps - @brecon.example" in eva


def test_past_rounds_are_told_with_their_reasons(house, desk):
    lead = given(house.ana, ago=9 * DAY)
    touches.log([lead.pk], channel="call", outcome="interested", by=house.ana, at=clock.now() - 8 * DAY)
    reason = Reason.objects.get(code="budget_later")
    assert dispositions.nurture([lead.pk], reason=reason, by=house.ana, at=clock.now() - 7 * DAY).done
    assert assignment.assign([lead.pk], to=house.ana, by=None, at=clock.now() - DAY).done

    page = page_of(desk, house.ana, lead)

    assert "Past rounds (1)" in page
    assert "Round 1, not now: budget not available for 6+ months. Ana, 1 touch" in page
    assert "Round 2" in page


def test_what_they_said_stands_in_their_words(house, desk):
    lead = given(house.ana)
    assert signals.raise_hand(
        [lead.pk], what="demo", words="Can it do <b>12,000</b> meters?", by=None, at=clock.now()
    ).done

    page = page_of(desk, house.ana, lead)

    assert "Can it do &lt;b&gt;12,000&lt;/b&gt; meters?" in page
    assert "Asked for a demo, today" in page


def test_an_opt_out_takes_the_way_away_and_says_so(house, desk):
    lead = given(house.ana, phone="+4791244018")
    assert consent.opt_out([lead.pk], by=house.ana, at=clock.now(), channels=["call"]).done

    page = page_of(desk, house.ana, lead)

    assert 'href="tel:' not in page
    assert "They asked us not to use: call." in page
    assert f"mailto:{lead.email}" in page


def test_an_ended_lead_says_how_and_until_when_that_can_be_taken_back(house, desk):
    lead = put(None, "nurture", owner=house.ana, at=clock.now() - HOUR)

    page = page_of(desk, house.ana, lead)

    assert re.search(r"Not now since (today|yesterday) [\d:]+: budget not available for 6\+ months\.", page)
    assert re.search(r"You can until (today|tomorrow) [\d:]+, a manager later\.", page)
    assert "What happened?" not in page


# ---- what is offered ----


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("ana", {"log", "nurture", "unqualify", "keep", "next", "opt-out", "exception", "note", "book", "card"}),
        ("cleo", {"log", "nurture", "unqualify", "keep", "next", "opt-out", "assign", "note", "book", "card"}),
        ("rita", {"log", "nurture", "unqualify", "keep", "next", "opt-out", "assign", "note", "book", "card"}),
    ],
)
def test_the_page_offers_what_the_matrix_allows(house, desk, name, offered):
    lead = given(house.ana)
    touches.log([lead.pk], channel="call", outcome="no_answer", by=house.ana, at=clock.now())

    page = page_of(desk, house.people[name], lead)

    found = set(re.findall(r"\?act=([a-z-]+)#act", page)) | ({"log"} if "What happened?" in page else set())
    assert found | ({"note"} if f'action="/leads/{lead.pk}/notes/"' in page else set()) == offered


def test_marketing_reads_a_waiting_lead_and_writes_notes(house, desk):
    lead = LeadFactory()

    page = page_of(desk, house.mark, lead)

    assert set(re.findall(r"\?act=([a-z-]+)#act", page)) == {"nurture", "unqualify", "opt-out"}
    assert f'action="/leads/{lead.pk}/notes/"' in page
    assert "What happened?" not in page


def test_leadership_sees_no_lead(house, desk):
    lead = given(house.ana)
    lena = desk(house.lena, script=False)

    assert (lena.open(f"/leads/{lead.pk}/").status_code, lena.open("/leads/").status_code) == (404, 403)


@pytest.mark.parametrize("who", ["dov", "hugo", "mark", "eva"])
def test_a_lead_out_of_sight_is_not_there(house, desk, who):
    lead = given(house.ana)

    assert desk(house.people[who], script=False).open(f"/leads/{lead.pk}/").status_code == 404


def test_a_number_beyond_the_table_is_not_there(house, desk):
    assert desk(house.ana, script=False).open(f"/leads/{10**30}/").status_code == 404


# ---- the timeline ----


def test_the_timeline_says_who_did_what_when_and_why(house):
    lead = given(house.ana, ago=5 * HOUR)
    at = clock.now()
    assert assignment.assign([lead.pk], to=house.ben, by=house.cleo, at=at - 4 * HOUR).done
    touches.log([lead.pk], channel="call", outcome="interested", by=house.ben, at=at - 3 * HOUR, note="Likes it")
    notes.add([lead.pk], text="Ask Eva", by=house.ben, at=at - 2 * HOUR)
    reason = Reason.objects.get(code="budget_later")
    assert dispositions.nurture([lead.pk], reason=reason, by=house.ben, at=at - HOUR).done
    assert dispositions.take_back([lead.pk], by=house.ben, at=at).done

    lines = told(lead)

    assert lines == [
        "Ben took the end back. The round goes on.",
        "Ben ended the round, not now: budget not available for 6+ months. After 2 h.",
        "Ben wrote:",
        "Working, from this touch on.",
        "Ben called: interested.",
        "Cleo gave this lead from Ana to Ben; its clock runs on.",
        "LeadOps gave this lead to Ana.",
        "Came to us: No source.",
    ]


def test_the_note_of_a_touch_stands_with_it_and_a_note_alone_by_itself(house):
    lead = given(house.ana)
    touches.log([lead.pk], channel="call", outcome="interested", by=house.ana, at=clock.now(), note="Likes it")
    notes.add([lead.pk], text="Ask Eva", by=house.ana, at=clock.now())

    entries = timeline.of(Lead.objects.get(pk=lead.pk), clock.now())[0]

    assert [(e.text, e.quote) for e in entries if e.quote] == [
        ("Ana wrote:", "Ask Eva"),
        ("Ana called: interested.", "Likes it"),
    ]


def test_an_erased_note_says_that_it_was_there(house):
    lead = given(house.ana)
    assert notes.add([lead.pk], text="Too personal", by=house.ana, at=clock.now()).done
    notes.erase(Note.objects.get(), by=house.ana, at=clock.now())

    assert told(lead)[:2] == ["Ana erased a note.", "Ana wrote a note, erased since."]


def test_a_touch_taken_back_stays_struck_out(house, desk):
    lead = given(house.ana)
    touch = touches.log([lead.pk], channel="call", outcome="no_answer", by=house.ana, at=clock.now()).made[lead.pk][
        "touch"
    ]
    assert touches.withdraw(touch, by=house.ana, at=clock.now()).done

    page = page_of(desk, house.ana, lead)

    assert "<s>Ana called: no answer.</s> Taken back." in page
    assert "Ana took the call back." in page


def test_another_door_than_the_page_is_named(house):
    lead = given(house.ana)
    assert consent.opt_out([lead.pk], by=house.rita, at=clock.now(), channels=["call"], door="admin").done

    assert told(lead)[0] == "They asked us to stop by call; Rita noted it, in the admin."


def test_what_was_logged_later_says_so(house):
    lead = given(house.ana, ago=5 * HOUR)
    at = clock.now()
    touches.log([lead.pk], channel="call", outcome="no_answer", by=house.ana, at=at, occurred_at=at - 2 * HOUR)

    assert re.match(
        r"Ana called: no answer\. Logged today [\d:]+\.", next(line for line in told(lead) if "called" in line)
    )


def test_every_move_of_the_state_machine_has_its_words():
    """A new transition must say what it is on the timeline."""
    moves = {t.name for t in Lead(motion="slg").get_all_status_transitions()}

    assert moves - set(timeline.MOVES) == set()


def test_every_kind_of_event_that_is_put_on_record_has_its_words():
    """What a process records of a lead, by the name it has in the code."""
    recorded = set()
    for path in Path(timeline.__file__).parent.glob("*.py"):
        recorded |= set(re.findall(r'\brecord\(\s*"(\w+)"', path.read_text()))
        recorded |= set(re.findall(r'\brecord\("\w+" if \w+ else "(\w+)"', path.read_text()))

    assert {"touch", "note", "signal", "owner", "exception_refused"} <= recorded
    told = {kind for kind in recorded if hasattr(timeline.Told, f"_{kind}")} | timeline.WORDS.keys()
    assert sorted(recorded - told) == []


def test_a_filled_card_says_what_it_suggests_and_what_was_decided(house):
    lead = given(house.ana)
    answers = {"urgency": 3, "criticality": 1, "complexity": 1}
    qualification.fill(lead.pk, answers, by=house.ana, at=clock.now(), decision="self_serve").whole()

    assert "Ana filled the qualification card; it suggests sales-led; decided: self-serve." in told(lead)


def test_a_product_led_lead_tells_its_life(house):
    lead = LeadFactory(motion="plg")
    at = clock.now()
    assert product_led.sign_up([lead.pk], at=at - 3 * HOUR).done
    assert product_led.activate([lead.pk], at=at - 2 * HOUR).done
    assert product_led.hand_over([lead.pk], to=house.ana, at=at - HOUR).done

    assert told(lead)[:3] == [
        "The product handed this lead over to Ana, by its date.",
        "Activated: the product is in use, through the API.",
        "Signed up: this lead belongs to the product, through the API.",
    ]


def test_a_lead_that_came_round_again_tells_it(house):
    lead = put(None, "nurture", owner=house.ana, at=clock.now() - 300 * DAY)
    assert recycling.come_back([lead.pk], at=clock.now(), queue=house.north).done

    assert told(lead)[0].startswith("Came round again, into the queue of North")


def test_twenty_lines_and_then_older_by_key(house, desk):
    lead = given(house.ana)
    for number in range(25):
        notes.add([lead.pk], text=f"Note {number}", by=house.ana, at=clock.now())
    ana = desk(house.ana)

    page = page_of(desk, house.ana, lead)
    older = re.search(r'href="(/leads/\d+/timeline/\?before=\d+)"', page).group(1)
    fragment, whole = ana.client.get(older, headers=HTMX).content.decode(), ana.client.get(older).content.decode()

    assert re.findall(r"Note \d+", page) == [f"Note {n}" for n in range(24, 4, -1)]
    assert re.findall(r"Note \d+", fragment) == [f"Note {n}" for n in range(4, -1, -1)]
    assert (fragment.lstrip()[:3], whole.lstrip()[:9]) == ("<ol", "<!doctype")
    assert "Came to us" in fragment


def test_the_timeline_is_narrowed_by_plain_links_and_paged_by_key(house, desk):
    lead = given(house.ana)
    for number in range(22):
        touches.log(
            [lead.pk], channel="meeting" if number < 2 else "email", outcome="sent", by=house.ana, at=clock.now()
        )
    notes.add([lead.pk], text="In between", by=house.ana, at=clock.now())
    ana = desk(house.ana, script=False)

    def lines(url: str) -> tuple[list[str], str]:
        page = ana.client.get(url).content.decode()
        listed = page[page.index('<ol class="timeline">') :]
        older = re.search(r'href="(/leads/\d+/timeline/[^"]+)"', listed)
        said = re.findall(r"</span><p>(.*?)</p><time", listed)
        return said, older.group(1).replace("&amp;", "&") if older else ""

    page = page_of(desk, house.ana, lead)
    links = re.findall(r'<a class="filter[^"]*" href="([^"]+)"( aria-current="true")?>(\w+)</a>', page)
    touched, older = lines(f"/leads/{lead.pk}/?of=touches")

    assert [(label, bool(now)) for _, now, label in links] == [
        ("All", True), ("Touches", False), ("Moves", False), ("Meetings", False),
    ]  # fmt: skip
    assert older.endswith("&of=touches")
    assert touched == ["Ana wrote a mail: sent."] * 20
    assert lines(older) == (["Ana met them: sent."] * 2, "")
    assert lines(f"/leads/{lead.pk}/?of=meetings") == (["Ana met them: sent."] * 2, "")
    moves, rest = lines(f"/leads/{lead.pk}/?of=moves")
    assert (len(moves), moves[0], rest) == (2, "Working, from this touch on.", "")
    assert lines(f"/leads/{lead.pk}/?of=nonsense")[0][0] == "Ana wrote:"


def test_the_clock_says_what_it_is_for(house, desk):
    lead = given(house.ana)
    fresh = page_of(desk, house.ana, lead)
    touches.log([lead.pk], channel="call", outcome="interested", by=house.ana, at=clock.now())
    signals.raise_hand([lead.pk], what="demo", words="", by=None, at=clock.now())

    assert "to the first touch" in fresh
    again = page_of(desk, house.ana, lead)
    assert ("to your answer" in again, "first touch" in again) == (True, False)


def test_the_older_part_of_a_lead_out_of_sight_is_not_there(house, desk):
    lead = given(house.dov)

    assert desk(house.ana).open(f"/leads/{lead.pk}/timeline/", before="9").status_code == 404


@pytest.mark.parametrize("before", ["", "x", "-1", "9" * 40])
def test_a_key_that_is_none_shows_the_newest(house, desk, before):
    lead = given(house.ana)

    assert desk(house.ana).open(f"/leads/{lead.pk}/timeline/", before=before).status_code == 200


# ---- the cost ----


def lived(lead: Lead, house) -> None:
    """Let a lead live through one of everything."""
    at = clock.now()
    touches.log([lead.pk], channel="call", outcome="interested", by=lead.owner, at=at, note="Note")
    notes.add([lead.pk], text="More", by=lead.owner, at=at)
    signals.raise_hand([lead.pk], what="demo", words="Words", by=None, at=at)
    assert dispositions.nurture([lead.pk], reason=Reason.objects.get(code="budget_later"), by=lead.owner, at=at).done
    assert assignment.assign([lead.pk], to=lead.owner, by=None, at=at).done
    LeadFactory(account=lead.account)
    given(lead.owner, account=lead.account)


def cost(client, url: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        assert client.get(url, headers=HTMX).status_code == 200
    return len(caught)


def test_the_panel_costs_the_same_however_much_a_lead_has_been_through(house, desk):
    lead = given(house.ana, account=AccountFactory())
    opportunity_of(lead, owner=house.eva, at=clock.now())
    client = desk(house.ana).client
    lived(lead, house)
    once = cost(client, f"/queue/{lead.pk}/"), cost(client, f"/leads/{lead.pk}/")

    lived(lead, house), lived(lead, house)

    assert (cost(client, f"/queue/{lead.pk}/"), cost(client, f"/leads/{lead.pk}/")) == once
    assert max(once) <= 26
