"""Scores by name, read when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from shadowbench.reading.joining import joined_scores, joined_words
from shadowbench.reading.part import Part
from shadowbench.reading.versions import elsewhere, not_scored, told_apart
from shadowbench.scores import Measure
from shadowbench.stats.columns import BoolArray
from shadowbench.store.columns import Coded, PairColumns, ScoreColumns


class ScoresByName(Mapping[str, ScoreColumns]):
    """A measure's scores by its name. Where it was measured under several configurations: the newest one's; `of` has each."""

    def __init__(
        self, measures: Sequence[Measure], parts: Sequence[Part], pairs: Callable[[], Sequence[PairColumns]]
    ) -> None:
        self._newest = {measure.name: measure for measure in measures}  # the last one of a name stays
        self._older = {
            newest: [each for each in reversed(measures) if each.name == name and each != newest]
            for name, newest in self._newest.items()
        }
        self._parts = parts
        self._pairs = pairs
        self._found: dict[Measure, ScoreColumns] = {}
        self._elsewhere: dict[Measure, Mapping[Measure, BoolArray]] = {}
        self._told: dict[tuple[Measure, tuple[str, ...]], Coded] = {}

    def __getitem__(self, name: str) -> ScoreColumns:
        return self.of(self.measure(name))

    def __contains__(self, name: object) -> bool:
        return name in self._newest  # a mapping's own way is to ask for the scores, which would be read for that

    def __iter__(self) -> Iterator[str]:
        return iter(self._newest)

    def __len__(self) -> int:
        return len(self._newest)

    def __repr__(self) -> str:
        return f"<scores: {', '.join(self)}>"

    def measure(self, name: str) -> Measure:
        """The measure of this name. Raises KeyError, with the names there are."""
        try:
            return self._newest[name]
        except KeyError:
            raise KeyError(f"{name!r} was not measured; there are {', '.join(self._newest) or 'none'}") from None

    def of(self, measure: Measure) -> ScoreColumns:
        """The scores of one measure out of `measures`."""
        if measure not in self._found:
            self._load([measure])
        return self._found[measure]

    def elsewhere(self, measure: Measure) -> Mapping[Measure, BoolArray]:
        """Which pairs only another version or configuration of a name's newest measure was scored for, shape (n,) each, by that
        version, the newest first. Empty where there is no such pair, and of a measure that is not the newest."""
        self.of(measure)
        return self._elsewhere.get(measure, {})

    def told(self, measure: Measure, paths: Sequence[str]) -> Coded:
        """A word that the measure's scores tell in their details, shape (n,): what stands at the first of these JSON paths
        (`$.asked`) where there is anything."""
        asked = measure, tuple(paths)
        if asked not in self._told:
            parts = [part.told(measure, paths, pairs) for part, pairs in zip(self._parts, self._pairs(), strict=True)]
            self._told[asked] = joined_words(parts)
        return self._told[asked]

    def load(self, *names: str) -> None:
        """Read several at once, or all: that takes little more time than one."""
        wanted = [self.measure(name) for name in names or self]
        self._load([measure for measure in wanted if measure not in self._found])

    def _load(self, measures: Sequence[Measure]) -> None:
        if not measures:
            return
        self._found |= self._read(measures)
        for measure in measures:
            if older := self._older.get(measure):
                self._tell_apart(measure, older)

    def _tell_apart(self, measure: Measure, older: Sequence[Measure]) -> None:
        """Say of pairs without a score that another version has one. Versions are read one measure at a time: they are rare,
        and all of them would take much memory."""
        unscored = not_scored(self._found[measure])
        if not unscored.any():
            return
        found = elsewhere(unscored, list(self._read(older).items()))
        if found:
            self._elsewhere[measure] = found
            where = np.logical_or.reduce(list(found.values()))
            self._found[measure] = told_apart(self._found[measure], where)

    def _read(self, measures: Sequence[Measure]) -> Mapping[Measure, ScoreColumns]:
        parts = [part.scores_of(measures, pairs) for part, pairs in zip(self._parts, self._pairs(), strict=True)]
        return {measure: joined_scores([part[measure] for part in parts]) for measure in measures}
