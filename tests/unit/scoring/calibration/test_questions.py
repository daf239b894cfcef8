"""What people can be asked about is what judges go by."""

from shadowbench.judges.options import JudgeOptions
from shadowbench.scoring.calibration.questions import questions_of_judges

RUBRIC = {
    "name": "manners",
    "version": "1",
    "kind": "checklist",
    "criteria": [{"id": "greets", "text": "Does it greet?"}, {"id": "thanks", "text": "Does it thank?"}],
}


def test_judges_go_by_their_names_and_their_rubrics_criteria() -> None:
    manners = JudgeOptions(name="polite", kind="checklist", rubric=RUBRIC)
    wrong = JudgeOptions(name="wrong", kind="rubric", rubric={"criteria": 7})
    plain = JudgeOptions(name="plain", kind="pairwise")
    assert [*questions_of_judges([manners, wrong, plain])] == ["polite", "greets", "thanks", "wrong", "plain"]
