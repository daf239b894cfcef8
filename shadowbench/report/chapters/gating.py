"""What a gate says: its answer, the verdicts it rests on, what became of candidates since a baseline, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from shadowbench.report import words
from shadowbench.report.analysis.deciding import FAILING
from shadowbench.report.chapters import cells
from shadowbench.report.chapters.nouns import Chapter, Column, Line, Row, Table, Tone
from shadowbench.report.chapters.verdicts import verdicts
from shadowbench.report.document.comparisons import Comparison, Scale
from shadowbench.report.document.root import Candidate, Document, Source
from shadowbench.report.document.verdicts import OF_VERDICTS, Condition, Met, Note
from shadowbench.report.gate import CandidateResult, GateResult, Result, Since
from shadowbench.report.misspelt import notes_of
from shadowbench.report.policy import Against, Claim
from shadowbench.report.words import remarks
from shadowbench.stats.estimates import Estimate

_TONES = {Result.PASS: Tone.GOOD, Result.FAIL: Tone.BAD, Result.INCONCLUSIVE: Tone.OPEN}
_STANDS = {Met.SHOWN: Tone.GOOD, Met.REFUTED: Tone.BAD, Met.OPEN: Tone.OPEN, Met.SKIPPED: Tone.FAINT}
_COLUMNS = (
    Column(title="candidate"),
    Column(title="stands"),
    Column(title="what must be shown"),
    Column(title="then"),
    Column(title="now"),
)
_MORE_PAIRS = "More pairs are needed: shadowbench plan says how many, and how many days they take."
_A_LANE = "An A/A lane is a candidate without a url and a model of its own: candidates: {again: {sample_rate: 0.1}}."
_NO_LANE = (
    "There is no A/A lane, production against itself: how much of a difference is noise, or a fault of the measuring, nobody "
    "knows."
)
_LANE_HOLDS = "That is noise: a candidate's difference of that size means nothing."
_LANE_UNMEASURED = "nothing that the verdict is about was measured in it."
_LANE_DIFFERS = "There should be no difference: nothing is decided until it is known why."
_LABELS = "People's labels are needed: shadowbench label, with --twice for those that are labelled twice."
_NOT_THERE = "The baseline does not have it all ({}): take a report that does, or leave --baseline out."
_MEND = (
    "Mend the endpoint first: most calls failed, and more of the same tell nothing. shadowbench doctor asks it; the report's "
    "faults say how calls failed."
)
_NO_RATIO = (
    "A ratio says nothing of {}, which may be zero: declare a difference instead (statistic: mean, relative: false, and a "
    "margin in the measure's unit, such as 0.001 USD), or leave the claim out."
)
_ANOTHER = {
    "logs": "It is of other logs: {logs}.",
    "slice": "It is of all of the traffic, and this one of a part (--slice): they may differ for that alone.",
    "policy": "It was made by another policy: {policy}.",
    "declared": "The policy {policy} has changed since: it was made by other claims, alpha or looks.",
}
"""In what a baseline is of something else (`Baseline.differs`)."""
_REMEDIES = {
    "worse_of_late": "Of late the candidate is worse than allowed: {}. Find out what changed (the report's chapter of time "
    "shows when, and which models), and gate what came since (--since).",
    "chosen_by_outcome": "The pairs were chosen by {}, which tells what came of the calls: leave that --slice out, or choose "
    "by what was known before the call, such as path, stratum, tenant or model.",
    "production_fails": _MEND,
    "candidate_fails": _MEND,
    "calls_failed": _MEND,
    "margin_allows_everything": "No value could break the margin or bound of {}: declare how much worse would still do.",
    "all_zero": "Both sides are nothing but zeros: {}. Leave the claim out, or declare a difference (statistic: mean, "
    "relative: false, and a margin in the measure's unit, such as 0.001 USD).",
    "near_zero": _NO_RATIO,
    "not_above_zero": _NO_RATIO,
    "censored": "The quantile lies among calls that failed, and nobody knows how long those would have taken: {}. Mend what "
    "fails, or declare a lower quantile.",
    "other_version": "Scored by another version of the measure alone: {}. Report each version's log by itself, or score the "
    "log anew: shadowbench score --once.",
    "no_values": "No pair has a value: {}. The report says why values are missing; shadowbench score --once brings those of "
    "metrics and judges, prices those of costs.",
    "out_of_range": "Larger than can be computed with: {}. Find out who wrote such numbers.",
    "no_variation": "All values are alike, and nobody knows how much they may vary: {}. Gather other traffic, or leave the "
    "claim out.",
    "too_few_pairs": _MORE_PAIRS,
    "too_few_clusters": _MORE_PAIRS,
    "too_few": _MORE_PAIRS,
    "wide_interval": _MORE_PAIRS,
    "no_a_a_lane": _A_LANE,
    "no_again_lane": _A_LANE,
    "no_value_of_production": "Production alone has no value of {}, which is one of both answers together: declare against: "
    "again, which compares it with that of the A/A lane, or a bound (against: bound); what says which answer is better is "
    "imported as kind: judge.",
    "a_a_lane_differs": "Production differs from itself ({}): find out why before anything is decided. Who measures so, "
    "measures wrong.",
    "too_many_lost": "Our own queues, budgets or bounds lost too many pairs: the report's funnel says which; raise them, or "
    "lower the rates.",
    "too_few_labels": _LABELS,
    "too_few_labelled_twice": _LABELS,
    "uncalibrated_judge": "Not compared with people: {}. shadowbench label asks them, shadowbench judges says how far a judge "
    "may be trusted; --allow-uncalibrated-judges decides without.",
    "too_many_unscored": "Too many values are missing: {}. shadowbench score --once brings those of metrics and judges, prices "
    "those of costs.",
    "one_side_unscored": "One side lacks more values than the other, which may hide a difference ({}): find out why. "
    "shadowbench score --once brings those of metrics and judges, prices those of costs.",
    "failures_left_out": "The candidate fails more often than production, and these failures have no worst value: {}. Find out "
    "why it fails; or declare a quantile, which counts failures as worse than everything, and error_class beside it.",
    "mean_without_failures": "A mean of times leaves failures out ({}): declare statistic: p50 or p95, which count them as "
    "longer than anybody waited.",
    "not_measured": "Not measured: {}. Name it in scoring.metrics or scoring.judges and run shadowbench score --once, or "
    "declare without it (docs/gate.md).",
    "candidate_not_in_baseline": _NOT_THERE,
    "not_in_baseline": _NOT_THERE,
    "baseline_in_doubt": "The baseline itself is in doubt ({}): take a report of sound evidence, or leave --baseline out.",
    "changed_looks": "The baseline was made for other looks ({}): make that report anew, with the same watching.looks.",
    "changed_measure": "Measured otherwise than in the baseline: {}. Make that report anew from its log.",
}
"""By code; the gap, {}, is for the measures that it is said of. Whatever else is in braces is YAML."""


def gating(result: GateResult, document: Document) -> tuple[Chapter, ...]:
    """All there is to say; `document`: the report that was gated."""
    gated = replace(document, candidates=tuple(of_gated(result, document)))
    chapters = (_answer(result, document), verdicts(gated), _since(result, gated), _next(result, document))
    return tuple(chapter for chapter in chapters if chapter.blocks)


def of_gated(result: GateResult, document: Document) -> Iterator[Candidate]:
    """The candidates that were gated."""
    names = {each.name for each in result.candidates}
    return (each for each in document.candidates if each.name in names and not each.again)


def beside(result: GateResult, document: Document) -> Iterator[Note]:
    """Warnings about what verdicts rest on: of the whole, and of candidates that were gated."""
    names = {None, *(each.name for each in result.candidates)}
    return (note for note in document.warnings if note.code in OF_VERDICTS and note.candidate in names)


def since_title(since: Since, unit: str = "") -> str:
    """`latency (p95) not worse than it was by more than 10 %`."""
    measure = words.measure_title(since.claim.measure)
    statistic = "" if since.claim.statistic == "mean" else f" ({words.statistic(since.claim.statistic)})"
    told = f"{measure}{statistic} not worse than it was"
    if not since.margin:
        return told
    is_share = since.claim.relative or since.scale in (Scale.RATIO, Scale.PREFERENCE)
    declared = "margin" if since.claim.baseline_margin is None else "baseline_margin"
    percent = declared in since.claim.in_percent
    return f"{told} by more than {words.amount(since.margin, unit, relative=is_share, percent=percent)}"


def since_told(since: Since, unit: str = "") -> str:
    """How it stands, by which numbers."""
    why = "" if since.reason is None else f", {words.reason(since.reason)}"
    told = f"{since_title(since, unit)}: {words.met(since.met)}{why}."
    if since.then is None or since.now is None:
        return told
    return f"{told} Then {_told(since, since.then, unit)}, now {_told(since, since.now, unit)}."


def baseline_told(result: GateResult) -> Iterator[str]:
    """Of which pairs and policy the baseline is; then a sentence for whatever is another than this report's."""
    found = result.baseline
    if found is None:
        return
    of = Source(
        logs=found.logs, first_at=found.first_at, last_at=found.last_at, since=found.since, until=found.until,
        slice=found.slice,
    )  # fmt: skip
    part = f"; of it {remarks.asked_for(of)}" if remarks.asked_for(of) else ""
    yield f"Beside the report of {words.moment(found.made_at)}, of {remarks.period(of)}{part}."
    named = {"logs": ", ".join(found.logs) or words.ABSENT, "policy": found.policy or "no name"}
    yield from (_ANOTHER[each].format(**named) for each in found.differs)


