"""A chart's data, as altair takes it without looking into it: it would copy each row anew for every layer and every change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import altair as alt


class _Rows:
    """What altair asks for its JSON when it needs it (`altair.utils.schemapi.SchemaLike`)."""

    _schema: ClassVar[Mapping[str, Any]] = {"type": "array"}

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._rows = rows

    def to_dict(self) -> Sequence[Mapping[str, Any]]:
        return self._rows


def data(rows: Sequence[Mapping[str, Any]]) -> alt.Data:
    """Of rows that nobody changes."""
    return alt.Data(values=_Rows(rows))
