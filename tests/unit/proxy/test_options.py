"""Options travel from parent to worker as JSON."""

import json

from shadowbench.http1.origin import OriginOptions
from shadowbench.http1.requests import ServerOptions
from shadowbench.proxy.options import ProxyOptions
from shadowbench.worker import from_json, to_json


def test_options_arrive_as_they_left():
    options = ProxyOptions(
        production=OriginOptions(url="https://a", ca_file="/ca", idle_s=3.5),
        server=ServerOptions(max_headers=7),
        first_byte_timeout_s=5.0,
        listen_fds=(3, 4),
        mirror_socket="/run/m.sock",
    )
    assert from_json(ProxyOptions, json.loads(json.dumps(to_json(options)))) == options


def test_by_default_nothing_is_handed_off_and_production_may_think():
    options = ProxyOptions(production=OriginOptions(url="http://a"))
    assert options.mirror_socket == "" and options.first_byte_timeout_s is None and not options.preserve_host
