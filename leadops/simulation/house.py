"""The people of a made-up company, their teams, pools and products.

`demo` is the company that `./run` shows; `some` is one of any size for `simulate`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password

from accounts import changes
from accounts.models import Absence, Domain, Membership, Product, Role, Team, User
from leadops.simulation.names import FREE_MAIL
from leads import routing_rules
from leads.models import RoutingRule

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
    "root": ("Root", Role.REVOPS),
}
SELLERS = (
    "Mira Sand", "Timo Frey", "Lou Adler", "Kaya Demir", "Jon Vik", "Ada Moss", "Rui Paz", "Ines Koch", "Sam Reed", "Yara Lund",
    "Max Orth", "Elin Roth", "Theo Blum", "Nia Ward", "Ivo Kern", "Pia Lang",
)  # fmt: skip
PRODUCTS = ("Field Planner", "Route Desk")
HEAD_OFFICE = ZoneInfo("Europe/Berlin")
STAFF = (Role.MANAGER, Role.REVOPS)


@dataclass(slots=True)
class House:
    """Everybody by name, and their teams. `queues` are where sellers pull from, `pool` receives who asks for us."""

    people: dict[str, User] = field(default_factory=dict)
    lines: list[Team] = field(default_factory=list)
    members: dict[int, tuple[str, ...]] = field(default_factory=dict)
    pool: Team | None = None
    products: list[Product] = field(default_factory=list)
    zone: ZoneInfo = HEAD_OFFICE

    def __getitem__(self, name: str) -> User:
        return self.people[name]

    def of(self, *roles: str) -> Iterator[User]:
        """Name everybody in these roles, always in the same order."""
        return (person for person in self.people.values() if person.role in roles and not person.is_superuser)

    def line_of(self, person: User) -> Team:
        """Return the line somebody sells in."""
        return next(line for line in self.lines if person.username in self.members[line.pk])

    def away(
        self, person: User, starts_at: datetime, days: float, delegate: User | None, note: str, *, at: datetime
    ) -> None:
        """Enter an absence at a moment of the made-up time."""
        length = timedelta(days=days)
        with changes.dated(at):
            Absence.objects.create(
                user=person, starts_at=starts_at, ends_at=starts_at + length, delegate=delegate, note=note
            )


def demo(since: datetime) -> House:
    """Hire the demo people, with the password `demo`: North, South and Success below Sales, the pools
    Inbound (who get leads) and Closing (who hold meetings). Found again when there."""
    with changes.dated(since):
        return _demo(since)


def _demo(since: datetime) -> House:
    house = House()
    password = make_password("demo")
    for name, (full, role) in PEOPLE.items():
        house.people[name] = _hire(name, full, role, password, is_superuser=name == "root")
    sales = _team(house, "Sales", house["nora"])
    house.lines = [
        _team(house, "North", house["cleo"], ("ana", "ben"), parent=sales),
        _team(house, "South", house["hugo"], ("dov",), parent=sales),
    ]
    _team(house, "Success", house["nora"], ("carl",), parent=sales)  # nobody pulls from there
    weights = {"ana": 100, "ben": 100, "dov": 50}
    house.pool = _team(house, "Inbound", house["nora"], weights, kind=Team.Kind.POOL)
    _team(house, "Closing", house["nora"], ("eva", "finn"), kind=Team.Kind.POOL)  # who hold meetings in turn
    return _furnish(house, since)


def some(sellers: int, since: datetime) -> House:
    """Hire a company of this many sellers, who cannot sign in: a line for every four, account executives, a success manager, staff."""
    with changes.dated(since):
        return _some(sellers, since)


def _some(sellers: int, since: datetime) -> House:
    house = House()
    names = [f"rep{n + 1}" for n in range(sellers)]
    for n, name in enumerate(names):
        house.people[name] = _hire(name, SELLERS[n % len(SELLERS)], Role.SDR)
    for n in range(max(1, sellers // 3)):
        house.people[f"closer{n + 1}"] = _hire(f"closer{n + 1}", SELLERS[-1 - n % len(SELLERS)], Role.AE)
    house.people["success1"] = _hire("success1", SELLERS[-9], Role.CSM)
    for n in range(-(-sellers // 4)):
        boss = house.people[f"manager{n + 1}"] = _hire(f"manager{n + 1}", f"Manager {n + 1}", Role.MANAGER)
        house.lines.append(_team(house, f"Line {n + 1}", boss, names[n * 4 : n * 4 + 4]))
    house.people["revops"] = _hire("revops", "Rules Keeper", Role.REVOPS)
    house.people["marketing"] = _hire("marketing", "Campaign Maker", Role.MARKETING)
    weights = {name: (100, 100, 50)[n % 3] for n, name in enumerate(names)}
    house.pool = _team(house, "Inbound leads", house["manager1"], weights, kind=Team.Kind.POOL)
    return _furnish(house, since)


def _hire(name: str, full: str, role: str, password: str = "!", is_superuser: bool = False) -> User:
    facts = {
        "name": full, "role": role, "email": f"{name}@leadops.example", "password": password,
        "is_staff": is_superuser or role in STAFF, "is_superuser": is_superuser,
    }  # fmt: skip
    return User.objects.get_or_create(username=name, defaults=facts)[0]


def _team(house: House, name: str, manager: User, members: Iterable[str] = (), **facts) -> Team:
    team = Team.objects.get_or_create(name=name, defaults={"manager": manager, **facts})[0]
    house.members[team.pk] = tuple(members)
    weights = members if isinstance(members, dict) else dict.fromkeys(members, 100)
    for person, weight in weights.items():
        Membership.objects.get_or_create(user=house[person], team=team, defaults={"weight": weight})
    return team


def _furnish(house: House, since: datetime) -> House:
    """What a company has besides people. They all joined before their first made-up day, not today."""
    Membership.objects.filter(user__in=house.people.values()).update(joined_at=since)
    house.products = [Product.objects.get_or_create(name=name)[0] for name in PRODUCTS]
    Domain.objects.get_or_create(name=FREE_MAIL, defaults={"kind": Domain.Kind.FREE})
    if not RoutingRule.objects.exists():
        rules = (("Who comes to us", "inbound", False), ("All others", "", True))
        for order, (name, market, last) in enumerate(rules, 1):
            facts = {"go_to_market": market, "pool": house.pool, "tells_revops": last}
            RoutingRule.objects.create(name=name, order=order * 10, **facts)
        routing_rules.switch_on(by=next(house.of(Role.REVOPS)), at=since)
    return house
