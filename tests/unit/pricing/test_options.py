"""Options of pricing travel as JSON."""

from __future__ import annotations

import json

from shadowbench.pricing import PriceEntry, PricingOptions
from shadowbench.worker import from_json, to_json


def test_options_survive_the_way_to_the_worker() -> None:
    options = PricingOptions(
        entries=(PriceEntry(models=("a", "b*"), endpoint="small", input_per_mtok=1.0, gpu_concurrency=3),),
        urls={"small": "http://x"},
        providers={"small": "azure"},
    )
    assert from_json(PricingOptions, json.loads(json.dumps(to_json(options)))) == options
