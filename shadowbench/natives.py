"""What mypyc has to be told of the modules that may be compiled (docs/compiled.md), and what Python need not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_extensions import mypyc_attr as mypyc_attr
else:

    def mypyc_attr(**_):
        """`allow_interpreted_subclasses`: what an interpreted subclass overrides is found by compiled code, too."""
        return lambda cls: cls
