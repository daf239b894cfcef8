"""A queue as a file beside the log: numbers and names of strata, nothing that users wrote."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.scores import PairRef
from shadowbench.scoring.calibration.label_queue import Item, Queue

_VERSION = 1


def load(file: Path) -> Queue | None:
    """The queue in the file; None: there is no file. Raises ConfigurationError for a file of something else."""
    try:
        told = json.loads(file.read_text("utf-8"))
        if told["version"] != _VERSION:
            raise ConfigurationError(
                f"{file} is a label queue of version {told['version']}; this command reads {_VERSION}"
            )
        return _queue(told)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UnavailableError(f"cannot read {file}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"{file} is no label queue ({error!r}); name another file with --queue") from None


def save(file: Path, queue: Queue) -> None:
    """Write it whole or not at all."""
    told = {
        "version": _VERSION,
        "question": queue.question,
        "seed": queue.seed,
        "drawn_at": queue.drawn_at,
        "upto": queue.upto,
        "strata": dict(queue.strata),
        "items": [[*each.pair, each.stratum, each.probability, each.twice] for each in queue.items],
    }
    partial = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        partial.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")
        partial.replace(file)
    except OSError as error:
        raise UnavailableError(f"cannot write {file}: {error.strerror}") from None
    finally:
        partial.unlink(missing_ok=True)


def _queue(told: Any) -> Queue:
    items = (
        Item(PairRef(int(number), int(side)), str(stratum), float(probability), bool(twice))
        for number, side, stratum, probability, twice in told["items"]
    )
    return Queue(
        question=str(told["question"]),
        seed=str(told["seed"]),
        drawn_at=float(told["drawn_at"]),
        upto=int(told["upto"]),
        strata={str(name): int(count) for name, count in told["strata"].items()},
        items=tuple(items),
    )
