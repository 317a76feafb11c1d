"""What the database refuses of meetings and opportunities, generated from the transitions their models declare (LIFE-1).

Called by migrations only: after adding or removing a transition of either, write a migration that calls `install`;
`tests/meetings/test_guards.py` compares what stands in the database with what the models say.
"""

from django.conf import settings
from django_fsm import FSMField

NEVER_DELETED = ("meetings_meeting", "meetings_handoff")


def moves(model) -> list[tuple[str, str]]:
    """List the pairs of states of a model that some transition joins, sorted."""
    field = next(f for f in model._meta.get_fields() if isinstance(f, FSMField))
    return sorted({(t.source, t.target) for t in field.get_all_transitions(model)})


def status_guard(model, first: str | None) -> str:
    """Return function and triggers that refuse any change of state no transition allows; `first` is the only state a row begins in."""
    table, name = model._meta.db_table, f"{model._meta.db_table}_status"
    pairs = ", ".join(f"('{source}', '{target}')" for source, target in moves(model))
    begins = f"""
CREATE TRIGGER {name}_insert BEFORE INSERT ON {table} FOR EACH ROW WHEN (NEW.status <> '{first}') EXECUTE FUNCTION {name}();
""" if first else ""  # fmt: skip
    return f"""
{drop(model)}
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    RAISE EXCEPTION '{table} %: does not begin %', NEW.id, NEW.status USING ERRCODE = 'check_violation';
  ELSIF (OLD.status, NEW.status) NOT IN ({pairs}) THEN
    RAISE EXCEPTION '{table} %: no transition leads from % to %', NEW.id, OLD.status, NEW.status USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER {name}_update BEFORE UPDATE OF status ON {table} FOR EACH ROW
  WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION {name}();
{begins}"""


def drop(model) -> str:
    table = model._meta.db_table
    return f"DROP TRIGGER IF EXISTS {table}_status_update ON {table}; DROP TRIGGER IF EXISTS {table}_status_insert ON {table};"


def install(apps, schema_editor) -> None:
    """Put the guards and grants in place; a migration's RunPython. Safe to run again."""
    from accounts.models import Opportunity
    from meetings.models import Meeting

    cursor = schema_editor.connection.cursor()
    # An imported history begins where it ended (IN-4); what it may become from there is guarded all the same.
    cursor.execute(status_guard(Meeting, None))
    cursor.execute(status_guard(Opportunity, None))
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [settings.LEADOPS_APP_ROLE])
    if cursor.fetchone():
        role = schema_editor.quote_name(settings.LEADOPS_APP_ROLE)
        cursor.execute("\n".join(f"REVOKE DELETE, TRUNCATE ON {table} FROM {role};" for table in NEVER_DELETED))


def remove(apps, schema_editor) -> None:
    from accounts.models import Opportunity
    from meetings.models import Meeting

    for model in (Meeting, Opportunity):
        schema_editor.connection.cursor().execute(drop(model))
