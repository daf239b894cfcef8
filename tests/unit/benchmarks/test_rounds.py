from __future__ import annotations

from benchmarks.peers.base import NoProcess
from benchmarks.rounds import QUICK, Course, Entrant, in_turn, slower
from tests.unit.benchmarks.runs import peer


def test_everyone_runs_once_a_round_and_each_round_begins_with_another() -> None:
    entrants = [Entrant(running=NoProcess(1), result=peer(key, [])) for key in "abc"]
    order = [(number, each.result.key) for number, each in in_turn(entrants, 4)]
    assert "".join(key for _, key in order) == "abcbcacababc"
    assert [number for number, _ in order] == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]


def test_slow_peers_get_fewer_rounds_at_a_lower_rate() -> None:
    course = slower(Course())
    assert {body.rounds for body in course.bodies} == {Course().slow_rounds}
    assert {body.rate for body in course.bodies} == {Course().slow_rate}
    assert [part.streams for part in course.streams] == [Course().slow_streams]
    assert course.stream_seconds < Course().stream_seconds


def test_a_quick_course_measures_what_ratios_are_promised_for() -> None:
    assert {500} <= {part.streams for part in QUICK.streams}
