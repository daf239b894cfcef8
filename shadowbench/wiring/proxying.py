"""A proxy worker's options."""

from __future__ import annotations

import os
from collections.abc import Mapping

from shadowbench.http1.origin import OriginOptions
from shadowbench.http1.requests import ServerOptions
from shadowbench.proxy.lines import Naming
from shadowbench.proxy.options import AccessLogOptions, ProxyOptions
from shadowbench.settings import Settings
from shadowbench.wiring.mirroring import _endpoint
from shadowbench.wiring.places import path_text, runtime_folder


def proxy_options(settings: Settings, number: int, environ: Mapping[str, str] = os.environ) -> ProxyOptions:
    """Options of one proxy worker, before the parent adds its sockets."""
    proxy, production = settings.proxy, settings.production
    return ProxyOptions(
        name=f"proxy-{number}",
        production=OriginOptions(
            url=production.url,
            connect_timeout_s=production.connect_timeout_s,
            idle_s=production.pool_idle_s,
            max_age_s=production.pool_max_age_s,
            ca_file=path_text(production.tls.ca_file),
            verify=production.tls.verify,
        ),
        server=ServerOptions(
            max_head_bytes=proxy.max_head_bytes,
            max_headers=proxy.max_headers,
            head_timeout_s=proxy.head_timeout_s,
            body_timeout_s=proxy.body_timeout_s,
            idle_s=proxy.client_idle_s,
        ),
        first_byte_timeout_s=production.first_byte_timeout_s,
        idle_timeout_s=production.idle_timeout_s,
        preserve_host=proxy.host_header == "preserve",
        drain_delay_s=proxy.drain_delay_s,
        drain_timeout_s=proxy.drain_timeout_s,
        tls_cert=path_text(proxy.tls.cert_file),
        tls_key=path_text(proxy.tls.key_file),
        naming=Naming(
            request_id_header=settings.mirror.request_id_header,
            routes=tuple(_endpoint(text)[1] for text in settings.mirror.endpoints),
        ),
        access_log=access_log_options(settings),
        mirror_socket=str(runtime_folder(settings, environ) / "mirror.sock"),
    )


def access_log_options(settings: Settings) -> AccessLogOptions:
    """Which requests get a line in a proxy's log. What an operator may change while it runs."""
    return AccessLogOptions(**settings.proxy.access_log.model_dump())
