"""The geometry of the clock: counts in, shapes out, for a template to draw (design, 6). Pure, and free of words that are not handed in.

Above the horizon somebody has the lead in hand: Assigned from 9 to 12, Working from 12 to 3; below it lies Not now. The outer lane is
sales-led, the inner product-led. Along a lane leads stand by age, so that what is late piles up before the next gate. Ribbons at the
gates are moves of the period, all on one scale. The hand points at the worst pile. Angles are degrees clockwise from 12; colours are
classes, never attributes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from math import cos, radians, sin

from reporting.life import KINDS, TO_HAND, Life

TOP = {"assigned": (276, 356.5), "working": (3.5, 84)}
NIGHT = (96, 264)
WEIGHT = {"late": 1, "over": 2}
# Lateness has weight and not only colour: at risk is cut now and then, missed often, and what is breached stands out of its lane.
CUT, WIDER = ("risk", "late"), 9
PLACES = {"slg": "sales-led", "plg": "product-led"}
NAMES = {"assigned": "Assigned", "working": "Working"}


@dataclass(frozen=True)
class Face:
    """One size of the drawing."""

    name: str
    w: float
    h: float
    cx: float
    cy: float
    slg: float
    slg_w: float
    plg: float
    plg_w: float
    night: float
    night_w: float
    ticks: float
    rim: float
    hand: float
    flow: float
    reach: float
    least: float
    s: float  # scale of details

    @property
    def edge(self) -> float:
        return self.slg + self.slg_w / 2 + (10 if self.is_wide else 6)

    @property
    def is_wide(self) -> bool:
        return self.name == "wide"


WIDE = Face("wide", 1120, 590, 560, 290, 190, 34, 150, 24, 168, 44, 217, 238, 76, 44, 150, 1.6, 1)
SMALL = Face("small", 336, 324, 168, 168, 112, 22, 86, 15, 98, 28, 128, 135, 52, 26, 36, 2.6, 0.62)


@dataclass
class Drawing:
    """The shapes of one face, in the order in which they are drawn."""

    face: Face
    shapes: list[dict] = field(default_factory=list)
    arcs: list[dict] = field(default_factory=list)
    over: list[dict] = field(default_factory=list)
    names: list[dict] = field(default_factory=list)
    worst: tuple | None = None

    def at(self, radius: float, angle: float) -> tuple[float, float]:
        return self.face.cx + radius * sin(radians(angle)), self.face.cy - radius * cos(radians(angle))

    def arc(self, radius: float, start: float, end: float, is_back: bool = False) -> str:
        (x0, y0), (x1, y1) = self.at(radius, start), self.at(radius, end)
        return f"M{n(x0)} {n(y0)}A{n(radius)} {n(radius)} 0 {int(abs(end - start) > 180)} {int(not is_back)} {n(x1)} {n(y1)}"


def n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".") if "." in f"{value:.1f}" else f"{value:.1f}"


def clock_face(life: Life, face: Face, link: Callable[[str, str, str], str]) -> Drawing:
    """Draw one face; `link` says where a pile's leads are listed, or nothing."""
    d = Drawing(face)
    _ground(d)
    _ribbons(d, life)
    for state, (start, end) in TOP.items():
        for motion, radius, width in (("slg", face.slg, face.slg_w), ("plg", face.plg, face.plg_w)):
            parts = life.piles(state, motion)
            urls = [link(state, motion, pile) for pile, _number, _words in parts]
            _lane(d, radius, width, (start, end), parts, urls, f"{NAMES[state]}, {PLACES[motion]}")
    night = [(kind, life.kinds[word], word) for kind, word in KINDS]
    _lane(d, face.night, face.night_w, NIGHT, night, [link("nurture", "", word) for _k, _n, word in night], "Not now")
    _due(d, life)
    d.shapes += _ticks(face)
    _gates(d)
    _hand(d)
    _names(d)
    return d


def _ground(d: Drawing) -> None:
    f, r = d.face, d.face.edge
    for cls, a, b in (("c-day", -r, r), ("c-night", r, -r)):
        d.shapes.append({"cls": cls, "d": f"M{n(f.cx + a)} {n(f.cy)}A{n(r)} {n(r)} 0 0 1 {n(f.cx + b)} {n(f.cy)}Z"})


