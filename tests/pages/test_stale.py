"""What is pressed too late, or by whom it is not for: nothing is lost, and what happened meanwhile is said."""

import re
from datetime import timedelta

from accounts import clock
from accounts.models import Event
from leads import dispositions, next_steps, recycling, touches
from leads.models import Lead, Task, Touch
from tests.factories import reason
from tests.pages.desk import BOTH, HTMX, current, desk, follow, given, hand_over, toast_of, worked

__all__ = ["desk"]
MINUTE = timedelta(minutes=1)


@BOTH
def test_a_managers_change_between_opening_and_saving_loses_nothing_and_says_what_happened(house, desk, script):
    lead = worked(house.ana)
    ana = desk(house.ana, script=script)
    fields = ana.fields(lead, reason="budget_later", note="Called at noon, spring budget")
    hand_over(lead, house.ben, house.cleo)
    events = Event.objects.count()

    answer = ana.press(lead, "nurture", fields)

    page = answer.content.decode()
    assert answer.status_code == 409
    assert f"Cleo gave {lead.name} to Ben Ito at " in page
    assert "Your note is still here" in page
    assert "Called at noon, spring budget" in page
    assert (current(lead).status, Event.objects.count()) == ("working", events)


@BOTH
def test_a_note_for_a_round_somebody_else_ended_is_kept_without_promising_a_form_that_is_not_there(house, desk, script):
    lead = worked(house.ana)
    ana = desk(house.ana, script=script)
    fields = ana.fields(lead, reason="budget_later", note="Spring budget")
    dispositions.unqualify([lead], reason=reason("not_a_prospect"), by=house.cleo, note="A student", at=clock.now())

    page = ana.press(lead, "nurture", fields).content.decode()

    assert f"Cleo moved {lead.name} to Never at " in page
    assert "Spring budget" in page
    assert "Your note is still here, to copy: this lead is no longer in your hands." in page
    assert "What happened?" not in page
    assert current(lead).status == "unqualified"


def test_an_act_refused_because_the_lead_left_takes_its_row_and_its_count_away(house, desk):
    lead, other = worked(house.ana), given(house.ana)
    ana = desk(house.ana)
    fields = ana.fields(lead, reason="budget_later")
    hand_over(lead, house.ben, house.cleo)

    page = ana.press(lead, "nurture", fields).content.decode()

    assert shown_rows(page) == [(lead.pk, "leaves")]
    assert re.search(r'<h1 id="list-h" hx-swap-oob="true">(.*?)</h1>', page).group(1) == "1 to do"
    assert re.search(r"<span>All</span><b>(\d+)</b>", page).group(1) == "1"
    assert 'id="toasts"' not in page, "the undo of the act before stays"
    assert ana.open("/queue/").content.decode().count(f'id="row-{other.pk}"') == 1


def test_an_act_refused_because_the_lead_changed_says_anew_why_its_row_is_there(house, desk):
    lead = given(house.ana)
    ana = desk(house.ana)
    fields = ana.fields(lead, reason="wrong_person")
    touches.log([lead], channel="call", outcome="call_back", by=house.ana, at=clock.now())

    answer = ana.press(lead, "nurture", fields)

    assert answer.status_code == 409
    assert shown_rows(answer.content.decode()) == [(lead.pk, "stays")]


def test_a_refusal_draws_no_row_where_the_list_shows_none(house, desk):
    lead = worked(house.ana)
    ana = desk(house.ana)
    fields = ana.fields(lead, reason="budget_later")
    hand_over(lead, house.ben, house.cleo)
    ana.headers = ana.headers | {"X-Row": "none"}

    assert shown_rows(ana.press(lead, "nurture", fields).content.decode()) == []


def test_a_pull_that_found_nothing_says_so_in_the_list_too(house, desk):
    given(house.ana)
    ana = desk(house.ana)

    page = ana.client.post("/queue/pull/", {"token": "token-of-a-pull"}, headers=HTMX).content.decode()

    panel, shown = page.split('<section id="list" hx-swap-oob="innerHTML">')
    assert panel.count("The list is empty. Cleo was told") == 1
    assert shown.count("Nobody waits in the queues of your teams.") == 1


def shown_rows(page: str) -> list[tuple[int, str]]:
    """Return the rows that an answer draws into the list, and whether they stay there."""
    found = re.findall(r'<li class="row( is-done)?" id="row-(\d+)" hx-swap-oob="true">', page)
    return [(int(pk), "leaves" if done else "stays") for done, pk in found]


def test_the_note_of_a_stale_form_can_be_logged_by_who_lost_the_lead(house, desk):
    lead = worked(house.ana)
    ana = desk(house.ana)
    fields = ana.fields(lead, reason="budget_later", note="Spring budget")
    hand_over(lead, house.ben, house.cleo)

    page = ana.press(lead, "nurture", fields).content.decode()

    assert re.search(r'<textarea id="note"[^>]*>Spring budget</textarea>', page)
    assert "Add my note" not in page


def test_the_note_of_a_stale_form_can_be_added_by_whoever_may(house, desk):
    lead = given(house.ana)
    cleo = desk(house.cleo)
    fields = cleo.fields(lead, owner=f"u{house.ben.pk}", why="He knows them", place="lead")
    desk(house.ana).press(lead, "touches", channel="call", outcome="interested")

    answer = cleo.press(lead, "assign", fields)

    assert answer.status_code == 409
    assert f"Ana moved {lead.name} to Working S" in answer.content.decode()
    assert '<input type="hidden" name="note" value="He knows them">' in answer.content.decode()
    assert "Add my note" in answer.content.decode()
    assert current(lead).owner == house.ana


