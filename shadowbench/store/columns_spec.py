"""Which columns there are, and how a statement hands several words over in one number. Pure.

A row's cell costs a tenth of a microsecond wherever it comes from, a word's code 20 ns in SQL: so three codes of 16 bits go
into one number, which a float64 holds exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np  # who makes segments has none
    from numpy.typing import NDArray

Kind = Literal["real", "whole", "word", "key"]

BITS = 16
PACKED = 3
ROOM: Mapping[str, int | None] = {"word": 2**BITS - 1, "key": None}
"""How many codes a column has; None: no bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a column comes from."""

    column: str  # of the table
    kind: Kind  # real and whole: how the table keeps the number


def _sources(kind: Kind, *names: str, **renamed: str) -> dict[str, Source]:
    columns = {name: name for name in names} | renamed
    return {name: Source(column=column, kind=kind) for name, column in columns.items()}


def _are_words(sources: Iterable[Source]) -> dict[str, bool]:
    return {source.column: source.kind in ROOM for source in sources}


OF_EXCHANGE: Mapping[str, Source] = {
    **_sources("real", "started_at"),
    **_sources("whole", "policy_version", "request_bytes"),
    **_sources("key", "cluster_key", "tenant_key", "user_key"),
    **_sources("word", "method", "path", "dialect", "stratum", mirror_config_hash="config_hash"),
}
OF_SIDE: Mapping[str, Source] = {
    **_sources(
        "real",
        "gap_p50_s", "gap_p95_s", "queue_s", "paused_s", "loop_lag_s", "cost_usd", latency_s="last_byte_s",
        ttft_s="first_content_s",
    ),
    **_sources(
        "whole",
        "status", "streamed", "input_tokens", "output_tokens", "cached_input_tokens", "reasoning_tokens", "response_bytes",
        "attempts", "content_chunks",
    ),
    **_sources(
        "word",
        "outcome", "reason", "dialect", "requested_model", "reported_model", "fingerprint", "finish_reason", "usage_source",
        "cost_reason", "error_type",
    ),
}  # fmt: skip
"""Of both sides, as `production_…` and `candidate_…`."""
OF_CANDIDATE: Mapping[str, Source] = {
    **_sources("real", "inclusion_probability"),
    **_sources("word", candidate="endpoint", candidate_config_hash="config_hash"),
}

_ASKED = ("dialect", "requested_model", "streamed")
BEFORE_THE_CALL = frozenset({
    *OF_EXCHANGE, *OF_CANDIDATE, *(f"{side}_{name}" for side in ("production", "candidate") for name in _ASKED),
})  # fmt: skip
"""What is known before anybody answers. All other columns tell what came of a call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The columns that are asked for, by the table they come from; of observations by their name without the side."""

    exchange: Mapping[str, Source]
    side: Mapping[str, Source]


def wanted(names: Iterable[str]) -> Wanted:
    """Sort columns by their tables. Raises ValueError, with the names there are, for one that is none."""
    exchange: dict[str, Source] = {}
    side = {"candidate": OF_CANDIDATE["candidate"]}  # always: it tells repeats from pairs
    for name in names:
        bare = bare_of(name)
        if name in OF_EXCHANGE:
            exchange[name] = OF_EXCHANGE[name]
        elif name in OF_CANDIDATE:
            side[name] = OF_CANDIDATE[name]
        elif bare in OF_SIDE and bare != name:
            side[bare] = OF_SIDE[bare]
        else:
            raise ValueError(f"there is no column {name!r}; there are {', '.join(all_names())}")
    return Wanted(exchange=exchange, side=side)


def bare_of(name: str) -> str:
    """A side's column without the side."""
    return name.removeprefix("production_").removeprefix("candidate_")


def all_names() -> Sequence[str]:
    """Every column that can be asked for."""
    sides = [f"{side}_{name}" for name in OF_SIDE for side in ("production", "candidate")]
    return [*OF_EXCHANGE, *OF_CANDIDATE, *sides]


def packed(names: Sequence[str], code: Callable[[str, int], str]) -> list[str]:
    """SQL for codes, three to a number; the first one lowest. `code`: SQL for the code of a column, times a unit."""
    groups = [names[start : start + PACKED] for start in range(0, len(names), PACKED)]
    return [" + ".join(code(each, 1 << (BITS * place)) for place, each in enumerate(group)) for group in groups]


def unpacked(numbers: NDArray[np.float64], place: int) -> NDArray[np.int32]:
    """The codes at this place of each number, -1 for none; shape (n,)."""
    codes = (numbers.astype("int64") >> (BITS * place)) & ((1 << BITS) - 1)
    return (codes - 1).astype("int32")


_SCORE = ("value", "production_value", "probability"), ("reason", "production_reason")
IN_SEGMENTS: Mapping[str, Mapping[str, bool]] = {
    "exchanges": {"number": False} | _are_words(OF_EXCHANGE.values()),
    "observations": {"exchange": False, "side": False} | _are_words((*OF_SIDE.values(), *OF_CANDIDATE.values())),
    "scores": dict.fromkeys(("exchange", "side", "measure", *_SCORE[0]), False) | dict.fromkeys(_SCORE[1], True),
}
"""By table, the columns that segments have, and whether they hold words."""
