"""Acknowledgements come in the order of CLOSE."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shadowbench.handoff import FrameReader, Kind, cost_frame, read_ack
from shadowbench.recorder.ledger import Ledger


def acks(frames: list[bytes]) -> list[tuple[int, int]]:
    return [tuple(read_ack(frame.payload)) for frame in FrameReader().feed(b"".join(frames))]


def test_nothing_is_due_before_the_first_is_settled() -> None:
    ledger = Ledger()
    first, second = ledger.place(), ledger.place()
    second.recorded = True
    assert ledger.due() == []
    first.recorded = True
    assert acks(ledger.due()) == [(2, 0)]
    assert ledger.due() == []


def test_a_discard_among_recorded_ones_is_told_apart() -> None:
    ledger = Ledger()
    for result in (True, True, False, True):
        ledger.place().recorded = result
    assert acks(ledger.due()) == [(2, 0), (2, 1), (3, 1)]


@given(st.lists(st.booleans()), st.randoms(use_true_random=False))
def test_the_mirror_learns_the_fate_of_each_whatever_the_order_of_settling(results: list[bool], chance) -> None:
    ledger = Ledger()
    places = [ledger.place() for _ in results]
    order = list(range(len(results)))
    chance.shuffle(order)
    learned: list[bool] = []
    before = (0, 0)
    for index in order:
        places[index].recorded = results[index]
        for ack in acks(ledger.due()):
            recorded, discarded = ack[0] - before[0], ack[1] - before[1]
            assert not (recorded and discarded)
            learned += [True] * recorded + [False] * discarded
            before = ack
    assert learned == results
    assert len(ledger) == 0


def test_costs_come_before_the_acknowledgement_that_settles_their_exchange() -> None:
    ledger = Ledger()
    first, second, third = (ledger.place(number) for number in (7, 8, 9))
    third.recorded, third.costs = True, [cost_frame(9, 1, 0.1, 5)]
    first.recorded, first.costs = True, [cost_frame(7, 1, 0.1, 5), cost_frame(7, 2, None, None)]
    kinds = [(frame.kind, frame.sequence, frame.side) for frame in FrameReader().feed(b"".join(ledger.due()))]
    assert kinds == [(Kind.COST, 7, 1), (Kind.COST, 7, 2), (Kind.ACK, 0, 0)]
    second.recorded = False
    kinds = [(frame.kind, frame.sequence) for frame in FrameReader().feed(b"".join(ledger.due()))]
    assert kinds == [(Kind.ACK, 0), (Kind.COST, 9), (Kind.ACK, 0)]
