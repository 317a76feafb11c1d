"""Product signals: repeated and out of order without harm (MOTION-3)."""

import random
from datetime import timedelta

import pytest

from accounts import api_keys, clock
from accounts.models import Account, Event, Product
from leads.models import Cycle, Lead, Signal
from tests.api.conftest import Program, problem
from tests.factories import NOON, product_led, put
from tests.lasting import at_once

WHO = "marta@nordlicht.example"


def told(number, name="used", at=None, **more) -> dict:
    return {"id": f"s{number}", "name": name, "email": WHO} | ({"at": at.isoformat()} if at else {}) | more


@pytest.mark.django_db
def test_somebody_new_belongs_to_the_product(program):
    answer = program.post("signals/", told(1, properties={"plan": "free"}))

    lead = Lead.objects.get()
    assert (answer.status_code, answer.json()) == (201, {"lead": lead.pk, "account": None, "result": "created"})
    assert (lead.state_label, lead.is_shielded, lead.source.name) == ("Open PLG", True, "Web site")
    assert Signal.objects.get().data == {"plan": "free"}


@pytest.mark.django_db
def test_activation_begins_the_work_dated_when_it_was(program):
    lead = product_led(email=WHO)
    from leads.models import Identity

    Identity.objects.create(lead=lead, kind="email", value=WHO)
    program.post("signals/", told(1, "activation", at=NOON + timedelta(hours=1)))

    lead = Lead.objects.get()
    assert (lead.state_label, lead.cycle.working_at) == ("Working P", NOON + timedelta(hours=1))


@pytest.mark.django_db
def test_activation_is_the_signal_that_revops_names_at_a_product(program):
    Product.objects.update(activation_signal="First Project")
    other = Product.objects.create(name="Gone", is_active=False, activation_signal="used")

    told_so = []
    for number, name in enumerate(("activation", other.activation_signal, "", " first project ")):
        program.post("signals/", told(number, name))
        told_so.append(Lead.objects.get().state_label)

    assert told_so == ["Open PLG", "Open PLG", "Open PLG", "Working P"]


@pytest.mark.django_db
def test_without_a_named_signal_nothing_activates(program):
    Product.objects.update(activation_signal="")
    program.post("signals/", told(1, "activation"))

    assert Lead.objects.get().state_label == "Open PLG"


@pytest.mark.django_db
def test_a_signal_of_a_lead_that_sales_has_is_only_noted(program, house):
    lead = put(None, "working", owner=house.ana)
    from leads.models import Identity

    Identity.objects.create(lead=lead, kind="email", value=lead.email)
    program.post("signals/", told(1, "activation") | {"email": lead.email})

    now = Lead.objects.get(pk=lead.pk)
    assert (now.status, now.version, now.motion) == (lead.status, lead.version, "slg")
    assert Signal.objects.filter(lead=lead, kind="product").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(5))
def test_in_any_order_and_however_often_the_end_is_the_same(program, seed):
    signals = [told(n, "activation" if n == 3 else "used", at=NOON + timedelta(minutes=n)) for n in range(6)] * 2
    random.Random(seed).shuffle(signals)

    answers = [program.post("signals/", body).json()["result"] for body in signals]

    lead = Lead.objects.get()
    assert (answers.count("unchanged"), Signal.objects.count(), Cycle.objects.count()) == (6, 6, 1)
    assert lead.state_label == "Working P"


@pytest.mark.django_db
def test_a_company_whose_people_we_do_not_know_has_its_signals(program):
    body = {"id": "s1", "name": "invited", "domain": "https://app.nordlicht.example/x", "properties": {"users": 5}}
    answers = [program.post("signals/", body).json()["result"] for _ in range(2)]

    signal, account = Signal.objects.get(), Account.objects.get()
    assert answers == ["created", "unchanged"]
    assert (signal.account, signal.lead, signal.data, account.domain) == (
        account,
        None,
        {"users": 5},
        "nordlicht.example",
    )
    assert Event.objects.filter(account_id=account.pk, kind="signal").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": ""}, "email"),
        ({"domain": "nordlicht.example"}, "email"),
        ({"email": "", "domain": "gmail.com"}, "domain"),
        ({"email": "", "domain": "10.0.0.1"}, "domain"),
        ({"at": "2100-01-01T00:00:00Z"}, "at"),
        ({"properties": {"x": "y" * 5000}}, "properties"),
        ({"properties": {"x": "\x00"}}, "properties"),
        ({"id": ""}, "id"),
    ],
)
def test_a_bad_signal_is_refused_and_leaves_nothing(program, change, field):
    assert problem(program.post("signals/", told(1) | change)) == (422, "invalid", [field])
    assert (Signal.objects.count(), Lead.objects.count(), Account.objects.count()) == (0, 0, 0)


def test_many_at_once_for_a_new_domain_make_one_account_and_each_signal_once(shipped):
    token = api_keys.create_client("Shop", ["signals:write"], by=None, at=clock.now())[1]
    bodies = [{"id": f"s{n % 20}", "name": "used", "domain": "nordlicht.example"} for n in range(40)]

    answers = at_once(*[lambda body=body: Program(token).post("signals/", body).json()["result"] for body in bodies])

    assert (answers.count("created"), answers.count("unchanged")) == (20, 20)
    assert (Account.objects.count(), Signal.objects.count(), Event.objects.count()) == (1, 20, 20)
