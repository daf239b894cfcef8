"""Texts and bodies → the same without what must not be kept.

JSON stays JSON: strings are looked into one by one, without their escapes, and written back where something was found; a
number that is a card's becomes a string; no other byte changes. A member whose name says so (`"password": "…"`) loses its whole
value. Text within text (a tool call's arguments) is looked into likewise.

In a stream an answer's text is cut over many events: the pieces are put together, and edited where they stand.

Redacting twice is redacting once: each text is gone through until nothing more is found.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from shadowbench.redaction.credentials import is_secret_member
from shadowbench.redaction.finder import Edit, Finder, apply, search_of
from shadowbench.redaction.json_strings import Leaf, Walk, is_json, looks_like_json
from shadowbench.redaction.kind import Kind
from shadowbench.redaction.kinds import KINDS, RedactionOptions, chosen_kinds, own_kinds
from shadowbench.redaction.known import NAME as KNOWN_SECRET
from shadowbench.redaction.known import known_kind
from shadowbench.redaction.personal import is_phone_member
from shadowbench.redaction.pieces import edit_pieces
from shadowbench.redaction.placeholders import PLACEHOLDER
from shadowbench.redaction.tally import Tally

# What a replacement leaves side by side may look like something new; that it does so again and again is contrived.
_MAX_PASSES = 8
_SHORTEST = 6  # of what any kind of ours takes out: a@b.co

# Members that hold a piece of a text in the events of the dialects we know.
_PIECES = frozenset(
    {
        "content",
        "text",
        "reasoning",
        "reasoning_content",
        "thinking",
        "refusal",
        "arguments",
        "input",
        "partial_json",
        "delta",
        "transcript",
        "response",
    }
)
_LINE = re.compile(r"[^\r\n]+")
_DATA = re.compile(r"data: ?")


class Redactor:
    """Redacts under fixed options. Not thread-safe."""

    def __init__(self, finder: Finder, kinds: Sequence[Kind]) -> None:
        self._finder = finder
        self.is_suspicious = finder.is_suspicious
        self.is_clean = finder.is_clean
        floors = [f"(?:{kind.floor})" for kind in kinds if kind.floor]
        self._floor = search_of("|".join(floors)) if floors else None
        known = [kind for kind in kinds if kind.name == KNOWN_SECRET]
        self._known = Finder(known, (), finder.salt) if known else None
        self.knows_secrets = self._known is not None  # word for word

    def holds_credential(self, data: bytes) -> bool:
        """Whether the shape of a known credential stands in `data`, of the kinds that are on. Independent of the rules."""
        return self._floor is not None and self._floor(data) is not None

    def holds_known(self, words: Iterable[str | None]) -> bool:
        """Whether a secret that is known word for word stands in any of these."""
        return self._known is not None and not self._known.is_clean(words, ())

    def word(self, text: str | None, tally: Tally) -> str | None:
        """A short word that is kept as it is (an id, a code), but for secrets that are known word for word."""
        if self._known is None or text is None:
            return text
        edits = self._known.edits(text)
        return _done(text, edits, tally) if edits else text

    def text(self, text: str, tally: Tally) -> str:
        """A text without what must not be kept."""
        if len(text) < _SHORTEST or not self.is_suspicious(text.encode("utf-8", "replace")):
            return text
        for _ in range(_MAX_PASSES):
            edits = self._edits(text)
            if not edits:
                break
            text = _done(text, edits, tally)
        return text

    def body(self, data: bytes, tally: Tally) -> bytes:
        """A whole body, JSON or not, likewise."""
        text, encoding = _decoded(data)
        return self._any(text, tally).encode(encoding, "surrogatepass")

    def stream(self, data: bytes, tally: Tally) -> bytes:
        """A body of events (SSE, or JSON lines), likewise."""
        text, encoding = _decoded(data)
        edits: list[Edit] = []
        token_lists: list[tuple[int, int]] = []
        pieces: dict[object, list[Leaf]] = defaultdict(list)
        clean: set[tuple[str, str]] = set()  # every event repeats ids and names
        for start, end, is_event in _parts(text):
            if not is_event:
                edits += self._other_edit(text, start, end)
                continue
            walk = Walk(text, start, end)
            for leaf in list(walk):  # to its end: then its channel is known
                if leaf.is_string and leaf.name in _PIECES:
                    pieces[leaf.channel].append(leaf)
                elif (leaf.name, leaf.raw) in clean:
                    continue
                elif edit := self._leaf_edit(leaf):
                    edits.append(edit)
                else:
                    clean.add((leaf.name, leaf.raw))
            token_lists += walk.token_lists
        for leaves in pieces.values():
            edits += self._pieces_edits(leaves)
        edits.sort()
        return _done(text, _with_token_lists(edits, token_lists, tally), tally).encode(encoding, "surrogatepass")

    def _any(self, text: str, tally: Tally) -> str:
        """JSON by its strings; what only begins like it, as text too."""
        if looks_like_json(text):
            walk = Walk(text)
            edits = [edit for leaf in walk if (edit := self._leaf_edit(leaf))]
            text = _done(text, _with_token_lists(edits, walk.token_lists, tally), tally)
            if is_json(text):
                return text
        return self._plain(text, tally)

    def _plain(self, text: str, tally: Tally) -> str:
        for _ in range(_MAX_PASSES):
            edits = self._finder.edits(text)
            if not edits:
                break
            text = _done(text, edits, tally)
        return text

    def _edits(self, text: str) -> list[Edit]:
        if looks_like_json(text):
            edits = [edit for leaf in Walk(text) if (edit := self._leaf_edit(leaf))]
            if edits or is_json(text):
                return edits
        return self._finder.edits(text)

    def _leaf_edit(self, leaf: Leaf) -> Edit | None:
        if len(leaf.raw) < 4:
            return None
        if not leaf.is_string:
            return self._number_edit(leaf)
        value, tally = leaf.value, Tally()
        kind = self._kind_by_name(leaf.name, value)
        if kind is None:
            new = self.text(value, tally)
        else:
            new = self._finder.mark(kind, value)
            tally.add([new])
        return Edit(leaf.start, leaf.end, leaf.encoded(new), _all(tally)) if new != value else None

    def _number_edit(self, leaf: Leaf) -> Edit | None:
        """A bare number is a card's or nothing: phone numbers without a sign or gap cannot be told from others."""
        if "card" not in self._finder.names or len(leaf.raw) < 13:
            return None
        for rule in KINDS["card"].rules:
            if (0, len(leaf.raw)) in rule.places(leaf.raw, 0, len(leaf.raw)):
                mark = self._finder.mark("card", leaf.raw)
                return Edit(leaf.start, leaf.end, f'"{mark}"', (mark,))
        return None

    def _kind_by_name(self, name: str, value: str) -> str | None:
        if not name or PLACEHOLDER.fullmatch(value):
            return None
        if "secret" in self._finder.names and is_secret_member(name, value):
            return "secret"
        return "phone" if "phone" in self._finder.names and is_phone_member(name, value) else None

    def _pieces_edits(self, leaves: Sequence[Leaf]) -> Iterator[Edit]:
        old = [leaf.value for leaf in leaves]
        new, tally = old, Tally()
        if not self.is_suspicious("".join(old).encode("utf-8", "replace")):
            return
        for _ in range(_MAX_PASSES):
            edits = self._edits("".join(new))
            if not edits:
                break
            new = edit_pieces(new, edits)
            for edit in edits:
                tally.add(edit.placeholders)
        marks = _all(tally)
        for leaf, before, after in zip(leaves, old, new, strict=True):
            if before != after:
                yield Edit(leaf.start, leaf.end, leaf.encoded(after), marks)
                marks = ()  # told once

    def _other_edit(self, text: str, start: int, end: int) -> list[Edit]:
        """A line that is no event: a comment, a name, an error page, an event cut off."""
        tally = Tally()
        new = self._any(text[start:end], tally)
        return [Edit(start, end, new, _all(tally))] if tally else []


