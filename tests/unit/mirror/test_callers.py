from __future__ import annotations

import pytest

from shadowbench import keyed
from shadowbench.mirror.callers import caller, cluster_key, conversation, tenant_key, user_key
from shadowbench.mirror.head import RequestHead, parse_head

SALT = bytes(32)


def head(*lines: str, path: str = "/x") -> RequestHead:
    return parse_head("\r\n".join([f"POST {path} HTTP/1.1", *lines]).encode())


@pytest.mark.parametrize(
    ("of", "found"),
    [
        (head("Authorization: hash:a", "X-Api-Key: hash:b"), b"hash:a"),
        (head("authorization: ", "x-api-key: hash:b"), b"hash:b"),
        (head("api-key: hash:c"), b"hash:c"),
        (head("x-goog-api-key: hash:d"), b"hash:d"),
        (head(path="/x?alt=sse&key=hash:0123&b=1"), b"0123"),
        (head("host: x", path="/x?alt=sse"), b""),
    ],
)
def test_a_caller_is_the_placeholder_of_its_credential(of: RequestHead, found: bytes) -> None:
    assert caller(of) == found


def test_a_conversation_is_a_caller_s_and_begins_with_a_user_message() -> None:
    assert conversation(b"jo", b"hi") != conversation(b"jill", b"hi")
    assert conversation(b"jo", b"hi") != conversation(b"j", b"ohi")
    assert conversation(b"jo", b"") is None


def test_names_in_the_log_are_keyed_and_of_one_kind() -> None:
    named = head("x-who:  acme ")
    keys = {
        tenant_key(SALT, b"x-who", named, b"c"),
        user_key(SALT, b"x-who", named, None),
        cluster_key(SALT, b"x-who", named, None, b"e:1"),
        keyed.placeholder(SALT, b"acme").decode().removeprefix("hash:"),
    }
    assert len(keys) == 4 and all(key and "acme" not in key for key in keys)
    assert tenant_key(SALT, b"x-who", named, b"c") == keyed.tenant_key(SALT, b"acme")
    assert tenant_key(bytes(31), b"x-who", named, b"c") != keyed.tenant_key(SALT, b"acme")


def test_what_is_missing_has_a_stand_in_or_is_absent() -> None:
    assert (
        tenant_key(SALT, b"x-who", head(), b"c") == tenant_key(SALT, None, head(), b"c") == keyed.tenant_key(SALT, b"c")
    )
    assert tenant_key(SALT, b"x-who", head("x-who: "), b"") is None
    assert user_key(SALT, b"x-who", head("x-who: "), "jo") == keyed.user_key(SALT, b"jo")
    assert user_key(SALT, None, head(), "\ud800") is not None
    assert user_key(SALT, None, head(), None) is None
    assert cluster_key(SALT, b"x-who", head(), b"talk", b"e:1") == keyed.cluster_key(SALT, b"talk")
    assert cluster_key(SALT, None, head(), None, b"e:1") == keyed.cluster_key(SALT, b"e:1")
