"""Whether an answer is as a pattern of the operator's says. RE2: linear in the text, whatever the pattern (see `redaction`)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from shadowbench.errors import ConfigurationError
from shadowbench.metrics.base import Need, Value, metric
from shadowbench.metrics.view import Side
from shadowbench.scores import Direction, Shape


def _check(*, pattern: str, whole: bool) -> None:
    _compiled(pattern)


@metric(
    version="1",
    shape=Shape.SIDES,
    direction=Direction.HIGHER,
    low=0,
    high=1,
    needs=(Need.TEXT,),
    check=_check,
)
def regex(side: Side, *, pattern: str, whole: bool = False) -> Value:
    """Whether a pattern (RE2's syntax) is found in the answer, or with `whole` matches all of it."""
    compiled = _compiled(pattern)
    # RE2 reads UTF-8, which has no lone surrogates.
    sound = (side.text or "").encode("utf-8", "replace").decode()
    return (compiled.fullmatch(sound.strip()) if whole else compiled.search(sound)) is not None


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except (re2.error, UnicodeEncodeError, TypeError) as error:
        reason = error.args[0] if isinstance(error, re2.error) and error.args else error
        told = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
        raise ConfigurationError(f"regex: {told} (the syntax is RE2's, without lookarounds)") from None
