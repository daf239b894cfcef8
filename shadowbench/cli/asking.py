"""One question to the control port of a sidecar that runs."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shadowbench import configuration
from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.listening import Address, parse_address

# The sidecar waits up to 5 s for its workers.
_ANSWER_WITHIN_S = 15.0
_MAX_ANSWER_BYTES = 16 * 1024 * 1024
_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where to ask, and with which token."""

    address: Address
    token: str | None = field(default=None, repr=False)


def place_of(config: Path | None, address: str | None, environ: Mapping[str, str]) -> Place:
    """The control port that the configuration names, or `address` with the configuration's token. Raises ConfigurationError."""
    settings = configuration.load(config, environ=environ)
    listen = address if address is not None else settings.control.listen
    if listen is None:
        raise ConfigurationError("control.listen is null: this sidecar has no control port")
    try:
        where = parse_address(listen)
    except ValueError as error:
        raise ConfigurationError(f"--address {listen}: {error}") from None
    name = settings.control.token_env
    if name is not None and not environ.get(name, "").strip():
        raise ConfigurationError(f"control.token_env: the environment variable {name} is not set")
    return Place(address=where, token=environ[name].strip() if name is not None else None)


def ask(place: Place, action: str, fields: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What the sidecar says. Raises ConfigurationError for what it refuses, UnavailableError when nobody listens."""
    connection = _Connection(place.address)
    headers = {"Accept": "application/json"}
    if place.token is not None:
        headers["Authorization"] = f"Bearer {place.token}"
    if fields is not None:
        headers["Content-Type"] = "application/json"
    try:
        body = None if fields is None else json.dumps(fields)
        connection.request("GET" if action == "state" else "POST", f"/v1/{action}", body, headers)
        response = connection.getresponse()
        status, text = response.status, response.read(_MAX_ANSWER_BYTES)
    except (ConnectionRefusedError, FileNotFoundError):
        raise UnavailableError(
            f"nobody listens at {place.address}: is the sidecar running, with this configuration's control.listen?"
        ) from None
    except TimeoutError:
        raise UnavailableError(f"{place.address} did not answer within {_ANSWER_WITHIN_S:g} s") from None
    except (OSError, http.client.HTTPException) as error:
        raise UnavailableError(f"cannot ask {place.address}: {error}") from None
    finally:
        connection.close()
    return _read(place, status, text)


def _read(place: Place, status: int, text: bytes) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise UnavailableError(f"what listens at {place.address} is no control port: it answered {status}")
    if status == 200:
        return said
    message = str(said.get("message", f"it answered {status}"))
    if status == 401 and place.token is not None:
        message = f"{place.address} refused the token: control.token_env's variable holds another one here than the sidecar has"
    elif status == 401:
        message = f"{place.address} wants its token: name the variable that holds it in control.token_env"
    raise ConfigurationError(message) if status < 500 else UnavailableError(message)


class _Connection(http.client.HTTPConnection):
    """Also to a unix socket, which Python's own does not know."""

    def __init__(self, address: Address) -> None:
        host = _LOOPBACK.get(address.host, address.host) or "localhost"
        super().__init__(host, address.port or None, timeout=_ANSWER_WITHIN_S)
        self._path = address.path

    def connect(self) -> None:
        if not self._path:
            super().connect()
            return
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
