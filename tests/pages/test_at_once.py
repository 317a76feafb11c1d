"""Two presses at the same moment: the same form counts once; two forms count twice, which shows that the test could fail."""

import pytest
from django.test import Client

from accounts.models import Event
from leads.models import Lead, Touch
from meetings import links
from tests.factories import put
from tests.lasting import at_once
from tests.pages.desk import HTMX, Hand, given, shown
from tests.pages.test_meetings_day import met


def presses(house, lead: Lead, *tokens: str) -> list:
    """Log the same call with each of these tokens, all at once."""
    hands = []
    for _ in tokens:
        client = Client()
        client.force_login(house.ana)
        hands.append(Hand(client, script=True))
    fields = hands[0].fields(lead, channel="call", outcome="no_answer")
    jobs = [
        lambda hand=hand, token=token: hand.press(lead, "touches", fields | {"token": token})
        for hand, token in zip(hands, tokens, strict=True)
    ]
    return at_once(*jobs)


@pytest.mark.parametrize(("tokens", "touches"), [(["same-token"] * 4, 1), (["token-one", "token-two"], 2)])
def test_the_same_form_pressed_at_once_counts_once(shipped, house, tokens, touches):
    lead, other = given(house.ana), given(house.ana)

    answers = presses(house, lead, *tokens)

    assert [answer.status_code for answer in answers] == [200] * len(tokens)
    assert Touch.objects.count() == touches
    assert {shown(answer) for answer in answers} == {other.pk}


@pytest.mark.parametrize(("tokens", "pulled"), [(["same-token"] * 3, 1), (["token-one", "token-two"], 2)])
def test_pull_pressed_at_once_takes_one(shipped, house, tokens, pulled):
    for _ in range(4):
        put(None, "raw", team=house.north)
    clients = [Client() for _ in tokens]
    for client in clients:
        client.force_login(house.ana)

    answers = at_once(
        *(
            lambda client=client, token=token: client.post("/queue/pull/", {"token": token}, headers=HTMX)
            for client, token in zip(clients, tokens, strict=True)
        )
    )

    assert [answer.status_code for answer in answers] == [200] * len(tokens)
    assert Lead.objects.filter(owner=house.ana).count() == pulled


@pytest.mark.parametrize("tokens", [["same-token-of-it"] * 3, ["token-of-one", "token-of-two", "token-of-three"]])
def test_what_came_of_a_meeting_pressed_thrice_and_said_by_the_link_at_once_is_said_once(shipped, house, tokens):
    row = met(house.ana, house.eva)
    clients = [Client() for _ in tokens]
    for client in clients:
        client.force_login(house.eva)
    link, said = links.PATH.format(token=links.make(row, house.eva, "no_show")), {"version": row.version}

    answers = at_once(
        *(
            lambda client=client, token=token: client.post(
                f"/meetings/{row.pk}/outcome/", said | {"outcome": "qualified", "token": token}
            )
            for client, token in zip(clients, tokens, strict=True)
        ),
        lambda: Client().post(link, said | {"outcome": "no_show", "token": "the-token-of-a-link"}),
    )

    row.refresh_from_db()
    codes = [answer.status_code for answer in answers]
    # The page leads back to itself where it was said, and where the same form said it before; all others are told who did.
    accepted = (302, 3 if len(set(tokens)) == 1 else 1) if row.status == "qualified" else (200, 1)
    assert Event.objects.filter(kind="meeting", move="disposition").count() == 1
    assert sorted(codes) == sorted([accepted[0]] * accepted[1] + [409] * (4 - accepted[1]))
    assert all("Eva said at" in answer.content.decode() for answer in answers if answer.status_code == 409)
