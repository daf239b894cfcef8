"""Edits of a whole, done to its pieces."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shadowbench.redaction.finder import Edit, apply
from shadowbench.redaction.pieces import edit_pieces


@given(st.lists(st.text("abc", max_size=5), min_size=1), st.lists(st.integers(0, 40)), st.text("X", max_size=3))
def test_the_pieces_sum_up_to_the_edited_whole(pieces: list[str], places: list[int], new: str) -> None:
    whole = "".join(pieces)
    cuts = sorted({place for place in places if place <= len(whole)})
    edits = [Edit(start, end, new, ()) for start, end in zip(cuts[::2], cuts[1::2], strict=False)]
    edited = edit_pieces(pieces, edits)
    assert "".join(edited) == apply(whole, edits) and len(edited) == len(pieces)


def test_new_text_stands_where_the_old_began() -> None:
    assert edit_pieces(["hi jo", "", "e@x.c", "om!"], [Edit(3, 12, "[e]", ())]) == ["hi [e]", "", "", "!"]
