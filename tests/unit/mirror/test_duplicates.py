"""CT-88: what a client sends again does not count twice."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shadowbench.mirror.duplicates import Duplicates, is_retried

SALT = bytes(32)


def saw(by: Duplicates, at: float, body: bytes = b"{}", caller: bytes = b"jo", path: str = "/x") -> bool:
    return by.is_repeated(by.fingerprint(SALT, caller, path, body), at)


def test_the_same_body_by_the_same_caller_to_the_same_path_is_a_repetition() -> None:
    by = Duplicates(10.0)
    assert not saw(by, 0.0)
    assert saw(by, 9.9) and saw(by, 0.0)
    assert not saw(by, 1.0, body=b"{ }") and not saw(by, 1.0, caller=b"jill") and not saw(by, 1.0, path="/y")


def test_parts_do_not_run_into_each_other() -> None:
    by = Duplicates(10.0)
    assert not saw(by, 0.0, caller=b"a", path="b")
    assert not saw(by, 0.0, caller=b"", path="ab") and not saw(by, 0.0, caller=b"ab", path="")


def test_the_window_begins_with_the_first() -> None:
    by = Duplicates(10.0)
    assert [saw(by, at) for at in (0.0, 6.0, 12.0, 18.0)] == [False, True, False, True]


def test_a_clock_that_was_set_back_forgets() -> None:
    by = Duplicates(10.0)
    assert not saw(by, 1000.0) and not saw(by, 0.0) and saw(by, 1.0)


def test_no_window_keeps_nothing() -> None:
    by = Duplicates(0.0)
    assert not saw(by, 0.0) and not saw(by, 0.0) and len(by) == 0


def test_what_is_kept_is_bounded_and_the_oldest_go_first() -> None:
    by = Duplicates(10.0, most=100)
    for number in range(500):
        assert not saw(by, 0.0, body=b"%d" % number)
    assert len(by) == 100
    assert saw(by, 0.0, body=b"400") and not saw(by, 0.0, body=b"399")


def test_what_has_left_the_window_leaves_the_memory() -> None:
    by = Duplicates(10.0)
    for number in range(100):
        saw(by, 0.0, body=b"%d" % number)
    for number in range(60):
        saw(by, 20.0, body=b"new %d" % number)
    assert len(by) == 60


@given(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 3)), max_size=60), st.integers(0, 2**32))
def test_it_is_what_a_plain_list_would_say(steps: list[tuple[float, int]], seed: int) -> None:
    by, first, now = Duplicates(10.0), {}, 0.0
    random.Random(seed).shuffle(steps)
    for pause, number in steps:
        now += pause
        expected = number in first and now - first[number] < 10.0
        if not expected:
            first[number] = now
        assert saw(by, now, body=b"%d" % number) == expected


def test_what_comes_again_after_its_window_is_young_again() -> None:
    by = Duplicates(10.0)
    for at, body in ((0.0, b"a"), (1.0, b"b"), (12.0, b"a")):
        assert not saw(by, at, body=body)
    assert len(by) == 1, "b has left"


def failed(by: Duplicates, at: float, body: bytes = b"{}") -> None:
    by.failed(by.fingerprint(SALT, b"jo", "/x", body), at)


def test_after_a_good_answer_the_same_is_no_retry() -> None:
    by = Duplicates(10.0, "after_failure")
    assert [saw(by, at) for at in (0.0, 0.1, 5.0)] == [False, False, False] and len(by) == 0


def test_after_a_bad_answer_it_is_until_the_window_ends() -> None:
    by = Duplicates(10.0, "after_failure")
    failed(by, 0.0)
    assert not saw(by, 1.0, body=b"other")
    assert [saw(by, at) for at in (1.0, 9.0, 10.5)] == [True, True, False]


def test_failures_of_retries_do_not_prolong_the_window() -> None:
    by = Duplicates(10.0, "after_failure")
    for at in (0.0, 5.0, 9.0):
        failed(by, at)
    assert saw(by, 9.9) and not saw(by, 10.1)


@pytest.mark.parametrize(
    ("status", "expected"), [(b"200", False), (b"400", False), (b"404", False), (b"408", True), (b"409", True)]
)
def test_what_clients_ask_again_after(status: bytes, expected: bool) -> None:
    assert is_retried(status) is expected
    assert is_retried(b"429") and is_retried(b"500") and is_retried(b"529")


def test_a_key_that_came_before_is_a_retry_whatever_the_mode() -> None:
    by = Duplicates(10.0, "after_failure")
    key = by.key_fingerprint(SALT, b"jo", b"k")
    assert [by.is_resent(key, at) for at in (0.0, 9.9, 10.1)] == [False, True, False]
    assert not by.is_resent(by.key_fingerprint(SALT, b"jok", b""), 0.0) and len(by) == 1
    assert by.key_fingerprint(SALT, b"j", b"ok") != key
    assert by.fingerprint(SALT, b"jo", "k", b"") != key


def test_without_a_window_keys_are_not_kept() -> None:
    by = Duplicates(0.0)
    assert not by.key_fingerprint(SALT, b"jo", b"k")
