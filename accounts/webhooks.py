"""Events on their way to other programs (API-2): written with what happened, delivered by a sweep, signed, retried, replayable.

A trigger of the database (`install`, called by migrations) writes one row of the outbox for each event and each subscription that
asks for its kind, in the transaction of the event, whatever process or door wrote it: nothing is lost, and nothing waits for a
receiver. `SWEEP` delivers at least once, under an id that stays the same. What is sent are ids and codes, no personal text.
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Delivery, Event, Message, Reason, Role, Subscription, User
from accounts.models.api import new_secret
from accounts.sweeping import Sweep
from accounts.webhook_sending import Failed, post

LEASE, SHORTEST, LONGEST = timedelta(minutes=2), timedelta(minutes=1), timedelta(hours=2)
MOST_TRIES = 16  # about a day
TURN, MOST = 8.0, 500  # seconds and deliveries for one address in one run
KEPT = timedelta(days=30)  # what was delivered, for a replay

# What one may ask to be told of, and which events it is (a condition on the new row, in SQL).
KINDS = {
    "lead.created": "kind = 'signal' AND data ? 'new'",
    "lead.signal": "kind = 'signal'",
    **{
        f"lead.{state}": f"kind = 'transition' AND to_status = '{state}'"
        for state in ("raw", "assigned", "working", "qualified", "nurture", "unqualified")
    },
    "lead.owner": "kind = 'owner'",
    "lead.touch": "kind = 'touch'",
    "lead.opt_out": "kind = 'opt_out'",
    "lead.opt_in": "kind = 'opt_in'",
    "lead.erased": "kind = 'erased'",
    "meeting.booked": "kind = 'meeting' AND move = 'book'",
    "meeting.moved": "kind = 'meeting' AND move = 'reschedule'",
    "meeting.cancelled": "kind = 'meeting' AND move = 'cancel'",
    "meeting.disposition": "kind = 'meeting' AND move IN ('disposition', 'correct')",
    "opportunity.opened": "kind = 'stage' AND move = 'open'",
    "opportunity.won": "kind = 'stage' AND move = 'win'",
    "opportunity.lost": "kind = 'stage' AND move IN ('lose', 'give_up')",
    "opportunity.stage": "kind = 'stage'",
}


def install(apps=None, schema_editor=None) -> None:
    """Put the trigger in place; a migration's RunPython. Safe to run again, to be run again after KINDS changed."""
    cases = "\n".join(f"    WHEN {condition} THEN '{name}'" for name, condition in KINDS.items())
    schema_editor.execute(SQL % {"cases": cases.replace("%", "%%")}, params=None)


def remove(apps, schema_editor) -> None:
    schema_editor.execute("DROP TRIGGER IF EXISTS accounts_event_told ON accounts_event", params=None)


SQL = """
CREATE OR REPLACE FUNCTION accounts_event_name(kind text, move text, to_status text, data jsonb) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT CASE
%(cases)s
END $$;
CREATE OR REPLACE FUNCTION accounts_event_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM accounts_subscription WHERE is_active) THEN
    INSERT INTO accounts_message (channel, kind, lead_id, subscription_id, address, data, dedupe_key, created_at, next_try_at)
      SELECT 'webhook', n.name, f.lead_id, s.id, '', jsonb_build_object('event', f.id), 'webhook:' || s.id || ':' || f.id,
             f.recorded_at, f.recorded_at
      FROM fresh f CROSS JOIN LATERAL accounts_event_name(f.kind, f.move, f.to_status, f.data) AS n(name)
      JOIN accounts_subscription s ON s.is_active AND n.name = ANY(s.kinds)
      ORDER BY f.id ON CONFLICT (dedupe_key) DO NOTHING;
  END IF;
  RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS accounts_event_told ON accounts_event;
CREATE TRIGGER accounts_event_told AFTER INSERT ON accounts_event REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION accounts_event_told();
"""


def waiting(at: datetime) -> QuerySet:
    """Deliveries whose time has come, by `message_to_deliver`."""
    return Delivery.objects.filter(sent_at__isnull=True, parked_at__isnull=True, next_try_at__lte=at)


def addresses(at: datetime) -> QuerySet:
    """Subscriptions that something waits for, those left out that are just given a rest."""
    rested = Q(paused_until__isnull=True) | Q(paused_until__lte=at)
    mine = waiting(at).filter(subscription=OuterRef("pk"))
    return Subscription.objects.filter(rested, Exists(mine), is_active=True).order_by("pk").values_list("pk", flat=True)


def deliver(subscriptions: Sequence[int], at: datetime, recorded_at: datetime) -> int:
    """Deliver what waits for these, each for a few seconds at most; return to how many something went."""
    return sum(_serve(pk, at) for pk in subscriptions)


SWEEP = Sweep("webhooks", timedelta(minutes=1), addresses, deliver, batch=1, in_one_transaction=False)


