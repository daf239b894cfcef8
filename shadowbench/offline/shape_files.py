"""From the content of a shape's file to a shape, or to a sentence that names the key that is wrong. Pure.

docs/import.md explains the keys to those who write such files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shadowbench.errors import ConfigurationError
from shadowbench.judges.rubric_files import Entry
from shadowbench.offline.rows import Where, plain
from shadowbench.offline.shapes import CandidateShape, GivenScore, ImportShape, Scale, SideShape
from shadowbench.scores import Direction

_SIDE = tuple(SideShape.__dataclass_fields__)
_EXCHANGE = ("prompt", "system", "request_id", "reference", "stratum", "cluster", "started_at", "tags")
_SCORE = (
    "name", "kind", "version", "direction", "value", "production", "words", "absent", "scale", "low", "high", "unit",
    "about", "detail",
)  # fmt: skip


class _Part(Entry):
    """A mapping of the file in which most values tell where something stands."""

    def __init__(self, value: object, where: str, known: tuple[str, ...]) -> None:
        super().__init__(value, where, known)
        self._given: Mapping[str, Any] = value if isinstance(value, Mapping) else {}

    def raw(self, key: str) -> object:
        """The value as it stands."""
        return self._given.get(key)

    def place(self, key: str) -> Where | None:
        """Where something stands; None: nowhere."""
        return _where(self.raw(key), f"{self.where}.{key}") if self.has(key) else None

    def needed(self, key: str) -> Where:
        """Where something stands that must be told."""
        found = self.place(key)
        if found is None:
            raise self.wrong(key, "the name of a member, or {value: …}, or {file: stem}")
        return found

    def places(self, key: str) -> Mapping[str, Where]:
        """Several, by name."""
        if not self.has(key):
            return {}
        return {str(name): _where(value, f"{self.where}.{key}.{name}") for name, value in self.mapping(key).items()}


def read_shape(content: Mapping[str, Any], where: str = "shape") -> ImportShape:
    """The shape that a file holds. Raises ConfigurationError; `where` is how the message calls the file."""
    known = ("name", "version", "about", "file", "key", "exchange", "production", "candidates")
    head = _Part(content, where, known)
    exchange = _Part(head.raw("exchange"), f"{where}.exchange", _EXCHANGE)
    shape = ImportShape(
        name=head.text("name"),
        version=head.version(),
        file=head.text("file", "*"),
        key=head.place("key"),
        prompt=exchange.needed("prompt"),
        **{name: exchange.place(name) for name in _EXCHANGE[1:-1]},
        tags=exchange.places("tags"),
        production=_side(_Part(head.raw("production"), f"{where}.production", _SIDE)),
        candidates=head.items("candidates", _candidate),
    )
    _check(shape, where)
    return shape


def _where(value: object, where: str) -> Where:
    if isinstance(value, str) and value:
        return Where(path=value)
    if isinstance(value, Mapping):
        entry = Entry(value, where, ("value", "file"))
        if entry.has("value") is not entry.has("file"):
            return (
                Where(value=value["value"]) if entry.has("value") else Where(stem=bool(entry.one_of("file", ("stem",))))
            )
    raise ConfigurationError(f"{where} is the name of a member, or {{value: …}}, or {{file: stem}}; not {value!r:.80}")


def _candidate(item: object, where: str) -> CandidateShape:
    part = _Part(item, where, ("file", "key", "name", "scores", *_SIDE))
    return CandidateShape(
        file=part.text("file") if part.has("file") else None,
        key=part.place("key"),
        name=part.needed("name"),
        side=_side(part),
        scores=part.items("scores", _score) if part.has("scores") else (),
    )


def _side(part: _Part) -> SideShape:
    return SideShape(text=part.needed("text"), **{name: part.place(name) for name in _SIDE[1:]})


def _score(item: object, where: str) -> GivenScore:
    part = _Part(item, where, _SCORE)
    scale = _scale(part.raw("scale"), f"{where}.scale") if part.has("scale") else None
    if scale is not None and (part.has("low") or part.has("high")):
        raise ConfigurationError(f"{where}: with scale, low and high follow from it; leave them out")
    low, high = sorted((scale.low, scale.high)) if scale else (_bound(part, "low"), _bound(part, "high"))
    return GivenScore(
        name=part.text("name"),
        kind=part.one_of("kind", ("judge", "metric"), "judge"),
        version=part.version() if part.has("version") else "1",
        direction=part.one_of("direction", tuple(Direction), Direction.HIGHER),
        value=part.needed("value"),
        production=part.place("production"),
        words=_words(part),
        absent=_absent(part),
        scale=scale,
        low=low,
        high=high,
        unit=part.text("unit", ""),
        about=part.places("about"),
        detail=part.places("detail"),
    )


def _scale(value: object, where: str) -> Scale:
    part = _Part(value, where, ("from", "to"))
    first, last = _ends(part, "from")
    low, high = _ends(part, "to")
    return Scale(first=first, last=last, low=low, high=high)


def _ends(part: _Part, key: str) -> tuple[float, float]:
    given = part.raw(key)
    numbers = (
        [x for x in given if isinstance(x, (int, float)) and not isinstance(x, bool)] if isinstance(given, list) else []
    )
    if len(numbers) != 2 or numbers != given or numbers[0] == numbers[1]:
        raise part.wrong(key, "two different numbers, as [1, 2]")
    return float(numbers[0]), float(numbers[1])


def _bound(part: _Part, key: str) -> float | None:
    return part.number(key) if part.has(key) else None


def _words(part: _Part) -> Mapping[str, float]:
    if not part.has("words"):
        return {}
    given = {plain(word): value for word, value in part.mapping("words").items()}
    numbers = Entry(given, f"{part.where}.words", tuple(given))
    return {word: numbers.number(word) for word in given}


def _absent(part: _Part) -> frozenset[str]:
    return frozenset(part.items("absent", lambda item, _: plain(item))) if part.has("absent") else frozenset()


def _check(shape: ImportShape, where: str) -> None:
    for n, candidate in enumerate(shape.candidates):
        at = f"{where}.candidates[{n}]"
        if candidate.file is None and candidate.key is not None:
            raise ConfigurationError(f"{at}.key joins rows of a file of its own; add file, or leave it out")
        if candidate.file is not None and shape.key is None:
            raise ConfigurationError(f"{where}: key is missing; it joins the rows of {at}.file to the exchanges")
        names = [score.name for score in candidate.scores]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ConfigurationError(f"{at}.scores: the name {twice!r} stands twice")
    if shape.file == "*" and any(candidate.file for candidate in shape.candidates):
        raise ConfigurationError(f"{where}: file is missing; it tells which file's rows are the exchanges, as '_base*'")
