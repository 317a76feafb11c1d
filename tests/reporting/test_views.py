"""The overview: counts by state and motion, the house's for those who see sums, the team's for a manager."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.models import Lead
from reporting import figures
from tests.factories import LeadFactory, product_led, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def leads(house):
    """One of each: three of North, one of South, one of nobody's, one of the product's, one gone."""
    put(None, "working", owner=house.ana)
    put(None, "nurture", owner=house.ben)
    put(None, "raw", team=house.north)
    put(None, "assigned", owner=house.dov)
    LeadFactory()
    product_led()
    LeadFactory(gone_as="undone")


def counts(response) -> dict:
    lines = response.context["lines"]
    return {line.status: (line.slg, line.plg) for line in lines if line.total}


@pytest.mark.parametrize("name", ["rita", "mark", "lena", "root"])
def test_the_house_is_counted_for_those_who_see_its_sums(house, leads, client_of, name):
    response = client_of(house.people[name]).get("/overview/")
    assert counts(response) == {"raw": (2, 0), "assigned": (1, 1), "working": (1, 0), "nurture": (1, 0)}
    assert response.context["total"] == 6


def test_a_manager_counts_their_team(house, leads, client_of):
    assert counts(client_of(house.cleo).get("/overview/")) == {"raw": (1, 0), "working": (1, 0), "nurture": (1, 0)}


def test_a_manager_of_managers_counts_the_teams_below(house, leads, client_of):
    assert client_of(house.nora).get("/overview/").context["total"] == 4


@pytest.mark.parametrize("name", ["ana", "eva", "carl"])
def test_who_has_numbers_of_their_own_only_is_told_so(house, leads, client_of, name):
    response = client_of(house.people[name]).get("/overview/")
    assert response.status_code == 403
    assert "The overview is for managers, RevOps, marketing and leadership." in response.content.decode()


def test_a_house_without_leads_says_what_comes_next(house, client_of):
    assert "No leads yet" in client_of(house.lena).get("/overview/").content.decode()


def test_the_overview_names_no_person(house, leads, client_of):
    text = client_of(house.lena).get("/overview/").content.decode()
    assert [word for word in ("Marta", "Ana Berg", "Ben Ito", "Nordlicht") if word in text] == []


def test_counting_costs_one_query_however_many_leads(house, leads):
    with CaptureQueriesContext(connection) as queries:
        assert sum(line.total for line in figures.by_state(Lead.objects.all())) == 7
    assert len(queries) == 1
