"""Words for libFuzzer to put into inputs."""

from __future__ import annotations

from pathlib import Path

HTTP = (
    *(
        "GET / HTTP/1.1\r\n",
        "POST / HTTP/1.1\r\n",
        "HEAD / HTTP/1.1\r\n",
        "HTTP/1.1 200 OK\r\n",
        "HTTP/1.0",
        "HTTP/1.1",
    ),
    *(
        "Host: x\r\n",
        "Content-Length: 3\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Connection: close\r\n",
        "Connection: ",
    ),
    *(
        "Upgrade: h2c\r\n",
        "Upgrade: websocket\r\n",
        "Connection: Upgrade\r\n",
        "Expect: 100-continue\r\n",
        "HTTP2-Settings",
    ),
    *("0\r\n\r\n", "3\r\nabc\r\n", "\r\n\r\n", "\r\n", ";a=b", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 101 S\r\n"),
    *(
        "HTTP/1.1 204 N\r\n",
        "HTTP/1.1 304 N\r\n",
        "Keep-Alive: timeout=5\r\n",
        "Trailer: x\r\n",
        "/tunnel",
        "http://h/p",
    ),
)
JSON = (
    *(
        "data: ",
        "event: ",
        "id: ",
        "retry: ",
        "\n\n",
        "\r\n\r\n",
        "[DONE]",
        "\ufeff",
        "{",
        "}",
        "[",
        "]",
        '"',
        ":",
        ",",
    ),
    *(
        "\\ud83d",
        "\\u0000",
        "null",
        "true",
        "1e999",
        "-0",
        "NaN",
        '{"',
        '":',
        '"messages":[',
        '"model":"m"',
        '"choices":[',
    ),
)


def write(file: Path, target: str) -> Path:
    """The dictionary of a target, in libFuzzer's form."""
    file.parent.mkdir(parents=True, exist_ok=True)
    texts = HTTP if target.startswith("http1") else JSON
    file.write_text("".join(f'"{_escaped(text.encode())}"\n' for text in texts))
    return file


def _escaped(text: bytes) -> str:
    return "".join(chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\x{byte:02x}" for byte in text)
