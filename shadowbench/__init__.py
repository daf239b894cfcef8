"""shadowbench: mirror LLM traffic to candidate models, log both answers as pairs, compare them.

The package itself holds nothing but its version, and `read`, which loads what it needs when somebody asks for it: a worker
imports only what it uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shadowbench.reading.opening import read

__all__ = ["__version__", "read"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name != "read":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # by name: nothing below may depend on what reads

    return import_module("shadowbench.reading.opening").read
