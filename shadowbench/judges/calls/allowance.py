"""How many calls an endpoint gets at a time. Pure.

Additive increase, multiplicative decrease (Chiu and Jain 1989): halved when the endpoint says that it is too much, one more
after each round without that, a round being as many answers as calls are allowed. Of the calls that were under way together
only the first that comes back with "too much" halves: the others tell the same.
"""

from __future__ import annotations


class Allowance:
    """At most `most`, at least one."""

    __slots__ = ("_answers", "_era", "allowed", "most")

    def __init__(self, most: int) -> None:
        self.most = max(1, most)
        self.allowed = self.most
        self._answers = 0
        self._era = 0

    def begin(self) -> int:
        """A call begins. Its ticket, to be brought back."""
        return self._era

    def answered(self, ticket: int) -> None:
        """The endpoint kept up with a call."""
        if ticket != self._era:
            return  # begun when more were allowed: no news about what is allowed now
        self._answers += 1
        if self._answers >= self.allowed:
            self._answers = 0
            self.allowed = min(self.most, self.allowed + 1)

    def overloaded(self, ticket: int) -> None:
        """The endpoint said that it was too much."""
        if ticket != self._era:
            return
        self._begin_era(max(1, self.allowed // 2))

    def restart(self) -> None:
        """The endpoint was out of order: one call finds out whether it still is."""
        self._begin_era(1)

    def _begin_era(self, allowed: int) -> None:
        self._era += 1
        self._answers = 0
        self.allowed = allowed
