"""The page about judges against the code: what it names exists, what exists it names, and its examples work."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from shadowbench.judges import conduct, custom, pairwise, rubric
from shadowbench.judges.ladder import Readable, Unreadable, read_reply
from tests.unit.judges.judged import options
from tests.unit.judges.test_rubrics import FILES

PAGE = (Path(__file__).parents[2] / "docs" / "judges.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def test_every_reason_is_named() -> None:
    reasons = re.findall(r"\breply_\w+", Unreadable.__doc__ or "")
    assert len(reasons) > 8
    assert [reason for reason in reasons if f"`{reason}`" not in PAGE] == []
    assert set(re.findall(r"`(reply_\w+)`", PAGE)) == set(reasons)


def test_every_flag_is_named() -> None:
    flags = re.findall(r"\b(own_family|cut|suspicious_\w+)\b", conduct.Conduct.flags.__doc__ or "")
    assert {flag for flag in flags if f"`{flag}`" not in PAGE} == set()


@pytest.mark.parametrize("pattern", ["consistent", "first_first", "second_second", "half", "identical"])
def test_every_pattern_is_named(pattern: str) -> None:
    assert pattern in (pairwise.__doc__ or "")
    assert f"`{pattern}`" in PAGE


def test_the_files_are_named() -> None:
    assert [name for name in FILES if f"`{name}`" not in PAGE] == []


def test_the_rubric_and_the_prompt_make_judges() -> None:
    made = {}
    for language, text in BLOCKS:
        if language == "yaml" and "kind" in (content := yaml.safe_load(text)):
            build = custom.build if content["kind"] == "custom" else rubric.build
            made[content["name"]] = build(options(content["kind"], rubric=content)).measure
    assert set(made) == {"brevity", "politeness"}


def test_the_reply_is_readable() -> None:
    [reply] = [text for language, text in BLOCKS if language == "json"]
    assert json.loads(reply)
    assert isinstance(read_reply(reply, pairwise.FORM, prompt=""), Readable)
