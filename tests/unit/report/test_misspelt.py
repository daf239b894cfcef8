"""Names of measures that nobody measured."""

from __future__ import annotations

from dataclasses import replace

from shadowbench.report.document.verdicts import Note
from shadowbench.report.misspelt import CODE, OF_LOGS, notes_of, unmeasured
from shadowbench.report.policy import Claim, Policy, WhereAbsent
from shadowbench.report.words import measure_title, sentence
from tests.unit.report.documents import example

MEASURED = ("pairwise", "json_valid")


def found(*claims: Claim) -> list[str]:
    return [sentence(note) for note in unmeasured(Policy(primary=claims[:1], guardrails=claims[1:]), MEASURED)]


def test_a_name_that_is_near_another_is_asked_about() -> None:
    (told,) = found(Claim(measure="pairwis"))
    assert told.startswith("The policy names pairwis, which nobody measured: did you mean pairwise? There are: cost, ")
    assert "json_valid" in told


def test_the_log_s_own_measures_can_be_misspelt_too() -> None:
    assert "did you mean latency?" in found(Claim(measure="latncy"))[0]


def test_what_is_there_and_what_may_be_skipped_is_not_told() -> None:
    skip = Claim(measure="json_schema", where_absent=WhereAbsent.SKIP)
    assert found(Claim(measure="pairwise"), *(Claim(measure=name) for name in OF_LOGS), skip) == []


def test_a_misspelt_claim_that_may_be_skipped_is_told() -> None:
    assert "did you mean json_valid?" in found(Claim(measure="json_vaild", where_absent=WhereAbsent.SKIP))[0]


def test_names_that_are_near_none_are_told_together_with_what_there_is() -> None:
    (told,) = found(Claim(measure="helpfulness"), Claim(measure="rouge_l"))
    assert told.startswith(
        "The policy names what nobody measured: helpfulness, rouge_l. There are: cost, error_class, "
    )


def test_a_long_list_ends() -> None:
    (note,) = unmeasured(Policy(primary=(Claim(measure="x"),)), [f"metric_{number}" for number in range(20)])
    assert str(note.values["there"]).endswith(" and 14 more")


def test_a_report_s_notes_are_found_among_its_warnings() -> None:
    mine = Note(code=CODE, values={"names": "x", "near": "", "there": "y"})
    assert notes_of(replace(example(), warnings=(Note(code="other"), mine))) == [mine]
    assert notes_of(example()) == []


def test_the_log_s_own_measures_are_those_that_have_words() -> None:
    """`error_class` is told as errors: there are words for each of them."""
    assert all(measure_title(name) != name for name in OF_LOGS if "_" in name)
