"""Asking the app without a client's manners: raw paths, raw headers, raw bodies, and every byte of the answer.

A client tidies addresses, follows redirects and merges headers; what leaks or breaks may hide in just that.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from tests.conftest import ADDRESS

HOST = ADDRESS.removeprefix("https://")
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole: status, headers in order (each cookie one of them) and the body as sent."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    @property
    def raw(self) -> bytes:
        """Status line, headers and body as one run of bytes, to be searched."""
        lines = [b": ".join(pair) for pair in self.headers]
        return b"\r\n".join([b"HTTP/1.1 %d" % self.status, *lines, b"", self.body])

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    def header(self, name: str) -> str:
        """The header's first value, or nothing."""
        return next((value.decode("latin-1") for key, value in self.headers if key == name.encode()), "")


def decoded(raw_path: bytes) -> str:
    """The path as Granian hands it to the app: unquoted, and what is no UTF-8 replaced."""
    return unquote_to_bytes(raw_path).decode("utf-8", "replace")


async def ask(
    app: Any,
    path: str | bytes,
    *,
    method: str = "GET",
    headers: Sequence[tuple[str | bytes, str | bytes]] = (),
    body: bytes = b"",
) -> Answer:
    """One request, spoken straight to the app. An error that the app lets out is the caller's to see."""
    raw, _, query = (path if isinstance(path, bytes) else path.encode()).partition(b"?")
    given = [(_bytes(name).lower(), _bytes(value)) for name, value in headers]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "https",
        "path": decoded(raw),
        "raw_path": raw,
        "query_string": query,
        "root_path": "",
        "headers": [(b"host", HOST.encode()), *given],
        "client": ("127.0.0.1", 40000),
        "server": ("127.0.0.1", 8000),
        "state": {},
    }
    sent: list[dict[str, Any]] = []
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = next(message for message in sent if message["type"] == "http.response.start")
    found = tuple((bytes(name), bytes(value)) for name, value in start["headers"])
    return Answer(start["status"], found, b"".join(message.get("body", b"") for message in sent))


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def form_headers(size: int, kind: str = "application/x-www-form-urlencoded") -> list[tuple[str, str]]:
    """The headers with which a browser sends a form from one of our own pages."""
    return [("origin", ADDRESS), ("content-type", kind), ("content-length", str(size))]


def as_json(values: object) -> bytes:
    """A body that no form of ours sends."""
    return json.dumps(values).encode()
