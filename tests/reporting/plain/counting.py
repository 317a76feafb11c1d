"""What all plain computations need: narrowing, shares, percentiles."""

from zoneinfo import ZoneInfo

NAMES = {"source": "source_id", "campaign": "campaign_id", "target": "is_target", "cycle": "number"}


def kept(rows, filters: dict, period) -> list[dict]:
    """Narrow to a period, by the moment of each row, and to what was chosen."""
    zone = ZoneInfo(period.zone)
    days = [r for r in rows if r["at"] and period.first <= r["at"].astimezone(zone).date() < period.until]
    for name, value in filters.items():
        if name == "again":
            days = [r for r in days if r["number"] is not None and (r["number"] > 1) == value]
        elif name == "fully_worked":
            days = [r for r in days if r["fully_worked"]]
        elif name == "rep":
            days = [r for r in days if value in (r["owner_id"], r.get("other_id"))]
        else:
            days = [r for r in days if r[NAMES.get(name, name)] == value]
    return days


def number(rows, test) -> int:
    return sum(1 for r in rows if test(r))


def share(rows, test) -> tuple[int, int]:
    rows = list(rows)
    return number(rows, test), len(rows)


def percentile(values, part: float) -> float | None:
    """Return the value below which this part of them lies, between two neighbours in proportion."""
    values = sorted(values)
    if not values:
        return None
    place = part * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


def average(values) -> float | None:
    values = [float(value) for value in values]
    return sum(values) / len(values) if values else None


def seconds(later, earlier) -> float:
    return (later - earlier).total_seconds()
