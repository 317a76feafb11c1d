"""What happens later changes no figure of a closed period; as of a day, the same figures come out again (ruling 2)."""

import io
import random
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db.models import CharField, F, Value
from django.db.models.functions import Cast, Concat

from accounts import changes, ownership
from accounts.models import Absence, Account, Batch, Membership, Opportunity, Reason, Team, User
from leadops.simulation import company, house
from leadops.simulation.world import World as MadeUp
from leads import assignment, contacts, dispositions, exceptions, import_undo, importing, recycling, touches
from leads.lifecycle import turn
from leads.models import ContactRole, Cycle, Lead, LeadStatus, Policy, Source
from meetings import closing, parts, passing
from meetings.history import reading, runs, undoing
from meetings.models import Meeting
from reporting import answers, exports, moments
from reporting.filters import Filters
from reporting.metrics import METRICS
from reporting.period import Period
from reporting.permissions import narrowed
from tests.factories import NOON, AccountFactory, LeadFactory, opportunity_of, put, reason
from tests.meetings.table import booked, worked

pytestmark = pytest.mark.django_db
FILE = "Email,First name,Last name,Company\n" + "".join(f"p{n}@fair.example,Pat,P{n},Fair {n}\n" for n in range(6))
PAST = """id,created,email,owner,assigned_at,status,ended_at,reason
h0,2026-03-03,h0@old.example,Gone,2026-03-04,,,
h1,2026-03-03,h1@old.example,Gone,2026-03-04,unqualified,2026-03-05,not_a_prospect
h2,2026-03-03,h2@old.example,Gone,2026-03-04,unqualified,2026-03-06,not_a_prospect
"""
DEALS = "lead,created_at,won_date,amount,sdr\nh0,2026-03-04,2026-03-05,900,Gone\n"
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


def everything(as_of, now) -> dict[tuple, list]:
    """Every report as its file says it, told apart in the usual way and by who sold, of the house, of a team and of a manager's people;
    without the words of the lines, which are today's."""
    team = Team.objects.filter(manager__isnull=False).order_by("pk").first()
    whose = {"house": lambda: Filters()} | (
        {"team": lambda: Filters(team=team.pk), "manager": lambda: narrowed(team.manager, Filters())} if team else {}
    )
    found = {}
    for name, metric in METRICS.items():
        ways = ["", metric.by, *(d.name for d in metric.relation.dimensions if d.name == "opportunity_owner")]
        for by, who in [*((by, "house") for by in ways), *(("", who) for who in whose)]:
            answer = answers.answer(metric, CLOSED, whose[who](), as_of, by=by, now=now)
            found[name, by, who] = sorted(
                (str(line.key), str(line.cells), line.left_out) for line in (answer.total, answer.before, *answer.lines)
            )
    return found


def test_a_closed_period_reports_as_of_its_closing():
    assert {moments.report_moment(METRICS[name], CLOSED, LATER) for name in ("pick-up", "response", "assignment")} == {
        CLOSED.closes_at
    }
    assert moments.report_moment(METRICS["pick-up"], CLOSED, CLOSED.ends_at) is None
    assert moments.report_moment(METRICS["cohorts"], CLOSED, LATER) is None


@pytest.mark.parametrize("length", [7, 3])
def test_the_period_before_says_what_its_own_report_says(lived, length):
    """Beside an open period and beside a closed one: the closed one before it reports as of its closing."""
    _everything_changes(lived, random.Random(4))
    later, differ = LATER + timedelta(days=2), 0
    period = Period(CLOSED.until, CLOSED.until + timedelta(days=length))
    for name, metric in METRICS.items():
        beside = answers.answer(
            metric, period, Filters(), moments.report_moment(metric, period, later), by="", now=later
        )
        before = period.before()
        own = answers.answer(metric, before, Filters(), moments.report_moment(metric, before, later), by="", now=later)
        live = answers.answer(metric, before, Filters(), None, by="", now=later)
        assert (name, beside.before.cells, beside.before.left_out) == (name, own.total.cells, own.total.left_out)
        differ += own.total.cells != live.total.cells
    # The control: read as known now it would have said otherwise.
    assert differ > 3


