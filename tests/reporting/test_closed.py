"""What happens later changes no figure of a closed period; as of a day, the same figures come out again (ruling 2)."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat

from accounts.models import Account, Reason
from leadops.simulation import company, house
from leadops.simulation.world import World as MadeUp
from leads import assignment, dispositions, exceptions, recycling, touches
from leads.lifecycle import turn
from leads.models import Cycle, Lead, LeadStatus, Policy, Source
from reporting import answers, exports
from reporting.filters import Filters
from reporting.metrics import METRICS
from reporting.period import Period
from tests.factories import NOON, put, reason

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 2, tzinfo=UTC)
END = START + timedelta(days=13)
CLOSED = Period(date(2026, 3, 2), date(2026, 3, 9))
LATER = END + timedelta(hours=2)


@pytest.fixture
def lived():
    """Two weeks of two reps."""
    world = MadeUp(house.some(2, START), seed=11, start=START, end=END)
    company.grant_leave(world)
    company.live(world, per_day=6)
    return world


def everything(as_of, now) -> dict[str, list]:
    """Every report as its file says it, told apart in the usual way; without the words of the lines, which are today's."""
    found = {}
    for name, metric in METRICS.items():
        for by in ("", metric.by):
            answer = answers.answer(metric, CLOSED, Filters(), as_of, by=by, now=now)
            found[name, by] = sorted(
                (str(line.key), str(line.cells), line.left_out) for line in (answer.total, answer.before, *answer.lines)
            )
    return found


def test_a_closed_period_reports_as_of_its_closing():
    assert {answers.report_moment(METRICS[name], CLOSED, LATER) for name in ("pick-up", "response", "assignment")} == {
        CLOSED.closes_at
    }
    assert answers.report_moment(METRICS["pick-up"], CLOSED, CLOSED.ends_at) is None
    assert answers.report_moment(METRICS["cohorts"], CLOSED, LATER) is None


def test_nothing_that_happens_later_changes_a_figure_of_a_closed_period(lived):
    before = everything(CLOSED.closes_at, LATER)

    _everything_changes(lived, random.Random(3))

    assert everything(CLOSED.closes_at, LATER + timedelta(days=400)) == before
    # The control: what is known now did change, so that the rest is no accident.
    assert everything(None, LATER + timedelta(days=400)) != before


def _everything_changes(lived, rng) -> None:
    """Owners, policies, labels, ends, touches, exceptions, hand-overs of an import, sources: all that may happen, later."""
    manager, rep = (
        lived.house.people.get("cleo"),
        next(iter(lived.house.of("sdr"))),
    )
    by = manager or next(lived.house.of("revops"))
    at = LATER
    open_leads = list(Lead.objects.filter(status__in=LeadStatus.OPEN, motion="slg", gone_as="").order_by("pk"))
    moved = assignment.assign([lead.pk for lead in open_leads if lead.owner_id != rep.pk], to=rep, by=None, at=at)
    touches.log(
        [lead.pk for lead in open_leads], channel="call", outcome="interested", by=rep, at=at + timedelta(hours=1)
    )
    back = touches.log([lead.pk for lead in open_leads[::2]], channel="email", outcome="sent", by=rep, at=at + timedelta(hours=1),
                       occurred_at=CLOSED.starts_at + timedelta(days=3))  # fmt: skip
    ended = dispositions.nurture(
        [lead.pk for lead in open_leads[::3]], reason=reason("no_for_now"), by=None, at=at + timedelta(hours=2)
    )
    undone = Lead.objects.filter(status=LeadStatus.NURTURE, cycle__ended_at__gt=START).order_by("pk")[:10]
    taken = dispositions.take_back([lead.pk for lead in undone], by=by, at=at + timedelta(hours=3))
    still = list(Lead.objects.filter(status=LeadStatus.WORKING, motion="slg").order_by("pk")[:5])
    why = Reason.objects.filter(disposition="exception").first()
    exceptions.ask(
        [lead.pk for lead in still],
        reason=why,
        review_at=at + timedelta(days=9),
        by=still[0].owner,
        at=at + timedelta(hours=4),
    )
    granted = exceptions.grant([lead.pk for lead in still], by=by, at=at + timedelta(hours=5))
    Lead.objects.filter(status=LeadStatus.NURTURE).update(recycle_at=at)
    due = list(
        Lead.objects.filter(status=LeadStatus.NURTURE, recycle_at=at, opted_out_at__isnull=True).values_list(
            "pk", flat=True
        )[:20]
    )
    recycling.come_back(due, at=at + timedelta(days=1))
    Reason.objects.update(label="Something else")
    Source.objects.update(name=Concat(Value("Renamed "), Cast("pk", CharField())))
    Policy.objects.update(target_minutes=1, limit_minutes=2)
    Account.objects.update(segment="moved", region="moved")
    assert [bool(result.done) for result in (moved, ended, taken, granted)] == [True] * 4
    assert back.done


def test_a_voided_round_stays_in_the_closed_period_that_counted_it(house):
    """Undone later: it counts as of the closing, and no more as known now."""
    lead = put(None, "assigned", owner=house.ana, at=NOON)
    later = CLOSED.closes_at + timedelta(days=1)

    def undo(step):
        step.end_cycle("void")
        step.lead.gone_as = "undone"
        step.own(None, None)
        step.record("undone")

    turn([lead.pk], undo, by=None, at=later)

    def assigned(as_of):
        answer = answers.answer(METRICS["assignment"], CLOSED, Filters(), as_of, by="", now=later)
        return answer.total.cells["assigned"].value, answer.total.cells["void"].value

    assert (assigned(CLOSED.closes_at), assigned(None)) == ((1, 0), (0, 1))
    assert Cycle.objects.get().outcome == "void"


def test_what_was_handed_out_on_a_day_is_the_answer_as_of_that_day():
    """The file of a day is kept; the world lives on; asked again as of that moment, the same file comes out."""
    half = START + timedelta(days=5)
    world = MadeUp(house.some(2, START), seed=5, start=START, end=half)
    company.live(world, per_day=6)
    kept = {
        name: list(exports.lines(answers.answer(m, CLOSED, Filters(), half, now=half))) for name, m in METRICS.items()
    }
    live = {
        name: list(exports.lines(answers.answer(m, CLOSED, Filters(), None, now=half))) for name, m in METRICS.items()
    }

    on = MadeUp(world.house, seed=6, start=half, end=half + timedelta(days=5))
    company.live(on, per_day=6)

    again = {
        name: list(exports.lines(answers.answer(m, CLOSED, Filters(), half, now=half + timedelta(days=5))))
        for name, m in METRICS.items()
    }
    assert again == kept
    # Known live is known as of that moment, but for the words that say so; the period before it is read at its own age.
    assert {name: rows[2:-1] for name, rows in live.items()} == {name: rows[2:-1] for name, rows in kept.items()}
