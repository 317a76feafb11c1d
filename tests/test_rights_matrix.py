"""The access table of the promises, written out once more by hand, against what `can` and `visible_to` answer.

Every role is asked about every action on every kind of lead. Nothing here calls the table it tests.
"""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import clock
from accounts.models import Membership, Role, User
from leads import assignment, dispositions, pulling
from leads import product_led as product
from leads.models import Lead, Signal
from leads.permissions import ACTIONS, can, may_give_to, refusal
from tests.factories import NOON, AccountFactory, LeadFactory, opportunity_of, product_led, put, reason

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
NOW = NOON + 10 * DAY  # the moment at which everything is asked

ACTOR = {
    "SDR": "ana",
    "AE": "eva",
    "CSM": "carl",
    "manager": "cleo",
    "RevOps": "rita",
    "marketing": "mark",
    "leadership": "lena",
    "API client": "api",
}
HOLDS_LEADS = ("SDR", "AE", "CSM", "manager")

# What each kind of lead is, for the person who asks. Team means North: Ana, Ben and, above, Cleo.
KINDS = {
    "own": "in their hands",
    "lost": "in their hands until 6 days ago, now with Dov of South",
    "lost long ago": "in their hands until 8 days ago, now with Dov of South",
    "ended": "nurtured by themselves an hour ago",
    "met": "in Dov's hands, a contact of an open opportunity of theirs",
    "met before": "in Dov's hands, a contact of an opportunity of theirs that was lost",
    "shield open": "product-led, at an account where they own an open opportunity",
    "brought in": "raw, in no queue, their own finding",
    "team's": "in Ben's hands",
    "team's, ended": "nurtured by Ben",
    "team's queue": "raw, in the queue of North",
    "team holds": "assigned to North, as nobody could take it",
    "foreign": "in Dov's hands",
    "foreign, ended": "nurtured by Dov",
    "foreign queue": "raw, in the queue of South",
    "nobody's": "raw, in no queue",
    "product's": "Open PLG, behind the shield",
    "team's, never": "unqualified by Ben",
    "given back": "pulled by Ben from the queue of South and given back there",
    "self-serve": "in their hands until yesterday, now with the product",
}
THEIRS = ("own", "lost", "lost long ago", "ended", "met", "met before", "shield open", "brought in", "self-serve")

# promises.md, Access. One line a promise: who, what, on which leads. What no line allows is refused.
SEES = "see hand_raise opt_out"
WORK = "edit_contact nurture unqualify keep qualify give_back note task book qualify_card"
LEADS = {
    # see: own (and lost in the last 7 days; a touch of theirs on those counts), their queues
    ("SDR", "own"): f"{SEES} touch withdraw {WORK} ask_exception",
    ("SDR", "lost"): f"{SEES} touch withdraw",
    ("SDR", "ended"): f"{SEES} touch withdraw take_back",
    ("SDR", "team's queue"): f"{SEES} pull",
    ("SDR", "team holds"): f"{SEES} pull",
    ("SDR", "brought in"): "create assign hand_raise note",
    ("SDR", "shield open"): "see opt_out touch withdraw",
    # an AE: own like an SDR; of own meetings: contact fields and disposition while it is open
    ("AE", "own"): f"{SEES} touch withdraw {WORK} ask_exception",
    ("AE", "lost"): f"{SEES} touch withdraw",
    ("AE", "ended"): f"{SEES} touch withdraw take_back",
    ("AE", "met"): f"{SEES} edit_contact nurture unqualify qualify book",
    ("AE", "met before"): SEES,
    ("AE", "shield open"): "see opt_out touch withdraw",
    # a CSM has the rights of an SDR on what is theirs
    ("CSM", "own"): f"{SEES} touch withdraw {WORK} ask_exception",
    ("CSM", "lost"): f"{SEES} touch withdraw",
    ("CSM", "ended"): f"{SEES} touch withdraw take_back",
    ("CSM", "shield open"): "see opt_out touch withdraw",
    # a lead nobody holds but who found it: a manager gives it to their team
    ("manager", "brought in"): "create assign hand_raise note",
}
TEAM = f"{SEES} create touch withdraw {WORK} take_back reopen assign grant_exception"
for kind in ("own", "ended", "team's", "team's, ended", "team's, never", "team's queue", "team holds"):
    LEADS["manager", kind] = TEAM
