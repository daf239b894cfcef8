from pathlib import Path

import yaml

from shadowbench.demo import configuration
from shadowbench.demo.configuration import CANDIDATES, Places
from shadowbench.settings import Settings

PLACES = Places(folder=Path("/demo"), runtime=Path("/demo/run"), model_port=1, proxy_port=2, admin_port=3)


def test_what_the_demo_writes_is_an_ordinary_configuration() -> None:
    settings = Settings(**yaml.safe_load(configuration.write(PLACES)))
    assert tuple(settings.candidates) == CANDIDATES
    assert all(candidate.sample_rate == 1 and candidate.url is None for candidate in settings.candidates.values())
    assert settings.production.url == PLACES.model_url == "http://127.0.0.1:1"
    assert settings.store.url == PLACES.store_url == "sqlite:////demo/pairs.db"
    assert (settings.proxy.listen, settings.admin.listen) == ("127.0.0.1:2", "127.0.0.1:3")
