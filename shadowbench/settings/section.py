"""What all sections have in common."""

from __future__ import annotations

import typing
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator


def _is_number(kind: Any) -> bool:
    return kind in (int, float) or any(_is_number(part) for part in typing.get_args(kind))


class Section(BaseModel):
    """A group of keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_boolean_numbers(cls, value: Any, info: ValidationInfo) -> Any:
        # YAML reads yes and on as booleans, which Python would take for 1.
        if isinstance(value, bool) and info.field_name and _is_number(cls.model_fields[info.field_name].annotation):
            raise ValueError("must be a number, not a boolean (in YAML yes, no, on and off are booleans)")
        return value
