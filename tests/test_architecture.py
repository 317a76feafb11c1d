"""The one principle, held: later facts point to earlier facts, and every relation says what becomes of it."""

import importlib
from dataclasses import fields

import pytest
from django.apps import apps
from django.db import models
from django_fsm import FSMField

from accounts.models import Account, User
from accounts.relations import Fate
from leads.models import Lead

ORDER = ["accounts", "leads", "meetings", "reporting"]
OURS = [model for model in apps.get_models() if model._meta.app_label in ORDER]
POINTERS = [
    (model, field)
    for model in OURS
    for field in model._meta.get_fields()
    if isinstance(field, models.ForeignKey) and field.related_model in (Lead, Account, User)
]


@pytest.mark.parametrize("model", OURS, ids=lambda m: m.__name__)
def test_foreign_keys_point_back_in_time(model):
    level = ORDER.index(model._meta.app_label)

    for field in model._meta.get_fields():
        if isinstance(field, models.ForeignKey) and field.related_model._meta.app_label in ORDER:
            assert ORDER.index(field.related_model._meta.app_label) <= level, f"{model.__name__}.{field.name} points up"


@pytest.mark.parametrize(
    ("model", "field"), POINTERS, ids=lambda part: getattr(part, "__name__", getattr(part, "name", ""))
)
def test_every_relation_to_a_lead_account_or_person_declares_its_fate(model, field):
    fate = getattr(model, "fates", {}).get(field.name)

    assert isinstance(fate, Fate), f"{model.__name__}.{field.name}"
    assert {f.name for f in fields(fate)} == {"merge", "leave", "erase"}


@pytest.mark.parametrize("model", OURS, ids=lambda m: m.__name__)
def test_a_fate_names_a_field_that_exists(model):
    names = {field.name for field in model._meta.get_fields()}

    assert set(getattr(model, "fates", {})) <= names


def test_status_is_only_ever_a_protected_machine():
    machines = [
        (m.__name__, f.name, f.protected) for m in OURS for f in m._meta.get_fields() if isinstance(f, FSMField)
    ]

    assert sorted(machines) == [("Lead", "status", True), ("Meeting", "status", True), ("Opportunity", "status", True)]


@pytest.mark.parametrize("model", OURS, ids=lambda m: m.__name__)
def test_every_model_says_what_one_row_is(model):
    assert (model.__doc__ or f"{model.__name__}(").startswith(f"{model.__name__}(") is False


@pytest.mark.parametrize("app", ORDER)
def test_no_app_has_a_drawer_for_everything(app):
    for drawer in ("utils", "helpers", "common", "core", "services", "misc"):
        assert importlib.util.find_spec(f"{app}.{drawer}") is None
