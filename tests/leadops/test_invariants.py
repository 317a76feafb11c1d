"""Every rule of `leadops/invariants.py`: true of what the processes make, and found when a hand with an owner's rights breaks it."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django_q.models import OrmQ

from accounts import telling
from accounts.models import Message, Reason, Role, Stage, Team, User
from leadops import invariants, jobs
from leads import assignment, consent, dispositions, exceptions, intake, notes, product_led, pulling, signals, touches
from leads.lifecycle import Seen
from leads.models import Lead
from meetings import booking, opportunities, outcomes
from tests.factories import held
from tests.leads.states import HOUR, NOON, settle

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
GUARDED = ("leads_lead", "leads_cycle", "leads_spell", "leads_touch", "leads_signal", "accounts_event")


def come(name: str, **facts) -> int:
    """Take somebody in, and return their lead."""
    row = intake.make_row(
        {"email": f"{name}@{name}.example", "first_name": name, "company": f"{name} Works"}, kind="form", **facts
    )
    return intake.take([row], by=None, at=NOON, door="api")[0].lead


@pytest.fixture
def world(ana, ben, cleo, rita, eva, north):
    """A few leads of every kind, by name, brought there by the processes."""
    why = {reason.code: reason for reason in Reason.objects.all()}
    names = (
        "queued",
        "stopped",
        "assigned",
        "working",
        "nurture",
        "untouched",
        "twice",
        "kept",
        "qualified",
        "excepted",
        "meets",
        "absent",
    )
    w = SimpleNamespace(**{name: come(name, team=north) for name in names})
    w.product = come("product", motion="plg")
    w.outbound = come("outbound", go_to_market="outbound", team=north)
    in_hand = [pk for name, pk in vars(w).items() if name not in ("queued", "stopped", "product")]
    assignment.assign(in_hand, to=ana, by=cleo, at=NOON + SECOND)
    consent.opt_out([w.stopped], by=rita, at=NOON + SECOND)
    product_led.sign_up([w.product], at=NOON + SECOND)
    touched = [w.working, w.nurture, w.twice, w.kept, w.qualified, w.excepted, w.meets, w.absent]
    touches.log(
        touched, channel="call", outcome="interested", by=ana, at=NOON + HOUR, note="Nice", next_at=NOON + 48 * HOUR
    )
    wrong = touches.log([w.working], channel="email", outcome="sent", by=ana, at=NOON + 2 * HOUR).made[w.working][
        "touch"
    ]
    touches.withdraw(wrong, by=ana, at=NOON + 2 * HOUR + SECOND)
    assignment.assign([w.working], to=ben, by=cleo, at=NOON + 3 * HOUR)
    touches.log([w.working], channel="call", outcome="call_back", by=ben, at=NOON + 4 * HOUR, next_at=NOON + 40 * HOUR)
    dispositions.nurture([w.nurture, w.twice], reason=why["no_for_now"], by=ana, at=NOON + 5 * HOUR)
    dispositions.unqualify([w.untouched, w.outbound], reason=why["false_identity"], by=ana, at=NOON + 5 * HOUR)
    signals.raise_hand([w.twice], what="demo", by=None, at=NOON + 6 * HOUR)
    dispositions.nurture([w.twice], reason=why["wrong_person"], by=ana, at=NOON + 7 * HOUR)
    dispositions.keep([w.kept], until=NOON + 99 * HOUR, by=ana, at=NOON + 5 * HOUR)
    exceptions.ask([w.excepted], reason=why["legal"], review_at=NOON + 99 * HOUR, by=ana, at=NOON + 5 * HOUR)
    exceptions.grant([w.excepted], by=cleo, at=NOON + 6 * HOUR)
    lead = Lead.objects.select_related("account").get(pk=w.qualified)
    product = opportunities.Product.objects.first()
    sale = opportunities.open(lead.account, product, leads=[lead], by=ana, at=NOON + 5 * HOUR, opportunity_owner=eva)
    held(sale, at=NOON + 6 * HOUR)
    opportunities.advance(sale, Stage.objects.get(is_qualifying=True), by=eva, at=NOON + 6 * HOUR)
    for n, pk in enumerate((w.meets, w.absent)):
        meeting = booking.book(
            Seen(pk), product=product, starts_at=NOON + (30 + n) * HOUR, by=ana, at=NOON + 5 * HOUR, owner=eva
        )
    outcomes.no_show(meeting, by=eva, at=NOON + 32 * HOUR)
    notes.add([w.working], text="@ana look", by=ben, at=NOON + 6 * HOUR)
    w.ana, w.ben, w.north = ana.pk, ben.pk, north.pk
    w.won = Stage.objects.get(status="won").pk
    w.given_up = Stage.objects.get(status="not_qualified").pk
    w.never = why["not_a_prospect"].pk
    settle()
    return w


CYCLE = "UPDATE leads_cycle SET"
LEAD = "UPDATE leads_lead SET"
EVENT = "UPDATE accounts_event SET"
SPELL = "UPDATE leads_spell SET"
TASK = "UPDATE leads_task SET"
SALE = "UPDATE accounts_opportunity SET"
MEETING = "UPDATE meetings_meeting SET"
HERS = "(SELECT account_id FROM leads_lead WHERE id = {meets})"  # the company of who is to be met

# What breaks a rule, by name; and the rules that say the same thing from another side.
BREAKS = {
    "open_round": (
        [f"{CYCLE} ended_at = NULL, outcome = '', reason_id = NULL WHERE lead_id = {{outbound}}"],
        {"spells_fill_rounds"},
    ),
    "newest_round": ([f"{LEAD} cycle_id = (SELECT min(id) FROM leads_cycle WHERE lead_id = {{twice}}) WHERE id = {{twice}}"],),
    "rounds_numbered": ([f"{CYCLE} number = 5 WHERE lead_id = {{nurture}}"],),
    "stamps_in_order": ([f"{CYCLE} connected_at = assigned_at - interval '1 day' WHERE lead_id = {{working}}"],),
    "promised_times": ([f"{CYCLE} limit_at = limit_at + interval '1 hour' WHERE lead_id = {{assigned}}"],),
    "outcome_agrees": ([f"{CYCLE} outcome = 'self_serve', reason_id = NULL WHERE lead_id = {{nurture}}"],),
    "reason_fits": ([f"{LEAD} reason_id = {{never}} WHERE id = {{nurture}}"],),
    "abandon_stored": ([f"{CYCLE} abandon_at = abandon_at + interval '1 day' WHERE lead_id = {{working}}"],),
    "record_says_state": ([f"{LEAD} status_since = status_since - interval '1 minute' WHERE id = {{nurture}}"],),
    "record_without_gaps": ([f"{EVENT} from_status = 'raw' WHERE lead_id = {{working}} AND move = 'start'"],),
    "record_stayed": ([f"{EVENT} stayed = stayed + interval '1 minute' WHERE lead_id = {{working}} AND move = 'start'"],),
    "rounds_on_record": ([f"{EVENT} move = 'start' WHERE lead_id = {{assigned}} AND move = 'assign'"],),
    "record_points": ([f"{EVENT} actor_id = 1000000000 WHERE lead_id = {{working}} AND kind = 'note'"],),
    "known_after_it_happened": (["UPDATE leads_signal SET recorded_at = at - interval '1 second' WHERE lead_id = {nurture}"],),
    "own_round": (["UPDATE leads_note SET cycle_id = (SELECT id FROM leads_cycle WHERE lead_id = {kept}) WHERE lead_id = {working}"],),
    "one_hand": ([f"{SPELL} role = 'success' WHERE lead_id = {{assigned}}"], {"spells_fill_rounds"}),
    "spell_of_owner": ([f"{SPELL} owner_id = {{ben}} WHERE lead_id = {{assigned}}"],),
    "spells_fill_rounds": ([f"{SPELL} began_at = began_at + interval '1 second' WHERE lead_id = {{assigned}}"],),
    "waiting_hands": ([f"{LEAD} owner_id = {{ana}} WHERE id = {{nurture}}"],),
    "products_own": (
        [f"{LEAD} team_id = {{north}} WHERE id = {{product}}", f"{SPELL} team_id = {{north}} WHERE lead_id = {{product}}"],
    ),
    "opted_out_waits_nowhere": ([f"{LEAD} team_id = {{north}} WHERE id = {{stopped}}"],),
    "touches_counted": ([f"{CYCLE} touches = touches + 1 WHERE lead_id = {{working}}"],),
    "first_touch": ([f"{CYCLE} first_touch_by_id = {{ben}} WHERE lead_id = {{working}}"],),
    "withdrawn_in_time": (
        ["UPDATE leads_touch SET withdrawn_at = recorded_at + interval '2 minutes' WHERE withdrawn_at IS NOT NULL"],
    ),
    "response_awaited": ([f"{TASK} done_at = due_at, outcome = 'done' WHERE lead_id = {{assigned}} AND kind = 'response'"],),
    "no_work_after_the_end": ([f"{TASK} done_at = NULL, outcome = '' WHERE lead_id = {{nurture}} AND kind = 'follow_up'"],),
    "work_in_hand": ([f"{TASK} owner_id = {{ana}} WHERE lead_id = {{working}} AND done_at IS NULL"],),
    "exceptions_granted": ([f"{CYCLE} has_exception = true WHERE lead_id = {{assigned}}"],),
    "domain_of_account": (["DELETE FROM accounts_domain WHERE name = 'working.example'"],),
    "live_account": (
        [
            "DELETE FROM accounts_domain WHERE name = 'working.example'",
            "UPDATE accounts_account SET gone_as = 'undone' WHERE domain = 'working.example'",
        ],
    ),
    "known_by": (["DELETE FROM leads_identity WHERE lead_id = {nurture}"],),
    "searchable": ([f"{LEAD} search = '' WHERE id = {{nurture}}"],),
    "qualified_for_a_sale": (["DELETE FROM leads_contactrole"],),
    "one_open_sale": (
        [f"{SALE} stage_id = {{won}}", f"{EVENT} data = data || '{{{{\"to\": {{won}}}}}}' WHERE kind = 'stage'"],
    ),
    "sale_on_record": ([f"{SALE} qualified_at = qualified_at + interval '1 second'"],),
    "meeting_awaited": ([f"{TASK} owner_id = {{ana}} WHERE lead_id = {{meets}} AND kind = 'meeting'"],),
    "meeting_over_is_done": ([f"{TASK} done_at = NULL, outcome = '' WHERE lead_id = {{absent}} AND kind = 'meeting'"],),
    "no_show_limit": (
        [
            """INSERT INTO meetings_meeting SELECT again.* FROM meetings_meeting m, generate_series(1, 2) n,
               jsonb_populate_record(m, jsonb_build_object('id', 1000000000 + n, 'uid', gen_random_uuid())) again
               WHERE m.lead_id = {absent}"""
        ],
    ),
    "sale_given_up": (
        [
            f"{SALE} status = 'not_qualified', stage_id = {{given_up}}, closed_at = created_at WHERE account_id = {HERS}",
            f"{EVENT} data = data || '{{{{\"to\": {{given_up}}}}}}' WHERE kind = 'stage' AND account_id = {HERS}",
        ],
    ),
    "qualified_by_meeting": ([f"{MEETING} status = 'missed' WHERE lead_id = {{qualified}}"],),
    "meeting_of_sale": ([f"{MEETING} account_id = (SELECT account_id FROM leads_lead WHERE id = {{nurture}}) WHERE lead_id = {{meets}}"],),
}  # fmt: skip


def hurt(statements: list[str], world) -> None:
    """Do as an owner what no process may: with the guards off, in a transaction that is rolled back."""
    with connection.cursor() as cursor:
        for table in GUARDED:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement.format(**vars(world)))
            assert cursor.rowcount, f"broke nothing: {statement}"


def test_what_the_processes_make_breaks_no_rule(world):
    assert invariants.broken() == {}


def test_an_empty_database_breaks_no_rule():
    assert invariants.broken() == {}


def test_every_rule_has_its_own_name_and_a_test_that_breaks_it():
    names = [rule.name for rule in invariants.INVARIANTS]

    assert sorted(names) == sorted(BREAKS)


@pytest.mark.parametrize("name", BREAKS)
def test_whatever_breaks_a_rule_is_found_by_it_and_by_no_other(name, world):
    statements, *also = BREAKS[name]

    hurt(statements, world)

    assert invariants.broken().keys() == {name}.union(*also)


def test_the_application_may_ask_all_rules(world, as_application):
    with as_application():
        assert invariants.broken() == {}


def test_the_command_says_every_rule_and_that_all_hold(world, capsys):
    call_command("check_invariants")

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(invariants.INVARIANTS) + 1
    assert lines[-1] == f"All {len(invariants.INVARIANTS)} rules hold."


def test_the_command_shows_what_is_broken_and_fails(world, capsys):
    hurt(BREAKS["searchable"][0], world)

    with pytest.raises(CommandError, match=r"1 of .* rules do not hold"):
        call_command("check_invariants")

    out = capsys.readouterr().out
    assert f"{world.nurture}, nurture@nurture.example" in out


def test_every_rule_has_a_nights_job_of_its_own():
    jobs.prove()

    assert OrmQ.objects.count() == len(invariants.INVARIANTS)


def test_what_is_found_at_night_is_told_to_revops_once_a_day(world, rita):
    hurt(BREAKS["searchable"][0], world)

    said = [jobs.prove_rule("searchable"), jobs.prove_rule("searchable"), jobs.prove_rule("known_by")]

    assert said == ["1 rows break it", "1 rows break it", "0 rows break it"]
    told = Message.objects.filter(kind="unsound")
    revops = User.objects.filter(role=Role.REVOPS, is_active=True)
    assert sorted(told.values_list("to", flat=True)) == sorted(revops.values_list("pk", flat=True))
    assert rita in revops
    message = told.get(to=rita)
    [told] = telling.said([message], rita, message.created_at)
    assert told.words.startswith("The data breaks a rule. A live lead is found by the one search box.")


def test_a_lead_that_came_back_is_sound_while_it_goes_on(world, ana, cleo):
    dispositions.take_back([Seen(world.nurture)], by=cleo, at=NOON + 9 * HOUR)
    consent.opt_out([world.working], by=ana, at=NOON + 9 * HOUR)
    pulling.give_back([world.assigned], by=cleo, at=NOON + 9 * HOUR)
    product_led.hand_over([world.product], to=Team.objects.get(name="North"), at=NOON + 9 * HOUR)

    assert invariants.broken() == {}