def _serve(pk: int, at: datetime) -> int:
    """Deliver to one address, oldest first, until nothing waits, its turn is over or it does not answer."""
    until, sent = monotonic() + TURN, 0
    for _ in range(MOST):
        subscription = Subscription.objects.get(pk=pk)
        message = _claim(pk, at)
        if message is None:
            break
        try:
            body = _body(message)
            post(subscription.url, body, headers(subscription, message, body, at))
        except Failed as problem:
            _failed(subscription, message, problem, at)
            if problem.is_everybodys:
                break
        else:
            sent += 1
            Message.objects.filter(pk=message.pk).update(sent_at=at, error="")
            if subscription.failures:
                Subscription.objects.filter(pk=pk).update(failures=0, paused_until=None, error="")
        if monotonic() > until:
            break
    return sent


def _claim(pk: int, at: datetime) -> Message | None:
    """Take the next one into hand, so that nobody else sends it meanwhile and it comes up again if we die over it. Two queries."""
    with transaction.atomic():
        rows = waiting(at).filter(subscription=pk).order_by("next_try_at", "pk")
        message = rows.select_for_update(no_key=True, skip_locked=True).first()
        if message is not None:
            message.attempts += 1
            message.next_try_at = at + LEASE
            Message.objects.filter(pk=message.pk).update(attempts=message.attempts, next_try_at=message.next_try_at)
    return message


def _failed(subscription: Subscription, message: Message, problem: Failed, at: datetime) -> None:
    """Try later: this one, or everything of an address that does not answer. After a day it is put aside, and RevOps told."""
    pause = min(SHORTEST * 2 ** min(message.attempts - 1, 10), LONGEST)
    if message.attempts >= MOST_TRIES:
        Message.objects.filter(pk=message.pk).update(parked_at=at, error=problem.words)
        _tell(subscription, at)
    else:
        Message.objects.filter(pk=message.pk).update(next_try_at=at + pause, error=problem.words)
    if problem.is_everybodys:
        failures = min(subscription.failures + 1, 1_000)
        rest = min(SHORTEST * 2 ** min(failures - 1, 10), LONGEST)
        facts = {"failures": failures, "paused_until": at + rest, "error": problem.words[:200]}
        Subscription.objects.filter(pk=subscription.pk).update(**facts)


def _tell(subscription: Subscription, at: datetime) -> None:
    Message.objects.bulk_create(
        [
            Message(to=person, kind="webhook_parked", data={"webhook": subscription.pk}, created_at=at,
                    dedupe_key=f"webhook_parked:{subscription.pk}:{person.pk}:{at:%Y-%m-%d}")
            for person in User.objects.filter(role=Role.REVOPS, is_active=True)
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def replay(deliveries: QuerySet, at: datetime) -> int:
    """Let these be sent once more, under the id they had; return how many. One query."""
    facts = {"sent_at": None, "parked_at": None, "attempts": 0, "next_try_at": at, "error": ""}
    return Message.objects.filter(pk__in=deliveries.values("pk"), channel="webhook").update(**facts)


def forget(at: datetime) -> int:
    """Delete what was delivered long ago."""
    return Delivery.objects.filter(sent_at__lt=at - KEPT).delete()[0]


def payload(message: Message) -> dict:
    """Return what a delivery says: what happened, to what, when it became true and when we learnt it. Two queries at most."""
    event = Event.objects.get(pk=message.data["event"])
    reason = (
        Reason.objects.filter(pk=event.reason_id).values_list("code", flat=True).first() if event.reason_id else None
    )
    return {
        "id": f"evt_{event.pk}", "kind": message.kind, "at": event.at.isoformat(), "recorded_at": event.recorded_at.isoformat(),
        "lead": event.lead_id, "round": event.cycle_id, "account": event.account_id, "opportunity": event.opportunity_id,
        "from": event.from_status or None, "to": event.to_status or None, "move": event.move or None, "reason": reason,
        "by": event.actor_id, "door": event.door, "facts": event.data,
    }  # fmt: skip


def _body(message: Message) -> bytes:
    return json.dumps(payload(message), separators=(",", ":")).encode()


def headers(subscription: Subscription, message: Message, body: bytes, at: datetime) -> dict[str, str]:
    """Return the headers of a delivery. The signature covers the moment and the body, so that neither can be changed."""
    moment = int(at.timestamp())
    return {
        "Content-Type": "application/json",
        "User-Agent": "LeadOps",
        "LeadOps-Event": f"evt_{message.data['event']}",
        "LeadOps-Signature": f"t={moment},v1={sign(subscription.secret, moment, body)}",
    }


def sign(secret: str, moment: int, body: bytes) -> str:
    """Return the signature of a body sent at a moment: HMAC-SHA-256 over `moment.body`, in hex. Pure."""
    return hmac.new(secret.encode(), b"%d.%s" % (moment, body), hashlib.sha256).hexdigest()


def renew(subscription: Subscription) -> str:
    """Give a subscription a new secret, and return it."""
    secret = new_secret()
    Subscription.objects.filter(pk=subscription.pk).update(secret=secret)
    return secret


def wake(subscriptions: QuerySet) -> int:
    """Let addresses that are given a rest be tried at the next run."""
    return Subscription.objects.filter(pk__in=[row.pk for row in subscriptions]).update(paused_until=None, failures=0)
