"""What changes with the load: by how much each candidate's chance is lowered in the running second. Pure.

Two things lower it: the candidate's cap, and strain: memory or the recorder full (all candidates), a candidate's queue full or
its requests stale (that one). Strain halves the share for the next second, a second without gives a tenth back, as the proxy
does for its handoff. The lowest share counts.

Shares depend on what came before, so they must not be compared with points that came before: with the sampling key's point of
a header or a conversation, users below the threshold would drive the very threshold that they are judged by. They are
compared with the exchange's lot (`sampling.lot`), which no other exchange shares. Then inclusion probability = rate × share.
"""

from __future__ import annotations

from collections.abc import Sequence

from shadowbench.mirror.caps import Cap

_LOWEST = 1 / 1024
_GIVEN_BACK = 1.1


class Strain:
    """The share that overload leaves."""

    __slots__ = ("_is_felt", "share")

    def __init__(self) -> None:
        self.share = 1.0
        self._is_felt = False

    def feel(self) -> None:
        """Something had to be dropped in this second."""
        self._is_felt = True

    def pass_seconds(self, count: int) -> None:
        """The running second ended, and `count` - 1 further ones in which nothing happened."""
        if self._is_felt:
            self._is_felt = False
            self.share = max(_LOWEST, self.share / 2)
            count -= 1
        self.share = min(1.0, self.share * _GIVEN_BACK ** min(count, 100))


class Thinning:
    """The shares of all candidates, second by second of the clock that is given as an argument."""

    def __init__(self, caps: Sequence[float | None]) -> None:
        self._overall = Strain()
        self._lanes = [Strain() for _ in caps]
        self._caps = [Cap(most) for most in caps]
        self._second: int | None = None
        self.overall = 1.0
        self.shares: tuple[float, ...] = ()  # in the order of the candidates
        self._compute()

    def set_caps(self, caps: Sequence[float | None]) -> None:
        """Other caps; what is known about arrivals stays."""
        for cap, most in zip(self._caps, caps, strict=True):
            cap.most_per_s = most
        self._compute()

    def advance(self, unix_s: float) -> None:
        """Shares of the second that `unix_s` is in."""
        second = int(unix_s)
        if second != self._second:
            self._pass_to(second)

    def came(self, index: int, weight: float) -> None:
        """An eligible exchange that this candidate's rate lets through."""
        self._caps[index].came(weight)

    def strain(self, index: int | None = None) -> None:
        """Something was dropped: of one candidate, or because of all."""
        (self._overall if index is None else self._lanes[index]).feel()

    def _pass_to(self, second: int) -> None:
        before, self._second = self._second, second
        if before is None:
            return
        count = max(1, second - before)  # a clock that was set back still ends a second
        for strain in (self._overall, *self._lanes):
            strain.pass_seconds(count)
        for cap in self._caps:
            cap.pass_seconds(count)
        self._compute()

    def _compute(self) -> None:
        self.overall = overall = self._overall.share
        self.shares = tuple(
            min(overall, lane.share, cap.share) for lane, cap in zip(self._lanes, self._caps, strict=True)
        )
