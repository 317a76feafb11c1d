"""What the database refuses, generated from the transitions that `leads/models/lead.py` declares (LIFE-1, LIFE-2).

Called by migrations only: after adding or removing a transition, write a migration that calls `install`;
`tests/leads/test_guards.py` compares what stands in the database with what the model says.
"""

from django.conf import settings

RECORDS = ("accounts_event", "leads_spell", "leads_touch", "leads_signal")
NEVER_DELETED = ("accounts_user", "accounts_account", "accounts_opportunity", "leads_lead", "leads_cycle")
# The few columns of a record that are set once after its row was written: a spell is closed, a touch withdrawn, words erased.
SET_ONCE = {
    "accounts_event": (),
    "leads_spell": ("ended_at",),
    "leads_touch": ("withdrawn_at", "note_id"),
    "leads_signal": ("words", "data"),
}


def moves() -> list[tuple[str, str]]:
    """List the pairs of states that some transition joins, sorted."""
    from leads.models import Lead

    return sorted(
        {
            (source, t.target)
            for t in Lead(motion="slg").get_all_status_transitions()
            for source in [t.source]
            if source != t.target
        }
    )


def status_guard() -> str:
    """Return the function that refuses any change of state that no transition allows, whoever asks."""
    pairs = ", ".join(f"('{source}', '{target}')" for source, target in moves())
    return f"""
CREATE OR REPLACE FUNCTION leads_status_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.status <> 'raw' THEN
      RAISE EXCEPTION 'lead %: a lead begins raw, not %', NEW.id, NEW.status USING ERRCODE = 'check_violation';
    END IF;
  ELSIF (OLD.status, NEW.status) NOT IN ({pairs}) THEN
    RAISE EXCEPTION 'lead %: no transition leads from % to %', NEW.id, OLD.status, NEW.status USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
"""


TRIGGERS = """
CREATE OR REPLACE FUNCTION leads_whole_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  the_lead bigint;
  now_status text; gone text; last_to text; open_cycles int;
BEGIN
  IF TG_TABLE_NAME = 'leads_lead' THEN the_lead := NEW.id; ELSE the_lead := NEW.lead_id; END IF;
  SELECT status, gone_as INTO now_status, gone FROM leads_lead WHERE id = the_lead;
  IF NOT FOUND THEN RETURN NULL; END IF;
  SELECT count(*) INTO open_cycles FROM leads_cycle WHERE lead_id = the_lead AND ended_at IS NULL;
  IF (open_cycles > 0) <> (now_status IN ('assigned', 'working') AND gone = '') THEN
    RAISE EXCEPTION 'lead %: % with % open rounds', the_lead, now_status, open_cycles USING ERRCODE = 'check_violation';
  END IF;
  SELECT to_status INTO last_to FROM accounts_event WHERE lead_id = the_lead AND kind = 'transition' ORDER BY id DESC LIMIT 1;
  IF coalesce(last_to, 'raw') <> now_status THEN
    RAISE EXCEPTION 'lead %: is % but its record says %', the_lead, now_status, coalesce(last_to, 'raw')
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER leads_status_insert BEFORE INSERT ON leads_lead FOR EACH ROW EXECUTE FUNCTION leads_status_guard();
CREATE TRIGGER leads_status_update BEFORE UPDATE OF status ON leads_lead FOR EACH ROW
  WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION leads_status_guard();

CREATE CONSTRAINT TRIGGER leads_whole_lead AFTER UPDATE ON leads_lead DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.gone_as IS DISTINCT FROM NEW.gone_as) EXECUTE FUNCTION leads_whole_guard();
CREATE CONSTRAINT TRIGGER leads_whole_cycle_new AFTER INSERT ON leads_cycle DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  EXECUTE FUNCTION leads_whole_guard();
CREATE CONSTRAINT TRIGGER leads_whole_cycle AFTER UPDATE ON leads_cycle DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (OLD.ended_at IS DISTINCT FROM NEW.ended_at) EXECUTE FUNCTION leads_whole_guard();
CREATE CONSTRAINT TRIGGER leads_whole_event AFTER INSERT ON accounts_event DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (NEW.kind = 'transition') EXECUTE FUNCTION leads_whole_guard();

-- An event names a lead that exists. Not a foreign key: the record belongs to the lower app and points at nothing.
CREATE OR REPLACE FUNCTION accounts_event_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM leads_lead WHERE id = NEW.lead_id) THEN
    RAISE EXCEPTION 'event for lead %, which does not exist', NEW.lead_id USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER accounts_event_lead AFTER INSERT ON accounts_event DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (NEW.lead_id IS NOT NULL) EXECUTE FUNCTION accounts_event_lead();

-- The frozen facts of a round, and its stamps: set once (LIFE-3). A withdrawn first touch and a disposition taken back clear theirs.
CREATE OR REPLACE FUNCTION leads_cycle_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'round % of lead %: what was frozen at assignment does not change', OLD.number, OLD.lead_id
    USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER leads_cycle_frozen BEFORE UPDATE ON leads_cycle FOR EACH ROW
  WHEN ((OLD.number, OLD.trigger, OLD.motion, OLD.go_to_market, OLD.source_id, OLD.campaign_id, OLD.segment, OLD.region, OLD.account_id,
         OLD.relationship, OLD.is_target, OLD.score, OLD.owner_id, OLD.team_id, OLD.policy_id, OLD.assigned_at, OLD.lead_id)
    IS DISTINCT FROM
        (NEW.number, NEW.trigger, NEW.motion, NEW.go_to_market, NEW.source_id, NEW.campaign_id, NEW.segment, NEW.region, NEW.account_id,
         NEW.relationship, NEW.is_target, NEW.score, NEW.owner_id, NEW.team_id, NEW.policy_id, NEW.assigned_at, NEW.lead_id))
  EXECUTE FUNCTION leads_cycle_frozen();

-- A reason that asks for the size has it, a number, whoever chose it by whatever door (LIFE-4). What ended by itself nobody chose.
CREATE OR REPLACE FUNCTION leads_cycle_sized() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM accounts_reason WHERE id = NEW.reason_id AND asks_size AND NOT is_system) THEN
    RAISE EXCEPTION 'round % of lead %: its reason asks for the size, a number', NEW.number, NEW.lead_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER leads_cycle_sized BEFORE UPDATE ON leads_cycle FOR EACH ROW
  WHEN (NEW.size !~ '^[1-9][0-9]{0,6}$' AND NEW.ended_by_id IS NOT NULL AND NEW.reason_id IS NOT NULL
    AND (OLD.reason_id IS DISTINCT FROM NEW.reason_id OR OLD.ended_by_id IS DISTINCT FROM NEW.ended_by_id OR OLD.size <> NEW.size))
  EXECUTE FUNCTION leads_cycle_sized();
"""

