"""The qualification card: what it suggests, what is decided, what a round keeps, and what goes back to the product (QUAL-1, QUAL-2)."""

from datetime import timedelta

import pytest

from accounts.models import Event
from leads import assignment, dispositions, product_led, qualification
from leads.lifecycle import Refused, Seen, Stale
from leads.models import CardRule, Lead, Qualification
from tests.factories import NOON, put, reason

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AT = NOON + HOUR
ALL = {
    "urgency": 1, "criticality": 2, "complexity": 1, "budget": "yes", "budget_evidence": "40,000 set aside", "authority": "no",
    "authority_evidence": "Her head signs", "need": "yes", "need_evidence": "Said so on the phone", "timeline": "yes",
    "timeline_evidence": "By April", "compelling_event": "The fair in May", "systems": "A spreadsheet", "size": "40 people",
}  # fmt: skip

SUGGESTS = [
    # urgency, criticality, complexity, need: what the card suggests
    ((None, None, None), "", ""),
    ((2, 2, 1), "", "sales"),  # a sum of 5
    ((2, 2, 0), "", "self_serve"),  # a sum of 4
    ((2, 2, None), "", ""),  # the same with one unknown: unknown is not no
    ((3, 0, 0), "", "sales"),  # any 3
    ((0, 0, 3), "", "sales"),
    ((3, None, None), "", "sales"),  # whatever the others turn out to be
    ((2, 3, None), "no", "sales"),
    ((0, 0, 0), "", "self_serve"),
    ((0, 0, 0), "yes", "self_serve"),
    ((0, 0, 0), "no", "not_buying"),
    ((None, None, None), "no", "not_buying"),
    ((2, 2, 1), "no", "sales"),
]


@pytest.fixture
def worked(ana) -> Lead:
    return put(None, "working", owner=ana)


def fill(lead, answers=None, *, by, at=AT, **more) -> Lead:
    return qualification.fill(Seen(lead.pk), answers or {}, by=by, at=at, **more).lead


def said() -> list[tuple]:
    rows = Qualification.objects.order_by("pk")
    return list(rows.values_list("cycle__number", "number", "urgency", "suggestion", "decision", "why"))


@pytest.mark.parametrize(("scores", "need", "suggested"), SUGGESTS)
def test_what_the_card_suggests(scores, need, suggested):
    values = dict(zip(qualification.SCORES, scores, strict=True)) | {"need": need}

    assert qualification.suggest(values, CardRule()) == suggested


@pytest.mark.parametrize("budget", ["", "yes", "no"])
@pytest.mark.parametrize(("scores", "suggested"), [((2, 2, 1), "sales"), ((1, 1, 1), "self_serve"), ((2, 2, None), "")])
def test_spend_alone_never_decides(scores, suggested, budget):
    values = dict(zip(qualification.SCORES, scores, strict=True)) | {"budget": budget, "budget_evidence": "1,000,000"}

    assert qualification.suggest(values, CardRule()) == suggested


@pytest.mark.parametrize(
    ("scores", "rule", "suggested"),
    [
        ((2, 2, 2), {"sales_sum": 7}, "self_serve"),
        ((2, 2, 2), {"sales_sum": 6}, "sales"),
        ((0, 2, 0), {"sales_any": 2}, "sales"),
        ((1, 1, 1), {"sales_any": 2}, "self_serve"),
        ((None, None, None), {"sales_sum": 1, "sales_any": 1}, ""),
    ],
)
def test_revops_moves_the_cut_offs(scores, rule, suggested):
    values = dict(zip(qualification.SCORES, scores, strict=True))

    assert qualification.suggest(values, CardRule(**rule)) == suggested


def test_what_was_suggested_before_the_cut_off_moved_stays_suggested(ana, worked):
    CardRule.objects.create(version=2, valid_from=AT + DAY, sales_sum=2, sales_any=2)
    fill(worked, {"urgency": 1, "criticality": 1, "complexity": 1}, by=ana, at=AT + DAY - HOUR)
    fill(worked, {"size": "40"}, by=ana, at=AT + DAY)

    assert list(Qualification.objects.order_by("pk").values_list("suggestion", flat=True)) == ["self_serve", "sales"]