@cache
def _ticks(f: Face) -> list[dict]:
    """Draw the minutes of a face, and every fifth longer; they never change."""
    d = Drawing(f)
    lines: dict[bool, list[str]] = {False: [], True: []}
    for minute in (m for m in range(60) if m not in (15, 45)):
        is_five = minute % 5 == 0
        length = (7 if is_five else 4) if f.is_wide else (4 if is_five else 2)
        (x0, y0), (x1, y1) = d.at(f.ticks, minute * 6), d.at(f.ticks + length, minute * 6)
        lines[is_five].append(f"M{n(x0)} {n(y0)}L{n(x1)} {n(y1)}")
    return [{"cls": f"c-tick{' c-tick--five' * five}", "d": "".join(path)} for five, path in lines.items()]


def _ribbons(d: Drawing, life: Life) -> None:
    """Draw moves in and out, all on one scale: the larger of the two is as wide as the face allows."""
    f, s = d.face, d.face.s
    count = {name: life.moved(*pairs) for name, pairs in TO_HAND.items()}
    scale = f.flow / max(1, count["raw"] + count["again"], count["now"] + count["notnow"] + count["never"])
    wide = {name: max(1.5, number * scale) if number else 0 for name, number in count.items()}
    _pour(d, -1, 264, wide["again"], f.night - 4 * s, "again")
    _pour(d, 1, 96, wide["notnow"], f.night - 2 * s, "notnow")
    left, x = f.cx - f.edge - f.reach, f.cx - f.slg - f.slg_w / 2
    if w := wide["raw"]:
        y = f.cy - w / 2 - 2 * s
        d.shapes.append({"cls": "c-flow c-flow--raw", "width": n(w), "d": f"M{n(left)} {n(y)}H{n(x - 26 * s)}Q{n(x + f.slg_w / 2)} {n(y)}"
                         f" {n(x + f.slg_w / 2)} {n(y - 22 * s)}"})  # fmt: skip
    right, now, never = f.cx + f.edge + f.reach, wide["now"], wide["never"]
    x_now = f.cx + f.slg + f.slg_w / 2 - now / 2
    x_never, y_never = x_now - now / 2 - never / 2 - 4 * s, f.cy + (140 if f.is_wide else 84)
    if now:
        d.shapes.append({"cls": "c-flow c-flow--now", "width": n(now), "d": f"M{n(x_now)} {n(f.cy - 22 * s)}Q{n(x_now)} {n(f.cy)}"
                         f" {n(x_now + 26 * s)} {n(f.cy)}H{n(right)}"})  # fmt: skip
        _tip(d, right, f.cy, now, "now")
    if never:
        d.shapes.append({"cls": "c-flow c-flow--never", "width": n(never), "d": f"M{n(x_never)} {n(f.cy - 21 * s)}C{n(x_never)}"
                         f" {n(f.cy + 84 * s)} {n(x_never + 30 * s)} {n(y_never)} {n(right)} {n(y_never)}"})  # fmt: skip
        _tip(d, right, y_never, never, "never")


def _pour(d: Drawing, side: int, angle: float, width: float, radius: float, cls: str) -> None:
    """Draw a ribbon that widens into the night, or narrows out of it."""
    f = d.face
    if not width:
        return
    (ix, iy), (ox, oy) = d.at(f.night - f.night_w / 2, angle), d.at(f.night + f.night_w / 2, angle)
    x, y = f.cx + side * radius, f.cy - 21 * f.s
    a, b = x - side * width / 2, x + side * width / 2
    path = f"M{n(a)} {n(y)}C{n(a)} {n(f.cy)} {n(ix)} {n(f.cy)} {n(ix)} {n(iy)}L{n(ox)} {n(oy)}"
    d.shapes.append({"cls": f"c-pour c-pour--{cls}", "d": f"{path}C{n(ox)} {n(f.cy)} {n(b)} {n(f.cy)} {n(b)} {n(y)}Z"})


