"""Names of objects, and errors without a server; tests/integration/test_object_export.py has one."""

from io import BytesIO

import pytest

from shadowbench.errors import ConfigurationError
from shadowbench.store.exporting.objects import ObjectError, is_object, put_object

NOBODY = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("s3://b/k", True),
        ("gs://b/k", True),
        ("az://c/k", True),
        ("file:///x", False),
        ("s3", False),
        ("a/s3:/b", False),
    ],
)
def test_a_scheme_tells_an_object(name: str, expected: bool) -> None:
    assert is_object(name) == expected


@pytest.mark.parametrize("url", ["s3://bucket", "s3://bucket/", "s3:///key"])
def test_a_url_needs_a_bucket_and_a_path(url: str) -> None:
    with pytest.raises(ConfigurationError, match="names no object; write s3://BUCKET/PATH"):
        put_object(url, BytesIO(b"x"))


def test_a_server_that_is_not_there_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shadowbench.store.exporting.objects._RETRY", {"max_retries": 0})
    for name, value in (("ENDPOINT_URL", "http://127.0.0.1:9"), ("ACCESS_KEY_ID", "i"), ("SECRET_ACCESS_KEY", "s")):
        monkeypatch.setenv(f"AWS_{name}", value)
    with pytest.raises(ObjectError, match=r"s3://b/k: .*check the bucket, the credentials") as refused:
        put_object("s3://b/k", BytesIO(b"x"), NOBODY)
    assert refused.value.reason == "unreachable"
