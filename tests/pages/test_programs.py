"""Marketing says which program takes care of whom (LIFE-4, NUR-1): the page, what it keeps, and who may."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Change, Reason

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(house):
    rows = list(Reason.objects.filter(disposition="nurture").order_by("pk")[:2])
    Reason.objects.filter(pk__in=[row.pk for row in rows]).update(program="marketing")
    return rows


def said(was: str, *rows, **programs) -> dict:
    return {f"was-{row.pk}": was for row in rows} | {
        f"program-{row.pk}": new for row, new in zip(rows, programs.values(), strict=True)
    }


def stands(*rows) -> list[str]:
    return [Reason.objects.get(pk=row.pk).program for row in rows]


def test_marketing_gives_a_reason_to_sales_and_its_history_says_who(house, two, client_of):
    mark = client_of(house.mark)

    answer = mark.post("/programs/", said("marketing", *two, one="sales", other="marketing"), follow=True)

    assert stands(*two) == ["sales", "marketing"]
    assert f"{two[0].label}: Sales (one to one) from now on." in answer.content.decode()
    change = Change.objects.filter(table="accounts_reason").latest("pk")
    assert (change.row, change.actor_id, change.door, change.what) == (
        two[0].pk, house.mark.pk, "page", {"program": ["marketing", "sales"]},
    )  # fmt: skip


def test_what_somebody_else_changed_meanwhile_stays_and_is_told(house, two, client_of):
    Reason.objects.filter(pk=two[0].pk).update(program="both")

    answer = client_of(house.mark).post("/programs/", said("marketing", *two, one="sales", other="sales"), follow=True)

    assert stands(*two) == ["both", "sales"]
    assert f"{two[0].label} was changed to Both while you looked." in answer.content.decode()


def test_who_leaves_a_line_alone_takes_nothing_back_that_a_colleague_changed(house, two, client_of):
    Reason.objects.filter(pk=two[0].pk).update(program="both")

    client_of(house.mark).post("/programs/", said("marketing", *two, one="marketing", other="sales"))

    assert stands(*two) == ["both", "sales"]


@pytest.mark.parametrize("new", ["nonsense", "", "<script>"])
def test_what_is_no_program_changes_nothing_at_all(house, two, client_of, new):
    before = Change.objects.count()

    answer = client_of(house.mark).post("/programs/", said("marketing", *two, one="sales", other=new))

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert (stands(*two), Change.objects.count()) == (["marketing", "marketing"], before)


def test_no_other_list_of_reasons_is_reached(house, client_of):
    never = Reason.objects.filter(disposition="unqualified").first()

    client_of(house.mark).post("/programs/", said("", never, one="sales"))

    assert stands(never) == [never.program]


@pytest.mark.parametrize("who", ["ana", "cleo", "lena"])
def test_nobody_else_sets_a_program(house, two, client_of, who):
    client = client_of(house.people[who])

    assert client.get("/programs/").status_code == 403
    assert client.post("/programs/", said("marketing", *two, one="sales", other="sales")).status_code == 403
    assert stands(*two) == ["marketing", "marketing"]


def test_the_page_takes_as_many_queries_for_many_reasons_as_for_few(house, client_of):
    mark = client_of(house.mark)

    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            mark.get("/programs/")
        return len(counted)

    queries()
    few = queries()
    Reason.objects.bulk_create(
        Reason(code=f"x{n}", label=f"X {n}", disposition="nurture", nurture_kind="remarket") for n in range(20)
    )

    assert queries() == few
