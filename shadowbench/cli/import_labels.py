"""`shadowbench import --labels`, `--references`: people's labels and right answers for exchanges that are in the log.

Every good row is put, whatever the others are, and every bad one is named. A row that is put twice replaces itself, so a file
that was mended can be imported again as a whole.
"""

from __future__ import annotations

import io
import json
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from reprlib import repr as shortly
from typing import TypeVar

from shadowbench.cli.quantities import counted
from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.records import Exchange, is_again
from shadowbench.scores import Label, PairRef, Preferred
from shadowbench.scoring.calibration.told_rows import (
    BadRow,
    Key,
    ToldLabel,
    label_of,
    reference_of,
    rows,
)
from shadowbench.store.base import PairLog
from shadowbench.store.exporting.compression import DAMAGE, decompressing, ending_of
from shadowbench.store.opening import open_log, open_score_log
from shadowbench.store.scoring import ScoreLog

BAD_ROWS = 2
_SHOWN = 50
_BATCH = 500
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeOptions:
    """`labeller`: who said it, where a row does not tell."""

    log_url: str
    labels: tuple[Path, ...] = ()
    references: tuple[Path, ...] = ()
    labeller: str = "import"
    skip_bad: bool = False


def run_import_knowledge(options: KnowledgeOptions, now: float) -> int:
    """Import the files; the exit code: 0, or 2 where rows were bad and not to be passed over."""
    if not options.labeller.strip():
        raise ConfigurationError("who labelled, where a row does not tell? Name them with --labeller")
    open_log(options.log_url, "change").close()  # a log of an older version is migrated
    bad = 0
    with (
        closing(open_log(options.log_url, "read")) as log,
        closing(open_score_log(options.log_url, "change")) as scores,
    ):
        for file in options.labels:
            bad += _import_labels(file, log, scores, options, now)
        for file in options.references:
            bad += _import_references(file, Sides(log), scores)
    return BAD_ROWS if bad and not options.skip_bad else 0


def _import_labels(file: Path, log: PairLog, scores: ScoreLog, options: KnowledgeOptions, now: float) -> int:
    told, bad = _read(file, lambda line, row: label_of(line, row, labeller=options.labeller))
    numbers = _numbers_of(scores, [each.key for each in told])
    sides = Sides(log)
    labels: list[Label] = []
    for each in told:
        number = numbers.get(each.key)
        found = BadRow(each.line, _unknown(each.key)) if number is None else sides.pair(each, number)
        if isinstance(found, BadRow):
            bad.append(found)
        else:
            labels.append(_label(each, found, now))
    new = scores.put_labels(labels)
    _tell(file, counted(new, "label"), len(labels) - new, bad)
    return len(bad)


def _import_references(file: Path, sides: Sides, scores: ScoreLog) -> int:
    told, bad = _read(file, reference_of)
    asked = _numbers_of(scores, [each.key for each in told])
    numbers = {key: number for key, number in asked.items() if sides.of(number) is not None}
    bad += [BadRow(each.line, _unknown(each.key)) for each in told if each.key not in numbers]
    found = {numbers[each.key]: each.reference for each in told if each.key in numbers}
    replaced = _replaced(scores, found)
    put = scores.put_references(found, source="import")
    _tell(file, counted(put - len(replaced), "reference"), len(replaced), bad)
    if replaced:
        _tell_replaced(file, _judged(scores, replaced))
    return len(bad)


def _replaced(scores: ScoreLog, found: Mapping[int, str]) -> set[int]:
    """The exchanges for which the log has another right answer."""
    if not found:
        return set()
    known = scores.references(after=min(found) - 1, upto=max(found))
    return {number for number, reference in found.items() if known.get(number, reference) != reference}


def _judged(scores: ScoreLog, numbers: Collection[int]) -> Mapping[str, int]:
    """How many pairs of these exchanges judges have compared with a right answer, by judge."""
    judges = {
        each.id: each.measure.name
        for each in scores.measures()
        if each.measure.kind == "judge" and json.loads(each.measure.about).get("kind") == "factuality"
    }
    made = scores.scores_of(list(judges), after=min(numbers) - 1, upto=max(numbers)) if judges else ()
    return Counter(judges[score.measure] for score in made if score.number in numbers)


def _tell_replaced(file: Path, judged: Mapping[str, int]) -> None:
    sys.stderr.write(f"{file}: metrics that compare with what was replaced score it again: shadowbench score --once\n")
    for judge, pairs in sorted(judged.items()):
        sys.stderr.write(
            f"{file}: {judge} has compared {counted(pairs, 'pair')} with what was replaced; its word stands, for to ask again "
            "costs. A new version of its rubric has all pairs judged anew\n"
        )


