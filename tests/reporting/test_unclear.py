"""A question that is not understood is answered with what is wrong, where, by every report at every door (SAFE-3), and never breaks one."""

from datetime import timedelta

import pytest

from accounts import clock
from accounts.models import Event
from leads.models import Source
from reporting.forms import MANY
from reporting.metrics import METRICS
from tests.factories import put

pytestmark = pytest.mark.django_db
DOORS = ("/reports/{}/", "/reports/{}/file/", "/reports/{}/rows/", "/api/v1/reports/{}/", "/api/v1/reports/{}/rows/")
NEVER = "A day between 1 Jan 1971 and 31 Dec 2199."
NONE_SUCH = "There is no “{}” to choose here, or not for you."
# What is asked; the field it is about, as the API names it, empty for none of ours; what the page calls it, and says of it.
ASKED = [
    ({"first": "0002-01-01", "last": "2026-01-31"}, "first", "From", NEVER),
    ({"first": "2026-01-01", "last": "9998-12-31"}, "last", "To", NEVER),
    ({"first": "2300-01-01", "last": "2026-12-31"}, "first", "From", NEVER),
    ({"first": "2026-02-01", "last": "2026-01-01"}, "last", "To", "1 Jan 2026 is before 1 Feb 2026, the first day."),
    ({"first": "1980-01-01", "last": "2026-01-01"}, "last", "To", "At most ten years after the first day."),
    ({"first": "2026-02-30", "last": "2026-03-01"}, "first", "From", "That is no day. Write it as 2026-10-31."),
    ({"first": "2026-02-01"}, "last", "To", "Say the first day and the last."),
    ({"last": "2026-02-01"}, "first", "From", "Say the first day and the last."),
    ({"period": "last-0"}, "period", "Period", NONE_SUCH.format("last-0")),
    ({"as_of": "2199-01-01"}, "as_of", "As known on", "1 Jan 2199 has not come yet: nothing is known as of then."),
    ({"as_of": "0002-01-01"}, "as_of", "As known on", NEVER),
    ({"as_of": "soon"}, "as_of", "As known on", "That is no day. Write it as 2026-10-31."),
    ({"by": "moon"}, "by", "Told apart by", NONE_SUCH.format("moon")),
    ({"team": str(2**70)}, "team", "Team", NONE_SUCH.format(2**70)),
    ({"rep": "ana"}, "rep", "Rep", NONE_SUCH.format("ana")),
    ({"colour": "red"}, "colour", "", "There is no “colour” to ask here."),
]  # fmt: skip
OF_SOME = [
    ({"source": "0"}, "source", "Source"),
    ({"motion": "x"}, "motion", "Motion"),
    ({"segment": "a\x00b"}, "segment", "Segment"),
    ({"segment": "x" * 41}, "segment", "Segment"),
    ({"cycle": "0"}, "cycle", "Round"),
    ({"cycle": str(10**30)}, "cycle", "Round"),
    ({"again": "maybe"}, "again", "Came round again"),
    ({"matured": "0"}, "matured", "Matured only"),
]


def said(answer) -> tuple[int, list]:
    """Return what a door answers: its status, and each thing that is wrong with where it is."""
    if answer.status_code == 422:
        return 422, [(problem["where"], problem["why"]) for problem in answer.context["problems"]]
    return answer.status_code, [error["field"] for error in answer.json()["errors"]]


@pytest.mark.parametrize("name", sorted(METRICS))
def test_what_no_report_can_be_asked_is_refused_at_every_door(house, client_of, name):
    browser = client_of(house.rita)
    for asked, field, where, why in ASKED:
        answers = [said(browser.get(door.format(name), asked)) for door in DOORS]
        assert (asked, answers[:3]) == (asked, 3 * [(422, [(where, why)])])
        assert (asked, answers[3:]) == (asked, 2 * [(400, [field])])
    assert Event.objects.filter(kind="export").count() == 0


@pytest.mark.parametrize("name", sorted(METRICS))
def test_a_filter_that_means_nothing_is_refused_by_its_name_also_where_it_is_none_of_this_report(
    house, client_of, name
):
    put(None, "working", owner=house.ana, at=clock.now() - timedelta(days=1))
    browser = client_of(house.rita)
    offered = browser.get(f"/reports/{name}/").context["form"].fields
    for asked, field, where in OF_SOME:
        for door in DOORS:
            status, problems = said(browser.get(door.format(name), asked))
            if status == 422 and field not in offered:
                assert problems == [("", f"{where} is not asked here, or not by you.")]
            else:
                assert (asked, status, problems) in [(asked, 422, [(where, problems[0][1])]), (asked, 400, [field])]


