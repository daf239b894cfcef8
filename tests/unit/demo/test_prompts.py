from shadowbench.demo.prompts import prompts


def test_forty_prompts_are_all_different_and_of_all_four_ways() -> None:
    written = prompts(40)
    assert len({prompt.text for prompt in written}) == 40
    assert {(prompt.stream, prompt.anthropic) for prompt in written} == {
        (a, b) for a in (True, False) for b in (True, False)
    }


def test_more_than_the_written_ones_are_still_different() -> None:
    assert len({prompt.text for prompt in prompts(100)}) == 100


def test_any_number_begins_the_same_way() -> None:
    assert prompts(5) == prompts(40)[:5]
