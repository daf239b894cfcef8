"""What is taken out of an exchange before it is appended.

This is the place for redaction: the writer passes every exchange through one `Redactor`. `CredentialRedactor` is the floor
under all of them. The proxy has replaced credentials by keyed hashes before framing; a header that should have been replaced
and was not means a proxy of another version or a defect, and its value must not reach the log.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Protocol

from shadowbench.keyed import is_credential
from shadowbench.records import Exchange
from shadowbench.signals import Counters

REDACTED = "redacted"

_PLACEHOLDER = re.compile(r"hash:[0-9a-f]{24}")


class Redactor(Protocol):
    """Takes out what must not be kept. Runs on the writer's thread, one exchange at a time."""

    def redact(self, exchange: Exchange, counters: Counters) -> Exchange:
        """The exchange as it may be kept; what was taken out is counted, never told."""


class CredentialRedactor:
    """Replaces credential headers that carry no placeholder."""

    def redact(self, exchange: Exchange, counters: Counters) -> Exchange:
        """See `Redactor`."""
        suspects = [value for name, value in exchange.request_headers if _names_credential(name)]
        if all(map(_is_replaced, suspects)):  # nearly always
            return exchange
        exposed = [is_exposed(name, value) for name, value in exchange.request_headers]
        counters.add("recorder_redactions_total", (("kind", "credential_header"),), sum(exposed))
        pairs = zip(exchange.request_headers, exposed, strict=True)
        headers = tuple((name, REDACTED if is_bad else value) for (name, value), is_bad in pairs)
        return replace(exchange, request_headers=headers)


def is_exposed(name: str, value: str) -> bool:
    """Whether a header may carry a credential in clear."""
    return _names_credential(name) and not _is_replaced(value)


def _is_replaced(value: str) -> bool:
    return _PLACEHOLDER.fullmatch(value) is not None or value == REDACTED


@lru_cache(maxsize=1024)  # clients send the same few names for ever
def _names_credential(name: str) -> bool:
    return is_credential(name.lower().encode("latin-1", "replace"))
