"""By what the traffic is sliced: properties of requests, each as codes into a few names.

All are known before anybody answers, or come from production's side: a property that depended on the candidate would compare
candidates on requests that they had chosen themselves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from shadowbench.reading.log import ReadLog
from shadowbench.reading.names import SIDES
from shadowbench.records import Outcome
from shadowbench.report.analysis.scopes import has_reason
from shadowbench.scores import Measure, Shape
from shadowbench.stats.columns import BoolArray, FloatArray, IntArray
from shadowbench.store.columns import Coded

NONE = "(none)"  # the request has none of it
NOT_RECORDED, ONE_VALUE = "not_recorded", "one_value"

COLUMNS = {"model": "production_requested_model", "tenant": "tenant_key", "route": "path"}
"""Properties that have another name than their column."""

_LENGTHS = ((("production_input_tokens", "candidate_input_tokens"), "tokens"), (("request_bytes",), "bytes"))
"""Columns, each filling in where those before it have nothing, and their unit."""
_KNOWN = 0.5  # share of pairs of which a length must be known
_NO_TOOLS = "no_tools"
_LANGUAGE = "language"
_ASKED = ("$.production.asked", "$.candidate.asked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """Codes of shape (n,), one for each row that was asked about, into `values`, all of which are used; −1: nothing tells."""

    name: str
    codes: IntArray
    values: tuple[str, ...]
    ordered: bool = False  # values have an order of their own
    reason: str | None = None  # why there is nothing to slice by; then there are no codes


def property_of(log: ReadLog, name: str, rows: IntArray) -> Property:
    """One of `policy.slices`: stratum, path, model, length, tools, language, or any column of words that was read."""
    return _DERIVED.get(name, _of_column)(log, name, rows)


def _of_column(log: ReadLog, name: str, rows: IntArray) -> Property:
    column = COLUMNS.get(name, name)
    if column not in log.pairs.texts:
        return _absent(name, NOT_RECORDED)
    words = log.pairs.texts[column]
    codes = log.pairs[column][rows]
    return _named(name, np.where(codes < 0, len(words), codes), (*words, NONE))


def _named(name: str, codes: IntArray, words: Sequence[str], *, ordered: bool = False) -> Property:
    """Of codes into words; words that nobody has are left out."""
    codes = codes.astype(np.int64)
    used = np.bincount(codes + 1, minlength=len(words) + 1)[1:] > 0
    values = tuple(word for word, there in zip(words, used, strict=True) if there)
    if len(values) < 2:
        return _absent(name, ONE_VALUE if values else NOT_RECORDED)
    anew = np.append(np.cumsum(used) - 1, -1)  # the last: code −1
    return Property(name=name, codes=anew[codes], values=values, ordered=ordered)


def _absent(name: str, reason: str) -> Property:
    return Property(name=name, codes=np.zeros(0, np.int64), values=(), reason=reason)


def _length(log: ReadLog, name: str, rows: IntArray) -> Property:
    """Quarters of the requests of the whole log, so that all candidates have the same ones."""
    reason = NOT_RECORDED
    for columns, unit in _LENGTHS:
        lengths = _filled(log, columns)
        known = lengths[~np.isnan(lengths)]
        if len(known) >= max(1.0, _KNOWN * len(lengths)):
            edges = quarters(known)
            if len(edges):
                return _named(name, _bucket(lengths[rows], edges), _bucket_names(edges, unit), ordered=True)
            reason = ONE_VALUE
    return _absent(name, reason)


def _filled(log: ReadLog, columns: Sequence[str]) -> FloatArray:
    """A request whose answer failed is as long as the other endpoint says: failures are not to be missing from all quarters."""
    found = np.full(log.pairs.n, np.nan)
    for column in columns:
        if column in log.pairs:
            found = np.where(np.isnan(found), log.pairs[column], found)
    return found


def quarters(lengths: FloatArray) -> FloatArray:
    """Upper edges of all quarters but the last, rounded to two digits; fewer where they fall together."""
    edges = np.unique([_round(float(edge)) for edge in np.quantile(lengths, (0.25, 0.5, 0.75))])
    return np.asarray(edges[(edges >= lengths.min()) & (edges < lengths.max())])


def _round(length: float) -> float:
    """To two digits: a reader remembers 1,200 and not 1,183."""
    if length < 1:
        return 0.0
    unit = 10 ** max(0, math.floor(math.log10(length)) - 1)
    return float(round(length / unit) * unit)


def _bucket(lengths: FloatArray, edges: FloatArray) -> IntArray:
    return np.where(np.isnan(lengths), -1, np.searchsorted(edges, lengths)).astype(np.int64)


def _bucket_names(edges: FloatArray, unit: str) -> list[str]:
    told = [f"{edge:,.0f}" for edge in edges]
    between = [f"{low + 1:,.0f} – {high:,.0f} {unit}" for low, high in pairwise(edges)]
    return [f"≤ {told[0]} {unit}", *between, f"> {told[-1]} {unit}"]


def _tools(log: ReadLog, name: str, rows: IntArray) -> Property:
    """Whether the request offers tools, by metrics that are absent as `no_tools` where it does not.

    Any of them will do: those that have a value saw tools. Whoever calls a tool although none is offered has a value too, so
    one side that says `no_tools` speaks for the request. A failure tells where the metric looks for tools before it; elsewhere
    what another candidate was given for the same request does.
    """
    offers, lacks = np.zeros(log.pairs.n, np.bool_), np.zeros(log.pairs.n, np.bool_)
    for measure in log.measures:
        sides = _sides(log, measure)
        if not any(_NO_TOOLS in reasons.texts for _, reasons, _ in sides):
            continue
        for value, reasons, failed in sides:
            without = has_reason(reasons, (_NO_TOOLS,))
            lacks |= without
            offers |= ~np.isnan(value)
            if (without & failed).any():
                offers |= has_reason(reasons, [text for text in reasons.texts if text.startswith("fault_")])
    told = np.where(lacks, 1, np.where(offers, 0, -1))
    return _named(name, _as_of_others(log, told, rows), ("offers tools", "no tools"))


def _sides(log: ReadLog, measure: Measure) -> Sequence[tuple[FloatArray, Coded, BoolArray]]:
    """Values, reasons of absence, and where there was a failure: of each side, or of both together."""
    scores, (theirs, ours) = log.scores.of(measure), [_failed(log, side) for side in SIDES]
    if measure.shape is not Shape.SIDES:
        return [(scores.value, scores.reason, theirs | ours)]
    return [(scores.value, scores.reason, ours), (scores.production_value, scores.production_reason, theirs)]


def _failed(log: ReadLog, side: str) -> BoolArray:
    name = f"{side}_outcome"
    texts = log.pairs.texts[name]
    return np.asarray(log.pairs[name] != (texts.index(Outcome.OK) if Outcome.OK in texts else -2))


def _as_of_others(log: ReadLog, told: IntArray, rows: IntArray) -> IntArray:
    """What is not told of a pair as another pair of the same request tells it; what lacks tools goes first."""
    if (told[rows] >= 0).all() or (told < 0).all():
        return told[rows]
    _, of = np.unique(log.pairs.requests, return_inverse=True)
    found = np.full(int(of.max()) + 1, -1)
    np.maximum.at(found, of, told)
    return np.asarray(np.where(told < 0, found[of], told)[rows])


def _language(log: ReadLog, name: str, rows: IntArray) -> Property:
    """The language that the metric `language` took the user's last message for: it says so in its details."""
    if _LANGUAGE not in log.scores:
        return _absent(name, NOT_RECORDED)
    asked = log.scores.told(log.scores.measure(_LANGUAGE), _ASKED)
    return _named(name, asked.codes[rows].astype(np.int64), asked.texts)


_DERIVED: Mapping[str, Callable[[ReadLog, str, IntArray], Property]] = {
    "length": _length,
    "tools": _tools,
    "language": _language,
}
