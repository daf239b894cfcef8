"""Word differences: both sides can be put together again, and what differs is marked."""

from hypothesis import given
from hypothesis import strategies as st

from shadowbench.report.html.differences import Piece, Sides, compare, plain

_TEXT = st.text(st.sampled_from("ab .,\n漢字é"), max_size=60)


def _changed(pieces: tuple[Piece, ...]) -> list[str]:
    return [piece.text.strip() for piece in pieces if piece.changed]


def test_one_word_that_differs_is_all_that_is_marked() -> None:
    sides = compare("The capital of France is Paris, as ever.", "The capital of France is Lyon, as ever.")
    assert sides == Sides(
        production=(
            Piece(text="The capital of France is "),
            Piece(text="Paris", changed=True),
            Piece(text=", as ever."),
        ),
        candidate=(Piece(text="The capital of France is "), Piece(text="Lyon", changed=True), Piece(text=", as ever.")),
    )


def test_texts_that_share_nothing_are_not_painted_all_over() -> None:
    sides = compare("red green blue yellow", "eins zwei drei vier")
    assert sides.unlike
    assert _changed(sides.production) == _changed(sides.candidate) == []


def test_equal_texts_have_no_marks_however_the_space_differs() -> None:
    sides = compare("one  two\nthree", "one two three")
    assert _changed(sides.production) == _changed(sides.candidate) == []
    assert "".join(piece.text for piece in sides.production) == "one  two\nthree"


def test_single_words_between_changes_belong_to_the_change() -> None:
    sides = compare("red the green or blue end of it all", "one the two or three end of it all")
    assert _changed(sides.production) == ["red the green or blue"]


def test_scripts_without_spaces_are_compared_by_character() -> None:
    sides = compare("我喜欢吃苹果因为它们", "我喜欢吃香蕉因为它们")
    assert _changed(sides.production), _changed(sides.candidate) == (["苹果"], ["香蕉"])


def test_an_empty_side_is_empty() -> None:
    assert compare("", "") == Sides(production=(), candidate=())
    assert compare("a b", "").candidate == ()


def test_of_long_texts_the_beginning_is_compared_and_the_rest_is_counted() -> None:
    sides = compare("word " * 3_000, "word " * 10, most=1_000)
    assert sides.production_cut == 14_000
    assert sides.candidate_cut == 0
    assert len("".join(piece.text for piece in sides.production)) == 1_000


def test_a_text_by_itself_is_cut_as_well() -> None:
    assert plain("abcdef", most=4) == ("abcd", 2)


@given(_TEXT, _TEXT)
def test_the_pieces_of_each_side_are_its_text(production: str, candidate: str) -> None:
    sides = compare(production, candidate)
    assert "".join(piece.text for piece in sides.production) == production
    assert "".join(piece.text for piece in sides.candidate) == candidate


@given(_TEXT, _TEXT)
def test_what_is_not_marked_is_the_same_on_both_sides(production: str, candidate: str) -> None:
    sides = compare(production, candidate)
    if sides.unlike:
        return
    same = [
        ["".join(piece.text.split()) for piece in side if not piece.changed]
        for side in (sides.production, sides.candidate)
    ]
    assert same[0] == same[1]
