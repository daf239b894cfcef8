"""Who a request comes from and what it belongs with: caller, tenant, user, conversation, cluster. Pure.

Credentials arrive as the placeholders that the proxy put in their place. What goes to the log is a keyed hash: equal for
equal values, so that a tenant's traffic can be grouped and erased, and useless otherwise.
"""

from __future__ import annotations

from functools import lru_cache

from shadowbench import keyed
from shadowbench.mirror.head import RequestHead

# In this order: what SDKs send, then what gateways take.
_CREDENTIALS = (b"authorization", b"x-api-key", b"api-key", b"x-goog-api-key", b"x-auth-token", b"x-access-token")
_IN_QUERY = b"=hash:"  # how a proxy writes the placeholder of a credential in the query


def caller(head: RequestHead) -> bytes:
    """The placeholder of the credential; empty without one."""
    headers = head.headers
    for name in _CREDENTIALS:
        value = headers.get(name)
        if value and not keyed.is_blank(value):
            return value
    if _IN_QUERY in head.query:
        return head.query.partition(_IN_QUERY)[2].partition(b"&")[0]
    return b""


def conversation(caller_key: bytes, first_user: bytes) -> bytes | None:
    """What the turns of one chat have in common; None without a user message."""
    return b"%d:%b%b" % (len(caller_key), caller_key, first_user) if first_user else None


def tenant_key(salt: bytes, header: bytes | None, head: RequestHead, caller_key: bytes) -> str | None:
    """Whose traffic it is: the tenant header's value, else the credential. None when neither is there."""
    named = head.get(header) if header is not None else None
    value = named or caller_key
    return _tenant_key(salt, value) if value else None


# Tenants are few, and each comes with every one of its requests.
_tenant_key = lru_cache(1024)(keyed.tenant_key)


def user_key(salt: bytes, header: bytes | None, head: RequestHead, named: str | None) -> str | None:
    """The end user: the user header's value, else whom the request names."""
    value = head.get(header) if header is not None else None
    if not value and named is not None:
        value = named.encode("utf-8", "surrogatepass")
    return keyed.user_key(salt, value) if value else None


def cluster_key(
    salt: bytes, header: bytes | None, head: RequestHead, conversation_key: bytes | None, request_key: bytes
) -> str:
    """What groups dependent pairs: the header's value, else the conversation, else the request alone."""
    value = head.get(header) if header is not None else None
    return keyed.cluster_key(salt, value or conversation_key or request_key)
