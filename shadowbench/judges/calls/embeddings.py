"""How alike the answers of both sides are in meaning: the cosine of their vectors, from an embeddings endpoint.

A kind beside the judges' (`kind: embedding`): it has an endpoint, a budget and a cache as they have, but is asked about many
pairs at once, and states no opinion that would have to be read. Options:

    batch            texts in a call (64)
    most_characters  longer texts are not sent (no bound; what the endpoint refuses as too long is absent as well)

Absent as: fault_<outcome>, no_text, too_long, unlike_dimensions, not_a_number, zero_vector, or why a call brought nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from shadowbench.errors import ConfigurationError
from shadowbench.judges.base import Judgement, Question, Reply
from shadowbench.judges.calls.desk import EMBEDDINGS, Desk
from shadowbench.judges.calls.embedder import Embedder, Vectors
from shadowbench.judges.calls.vectors import cosine, unpack
from shadowbench.judges.identity import Scale, measure_of
from shadowbench.judges.kinds import JudgeKind
from shadowbench.judges.options import EndpointOptions, JudgeOptions
from shadowbench.judges.reading import unscored
from shadowbench.metrics.view import PairView, Side
from shadowbench.scores import Measure, PairRef, Shape, Verdict

VERSION = "1"
_BATCH = 64
_NOT_ASKED = "not_asked"


class EmbeddingJudge:
    """A `Judge` that asks no questions: `scorer` makes what scores its pairs."""

    def __init__(self, options: JudgeOptions, endpoint: EndpointOptions) -> None:
        self._name = options.name
        self._endpoint = endpoint
        self._batch = _whole(options, "batch", _BATCH)
        self._most = _whole(options, "most_characters", None)
        scale = Scale(shape=Shape.PAIR, low=-1.0, high=1.0)
        # How many texts go together changes nothing that comes of them.
        told = replace(options, endpoint=endpoint, options={k: v for k, v in options.options.items() if k != "batch"})
        self._measure = replace(measure_of(told, version=VERSION, scale=scale, rubric={}), kind="metric")

    @property
    def measure(self) -> Measure:
        """The cosine: 1, both point the same way."""
        return self._measure

    def scorer(self, desk: Desk) -> EmbeddingScorer:
        """Who scores pairs, by calls from `desk`. Raises ConfigurationError when the key is not there."""
        return EmbeddingScorer(self, desk.embedder(self._name, self._endpoint, batch=self._batch or _BATCH))

    def objection(self, pair: PairView) -> str | None:
        """Both sides need text, and none too much of it."""
        return next(filter(None, map(self._objection_to, (pair.candidate, pair.production))), None)

    def _objection_to(self, side: Side) -> str | None:
        if not side.is_answer:
            return f"fault_{side.observation.outcome}"
        if not (side.text or "").strip():
            return "no_text"
        return "too_long" if self._most is not None and len(side.text or "") > self._most else None

    def questions(self, pair: PairView, chance: Random) -> Sequence[Question]:
        """None."""
        return ()

    def read(self, question: Question, reply: Reply, pair: PairRef, measure: int, now: float) -> Verdict:
        """Nothing: it has no questions."""
        return unscored(question, pair, measure, now, _NOT_ASKED)

    def repair(self, question: Question, reply: Reply) -> Question | None:
        """None."""
        return None

    def conclude(self, pair: PairView, verdicts: Sequence[Verdict]) -> Judgement:
        """Nothing: verdicts are not what it goes by."""
        return Judgement(value=None, reason=_NOT_ASKED)


class EmbeddingScorer:
    """Scores pairs, many at a time."""

    def __init__(self, judge: EmbeddingJudge, embedder: Embedder) -> None:
        self._judge = judge
        self._embedder = embedder

    async def score_pairs(self, pairs: Sequence[PairView]) -> Sequence[Judgement]:
        """A score or the reason why there is none for each pair, in their order. Raises EndpointDownError."""
        objections = [self._judge.objection(pair) for pair in pairs]
        asked = [pair for pair, objection in zip(pairs, objections, strict=True) if objection is None]
        vectors = await self._embedder.vectors({text: pair.ref.number for pair in asked for text in _texts(pair)})
        return [
            Judgement(value=None, reason=objection) if objection is not None else _judgement(pair, vectors)
            for pair, objection in zip(pairs, objections, strict=True)
        ]


def _texts(pair: PairView) -> Iterator[str]:
    return (side.text or "" for side in (pair.candidate, pair.production))


def _judgement(pair: PairView, vectors: Vectors) -> Judgement:
    kept = [vectors[text] for text in _texts(pair)]
    for each in kept:
        if isinstance(each, str):
            return Judgement(value=None, reason=each)
    one, other = (unpack(each) for each in kept if isinstance(each, bytes))
    alike = "unreadable" if one is None or other is None else cosine(one, other)
    return Judgement(value=None, reason=alike) if isinstance(alike, str) else Judgement(value=alike, reason=None)


def build(options: JudgeOptions) -> EmbeddingJudge:
    """A judge by its endpoint."""
    endpoint = options.endpoint
    if endpoint is None:
        raise ConfigurationError(f"judges.{options.name}.endpoint is not set: an embedding needs one")
    if endpoint.dialect == "anthropic.messages":
        raise ConfigurationError(f"judges.{options.name}.endpoint.dialect: vectors come by {EMBEDDINGS}")
    if unknown := sorted(options.options.keys() - {"batch", "most_characters"}):
        raise ConfigurationError(
            f"judges.{options.name}.options has no {unknown[0]!r}; there are: batch, most_characters"
        )
    return EmbeddingJudge(options, replace(endpoint, dialect="openai.embeddings"))


KIND = JudgeKind(name="embedding", version=VERSION, build=build)


def _whole(options: JudgeOptions, name: str, default: int | None) -> int | None:
    value = options.options.get(name, default)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise ConfigurationError(f"judges.{options.name}.options.{name} is a whole number from 1, not {value!r}")
    return value
