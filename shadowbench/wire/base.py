"""What every dialect's reader makes of a response, and the shape such a reader has. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from shadowbench.records import NO_USAGE, Answer, Usage
from shadowbench.wire.sse import SseEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderError:
    """What the provider said about its failure, in its own words."""

    type: str | None = None
    message: str | None = None


class Parsed(NamedTuple):
    """What a dialect's reader found in a body, or in as much of it as came. Name the fields; a NamedTuple is made faster.

    `ended` means that the answer's own end mark was there (`[DONE]`, `message_stop`; a whole body that parsed has it by
    nature). `malformed` names what was not of the dialect; the answer is then not to be trusted.
    """

    answer: Answer | None = None
    usage: Usage = NO_USAGE
    reported_model: str | None = None
    fingerprint: str | None = None
    response_id: str | None = None
    error: ProviderError | None = None
    ended: bool = False
    malformed: str | None = None


class EventReader(Protocol):
    """Reads one streamed answer, event by event."""

    def feed(self, event: SseEvent) -> bool:
        """Take an event; True when it carried content: a byte of text, reasoning, refusal or tool arguments."""

    def feed_unterminated(self, event: SseEvent) -> None:
        """Take the last event, which lacks its blank line. SDKs do not dispatch it; only an end mark counts."""

    def finish(self) -> Parsed:
        """What came of it. To be called once, after the last event."""
