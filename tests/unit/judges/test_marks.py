from __future__ import annotations

from random import Random

from shadowbench.judges.marks import RULES, Marks, nonce


def test_material_stands_between_marks_with_the_code() -> None:
    marks = Marks("ab12")
    assert marks.around("response_1", "Riga.\n") == "<<response_1 ab12>>\nRiga.\n\n<<end of response_1 ab12>>"
    assert marks.notice == "The code of the marks in this message is ab12."
    assert "<<name CODE>>" in RULES


def test_codes_have_64_bits_and_come_from_chance() -> None:
    chance = Random(1)
    codes = {nonce(chance) for _ in range(1_000)}
    assert len(codes) == 1_000
    assert {len(code) for code in codes} == {16}
    assert nonce(Random(1)) in codes
