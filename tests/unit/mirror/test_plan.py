from __future__ import annotations

import gzip
from typing import Any

import pytest

from shadowbench.handoff import OpenPayload
from shadowbench.mirror.head import RequestHead, parse_head
from shadowbench.mirror.options import CandidateOptions, MirrorOptions
from shadowbench.mirror.plan import Admission, Plan, Planner, Skip, Terms
from shadowbench.records import Dialect

CHAT = b'{"model":"m","messages":[],"stream":true}'


def planner(*rates: float, **changes: Any) -> Planner:
    candidates = tuple(
        CandidateOptions(name=f"c{i}", url="http://c", sample_rate=rate) for i, rate in enumerate(rates or (1.0,))
    )
    options = MirrorOptions(runtime_folder="run", secret_file="s", candidates=candidates, **changes)
    return Planner(Terms.of(options, bytes(32), 5))


def head(path: str = "/v1/chat/completions", *lines: str) -> RequestHead:
    return parse_head("\r\n".join([f"POST {path} HTTP/1.1", *lines, ""]).encode())


def admit(by: Planner, of: RequestHead, *, version: int = 5, admitted: float = 1.0) -> Admission | Skip:
    return by.admit(of, OpenPayload(1, version, b"", admitted), "epoch", 7, 0.0)


def test_what_proxies_are_told_is_the_largest_rate() -> None:
    policy = planner(0.2, 0.5, sample_key="header:x-user").terms.policy()
    assert (policy.version, policy.rate, policy.key) == (5, 0.5, "header:x-user")
    assert planner().terms.policy().endpoints == (("POST", "/chat/completions"), ("POST", "/v1/messages"))
    nobody = MirrorOptions(runtime_folder="run", secret_file="s")
    assert Terms.of(nobody, bytes(32), 1).policy().rate == 0.0


def test_an_admission_says_what_the_log_needs() -> None:
    by = planner(0.5, sample_key="header:x-user", request_id_header="X-Id")
    users = [head("/v1/messages", f"X-User: {n}", f"x-id: {'é' * 300}") for n in range(20)]
    admissions = [a for user in users if isinstance(a := admit(by, user), Admission)]
    assert 0 < len(admissions) < 20
    first = admissions[0]
    assert first.dialect is Dialect.ANTHROPIC_MESSAGES and first.endpoint == "/v1/messages"
    assert first.probabilities == {0: 0.5}
    assert first.request_id == "é" * 128  # 256 bytes
    assert len({admission.cluster_key for admission in admissions}) == len(admissions)


@pytest.mark.parametrize(
    ("skip", "given"),
    [
        (Skip(stage="ineligible", reason="unknown_policy"), {"version": 4}),
        (Skip(stage="unsampled"), {"admitted": 1e-19}),
    ],
)
def test_a_head_may_be_skipped(skip: Skip, given: dict[str, Any]) -> None:
    assert admit(planner(), head(), **given) == skip


def test_the_cluster_header_comes_before_the_sampling_header() -> None:
    by = planner(sample_key="header:x-user", cluster_header="X-Session")
    a = admit(by, head("/v1/chat/completions", "x-user: 1", "x-session: s"))
    b = admit(by, head("/v1/chat/completions", "x-user: 2", "x-session: s"))
    assert isinstance(a, Admission) and isinstance(b, Admission)
    assert a.cluster_key == b.cluster_key


def plan(body: bytes, *lines: str, path: str = "/v1/chat/completions", **changes: Any) -> Plan | Skip:
    by, of = planner(**changes), head(path, *lines)
    admission = admit(by, of)
    assert isinstance(admission, Admission)
    return by.plan(admission, of, body)


def test_a_body_is_decoded_and_read() -> None:
    found = plan(gzip.compress(CHAT), "Content-Encoding: gzip")
    assert isinstance(found, Plan)
    assert found.request.body == CHAT and found.request.facts.stream


@pytest.mark.parametrize(
    ("body", "lines", "reason"),
    [
        (CHAT, ["Content-Encoding: gzip"], "bad_encoding"),
        (gzip.compress(CHAT, mtime=0)[:-4], ["Content-Encoding: gzip"], "bad_encoding"),
        (gzip.compress(b" " * 5000, mtime=0), ["Content-Encoding: gzip"], "over_bound"),
        (b"", [], "not_json"),
        (b"[]", [], "not_an_object"),
        (b"{}", [], "no_messages"),
    ],
)
def test_a_body_may_be_skipped(body: bytes, lines: list[str], reason: str) -> None:
    assert plan(body, *lines, max_request_bytes=4000) == Skip(stage="ineligible", reason=reason)


def test_an_endpoint_in_a_format_that_is_not_read_is_skipped() -> None:
    skip = plan(b"{}", path="/v1/score", endpoints=(("POST", "/score"),))
    assert skip == Skip(stage="ineligible", reason="dialect_unknown")
