"""Two presses at the same moment: the same form counts once; two forms count twice, which shows that the test could fail."""

import pytest
from django.test import Client

from leads.models import Lead, Touch
from tests.factories import put
from tests.lasting import at_once
from tests.pages.desk import HTMX, Hand, given, shown


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
