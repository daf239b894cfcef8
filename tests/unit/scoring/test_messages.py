"""What worker and runner say to each other is read back as it was said."""

from io import BytesIO

import pytest

from shadowbench.metrics.binding import MetricOptions, bind_all
from shadowbench.scores import PairRef, Score
from shadowbench.scoring.messages import LENGTH, Done, Task, measures_of, pack, ready, received, unpack


def carried(message: dict[str, object]) -> dict[str, object]:
    data = pack(message)
    assert LENGTH.unpack(data[: LENGTH.size])[0] == len(data) - LENGTH.size
    return unpack(data[LENGTH.size :])


def test_a_task() -> None:
    pairs = {PairRef(3, 1): [0, 2], PairRef(4, 2): [1]}
    task = Task(first=3, last=4, whole=3, pairs=pairs, references={3: "Riga – “yes”"})
    assert Task.of(carried(task.told())) == task


def test_scores() -> None:
    scores = [Score(3, 1, 0, 0.5, None, detail='{"a":1}'), Score(3, 1, 2, None, "no_text", None, "no_text")]
    done = Done(scores=scores, complete=False, resident_bytes=7, fresh={"small": 1}, names={PairRef(3, 1): "small"})
    assert Done.of(carried(done.told())) == done


@pytest.mark.parametrize("name", ["exact_match", "latency"])
def test_measures(name: str) -> None:
    measures = [each.measure for each in bind_all([MetricOptions(metric=name)])]
    assert measures_of(carried(ready(measures))) == measures


def test_a_stream_of_messages_ends_between_them_or_within_one() -> None:
    stream = BytesIO(pack({"a": 1}) + pack({"b": 2})[:-1])
    assert received(stream) == {"a": 1}
    for ending in (stream, BytesIO(b""), BytesIO(b"\0\0")):
        with pytest.raises(EOFError):
            received(ending)