def _tip(d: Drawing, x: float, y: float, width: float, cls: str) -> None:
    t, s = max(width, 5 * d.face.s), d.face.s
    half, out = t / 2 + 4 * s, t * 0.6 + 8 * s
    d.shapes.append(
        {"cls": f"c-tip c-tip--{cls}", "d": f"M{n(x)} {n(y - half)}l{n(out)} {n(half)}l{n(-out)} {n(half)}Z"}
    )


def _lane(d: Drawing, radius, width, span, parts, urls, name) -> None:
    """Draw one lane: each part's share of the angle, none thinner than can be seen, taken from the largest."""
    start, end = span
    d.shapes.append({"cls": "c-track", "width": n(width), "d": d.arc(radius, start, end)})
    total = sum(number for _pile, number, _words in parts)
    if not total:
        return
    sizes = [max(d.face.least, (end - start) * number / total) if number else 0 for _pile, number, _words in parts]
    largest = max(range(len(sizes)), key=sizes.__getitem__)
    sizes[largest] -= sum(sizes) - (end - start)
    at = start
    for (pile, number, words), size, url in zip(parts, sizes, urls, strict=True):
        if not number:
            continue
        gap = 0.35 if size > 1.2 else 0
        path = d.arc(radius, at + gap, at + size - gap)
        thick = width + WIDER * d.face.s if pile == "over" else width
        d.arcs.append({"cls": f"c-arc c-arc--{pile}", "width": n(thick), "d": path, "url": url, "label": f"{name}, {words}: {number:,}",
                       "cut": f"c-cut c-cut--{pile}" if pile in CUT else "", "cut_width": n(width)})  # fmt: skip
        if pile in WEIGHT:
            pile_at = (WEIGHT[pile], number, at + size / 2, radius - width / 2)
            d.worst = max(d.worst or pile_at, pile_at)
        at += size


def _due(d: Drawing, life: Life) -> None:
    total = sum(life.kinds.values())
    if life.due and total:
        f = d.face
        size = min(168, max(3, 168 * life.due / total))
        d.shapes.append({"cls": "c-arc c-arc--due", "width": "4" if f.is_wide else "3",
                         "d": d.arc(f.night + f.night_w / 2 + (6 if f.is_wide else 4), NIGHT[1] - size, NIGHT[1])})  # fmt: skip


def _gates(d: Drawing) -> None:
    """Say which way time runs."""
    f, c = d.face, 5 if d.face.is_wide else 3.5
    for radius, angle, way, cls in (((f.slg + f.plg) / 2, 0, 1, "c-gate"), (f.night, 180, -1, "c-gate c-gate--on")):
        x, y = d.at(radius, angle)
        path = f"M{n(x - way * c)} {n(y - c * 1.3)}l{n(way * c * 1.8)} {n(c * 1.3)}l{n(-way * c * 1.8)} {n(c * 1.3)}Z"
        d.over.append({"cls": cls, "d": path})


def _hand(d: Drawing) -> None:
    """Point at the worst pile: breached before missed, then the most leads."""
    f = d.face
    if d.worst:
        _weight, _number, angle, reach = d.worst
        (x0, y0), (x1, y1) = d.at(f.hand, angle), d.at(reach - 7 * f.s, angle)
        for cls, width in (("c-hand-edge", 9 * f.s), ("c-hand", 5 * f.s)):
            d.over.append({"cls": cls, "width": n(width), "d": f"M{n(x0)} {n(y0)}L{n(x1)} {n(y1)}"})
    d.over.append({"cls": "c-horizon", "d": f"M{n(f.cx - f.hand + 8)} {n(f.cy)}H{n(f.cx + f.hand - 8)}"})


def _names(d: Drawing) -> None:
    f = d.face
    lower = f.rim + (11 if f.is_wide else 9)
    rims = (
        ("Assigned", d.arc(f.rim, 270, 360)),
        ("Working", d.arc(f.rim, 0, 90)),
        ("Not now", d.arc(lower, 264, 96, is_back=True)),
    )
    d.names = [{"id": f"rim-{f.name}-{i}", "d": path, "text": text} for i, (text, path) in enumerate(rims)]
