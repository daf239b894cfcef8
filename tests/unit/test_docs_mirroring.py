"""docs/mirroring.md names every reason that there is, and none that is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shadowbench.funnel import _OF_CANDIDATES, _OF_EXCHANGES, _OF_PAIRS
from shadowbench.mirror.bodies import ENGINE_FIELDS
from shadowbench.mirror.eligibility import REASONS
from shadowbench.mirror.housekeeping import BOOKINGS, IDENTIFIERS
from shadowbench.mirror.intake import ABORT_REASONS
from shadowbench.mirror.prompts import UNPLACEABLE
from shadowbench.records import Dialect
from shadowbench.wire.translation import Reason, can_translate

TEXT = (Path(__file__).parents[2] / "docs" / "mirroring.md").read_text()
CODES = set(re.findall(r"`([a-z_]+)`", TEXT))


def test_every_reason_is_explained() -> None:
    assert REASONS.keys() <= CODES
    assert ABORT_REASONS <= CODES
    assert {ENGINE_FIELDS, UNPLACEABLE} <= CODES


def test_what_is_taken_out_of_requests_is_named() -> None:
    assert IDENTIFIERS | BOOKINGS <= CODES


def test_refusals_that_are_named_exist() -> None:
    named = {code for code in CODES if code.startswith("no_word_for_")} | {"out_of_range", "image_form", "last_turn"}
    assert named <= {reason.value for reason in Reason}


@pytest.mark.parametrize("source", [d for d in Dialect if d not in (Dialect.UNKNOWN, Dialect.GEMINI)])
def test_the_table_of_translations_is_true(source: Dialect) -> None:
    rows = {
        Dialect.OPENAI_CHAT: "OpenAI chat",
        Dialect.ANTHROPIC_MESSAGES: "Anthropic messages",
        Dialect.OPENAI_RESPONSES: "OpenAI responses",
        Dialect.OLLAMA_CHAT: "Ollama chat",
    }
    columns = [
        Dialect.OPENAI_CHAT,
        Dialect.ANTHROPIC_MESSAGES,
        Dialect.OPENAI_RESPONSES,
        Dialect.OLLAMA_CHAT,
        Dialect.GEMINI,
    ]
    row = rows.get(source, "completions, embeddings, Ollama generate and embed")
    (line,) = [line for line in TEXT.splitlines() if line.startswith(f"| {row} |")]
    cells = [cell.strip() for cell in line.split("|")[2:-1]]
    expected = [
        "patched" if target is source else "yes" if can_translate(source, target) else "–" for target in columns
    ]
    assert cells == expected


def test_the_funnel_is_written_down_as_it_is_checked() -> None:
    assert "handed_off  = lost + ineligible + unsampled + recorded + discarded" in TEXT
    for rules in (_OF_EXCHANGES, _OF_CANDIDATES, _OF_PAIRS):
        for stage, nexts in rules.items():
            assert re.search(rf"^{stage}\b.*{re.escape(' + '.join(nexts))}", TEXT, re.M), stage
