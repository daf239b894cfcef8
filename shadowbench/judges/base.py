"""What a judge is: a plan of questions about a pair, a reading of each reply, and one score out of all of them.

The protocol is pure: `Judge.questions` and `Judge.conclude` decide, whoever drives them (`scoring`, a test) does the asking. So
recorded replies can be put through it as well as live ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from shadowbench.errors import UnavailableError
from shadowbench.metrics.view import PairView
from shadowbench.scores import Measure, PairRef, Position, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One call to make: what to say to the model, and what shape its reply must have."""

    system: str
    user: str
    schema: Mapping[str, Any]  # JSON Schema of the reply
    position: Position
    repetition: int = 0
    nonce: str = ""  # of the delimiters: in `user`, and not in the cache's key
    flags: tuple[str, ...] = ()  # what was seen in the material: every verdict on it carries them
    repairs: bool = False  # asks for a reply once more that could not be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back. No text: `reason` says why (a fault of the call, a refusal, no budget left)."""

    text: str | None
    reason: str | None = None
    model: str | None = None  # that the endpoint says answered
    cached: bool = False
    structured: bool = False  # the endpoint was made to keep to the schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a judge concludes about a pair: one value or the reason why there is none.

    Judges of shape `sides` give production's value (or its reason) as well.
    """

    value: float | None
    reason: str | None
    production_value: float | None = None
    production_reason: str | None = None
    probability: float = 1.0  # that a pair like this is put to the judge at all, by the one lot of `draws`
    detail: Mapping[str, Any] | None = None


class Judge(Protocol):
    """A judge of one configuration."""

    @property
    def measure(self) -> Measure:
        """What its scores are entered as."""

    def objection(self, pair: PairView) -> str | None:
        """Why this pair is not judged, as a reason of absence; None: it is."""

    def questions(self, pair: PairView, chance: Random) -> Sequence[Question]:
        """The calls to make, in any order or at once. `chance` makes nonces and decides about repeats."""

    def read(self, question: Question, reply: Reply, pair: PairRef, measure: int, now: float) -> Verdict:
        """What a reply says; a verdict with a reason when it says nothing."""

    def repair(self, question: Question, reply: Reply) -> Question | None:
        """A second question that asks for the same verdict in the right form; None: the reply was readable or is hopeless."""

    def conclude(self, pair: PairView, verdicts: Sequence[Verdict]) -> Judgement:
        """One score out of all verdicts on the pair."""


class EndpointDownError(UnavailableError):
    """An endpoint is out of order, whatever it is asked: nothing follows for the pair. Ask again in `retry_in_s` seconds."""

    def __init__(self, message: str, *, reason: str, retry_in_s: float) -> None:
        super().__init__(message)
        self.reason = reason  # a code from the set of outcomes of calls, such as unreachable or rate_limited
        self.retry_in_s = retry_in_s


class Asker(Protocol):
    """Who makes the calls: with cache, budget, limits and retries, each attempt entered in the log."""

    async def ask(self, question: Question, *, pair: PairRef | None, purpose: str) -> Reply:
        """The reply. Raises EndpointDownError when the endpoint is out of order and later is a better time."""
