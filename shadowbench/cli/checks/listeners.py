"""Where clients and operators connect: ports free, certificate usable."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

from shadowbench.cli.checks import Finding, fail, ok, warn
from shadowbench.errors import UnavailableError
from shadowbench.listening import Address, bind
from shadowbench.settings import Settings
from shadowbench.supervisor import Plan


def check(settings: Settings, plan: Plan) -> Iterator[Finding]:
    """Findings about the listening addresses."""
    for address in plan.listen:
        yield _free("proxy.listen", address)
    if plan.admin is None:
        yield warn("admin.listen", "off: no health checks, no metrics", "set admin.listen, e.g. 127.0.0.1:9464")
    else:
        yield _free("admin.listen", plan.admin)
        if not plan.admin.is_loopback:
            yield warn(
                "admin.listen",
                f"{plan.admin} is open to the network, without authentication",
                "fine inside a pod; elsewhere listen at 127.0.0.1",
            )
    if plan.control is not None:
        yield _free("control.listen", plan.control)
    tls = settings.proxy.tls
    if tls.cert_file and tls.key_file:
        yield certificate(str(tls.cert_file), str(tls.key_file))


def _free(subject: str, address: Address) -> Finding:
    if address.path:
        # Binding would put a socket there: look only.
        return ok(subject, str(address))
    try:
        for sock in bind(address):
            sock.close()
    except UnavailableError as error:
        return fail(subject, str(error), "stop what listens there (perhaps this very sidecar), or choose another port")
    return ok(subject, f"{address} is free")


def certificate(cert_file: str, key_file: str) -> Finding:
    """Whether the proxy can serve TLS with these files."""
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(cert_file, key_file)
    except ssl.SSLError as error:
        return fail("proxy.tls", f"{cert_file} and {key_file}: {error.reason or error}", "both PEM, and of one pair?")
    except OSError as error:
        return fail("proxy.tls", f"{cert_file}, {key_file}: {error.strerror}", "check paths and permissions")
    return ok("proxy.tls", f"{cert_file} can be served")
