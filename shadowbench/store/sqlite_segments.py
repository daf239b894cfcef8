"""`Segmenting` in SQLite: makes the segments of what is over and done.

Making one takes a tenth of a second, for which nobody can be kept waiting. So its row is put first, without columns, and what
it is made of is read after that; whoever changes any of it deletes the segment as well (the triggers of migration 4), begun or
made; and the columns are put where the row still is, with our token. A row that was left without columns is begun again.
"""

from __future__ import annotations

from collections.abc import Sequence

from shadowbench.store.columns_spec import IN_SEGMENTS
from shadowbench.store.queries import statements
from shadowbench.store.segments import SPAN, packed, page_of
from shadowbench.store.sqlite_desk import Row, SqliteDesk, as_json

_SQL, _SCORES = statements("segments"), statements("scores")


class SqliteSegments(SqliteDesk):
    """See `Segmenting`."""

    def make_segment(self, measures: Sequence[int], *, token: str) -> bool:
        """See `Segmenting.make_segment`."""
        for source, (first, last) in self._due(measures).items():
            page = self._next_page(source, first, last)
            if page is not None:
                return self._make(source, page, token)
        return False

    def _next_page(self, source: str, first: int, last: int) -> int | None:
        """The next page to make a segment of; pages of which no exchange is left are passed over."""
        begun = self._rows(_SQL["begun"], {"source": source, "first": first, "last": last})
        if begun:
            return int(begun[0][0])
        while True:
            ((page,),) = self._rows(_SQL["missing"], {"source": source, "first": first, "last": last})
            if page is None:
                return None
            ((number,),) = self._rows(_SQL["next_number"], {"after": page * SPAN})
            if number is None:
                return None  # all that was there was deleted meanwhile
            first = page_of(number)
            if first == page:
                return int(page)

    def _due(self, measures: Sequence[int]) -> dict[str, tuple[int, int]]:
        """The first and the last page of each source that nothing is to come to any more."""
        with self._reading():
            ((oldest, newest),) = self._rows(_SQL["reach"])
            marks: dict[int, int] = dict(self._rows(_SCORES["marks_of"], {"measures": as_json(measures)}))
        if oldest is None:
            return {}
        # Of a page whose beginning was pruned the rest goes soon.
        first, last = -(-(oldest - 1) // SPAN), newest // SPAN - 1
        scored = min((last, *(mark // SPAN - 1 for mark in marks.values()))) if marks else -1
        return {"exchanges": (first, last), "observations": (first, last), "scores": (first, scored)}

    def _make(self, source: str, page: int, token: str) -> bool:
        """Whether it stands: nobody changed what it is made of."""
        place = {"source": source, "page": page, "token": token}
        with self._quickly():
            self._change(_SQL["begin"], place)
        rows = self._read_rows(source, page)
        columns = IN_SEGMENTS[source]
        cells = zip(*rows, strict=True) if rows else ([] for _ in columns)
        data = packed(dict(zip(columns, cells, strict=True)))
        with self._quickly():
            return self._change(_SQL["end"], place | {"columns": data}) > 0

    def _read_rows(self, source: str, page: int) -> list[Row]:
        # Numbers and words alone, whatever somebody put there.
        cells = (f"CAST({name} AS TEXT)" if is_word else f"{name} + 0" for name, is_word in IN_SEGMENTS[source].items())
        statement = _SQL[source].format(columns=", ".join(cells))
        return self._rows(statement, {"after": page * SPAN, "last": (page + 1) * SPAN})
