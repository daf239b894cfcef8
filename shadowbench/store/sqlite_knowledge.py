"""Labels of people, right answers and frozen sets in SQLite. All of it is somebody's work: it is on the device on return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple

from shadowbench.errors import ConfigurationError
from shadowbench.scores import Label, PairRef, Position, Preferred
from shadowbench.store.queries import statements
from shadowbench.store.scoring import Canary, CanaryRun
from shadowbench.store.sqlite_desk import Row, SqliteDesk, as_json

_SQL = statements("knowledge")


class SqliteKnowledge(SqliteDesk):
    """`Knowledge` over an SQLite connection."""

    def put_labels(self, labels: Sequence[Label]) -> int:
        """See `Knowledge.put_labels`."""
        with self._durably():
            before = self._count_labels()
            self._put(_SQL["put_label"], [_row_of(label) for label in labels])
            return self._count_labels() - before

    def _count_labels(self) -> int:
        return int(self._rows(_SQL["count_labels"])[0][0])

    def labels(self, question: str | None = None) -> Sequence[Label]:
        """See `Knowledge.labels`."""
        return [_label_of(row) for row in self._rows(_SQL["labels"], {"question": question})]

    def put_references(self, references: Mapping[int, str], *, source: str) -> int:
        """See `Knowledge.put_references`."""
        rows = [(number, reference, source) for number, reference in sorted(references.items())]
        return self._put_in_slices(self._put_references, rows, synced=True)

    def _put_references(self, rows: Sequence[Row]) -> int:
        """What was absent for want of them, or compared with others, is to be scored again: the marks of those measures go
        back."""
        numbers = as_json(row[0] for row in rows)
        known: dict[int, str] = dict(self._rows(_SQL["references_of"], {"numbers": numbers}))
        replaced = as_json(number for number, text, _ in rows if known.get(number, text) != text)
        stale = {"numbers": numbers, "replaced": replaced}
        for measure, first in self._rows(_SQL["measures_in_want"], stale):
            self._change(_SQL["mark_back"], {"measure": measure, "mark": first - 1})
            self._change(_SQL["forget_ahead"], {"measure": measure, "mark": first - 1})
        self._change(_SQL["delete_in_want"], stale)
        return self._put(_SQL["put_reference"], rows)

    def references(self, *, after: int, upto: int) -> Mapping[int, str]:
        """See `Knowledge.references`."""
        return dict(self._rows(_SQL["references"], {"after": after, "upto": upto}))

    def find_exchanges(self, *, ids: Sequence[str] = (), request_ids: Sequence[str] = ()) -> Mapping[str, int]:
        """See `Knowledge.find_exchanges`."""
        by_request = self._rows(_SQL["numbers_by_request_id"], (as_json(request_ids),)) if request_ids else []
        by_id = self._rows(_SQL["numbers_by_id"], (as_json(ids),)) if ids else []
        return dict(by_request) | dict(by_id)

    def put_canaries(self, name: str, canaries: Sequence[Canary]) -> None:
        """See `Knowledge.put_canaries`."""
        with self._durably():
            if self._rows(_SQL["canaries"], (name,)):
                raise ConfigurationError(
                    f"there is a canary set {name!r} already, and it stays as it is; choose another name"
                )
            rows = [(name, *canary.pair, canary.expected, canary.source) for canary in canaries]
            self._put(_SQL["insert_canary"], rows)

    def canaries(self, name: str) -> Sequence[Canary]:
        """See `Knowledge.canaries`."""
        return [
            Canary(pair=PairRef(number, side), expected=expected, source=source)
            for number, side, expected, source in self._rows(_SQL["canaries"], (name,))
        ]

    def canary_names(self) -> Sequence[str]:
        """See `Knowledge.canary_names`."""
        return [name for (name,) in self._rows(_SQL["canary_names"])]

    def put_canary_run(self, run: CanaryRun) -> None:
        """See `Knowledge.put_canary_run`."""
        with self._durably():
            self._put(_SQL["insert_canary_run"], [astuple(run)])

    def canary_runs(self, name: str, measure: int | None = None) -> Sequence[CanaryRun]:
        """See `Knowledge.canary_runs`."""
        return [_run_of(row) for row in self._rows(_SQL["canary_runs"], {"name": name, "measure": measure})]


def _row_of(label: Label) -> Row:
    return (
        *label.pair,
        label.question,
        label.labeller,
        label.labelled_at,
        label.round,
        None if label.preferred is None else str(label.preferred),
        label.value,
        None if label.position is None else str(label.position),
        label.probability,
        label.note,
        label.source,
    )


def _label_of(row: Row) -> Label:
    number, side, question, labeller, labelled_at, round, preferred, value, position, probability, note, source = row
    return Label(
        pair=PairRef(number, side),
        question=question,
        labeller=labeller,
        labelled_at=labelled_at,
        round=round,
        preferred=None if preferred is None else Preferred(preferred),
        value=value,
        position=None if position is None else Position(position),
        probability=probability,
        note=note,
        source=source,
    )


def _run_of(row: Row) -> CanaryRun:
    name, measure, ran_at, items, answered, kappa, low, high, agreement, drifted, detail = row
    return CanaryRun(
        name=name,
        measure=measure,
        ran_at=ran_at,
        items=items,
        answered=answered,
        kappa=kappa,
        low=low,
        high=high,
        agreement=agreement,
        drifted=bool(drifted),
        detail=detail,
    )