def unit_of(candidate: Candidate, since: Since) -> str:
    """Of its measure; empty: it has none, or is not there."""
    found = cells.of_measure(candidate, since.claim.measure)
    return "" if found is None else found.subject.unit


def _answer(result: GateResult, document: Document) -> Chapter:
    by = f", by the policy {result.policy}" if result.policy else ""
    of = words.count(len(result.candidates), "candidate")
    lines = [Line(text=f"{_word(result.result)}: {of}{by}.", tone=_TONES[result.result])]
    if len(result.candidates) > 1:
        lines += [
            Line(text=f"{each.name}: {_word(each.result)}", tone=_TONES[each.result], item=True)
            for each in result.candidates
        ]
    lines += _of_what(document)
    lines += _failing(result)
    lines += (Line(text=words.sentence(note), tone=Tone.OPEN) for note in beside(result, document))
    if skipped := _skipped(result):
        lines.append(Line(text=f"Skipped, as nothing was measured: {', '.join(skipped)}.", tone=Tone.OPEN))
    lines += _lanes(result, document)
    return Chapter(title="Gate", blocks=tuple(lines))


def _of_what(document: Document) -> Iterator[Line]:
    """Of which pairs: whoever reads a result must see what it was narrowed to."""
    source = document.source
    logs = ", ".join(source.logs) or words.ABSENT
    yield Line(text=f"Logs: {logs}. Period: {remarks.period(source)}.", tone=Tone.FAINT)
    if asked_for := remarks.asked_for(source):
        yield Line(text=f"Of it: {asked_for}.", tone=Tone.OPEN)


