"""Other people's code is tried out where it harms nobody."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.judges.options import JudgeOptions
from shadowbench.metrics.binding import MetricOptions
from shadowbench.scoring import checking
from shadowbench.scoring.checking import check, may_run_plugins
from shadowbench.scoring.options import ScoringOptions
from shadowbench.scoring.trying import try_out

Write = Callable[[str], ScoringOptions]
METRIC = """
    from shadowbench.metrics.base import metric
    from shadowbench.scores import Direction, Shape

    def check(**options):
        {check}

    @metric(version="1", shape=Shape.PAIR, direction=Direction.HIGHER, low=0, high=1, check=check)
    def odd(pair):
        return 1.0
"""


def of_metric(name: str) -> ScoringOptions:
    return ScoringOptions(store_url="sqlite:///none", metrics=(MetricOptions(metric=name),))


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes the module `odd_plugin`, which the configuration that comes back names."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def written(code: str) -> ScoringOptions:
        (tmp_path / "odd_plugin.py").write_text(dedent(code))
        return of_metric("odd_plugin:odd")

    return written


def test_a_plugin_that_fits_is_tried_out_elsewhere(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    options = write(
        "print('imported', flush=True)\nimport sys\nsys.stdin.read()\n" + dedent(METRIC.format(check="pass"))
    )
    check(options)
    assert capfd.readouterr() == ("", "")
    with pytest.raises(ImportError):
        import odd_plugin  # type: ignore[import-not-found]  # noqa: F401  this process has not got it


IMPORT = "metric odd_plugin:odd: the import of odd_plugin:odd"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("import os; os._exit(3)", f"^{IMPORT} ended the process \\(exit code 3\\)$"),
        ("import os; os._exit(0)", f"^{IMPORT} ended the process \\(exit code 0\\)$"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", f"^{IMPORT} ended the process \\(SIGSEGV\\)$"),
        (
            "import sys; sys.exit('no')",
            "metric odd_plugin:odd: what it offers .* cannot be loaded \\(SystemExit: no\\)",
        ),
        ("raise RuntimeError('broken')", "cannot be loaded \\(RuntimeError: broken\\)"),
        ("odd = 3", "odd_plugin:odd is neither a metric nor a tuple of such"),
        (
            METRIC.format(check="import os; os._exit(4)"),
            "^odd: the check of its options ended the process \\(exit code 4\\)$",
        ),
    ],
)
def test_a_plugin_that_does_not_fit_is_told_by_its_name(write: Write, code: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        check(write(code))


def test_a_plugin_that_hangs_is_told_by_its_name(write: Write) -> None:
    # Our own imports count as well, before the first word: shorter would be a race.
    options = write(
        "import time\nwhile True:\n    try:\n        time.sleep(100)\n    except BaseException:\n        pass"
    )
    with pytest.raises(ConfigurationError, match=f"^{IMPORT} is not done after 5 s$"):
        try_out(options, patience_s=5.0)


def test_a_thread_of_a_plugin_keeps_nobody(write: Write) -> None:
    begun = "import threading, time\nthreading.Thread(target=time.sleep, args=(1000,)).start()\n"
    check(write(begun + dedent(METRIC.format(check="pass"))))


def test_a_judge_of_a_plugin_is_tried_out_as_well(write: Write) -> None:
    write(
        """
        import os
        from shadowbench.judges.kinds import JudgeKind
        KIND = JudgeKind(name="odd", version="1", build=lambda options: os._exit(5))
        """
    )
    options = ScoringOptions(store_url="sqlite:///none", judges=(JudgeOptions(name="j", kind="odd_plugin:KIND"),))
    with pytest.raises(ConfigurationError, match=r"^judges\.j: the making of a judge of kind odd_plugin:KIND ended"):
        check(options)


def test_what_is_ours_needs_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "try_out", lambda options: pytest.fail("a process for our own code"))
    monkeypatch.setattr(checking.METRICS, "has_others", lambda: False)
    monkeypatch.setattr(checking.KINDS, "has_others", lambda: False)
    check(of_metric("exact_match"))
    assert not may_run_plugins(of_metric("exact_match"))
    assert may_run_plugins(of_metric("shadowbench.metrics.text.exact:exact_match"))


def test_other_packages_may_be_imported_for_any_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking.METRICS, "has_others", lambda: True)
    assert may_run_plugins(of_metric("exact_match"))