def test_history_brought_over_after_the_closing_stands_in_the_period_before_too(house):
    when, period = CLOSED.closes_at + timedelta(days=30), Period(CLOSED.until, CLOSED.until + timedelta(days=7))
    options = {"map": {"leads": {"id": "external_id"}}, "go_to_market": "inbound", "product": "Suite", "source": "Old"}
    history = reading.read({"leads": (io.BytesIO(PAST.encode()), "past.csv")}, by=None, at=when, options=options)
    runs.run(history[0], at=when)
    metric, later = METRICS["assignment"], when + timedelta(hours=1)

    beside = answers.answer(metric, period, Filters(), moments.report_moment(metric, period, later), now=later)

    assert beside.before.cells["assigned"].value == 2


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


def _owners(world) -> bool:
    """Every lead in hand goes to somebody else, and so does every sale."""
    reps = sorted(world.house.of("sdr"), key=lambda rep: rep.pk)
    leads = list(Lead.objects.filter(status__in=LeadStatus.OPEN, motion="slg", gone_as="").order_by("pk"))
    moved = [
        assignment.assign([x.pk for x in leads if x.owner_id == a.pk], to=b, by=None, at=LATER)
        for a, b in (reps[:2], reps[1::-1])
    ]
    sales = list(Opportunity.objects.filter(gone_as="").order_by("pk"))
    for sale in sales:
        for role in ("development_owner", "opportunity_owner"):
            to = next(rep for rep in reps if rep.pk != getattr(sale, f"{role}_id"))
            ownership.change([sale], role, to=to, by=None, at=LATER)
    return any(result.done for result in moved) and bool(sales)


def _policies(world) -> bool:
    return bool(Policy.objects.update(target_minutes=1, limit_minutes=2))


def _labels(world) -> bool:
    return bool(
        Reason.objects.update(label="Something else")
        and Source.objects.update(name=Concat(Value("New "), Cast("pk", CharField())))
    )


def _recycled(world) -> bool:
    waiting = Lead.objects.filter(status=LeadStatus.NURTURE, opted_out_at__isnull=True, gone_as="")
    waiting.update(recycle_at=LATER)
    return bool(
        recycling.come_back(list(waiting.values_list("pk", flat=True)[:20]), at=LATER + timedelta(hours=1)).done
    )


def _voided(world) -> bool:
    ids = Cycle.objects.filter(ended_at=None, assigned_at__lt=CLOSED.ends_at, motion="slg").values_list(
        "lead", flat=True
    )

    def undo(step):
        step.end_cycle("void")
        step.lead.gone_as = "undone"
        step.own(None, None)
        step.record("undone")

    return bool(turn(list(ids[:5]), undo, by=None, at=LATER + timedelta(hours=2)).done)


def _lost(world) -> bool:
    """What was qualified is lost, and what was won is reopened by nobody: the sale's later steps."""
    by = next(iter(world.house.of("revops")))
    sales = list(Opportunity.objects.filter(status="open", gone_as="").order_by("pk")[:3])
    for sale in sales:
        closing.lose(sale, reason=Reason.objects.get(code="lost_price"), by=by, at=LATER + timedelta(hours=3))
    return bool(sales)


def _imports(world) -> None:
    """What came by files while the period ran: some of it is in hand."""
    at, rep = CLOSED.starts_at + timedelta(days=2), next(iter(world.house.of("sdr")))
    batch = importing.read(io.BytesIO(FILE.encode()), "fair.csv", by=None, at=at, options={"source": "Fair"})
    importing.run(batch, at)
    ids = list(Lead.objects.filter(email__endswith="@fair.example").values_list("pk", flat=True))
    assert assignment.assign(ids[:3], to=rep, by=None, at=at + timedelta(hours=1)).done
    told = {
        "leads": (io.BytesIO(PAST.encode()), "past.csv"),
        "opportunities": (io.BytesIO(DEALS.encode()), "deals.csv"),
    }
    options = {"map": {"leads": {"id": "external_id"}}, "go_to_market": "inbound", "product": "Suite", "source": "Old"}
    history = reading.read(told, by=None, at=at + timedelta(hours=2), options=options)
    runs.run(history[0], at=at + timedelta(hours=2))