DROP = """
DROP TRIGGER IF EXISTS leads_status_insert ON leads_lead;
DROP TRIGGER IF EXISTS leads_status_update ON leads_lead;
DROP TRIGGER IF EXISTS leads_whole_lead ON leads_lead;
DROP TRIGGER IF EXISTS leads_whole_cycle_new ON leads_cycle;
DROP TRIGGER IF EXISTS leads_whole_cycle ON leads_cycle;
DROP TRIGGER IF EXISTS leads_whole_event ON accounts_event;
DROP TRIGGER IF EXISTS accounts_event_lead ON accounts_event;
DROP TRIGGER IF EXISTS leads_cycle_frozen ON leads_cycle;
DROP TRIGGER IF EXISTS leads_cycle_sized ON leads_cycle;
"""


def grants(role: str) -> str:
    """Return the grants that make the record a record: the application's role adds rows and closes a spell, no more (ruling 4)."""
    lines = []
    for table in RECORDS:
        lines.append(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {role};")
        if SET_ONCE[table]:
            lines.append(f"GRANT UPDATE ({', '.join(SET_ONCE[table])}) ON {table} TO {role};")
    lines += [f"REVOKE DELETE, TRUNCATE ON {table} FROM {role};" for table in NEVER_DELETED]
    return "\n".join(lines)


def install(apps, schema_editor) -> None:
    """Put the guards and grants in place; a migration's RunPython. Safe to run again."""
    cursor = schema_editor.connection.cursor()
    cursor.execute(DROP)
    cursor.execute(status_guard())
    cursor.execute(TRIGGERS)
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [settings.LEADOPS_APP_ROLE])
    if cursor.fetchone():
        cursor.execute(grants(schema_editor.quote_name(settings.LEADOPS_APP_ROLE)))


def remove(apps, schema_editor) -> None:
    schema_editor.connection.cursor().execute(DROP)