def test_a_number_that_is_known_is_brought_along_and_not_asked_again(ana, worked):
    worked.cycle.size = "12 people"

    card = qualification.of(worked)

    assert (card.values["size"], card.brought_over) == ("12 people", {"size"})
    assert {value for name, value in card.values.items() if name != "size"} == {"", None}


def test_what_is_learnt_is_the_next_version_and_the_first_stays_as_it_was(ana, worked):
    fill(worked, ALL, by=ana)
    fill(worked, {"urgency": 3}, by=ana, at=AT + HOUR)

    first, second = Qualification.objects.order_by("pk")
    assert [(row.number, row.urgency, row.suggestion, row.at) for row in (first, second)] == [
        (1, 1, "self_serve", AT), (2, 3, "sales", AT + HOUR),
    ]  # fmt: skip
    same = set(qualification.FIELDS) - {"urgency"}
    assert {name for name in same if getattr(first, name) != getattr(second, name)} == set()


def test_what_was_known_can_be_unknown_again_and_that_is_no_no(ana, worked):
    fill(worked, ALL, by=ana)
    fill(worked, {"urgency": None, "need": "", "need_evidence": ""}, by=ana, at=AT + HOUR)

    newest = Qualification.objects.order_by("-pk").first()
    assert (newest.urgency, newest.need, newest.suggestion) == (None, "", "")
    assert qualification.missing(newest) == ["the clear need"]


def test_who_decides_otherwise_is_kept_beside_what_was_suggested(ana, worked):
    fill(worked, {"urgency": 3}, by=ana, decision="self_serve", why="Two users, and they pay by card")

    row = Qualification.objects.get()
    assert (row.suggestion, row.decision, row.why, row.differs) == (
        "sales", "self_serve", "Two users, and they pay by card", True,
    )  # fmt: skip
    assert Event.objects.get(kind="qualification").data == {
        "card": row.pk,
        "suggestion": "sales",
        "decision": "self_serve",
    }


def test_a_decision_stays_until_it_is_changed_or_taken_back(ana, worked):
    fill(worked, {"urgency": 3}, by=ana, decision="sales", why="Her own words")
    fill(worked, {"criticality": 1}, by=ana, at=AT + HOUR)
    fill(worked, by=ana, at=AT + 2 * HOUR, decision="", why="")

    assert said() == [
        (1, 1, 3, "sales", "sales", "Her own words"), (1, 2, 3, "sales", "sales", "Her own words"), (1, 3, 3, "sales", "", ""),
    ]  # fmt: skip


def test_the_next_round_begins_with_what_is_known_but_decides_anew(ana, cleo, worked):
    fill(worked, {"urgency": 3}, by=ana, decision="not_buying", why="No money before autumn")
    dispositions.nurture([worked.pk], reason=reason("budget_later"), by=ana, at=AT + HOUR).whole()
    again = assignment.assign([worked.pk], to=ana, by=cleo, at=AT + 200 * DAY).lead

    card = qualification.of(again)
    fill(again, {"criticality": 2}, by=ana, at=AT + 201 * DAY)

    assert (card.values["urgency"], card.brought_over) == (3, {"urgency"})
    assert said() == [(1, 1, 3, "sales", "not_buying", "No money before autumn"), (2, 1, 3, "sales", "", "")]


REFUSED = [
    ({"budget": "yes"}, {}, "budget_evidence"),
    ({"timeline": "no", "timeline_evidence": "  "}, {}, "timeline_evidence"),
    ({"urgency": 4}, {}, "urgency"),
    ({"complexity": -1}, {}, "complexity"),
    ({"urgency": "2"}, {}, "urgency"),
    ({"need": "perhaps"}, {}, "need"),
    ({"status": "won"}, {}, "field"),
    ({}, {"decision": "maybe"}, "decision"),
]


