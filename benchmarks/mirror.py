"""Where the mirror's time goes: CPU microseconds per exchange, by stage, without sockets.

    python -m benchmarks.mirror [--exchanges 1500] [--rounds 8]

The real intake, planner, dispatcher, lane and call work on exchanges of a small chat request, for one candidate with a model of
its own; connections and the recorder are doubles that cost nothing. Each number is the best of several rounds, so that what
else the machine does counts little. `benchmarks.recorder --stages` is the other half, `benchmarks.pipeline` both with sockets.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvloop

from benchmarks.nginx import COMPLETION
from benchmarks.pipeline import ANSWER_HEAD, HEAD, body
from shadowbench import handoff
from shadowbench.mirror.dispatcher import Dispatcher
from shadowbench.mirror.gates import Gates
from shadowbench.mirror.lane import Lane
from shadowbench.mirror.plan import Planner
from shadowbench.mirror.shaping import Shaper
from tests.unit.mirror.doubles import VERSION, Bench, FakeConnection, small

ANSWER = COMPLETION.encode()
# Within the request's stage; each measured in rounds of its own, for a clock around a call costs something itself.
PARTS: tuple[tuple[str, type, str], ...] = (
    ("head: eligibility, early draw", Planner, "admit"),
    ("body: facts, eligibility, draw", Planner, "plan"),
    ("frames for the recorder", Dispatcher, "_opening"),
    ("pace, breaker, purse", Gates, "admit"),
    ("shaping", Shaper, "shape"),
    ("call", Lane, "_send"),
)


async def one_round(count: int) -> dict[str, float]:
    """Microseconds per exchange and stage."""
    bench = Bench(small("small", concurrency=64, queue=100, model="tiny"))
    bench.sender.write = lambda frames: None  # type: ignore[method-assign]
    (origin,) = bench.origins
    spent = dict.fromkeys(("request", "production's answer", "candidate's answer", "settlement"), 0)
    clock = time.process_time_ns
    for number in range(1, count + 1):
        asked, answered = frames(number)
        origin.idle.append(FakeConnection(reused=True))
        times = [clock()]
        bench.take(asked)
        times.append(clock())
        bench.take(answered)
        times.append(clock())
        connection = origin.given.pop()
        connection.whole(ANSWER)
        times.append(clock())
        bench.link._on_ack(handoff.AckPayload(number, 0))
        times.append(clock())
        for stage, began, ended in zip(spent, times, times[1:], strict=False):
            spent[stage] += ended - began
    return {stage: total / count / 1000 for stage, total in spent.items()}


def frames(number: int) -> tuple[bytes, bytes]:
    """A proxy's frames of one exchange: the request's, and the answer's."""
    now_ns, request = time.monotonic_ns(), body(number, stream=False)
    asked = handoff.open_frame(number, now_ns, VERSION, HEAD) + handoff.request_header(number, len(request)) + request
    answered = (
        handoff.head_frame(number, now_ns, ANSWER_HEAD) + handoff.part_header(number, now_ns, len(ANSWER)) + ANSWER
    )
    return asked + handoff.request_end_frame(number, now_ns), answered + handoff.end_frame(number, now_ns)


@contextmanager
def timed(owner: type, name: str, add: Callable[[int], None]) -> Iterator[None]:
    """Tell `add` how many nanoseconds each call of a method takes."""
    method = getattr(owner, name)

    def clocked(*given: Any, **named: Any) -> Any:
        began = time.perf_counter_ns()
        try:
            return method(*given, **named)
        finally:
            add(time.perf_counter_ns() - began)

    setattr(owner, name, clocked)
    try:
        yield
    finally:
        setattr(owner, name, method)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mirror", description=__doc__.partition("\n")[0])
    parser.add_argument("--exchanges", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=8)
    wanted = parser.parse_args()
    gc.disable()  # as good as in the mirror, which has it look seldom
    rounds = [uvloop.run(one_round(wanted.exchanges)) for _ in range(wanted.rounds)]
    best = {stage: min(each[stage] for each in rounds) for stage in rounds[0]}
    for stage, took in best.items():
        print(f"{stage:32} {took:7.1f} µs")
        if stage == "request":
            for label, owner, name in PARTS:
                print(f"  {label:30} {best_of(owner, name, wanted.exchanges, wanted.rounds // 2):7.1f}")
    print(f"{'all':32} {sum(best.values()):7.1f} µs")


def best_of(owner: type, name: str, count: int, rounds: int) -> float:
    """Microseconds per exchange within one method."""
    found = []
    for _ in range(max(1, rounds)):
        spent: list[int] = []
        with timed(owner, name, spent.append):
            uvloop.run(one_round(count))
        found.append(sum(spent) / count / 1000)
    return min(found)


if __name__ == "__main__":
    main()
