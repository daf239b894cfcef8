"""Funnel counts and marks on their way to the log."""

from __future__ import annotations

import json

import pytest

from shadowbench.errors import ProtocolError
from shadowbench.recorder import notes
from shadowbench.recorder.notes import MAX_COUNTS, MAX_MARKS, Notepad, Notes, read_funnel, read_mark
from shadowbench.records import FunnelCount, Mark


def counted(count: int, stage: str = "opened", epoch: str = "e") -> FunnelCount:
    return FunnelCount(epoch=epoch, candidate="", stage=stage, reason="", count=count)


MARK = Mark(at=1.5, kind="policy_changed", endpoint=None, before="1", after="2")


def test_frames_are_read_whole() -> None:
    assert read_funnel(b'[["e","","opened","",3],["e","small","fault","reset",0]]') == Notes(
        counts=(
            counted(3),
            FunnelCount(epoch="e", candidate="small", stage="fault", reason="reset", count=0),
        )
    )
    told = {"at": 1.5, "kind": "policy_changed", "endpoint": None, "before": "1", "after": "2"}
    assert read_mark(json.dumps(told).encode()) == Notes(marks=(MARK,))


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{}x",
        b"5",
        b"[5]",
        b'[["e","","s",""]]',
        b'[["e","","s","",-1]]',
        b'[["e","","s","","3"]]',
        b'[[1,"","s","",3]]',
    ],
)
def test_a_funnel_of_another_shape_is_refused(payload: bytes) -> None:
    with pytest.raises(ProtocolError):
        read_funnel(payload)


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b"{}", b'{"at":"x","kind":"k"}', b'{"at":1,"kind":2}', b'{"at":1,"kind":"k","after":3}']
)
def test_a_mark_of_another_shape_is_refused(payload: bytes) -> None:
    with pytest.raises(ProtocolError):
        read_mark(payload)


def test_of_one_count_only_the_newest_waits() -> None:
    pad = Notepad()
    pad.add(Notes(counts=[counted(3), counted(1, "eligible")]))
    pad.add(Notes(counts=[counted(7)], marks=[MARK]))
    assert pad
    assert pad.take() == (Notes(counts=(counted(7), counted(1, "eligible")), marks=(MARK,)), 0)
    assert not pad
    assert pad.take() == (Notes(), 0)


def test_what_there_is_no_room_for_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notes, "MAX_COUNTS", 10)
    pad = Notepad()
    pad.add(Notes(counts=[counted(1, epoch=str(n)) for n in range(12)], marks=[MARK] * (MAX_MARKS + 3)))
    pad.add(Notes(counts=[counted(2, epoch="0")]))  # of those that have room, newer ones still come in
    kept, dropped = pad.take()
    assert (len(kept.counts), len(kept.marks), dropped) == (10, MAX_MARKS, 5)
    assert kept.counts[0].count == 2
    assert MAX_COUNTS > 10
