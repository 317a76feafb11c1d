"""Names as they are compared: of people and of companies, without accents, case and legal forms.

Called by matching, intake and search, on both sides of every comparison.
"""

import functools
import re
import unicodedata


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


LEGAL = _words(
    "ab ag aktiebolag aktiengesellschaft aps as asa bhd bv bvba co company corp corporation cv doo dooel eg eirl ek eood "
    "eurl ev fze fzco gbr gesmbh ggmbh gmbh gv hf ehf inc incorporated jsc kft kg kgaa kk limited limitada "
    "llc llp lp ltd ltda mbh nv nyrt ohg oo ood oy oyj pbc plc pllc pjsc pte pty pvt private sa sab sae sapa sarl sas "
    "sasu sca scs sdn se sia sl slu snc soc sp spa spol sprl srl sro ua ug uab vof xk zrt ооо оао ао пао зао оод еоод"
)
LEGAL_FIRST = _words("ооо оао ао пао зао ooo oao pao zao uab sia pt the")
JOINING = _words("and und et y i e z")
NO_COMPANY = _words(
    "na none no null nil self selfemployed freelance freelancer private privat personal individual unknown test "
    "student unemployed home nocompany notapplicable x xx xxx"
)
LETTERS = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "&": " and ", "+": " and "}
)
INITIALS = re.compile(r"\b[^\W\d_](?:[./]\s?[^\W\d_]\b)+\.?")


def fold(text: str) -> str:
    """Return a text in lower case without accents: `Müller` and `MULLER` are one."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(LETTERS))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


@functools.lru_cache(maxsize=8_192)
def company_key(name: str) -> str:
    """Return what a company's name is compared by: no accents, punctuation or legal form; '' for no company (ACC-3).

    `Nordlicht Energi A.S.` and `NORDLICHT ENERGI` are one. A name made of nothing but legal forms stays as it is. Words that
    people write where they have no company (`n/a`, `self-employed`) are none.
    """
    text = INITIALS.sub(lambda m: re.sub(r"[./\s]", "", m.group()) + " ", fold(name))
    words = re.sub(r"[^\w]+", " ", re.sub(r"['’`´]", "", text).replace("_", " ")).split()
    if not words or "".join(words) in NO_COMPANY:
        return ""
    kept = words
    if len(kept) > 1 and kept[0] in LEGAL_FIRST:
        kept = kept[1:]
    while len(kept) > 1 and (kept[-1] in LEGAL or (len(kept) < len(words) and kept[-1] in JOINING)):
        kept = kept[:-1]
    return " ".join(kept if any(w not in LEGAL for w in kept) else words)[:200]
