import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.metrics.structure.markdown_blocks import Block, layout, markdown_structure
from tests.compared import alike

DOCUMENT = """# Title

Some *text* with `code`.

Second
------

1. one
   - inner
2. two

| a | b |
|---|---|
| 1 | 2 |

```Python title
x = 1
```

    indented
"""


def test_structure_is_headings_lists_tables_and_code() -> None:
    text = ["h1", "h2", "ol 0", "li", "ul 2", "li", "li"]
    assert layout(DOCUMENT).marks == (*text, "table", "tr", "th", "th", "tr", "code:python title", "code:")


def test_what_is_said_within_makes_no_difference() -> None:
    assert alike(markdown_structure, "# A\n\n- x\n- y", "# Other\n\ntext\n\n* one\n* two") == 1
    assert alike(markdown_structure, "plain", "just as plain") == 1


def test_what_is_missing_or_elsewhere_makes_it_less_alike() -> None:
    assert alike(markdown_structure, "# A\n\n- x", "- x") == pytest.approx(4 / 5)  # of h1 ul li and ul li two pairs
    assert alike(markdown_structure, "# A", "## A") == 0
    assert alike(markdown_structure, "# A", "plain") == 0
    assert alike(markdown_structure, "```js\n```", "```py\n```") == 0


def test_code_is_what_stands_within_fences() -> None:
    assert layout(DOCUMENT).blocks == (Block("python", "x = 1\n"),)
    assert layout("- a\n  ~~~\n  b\n  ~~~").blocks == (Block("", "b\n"),)


@given(st.text(st.sampled_from("#-*`|> \n1.a\t[]<\ud800"), max_size=80))
def test_no_text_breaks_it_and_each_is_like_itself(text: str) -> None:
    assert alike(markdown_structure, text, text) == 1


def test_a_longer_text_than_the_bound_is_not_read() -> None:
    assert alike(markdown_structure, "a" * 100_001, "a") == "too_long"
