"""The pages of people: the door (in, out, second factor), and what one sets for oneself."""

from .doors import DEMO_PEOPLE, Code, SetUpCode, SignIn, SignOut, company, company_back
from .mailbox import mailbox
from .own import FIRST_PAGE, account, home, keys, recovery_codes
from .told import bell, messages, read, ways

__all__ = [
    "DEMO_PEOPLE",
    "FIRST_PAGE",
    "Code",
    "SetUpCode",
    "SignIn",
    "SignOut",
    "account",
    "bell",
    "company",
    "company_back",
    "home",
    "keys",
    "mailbox",
    "messages",
    "read",
    "recovery_codes",
    "ways",
]
