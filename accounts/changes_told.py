"""The history of one object in words: which columns, from what to what, by whom. For the history page of the admin."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime, parse_time
from django.utils.formats import date_format, time_format

from accounts.changes import SHOWN
from accounts.models import Change, User

DASH = "–"


@dataclass(frozen=True, slots=True)
class Line:
    """One column of a change, in words."""

    label: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Told:
    """One change in words: when, who, by what door, what was changed, and each of its columns."""

    at: datetime
    who: str
    door: str
    what: str
    lines: list[Line]


def history(row: models.Model, before: int | None = None) -> tuple[list[Told], int | None]:
    """Tell the newest changes of a row, and where older ones begin, if there are more. A query, one for the people, and one for each
    table that is pointed to."""
    found = Change.objects.filter(table=row._meta.db_table, row=row.pk).order_by("-pk")
    if before is not None:
        found = found.filter(pk__lt=before)
    changes = list(found[: SHOWN + 1])
    more, changes = len(changes) > SHOWN, changes[:SHOWN]
    people = User.objects.in_bulk({c.actor_id for c in changes if c.actor_id})
    names = _names(changes)
    told = [
        Told(
            c.at,
            str(people.get(c.actor_id) or "LeadOps"),
            c.get_door_display(),
            _what(c, names),
            list(_lines(c, names)),
        )
        for c in changes
    ]
    return told, changes[-1].pk if more else None


def _model(table: str) -> type[models.Model] | None:
    return next((m for m in apps.get_models() if m._meta.db_table == table and not m._meta.proxy), None)


def _of(change: Change) -> type[models.Model] | None:
    """Return the model whose columns a change names: its own, or its part's."""
    return _model(change.part.split(" ")[0] if change.part else change.table)


def _field(model: type[models.Model] | None, column: str) -> models.Field | None:
    """Find a field by its column: names of columns outlive models, so one may be gone."""
    try:
        return model._meta.get_field(column.removesuffix("_id")) if model else None
    except FieldDoesNotExist:
        return None


def _names(changes: Iterable[Change]) -> dict[tuple[type, int], str]:
    """Read how everything that the changes point to is called. One query for each table."""
    wanted: dict[type, set[int]] = {}
    for change in changes:
        model = _of(change)
        for column, values in change.what.items():
            field = _field(model, column)
            if field is not None and field.is_relation:
                wanted.setdefault(field.related_model, set()).update(v for v in values if isinstance(v, int))
        if change.part and (field := _part(change)):
            wanted.setdefault(field.related_model, set()).add(int(change.part.split(" ")[1]))
    return {
        (model, pk): str(row)
        for model, ids in wanted.items()
        for pk, row in model._default_manager.in_bulk(ids).items()
    }


def _part(change: Change) -> models.Field | None:
    model = _of(change)
    return model._meta.get_field(model.kept.part) if model else None


def _what(change: Change, names: dict) -> str:
    if not change.part:
        return change.get_kind_display()
    field, pk = _part(change), int(change.part.split(" ")[1])
    called = names.get((field.related_model, pk), pk) if field else pk
    label = _of(change)._meta.verbose_name if field else "part"
    return f"{label} of {called} {change.get_kind_display()}"


def _lines(change: Change, names: dict) -> Iterable[Line]:
    """Say what each column was and is; of what was added or removed only what is not empty."""
    model = _of(change)
    for column, values in change.what.items():
        field = _field(model, column)
        label = str(field.verbose_name) if field is not None else column.replace("_", " ")
        if values == [None, None]:
            yield Line(label, "", "changed, not shown")
            continue
        was, now = (_says(value, field, names) for value in values)
        if (was, now) != (DASH, DASH):
            yield Line(label, was, now)


def _says(value, field: models.Field | None, names: dict) -> str:
    if value is None or value == "" or value == []:
        return DASH
    if isinstance(value, bool):
        return "yes" if value else "no"
    if field is not None and field.is_relation:
        return names.get((field.related_model, value), f"number {value}")
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.DateTimeField) and (moment := parse_datetime(str(value))):
        return date_format(timezone.localtime(moment), "DATETIME_FORMAT")
    if isinstance(field, models.TimeField) and (hour := parse_time(str(value))):
        return time_format(hour, "TIME_FORMAT")
    return ", ".join(map(str, value)) if isinstance(value, Sequence) and not isinstance(value, str) else str(value)
