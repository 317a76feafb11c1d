"""The small cast of the tests, and their teams: North and South below Sales.

Take `house` for all of them at once, or one person by name; `client_of(person)` is their browser.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from django.test import Client

from accounts import changes
from accounts.models import Membership, Role, Team, User

PEOPLE = {
    "ana": ("Ana Berg", Role.SDR),
    "ben": ("Ben Ito", Role.SDR),
    "dov": ("Dov Katz", Role.SDR),
    "eva": ("Eva Lund", Role.AE),
    "finn": ("Finn Hart", Role.AE),
    "carl": ("Carl Voss", Role.CSM),
    "cleo": ("Cleo Marsh", Role.MANAGER),
    "hugo": ("Hugo Reyes", Role.MANAGER),
    "nora": ("Nora Falk", Role.MANAGER),
    "rita": ("Rita Olsen", Role.REVOPS),
    "mark": ("Mark Twist", Role.MARKETING),
    "lena": ("Lena Storm", Role.LEADERSHIP),
    "api": ("Web site", Role.API),
}
MEMBERS = {"North": ("ana", "ben"), "South": ("dov",)}
MANAGERS = {"Sales": "nora", "North": "cleo", "South": "hugo"}


@dataclass(frozen=True)
class House:
    """Everybody by name, and the teams by name."""

    people: dict[str, User]
    teams: dict[str, Team]

    def __getattr__(self, name: str) -> User | Team:
        try:
            return self.people.get(name) or self.teams[name.capitalize()]
        except KeyError:
            raise AttributeError(name) from None


@pytest.fixture
def house(db) -> House:
    """Everybody, and who is below whom: Nora over Cleo (North: Ana, Ben) and Hugo (South: Dov); for as long as anybody remembers."""
    with changes.dated(datetime(2020, 1, 1, tzinfo=UTC)):
        return _house()


def _house() -> House:
    people = {
        name: User(
            username=name,
            name=full,
            role=role,
            email=f"{name}@leadops.example",
            is_staff=role in (Role.MANAGER, Role.REVOPS),
        )
        for name, (full, role) in PEOPLE.items()
    }
    people["root"] = User(username="root", name="Root", role=Role.REVOPS, is_staff=True, is_superuser=True)
    for user in people.values():
        user.set_unusable_password()
    User.objects.bulk_create(people.values())
    sales = Team.objects.create(name="Sales", manager=people["nora"])
    teams = {"Sales": sales} | {
        name: Team.objects.create(name=name, parent=sales, manager=people[MANAGERS[name]]) for name in MEMBERS
    }
    Membership.objects.bulk_create(
        Membership(user=people[name], team=teams[team]) for team, names in MEMBERS.items() for name in names
    )
    return House(people, teams)


def _person(name: str):
    @pytest.fixture(name=name)
    def person(house):
        return house.people[name]

    return person


for _name in (*PEOPLE, "root"):
    globals()[_name] = _person(_name)


@pytest.fixture
def north(house) -> Team:
    return house.teams["North"]


@pytest.fixture
def south(house) -> Team:
    return house.teams["South"]


@pytest.fixture
def client_of():
    """Return a function that opens a browser signed in as a person."""

    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in
