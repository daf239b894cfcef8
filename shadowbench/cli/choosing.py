"""Names that somebody typed, against those that a log has: candidates, A/A lanes, slices of the traffic.

Whoever names what there is not has misspelt it, and would wait for nothing: the error has the nearest name, and all there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shadowbench.errors import ConfigurationError
from shadowbench.reading.log import ReadLog
from shadowbench.reading.names import SIDES
from shadowbench.records import is_again
from shadowbench.report.analysis.properties import COLUMNS
from shadowbench.report.naming import not_there
from shadowbench.store.columns_spec import OF_CANDIDATE, OF_EXCHANGE, OF_SIDE

_SIDES = {f"{side}_{name}": source for name, source in OF_SIDE.items() for side in SIDES}
_COLUMNS = {**OF_EXCHANGE, **OF_CANDIDATE, **_SIDES}
WORDS = tuple(name for name, source in _COLUMNS.items() if source.kind in ("word", "key"))
"""Columns that hold words: what pairs are chosen by."""
_PRODUCTION = "production"  # an endpoint of the log as candidates are, and none of them


def slices_of(told: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """COLUMN=VALUE, each: several values of a column are any of them. Columns have the names that policies slice by, too.
    Raises ConfigurationError."""
    found: dict[str, tuple[str, ...]] = {}
    for each in told:
        name, sign, value = each.partition("=")
        if not sign or not name.strip():
            raise ConfigurationError(f"--slice {each}: write COLUMN=VALUE, such as stratum=long")
        column = COLUMNS.get(name.strip(), name.strip())
        if column not in WORDS:
            raise ConfigurationError(not_there(f"--slice {column}", "no column of words has this name", WORDS))
        found[column] = (*found.get(column, ()), value.strip())
    return found


def check_candidates(log: ReadLog, candidates: Sequence[str], again: Sequence[str]) -> None:
    """Raises ConfigurationError for one that has no pairs. An empty log may get its A/A lane yet."""
    there = _candidates(log.pairs.texts["candidate"])
    if not {*candidates, *again} <= set(there):
        there = _candidates(log.words_of("candidate"))  # this period may lack one that the log has
    for option, names in (("--candidate", candidates), ("--again", again if there else ())):
        if unknown := sorted(set(names) - set(there)):
            raise ConfigurationError(not_there(f"{option} {unknown[0]}", "these logs have no pairs of it", there))


def _candidates(endpoints: Sequence[str]) -> list[str]:
    return sorted(name for name in endpoints if name and name != _PRODUCTION and not is_again(name))


def check_slices(log: ReadLog, slices: Mapping[str, Sequence[str]]) -> None:
    """Raises ConfigurationError where no pair is left, since none has any of the values of a column."""
    for column, values in ({} if log.pairs.n else slices).items():
        known = list(filter(None, log.words_of(column)))
        if known and not set(values) & set(known):
            given = f"--slice {column}={values[0]}"
            raise ConfigurationError(not_there(given, "no pair has it", [f"{column}={each}" for each in known]))