# RevOps: all, save what is a seller's: to pull, and to ask for an exception
ALL = f"{TEAM} discard set_aside clear_opt_out erase"
for kind in KINDS.keys() - set(THEIRS):
    LEADS["RevOps", kind] = ALL
LEADS["RevOps", "product's"] = " ".join(w for w in ALL.split() if w not in ("touch", "keep", "book"))
# marketing: raw and nurture -> unqualified, raw -> nurture; contact fields, notes; no assignment
MARKETING = f"{SEES} edit_contact discard note"
for kind in ("team's queue", "foreign queue", "nobody's", "given back"):
    LEADS["marketing", kind] = f"{MARKETING} create set_aside"
for kind in ("team's, ended", "foreign, ended"):
    LEADS["marketing", kind] = MARKETING
# an API client sees none of them; its keys let it create, log touches, note opt-outs and hand raises
for kind in KINDS.keys() - set(THEIRS):
    LEADS["API client", kind] = "create touch withdraw hand_raise opt_out book"
LEADS["API client", "product's"] = "create withdraw hand_raise opt_out"

# Whether they ever may, whatever the lead.
EVER = {
    "SDR": f"{SEES} touch withdraw {WORK} ask_exception take_back pull create assign",
    "AE": f"{SEES} touch withdraw {WORK} ask_exception take_back",
    "CSM": f"{SEES} touch withdraw {WORK} ask_exception take_back",
    "manager": f"{TEAM} import export",
    "RevOps": f"{ALL} import export",
    "marketing": f"{MARKETING} create set_aside import export",
    "leadership": "export",
    "API client": "see create edit_contact touch withdraw hand_raise opt_out book",
}
FOR_ALL = {"import", "export"}  # about no single lead


def made(kind: str, actor: User, house) -> Lead:
    """Make a lead of this kind for this person, by the real processes."""
    other = house.dov
    match kind:
        case "own":
            return put(None, "working", owner=actor)
        case "lost" | "lost long ago":
            when = NOW - (6 if kind == "lost" else 8) * DAY
            lead = put(None, "assigned", owner=actor)
            return assignment.assign([lead], to=other, by=None, at=when).lead
        case "ended":
            lead = put(None, "working", owner=actor, at=NOW - DAY)
            when = NOW - timedelta(hours=1)
            return dispositions.nurture([lead], reason=reason("budget_later"), by=actor, at=when).lead
        case "met" | "met before":
            lead = put(None, "working", owner=other)
            sale = opportunity_of(lead, owner=actor)
            if kind == "met before":
                type(sale).objects.filter(pk=sale.pk).update(
                    status="lost", closed_at=NOW, loss_reason=reason("lost_price")
                )
            return lead
        case "shield open":
            account = AccountFactory()
            opportunity_of(LeadFactory(account=account), owner=actor)
            return product_led(account=account)
        case "brought in":
            lead = LeadFactory()
            Signal.objects.create(lead=lead, kind="form", key="first", by=actor, at=NOON, recorded_at=NOON)
            return lead
        case "team's":
            return put(None, "working", owner=house.ben)
        case "team's, ended":
            return put(None, "nurture", owner=house.ben)
        case "team's, never":
            return put(None, "unqualified", owner=house.ben)
        case "given back":
            lead = assignment.assign([put(None, "raw", team=house.south)], to=house.ben, by=None, at=NOON).lead
            return pulling.give_back([lead], by=None, at=NOON + DAY).lead
        case "self-serve":
            lead = put(None, "working", owner=actor)
            return product.fit_self_serve([lead], by=None, at=NOW - DAY).lead
        case "team's queue":
            return put(None, "raw", team=house.north)
        case "team holds":
            return put(None, "assigned", team=house.north)
        case "foreign":
            return put(None, "working", owner=other)
        case "foreign, ended":
            return put(None, "nurture", owner=other)
        case "foreign queue":
            return put(None, "raw", team=house.south)
        case "nobody's":
            return LeadFactory()
        case "product's":
            return product_led()
    raise AssertionError(kind)


