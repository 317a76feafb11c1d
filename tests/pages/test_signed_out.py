"""What was typed while signed out, without a script, is shown again and not sent."""

import re
from datetime import timedelta

import pytest

from accounts.models import Event
from leads.models import Note, Touch
from tests.pages.desk import current, desk, given, hand_over, shown, worked

__all__ = ["desk"]


def sent_while_signed_out(ana, lead, what, **said):
    """Open the lead without a script, wait until the sign-in is over, and press. Returns what the form held."""
    page = ana.client.get(f"/queue/?lead={lead.pk}").content.decode()
    names = ("cycle", "version", "token", "whose")
    fields = {n: re.search(rf'name="{n}" value="([^"]*)"', page).group(1) for n in names} | {"place": "queue"} | said
    ana.client.logout()
    answer = ana.client.post(f"/leads/{lead.pk}/{what}/", fields, headers={"referer": "http://testserver/queue/"})
    assert answer.status_code == 302
    assert answer["Location"] == "/sign-in/?next=/queue/", "nothing of it in the address"
    return fields


@pytest.mark.parametrize(
    ("what", "said", "shown_again"),
    [
        (
            "touches",
            {"channel": "email", "outcome": "interested"},
            r'<textarea id="note"[^>]*>She &lt;likes&gt; it</textarea>',
        ),
        ("nurture", {"reason": "wrong_person"}, r'<textarea id="note"[^>]*>She &lt;likes&gt; it</textarea>'),
        ("notes", {}, r'<textarea id="just-a-note"[^>]*>She &lt;likes&gt; it</textarea>'),
    ],
)
def test_what_was_typed_while_signed_out_is_shown_again_once_and_not_sent(house, desk, what, said, shown_again):
    lead, other = given(house.ana), given(house.ana, ago=2 * timedelta(hours=1))
    ana = desk(house.ana, script=False)
    sent_while_signed_out(ana, lead, what, note="She <likes> it", **said)
    events = Event.objects.filter(lead_id=lead.pk).count()

    ana.client.force_login(house.ana)
    page, later = ana.client.get("/queue/"), ana.client.get("/queue/")

    text = page.content.decode()
    assert re.search(shown_again, text)
    assert "Not saved: you were signed out." in text
    assert (shown(page), shown(later)) == (lead.pk, other.pk)
    assert "likes" not in later.content.decode()
    assert (Touch.objects.count(), Note.objects.count(), current(lead).status) == (0, 0, "assigned")
    assert Event.objects.filter(lead_id=lead.pk).count() == events
    fields = {n: re.search(rf'name="{n}" value="([^"]*)"', text).group(1) for n in ("cycle", "version", "token")}
    assert ana.press(lead, what, fields, note="She <likes> it", **said).status_code == 302
    assert Note.objects.get().text == "She <likes> it"


def test_nobody_else_is_shown_what_was_typed_while_signed_out(house, desk):
    lead = given(house.ana)
    ana = desk(house.ana, script=False)
    sent_while_signed_out(ana, lead, "notes", note="For my eyes")

    ana.client.force_login(house.cleo)
    theirs = ana.client.get(f"/leads/{lead.pk}/").content.decode()
    ana.client.logout()
    ana.client.force_login(house.ana)

    assert "For my eyes" not in theirs
    assert "For my eyes" not in ana.client.get(f"/leads/{lead.pk}/").content.decode()


def test_a_form_that_came_back_is_still_noticed_when_the_lead_moved_on(house, desk):
    lead = worked(house.ana)
    ana = desk(house.ana, script=False)
    seen = sent_while_signed_out(ana, lead, "nurture", reason="budget_later", note="Spring")
    hand_over(lead, house.ben, house.cleo)
    hand_over(lead, house.ana, house.cleo)

    ana.client.force_login(house.ana)
    page = ana.client.get(f"/leads/{lead.pk}/").content.decode()

    fields = {n: re.search(rf'name="{n}" value="([^"]*)"', page).group(1) for n in ("cycle", "version", "token")}
    assert fields["version"] == seen["version"] < str(current(lead).version)
    assert ana.press(lead, "nurture", fields, reason="budget_later").status_code == 409


def test_a_form_that_does_not_say_whose_it_is_is_not_kept(house, desk):
    lead = given(house.ana)
    ana = desk(house.ana, script=False)
    ana.client.logout()

    ana.client.post(f"/leads/{lead.pk}/notes/", {"note": "Whose?", "whose": "1:forged"})

    assert "unsent" not in ana.client.session
