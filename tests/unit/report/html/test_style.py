"""The style sheet: enough contrast in both themes, nothing from outside, and every colour that charts ask for."""

import re
from importlib.resources import files

import pytest

from shadowbench.report import charts

SHEET = files("shadowbench.report.html").joinpath("report.css").read_text(encoding="utf-8")


def _themes() -> dict[str, dict[str, str]]:
    """Variables of both themes; dark ones stand on the light."""
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in re.findall(r":root \{([^}]+)\}", SHEET)[:2]
    )
    return {"light": light, "dark": light | dark}


def _luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "surface"])
@pytest.mark.parametrize("text", ["ink", "quiet", "link", "better", "worse"])
def test_text_can_be_read(theme: str, ground: str, text: str) -> None:
    colours = _themes()[theme]
    assert _contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"), [("ink", "added"), ("ink", "removed"), ("on-tone", "better"), ("on-tone", "worse")]
)
def test_text_on_colours_can_be_read(theme: str, text: str, ground: str) -> None:
    colours = _themes()[theme]
    assert _contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("sign", ["production", "candidate", "better", "worse", "open"])
def test_signs_of_charts_can_be_seen(theme: str, sign: str) -> None:
    colours = _themes()[theme]
    assert _contrast(colours[sign], colours["paper"]) >= 3


def test_nothing_is_loaded() -> None:
    assert not re.search(r"url\(|@import|@font-face|//", re.sub(r"/\*.*?\*/", "", SHEET, flags=re.DOTALL))


@pytest.mark.skipif(not charts.installed(), reason="the extra `charts` is not installed")
def test_charts_ask_for_colours_that_the_sheet_has() -> None:
    from shadowbench.report.charts.colours import Colour

    assert {colour.value for colour in Colour} <= {f"var(--{name})" for name in _themes()["light"]}
