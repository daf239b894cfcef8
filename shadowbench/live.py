"""What can change while the sidecar runs: which keys, what they become, and what an operator asked for. Pure.

The file is read again as a whole; of what differs, live keys are taken over and the others wait for a restart. Rates that an
operator sets at the control port lie over the file's, until the file itself says something new about the same key.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from shadowbench.errors import ConfigurationError
from shadowbench.keyed import is_credential
from shadowbench.settings import Settings

# Full keys and what lies below them; `*` is any name. The access log is the proxies', all else the mirror's.
_LIVE = (
    ("proxy", "access_log"),
    ("mirror", "enabled"),
    ("mirror", "include"),
    ("mirror", "exclude"),
    ("mirror", "opt_out_header"),
    ("mirror", "skip_retries"),
    ("mirror", "duplicates"),
    ("mirror", "duplicate_window_s"),
    ("mirror", "sample_key"),
    ("mirror", "strata"),
    ("mirror", "tenant_header"),
    ("mirror", "user_header"),
    ("mirror", "cluster_header"),
    ("candidates", "*", "sample_rate"),
    ("candidates", "*", "max_per_second"),
)
# The first stratum that matches counts: there the order is part of the meaning.
_ORDERED = ("mirror", "strata")
_LIVE_CANDIDATE_KEYS = ("sample_rate", "max_per_second")
_MISSING = object()

Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A key that has another value now. `before` and `after` are JSON-able; None also where the key is not there."""

    keys: Keys
    before: Any
    after: Any

    @property
    def name(self) -> str:
        """As it is written in messages."""
        return ".".join(self.keys)

    @property
    def is_live(self) -> bool:
        """Whether it holds without a restart."""
        return any(_covers(live, self.keys) for live in _LIVE)


def differences(old: Settings, new: Settings) -> tuple[Difference, ...]:
    """What differs of what the sidecar reads, key by key, in the order of the configuration. A candidate that came or went is
    one difference."""
    return tuple(_compare((), _read_while_running(old), _read_while_running(new)))


def _read_while_running(settings: Settings) -> dict[str, Any]:
    """JSON-able. What only commands read, each time anew, is not among it."""
    watches = settings.scoring.enabled and settings.scoring.comparison_every_s > 0
    return settings.model_dump(mode="json", exclude=None if watches else {"report"})


def merged(running: Settings, fresh: Settings) -> Settings:
    """`running` with the live keys of `fresh`. Rates for candidates that wait for a restart wait with them."""
    keys = {live[1]: getattr(fresh.mirror, live[1]) for live in _LIVE if live[0] == "mirror"}
    keys["strata"] = {
        name: stratum.model_copy(
            update={"rates": {each: rate for each, rate in stratum.rates.items() if each in running.candidates}}
        )
        for name, stratum in fresh.mirror.strata.items()
    }
    candidates = {
        name: candidate.model_copy(
            update={key: getattr(fresh.candidates[name], key) for key in _LIVE_CANDIDATE_KEYS}
            if name in fresh.candidates
            else {}
        )
        for name, candidate in running.candidates.items()
    }
    mirror = running.mirror.model_copy(update=keys)
    proxy = running.proxy.model_copy(update={"access_log": fresh.proxy.access_log})
    return running.model_copy(update={"mirror": mirror, "candidates": candidates, "proxy": proxy})


# ── rates that an operator sets ──