def _import_undone(world) -> bool:
    by = next(iter(world.house.of("revops")))
    done = import_undo.undo(Batch.objects.get(name="fair.csv"), by=by, at=LATER + timedelta(hours=4))
    return done.options["undo"]["gone"] >= 3


def _history_undone(world) -> bool:
    by = next(iter(world.house.of("revops")))
    done = undoing.undo(Batch.objects.get(name="past.csv"), by=by, at=LATER + timedelta(hours=5))
    return done.options["undo"]["gone"] >= 2


def _hours(world) -> bool:
    with changes.dated(LATER):
        return bool(User.objects.update(work_days=[6, 7], work_start=time(3), time_zone="Asia/Tokyo"))


def _teams(world) -> bool:
    """Everybody leaves their line, whose manager and parent change; somebody new is in it."""
    line, by = world.house.lines[0], next(iter(world.house.of("revops")))
    with changes.dated(LATER):
        left = line.memberships.all().delete()
        line.memberships.create(user=by)
        line.parent = Team.objects.create(name="Above")
        line.save()
    return bool(left[0])


def _absences(world) -> bool:
    """Absences of the time are entered and taken back, long after."""
    with changes.dated(LATER):
        Absence.objects.all().delete()
        for rep in world.house.of("sdr"):
            Absence.objects.create(user=rep, starts_at=CLOSED.starts_at, ends_at=CLOSED.ends_at)
    return True


def _flags(world) -> bool:
    with changes.dated(LATER):
        return bool(Reason.objects.update(is_prequalification=~F("is_prequalification")))


def _people(world) -> bool:
    """Who somebody is, where they work and their part in a sale are put right."""
    by, right = next(iter(world.house.of("revops"))), 0
    # Not who came by the history: whoever is put right stays when it is taken back.
    for lead in (
        Lead.objects.filter(gone_as="", account__isnull=False).exclude(email__endswith="@old.example").order_by("pk")
    ):
        right += bool(contacts.edit(lead, {"title": "Window cleaner"}, was={"title": lead.title}, by=by, at=LATER))
    for part in ContactRole.objects.filter(opportunity__status="open", opportunity__gone_as="").select_related(
        "opportunity"
    ):
        parts.name_part(part.opportunity, part.lead_id, role="Neighbour", by=by, at=LATER)
    with changes.dated(LATER):
        Account.objects.update(segment="moved")
    return bool(right)


SETTINGS = {
    _hours: ("response", "", "house"), _teams: ("pick-up", "", "team"), _absences: ("pulls", "", "house"),
    _flags: ("pick-up", "", "house"), _people: ("coverage", "", "house"),
}  # fmt: skip


def test_what_people_keep_otherwise_later_changes_no_figure_of_a_closed_period(lived):
    """Hours, teams, absences, flags of reasons, titles: each changes what is known now (the control), and nothing as of the closing."""
    at, rep = LATER + timedelta(days=400), next(iter(lived.house.of("sdr")))
    came = CLOSED.starts_at + timedelta(days=1)
    unseen = LeadFactory(status_since=came, created_at=came, recorded_at=came)
    assert assignment.assign([unseen], to=rep, by=None, at=came).done
    ended = dispositions.unqualify([unseen.pk], reason=reason("not_a_prospect"), by=rep, at=came + timedelta(minutes=9))
    assert ended.done
    before = everything(CLOSED.closes_at, LATER)
    for change, seen_in in SETTINGS.items():
        now_before = everything(None, at)[seen_in]
        assert change(lived), change.__name__
        after = everything(CLOSED.closes_at, at)
        assert [
            (change.__name__, name, after[name], before[name]) for name in before if after[name] != before[name]
        ] == []
        assert (change.__name__, everything(None, at)[seen_in]) != (change.__name__, now_before)


