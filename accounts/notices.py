"""What the house itself tells its people, beside leads: what it had to put aside. Read by `accounts/telling.py`."""

from accounts import gathering, messages, telling
from accounts.models import Role, Way

PUT_ASIDE = "The sweep {sweep} failed three times on row {key} and put it aside: {error}"
MAIL = "Mail {mail} was put aside: {error}. It can be sent again from the admin."
WEBHOOK = "What webhook {webhook} should have been told was put aside: its address took nothing for a day. It can be sent again."
REVOPS = (Role.REVOPS,)
KINDS = (
    telling.Kind("parked", "Something was put aside", PUT_ASIDE, Way.BOTH, telling.IN_PAGE, REVOPS),
    telling.Kind("mail_parked", "A mail was put aside", MAIL, Way.PAGE, telling.IN_PAGE, REVOPS),
    telling.Kind("webhook_parked", "A webhook was put aside", WEBHOOK, Way.BOTH, telling.IN_PAGE, REVOPS),
)


def begin() -> None:
    """Add these kinds, and say who puts gathered mails into words. Called when the app is ready."""
    telling.add(*KINDS)
    messages.written_by(gathering.LETTER, gathering.letter)
