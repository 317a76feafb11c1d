"""Whatever is posted under a key happens once: each operation there is, asked again after it was done, and by two at the same moment.

`POSTS` holds one request that works for each operation; an operation without one fails the build.
"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from accounts import clock
from accounts.models import Batch, Product, Reason, Stage
from leadops.api import described
from leads import consent, dispositions, exceptions, mass_guard, pulling
from leads.models import Lead, Task, Touch
from meetings import booking, closing, credit, handing, outcomes
from meetings.models import HandOff, Meeting
from tests.api.conftest import Browser, problem
from tests.factories import AccountFactory, LeadFactory, held, opportunity_of, put, reason
from tests.lasting import at_once

DAY = timedelta(days=1)


class World:
    """What a request needs to be possible, made when it is asked for."""

    def __init__(self, house):
        self.house, self.at = house, clock.now()

    def lead(self, state: str = "working", **more) -> Lead:
        return put(LeadFactory(account=AccountFactory()), state, **({"owner": self.house.ana} | more))

    def sale(self):
        return opportunity_of(self.lead(), owner=self.house.eva)

    def met_sale(self):
        sale = self.sale()
        held(sale, at=self.at)
        return sale

    def customer(self):
        return closing.win(self.sale(), by=self.house.eva, at=self.at)

    def meeting(self, *, began: timedelta | None = None, amount: int = 0, lead: Lead | None = None) -> Meeting:
        row = booking.book(
            lead or self.lead(), product=Product.objects.first(), by=self.house.ana, owner=self.house.eva, starts_at=self.at + DAY,
            at=self.at, amount=Decimal(amount),
        )  # fmt: skip
        if began:
            Meeting.objects.filter(pk=row.pk).update(starts_at=self.at - began)
            row.refresh_from_db()
        return row

    def file(self, who: str = "cleo", **steps) -> str:
        """An import, as far as it is asked for; return where it is."""
        browser = Browser(self.house.people[who])
        posted = browser.client.post(
            "/api/v1/imports/", csv("file", "Email\nmarta@nordlicht.example\n") | {"source": "Fair"}
        )
        path = f"imports/{posted.json()['id']}/"
        for step in steps:
            assert browser.post(f"{path}{step}/", {}).status_code == 201
        return path

    def past(self, **steps) -> str:
        """A history, as far as it is asked for; return where it is."""
        browser = Browser(self.house.rita)
        posted = browser.client.post("/api/v1/histories/", csv("touches", "lead,date\nx,2026-01-05\n"))
        path = f"histories/{posted.json()['id']}/"
        for step in steps:
            assert browser.post(f"{path}{step}/", {}).status_code == 201
        return path


def csv(name: str, text: str) -> dict:
    return {name: SimpleUploadedFile(f"{name}.csv", text.encode())}


POSTS: dict[str, Callable[[World], tuple]] = {}


def works(where: str):
    """Name what works at an address: a function of the world that returns who asks, where, and what."""
    return lambda made: POSTS.setdefault(where, made) and made


def of_lead(what: str, body: dict, who: str = "ana", state: str = "working", **more) -> None:
    POSTS[f"leads/{{id}}/{what}/"] = lambda w: (who, f"leads/{w.lead(state, **more).pk}/{what}/", body)


def soon(days: float = 1) -> str:
    return (clock.now() + days * DAY).isoformat()


of_lead("notes", {"text": "Likes trains"})
POSTS["leads/{id}/tasks/"] = lambda w: ("ana", f"leads/{w.lead().pk}/tasks/", {"due_at": soon(), "channel": "call"})
of_lead("touches", {"channel": "call", "outcome": "interested"}, state="assigned")
of_lead("qualifications", {"urgency": 3})
of_lead("product-returns", {"size": "2", "why": "They pay by card"})
of_lead("dispositions", {"disposition": "unqualified", "reason": "not_a_prospect"})
of_lead("take-backs", {}, "cleo", "unqualified")
of_lead("assignments", {"owner": "ben"}, "cleo")
of_lead("opt-outs", {"channels": ["email"]})
of_lead("contact", {"first_name": "Märta"})


@works("leads/{id}/exceptions/")
def _asked(w):
    return "ana", f"leads/{w.lead().pk}/exceptions/", {"reason": an_exception().code, "review_at": soon(30)}


def an_exception() -> Reason:
    return Reason.objects.filter(disposition="exception", is_active=True).first()


@works("leads/{id}/exception-answers/")
def _answered(w):
    lead = w.lead()
    exceptions.ask([lead.pk], reason=an_exception(), review_at=w.at + 30 * DAY, by=w.house.ana, at=w.at).whole()
    return "cleo", f"leads/{lead.pk}/exception-answers/", {"granted": True}


def _waiting_end(w) -> Lead:
    """A lead whose end waits for the manager's word: the eleventh of a day without a touch."""
    leads = [w.lead("assigned").pk for _ in range(mass_guard.LIMIT + 1)]
    why = Reason.objects.filter(disposition="unqualified", is_prequalification=True, is_active=True).first()
    for pk in leads:
        dispositions.unqualify([pk], reason=why, by=w.house.ana, at=w.at)
    return Lead.objects.get(pk=Task.objects.filter(kind=Task.Kind.REVIEW, done_at=None).latest("pk").lead_id)