def test_a_manager_reads_in_a_closed_period_who_was_in_their_teams_then(house):
    put(None, "working", owner=house.ana)
    period = Period(NOON.date(), NOON.date() + timedelta(days=1))
    with changes.dated(LATER):
        Membership.objects.filter(user=house.ana).update(team=house.south)

    def assigned(manager, as_of):
        answer = answers.answer(
            METRICS["assignment"], period, narrowed(manager, Filters()), as_of, by="", now=LATER + timedelta(days=9)
        )
        return answer.total.cells["assigned"].n

    moments = (NOON + timedelta(hours=5), None)
    assert [assigned(house.cleo, at) for at in moments] == [1, 0]
    assert [assigned(house.hugo, at) for at in moments] == [0, 1]
    assert [assigned(house.nora, at) for at in moments] == [1, 1]


LATER_ON = (_owners, _policies, _labels, _lost, _voided, _import_undone, _history_undone, _recycled, *SETTINGS)


@pytest.mark.parametrize("seed", [1, 2])
def test_no_single_change_changes_a_figure_of_a_closed_period(lived, seed):
    """One after the other, in any order: owners, policies, labels, losses, voids, an import undone, a history undone, recycling, and what
    people keep."""
    _imports(lived)
    before, now_before = everything(CLOSED.closes_at, LATER), everything(None, LATER + timedelta(days=9))
    for change in random.Random(seed).sample(LATER_ON, len(LATER_ON)):
        assert change(lived), change.__name__
        after = everything(CLOSED.closes_at, LATER + timedelta(days=400))
        assert [(change.__name__, name, after[name]) for name in before if after[name] != before[name]] == []
    # The control: as known now much of it is otherwise.
    assert everything(None, LATER + timedelta(days=9)) != now_before


def test_who_joins_a_sale_later_took_no_part_in_it_in_a_closed_period(house):
    """A sale came of their round only once they took part in it; nor did their part count as known there before."""
    account, at = AccountFactory(), CLOSED.starts_at + timedelta(days=1)
    first, other = (
        put(LeadFactory(account=account, go_to_market="outbound", created_at=at, recorded_at=at, status_since=at), "working",
            owner=house.ana, at=at)
        for _ in range(2)
    )  # fmt: skip
    sale = opportunity_of(first, at=at + timedelta(hours=3))
    before, live = everything(CLOSED.closes_at, LATER), everything(None, LATER)

    parts.add_part(sale, other.pk, role="Decision maker", by=house.root, at=CLOSED.closes_at + timedelta(hours=1))

    assert everything(CLOSED.closes_at, LATER) == before
    # The control: as known now they did.
    now = everything(None, LATER)
    assert {name for name, _by, _who in now if now[name, _by, _who] != live[name, _by, _who]} >= {"funnel", "coverage"}


def test_a_meeting_that_is_passed_on_later_was_held_by_who_had_it_then(house):
    """Nobody said yet what came of it: it goes along when its executive leaves, and stays theirs in the period that closed before."""
    booked(worked(house.ana), by=house.ana, owner=house.eva)

    def held_by(as_of):
        found = answers.answer(METRICS["meetings"], CLOSED, Filters(), as_of, by="held_by", now=LATER)
        return {line.key: line.cells["unsaid"].n for line in found.lines}

    before = held_by(CLOSED.closes_at)
    passing.give(Meeting.objects.all(), to=house.finn, by=house.root, at=CLOSED.closes_at + timedelta(hours=1))

    assert held_by(CLOSED.closes_at) == before == {house.eva.pk: 1}
    assert held_by(None) == {house.finn.pk: 1}


