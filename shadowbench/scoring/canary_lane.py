"""The lane that asks judges about frozen sets again, so that one whose model was changed behind its name is noticed."""

from __future__ import annotations

from collections.abc import Sequence

from shadowbench.judges.base import Asker, Judge
from shadowbench.scoring.calibration.canary import is_first_and_no_measure
from shadowbench.scoring.calibration.canary_run import SaidNothingError, run_due
from shadowbench.scoring.lane import Keeping, Rest
from shadowbench.scoring.ledger import Ledger
from shadowbench.signals import Counters
from shadowbench.store.scoring import CanaryRun
from shadowbench.worker import log as tell

# How often it is looked whether a set is due.
_LOOK_S = 60.0


class CanaryLane:
    """All sets and judges. `every_s`: how long after its last run a set is due again."""

    name = "canaries"
    needs: Sequence[str] = ()

    def __init__(
        self,
        judges: Sequence[tuple[Judge, Asker]],
        *,
        every_s: float,
        ledger: Ledger,
        log_url: str,
        keeping: Keeping,
        counters: Counters,
    ) -> None:
        self._judges = judges
        self._every_s = every_s
        self._ledger = ledger
        self._log_url = log_url
        self._keeping = keeping
        self._counters = counters
        self._silent: dict[tuple[str, str], float] = {}  # set and judge, when it said nothing

    async def step(self) -> Rest | None:
        """Run what is due. A run that is to end does not: it is about pairs that wait."""
        now, every_s = self._keeping.now, self._every_s
        # Nothing is entered for one that says nothing. Asked at every look, it would cost a day's money in an hour.
        silent = [each for each, at in self._silent.items() if now() - at < every_s]
        runs = run_due(self._judges, self._ledger, self._log_url, every_s=every_s, now=now, passed_over=silent)
        async for run in runs:
            if isinstance(run, SaidNothingError):
                self._tell_silent(run)
            else:
                await self._tell(run)
        return Rest(why="idle", for_s=min(_LOOK_S, self._every_s), is_over=True)

    async def _tell(self, run: CanaryRun) -> None:
        known = await self._ledger.do(lambda log: log.measures())
        judge = next(each.measure.name for each in known if each.id == run.measure)
        labels = (("judge", judge), ("set", run.name))
        self._counters.add("judge_canary_runs_total", labels)
        self._counters.gauge("judge_drifted", float(run.drifted), labels)
        if run.drifted:
            tell("warning", "a judge has drifted", judge=judge, set=run.name, agreement=run.agreement, kappa=run.kappa)
        elif is_first_and_no_measure(run):
            told = {"judge": judge, "set": run.name, "answered": run.answered, "items": run.items}
            tell("warning", "a judge has too few answers to measure later ones by", **told)

    def _tell_silent(self, error: SaidNothingError) -> None:
        self._silent[error.name, error.judge] = self._keeping.now()
        labels = (("judge", error.judge), ("set", error.name))
        self._counters.add("judge_canary_runs_total", labels)
        tell("warning", "a judge said nothing about a frozen set", judge=error.judge, set=error.name, why=error.why)

    async def report(self) -> None:
        """Nothing waits here."""
