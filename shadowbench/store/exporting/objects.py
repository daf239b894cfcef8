"""Objects in s3://, gs:// and az:// stores, through obstore. Credentials come from the usual environment variables."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, BinaryIO, Literal
from urllib.parse import urlsplit

from shadowbench.errors import ConfigurationError, UnavailableError
from shadowbench.store.exporting import extra

SCHEMES = ("s3", "gs", "az")
_CONTENT_TYPES = {
    ".jsonl": "application/x-ndjson",
    ".csv": "text/csv",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".xml": "application/xml",
    ".parquet": "application/vnd.apache.parquet",
    ".gz": "application/gzip",
    ".zst": "application/zstd",
}
_RETRY = {"max_retries": 4, "retry_timeout": timedelta(seconds=60)}

Reason = Literal["denied", "not_found", "unreachable", "other"]


class ObjectError(UnavailableError):
    """The store refused. `reason` is from a fixed set, for counting."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def is_object(name: str) -> bool:
    """Whether this names an object rather than a file."""
    return name.partition("://")[0] in SCHEMES and "://" in name


def put_object(url: str, file: BinaryIO, environ: Mapping[str, str] = os.environ) -> None:
    """Store what `file` holds from its start, in parts when it is large. The object appears whole or not at all.

    Raises `ObjectError`, and ConfigurationError for a URL without an object's name or when obstore is missing.
    """
    obstore = extra("obstore", "writing to an object store")
    file.seek(0)
    _guarded(url, lambda store, path: obstore.put(store, path, file, attributes=_attributes(path)), environ)


def get_object(url: str, into: BinaryIO, environ: Mapping[str, str] = os.environ) -> None:
    """Copy the object into a file, and go back to the file's start. Raises as `put_object` does."""
    obstore = extra("obstore", "reading from an object store")
    _guarded(url, lambda store, path: shutil.copyfileobj(obstore.open_reader(store, path), into, 1 << 20), environ)
    into.seek(0)


def delete_object(url: str, environ: Mapping[str, str] = os.environ) -> None:
    """Take the object away. Raises as `put_object` does."""
    obstore = extra("obstore", "an object store")
    _guarded(url, lambda store, path: obstore.delete(store, path), environ)


def object_exists(url: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether there is such an object. Raises as `put_object` does."""
    obstore = extra("obstore", "an object store")
    try:
        _guarded(url, lambda store, path: obstore.head(store, path), environ)
    except ObjectError as error:
        if error.reason == "not_found":
            return False
        raise
    return True


def _guarded(url: str, call: Any, environ: Mapping[str, str]) -> None:
    bucket, path = _split(url)
    exceptions = extra("obstore.exceptions", "an object store")
    try:
        call(_store(bucket, environ), path)
    except (exceptions.BaseError, FileNotFoundError) as error:  # an object that is not there is the latter
        raise ObjectError(_reason(exceptions, error), _message(url, error)) from error


def _split(url: str) -> tuple[str, str]:
    """The bucket's URL, and the object's path in it."""
    parts = urlsplit(url)
    if "@" in parts.netloc or parts.query or parts.fragment:
        # Not repeated: it may hold a secret.
        raise ConfigurationError(
            f"the {parts.scheme}:// URL must not carry credentials, a query or a fragment: the environment holds them"
        )
    path = parts.path.strip("/")
    if not parts.netloc or not path:
        raise ConfigurationError(f"{url} names no object; write {parts.scheme}://BUCKET/PATH")
    return f"{parts.scheme}://{parts.netloc}", path


def _store(bucket: str, environ: Mapping[str, str]) -> Any:
    stores = extra("obstore.store", "an object store")
    endpoint = environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL") or ""
    # Plain HTTP only where the operator names such an endpoint, as for MinIO on the same host.
    options = {"allow_http": True} if bucket.startswith("s3://") and endpoint.startswith("http://") else None
    return stores.from_url(bucket, client_options=options, retry_config=_RETRY)


def _attributes(path: str) -> dict[str, str]:
    kind = next((kind for ending, kind in reversed(_CONTENT_TYPES.items()) if path.endswith(ending)), None)
    return {"Content-Type": kind} if kind else {}


def _reason(exceptions: Any, error: Exception) -> Reason:
    if isinstance(error, exceptions.PermissionDeniedError | exceptions.UnauthenticatedError):
        return "denied"
    if isinstance(error, FileNotFoundError | exceptions.NotFoundError):
        return "not_found"
    return "unreachable" if isinstance(error, exceptions.GenericError) else "other"


def _message(url: str, error: Exception) -> str:
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    return f"{url}: {first[:300]}; check the bucket, the credentials in the environment and AWS_ENDPOINT_URL"
