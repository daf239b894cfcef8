"""Options survive the way to the worker."""

from shadowbench.exporter.options import ExporterOptions
from shadowbench.worker import from_json, to_json


def test_they_come_back_equal() -> None:
    options = ExporterOptions(store_url="sqlite:////l.db", url="s3://b/p", format="csv", every_s=60)
    assert from_json(ExporterOptions, to_json(options)) == options
