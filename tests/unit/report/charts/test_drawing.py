"""What vl-convert gives is made ready for a page."""

import pytest

pytest.importorskip("vl_convert", reason="the extra `charts` is not installed")

from shadowbench.report.charts.drawing import finish

_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.1" class="marks" '
    'width="100" height="50" viewBox="0 0 100 50"><defs><clipPath id="clip7"><rect/></clipPath><clipPath id="clip9"/></defs>'
    '<g clip-path="url(#clip9)"/><g clip-path="url(#clip7)"/></svg>'
)


def _finished(svg: str = _SVG) -> str:
    return finish(svg, name="costs-1", title="a < b", description='"numbers" & 1')


def test_it_has_a_title_and_a_description_that_are_text() -> None:
    svg = _finished()
    assert '<title id="costs-1-title">a &lt; b</title>' in svg
    assert '<desc id="costs-1-text">&quot;numbers&quot; &amp; 1</desc>' in svg
    assert 'role="img" aria-labelledby="costs-1-title costs-1-text"' in svg


def test_it_refers_to_nothing_outside() -> None:
    assert "http" not in _finished()


def test_names_inside_are_its_own_and_do_not_depend_on_what_was_drawn_before() -> None:
    later = _SVG.replace("clip7", "clip107").replace("clip9", "clip109")
    assert _finished() == _finished(later)
    assert '<g clip-path="url(#costs-1-2)"/><g clip-path="url(#costs-1-1)"/>' in _finished()


def test_what_is_no_drawing_is_an_error() -> None:
    with pytest.raises(ValueError, match="viewBox"):
        _finished("<html></html>")
