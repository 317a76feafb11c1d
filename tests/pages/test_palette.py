"""Every colour that is read can be read: contrast from tokens.css, light and dark (WCAG 2.2, 1.4.3 and 1.4.11)."""

import math
import re
from pathlib import Path

import pytest

CSS = Path(__file__).parents[2] / "leadops" / "static" / "leadops" / "css"
TOKENS = (CSS / "tokens.css").read_text()
GROUNDS = ("paper", "surface", "raised", "sunken", "hover", "action-tint")
ROW_GROUNDS = ("surface", "paper", "hover", "action-tint")
KINDS = ("ok", "risk", "late", "over", "slg", "plg", "now", "notnow", "never")

Rgb = tuple[float, float, float]


def linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def from_hex(text: str) -> Rgb:
    red, green, blue = (linear(int(text[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return red, green, blue


def from_oklch(text: str) -> Rgb:
    lightness, chroma, hue = (float(part.rstrip("%")) for part in text.split())
    lightness /= 100
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def contrast(one: Rgb, other: Rgb) -> float:
    light = [0.2126 * max(0, r) + 0.7152 * max(0, g) + 0.0722 * max(0, b) for r, g, b in (one, other)]
    return (max(light) + 0.05) / (min(light) + 0.05)


def palettes() -> dict[str, dict[str, Rgb]]:
    first, dark = (
        re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", part) for part in TOKENS.split("/* 3.")[0].split("/* 2.")
    )
    both = re.findall(r"--([a-z0-9-]+): light-dark\(oklch\(([^)]+)\), oklch\(([^)]+)\)\);", TOKENS)
    return {
        "sRGB light": {name: from_hex(value) for name, value in first},
        "sRGB dark": {name: from_hex(value) for name, value in dark},
        "oklch light": {name: from_oklch(value) for name, value, _ in both},
        "oklch dark": {name: from_oklch(value) for name, _, value in both},
    }


PALETTES = palettes()
PAIRS = [(ink, ground, 4.5) for ink in ("ink", "ink-2", "ink-3", "action-ink") for ground in GROUNDS]
PAIRS += [(f"{kind}-ink", ground, 4.5) for kind in KINDS for ground in (f"{kind}-tint", *ROW_GROUNDS)]
PAIRS += [("on-action", "action", 4.5), ("on-action", "action-hover", 4.5)]
PAIRS += [("on-over", "over-solid", 4.5), ("ink", "mark", 4.5)]
PAIRS += [(f"{kind}-mark", "surface", 3.0) for kind in KINDS if kind != "over"]
PAIRS += [("line-strong", ground, 3.0) for ground in ("surface", "paper", "raised")]
PAIRS += [("focus", ground, 3.0) for ground in ("surface", "paper", "action-tint")]
PAIRS += [("over-solid", "surface", 3.0), ("action", "surface", 3.0)]


@pytest.mark.parametrize("palette", PALETTES)
def test_every_pair_of_colours_can_be_read(palette):
    colours = PALETTES[palette]
    found = {(ink, ground): contrast(colours[ink], colours[ground]) for ink, ground, _ in PAIRS}
    assert [(ink, ground, found[ink, ground]) for ink, ground, need in PAIRS if found[ink, ground] < need] == []


def test_every_colour_is_declared_in_all_four_palettes():
    assert [sorted(colours) for colours in PALETTES.values()] == [sorted(PALETTES["sRGB light"])] * 4


def test_no_sheet_but_the_tokens_names_a_colour():
    # The backdrop of a dialog is the one exception: it dims whatever lies under it.
    colour = re.compile(r"(?<![\w-])(?:#[0-9a-fA-F]{3,8}\b|(?:rgb|oklch|hsl)a?\([^)]*\))")
    sheets = [sheet for sheet in CSS.glob("*.css") if sheet.name != "tokens.css"]
    found = {sheet.name: colour.findall(sheet.read_text()) for sheet in sheets}
    assert {name: named for name, named in found.items() if named} == {"dialog.css": ["rgb(10 16 20 / 0.45)"]}
