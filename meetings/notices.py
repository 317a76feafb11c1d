"""What is told of meetings and hand-offs; read by the page, the bell and the mail (`accounts/telling.py`)."""

from accounts import telling
from accounts.models import Role, Way

SELLERS = (Role.SDR, Role.AE, Role.CSM, Role.MANAGER)
KINDS = (
    telling.Kind(
        "hand_off_accepted", "What you handed over is accepted", "{lead} was accepted: {sale}.", Way.PAGE, roles=SELLERS
    ),
    telling.Kind(
        "hand_off_refused",
        "What you handed over comes back",
        "{lead} comes back: {sale}.",
        Way.BOTH,
        telling.IN_PAGE,
        SELLERS,
    ),
)


def begin() -> None:
    """Add these kinds. Called when the app is ready."""
    telling.add(*KINDS)
