"""History on every object that people keep: what changed from what to what, by whom, whatever door it came by (ADMIN-1).

A model says with its `kept` that its changes are noted; a trigger on its table notes them, so nothing goes round it. Whose change it
was the database is told by `signed`, around every request that may change something. Read by the history page of the admin.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import cache

import psycopg
from django.apps import apps
from django.db import connection, models

from accounts.models import Change, Door, User
from accounts.models.change import Kept

SHOWN = 100
FUNCTION = """
CREATE OR REPLACE FUNCTION accounts_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
-- Arguments: the table it is told of, the column of its number, the column of the part, columns whose values are not told, all others.
DECLARE
  was jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{}'::jsonb ELSE to_jsonb(OLD) END;
  is_now jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{}'::jsonb ELSE to_jsonb(NEW) END;
  the jsonb := CASE WHEN TG_OP = 'DELETE' THEN was ELSE is_now END;
  hidden text[] := string_to_array(TG_ARGV[3], ',');
  found jsonb;
BEGIN
  SELECT jsonb_object_agg(c, CASE WHEN c = ANY(hidden) THEN '[null, null]'::jsonb ELSE jsonb_build_array(was -> c, is_now -> c) END)
    INTO found FROM unnest(hidden || string_to_array(TG_ARGV[4], ',')) AS c
    WHERE coalesce(was -> c, 'null') IS DISTINCT FROM coalesce(is_now -> c, 'null');
  IF found IS NOT NULL THEN
    INSERT INTO accounts_change (at, "table", "row", part, kind, actor_id, door, what) VALUES (
      coalesce(nullif(current_setting('leadops.at', true), '')::timestamptz, now()), TG_ARGV[0], (the ->> TG_ARGV[1])::bigint,
      CASE WHEN TG_ARGV[2] = '' THEN '' ELSE TG_TABLE_NAME || ' ' || (the ->> TG_ARGV[2]) END,
      CASE TG_OP WHEN 'INSERT' THEN 'added' WHEN 'DELETE' THEN 'removed' ELSE 'changed' END,
      nullif(current_setting('leadops.by', true), '')::bigint,
      coalesce(nullif(current_setting('leadops.door', true), ''), 'command'), found);
  END IF;
  RETURN NULL;
END $$;
"""


def kept(app: str = "") -> dict[str, type[models.Model]]:
    """Name the tables whose changes are noted, with their models; of one app, where it is said."""
    models_ = apps.get_app_config(app).get_models() if app else apps.get_models()
    return {m._meta.db_table: m for m in models_ if isinstance(m.__dict__.get("kept"), Kept)}


def install(app: str) -> Callable:
    """Return what a migration's RunPython does to put the triggers of an app in place. Safe to run again; a table that a later migration
    makes gets its own there."""

    def run(_apps, schema_editor) -> None:
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(FUNCTION)
            there = schema_editor.connection.introspection.table_names(cursor)
            for table, model in kept(app).items():
                if table in there:
                    cursor.execute("".join(triggers(table, model)))

    return run


def remove(app: str) -> Callable:
    def run(_apps, schema_editor) -> None:
        with schema_editor.connection.cursor() as cursor:
            for table in kept(app):
                cursor.execute("".join(_drop(table)))

    return run


def _drop(table: str) -> list[str]:
    return [f"DROP TRIGGER IF EXISTS {table}_kept{end} ON {table};" for end in ("", "_new", "_gone")]


def triggers(table: str, model: type[models.Model]) -> list[str]:
    """Return the statements that note the changes of one table."""
    said: Kept = model.kept
    top = model._meta.get_field(said.under).related_model._meta.db_table if said.under else table
    number = model._meta.get_field(said.under).column if said.under else model._meta.pk.column
    part = model._meta.get_field(said.part).column if said.part else ""
    hide = {model._meta.get_field(name).column for name in said.hide}
    out = {model._meta.get_field(name).column for name in said.leave_out} | hide | {model._meta.pk.column}
    rest = [field.column for field in model._meta.concrete_fields if field.column not in out]
    words = ", ".join(f"'{w}'" for w in (top, number, part, ",".join(sorted(hide)), ",".join(rest)))
    call = f"EXECUTE FUNCTION accounts_note_change({words});"
    where = said.where
    made = [
        f"CREATE TRIGGER {table}_kept AFTER UPDATE ON {table} FOR EACH ROW"
        f" WHEN (OLD.* IS DISTINCT FROM NEW.* AND {where.replace('the.', 'NEW.')}) {call}"
    ]
    if said.born:
        made += [
            f"CREATE TRIGGER {table}_kept_new AFTER INSERT ON {table} FOR EACH ROW WHEN ({where.replace('the.', 'NEW.')}) {call}",
            f"CREATE TRIGGER {table}_kept_gone AFTER DELETE ON {table} FOR EACH ROW WHEN ({where.replace('the.', 'OLD.')}) {call}",
        ]
    return [*_drop(table), *made]


@contextmanager
def signed(who: Callable[[], User | None], door: str):
    """Say whose the changes within are. `who` is asked when something kept is first written: a query then, none otherwise."""
    tables, told = _quoted(), [False]

    def sign(execute, sql, params, many, context):
        is_write = isinstance(sql, str) and sql.startswith(("UPDATE", "INSERT", "DELETE"))
        if is_write and sql.startswith(tables, sql.find('"')):
            user = who()
            _say(str(user.pk) if user is not None and user.is_authenticated else "", door)
            told[0] = True
        return execute(sql, params, many, context)

    try:
        with connection.execute_wrapper(sign):
            yield
    finally:
        if told[0] and connection.connection is not None and not connection.needs_rollback:
            with suppress(psycopg.Error):  # a connection that broke keeps nothing
                _say("", "")


@cache
def _quoted() -> tuple[str, ...]:
    return tuple(f'"{table}"' for table in kept())


def _say(by: str, door: str) -> None:
    with connection.connection.cursor() as cursor:  # below the wrapper
        cursor.execute("SELECT set_config('leadops.by', %s, false), set_config('leadops.door', %s, false)", [by, door])


@contextmanager
def dated(at: datetime):
    """Date what the triggers note within by this moment instead of by the database's clock: a made-up past was made up today."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('leadops.at', %s, false)", [at.isoformat()])
    try:
        yield
    finally:
        if connection.connection is not None and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('leadops.at', '', false)")


def note(row: models.Model, what: dict[str, list], *, by: User | None, at: datetime, door: str = Door.PAGE) -> None:
    """Note a change that no trigger sees: of a table too busy for one. One query; none where nothing changed."""
    note_many(type(row), {row.pk: what}, by=by.pk if by else None, at=at, door=door)


def note_many(
    model: type[models.Model], what: Mapping[int, dict[str, list]], *, by: int | None, at: datetime, door: str
) -> None:
    """Note changes of many rows that no trigger sees: of each, column to what it was and is. One query; none where nothing changed."""
    facts = {"table": model._meta.db_table, "kind": Change.Kind.CHANGED, "at": at, "actor_id": by, "door": door}
    Change.objects.bulk_create(Change(row=pk, what=of_row, **facts) for pk, of_row in what.items() if of_row)


def forget(model: type[models.Model], rows: Iterable[int]) -> None:
    """Take away what these rows were: they tell of somebody who is erased. One query."""
    Change.objects.filter(table=model._meta.db_table, row__in=list(rows)).delete()