def _failing(result: GateResult) -> Iterator[Line]:
    """Endpoints that hardly answered: nothing else matters before."""
    for each in result.candidates:
        for blocker in each.verdict.blockers:
            if blocker.code in FAILING:
                whose = "" if len(result.candidates) == 1 else f"{each.name}: "
                yield Line(text=f"{whose}{words.blocker(blocker)}", tone=Tone.BAD)


def _lanes(result: GateResult, document: Document) -> Iterator[Line]:
    """How far production differs from itself in what the verdict is about; or that nobody knows."""
    lanes = [candidate for candidate in document.candidates if candidate.again]
    differs = any(blocker.code == "a_a_lane_differs" for each in result.candidates for blocker in each.verdict.blockers)
    for lane in lanes:
        noise = list(_noise(lane, document))
        told = f"{'; '.join(noise)}. {_LANE_DIFFERS if differs else _LANE_HOLDS}" if noise else _LANE_UNMEASURED
        text = f"A/A lane {lane.name}, production against itself in {words.count(lane.counts.sent, 'pair')}: {told}"
        yield Line(text=text, tone=Tone.BAD if differs else Tone.FAINT)
    if not lanes:
        yield Line(text=_NO_LANE, tone=Tone.OPEN)


def _noise(lane: Candidate, document: Document) -> Iterator[str]:
    """The lane's own numbers of what the verdict is about, as far as they are there."""
    for claim in document.policy.primary:
        found = next((each for each in lane.comparisons if _is_noise_of(each, claim)), None)
        if found is not None:
            yield f"{words.measure_title(claim.measure)} {words.effect(found.effect, found.subject.unit)}"


