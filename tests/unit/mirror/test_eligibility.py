from __future__ import annotations

import pytest

from shadowbench import keyed
from shadowbench.mirror.eligibility import EligibilityTerms, judge_head
from shadowbench.mirror.head import parse_head
from shadowbench.mirror.options import DEFAULT_ENDPOINTS

SALT = bytes(range(32))
NOW = 1_700_000_000.0
TERMS = EligibilityTerms(endpoints=DEFAULT_ENDPOINTS, max_request_bytes=1000, salt=SALT)
MARKER = keyed.make_marker(SALT, NOW).decode()
STRANGE_MARKER = keyed.make_marker(bytes(32), NOW).decode()
OLD_MARKER = keyed.make_marker(SALT, NOW - 1000).decode()


def verdict(start: str, *lines: str) -> str | None:
    return judge_head(TERMS, parse_head("\r\n".join([start, *lines, ""]).encode()), NOW)


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        ("POST /v1/chat/completions HTTP/1.1", None),
        ("POST /v1/chat/completions/ HTTP/1.1", None),
        ("POST /openai/deployments/x/chat/completions?api-version=1 HTTP/1.1", None),
        ("POST /v1/messages?beta=true HTTP/1.1", None),
        ("GET /v1/chat/completions HTTP/1.1", "method_path"),
        ("DELETE /v1/messages HTTP/1.1", "method_path"),
        ("POST /v1/threads/t/messages HTTP/1.1", "method_path"),
        ("POST /v1/messages/batches HTTP/1.1", "method_path"),
        ("POST /v1/messages/count_tokens HTTP/1.1", "method_path"),
        ("POST /v1/responses HTTP/1.1", "method_path"),
        ("POST /v1/files HTTP/1.1", "method_path"),
    ],
)
def test_only_what_is_on_the_list_is_copied(start: str, reason: str | None) -> None:
    assert verdict(start) == reason


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (f"x-shadowbench-mirrored: {MARKER}", "own_marker"),
        (f"x-shadowbench-mirrored: {STRANGE_MARKER}", None),
        (f"x-shadowbench-mirrored: {OLD_MARKER}", None),
        ("x-shadowbench-mirrored: ", None),
        ("Content-Type: application/json; charset=utf-8", None),
        ("Content-Type: APPLICATION/JSON", None),
        ("Content-Type: application/vnd.api+json", None),
        ("Content-Type: ", None),
        ("Content-Type: multipart/form-data; boundary=x", "not_json"),
        ("Content-Type: application/x-www-form-urlencoded", None),
        ("Content-Type: text/plain", None),
        ("Content-Type: text/html", "not_json"),
        ("Content-Encoding: zstd", None),
        ("Content-Encoding: GZIP", None),
        ("Content-Encoding: identity", None),
        ("Content-Encoding: compress", "unsupported_encoding"),
        ("Content-Encoding: gzip, br", "unsupported_encoding"),
        ("Content-Length: 1000", None),
        ("Content-Length: 1001", "over_bound"),
        ("Content-Length: " + "9" * 5000, "over_bound"),
        ("Content-Length: -1", None),
    ],
)
def test_a_head_is_judged_by_its_fields(line: str, reason: str | None) -> None:
    assert verdict("POST /v1/chat/completions HTTP/1.1", line) == reason
