"""Webhooks in the admin: an address is added and its secret shown once, what was put aside is sent again, only by RevOps."""

import pytest
from django.urls import reverse

from accounts import clock, sweeping, webhooks
from accounts.models import Delivery, Subscription
from tests.api.test_webhooks import receiver, sent
from tests.factories import put
from tests.pages.test_erasure import everything

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["receiver"]
ADD, LIST = "admin:accounts_subscription_add", "admin:accounts_delivery_changelist"


def test_an_address_is_added_and_its_secret_shown_once_and_written_nowhere_else(house, receiver, client_of, shipped):
    rita = client_of(house.rita)

    page = rita.post(reverse(ADD), {"url": receiver.url, "kinds": ["lead.assigned"], "is_active": "on"})
    if page.status_code == 302:
        page = rita.get(page["Location"])

    row = Subscription.objects.get()
    assert row.secret in page.content.decode()
    again = rita.get(reverse("admin:accounts_subscription_change", args=[row.pk])).content.decode()
    assert row.secret not in again
    lines = [line for line in everything().splitlines() if row.secret.lower() in line]
    assert [line.partition(":")[0] for line in lines] == ["accounts_subscription"]


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "http://hooks.example.com/", "https://169.254.169.254/latest"])
def test_an_address_inside_the_house_is_refused(house, client_of, shipped, url):
    page = client_of(house.rita).post(reverse(ADD), {"url": url, "kinds": ["lead.assigned"], "is_active": "on"})

    assert (page.status_code, Subscription.objects.count()) == (200, 0)


def test_what_was_put_aside_is_ticked_and_sent_again_under_its_id(house, receiver, client_of, shipped):
    Subscription.objects.create(url=receiver.url, kinds=["lead.assigned"], created_at=clock.now())
    put(None, "assigned", owner=house.ana)
    row = Delivery.objects.get()
    Delivery.objects.filter(pk=row.pk).update(
        parked_at=clock.now(), attempts=webhooks.MOST_TRIES, error="it answered 422"
    )
    sweeping.run(webhooks.SWEEP, clock.now())
    nothing = list(receiver.got)
    rita, ticked = client_of(house.rita), {"action": "send_again", "_selected_action": [row.pk]}

    shown = rita.get(f"{reverse(LIST)}?state=parked").content.decode()
    refused = client_of(house.cleo).post(reverse(LIST), ticked)
    still = Delivery.objects.get().parked_at
    rita.post(reverse(LIST), ticked)
    sweeping.run(webhooks.SWEEP, clock.now())

    assert ("it answered 422" in shown, nothing) == (True, [])
    assert (refused.status_code, still is None) == (403, False)
    assert sent(receiver) == [(f"evt_{row.data['event']}", "lead.assigned")]
    assert (Delivery.objects.get().sent_at is None, Delivery.objects.get().error) == (False, "")
