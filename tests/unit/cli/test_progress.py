"""The bar is on stderr, and only where it is wanted."""

import pytest

from shadowbench.cli.progress import Bar, tracked


@pytest.mark.parametrize("wanted", [None, False, True])
def test_things_pass_through_in_order(wanted: bool | None, capsys: pytest.CaptureFixture[str]) -> None:
    assert list(tracked(iter([1, 2, 3]), total=3, label="Reading", wanted=wanted)) == [1, 2, 3]
    captured = capsys.readouterr()
    assert captured.out == ""
    assert (captured.err != "") is bool(wanted)


def test_a_bar_appears_when_it_takes_long(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar(wanted=True, after_s=0.0) as bar:
        bar("reading", 0.1)
        bar.join()
        bar("judging", 0.5)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err != ""  # not a terminal: a bar would draw itself


@pytest.mark.parametrize(("wanted", "after_s"), [(False, 0.0), (None, 0.0), (True, 3600.0)])
def test_no_bar_where_nobody_looks_or_it_is_over_soon(
    wanted: bool | None, after_s: float, capsys: pytest.CaptureFixture[str]
) -> None:
    with Bar(wanted=wanted, after_s=after_s) as bar:
        bar("reading", 0.1)
    bar.join()
    assert capsys.readouterr() == ("", "")
