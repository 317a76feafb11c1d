"""Jobs of the figures. Listed in `leadops/schedules.py`."""

from accounts import clock
from reporting import counting


def count() -> str:
    """Count how many leads stand where."""
    return f"{counting.count(clock.now())} figures"
