"""Pairs for other programs: formats, compression, and the places they go to.

A format takes pairs and writes them to a binary file, never holding more than a page of them. Libraries beyond the core
(Parquet, object stores) are imported where they are used; without them the message says what to install.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from shadowbench.errors import ConfigurationError

INSTALL = "pip install 'shadowbench-sidecar[export]'"


def extra(module: str, what: str) -> Any:
    """A library of the extra `export`. Raises ConfigurationError when it is not installed."""
    try:
        return import_module(module)
    except ImportError as error:
        raise ConfigurationError(f"{what} needs {error.name or module}, which is not installed: {INSTALL}") from None
