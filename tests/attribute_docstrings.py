"""What stands beneath each attribute of a class, for tests that nothing is left unexplained.

Pydantic could keep these texts (`use_attribute_docstrings`), and would read all our sources for them at every start.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from itertools import pairwise


def unexplained(kind: type) -> list[str]:
    """The names of annotated attributes of `kind` that no text follows, and of those of our classes that it inherits from."""
    ours = (each for each in kind.__mro__ if each.__module__.startswith("shadowbench."))
    return [name for each in ours for name in _unexplained(each)]


def _unexplained(kind: type) -> list[str]:
    (found,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(found, ast.ClassDef)
    return [
        each.target.id
        for each, after in pairwise([*found.body, ast.Pass()])
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name) and not _is_text(after)
    ]


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
        and bool(statement.value.value.strip())
    )