def test_as_of_a_day_before_a_history_was_brought_over_nothing_of_it_is_known(house):
    when = CLOSED.closes_at + timedelta(days=30)
    before = everything(CLOSED.closes_at, LATER)
    options = {"map": {"leads": {"id": "external_id"}}, "go_to_market": "inbound", "product": "Suite", "source": "Old"}
    told = {
        "leads": (io.BytesIO(PAST.encode()), "past.csv"),
        "opportunities": (io.BytesIO(DEALS.encode()), "deals.csv"),
    }
    history = reading.read(told, by=None, at=when, options=options)
    runs.run(history[0], at=when)

    assert everything(CLOSED.closes_at, when + timedelta(days=1)) == before
    brought = answers.answer(METRICS["cohorts"], CLOSED, Filters(), None, by="", now=when + timedelta(days=1))
    assert brought.total.cells["sourced"].value == 1


def test_history_taken_back_leaves_a_closed_period_as_it_was(house):
    """Brought over after the closing, its periods report as of when it was in; taken back, they report as of the closing again."""
    closed, when = CLOSED.closes_at, CLOSED.closes_at + timedelta(days=3)
    moment = lambda now: moments.report_moment(METRICS["assignment"], CLOSED, now)  # noqa: E731
    options = {"map": {"leads": {"id": "external_id"}}, "go_to_market": "inbound", "product": "Suite", "source": "Old"}
    history = reading.read({"leads": (io.BytesIO(PAST.encode()), "past.csv")}, by=None, at=when, options=options)
    runs.run(history[0], at=when)
    brought = moment(when + timedelta(hours=1))

    undoing.undo(history[0], by=house.root, at=when + timedelta(days=1))

    assert (brought, moment(when + timedelta(days=2))) == (when, closed)


def test_a_history_moves_no_closed_period_of_which_it_tells_nothing(house):
    """What was brought over of March moves March, and not a month that closed since and of which it tells nothing."""
    later = Period(date(2026, 4, 6), date(2026, 4, 13))
    when = later.closes_at + timedelta(days=3)
    options = {"map": {"leads": {"id": "external_id"}}, "go_to_market": "inbound", "product": "Suite", "source": "Old"}
    history = reading.read({"leads": (io.BytesIO(PAST.encode()), "past.csv")}, by=None, at=when, options=options)
    runs.run(history[0], at=when)

    after = when + timedelta(hours=1)
    assert moments.report_moment(METRICS["assignment"], CLOSED, after) == when
    assert moments.report_moment(METRICS["assignment"], later, after) == later.closes_at


def test_of_history_taken_back_but_for_some_the_rest_counts_in_its_period(house):
    when = CLOSED.closes_at + timedelta(days=3)
    options = {"map": {"leads": {"id": "external_id"}}, "go_to_market": "inbound", "product": "Suite", "source": "Old"}
    history = reading.read({"leads": (io.BytesIO(PAST.encode()), "past.csv")}, by=None, at=when, options=options)
    runs.run(history[0], at=when)
    kept = Lead.objects.get(email="h1@old.example")
    touches.log([kept.pk], channel="call", outcome="interested", by=house.root, at=when + timedelta(hours=1))

    done = undoing.undo(history[0], by=house.root, at=when + timedelta(days=1))

    moment = moments.report_moment(METRICS["assignment"], CLOSED, when + timedelta(days=2))
    answer = answers.answer(METRICS["assignment"], CLOSED, Filters(), moment, by="", now=when + timedelta(days=2))
    assert (done.options["undo"]["kept"], moment) == (1, when + timedelta(days=1))
    assert answer.total.cells["assigned"].n == 1


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

    # What is written in the very moment is known in it; the world lives on after it.
    on = MadeUp(world.house, seed=6, start=half + timedelta(minutes=1), end=half + timedelta(days=5))
    company.live(on, per_day=6)

    again = {
        name: list(exports.lines(answers.answer(m, CLOSED, Filters(), half, now=half + timedelta(days=5))))
        for name, m in METRICS.items()
    }
    assert again == kept
    # Known live is known as of that moment, but for the words that say so.
    assert {name: rows[2:] for name, rows in live.items()} == {name: rows[2:] for name, rows in kept.items()}
