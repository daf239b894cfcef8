"""What a single value must be: each check returns the value as it is kept, or raises ValueError saying what is wanted."""

from __future__ import annotations

import json
import math
import re
from urllib.parse import urlsplit

from shadowbench.listening import ADDRESS_FORM, parse_address

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# Single underscores only, lower case: such a name can be reached as SHADOWBENCH_CANDIDATES__NAME__KEY.
_CANDIDATE_NAME = re.compile(r"[a-z0-9]+(?:[_.-][a-z0-9]+)*")
# Of a rule or a stratum. It is a signal's label, and part of the names of keys.
_RULE_NAME = re.compile(r"(?=.{1,40}\Z)[A-Za-z0-9]+(?:[_.-]+[A-Za-z0-9]+)*")
# Set by the mirror or the client protocol; a configured value would contradict them.
_RESERVED_HEADERS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade", "expect"}
)


def check_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"is not a URL: {error}") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise ValueError("must be a URL like http://127.0.0.1:4000 or https://api.example.com")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not carry credentials; name an environment variable in api_key_env instead")
    if parts.query or parts.fragment:
        raise ValueError("must not have a query or fragment: the client's path and query are appended to it")
    if not parts.path.isascii():
        raise ValueError("must have its path in percent-encoding")
    if re.search(r"[\s\x00-\x1f\x7f]", text):
        raise ValueError("must not contain spaces or control characters")
    return text.rstrip("/")


def check_form(value: object) -> object:
    """One sentence for everything that is no text, instead of one for each kind that it is not."""
    parts = value if isinstance(value, list) else [value]
    if not all(isinstance(part, str) for part in parts):
        raise ValueError(ADDRESS_FORM)
    return value


def check_address(text: str) -> str:
    parse_address(text)
    return text


def check_addresses(value: str | list[str]) -> str | list[str]:
    addresses = as_list(value)
    if not addresses:
        raise ValueError("needs at least one address, as in 127.0.0.1:8080")
    for text in addresses:
        parse_address(text)
    if len(set(addresses)) != len(addresses):
        raise ValueError("names the same address twice")
    return value


def as_list(value: str | list[str]) -> list[str]:
    """Addresses written as one string, comma-separated, or as a list."""
    parts = value.split(",") if isinstance(value, str) else value
    return [part.strip() for part in parts if part.strip()]


def check_header_name(text: str) -> str:
    if not _HEADER_NAME.fullmatch(text):
        raise ValueError("is not a header name")
    return text.lower()


def check_headers(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a header name")
        if name.lower() in _RESERVED_HEADERS:
            raise ValueError(f"{name!r} is set by shadowbench itself")
        if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value) or not value.isascii():
            raise ValueError(f"the value of {name!r} must be printable ASCII")
    if len({name.lower() for name in headers}) != len(headers):
        raise ValueError("names a header twice")
    return headers


def check_sample_key(text: str) -> str:
    kind, _, name = text.partition(":")
    if text in ("request", "conversation"):
        return text
    if kind == "header" and _HEADER_NAME.fullmatch(name):
        return f"header:{name.lower()}"
    raise ValueError("must be request, conversation, or header:NAME as in header:x-session-id")


def check_member_path(text: str) -> str:
    parts = text.split(".")
    if not all(parts) or parts[0] == "*" or parts[-1] == "*":
        raise ValueError("must be names joined by dots, as in seed or tools.*.function.strict")
    return text


def check_name_path(text: str) -> str:
    if not all(text.split(".")) or "*" in text.split("."):
        raise ValueError("must be names joined by dots, as in temperature or options.temperature")
    return text


def check_json(value: object) -> object:
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError):
        # YAML knows dates, bytes, NaN, infinities and half characters; JSON, which the request is, does not.
        raise ValueError("has no form in JSON: put dates in quotes, and leave out .nan and .inf") from None
    return value


def check_renames(renames: dict[str, str]) -> dict[str, str]:
    for old, new in renames.items():
        if f"{old}.".startswith(f"{new}.") or f"{new}.".startswith(f"{old}."):
            raise ValueError(f"cannot move {old} to {new}: one stands in the other")
    return renames


def check_egress_proxy(text: str) -> str:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"is not a URL: {error}") from None
    if parts.scheme != "http" or not parts.hostname or port == 0 or parts.path.strip("/") or parts.query:
        raise ValueError("must be http://HOST:PORT")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must not carry credentials; name an environment variable in egress_proxy_auth_env instead")
    return text.rstrip("/")


def check_export_url(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    if not separator or scheme not in ("file", "s3", "gs", "az") or not rest.strip("/"):
        raise ValueError("must be file:///FOLDER, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or az://CONTAINER/PREFIX")
    if scheme != "file" and "@" in rest.partition("/")[0]:
        raise ValueError("must not carry credentials; they come from the environment (AWS_…, GOOGLE_…, AZURE_…)")
    if scheme != "file" and ("?" in rest or "#" in rest):
        raise ValueError("takes no query or fragment; credentials come from the environment (AWS_…, GOOGLE_…, AZURE_…)")
    return text.rstrip("/")


def as_globs(value: object) -> object:
    parts = [value] if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
        raise ValueError("must be a glob or a list of globs, as in 'gpt-4*' (numbers, yes and no in quotes)")
    return tuple(parts)


def check_endpoint(text: str) -> str:
    if not re.fullmatch(r"[A-Z]+ /[^\s?#]+", text):
        raise ValueError("must be a method and the end of a path, as in POST /v1/chat/completions")
    return text


def check_finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("must be a finite number")
    return value


def check_edges(edges: tuple[float, ...]) -> tuple[float, ...]:
    if not 1 <= len(edges) <= 40:
        raise ValueError("must be a list of 1 to 40 numbers")
    if not all(math.isfinite(edge) and edge > 0 for edge in edges) or sorted(set(edges)) != list(edges):
        raise ValueError("must ascend, and be above 0; what is above the last is counted in any case")
    return edges


def check_store_url(text: str) -> str:
    scheme, _, rest = text.partition("://")
    if scheme != "sqlite" or not rest.strip("/"):
        raise ValueError("must be sqlite:///FILE (relative) or sqlite:////FILE (absolute)")
    if "?" in rest or "#" in rest:
        raise ValueError("takes no query or fragment")
    return text


def check_socket_mode(text: str | int) -> str:
    # YAML reads an unquoted 0660 as the number 432.
    digits = f"{text:04o}" if isinstance(text, int) else text
    if not re.fullmatch(r"0?[0-7]{3}", digits):
        raise ValueError("must be octal permissions in quotes, as in '0660'")
    return digits


def check_candidate_name(name: str) -> str:
    if name == "production":
        raise ValueError("is the name of the other side; choose another")
    if len(name) > 40 or not _CANDIDATE_NAME.fullmatch(name):
        raise ValueError("must be at most 40 lower-case letters and digits, joined by single '_', '-' or '.'")
    return name


def check_rule_name(name: str) -> str:
    if not _RULE_NAME.fullmatch(name):
        raise ValueError("must be a name of at most 40 letters and digits, joined by '_', '-' or '.'")
    return name


def check_variable_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        # Not repeated in the message: people put the key itself here.
        raise ValueError("must be the name of an environment variable, not the key itself")
    return name


def as_metric(value: object) -> object:
    return {"metric": value} if isinstance(value, str) else value


def check_policy(value: object) -> object:
    if value is not None and not isinstance(value, str | dict):
        raise ValueError("must be the name of a policy, a YAML file, or a mapping of a policy's keys")
    return value
