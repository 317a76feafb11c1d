"""Each kind of event that another program may ask for is told when it happens, by numbers and codes (API-2)."""

import json

import pytest

from accounts import clock, webhooks
from accounts.models import Delivery, Message, Subscription
from accounts.webhooks import KINDS, payload
from tests.api.conftest import Browser
from tests.api.test_every_post import PERSON, POSTS, World

pytestmark = pytest.mark.django_db
# By hand: the operation by which each comes about, and what is said otherwise than there.
BY = {
    "lead.created": ("leads/", {}),
    "lead.signal": ("hand-raises/", {}),  # of somebody who is known
    "lead.raw": ("leads/{id}/returns/", {}),
    "lead.assigned": ("pulls/", {}),
    "lead.working": ("leads/{id}/touches/", {}),
    "lead.qualified": ("meetings/{id}/claim-answers/", {}),
    "lead.nurture": ("leads/{id}/dispositions/", {"disposition": "nurture", "reason": "budget_later"}),
    "lead.unqualified": ("leads/{id}/dispositions/", {}),
    "lead.owner": ("leads/{id}/assignments/", {}),
    "lead.touch": ("leads/{id}/touches/", {}),
    "lead.opt_out": ("leads/{id}/opt-outs/", {}),
    "lead.opt_in": ("leads/{id}/opt-ins/", {}),
    "lead.erased": ("leads/{id}/erasures/", {}),
    "meeting.booked": ("leads/{id}/meetings/", {}),
    "meeting.moved": ("meetings/{id}/moves/", {}),
    "meeting.cancelled": ("meetings/{id}/cancellations/", {}),
    "meeting.disposition": ("meetings/{id}/dispositions/", {}),
    "opportunity.opened": ("leads/{id}/meetings/", {}),
    "opportunity.won": ("opportunities/{id}/closings/", {"status": "won", "amount": "1.00"}),
    "opportunity.lost": ("opportunities/{id}/closings/", {}),
    "opportunity.stage": ("opportunities/{id}/stages/", {}),
}
NUMBERED = {"lead": "lead", "meeting": "lead", "opportunity": "opportunity"}


def test_each_kind_is_tried_here():
    assert set(BY) == set(KINDS)


@pytest.mark.parametrize("kind", list(KINDS))
def test_an_event_is_told_to_who_asked_for_its_kind(house, kind):
    where, otherwise = BY[kind]
    who, path, body = POSTS[where](World(house))
    if kind == "lead.signal":
        Browser(house.people[who]).post("leads/", PERSON)
    told = Subscription.objects.create(url="https://hooks.example.com/", kinds=[kind], created_at=clock.now())
    Subscription.objects.create(
        url="https://others.example.com/", kinds=sorted(set(KINDS) - {kind}), created_at=clock.now()
    )

    done = Browser(house.people[who]).post(path, body | otherwise)

    assert done.status_code in (200, 201), done.content
    kinds = set(Delivery.objects.filter(subscription=told).values_list("kind", flat=True))
    others = set(Delivery.objects.exclude(subscription=told).values_list("kind", flat=True))
    assert (kinds, kind in others) == ({kind}, False)
    said = payload(Message.objects.filter(subscription=told).latest("pk"))
    assert said[NUMBERED[kind.partition(".")[0]]] is not None
    assert set(said) == {
        "id", "kind", "at", "recorded_at", "lead", "round", "account", "opportunity", "from", "to", "move", "reason", "by", "door", "facts",
    }  # fmt: skip
    text = json.dumps(said)
    assert [word for word in ("Marta", "Lind", "Nordlicht", "nordlicht", "Ana Berg") if word in text] == []
    assert webhooks.waiting(clock.now()).filter(subscription=told).exists()