def redactor_of(options: RedactionOptions, salt: bytes, known_secrets: Sequence[str] = ()) -> Redactor:
    """The redactor of these options; known secrets it takes out also where they are off.

    Raises ConfigurationError for kinds and patterns that cannot be used.
    """
    known = known_kind(known_secrets)
    kinds = (*(() if known is None else (known,)), *(chosen_kinds(options.kinds) if options.enabled else ()))
    own = own_kinds(options.patterns) if options.enabled else ()
    return Redactor(Finder(kinds, own, salt), kinds)


def _done(text: str, edits: Sequence[Edit], tally: Tally) -> str:
    for edit in edits:
        tally.add(edit.placeholders)
    return apply(text, edits)


def _all(tally: Tally) -> tuple[str, ...]:
    return tuple(tally.placeholders.elements())


def _with_token_lists(edits: list[Edit], token_lists: list[tuple[int, int]], tally: Tally) -> list[Edit]:
    """Where something was found, lists of tokens would tell it still: they go as a whole."""
    if not edits or not token_lists:
        return edits
    merged: list[Edit] = []
    for edit in sorted([*edits, *(Edit(start, end, "null", ()) for start, end in token_lists)]):
        if merged and edit.start < merged[-1].end:
            continue  # stands in a list that goes
        merged.append(edit)
    tally.token_lists += sum(edit.text == "null" for edit in merged)
    return merged


def _parts(text: str) -> Iterator[tuple[int, int, bool]]:
    """What a stream consists of, and whether it is an event's JSON: line by line, or the whole, where that is JSON."""
    if looks_like_json(text) and is_json(text):
        yield 0, len(text), True
        return
    for line in _LINE.finditer(text):
        field = _DATA.match(text, *line.span())
        start = field.end() if field else line.start()
        yield start, line.end(), text[start : start + 1] in ("{", "[") and is_json(text[start : line.end()])


def _decoded(data: bytes) -> tuple[str, str]:
    """Binary is read as Latin-1: what is text in it is found, and what is not stays."""
    try:
        return data.decode(), "utf-8"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "latin-1"
