"""The sentence above a picture says what the picture shows, and is computed: two sets of data, two sentences, each worked out here once
more from the picture's own points; and so with the hours of a week and the clock."""

import re
from datetime import timedelta
from html import unescape

import pytest

from accounts import clock
from accounts.models import Event
from accounts.words import DASH
from leads import assignment, pulling, signals, touches
from leads.models import Lead
from leads.product_led import activate
from meetings import closing, opportunities
from reporting import answers, words
from reporting.filters import Filters
from reporting.metrics import METRICS
from reporting.period import named
from tests.factories import AccountFactory, LeadFactory, opportunity_of, product_led, put
from tests.reporting.test_crawl import busy, let_a_limit_pass, lived, meet, then

pytestmark = pytest.mark.django_db
__all__ = ["busy", "lived"]
FEW = 20


def shown(browser, name: str, more: str = "") -> tuple[str, dict]:
    """Return the sentence as the page says it, above the picture and to who cannot see it, and what the page was made of."""
    page = browser.get(f"/reports/{name}/?period=last-30{more}")
    html = page.content.decode()
    above = unescape(re.search(r"<figcaption>(.*?)</figcaption>", html)[1])
    heard = re.findall(r'<canvas id="picture" role="img" aria-label="(.*?)">', html)
    assert above == page.context["sentence"]
    assert [unescape(text) for text in heard] == ([above] if page.context["picture"] else [])
    return above, page.context


def ends(sentence: str) -> tuple[tuple[str, str], ...] | None:
    found = re.search(
        r"(?:Highest|Of those with 20 or more the highest): (.*) \((.*?)\); lowest: (.*?) \((.*?)\)\.(?: |$)", sentence
    )
    return ((found[1], found[2]), (found[3], found[4])) if found else None


def by_hand(context) -> tuple[tuple[str, str], ...] | None:
    """Name the highest and the lowest of the lines that can be judged, from the table; none where they do not differ."""
    name = context["measure"].name
    cells = [
        (line["label"], cell) for line in context["table"]["lines"] for cell in line["cells"] if cell["name"] == name
    ]
    answer = context["answer"]
    values = {line.key: line.cells[name].value for line in answer.lines}
    judged = [
        (float(value), words.line_called(answer, line), cell["text"])
        for line, (_label, cell) in zip(answer.lines, cells, strict=True)
        if (value := values[line.key]) is not None and cell["tone"] != "few"
    ]
    if len({value for value, _label, _text in judged}) < 2:
        return None
    low, high = min(value for value, *_ in judged), max(value for value, *_ in judged)
    lowest = [(label, text) for value, label, text in judged if value == low]
    highest = [(label, text) for value, label, text in judged if value == high]
    return highest[-1], lowest[0]


def total_of(context) -> str:
    return next(figure["text"] for figure in context["figures"] if figure["title"] == context["measure"].title)


@pytest.mark.parametrize("name", sorted(METRICS))
def test_each_sentence_is_computed_from_what_its_picture_shows(house, busy, client_of, name):
    browser, told = client_of(house.rita), []
    for again in range(2):
        if again:
            more_happens(house)
        sentence, context = shown(browser, name)
        told.append(sentence)
        total = total_of(context).replace(DASH, "nothing to work it out from.")
        assert sentence.startswith(f"{context['measure'].title} in {context['answer'].period}: {total}")
        assert ends(sentence) == by_hand(context)
        if picture := context["picture"]:
            line = dict(zip(picture["labels"], picture["says"], strict=True))
            assert all(line.get(label, text) == text for label, text in ends(sentence) or ())
    assert told[0] != told[1]


def more_happens(house) -> None:
    """Enough of two kinds to be judged, and something of everything else."""
    at = clock.now() - timedelta(days=6)
    day = next(at - timedelta(days=back) for back in range(3) if (at - timedelta(days=back)).weekday() < 5)
    waiting = [LeadFactory(go_to_market="outbound", account=AccountFactory(), **then(day)) for _ in range(10)]
    assignment.enqueue(waiting, team=house.north, by=None, at=day)
    assert len(pulling.pull(house.north, by=house.ben, at=day, number=10).done) == 10
    meet(house, at)
    activate([product_led(at=at)], at=at + timedelta(hours=7)).whole()
    let_a_limit_pass(house, at - timedelta(days=3))
    sale = opportunity_of(put(None, "working", owner=house.dov, at=at), owner=house.eva, at=at + timedelta(hours=1))
    sale = opportunities.change_value(sale, amount=2000, by=house.root, at=at + timedelta(hours=2))
    closing.win(sale, by=house.root, at=at + timedelta(hours=3))
    asks = put(None, "working", owner=house.dov, at=at)
    signals.raise_hand([asks.pk], what="call", by=None, at=at + timedelta(hours=3)).whole()
    touches.log([asks.pk], channel="call", outcome="interested", by=house.dov, at=at + timedelta(hours=5)).whole()
    for number in range(FEW):
        put(None, "working", owner=house.ana, at=at)
        put(None, "unqualified", owner=house.ben, at=at + timedelta(hours=number))


