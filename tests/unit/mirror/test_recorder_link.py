from __future__ import annotations

from shadowbench import handoff
from shadowbench.handoff import AckPayload, Frame, FrameReader, Kind
from shadowbench.mirror.recorder_link import renumbered
from tests.unit.mirror.doubles import Bench
from tests.unit.mirror.test_dispatcher import answer, request


def test_a_relayed_frame_differs_only_in_its_number() -> None:
    for size in (0, 10, handoff.MAX_PAYLOAD):
        frame = Frame(Kind.PART, 0, 3, b"x" * size)
        (read,) = FrameReader().feed(b"".join(renumbered(frame.kind, frame.payload, 2**40)))
        assert read == frame._replace(sequence=2**40)


async def test_settlements_belong_to_exchanges_in_the_order_they_were_closed() -> None:
    bench = Bench()
    for sequence in (1, 2, 3):
        bench.take(*request(sequence))
    await bench.turn()
    for sequence in (3, 1, 2):
        bench.take(*answer(sequence))
        bench.origins[0].given[sequence - 1].fault("reset")
    await bench.turn()
    for ack in (AckPayload(1, 0), AckPayload(1, 1), AckPayload(2, 1)):
        bench.link._on_ack(ack)
    assert [live.sequence for live in bench.settled] == [3, 1, 2]
    reason = (("stage", "discarded"), ("reason", "by_recorder"))
    assert bench.counters.get("mirror_exchanges_total", reason) == 1
    assert (bench.intake.books.recorded, bench.intake.books.discarded) == (2, 1)


async def test_what_was_not_written_dies_with_the_connection() -> None:
    bench = Bench()
    bench.take(*request(1))
    bench.lose_recorder()
    await bench.turn()
    assert bench.sender.frames == [] and bench.intake.books.unsettled == 0
