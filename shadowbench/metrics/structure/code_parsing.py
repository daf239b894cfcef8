"""Whether the code in an answer can be read by its language's own parser. Nothing is run."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Mapping, Sequence

import orjson

from shadowbench.errors import ConfigurationError
from shadowbench.metrics.base import Absent, Detailed, Need, Value, metric
from shadowbench.metrics.bounds import MOST_CHARACTERS, TOO_LONG
from shadowbench.metrics.structure.markdown_blocks import Block, layout
from shadowbench.metrics.view import Side
from shadowbench.scores import Direction, Shape


def _is_python(code: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes that are none: the code can be read
            ast.parse(code)
    except (SyntaxError, ValueError):  # ValueError: null bytes, lone surrogates
        return False
    return True


def _is_json(code: str) -> bool:
    try:
        orjson.loads(code)
    except orjson.JSONDecodeError:
        return False
    return True


_READERS: Mapping[str, Callable[[str], bool]] = {"python": _is_python, "json": _is_json}
_ALSO = {"py": "python", "python3": "python"}


def _check(*, language: str | None) -> None:
    if language is not None and _reader(language) is None:
        raise ConfigurationError(f"code_parse: language is one of {', '.join((*_READERS, *_ALSO))}, not {language!r}")


@metric(
    version="1",
    shape=Shape.SIDES,
    direction=Direction.HIGHER,
    low=0,
    high=1,
    needs=(Need.TEXT,),
    check=_check,
)
def code_parse(side: Side, *, language: str | None = None) -> Value:
    """Share of the code blocks (Python, JSON) that are of their language. `language`: of blocks and answers that name none."""
    text = side.text or ""
    if len(text) > MOST_CHARACTERS:
        return TOO_LONG
    blocks = layout(text).blocks or ((Block(language, text),) if language else ())
    if not blocks:
        return Absent("no_code")
    try:
        return _share(blocks, language)
    except (RecursionError, MemoryError):  # MemoryError: how CPython's parser says that it is nested too deeply
        return Absent("too_deep")


def _share(blocks: Sequence[Block], language: str | None) -> Value:
    readers = [(_reader(block.language or language or ""), block.code) for block in blocks]
    read = [reader(code) for reader, code in readers if reader is not None]
    if not read:
        return Absent("language_not_known")
    return Detailed(sum(read) / len(read), {"blocks": len(blocks), "looked_at": len(read), "parsed": sum(read)})


def _reader(language: str) -> Callable[[str], bool] | None:
    return _READERS.get(_ALSO.get(language.lower(), language.lower()))
