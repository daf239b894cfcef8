"""How many: pairs, faults, calls, requests. Sums over codes; no statistics."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from shadowbench.funnel import HANDED_OFF, UNHEARD, Funnel
from shadowbench.reading.log import ReadLog
from shadowbench.reading.names import SIDES
from shadowbench.reading.pairs import Pairs
from shadowbench.report.analysis.arms import Arm, counted
from shadowbench.report.analysis.computable import in_range
from shadowbench.report.document.root import Counts, Fault, Source, Totals, Traffic
from shadowbench.report.document.times import SideSpend
from shadowbench.stats.columns import BoolArray, effective_n


def counts_of(arm: Arm) -> Counts:
    """One candidate's pairs."""
    return Counts(
        pairs=arm.pairs,
        sent=arm.pairs - sum(arm.not_sent.values()),
        not_sent=arm.not_sent,
        withdrawn=arm.withdrawn,
        answered=int(arm.answered.sum()),
        production_ok=int((~arm.production_failed).sum()),
        candidate_ok=int((~arm.candidate_failed).sum()),
        clusters=arm.clusters.count,
        effective_n=effective_n(arm.weights) if arm.n else None,
        worth=arm.clusters.worth(arm.weights) if arm.n else None,
    )


def faults_of(pairs: Pairs, arm: Arm) -> tuple[Fault, ...]:
    """Ways to end without an answer, of the pairs that count: most frequent first, then by name."""
    failed = {"production": arm.production_failed, "candidate": arm.candidate_failed}
    found = {side: _endings(pairs, side, arm.rows[failed[side]]) for side in SIDES}
    rows = [
        Fault(outcome=way[0], reason=way[1], production=ours, candidate=theirs)
        for way in found["production"] | found["candidate"]
        for ours, theirs in [(found["production"].get(way, 0), found["candidate"].get(way, 0))]
    ]
    return tuple(sorted(rows, key=lambda f: (-f.production - f.candidate, f.outcome, f.reason or "")))


def _endings(pairs: Pairs, side: str, rows: NDArray[np.int64]) -> dict[tuple[str, str | None], int]:
    """How often each outcome and reason occurs together."""
    outcomes, reasons = (pairs.texts[f"{side}_{name}"] for name in ("outcome", "reason"))
    width = len(reasons) + 1
    both = (pairs[f"{side}_outcome"][rows].astype(np.int64) + 1) * width + pairs[f"{side}_reason"][rows] + 1
    counts = np.bincount(both, minlength=1)
    return {
        (
            outcomes[code // width - 1] if code >= width else "unknown",
            reasons[code % width - 1] if code % width else None,
        ): int(counts[code])
        for code in np.flatnonzero(counts).tolist()
    }


def source_of(
    log: ReadLog,
    *,
    since: float | None,
    until: float | None,
    candidates: tuple[str, ...],
    chosen: Mapping[str, tuple[str, ...]],
) -> Source:
    """Which pairs these are, as they were asked for."""
    at = log.pairs["started_at"]
    return Source(
        logs=tuple(map(public_name, log.pairs.texts["log"])),
        first_at=float(at.min()) if at.size else None,
        last_at=float(at.max()) if at.size else None,
        since=since,
        until=until,
        candidates=candidates,
        slice=chosen,
    )


def public_name(url: str) -> str:
    """A log's name for whoever reads the report: a file's own name, or a URL without user and password."""
    parts = urlsplit(url)
    if parts.scheme in ("", "sqlite", "file"):
        return parts.path.rstrip("/").rpartition("/")[2] or url
    where = parts.hostname or ""
    return f"{parts.scheme}://{where}{f':{parts.port}' if parts.port else ''}{parts.path}"


def traffic_of(funnel: Funnel) -> Traffic | None:
    """What became of all requests; None where nobody counted, as in an imported log."""
    if not funnel.total("seen") and not funnel.total("opened"):
        return None
    lost = funnel.total("lost")
    found_again = min(lost, funnel.total(UNHEARD))  # in the log: only the mirror that died did not hear of it
    not_handed_off = {why: n for why, n in funnel.reasons("seen").items() if why != HANDED_OFF}
    return Traffic(
        seen=funnel.total("seen"),
        not_handed_off=not_handed_off,
        lost=lost - found_again,
        ineligible=funnel.reasons("ineligible"),
        unsampled=funnel.reasons("unsampled"),
        sampled=funnel.total("sampled"),
        recorded=funnel.total("recorded") + found_again,
        discarded=funnel.reasons("discarded"),
    )


def totals_of(log: ReadLog, judges: SideSpend) -> Totals:
    """How much there is. A request that several candidates were given was answered by production once."""
    pairs = log.pairs
    first = _first_of_each_exchange(pairs)
    keys = pairs["cluster_key"][first]
    return Totals(
        exchanges=int(first.sum()),
        pairs=pairs.n,
        clusters=int((np.bincount(keys[keys >= 0], minlength=1) > 0).sum()) + int((keys < 0).sum()),
        production=spend_of(pairs, "production", first),
        candidates=spend_of(pairs, "candidate", _sent(pairs)),
        judges=judges,
    )


def _first_of_each_exchange(pairs: Pairs) -> BoolArray:
    """Pairs of one exchange follow one another; of several logs, each may have some of them."""
    requests = pairs.requests
    new = np.ones(pairs.n, np.bool_)
    new[1:] = np.diff(requests) != 0
    if len(pairs.texts["log"]) > 1:
        new &= np.isin(np.arange(pairs.n), np.unique(requests, return_index=True)[1])
    return new


def _sent(pairs: Pairs) -> BoolArray:
    texts = pairs.texts["candidate_outcome"]
    return np.asarray(pairs["candidate_outcome"] != (texts.index("not_sent") if "not_sent" in texts else -2))


def spend_of(pairs: Pairs, side: str, which: BoolArray) -> SideSpend:
    """What these calls cost, as far as it is known."""
    usd = in_range(pairs[f"{side}_cost_usd"][which])
    known = ~np.isnan(usd)
    return SideSpend(
        calls=len(usd),
        usd=float(usd[known].sum()) if known.any() else None,
        unknown=counted(pairs[f"{side}_cost_reason"][which][~known], pairs.texts[f"{side}_cost_reason"]),
    )


def models_of(pairs: Pairs, name: str, rows: NDArray[np.int64] | None = None) -> tuple[str, ...]:
    """The models of a column, most frequent first."""
    codes = pairs[name] if rows is None else pairs[name][rows]
    return tuple(counted(codes[codes >= 0], pairs.texts[name]))