@pytest.mark.parametrize(
    ("address", "name", "api"),
    [
        *((f"/reports/{name}/rows/?", "after", f"/api/v1/reports/{name}/rows/?") for name in sorted(METRICS)),
        ("/overview/leads/?state=assigned&motion=slg&pile=all&", "after", "/api/v1/overview/leads/?state=assigned&motion=slg&"),
        ("/overview/moves/?move=raw&", "before", "/api/v1/overview/moves/?move=raw&"),
    ],
)  # fmt: skip
def test_a_place_in_a_list_that_is_none_is_refused(house, client_of, address, name, api):
    browser = client_of(house.rita)
    lost = ("Page", "That is no place in this list. Begin at its first page.")
    for after in ("x", "-1", "1.5", "٣", str(2**63), "9" * 400, "1\x00"):
        assert said(browser.get(address, query_params=_also(address, name, after))) == (422, [lost])
        assert said(browser.get(api, query_params=_also(api, "cursor", after))) == (400, ["cursor"])


def _also(address: str, name: str, value: str) -> dict[str, str]:
    pairs = [pair.split("=") for pair in address.partition("?")[2].split("&") if pair]
    return dict(pairs) | {name: value}


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("/overview/?period=never", ("Period", NONE_SUCH.format("never"))),
        ("/overview/?first=2026-01-01", ("To", "Say the first day and the last.")),
        ("/overview/?first=0002-01-01&last=2026-02-01", ("From", NEVER)),
        ("/overview/?sorce=3", ("", "There is no “sorce” to ask here.")),
        ("/overview/moves/?move=raw&last=2026-01-01", ("From", "Say the first day and the last.")),
        ("/overview/leads/?pile=all&sorce=3", ("", "There is no “sorce” to ask here.")),
        ("/reports/mine/?team=1", ("", "There is no “team” to ask here.")),
        ("/reports/mine/file/?period=never", ("Period", NONE_SUCH.format("never"))),
        ("/reports/two/?motion=slg", ("", "There is no “motion” to ask here.")),
        (
            "/reports/two/?as_of=2999-01-01",
            ("As known on", "1 Jan 2999 has not come yet: nothing is known as of then."),
        ),
        ("/reports/two/file/?period=days", ("From", "Say the first day and the last, or choose a period.")),
        ("/reports/pay/?person=1", ("", "There is no “person” to ask here.")),
        ("/reports/pick-up/?drawn=moon", ("Drawn", "There is no figure “moon” in this report.")),
    ],
)
def test_the_other_pages_of_figures_say_too_what_is_wrong_and_where(house, client_of, address, problem):
    answer = client_of(house.rita).get(address)

    assert said(answer) == (422, [problem])
    assert all(word in answer.content.decode() for word in (problem[1], "No figures: what is asked is not understood."))


def test_the_form_stands_beside_what_is_wrong_and_keeps_the_rest(house, client_of):
    page = client_of(house.rita).get("/reports/pick-up/rows/?measure=rate&first=2026-02-01&last=2026-01-01&by=rep")

    html = page.content.decode()
    assert 'action="/reports/pick-up/"' in html
    assert '<option value="rep" selected>' in html
    assert 'aria-invalid="true" aria-describedby="id_last_error"' in html


def test_a_number_of_ones_own_is_no_secret_and_anothers_is_refused(house, client_of):
    browser, own = client_of(house.ana), f"/reports/pick-up/rows/?measure=rate&rep={house.ana.pk}"

    assert browser.get(own).status_code == 200
    assert said(browser.get(own.replace(str(house.ana.pk), str(house.ben.pk)))) == (
        422,
        [("", "Rep is not asked here, or not by you.")],
    )


@pytest.mark.parametrize("name", ["source", "campaign"])
def test_of_many_sources_the_last_is_understood_too(house, client_of, name):
    """A list offers the first of many; whoever has the number of another is not told that there is none."""
    fair = Source.objects.create(name="Fair")
    parent = fair if name == "campaign" else None
    Source.objects.bulk_create(Source(name=f"No. {n:03}", parent=parent) for n in range(MANY + 1))
    last = Source.objects.filter(parent=parent).order_by("name").last()

    page = client_of(house.rita).get(f"/reports/assignment/?{name}={last.pk}")

    assert page.context["form"].filters().chosen() == {name: last.pk}
    assert len(page.context["form"].fields[name].choices) == MANY + 2


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("?segment=nowhere", "This question finds nothing. Take off Segment."),
        ("?segment=nowhere&cycle=9&motion=slg", "This question finds nothing. Take off Motion, Segment or Round."),
        ("", None),
    ],
)
def test_a_question_that_finds_nothing_says_which_filters_to_take_off(house, client_of, asked, says):
    page = client_of(house.rita).get(f"/reports/pick-up/{asked}")

    assert (page.status_code, "This question finds nothing" in page.content.decode()) == (200, says is not None)
    assert says is None or says in page.content.decode()


@pytest.mark.parametrize(("name", "is_told"), [("ana", True), ("cleo", False), ("rita", False)])
def test_a_rep_is_told_that_their_teams_figures_are_sums(house, client_of, name, is_told):
    page = client_of(house.people[name]).get("/reports/mine/").content.decode()

    assert ("Of your team you see the sums; your own open to their rows." in page) == is_told
