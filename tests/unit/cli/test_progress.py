"""The bar is on stderr, and only where it is wanted."""

import pytest

from shadowbench.cli.progress import tracked


@pytest.mark.parametrize("wanted", [None, False, True])
def test_things_pass_through_in_order(wanted: bool | None, capsys: pytest.CaptureFixture[str]) -> None:
    assert list(tracked(iter([1, 2, 3]), total=3, label="Reading", wanted=wanted)) == [1, 2, 3]
    captured = capsys.readouterr()
    assert captured.out == ""
    assert (captured.err != "") is bool(wanted)
