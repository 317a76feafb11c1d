"""Made-up people: who they are, and how they will behave. Drawn from a seed, so that the same seed makes the same people."""

import unicodedata
from dataclasses import dataclass
from random import Random

from leadops.simulation.names import COUNTRIES, FREE_MAIL, NOT_A_BUYER, TITLES

WILLS = {"now": 22, "later": 24, "silent": 32, "never": 10, "small": 5, "stop": 4, "self": 3}


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody says they are."""

    first_name: str
    last_name: str
    company: str
    email: str
    title: str = ""
    phone: str = ""
    website: str = ""
    country: str = ""

    def facts(self) -> dict[str, str]:
        """Return what a form about them would hold."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class Nature:
    """How somebody behind a lead behaves, which nobody in the company knows: what they want in the end, how likely they are
    reached by one touch, and how often a rep tries before giving up."""

    will: str
    reached: float
    tries: int


def nature(random: Random) -> Nature:
    """Draw how somebody behaves."""
    will = random.choices(list(WILLS), list(WILLS.values()))[0]
    reached = 0.0 if will == "silent" and random.random() < 0.7 else random.uniform(0.15, 0.6)
    return Nature(will, reached, random.choice((3, 4, 5, 6, 7, 8)))


class Maker:
    """Makes people, no two with one address; now and then a colleague of somebody made before."""

    def __init__(self, random: Random):
        self.random = random
        self.companies: list[tuple[int, str, str]] = []
        self.addresses: set[str] = set()
        self.reserved: set[str] = set()  # domains of companies that chance leaves alone

    def person(self, *, is_buyer: bool = True) -> Person:
        """Make one more person."""
        pick = self.random.choice
        if self.companies and self.random.random() < 0.25:
            number, company, domain = pick(self.companies)
        else:
            number, company, domain = self._company()
        country = COUNTRIES[number]
        first, last = pick(country.first.split()), pick(country.last.split()).replace("_", " ")
        private = not is_buyer or self.random.random() < 0.06
        email = self.address(first, last, FREE_MAIL if private else domain)
        phone = "".join(str(self.random.randrange(10)) if c == "#" else c for c in country.phone)
        return Person(
            first, last, company, email,
            title=pick(TITLES) if is_buyer else pick(NOT_A_BUYER),
            phone=phone if self.random.random() < 0.85 else "",
            website=domain if self.random.random() < 0.3 else "", country=country.name,
        )  # fmt: skip

    def _company(self) -> tuple[int, str, str]:
        number = self.random.choices(range(len(COUNTRIES)), [c.weight for c in COUNTRIES])[0]
        country = COUNTRIES[number]
        name = f"{self.random.choice(country.stems.split())} {self.random.choice(country.trades.split())}".replace(
            "_", " "
        )
        made = (number, name, domain_of(name))
        if made[2] in self.reserved:
            return self._company()
        if made not in self.companies:
            self.companies.append(made)
        return made

    def address(self, first: str, last: str, domain: str) -> str:
        name = f"{plain(first)}.{plain(last).replace(' ', '')}"
        number, address = 1, f"{name}@{domain}"
        while address in self.addresses:
            number += 1
            address = f"{name}{number}@{domain}"
        self.addresses.add(address)
        return address


def domain_of(company: str) -> str:
    """Return the domain of a made-up company."""
    return f"{plain(company).replace(' ', '-')}.example"


def plain(text: str) -> str:
    """Return a name as it stands in an address: small letters without accents."""
    text = text.lower().replace("ø", "o").replace("ł", "l").replace("ß", "ss").replace("æ", "ae")
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if c.isascii() and (c.isalnum() or c in " -"))