@works("leads/{id}/disposition-answers/")
def _allowed(w):
    return "cleo", f"leads/{_waiting_end(w).pk}/disposition-answers/", {"granted": True}


@works("leads/{id}/withdrawn-dispositions/")
def _unasked(w):
    return "ana", f"leads/{_waiting_end(w).pk}/withdrawn-dispositions/", {}


@works("leads/{id}/returns/")
def _returned(w):
    put(None, "raw", team=w.house.north)
    return "ana", f"leads/{pulling.pull(w.house.north, by=w.house.ana, at=w.at).lead.pk}/returns/", {}


@works("pulls/")
def _pulled(w):
    put(None, "raw", team=w.house.north)
    return "ana", "pulls/", {}


@works("leads/{id}/opt-ins/")
def _opted_in(w):
    lead = w.lead()
    consent.opt_out([lead], by=w.house.ana, at=w.at, channels=["email"])
    return "rita", f"leads/{lead.pk}/opt-ins/", {"proof": "Her mail of 3 March"}


@works("leads/{id}/erasures/")
def _erased(w):
    lead = w.lead()
    return "rita", f"leads/{lead.pk}/erasures/", {"confirm": lead.pk}


@works("leads/{id}/starts/")
def _taken_up(w):
    lead = w.lead()
    dispositions.keep([lead.pk], until=w.at + 2 * DAY, by=w.house.ana, at=w.at).whole()
    Lead.objects.filter(pk=lead.pk).update(recycle_at=w.at)
    return "ana", f"leads/{lead.pk}/starts/", {}


@works("leads/{id}/touches/{touch}/withdrawals/")
def _withdrawn(w):
    lead = w.lead("assigned")
    made = (
        Browser(w.house.ana)
        .post(f"leads/{lead.pk}/touches/", {"channel": "call", "outcome": "interested"})
        .json()["made"]
    )
    return "ana", f"leads/{lead.pk}/touches/{made}/withdrawals/", {}


@works("leads/{id}/meetings/")
def _booked(w):
    body = {"product": Product.objects.first().name, "starts_at": soon(), "owner": "eva"}
    return "ana", f"leads/{w.lead().pk}/meetings/", body


