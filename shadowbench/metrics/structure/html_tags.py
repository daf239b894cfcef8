"""Whether the tags of an HTML answer fit together, by the HTML Standard §13.1 (WHATWG).

Not a conformance checker: which element may stand in which, attributes and their values are not looked at. Ours, as the
standard library's parser takes the square of the length for tags that do not end, and others repair without telling all.
"""

from __future__ import annotations

import re

from shadowbench.metrics.base import Need, Value, metric
from shadowbench.metrics.bounds import MOST_CHARACTERS, TOO_LONG
from shadowbench.metrics.structure.fences import unfenced
from shadowbench.metrics.view import Side
from shadowbench.scores import Direction, Shape


def _names(told: str) -> frozenset[str]:
    return frozenset(told.split())


_VOID = _names("area base br col embed hr img input link meta source track wbr")  # §13.1.2
_RAW = _names("script style textarea title")
_FOREIGN = _names("svg math")

# §13.1.2.4: what may be left open, and which start tags end it.
_BLOCKS = _names(
    "address article aside blockquote details dialog div dl fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header"
    " hgroup hr main menu nav ol p pre search section table ul"
)
_ENDED_BY = {
    "li": _names("li"),
    "dt": _names("dt dd"),
    "dd": _names("dt dd"),
    "p": _BLOCKS,
    "rt": _names("rt rp"),
    "rp": _names("rt rp"),
    "optgroup": _names("optgroup hr"),
    "option": _names("option optgroup hr"),
    "caption": _names("colgroup thead tbody tr"),
    "colgroup": _names("thead tbody tfoot tr"),
    "thead": _names("tbody tfoot"),
    "tbody": _names("tbody tfoot"),
    "tfoot": _names(""),
    "tr": _names("tr tbody tfoot"),
    "td": _names("td th tr tbody tfoot"),
    "th": _names("td th tr tbody tfoot"),
    "head": _names("body"),
    "body": _names(""),
    "html": _names(""),
}
_MOST_ENDED = 8  # elements that one start tag ends: more stand in each other in no real page

_DECLARATIONS = (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<!", ">"))
_TAG = re.compile(r"<(?P<end>/?)(?P<name>[A-Za-z][^\s/>]*+)(?:[^>\"']|\"[^\"]*+\"|'[^']*+')*+>")


@metric(version="1", shape=Shape.SIDES, direction=Direction.HIGHER, low=0, high=1, needs=(Need.TEXT,))
def html_valid(side: Side, *, fenced: bool = False) -> Value:
    """Whether the answer has HTML elements, and every tag is whole and has its counterpart."""
    text = side.text or ""
    if len(text) > MOST_CHARACTERS:
        return TOO_LONG
    return is_balanced(unfenced(text) if fenced else text)


def is_balanced(text: str) -> bool:
    """Whether there are elements, and all of them begin and end as they should."""
    elements, seen = _Open(), False
    at = text.find("<")
    while at >= 0:
        if text.startswith("<!", at):
            at = _past_declaration(text, at)
        else:
            tag = _TAG.match(text, at)
            if tag is None or not elements.take(tag["name"].lower(), bool(tag["end"]), tag[0].endswith("/>")):
                return False
            seen = True
            at = _past_content(text, tag)
        if at < 0:
            return False
        at = text.find("<", at)
    return seen and elements.may_end


class _Open:
    """The elements that have begun and not ended, the outermost first."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._foreign = 0  # how many of them are SVG or MathML, within which a tag may close itself

    @property
    def may_end(self) -> bool:
        """Whether the text may end here."""
        return all(name in _ENDED_BY for name in self._names)

    def take(self, name: str, is_end: bool, closes_itself: bool) -> bool:
        """Note a tag. False: it does not fit."""
        if is_end:
            return self._end(name)
        self._end_implied(name)
        if name not in _VOID and not (closes_itself and (self._foreign or name in _FOREIGN)):
            self._names.append(name)
            self._foreign += name in _FOREIGN
        return True

    def _end(self, name: str) -> bool:
        while self._names and self._names[-1] != name and self._names[-1] in _ENDED_BY:
            self._names.pop()
        if not self._names or self._names.pop() != name:
            return False
        self._foreign -= name in _FOREIGN
        return True

    def _end_implied(self, name: str) -> None:
        """End what this start tag ends, with what is open within."""
        for depth in range(len(self._names) - 1, max(-1, len(self._names) - 1 - _MOST_ENDED), -1):
            if self._names[depth] not in _ENDED_BY:
                return
            if name in _ENDED_BY[self._names[depth]]:
                del self._names[depth:]


def _past_declaration(text: str, at: int) -> int:
    """Past a comment, a document type or a CDATA section; -1: it does not end."""
    begins, ends = next(each for each in _DECLARATIONS if text.startswith(each[0], at))
    return text.find(ends, at + len(begins))


def _past_content(text: str, tag: re.Match[str]) -> int:
    """Past a tag, and past what is not HTML behind it; -1: that does not end."""
    name = tag["name"].lower()
    if tag["end"] or name not in _RAW:
        return tag.end()
    end = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(text, tag.end())
    return -1 if end is None else end.start()