def test_a_line_of_days_has_every_day_and_the_sentence_says_on_how_many_nothing_was(house, client_of):
    for days in (2, 2, 5):
        put(None, "assigned", owner=house.ana, at=clock.now() - timedelta(days=days))

    sentence, context = shown(client_of(house.rita), "assignment", "&by=day")

    picture = context["picture"]
    assert (len(picture["labels"]), sorted(picture["values"], reverse=True)[:3]) == (30, [2, 1, 0])
    assert sentence.endswith(" Nothing in 28 of 30 days.")


def test_bars_beyond_those_that_are_drawn_are_told(house, client_of):
    for number in range(22):
        at = clock.now() - timedelta(days=2)
        put(LeadFactory(segment=f"S{number}", **then(at)), "assigned", owner=house.ana, at=at)

    sentence, context = shown(client_of(house.rita), "assignment", "&by=segment")

    assert len(context["picture"]["labels"]) == 20
    assert sentence.endswith(" Of 22 the first 20 are drawn.")


def test_the_hours_of_a_week_are_told_by_their_highest_and_lowest(house, client_of):
    browser, told = client_of(house.rita), []
    for times in (1, 2):
        for _ in range(times):
            put(None, "assigned", owner=house.ana, at=clock.now() - timedelta(days=2))
        put(None, "assigned", owner=house.ana, at=clock.now() - timedelta(days=2, hours=2))
        sentence, context = shown(browser, "assignment", "&by=hour_of_week")
        told.append(sentence)
        cells = [hour for day in context["week"] for hour in day["hours"] if hour["text"]]
        assert sum(int(hour["text"]) for hour in cells) == int(total_of(context))
        assert ends(sentence) == by_hand(context)
    assert ends(told[0]) is None
    assert ends(told[1]) is not None


@pytest.mark.parametrize("name", ["rita", "cleo"])
def test_the_sentence_of_the_clock_is_computed_from_the_leads_and_what_happened(house, lived, client_of, name):
    browser, told = client_of(house.people[name]), []
    for again in range(2):
        if again:
            more_happens(house)
        page = browser.get("/overview/?period=last-30")
        mine, is_house = [house.ana, house.ben], name == "rita"
        leads = Lead.objects.filter(pk__in=Event.objects.filter(kind="transition").values("lead_id"))
        ours = leads if is_house else leads.filter(development_owner__in=mine)
        moved = Event.objects.filter(kind="transition", lead_id__in=ours.values("pk"))

        def number(moved=moved, **of) -> int:
            return moved.filter(**of).count()

        held = leads.filter(status__in=("assigned", "working"))
        in_hand = (held if is_house else held.filter(owner__in=mine)).count()
        expected = (
            f"{in_hand} in hand, {ours.filter(status='nurture').count()} not now. In {page.context['period']}:"
            f" {number(from_status='raw', to_status='assigned')} newly assigned, 0 came round again;"
            f" {number(to_status='qualified')} became now, {number(to_status='nurture')} not now, {number(to_status='unqualified')} never."
        )
        # Who is stuck is counted and clicked in `test_stuck.py` and `test_clock_crawl.py`.
        if late := sum(page.context["life"].stuck.values()):
            expected += f" {late} {'stays longer than it' if late == 1 else 'stay longer than they'} should."
        html = unescape(page.content.decode())
        told.append(page.context["sentence"])
        assert told[-1] == expected
        assert f'aria-label="The clock: {expected}"' in html
        assert expected in re.sub(r"<[^>]+>", "", re.search(r"<figcaption>(.*?)</figcaption>", html)[1])
    assert told[0] != told[1]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ({"A": (1, 20), "B": (1, 20)}, " The same for each source."),
        ({"A": (1, 20), "B": (1, 20), "C": (9, 19)}, " The same for each source with 20 or more."),
        ({"A": (4, 20), "B": (1, 20)}, " Highest: A (20 %); lowest: B (5 %)."),
        ({"A": (4, 20), "B": (1, 20), "C": (9, 10)}, " Of those with 20 or more the highest: A (20 %); lowest: B (5 %)."),
    ],
)  # fmt: skip
def test_a_sentence_does_not_speak_for_those_that_are_too_few_to_judge(lines, says):
    """Their bars are drawn too, hatched, and may be the longest."""
    metric = METRICS["pick-up"]
    by, name = metric.relation.dimension("source"), "rate"
    found = [answers.Line(key, key, {name: answers.Cell(n / of, n, of)}) for key, (n, of) in lines.items()]
    n, of = (sum(line.cells[name].n for line in found), sum(line.cells[name].of for line in found))
    total = answers.Line(None, "", {name: answers.Cell(n / of, n, of)})
    before = answers.Line(None, "", {name: answers.Cell(None, 0, 0)})
    asked = answers.Answer(metric, named("last-30", clock.now()), Filters(), None, by, total, before, found)

    assert words.sentence(asked, metric.measure(name)).endswith(says)
