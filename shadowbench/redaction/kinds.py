"""All kinds there are, and which are on unless told otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shadowbench.errors import ConfigurationError
from shadowbench.redaction.credentials import API_KEY, JWT, PRIVATE_KEY, SECRET
from shadowbench.redaction.kind import Kind
from shadowbench.redaction.own import OwnKind, own_kind
from shadowbench.redaction.personal import CARD, EMAIL, IBAN, IP_ADDRESS, PHONE, US_SSN

# In the order that decides whose placeholder stands where two kinds overlap.
KINDS: Mapping[str, Kind] = {
    kind.name: kind for kind in (PRIVATE_KEY, API_KEY, JWT, SECRET, EMAIL, IBAN, CARD, US_SSN, PHONE, IP_ADDRESS)
}
DEFAULT_KINDS = ("private_key", "api_key", "jwt", "secret", "email", "card", "phone")


@dataclass(frozen=True, slots=True, kw_only=True)
class RedactionOptions:
    """What is taken out before anything is kept."""

    enabled: bool = True
    kinds: tuple[str, ...] = DEFAULT_KINDS
    patterns: Mapping[str, str] = field(default_factory=dict)  # name → regular expression, in RE2's syntax


def chosen_kinds(names: Iterable[str]) -> tuple[Kind, ...]:
    """The kinds of these names. Raises ConfigurationError for one that does not exist."""
    wanted = set(names)
    if unknown := sorted(wanted - KINDS.keys()):
        raise ConfigurationError(f"redaction.kinds: {', '.join(unknown)}: no such kind; there are {', '.join(KINDS)}")
    return tuple(kind for name, kind in KINDS.items() if name in wanted)


def own_kinds(patterns: Mapping[str, str]) -> tuple[OwnKind, ...]:
    """The operator's own kinds. Raises ConfigurationError for a pattern that cannot be used."""
    for name in patterns:
        if name in KINDS:
            raise ConfigurationError(f"redaction.patterns.{name}: that kind exists; choose another name")
    return tuple(own_kind(name, pattern) for name, pattern in patterns.items())
