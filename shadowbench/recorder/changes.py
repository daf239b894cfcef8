"""Notices that a provider answers with another model, or another build of it, under the same name. Pure.

For each endpoint and requested model the values seen lately are remembered. The first is no change: it only says what was there
when the recorder started. A value that is among them is none either: several backends behind one name take turns, and each
turn would be a line across every chart. A value not seen for `_FORGET_S` is new again, so that a return to an old model is
told. At most one change of a kind is told per name and `_QUIET_S`; what came meanwhile is not remembered, so that it is told
afterwards if it stays.
"""

from __future__ import annotations

from collections import OrderedDict

from shadowbench.records import Mark, Observation

MODEL = "model_changed"
FINGERPRINT = "fingerprint_changed"

_FORGET_S = 3600.0
_QUIET_S = 300.0
_VALUES = 16  # per name and kind: more backends than that keep it noisy, once per `_QUIET_S`
_NAMES = 1024  # clients choose the names they ask for
_LONGEST_VALUE = 256


class _Seen:
    """The values of one name and kind, and when each was last seen."""

    __slots__ = ("last", "quiet_until", "times")

    def __init__(self) -> None:
        self.times: dict[str, float] = {}
        self.last: str | None = None
        self.quiet_until = float("-inf")

    def change(self, value: str, at: float) -> str | None:
        """Take a value; what was there before when it is a change."""
        before = self.last
        if value == before:
            self.times[value] = at
            return None
        seen_at = self.times.get(value)
        is_known = before is None or (seen_at is not None and at - seen_at <= _FORGET_S)
        if not is_known and at < self.quiet_until:
            return None
        self.times[value] = at
        if len(self.times) > _VALUES:
            del self.times[min(self.times, key=self.times.__getitem__)]
        self.last = value
        if is_known:
            return None
        self.quiet_until = at + _QUIET_S
        return before


class _Name:
    """One endpoint and requested model."""

    __slots__ = ("fingerprint", "model")

    def __init__(self) -> None:
        self.model = _Seen()
        self.fingerprint = _Seen()


class ChangeWatch:
    """Observations in, marks out."""

    def __init__(self) -> None:
        self._names: OrderedDict[tuple[str, str | None], _Name] = OrderedDict()

    def notice(self, seen: Observation, at: float) -> list[Mark]:
        """What has changed with this observation, made at Unix time `at`."""
        if seen.reported_model is None and seen.fingerprint is None:
            return []
        name = self._name(seen.endpoint, seen.requested_model)
        told = ((MODEL, name.model, seen.reported_model), (FINGERPRINT, name.fingerprint, seen.fingerprint))
        return [
            Mark(at=at, kind=kind, endpoint=seen.endpoint, before=before, after=value[:_LONGEST_VALUE])
            for kind, values, value in told
            if value is not None and (before := values.change(value[:_LONGEST_VALUE], at)) is not None
        ]

    def _name(self, endpoint: str, requested_model: str | None) -> _Name:
        key = (endpoint, requested_model and requested_model[:_LONGEST_VALUE])
        found = self._names.get(key)
        if found is None:
            found = self._names[key] = _Name()
            if len(self._names) > _NAMES:
                self._names.popitem(last=False)
        else:
            self._names.move_to_end(key)
        return found