PERSON = {"email": "marta@nordlicht.example", "source": "Fair"}
POSTS |= {
    "leads/": lambda w: ("ana", "leads/", PERSON),
    "hand-raises/": lambda w: ("ana", "hand-raises/", PERSON | {"what": "demo"}),
    "signals/": lambda w: ("root", "signals/", {"id": "1", "name": "login", "email": w.lead().email}),
    "opt-outs/": lambda w: ("ana", "opt-outs/", {"lead": w.lead().pk}),
    "changes/": lambda w: ("cleo", "changes/", {"what": "assign", "owner": "ben", "leads": [{"lead": w.lead().pk}]}),
    "changes/previews/": lambda w: ("cleo", "changes/previews/", {"what": "assign", "owner": "ben", "leads": [{"lead": w.lead().pk}]}),
    "me/": lambda w: ("ana", "me/", {"keys_on": True}),
    "messages/reads/": lambda w: w.lead() and ("ana", "messages/reads/", {"up_to": 2**31}),
    "messages/ways/": lambda w: ("ana", "messages/ways/", {"ways": {"assigned": "page"}}),
    "programs/": lambda w: ("mark", "programs/", {"reason": "no_for_now", "program": "both", "was": reason("no_for_now").program}),
    "people/{username}/absences/": lambda w: ("cleo", "people/ana/absences/", {"first": soon(5)[:10], "last": soon(5)[:10]}),
    "people/{username}/departures/": lambda w: w.lead() and ("rita", "people/ana/departures/", {"owner": "ben", "off": True}),
    "imports/": lambda w: ("cleo", "imports/", csv("file", "Email\nmarta@nordlicht.example\n")),
    "imports/{id}/columns/": lambda w: ("cleo", f"{w.file()}columns/", {"columns": {"Email": "email"}}),
    "imports/{id}/runs/": lambda w: ("cleo", f"{w.file(columns=1)}runs/", {}),
    "imports/{id}/cancellations/": lambda w: ("cleo", f"{w.file(columns=1, runs=1)}cancellations/", {}),
    "imports/{id}/undos/": lambda w: ("cleo", f"{w.file(columns=1, runs=1, cancellations=1)}undos/", {}),
    "histories/": lambda w: ("rita", "histories/", csv("touches", "lead,date\nx,2026-01-05\n")),
    "histories/{id}/columns/": lambda w: ("rita", f"{w.past()}columns/", {"touches": {"lead": "lead"}}),
    "histories/{id}/runs/": lambda w: ("rita", f"{w.past(columns=1)}runs/", {}),
    "histories/{id}/cancellations/": lambda w: ("rita", f"{w.past(columns=1, runs=1)}cancellations/", {}),
    "histories/{id}/undos/": lambda w: ("rita", f"{w.past(columns=1, runs=1, cancellations=1)}undos/", {}),
    "opportunities/{id}/stages/": lambda w: ("eva", f"opportunities/{w.met_sale().pk}/stages/", {"stage": a_stage(2)}),
    "opportunities/{id}/closings/": lambda w: ("eva", f"opportunities/{w.sale().pk}/closings/", {"status": "not_qualified"}),
    "opportunities/{id}/values/": lambda w: ("eva", f"opportunities/{w.sale().pk}/values/", {"amount": "900.50"}),
    "opportunities/{id}/customers/": lambda w: ("eva", f"opportunities/{w.customer().pk}/customers/", {"success_owner": "carl"}),
    "opportunities/{id}/owners/": lambda w: ("eva", f"opportunities/{w.sale().pk}/owners/", {"role": "opportunity_owner", "to": "finn"}),
    "meetings/{id}/moves/": lambda w: ("ana", f"meetings/{w.meeting().pk}/moves/", {"starts_at": soon(2)}),
    "meetings/{id}/cancellations/": lambda w: ("ana", f"meetings/{w.meeting().pk}/cancellations/", {}),
    "meetings/{id}/dispositions/": lambda w: ("eva", f"meetings/{w.meeting(began=DAY).pk}/dispositions/", {"status": "no_show"}),
    "meetings/{id}/claims/": lambda w: ("ana", f"meetings/{w.meeting(began=3 * DAY).pk}/claims/", {"status": "qualified"}),
}  # fmt: skip


def a_stage(number: int) -> str:
    return Stage.objects.filter(status="open").order_by("order")[number - 1].name


@works("opportunities/{id}/people/")
def _part(w):
    lead = w.lead()
    sale = opportunity_of(lead, owner=w.house.eva)
    return "eva", f"opportunities/{sale.pk}/people/", {"lead": lead.pk, "role": "champion"}


@works("meetings/{id}/corrections/")
def _corrected(w):
    row = outcomes.dispose(w.meeting(began=DAY), "no_show", by=w.house.eva, at=w.at)
    return "eva", f"meetings/{row.pk}/corrections/", {"status": "missed"}


@works("meetings/{id}/claim-answers/")
def _confirmed(w):
    row = credit.claim(w.meeting(began=3 * DAY), "qualified", by=w.house.ana, at=w.at)
    return "cleo", f"meetings/{row.pk}/claim-answers/", {"granted": True}


@works("meetings/{id}/contests/")
def _contested(w):
    row = outcomes.dispose(w.meeting(began=DAY), "no_show", by=w.house.eva, at=w.at)
    return "ana", f"meetings/{row.pk}/contests/", {"why": "She was there."}


@works("meetings/{id}/settlements/")
def _settled(w):
    row = outcomes.dispose(w.meeting(began=DAY), "no_show", by=w.house.eva, at=w.at)
    row = credit.contest(row, why="She was there.", by=w.house.ana, at=w.at)
    return "cleo", f"meetings/{row.pk}/settlements/", {"upheld": False}


@works("hand-offs/{id}/answers/")
def _handed(w):
    w.meeting(amount=250_000)
    return "eva", f"hand-offs/{HandOff.objects.get(outcome='').pk}/answers/", {"accepted": True}


@works("hand-offs/{id}/repeats/")
def _handed_again(w):
    w.meeting(amount=250_000)
    row = HandOff.objects.get(outcome="")
    handing.refuse(row, reason=reason("refused_person"), by=w.house.eva, at=w.at)
    return "ana", f"hand-offs/{row.pk}/repeats/", {"to": "eva"}


