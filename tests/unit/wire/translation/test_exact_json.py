"""JSON without loss."""

import pytest

from shadowbench.wire.translation import exact_json
from shadowbench.wire.translation.refusals import NoWord, Reason


@pytest.mark.parametrize(
    "body",
    [
        b'{"n":9007199254740993}',
        b'{"n":123456789012345678901234567890}',
        b'{"n":-18446744073709551616}',
        b'{"n":0.1}',
        b'{"s":"\\ud83d"}',
        '{"s":"naïve 😀"}'.encode(),
    ],
)
def test_what_is_read_is_written_again(body: bytes) -> None:
    assert exact_json.read(exact_json.write(exact_json.read(body))) == exact_json.read(body)
    assert exact_json.write(exact_json.read(body)) == body


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":2}',
        b'[{"a":{"b":1,"b":1}}]',
        b"NaN",
        b"[Infinity]",
        b"1e999",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"[" * 9999,
    ],
)
def test_what_readers_disagree_on_is_not_read(body: bytes) -> None:
    with pytest.raises(NoWord) as found:
        exact_json.read(body)
    assert found.value.reason == Reason.NOT_READABLE


def test_what_is_nested_too_deeply_to_be_written_is_refused() -> None:
    value: list[object] = []
    for _ in range(5000):
        value = [value]
    with pytest.raises(NoWord):
        exact_json.write(value)


@pytest.mark.parametrize("text", ["", "null", "[]", '"{}"', "{", '{"a":1,"a":2}', '{"a":NaN}'])
def test_arguments_are_objects(text: str) -> None:
    with pytest.raises(NoWord) as found:
        exact_json.read_arguments(text)
    assert found.value.reason == Reason.TOOL_ARGUMENTS