@dataclass(frozen=True, slots=True, kw_only=True)
class StratumRates:
    """Of one stratum: for all candidates, and by candidate. None: as configured."""

    sample_rate: float | None = None
    rates: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What lies over the configured rates, by name. Partial: who is not named keeps what holds."""

    candidates: Mapping[str, float] = field(default_factory=dict)
    strata: Mapping[str, StratumRates] = field(default_factory=dict)

    def over(self, settings: Settings) -> Settings:
        """The configuration with these rates in it. Names that are not there any more are passed over."""
        candidates = {
            name: each.model_copy(update={"sample_rate": self.candidates.get(name, each.sample_rate)})
            for name, each in settings.candidates.items()
        }
        strata = dict(settings.mirror.strata)
        for name, given in self.strata.items():
            if name in strata:
                update: dict[str, Any] = {"rates": {**strata[name].rates, **given.rates}}
                if given.sample_rate is not None:
                    update["sample_rate"] = given.sample_rate
                strata[name] = strata[name].model_copy(update=update)
        mirror = settings.mirror.model_copy(update={"strata": strata})
        return settings.model_copy(update={"candidates": candidates, "mirror": mirror})

    def then(self, later: Rates) -> Rates:
        """Both, `later` on top."""
        strata = dict(self.strata)
        for name, given in later.strata.items():
            below = strata.get(name, StratumRates())
            strata[name] = StratumRates(
                sample_rate=below.sample_rate if given.sample_rate is None else given.sample_rate,
                rates={**below.rates, **given.rates},
            )
        return Rates(candidates={**self.candidates, **later.candidates}, strata=strata)

    def without(self, changed: tuple[Difference, ...]) -> Rates:
        """Less those of which the file says something new, key by key. With a stratum that came or went go all of its rates."""
        keys = {each.keys for each in changed}
        strata = {
            name: left
            for name, given in self.strata.items()
            if (*_ORDERED, name) not in keys and (left := _without(given, (*_ORDERED, name), keys)) != StratumRates()
        }
        candidates = {n: r for n, r in self.candidates.items() if ("candidates", n, "sample_rate") not in keys}
        return Rates(candidates=candidates, strata=strata)


def _without(given: StratumRates, here: Keys, changed: Set[Keys]) -> StratumRates:
    return StratumRates(
        sample_rate=None if (*here, "sample_rate") in changed else given.sample_rate,
        rates={name: rate for name, rate in given.rates.items() if (*here, "rates", name) not in changed},
    )


def read_rates(fields: Mapping[str, Any], settings: Settings) -> Rates:
    """What `{"candidates": {"small": 0.2}, "strata": {"rare": {"sample_rate": 1, "rates": {"small": 0.5}}}}` asks for.

    Raises ConfigurationError with a sentence for each thing that is wrong, valid names included.
    """
    problems: list[str] = []
    given = _members(fields, "", ("candidates", "strata"), problems)
    names = tuple(settings.candidates)
    candidates = _rates(given.get("candidates", {}), "candidates", names, problems)
    strata: dict[str, StratumRates] = {}
    wanted = _members(given.get("strata", {}), "strata", tuple(settings.mirror.strata), problems)
    for name, stratum in wanted.items():
        here = f"strata.{name}"
        parts = _members(stratum, here, ("sample_rate", "rates"), problems)
        rate = _rate(parts["sample_rate"], f"{here}.sample_rate", problems) if "sample_rate" in parts else None
        strata[name] = StratumRates(
            sample_rate=rate, rates=_rates(parts.get("rates", {}), f"{here}.rates", names, problems)
        )
    if not problems and not candidates and not any(s.rates or s.sample_rate is not None for s in strata.values()):
        problems.append('names no rate; send {"candidates": {"NAME": 0.2}} or {"strata": {"NAME": {"sample_rate": 1}}}')
    if problems:
        raise ConfigurationError("\n".join(problems))
    return Rates(candidates=candidates, strata=strata)


def _rates(value: Any, where: str, names: tuple[str, ...], problems: list[str]) -> dict[str, float]:
    members = _members(value, where, names, problems)
    return {name: _rate(rate, f"{where}.{name}", problems) for name, rate in members.items()}


def _members(value: Any, where: str, valid: tuple[str, ...], problems: list[str]) -> dict[str, Any]:
    """The members of an object that are known; each other one is a problem."""
    label = where or "the body"
    if not isinstance(value, Mapping):
        problems.append(f"{label}: must be an object")
        return {}
    for name in sorted(map(str, value.keys() - set(valid))):
        known = ", ".join(valid) if valid else "none"
        problems.append(f"{label}: there is no {name[:80]!r}; known here: {known}")
    return {name: value[name] for name in valid if name in value}


def _rate(value: Any, where: str, problems: list[str]) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not 0 <= value <= 1:
        problems.append(f"{where}: must be a number from 0 to 1")
        return 0.0
    return float(value)


# ── comparing ──


def _compare(keys: Keys, old: Any, new: Any) -> Iterator[Difference]:
    if not (isinstance(old, dict) and isinstance(new, dict)):
        if old is _MISSING or new is _MISSING or json.dumps(old) != json.dumps(new):
            yield Difference(keys=keys, before=_shown(keys, old), after=_shown(keys, new))
        return
    for key in dict.fromkeys((*old, *new)):
        yield from _compare((*keys, str(key)), old.get(key, _MISSING), new.get(key, _MISSING))
    if keys == _ORDERED and set(old) == set(new) and list(old) != list(new):
        yield Difference(keys=keys, before=list(old), after=list(new))


def _shown(keys: Keys, value: Any) -> Any:
    """As logs and marks may have it: what a configuration says of a credential's header is nobody else's business."""
    if value is _MISSING:
        return None
    if len(keys) > 1 and keys[-2] == "headers" and is_credential(keys[-1].lower().encode()):
        return "…"
    if isinstance(value, dict):
        return {key: _shown((*keys, str(key)), each) for key, each in value.items()}
    return value


def _covers(live: Keys, keys: Keys) -> bool:
    return len(keys) >= len(live) and all(part in ("*", key) for part, key in zip(live, keys, strict=False))