CASES = [
    pytest.param(role, kind, id=f"{role}, {kind}")
    for role in ACTOR
    for kind in KINDS
    if role in HOLDS_LEADS or kind not in THEIRS
]


@pytest.mark.parametrize(("role", "kind"), CASES)
def test_each_role_may_do_what_is_promised_on_each_kind_of_lead_and_no_more(role, kind, house):
    actor = house.people[ACTOR[role]]
    lead = Lead.objects.select_related("cycle").get(pk=made(kind, actor, house).pk)
    promised = set(LEADS.get((role, kind), "").split())
    found = {action for action in ACTIONS.keys() - FOR_ALL if can(actor, action, lead, at=NOW)}
    assert found == promised


@pytest.mark.parametrize(("role", "kind"), CASES)
def test_a_list_shows_a_lead_exactly_to_those_who_may_open_it(role, kind, house):
    actor = house.people[ACTOR[role]]
    lead = made(kind, actor, house)
    promised = "see" in LEADS.get((role, kind), "").split()
    assert list(Lead.objects.filter(pk=lead.pk).visible_to(actor, NOW)) == [lead] * promised


@pytest.mark.parametrize("role", ACTOR)
def test_each_role_may_ever_do_what_is_promised(role, house):
    actor = house.people[ACTOR[role]]
    assert {action for action in ACTIONS if can(actor, action)} == set(EVER[role].split())


@pytest.mark.parametrize(("role", "kind"), CASES)
def test_whoever_is_refused_is_told_why_in_one_sentence(role, kind, house):
    actor = house.people[ACTOR[role]]
    lead = made(kind, actor, house)
    refused = [action for action in ACTIONS if not can(actor, action, lead, at=NOW)]
    words = {action: refusal(actor, action, lead) for action in refused}
    assert {action for action, said in words.items() if not (said[0].isupper() and said.endswith("."))} == set()


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - set(THEIRS)))
def test_the_superuser_may_do_everything_but_what_the_shield_forbids_everybody(kind, house):
    lead = made(kind, house.root, house)
    forbidden = {"touch", "book", "pull", "keep", "ask_exception"} if kind == "product's" else set()
    assert {action for action in ACTIONS if not can(house.root, action, lead, at=NOW)} == forbidden


def test_a_manager_of_managers_reaches_what_every_team_below_has(house):
    leads = [made(kind, house.nora, house) for kind in ("team's", "foreign", "foreign queue", "team's, ended")]
    made("nobody's", house.nora, house)
    assert set(Lead.objects.all().visible_to(house.nora, NOW)) == set(leads)


def test_what_is_gone_nobody_sees_or_changes(house):
    lead = LeadFactory(gone_as="undone")
    assert {action for action in ACTIONS.keys() - FOR_ALL if can(house.rita, action, lead)} == set()
    assert list(Lead.objects.all().visible_to(house.rita)) == []


def test_an_api_client_that_is_switched_off_may_nothing(house):
    house.api.is_active = False
    assert {action for action in ACTIONS if can(house.api, action)} == set()


def test_the_seven_days_are_counted_by_the_database_when_no_moment_is_given(house):
    now = clock.now()
    lead = put(None, "assigned", owner=house.ana, at=now - 10 * DAY)
    just, long_ago = now - 6.9 * DAY, now - 7.1 * DAY
    assignment.assign([lead], to=house.dov, by=None, at=just)
    older = put(None, "assigned", owner=house.ana, at=now - 10 * DAY)
    assignment.assign([older], to=house.dov, by=None, at=long_ago)
    lead, older = Lead.objects.get(pk=lead.pk), Lead.objects.get(pk=older.pk)
    assert list(Lead.objects.all().visible_to(house.ana)) == [lead]
    assert (can(house.ana, "touch", lead), can(house.ana, "touch", older)) == (True, False)


