"""The extra that exports need."""

from __future__ import annotations

import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.otlp import options


def test_with_the_libraries_all_is_well() -> None:
    options.check_extra()


def test_without_them_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "_NEEDED", ("opentelemetry.sdk", "opentelemetry.nothing.like.this"))
    with pytest.raises(ConfigurationError, match=r"pip install 'shadowbench-sidecar\[otel\]'"):
        options.check_extra()