@pytest.mark.parametrize(("answers", "more", "code"), REFUSED)
def test_what_the_card_cannot_hold_is_refused_and_leaves_nothing(ana, worked, answers, more, code):
    events = Event.objects.count()

    with pytest.raises(Refused) as refused:
        fill(worked, answers, by=ana, **more)

    assert refused.value.code == code
    assert (Qualification.objects.count(), Event.objects.count()) == (0, events)


def test_saying_nothing_new_is_refused(ana, worked):
    fill(worked, ALL, by=ana, decision="sales", why="Fits")
    events = Event.objects.count()

    with pytest.raises(Refused) as refused:
        fill(worked, ALL, by=ana, decision="sales", why="Fits", at=AT + HOUR)

    assert refused.value.code == "unchanged"
    assert (Qualification.objects.count(), Event.objects.count()) == (1, events)


def test_a_card_of_an_earlier_round_is_not_written(ana, worked):
    old = Seen(worked.pk, worked.cycle_id)
    dispositions.nurture([worked.pk], reason=reason("budget_later"), by=ana, at=AT).whole()
    assignment.assign([worked.pk], to=ana, by=None, at=AT + 200 * DAY).whole()

    with pytest.raises(Stale):
        qualification.fill(old, {"urgency": 1}, by=ana, at=AT + 201 * DAY).whole()

    assert Qualification.objects.count() == 0


@pytest.mark.parametrize("name", list(qualification.FIVE))
def test_each_of_the_five_answers_is_missed_by_its_name(ana, worked, name):
    fill(worked, {key: value for key, value in ALL.items() if not key.startswith(name)}, by=ana)

    assert qualification.missing(Qualification.objects.get()) == [qualification.FIVE[name]]


def test_a_need_or_a_timeline_that_is_none_is_no_answer_for_the_pipeline(ana, worked):
    fill(worked, ALL | {"need": "no", "timeline": "no"}, by=ana)

    assert qualification.missing(Qualification.objects.get()) == ["the clear need", "the timeline"]


def test_given_back_to_the_product_the_round_ends_as_a_fit_and_the_products_begins(ana, worked):
    qualification.return_to_product(worked, {"urgency": 1}, by=ana, at=AT, why="Two users, by card")

    lead = Lead.objects.select_related("owner", "team", "cycle").get()
    ended = lead.cycles.get(number=1)
    assert (lead.status, lead.motion, lead.owner, lead.team, lead.cycle.number) == (
        "assigned", "plg", None, product_led.product(), 2,
    )  # fmt: skip
    assert (ended.outcome, ended.ended_at, ended.owner, ended.reason) == ("self_serve", AT, ana, None)
    assert said() == [(1, 1, 1, "", "self_serve", "Two users, by card")]


def test_who_had_decided_so_before_can_give_it_back_without_saying_it_anew(ana, worked):
    fill(worked, {"urgency": 1}, by=ana, decision="self_serve", why="Two users, by card")

    qualification.return_to_product(worked, {"urgency": 1}, by=ana, at=AT + HOUR, why="Two users, by card")

    assert (Lead.objects.get().motion, Qualification.objects.count()) == ("plg", 1)


@pytest.mark.parametrize("state", ["assigned", "nurture", "unqualified", "qualified"])
def test_only_what_sales_works_goes_back_and_no_card_is_left_of_the_try(ana, cleo, state):
    lead = put(None, state, owner=ana)
    events = Event.objects.count()

    with pytest.raises(Refused):
        qualification.return_to_product(lead, {"urgency": 1}, by=cleo, at=AT + HOUR, why="They pay by card")

    assert (Qualification.objects.count(), Event.objects.count()) == (0, events)
    assert (Lead.objects.get().status, Lead.objects.get().motion) == (state, "slg")


def test_it_is_not_given_back_without_saying_why(ana, worked):
    events = Event.objects.count()

    with pytest.raises(Refused) as refused:
        qualification.return_to_product(worked, by=ana, at=AT, why="  ")

    assert (refused.value.code, Lead.objects.get().motion, Event.objects.count()) == ("why", "slg", events)