class Sides:
    """Looks up which sides an exchange has, one after the other."""

    def __init__(self, log: PairLog) -> None:
        self._log = log
        self._known: dict[int, Mapping[str, int] | None] = {}

    def pair(self, told: ToldLabel, number: int) -> PairRef | BadRow:
        """The pair that a label is of, or why that cannot be told."""
        names = self.of(number)
        if names is None:
            return BadRow(told.line, _unknown(told.key))
        if told.candidate is not None:
            side = names.get(told.candidate)
        elif told.side is not None:
            side = told.side if told.side in names.values() else None
        elif len(names) == 1:
            side = next(iter(names.values()))
        else:
            return BadRow(told.line, f"the exchange has several candidates: add candidate ({', '.join(names)})")
        if side is None:
            return BadRow(told.line, f"the exchange has no such candidate; it has: {', '.join(names) or 'none'}")
        if told.named is not None and names.get(told.named) != side:
            return BadRow(
                told.line, f"preferred is production, candidate, tie or the candidate's name, not {shortly(told.named)}"
            )
        return PairRef(number, side)

    def of(self, number: int) -> Mapping[str, int] | None:
        """The sides of an exchange by name; None: there is no such exchange."""
        if number not in self._known:
            page = self._log.page(after=number - 1, upto=number, with_bodies=False)
            self._known[number] = _sides_of(page.exchanges[0]) if page.exchanges else None
        return self._known[number]


def _sides_of(exchange: Exchange) -> Mapping[str, int]:
    names = (result.observation.endpoint for result in exchange.candidates)
    return {name: side for side, name in enumerate(names, start=1) if not is_again(name)}


def _read(file: Path, read: Callable[[int, Mapping[str, object]], T | BadRow]) -> tuple[list[T], list[BadRow]]:
    told: list[T] = []
    bad: list[BadRow] = []
    is_empty = True
    with _text(file) as (text, is_csv):
        for row in rows(text, is_csv=is_csv):
            is_empty = False
            found = row if isinstance(row, BadRow) else read(*row)
            if isinstance(found, BadRow):
                bad.append(found)
            else:
                told.append(found)
    if is_empty:
        sys.stderr.write(f"{file}: there are no rows in it\n")
    return told, bad


@contextmanager
def _text(file: Path) -> Iterator[tuple[io.TextIOWrapper, bool]]:
    """The file's lines, and whether they are CSV. Raises UnavailableError for a file that cannot be read."""
    ending = ending_of(file.name)
    kind = Path(file.name.lower().removesuffix(ending)).suffix
    if kind not in (".csv", ".jsonl", ".ndjson", ".json"):
        raise ConfigurationError(f"{file}: labels and references come as .jsonl or .csv (.gz, .zst)")
    try:
        with file.open("rb") as packed:
            yield (
                io.TextIOWrapper(decompressing(packed, ending), "utf-8-sig", errors="surrogateescape", newline=""),
                kind == ".csv",
            )
    except OSError as error:
        raise UnavailableError(f"cannot read {file}: {error.strerror or error}") from None
    except DAMAGE as error:
        raise UnavailableError(f"{file} is damaged: {error}; nothing of it was imported") from None


def _numbers_of(scores: ScoreLog, keys: Sequence[Key]) -> Mapping[Key, int]:
    """The numbers of those exchanges that the log has."""
    found: dict[Key, int] = {key: int(key.value) for key in keys if key.by == "exchange_number"}
    for by in ("exchange_id", "request_id"):
        values = sorted({key.value for key in keys if key.by == by})
        for start in range(0, len(values), _BATCH):
            some = values[start : start + _BATCH]
            numbers = (
                scores.find_exchanges(ids=some) if by == "exchange_id" else scores.find_exchanges(request_ids=some)
            )
            found |= {Key(by, value): number for value, number in numbers.items()}
    return found


def _label(told: ToldLabel, pair: PairRef, now: float) -> Label:
    return Label(
        pair=pair,
        question=told.question,
        labeller=told.labeller,
        labelled_at=now if told.labelled_at is None else told.labelled_at,
        round=told.round,
        preferred=told.preferred if told.named is None else Preferred.CANDIDATE,  # the name is the candidate's
        value=told.value,
        position=told.position,
        probability=told.probability,
        note=told.note,
        source="import",
    )


def _unknown(key: Key) -> str:
    return f"no exchange of the log has {key.by} {key.value}"


def _tell(file: Path, new: str, there: int, bad: Sequence[BadRow]) -> None:
    for row in sorted(bad)[:_SHOWN]:
        sys.stderr.write(f"{file}:{row.line}: {row.why}\n")
    if len(bad) > _SHOWN:
        sys.stderr.write(f"{file}: … and {len(bad) - _SHOWN:,} more\n")
    already = f", {there:,} replaced" if there else ""
    lost = f", {counted(len(bad), 'bad line')}: mend and import again, nothing is doubled" if bad else ""
    sys.stderr.write(f"{file}: {new} imported{already}{lost}\n")
