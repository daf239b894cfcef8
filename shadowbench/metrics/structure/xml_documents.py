"""Whether an answer is XML: well-formed (XML 1.0 §2.1), by expat."""

from __future__ import annotations

from xml.parsers import expat

from shadowbench.metrics.base import Absent, Need, Value, metric
from shadowbench.metrics.bounds import MOST_CHARACTERS, TOO_LONG
from shadowbench.metrics.structure.fences import unfenced
from shadowbench.metrics.view import Side
from shadowbench.scores import Direction, Shape


class _DeclaresEntities(Exception):
    """Entities may be made of entities, and grow without end: they are not looked into."""


@metric(version="1", shape=Shape.SIDES, direction=Direction.HIGHER, low=0, high=1, needs=(Need.TEXT,))
def xml_valid(side: Side, *, fenced: bool = False) -> Value:
    """Whether the whole answer is one well-formed XML document."""
    text = (side.text or "").strip()
    if len(text) > MOST_CHARACTERS:
        return TOO_LONG
    try:
        return is_well_formed(unfenced(text).strip() if fenced else text)
    except _DeclaresEntities:
        return Absent("declares_entities")


def is_well_formed(text: str) -> bool:
    """Whether expat reads it. Nothing outside of the text is fetched."""
    parser = expat.ParserCreate()
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(text, True)
    except (expat.ExpatError, UnicodeEncodeError):  # XML has no surrogates (§2.2)
        return False
    return True


def _refuse(*declaration: object) -> None:
    raise _DeclaresEntities
