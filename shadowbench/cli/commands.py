"""Commands whose help says no more than it must: a flag needs no type beside it, nor do names of files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

Function = TypeVar("Function", bound=Callable[..., Any])


class PlainCommand(TyperCommand):
    """A command without `<bool>` and `<list[str]>` in its help."""

    def get_params(self, ctx: Any) -> list[Any]:
        """See click."""
        return [_plain(each) for each in super().get_params(ctx)]


class PlainGroup(TyperGroup):
    """The same for a group of commands."""

    def get_params(self, ctx: Any) -> list[Any]:
        """See click."""
        return [_plain(each) for each in super().get_params(ctx)]


def _plain(parameter: Any) -> Any:
    """Typer shows the type of whatever has no metavar of its own, and of arguments always."""
    if isinstance(parameter, TyperOption) and parameter.is_flag and parameter.metavar is None:
        parameter.metavar = ""
    elif isinstance(parameter, TyperArgument):
        parameter.display_type_rich = _nothing  # type: ignore[method-assign]
    return parameter


def _nothing(ctx: Any) -> None:
    """No type."""


class Commands(typer.Typer):
    """Commands with plain help."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"cls": PlainGroup, **options})

    def command(self, *arguments: Any, **options: Any) -> Callable[[Function], Function]:
        """See typer."""
        return super().command(*arguments, **{"cls": PlainCommand, **options})