def test_a_picker_opened_after_a_change_is_still_stale(house, desk):
    lead = worked(house.ana)
    ana = desk(house.ana)
    carry = re.search(r"/act/nurture/\?([^\"]+)", ana.open(f"/queue/{lead.pk}/").content.decode()).group(1)
    hand_over(lead, house.ben, house.cleo)
    hand_over(lead, house.ana, house.cleo)

    picker = ana.client.get(
        f"/leads/{lead.pk}/act/nurture/?{carry.replace('&amp;', '&')}", headers=HTMX
    ).content.decode()

    hidden = dict(re.findall(r'name="(cycle|version|token)" value="([^"]*)"', picker))
    assert int(hidden["version"]) < current(lead).version
    assert ana.press(lead, "nurture", hidden, reason="budget_later").status_code == 409


@BOTH
def test_a_touch_by_who_just_lost_the_lead_is_kept_and_counts_for_the_lead(house, desk, script):
    lead = given(house.ana)
    ana = desk(house.ana, script=script)
    fields = ana.fields(lead, channel="call", outcome="interested", note="He said yes")
    hand_over(lead, house.ben, house.cleo)
    spell = lead.spells.get(owner=house.ben)

    answer = follow(ana, ana.press(lead, "touches", fields))

    touch = Touch.objects.get()
    assert (touch.by, touch.is_owners, touch.note.text) == (house.ana, False, "He said yes")
    now = current(lead)
    assert (now.status, now.owner, now.cycle.first_touch_by) == ("working", house.ben, house.ana)
    since = spell.began_at.astimezone(house.ana.zone).strftime("%H:%M")
    assert toast_of(answer) == (
        f"This is Ben's lead since {since}. Your call is kept on it and counts for the lead; Ben sees it."
    )
    assert not Task.objects.filter(lead=lead, kind="follow_up").exists()


def test_a_touch_of_a_version_that_passed_is_kept(house, desk):
    lead = given(house.ana)
    ana = desk(house.ana)
    fields = ana.fields(lead, channel="email", outcome="sent")
    ana.press(lead, "touches", channel="call", outcome="no_answer")

    answer = ana.press(lead, "touches", fields)

    assert answer.status_code == 200
    assert Touch.objects.count() == 2


def test_a_touch_meant_for_an_earlier_round_is_not_counted_for_this_one(house, desk):
    lead = worked(house.ana)
    ana = desk(house.ana)
    fields = ana.fields(lead, channel="call", outcome="interested", note="Back then")
    ana.press(lead, "keep", until=next_steps.to_keep(house.ana, clock.now())[0].value)
    Lead.objects.filter(pk=lead.pk).update(recycle_at=clock.now() - MINUTE)
    assert recycling.come_back([lead.pk], at=clock.now(), queue=None).done
    before = Touch.objects.count()

    answer = ana.press(lead, "touches", fields)

    assert answer.status_code == 409
    assert "Back then" in answer.content.decode()
    assert Touch.objects.count() == before


ACTS = {
    "touches": {"channel": "call", "outcome": "no_answer"},
    "nurture": {"reason": "too_small", "size": "3"},
    "unqualify": {"reason": "not_a_prospect"},
    "keep": {"until": "2100-01-01T09:00+00:00"},
    "follow-up": {"until": "2100-01-01T09:00+00:00"},
    "notes": {"note": "Hello"},
    "take-back": {},
    "opt-out": {"all": "on"},
    "assign": {"owner": "me"},
    "give-back": {},
    "start": {},
}


def test_a_lead_out_of_sight_is_not_there(house, desk):
    lead, ana = given(house.dov), desk(house.ana)
    events = Event.objects.count()

    answers = {what: ana.press(lead, what, {"token": "t" * 12}, **said).status_code for what, said in ACTS.items()}

    assert answers == dict.fromkeys(ACTS, 404)
    assert Event.objects.count() == events


@BOTH
def test_a_lead_that_was_lost_is_seen_but_not_worked(house, desk, script):
    lead = given(house.ana)
    hand_over(lead, house.ben, house.cleo)
    events = Event.objects.count()
    ana = desk(house.ana, script=script)
    acts = {what: said for what, said in ACTS.items() if what not in ("touches", "opt-out")}

    answers = {what: ana.press(lead, what, **said) for what, said in acts.items()}

    assert {what: answer.status_code for what, answer in answers.items()} == dict.fromkeys(acts, 403)
    assert all("Nothing was changed." in answer.content.decode() for answer in answers.values())
    assert Event.objects.count() == events


def test_an_act_is_a_post(house, desk):
    lead, client = given(house.ana), desk(house.ana).client

    assert {what: client.get(f"/leads/{lead.pk}/{what}/").status_code for what in ACTS} == dict.fromkeys(ACTS, 405)


def test_a_picker_of_what_one_may_not_is_refused(house, desk):
    lead, ana = given(house.ana), desk(house.ana)
    hand_over(lead, house.ben, house.cleo)
    kinds = ("nurture", "unqualify", "keep", "next", "assign")

    answers = {kind: ana.open(f"/leads/{lead.pk}/act/{kind}/").status_code for kind in kinds}

    assert answers == dict.fromkeys(kinds, 403)


def test_a_picker_nobody_wrote_is_not_there(house, desk):
    lead = given(house.ana)

    assert desk(house.ana).open(f"/leads/{lead.pk}/act/erase/").status_code == 404


def test_without_a_script_a_picker_is_the_page_with_it_opened(house, desk):
    lead = given(house.ana)
    ana = desk(house.ana, script=False)

    answer = ana.open(f"/leads/{lead.pk}/act/unqualify/")

    assert (answer.status_code, answer["Location"]) == (302, f"/queue/?lead={lead.pk}&act=unqualify#act")
    assert "Never: why?" in ana.open(answer["Location"]).content.decode()
