"""What the columns of a file mean: presets for the programs that write such files, and a guess for all others (IN-3).

Called by `leads/importing.py` and the import's pages. A preset is recognised by its header. `name` is a field of the import
only: a full name, parted into first and last.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from leads.intake_rows import FIELDS

IMPORT_FIELDS = (*FIELDS, "name")


@dataclass(frozen=True, slots=True)
class Preset:
    """One program's export. It is recognised when all of one `signs` are in the header. Several columns of one field: the first
    that is not blank."""

    name: str
    label: str
    signs: tuple[frozenset[str], ...]
    columns: Mapping[str, str]
    go_to_market: str = ""


def _signs(*groups: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(group.split(", ")) for group in groups)


PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            "hubspot", "HubSpot", _signs("record id, associated company", "record id, marketing contact status"),
            {
                "record id": "external_id", "first name": "first_name", "last name": "last_name", "email": "email",
                "job title": "title", "phone number": "phone", "office number": "phone", "mobile phone number": "phone",
                "cell number": "phone", "associated company": "company", "company name": "company", "website url": "website",
                "country/region": "country", "original source": "source", "original traffic source": "source",
                "create date": "created_at",
            },
        ),
        Preset(
            "salesforce", "Salesforce", _signs("id, lastname, leadsource", "id, lastname, isconverted"),
            {
                "id": "external_id", "firstname": "first_name", "lastname": "last_name", "email": "email", "title": "title",
                "phone": "phone", "mobilephone": "phone", "company": "company", "website": "website", "country": "country",
                "leadsource": "source", "createddate": "created_at", "description": "note",
            },
        ),
        Preset(
            "pipedrive", "Pipedrive", _signs("person - name, organization - name", "person - name, person - email (work)"),
            {
                "person - id": "external_id", "person - name": "name", "person - first name": "first_name",
                "person - last name": "last_name", "person - job title": "title", "person - phone": "phone",
                "person - email (work)": "email", "person - email (home)": "email", "person - email": "email",
                "organization - name": "company", "note - content": "note",
            },
        ),
        Preset(
            "apollo", "Apollo", _signs("apollo contact id", "person linkedin url, email status"),
            {
                "apollo contact id": "external_id", "first name": "first_name", "last name": "last_name", "title": "title",
                "email": "email", "work direct phone": "phone", "mobile phone": "phone", "corporate phone": "phone",
                "other phone": "phone", "company": "company", "company name": "company", "company name for emails": "company",
                "website": "website", "country": "country",
            },
        ),
        Preset(
            "meta", "Meta lead ads", _signs("created_time, form_id, ad_id", "created_time, form_name, platform"),
            {
                "id": "external_id", "created_time": "created_at", "platform": "source", "campaign_name": "campaign",
                "full_name": "name", "first_name": "first_name", "last_name": "last_name", "email": "email",
                "work_email": "email", "phone": "phone", "phone_number": "phone", "company_name": "company",
                "job_title": "title", "country": "country",
            },
            go_to_market="inbound",
        ),
    )
}  # fmt: skip

# What other files call things, without space and signs.
GUESSES = {
    "email": "email emailaddress mail workemail businessemail",
    "first_name": "firstname givenname forename vorname prenom",
    "last_name": "lastname surname familyname nachname",
    "name": "name fullname contactname leadname",
    "title": "title jobtitle position role",
    "phone": "phone phonenumber mobile mobilephone mobilenumber telephone tel workphone businessphone cell cellphone",
    "company": "company companyname organisation organization account accountname employer firma",
    "website": "website web url companywebsite companydomain domain homepage",
    "country": "country countryregion land",
    "external_id": "externalid leadid contactid recordid mqlid",
    "source": "source leadsource origin originalsource utmsource",
    "campaign": "campaign campaignname utmcampaign",
    "motion": "motion",
    "go_to_market": "gotomarket gtm",
    "created_at": "createdat created createdate createddate creationdate datecreated createdtime createdon firstcontactdate",
    "note": "note notes comment comments message description",
}
GUESS = {word: name for name, words in GUESSES.items() for word in words.split()}


def _plain(column: str) -> str:
    return " ".join(column.rstrip("* ").lower().split())


def recognise(header: Iterable[str]) -> Preset | None:
    """Say which program wrote a file with this header, if any we know."""
    columns = {_plain(column) for column in header}
    return next((preset for preset in PRESETS.values() if any(signs <= columns for signs in preset.signs)), None)


def guess(header: Iterable[str], preset: Preset | None) -> dict[str, str]:
    """Say what each column means: by the preset, else by what files usually call it. Columns that mean nothing to us are left out.

    Without a preset a field is given to the first column that seems to be it.
    """
    if preset:
        return {column: preset.columns[_plain(column)] for column in header if _plain(column) in preset.columns}
    found: dict[str, str] = {}
    for column in header:
        name = GUESS.get(re.sub(r"[^a-z]", "", column.lower()))
        if name and name not in found.values():
            found[column] = name
    return found