@pytest.mark.parametrize(
    ("giver", "receivers"),
    {
        "ana": {"ana"},
        "eva": set(),
        "carl": set(),
        "cleo": {"ana", "ben", "cleo", "North"},
        "hugo": {"dov", "hugo", "South"},
        "nora": {"ana", "ben", "dov", "cleo", "hugo", "nora", "North", "South", "Sales"},
        "rita": {"ana", "ben", "dov", "eva", "finn", "carl", "cleo", "hugo", "nora", "North", "South", "Sales"},
        "mark": set(),
        "lena": set(),
        "api": set(),
    }.items(),
)
def test_leads_are_given_only_into_hands_the_giver_reaches(giver, receivers, house):
    everybody = house.people | house.teams
    found = {name for name, to in everybody.items() if may_give_to(house.people[giver], to)}
    assert found == receivers


def test_a_list_asks_the_database_once_whoever_looks(house):
    for name in ACTOR.values():
        user = User.objects.get(pk=house.people[name].pk)
        list(Lead.objects.all().visible_to(user))
        with CaptureQueriesContext(connection) as queries:
            list(Lead.objects.all().visible_to(user))
        assert len(queries) <= 1, name


def test_every_branch_of_a_list_is_an_index_lookup(house):
    """A subquery under OR would have the whole table read; this plan joins indexes by bitmap instead."""
    Lead.objects.bulk_create(LeadFactory.build_batch(2_000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE leads_lead")
        cursor.execute("SET LOCAL enable_indexscan = off")
    plans = {
        name: Lead.objects.all().visible_to(house.people[name]).order_by().values("pk").explain()
        for name in ("ana", "eva", "carl", "cleo", "nora")
    }
    assert {name for name, plan in plans.items() if "BitmapOr" not in plan or "Seq Scan on leads_lead" in plan} == set()


def test_the_words_name_whose_lead_it_is(house):
    lead = put(None, "assigned", owner=house.ben)
    assert refusal(house.ana, "nurture", lead) == "This is Ben's lead."


def test_the_words_say_that_the_product_has_it(house):
    expected = "This lead belongs to the product. Sales gets it when it is handed over."
    assert refusal(house.ana, "touch", product_led()) == expected


def test_the_words_say_who_takes_an_end_back(house):
    lead = put(None, "nurture", owner=house.ben)
    assert refusal(house.ana, "take_back", lead) == "Ben ended this round. Ben or a manager takes it back."


def test_the_words_say_in_which_queue_a_lead_waits(house):
    lead = put(None, "raw", team=house.south)
    assert refusal(house.ana, "pull", lead) == "This lead waits in the queue of South."


def test_the_words_say_who_may_when_the_role_never_may(house):
    lead = put(None, "unqualified", owner=house.ana)
    assert refusal(house.ana, "reopen", lead) == "Only a manager or RevOps can reopen a lead."


def test_only_a_member_pulls_from_a_queue_not_who_manages_it(house):
    house.south.manager = house.ana
    house.south.save()
    ana, lead = User.objects.get(pk=house.ana.pk), put(None, "raw", team=house.south)
    assert (can(ana, "see", lead), can(ana, "pull", lead)) == (True, False)


def test_a_person_in_no_team_sees_no_queue(house):
    Membership.objects.filter(user=house.ana).delete()
    put(None, "raw", team=house.north)
    assert list(Lead.objects.all().visible_to(User.objects.get(pk=house.ana.pk))) == []


def test_every_role_is_asked():
    assert {Role(role).label for role in Role} == {
        label if label in ("SDR", "AE", "CSM", "RevOps", "API client") else label.capitalize() for label in ACTOR
    }
