"""`shadowbench init`: the commented example, written where the user wants it."""

from __future__ import annotations

import sys
from pathlib import Path

from shadowbench.errors import ConfigurationError, UnavailableError

# In the wheel the example lies beside this module; in a checkout, where people edit it.
_PLACES = (Path(__file__).parent / "example.yaml", Path(__file__).parents[2] / "config" / "shadowbench.yaml")


def write_example(file: Path, *, force: bool) -> None:
    """Write the example to `file`. Raises ConfigurationError when it exists, unless `force`."""
    text = example()
    try:
        with file.open("w" if force else "x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise ConfigurationError(f"{file} exists; --force overwrites it") from None
    except OSError as error:
        raise UnavailableError(f"cannot write {file}: {error.strerror}") from None
    sys.stderr.write(
        f"Wrote {file}. Set production.url and a candidate, then:\n"
        f"  shadowbench doctor -c {file}\n"
        f"  shadowbench serve -c {file}\n"
    )


def example() -> str:
    """The complete commented configuration."""
    for place in _PLACES:
        if place.is_file():
            return place.read_text(encoding="utf-8")
    raise UnavailableError(f"the example configuration is missing from this installation ({_PLACES[0]})")
