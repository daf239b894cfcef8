"""What came in against what went out: the one question is whether anybody reads something else than was sent. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tests.conformance.differential.reader import Malformed, Message, Transcript, read_requests, read_responses
from tests.conformance.differential.second_opinion import opinion

# What ends at each hop (RFC 9110 section 7.6.1), what is framing, and what a proxy writes itself.
_NOT_COMPARED = frozenset(
    {
        *(b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"proxy-authorization", b"te"),
        *(b"trailer", b"transfer-encoding", b"upgrade", b"http2-settings", b"content-length", b"host"),
    }
)
HIDDEN = b"/smuggled"  # the target of what cases hide in bodies and behind malformed bytes
_AUTHORITY = re.compile(rb"(?i)https?://[^/?#]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`faults` are sentences; none means that nothing was read otherwise than it was sent.

    `repairs` are sentences about what was forwarded of malformed bytes: well-formed and by the proxy's own reading. Nobody was
    deceived by that proxy alone, but another one before it might have read something else.
    """

    sent: Transcript
    forwarded: tuple[Message, ...]
    unfinished: tuple[Message, ...] = ()  # what went out of requests that were broken off
    faults: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()


@dataclass(slots=True)
class _Judging:
    sent: Transcript
    compares_fields: bool
    forwarded: list[Message] = field(default_factory=list)
    unfinished: list[Message] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    repairs: list[str] = field(default_factory=list)

    def misread(self, fault: str) -> None:
        """A repair where the client's bytes are malformed and nothing that they hide arrived, else a fault."""
        has_hidden = any(message.first[1] == HIDDEN for message in self.forwarded)
        is_repair = isinstance(self.sent.rest, Malformed) and not has_hidden
        (self.repairs if is_repair else self.faults).append(fault)


def judge_requests(sent: bytes, arrivals: list[bytes], *, compares_fields: bool = True) -> Verdict:
    """`arrivals` are the bytes of each connection at the origin, for one client connection that carried `sent`.

    Proxies of other make write header fields of their own: for them `compares_fields` is False.
    """
    judging = _Judging(read_requests(sent), compares_fields)
    for arrival in arrivals:
        _read_arrival(judging, arrival)
    _compare(judging)
    return Verdict(
        sent=judging.sent,
        forwarded=tuple(judging.forwarded),
        unfinished=tuple(judging.unfinished),
        faults=tuple(judging.faults),
        repairs=tuple(judging.repairs),
    )


def judge_answers(sent: Transcript, answered: bytes) -> tuple[str, ...]:
    """Whether the client got whole responses, one for each of its requests at most, and one refusal behind them."""
    methods = [message.first[0] for message in sent.messages] + [b"GET"]
    got = read_responses(answered, methods)
    return (f"the client cannot read its answers: {got.rest}",) if isinstance(got.rest, Malformed) else ()


def _read_arrival(judging: _Judging, arrival: bytes) -> None:
    """One connection at the origin: well-formed requests, the last of them perhaps broken off; and h11 sees the same."""
    came = read_requests(arrival)
    judging.forwarded += came.messages
    if isinstance(came.rest, Malformed):
        judging.faults.append(f"the origin got what is no request: {came.rest.why} in {arrival!r}")
        return
    if came.rest.open is not None:
        judging.unfinished.append(came.rest.open)
    elif came.rest.has_bytes:
        _compare_half_head(judging, arrival[came.messages[-1].end if came.messages else 0 :])
    second = opinion(arrival)
    ours = tuple((message.first[0], message.first[1], message.body) for message in came.messages)
    if second.fault is None and second.requests[: len(ours)] != ours:
        judging.faults.append(f"two readers differ: {ours} and {second.requests}")


def _compare_half_head(judging: _Judging, half: bytes) -> None:
    """A head that was broken off begins as one of the client's does."""
    known = [*judging.sent.messages, *([judging.sent.rest.open] if judging.sent.rest.open else [])]
    if not any((message.first[0] + b" ").startswith(half[: len(message.first[0]) + 1]) for message in known):
        judging.faults.append(f"nobody sent a head that begins with {half!r}")


def _compare(judging: _Judging) -> None:
    """What was forwarded is what was sent, in its order, from the first on; what was broken off is the beginning of one."""
    sent = list(judging.sent.messages)
    if len(judging.forwarded) > len(sent):
        judging.misread(f"{len(sent)} requests were sent and {len(judging.forwarded)} arrived")
        return
    expected = iter(sent)
    for message in judging.forwarded:
        if not any(_is_same(judging, message, one) for one in expected):
            judging.misread(f"nobody sent {message.first}, {message.fields}, {message.body!r}")
            return
    known = [*sent, judging.sent.rest.open] if judging.sent.rest.open else sent
    for message in judging.unfinished:
        if not any(_is_beginning(judging, message, one) for one in known):
            judging.misread(f"nobody sent the beginning of {message.first}, {message.body!r}")


def _is_same(judging: _Judging, came: Message, sent: Message) -> bool:
    return _is_beginning(judging, came, sent) and came.body == sent.body


def _is_beginning(judging: _Judging, came: Message, sent: Message) -> bool:
    is_first_line = came.first[0] == sent.first[0] and came.first[1] == _origin_form(sent.first[1])
    return (
        is_first_line and sent.body.startswith(came.body) and (not judging.compares_fields or _has_fields(came, sent))
    )


def _has_fields(came: Message, sent: Message) -> bool:
    """Each end-to-end field as it was sent and in its order, but for those that Connection named."""
    named = {word.strip().lower() for value in sent.values(b"connection") for word in value.split(b",")}
    wanted = [pair for pair in sent.fields if pair[0].lower() not in _NOT_COMPARED | named]
    return wanted == [pair for pair in came.fields if pair[0].lower() not in _NOT_COMPARED]


def _origin_form(target: bytes) -> bytes:
    """As a proxy forwards it (RFC 9112 section 3.2.2)."""
    found = _AUTHORITY.match(target)
    rest = target[found.end() :] if found else target
    return rest if rest.startswith(b"/") or not found else b"/" + rest
