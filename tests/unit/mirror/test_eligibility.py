from __future__ import annotations

import pytest

from shadowbench import keyed
from shadowbench.mirror.eligibility import EligibilityTerms, judge_head
from shadowbench.mirror.head import parse_head
from shadowbench.mirror.options import DEFAULT_ENDPOINTS

SALT = bytes(range(32))
NOW = 1_700_000_000.0
TERMS = EligibilityTerms(
    endpoints=DEFAULT_ENDPOINTS, max_request_bytes=1000, salt=SALT, opt_out_header=b"x-no-mirror", skip_retries=True
)
LENIENT = EligibilityTerms(endpoints=DEFAULT_ENDPOINTS, max_request_bytes=1000, salt=SALT, skip_retries=False)
MARKER = keyed.make_marker(SALT, NOW).decode()
STRANGE_MARKER = keyed.make_marker(bytes(32), NOW).decode()
OLD_MARKER = keyed.make_marker(SALT, NOW - 1000).decode()


def verdict(line: str, terms: EligibilityTerms = TERMS) -> str | None:
    return judge_head(terms, parse_head(f"POST /v1/chat/completions HTTP/1.1\r\n{line}\r\n".encode()), NOW)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (f"x-shadowbench-mirrored: {MARKER}", "own_marker"),
        (f"x-shadowbench-mirrored: {STRANGE_MARKER}", None),
        (f"x-shadowbench-mirrored: {OLD_MARKER}", None),
        ("x-shadowbench-mirrored: ", None),
        ("X-No-Mirror: 1", "opted_out"),
        ("X-No-Mirror: ", "opted_out"),
        ("X-No-Mirror: yes", "opted_out"),
        ("X-No-Mirror:  ", "opted_out"),
        ("X-No-Mirror: off", "opted_out"),
        ("X-No-Mirror: 0", None),
        ("X-No-Mirror: False", None),
        ("X-No-Mirror: no", None),
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
    assert verdict(line) == reason


@pytest.mark.parametrize(
    ("count", "reason"),
    [("0", None), ("00", None), ("1", "retry"), ("10", "retry"), ("-1", None), ("x", None), ("", None)],
)
def test_a_retry_that_says_so_is_not_copied_ct_69_ct_88(count: str, reason: str | None) -> None:
    assert verdict(f"X-Stainless-Retry-Count: {count}") == reason
    assert verdict(f"X-Stainless-Retry-Count: {count}", LENIENT) is None
