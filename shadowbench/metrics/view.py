"""A pair as metrics and judges see it. What has to be worked out is worked out once, and only when somebody asks.

Records are frozen; what is worked out of them is not (`words` is a list, `json` a dict). So whoever is not of this package gets
a view of its own (`afresh`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import orjson

from shadowbench.records import Answer, CandidateResult, Choice, Exchange, Observation, Outcome
from shadowbench.scores import PairRef
from shadowbench.wire.request_format import JsonFormat, json_format
from shadowbench.wire.request_tools import OfferedTool, offered_tools
from shadowbench.wire.request_turns import Said, last_user_text, turns_of

_NOT_JSON = object()


class Request:
    """What the client asked. Everything is None or empty where the body was not kept or does not have it."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange

    @cached_property
    def json(self) -> Mapping[str, Any] | None:
        """The body, when it is a JSON object."""
        if self.exchange.request_body is None:
            return None
        try:
            value = orjson.loads(self.exchange.request_body)
        except orjson.JSONDecodeError:
            return None
        return value if isinstance(value, dict) else None

    @cached_property
    def tools(self) -> Sequence[OfferedTool]:
        """The client's own tools that it offers; those that the provider runs are not among them."""
        return () if self.json is None else offered_tools(self.exchange.dialect, self.json)

    @cached_property
    def json_format(self) -> JsonFormat | None:
        """The JSON that the client wants for an answer; None: it does not ask for any, or that is not known."""
        return None if self.json is None else json_format(self.exchange.dialect, self.json)

    @cached_property
    def turns(self) -> Sequence[Said]:
        """Who said what, instructions first."""
        return () if self.json is None else tuple(turns_of(self.exchange.dialect, self.json))

    @cached_property
    def last_user_text(self) -> str | None:
        """What the user said last; None: nothing, or nothing that is text."""
        return None if self.json is None else last_user_text(self.exchange.dialect, self.json)


class Side:
    """One endpoint's observation of the request, and what follows from it. `again`: what it said when asked once more."""

    def __init__(
        self, observation: Observation, request: Request, reference: str | None, again: Side | None = None
    ) -> None:
        self.observation = observation
        self.request = request
        self.reference = reference
        self.again = again

    def afresh(self) -> Side:
        """The same side with nothing worked out yet: what its holder does to it reaches nobody else."""
        return self._afresh(Request(self.request.exchange))

    def _afresh(self, request: Request) -> Side:
        return Side(
            self.observation, request, self.reference, None if self.again is None else self.again._afresh(request)
        )

    @property
    def is_answer(self) -> bool:
        """Whether the endpoint gave a whole, readable answer."""
        return self.observation.outcome is Outcome.OK and self.observation.answer is not None

    @property
    def answer(self) -> Answer | None:
        """What the model said, whole or not."""
        return self.observation.answer

    @property
    def first(self) -> Choice:
        """The first alternative, or an empty one."""
        return Choice() if self.observation.answer is None else self.observation.answer.first

    @property
    def text(self) -> str | None:
        """The first alternative's text. None: there is none (as in an answer of tool calls only)."""
        return self.first.text

    @cached_property
    def words(self) -> Sequence[str]:
        """The text's words, split at white space."""
        return (self.text or "").split()

    @cached_property
    def _json(self) -> Any:
        try:
            return orjson.loads(self.text or "")
        except orjson.JSONDecodeError:
            return _NOT_JSON

    @property
    def has_json(self) -> bool:
        """Whether the whole text is one JSON value."""
        return self._json is not _NOT_JSON

    @property
    def json(self) -> Any:
        """That value. Raises ValueError when there is none."""
        if self._json is _NOT_JSON:
            raise ValueError("not JSON")
        return self._json


class PairView:
    """Production's observation and one candidate's, of the same request.

    `production_again` and `candidate_again` are what the same endpoints said when they were asked once more, for the few
    requests that are repeated.
    """

    def __init__(
        self,
        exchange: Exchange,
        result: CandidateResult,
        ref: PairRef,
        *,
        reference: str | None = None,
        production_again: Observation | None = None,
        candidate_again: Observation | None = None,
    ) -> None:
        self.exchange = exchange
        self.result = result
        self.ref = ref
        self.reference = reference
        self.request = Request(exchange)
        self.production_again = self._again(production_again)
        self.candidate_again = self._again(candidate_again)
        self.production = Side(exchange.production, self.request, reference, self.production_again)
        self.candidate = Side(result.observation, self.request, reference, self.candidate_again)

    def afresh(self) -> PairView:
        """The same pair with nothing worked out yet: what its holder does to it reaches nobody else."""
        production_again, candidate_again = self.production_again, self.candidate_again
        return PairView(
            self.exchange,
            self.result,
            self.ref,
            reference=self.reference,
            production_again=None if production_again is None else production_again.observation,
            candidate_again=None if candidate_again is None else candidate_again.observation,
        )

    def _again(self, observation: Observation | None) -> Side | None:
        return None if observation is None else Side(observation, self.request, self.reference)
