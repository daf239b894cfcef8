from pathlib import Path

import pytest

from shadowbench.demo.children import free_port
from shadowbench.demo.configuration import Places
from shadowbench.demo.starting import Model, running_model, running_sidecar
from shadowbench.errors import UnavailableError


def places(folder: Path) -> Places:
    ports = {"model_port": free_port(), "proxy_port": free_port(), "admin_port": free_port()}
    return Places(folder=folder, runtime=folder / "run", **ports)


def test_the_scripted_model_answers_while_the_block_runs(tmp_path: Path) -> None:
    with running_model(places(tmp_path), Model.SCRIPTED):
        pass


def test_a_sidecar_that_cannot_start_is_an_error_with_the_end_of_its_log(tmp_path: Path) -> None:
    broken = places(tmp_path)
    broken.config.write_text("proxi: {}")
    with pytest.raises(UnavailableError, match="proxi"), running_sidecar(broken):
        pass
