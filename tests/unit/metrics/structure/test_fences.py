import pytest

from shadowbench.metrics.structure.fences import unfenced


@pytest.mark.parametrize(
    ("text", "within"),
    [
        ('```json\n{"a": 1}\n```', '{"a": 1}'),
        ("\n ~~~~\nx\ny\n~~~~ \n", "x\ny"),
        ("```\n```", ""),
        ("```\na ``` b\n```", "a ``` b"),
        ("```sql\nSELECT 1```", "SELECT 1"),
        ("no fence", "no fence"),
        ("Here:\n```\nx\n```", "Here:\n```\nx\n```"),
        ("```\nx", "```\nx"),
        ("````md\n```py\nx\n```\n````", "```py\nx\n```"),
        ("```\nx\n```\nand\n```\ny\n```", "```\nx\n```\nand\n```\ny\n```"),
    ],
)
def test_only_a_text_that_is_all_fence_loses_it(text: str, within: str) -> None:
    assert unfenced(text) == within


@pytest.mark.parametrize("text", ["`" * 100_000, "```\n" * 25_000, "\n" * 100_000, "~" * 50_000 + "\n" * 50_000])
def test_no_text_takes_long(text: str) -> None:
    unfenced(text)
    unfenced(text + "x")
