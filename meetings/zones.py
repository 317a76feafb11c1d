"""In which time zone somebody most likely sits, by the name or code of their country. Pure; read once from the shipped table of zones.

Called by booking's page to propose a zone; who books may always choose another. A country with several zones proposes the first the
table lists, which is where most people are.
"""

import zoneinfo
from functools import cache
from importlib import resources


@cache
def _countries() -> dict[str, list[str]]:
    """Return the zones of each country, by its code and by its name in lower case."""
    folder = resources.files("tzdata") / "zoneinfo"
    found: dict[str, list[str]] = {}
    for line in (folder / "zone.tab").read_text().splitlines():
        if line and not line.startswith("#"):
            code, _place, zone = line.split("\t")[:3]
            found.setdefault(code.casefold(), []).append(zone)
    for line in (folder / "iso3166.tab").read_text().splitlines():
        if line and not line.startswith("#"):
            code, name = line.split("\t")
            if code.casefold() in found:
                found[name.casefold()] = found[code.casefold()]
    for spoken, code in (
        ("united kingdom", "gb"),
        ("usa", "us"),
        ("uk", "gb"),
        ("czechia", "cz"),
        ("south korea", "kr"),
    ):
        found[spoken] = found[code]
    return found


def of_country(country: str) -> str:
    """Return a country's first zone, nothing for what is no country."""
    zones = _countries().get(country.strip().casefold(), [])
    return zones[0] if zones else ""


def known(name: str) -> str:
    """Return a zone's name if it is one, else nothing."""
    return name if name in names() else ""


@cache
def names() -> tuple[str, ...]:
    """List the zones people live in, by name."""
    kept = {zone for zones in _countries().values() for zone in zones}
    return tuple(sorted(kept & zoneinfo.available_timezones() | {"UTC"}))
