"""A name that there is not: with the nearest that there is, and all of them. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

_MOST = 12


def not_there(given: str, why: str, names: Sequence[str]) -> str:
    """`--again agian: these logs have no pairs of it; did you mean 'again'? There are: again, small`."""
    close = difflib.get_close_matches(given.rpartition(" ")[2], names, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else "."
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f"{given}: {why}{hint} There are: {', '.join(names[:_MOST]) or 'none'}{more}"
