"""Settings kept by version: the next is added, the last stays, none begins in the past (QUAL-1, ACC-13)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts import clock
from leads.models import CardRule
from meetings.models import CoverageRule
from reporting.models import BonusRate, StuckLimit
from tests.admin.conftest import errors

pytestmark = pytest.mark.django_db
SAID = {
    CardRule: {"sales_sum": "6", "sales_any": "2"},
    CoverageRule: {
        "personas": "Buyer: purchasing, procurement",
        "covered_percent": "75",
        "engaged_from": "1.5",
        "half_life_days": "20",
    },
    BonusRate: {"per_meeting": "50.00", "pipeline_percent": "1.50", "won_percent": "4.00"},
    StuckLimit: {
        "raw_days": "41",
        "assigned_days": "42",
        "working_days": "43",
        "trying_days": "46",
        "using_days": "47",
        "qualified_days": "44",
        "nurture_days": "45",
    },
}
BOTH = pytest.mark.parametrize("model", list(SAID), ids=lambda model: model.__name__)


def add(model) -> str:
    return reverse(f"admin:leads_{model._meta.model_name}_add".replace("leads", model._meta.app_label))


def said(model, at, **facts) -> dict:
    return {"valid_from_0": f"{at:%Y-%m-%d}", "valid_from_1": f"{at:%H:%M:%S}"} | SAID[model] | facts


@BOTH
def test_the_next_version_is_added_and_the_last_stays_as_it_was(client_of, rita, model):
    before, at = list(model.objects.values()), clock.now().astimezone(rita.zone) + timedelta(days=1)

    response = client_of(rita).post(add(model), said(model, at))

    newest = model.objects.get(version=2)
    assert response.status_code == 302
    assert list(model.objects.exclude(pk=newest.pk).values()) == before
    assert [model.in_force(at + timedelta(hours=h)).version for h in (-1, 1)] == [1, 2]


@BOTH
def test_a_new_one_begins_with_what_is_in_force(client_of, rita, model):
    model.objects.create(version=2, valid_from=clock.now(), **SAID[model])

    page = client_of(rita).get(add(model)).content.decode()

    assert all(value in page for value in SAID[model].values())


@BOTH
def test_none_begins_in_the_past_and_none_is_typed_over(client_of, rita, model):
    at = clock.now().astimezone(rita.zone) - timedelta(hours=1)
    held = model.objects.get()
    page = reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_change", args=[held.pk])

    past = client_of(rita).post(add(model), said(model, at))
    over = client_of(rita).post(page, said(model, at + timedelta(days=1)))

    assert errors(past) == {
        "valid_from": ["That is past. A version begins now or later; what was before stays as it was."]
    }
    assert (over.status_code, model.objects.get().version) == (403, 1)


@pytest.mark.parametrize(
    ("model", "facts", "field"),
    [
        (CardRule, {"sales_sum": "0"}, "sales_sum"),
        (CardRule, {"sales_sum": "10"}, "sales_sum"),
        (CardRule, {"sales_any": "4"}, "sales_any"),
        (BonusRate, {"per_meeting": "-1"}, "per_meeting"),
        (BonusRate, {"won_percent": "100.01"}, "won_percent"),
        (StuckLimit, {"raw_days": "0"}, "raw_days"),
        (StuckLimit, {"nurture_days": "3651"}, "nurture_days"),
        (CoverageRule, {"covered_percent": "101"}, "covered_percent"),
        (CoverageRule, {"engaged_from": "0"}, "engaged_from"),
        (CoverageRule, {"half_life_days": "0"}, "half_life_days"),
        (CoverageRule, {"personas": "Buyer"}, "personas"),
        (CoverageRule, {"personas": "Buyer: x\nbuyer: y"}, "personas"),
        (CoverageRule, {"personas": " "}, "personas"),
        (CoverageRule, {"personas": "\n".join(f"p{n}: x" for n in range(13))}, "personas"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(client_of, rita, model, facts, field):
    at = clock.now().astimezone(rita.zone) + timedelta(days=1)

    response = client_of(rita).post(add(model), said(model, at, **facts))

    assert list(errors(response)) == [field]
    assert model.objects.count() == 1


@BOTH
def test_a_manager_reads_it_and_does_not_add(client_of, cleo, model):
    listed = client_of(cleo).get(add(model).replace("add/", ""))
    at = clock.now().astimezone(cleo.zone) + timedelta(days=1)

    assert listed.status_code == 200
    assert client_of(cleo).post(add(model), said(model, at)).status_code == 403
    assert model.objects.count() == 1