def _is_noise_of(comparison: Comparison, claim: Claim) -> bool:
    named = (comparison.subject.name, comparison.statistic) == (claim.measure, claim.statistic)
    return named and comparison.reason is None and comparison.against is not Against.AGAIN


def _skipped(result: GateResult) -> list[str]:
    """Measures of claims that did not count."""
    conditions = (condition for each in result.candidates for condition in each.verdict.conditions)
    skipped = (words.measure_title(each.claim.measure) for each in conditions if each.met is Met.SKIPPED)
    return list(dict.fromkeys(skipped))


def _word(result: Result) -> str:
    return {Result.PASS: "Pass", Result.FAIL: "Fail", Result.INCONCLUSIVE: "Inconclusive"}[result]


def _since(result: GateResult, document: Document) -> Chapter:
    rows = [
        _row(candidate, since)
        for found, candidate in zip(result.candidates, document.candidates, strict=True)
        for since in found.since
    ]
    first = 0 if len(result.candidates) > 1 else 1  # whose it is goes without saying
    table = Table(columns=_COLUMNS[first:], rows=tuple(replace(row, cells=row.cells[first:]) for row in rows))
    return Chapter(title="Since the baseline", blocks=(*_about(result), table) if rows else ())


def _about(result: GateResult) -> Iterator[Line]:
    """Which report that is, and in what it is of something else."""
    for place, told in enumerate(baseline_told(result)):
        yield Line(text=told, tone=Tone.OPEN if place else None)


def _row(candidate: Candidate, since: Since) -> Row:
    unit = unit_of(candidate, since)
    why = "" if since.reason is None else f" ({words.reason(since.reason)})"
    then, now = ("" if each is None else _told(since, each, unit) for each in (since.then, since.now))
    stands = f"{words.met(since.met)}{why}"
    return Row((candidate.name, stands, since_title(since, unit), then, now), tone=_STANDS[since.met])


def _told(since: Since, estimate: Estimate, unit: str) -> str:
    scale = Scale.LEVEL if since.claim.against is Against.BOUND else since.scale or Scale.DIFFERENCE
    return cells.scaled(estimate, scale, unit)


def _next(result: GateResult, document: Document) -> Chapter:
    """What would bring an answer: who failed or passed has it. Names that may be misspelt are told in any case."""
    measures: dict[str, dict[str, None]] = {}
    codes = set[str]()
    for each in result.candidates:
        for code, measure in _stops(each) if each.result is Result.INCONCLUSIVE else ():
            codes.add(code)
            said = measures.setdefault(_REMEDIES.get(code, ""), {})
            said |= {} if measure is None else {words.measure_title(measure): None}
    told = [remedy.replace("{}", ", ".join(said)) for remedy, said in measures.items() if remedy]
    absent = [note for note in notes_of(document) if note.values.get("near") or "not_measured" in codes]
    told += map(words.sentence, absent)
    return Chapter(title="What to do", blocks=tuple(Line(text=text, item=True) for text in told))


def _stops(found: CandidateResult) -> Iterator[tuple[str, str | None]]:
    failing = any(blocker.code in FAILING for blocker in found.verdict.blockers)
    for blocker in found.verdict.blockers:
        if not (failing and blocker.code in ("too_few_pairs", "too_few_clusters")):  # more of the same would not help
            yield blocker.code, ", ".join(blocker.columns) or blocker.measure
    claims: list[Condition | Since] = [*found.verdict.conditions, *found.since]
    for each in claims:
        if each.met is Met.OPEN and each.reason is not None:
            yield each.reason, each.claim.measure
