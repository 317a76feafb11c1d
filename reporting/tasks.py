"""Jobs of the figures. Listed in `leadops/schedules.py`."""

from accounts import clock
from reporting import counting, pay


def count() -> str:
    """Count how many leads stand where."""
    return f"{counting.count(clock.now())} figures"


def freeze_pay() -> str:
    """Write the pay statements of months that have closed."""
    now = clock.now()
    return f"{sum(pay.freeze(month, at=now) for month in pay.months_to_freeze(now))} lines"
