"""What providers say when they fail."""

import pytest

from shadowbench.wire.base import ProviderError
from shadowbench.wire.provider_error import MAX_MESSAGE, error_in, error_of_body


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        (b'{"error":{"message":"m","type":"t","code":"c"}}', "t", "m"),
        (b'{"error":{"message":"m","type":null,"code":"c"}}', "c", "m"),
        (b'{"error":{"message":"m","code":429}}', "429", "m"),
        (
            b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
            "overloaded_error",
            "Overloaded",
        ),
        (b'{"error":"model not found"}', None, "model not found"),
        (b'{"object":"error","message":"m","type":"BadRequestError","code":400}', "BadRequestError", "m"),
        (b'{"detail":"Not Found"}', None, "Not Found"),
        (b'{"detail":[{"msg":"field required"}]}', None, '[{"msg":"field required"}]'),
        (b'{"message":"no such route"}', None, "no such route"),
        (b'[{"error":{"code":400,"message":"m","status":"INVALID_ARGUMENT"}}]', "400", "m"),
        (b'data: {"error":{"message":"m","type":"t"}}\n\ndata: [DONE]\n\n', "t", "m"),
        (b"<html>502 Bad Gateway</html>", None, None),
        (b"", None, None),
        (b"null", None, None),
        (b'"text"', None, "text"),
    ],
)
def test_ct_54_the_body_of_an_error_status_is_read_for_what_it_says(
    body: bytes, kind: str | None, message: str | None
) -> None:
    assert error_of_body(body) == ProviderError(type=kind, message=message)


def test_a_message_that_echoes_the_request_is_cut() -> None:
    assert len(error_of_body(b'{"error":"' + b"x" * 9999 + b'"}').message or "") == MAX_MESSAGE


@pytest.mark.parametrize(
    "value", [{"choices": []}, {"error": None}, {"error": {}}, {"message": "hello"}, [], None, "error"]
)
def test_a_value_that_does_not_announce_an_error_is_none(value: object) -> None:
    assert error_in(value) is None