@works("accounts/{id}/owners/")
def _owned(w):
    return "root", f"accounts/{w.sale().account_id}/owners/", {"role": "opportunity_owner", "to": "finn"}


@works("accounts/{id}/consolidations/")
def _consolidated(w):
    return "root", f"accounts/{w.sale().account_id}/consolidations/", {"to": "finn"}


@works("changes/{change}/undos/")
def _changed_back(w):
    body = {"what": "assign", "owner": "ben", "leads": [{"lead": w.lead().pk}]}
    return "cleo", f"changes/{Browser(w.house.cleo).post('changes/', body).json()['change']}/undos/", {}


@works("releases/")
def _released(w):
    return "rita", "releases/", {"reason": w.lead("nurture").reason.code, "team": "North"}


@works("people/{username}/absences/{id}/endings/")
def _back_sooner(w):
    planned = Browser(w.house.cleo).post("people/ana/absences/", {"first": soon(5)[:10], "last": soon(5)[:10]}).json()
    return "cleo", f"people/ana/absences/{planned['id']}/endings/", {}


@works("people/{username}/departures/{id}/undos/")
def _back_again(w):
    w.lead()
    rita = Browser(w.house.rita)
    rita.post("people/ana/departures/", {"owner": "ben"})
    return "rita", f"people/ana/departures/{rita.get('people/ana/departures/').json()['items'][0]['id']}/undos/", {}


def operations() -> set[str]:
    paths = {
        path.removeprefix("/api/v1/").replace("{pk}", "{id}")
        for path, methods in described()["paths"].items()
        if "post" in methods
    }
    return paths - {"/api/schema/"}


def test_each_operation_that_posts_is_tried_here():
    assert operations() == set(POSTS)


def send(who, path: str, body: dict, key: str):
    """Post it: a form where it holds a file, JSON where not."""
    files = {name: value for name, value in body.items() if isinstance(value, SimpleUploadedFile)}
    if not files:
        return who.post(path, body, key=key)
    for file in files.values():
        file.seek(0)
    return who.client.post(f"/api/v1/{path}", body, headers=who.headers(key))


def everything() -> dict[str, list]:
    """Every row of every table but the sessions, as the database itself writes it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
        )
        found = {}
        for (table,) in cursor.fetchall():
            if table != "django_session":
                cursor.execute(f'SELECT t::text FROM "{table}" t ORDER BY 1')
                found[table] = [row for (row,) in cursor.fetchall()]
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("where", sorted(POSTS))
def test_what_was_posted_under_a_key_is_answered_again_and_not_done_again(house, rung, where):
    name, path, body = POSTS[where](World(house))
    who = Browser(house.people[name])

    first = send(who, path, body, "k1")
    assert first.status_code in (200, 201), first.content
    done, rings = everything(), list(rung)
    again = send(who, path, body, "k1")
    other = who.post("me/", {"keys_on": False}, key="k1")

    assert (again.status_code, again.json(), again["Idempotency-Replayed"]) == (first.status_code, first.json(), "true")
    assert problem(other) == (422, "key_reused", ["Idempotency-Key"])
    assert (everything(), rung) == (done, rings)


@pytest.mark.parametrize(
    "where", ["leads/{id}/returns/", "leads/{id}/erasures/", "leads/{id}/touches/", "pulls/", "histories/{id}/runs/"]
)
def test_two_at_the_same_moment_get_one_answer(shipped, house, where):
    """Of acts that take away the right to them too: whoever comes second is not refused what the first just did."""
    name, path, body = POSTS[where](World(house))
    who = house.people[name]

    answers = at_once(*[lambda: Browser(who).post(path, body, key="k1")] * 8)

    said = [(answer.status_code, answer.json()) for answer in answers]
    assert said == [said[0]] * 8
    assert said[0][0] == 201


@pytest.mark.django_db
def test_what_one_may_no_more_is_not_done_under_a_new_key(house):
    """The negative control: it is the key that lets them hear the answer, and nothing else."""
    name, path, body = POSTS["leads/{id}/returns/"](World(house))
    who = Browser(house.people[name])
    send(who, path, body, "k1")

    assert send(who, path, body, "k2").status_code == 403
    assert send(who, path, body, "").status_code == 403
    assert send(Browser(house.ben), path, body, "k1").status_code == 403
    assert Touch.objects.count() == 0
    assert Batch.objects.count() == 0
