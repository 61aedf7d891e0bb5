"""Asking again: a strong ETag over the bytes of a visitor's answer, and 304 for who has them already.

A strong tag stands for the very bytes that are sent, so it differs for each form of compression. That is chosen here in
the same way in which the compression that comes afterwards chooses it.
"""

from hashlib import blake2b
from typing import Any

from litestar import Litestar, Request, Response
from litestar.response.base import ASGIResponse

NOT_MODIFIED = 304
FOR_EVERY_VISITOR = "for_every_visitor"
"""The mark, in a request's state, of an answer that every visitor gets alike."""

SMALLEST_COMPRESSED = 500
"""Bytes below which nothing is compressed, as the app's compression is set."""


def encoding_for(accepted: str, size: int) -> str:
    """How a body of so many bytes will be compressed for who accepts this; empty for not at all."""
    if size < SMALLEST_COMPRESSED:
        return ""
    return next((name for name in ("br", "gzip") if name in accepted), "")


def matches(asked: str, tag: str) -> bool:
    """Whether an `If-None-Match` names this tag."""
    given = (part.strip().removeprefix("W/") for part in asked.split(","))
    return any(part in {tag, "*"} for part in given)


class Revalidated(Response[str]):
    """An answer for visitors that may be asked about again."""

    def to_asgi_response(self, app: Litestar | None, request: Request[Any, Any, Any], **options: Any) -> ASGIResponse:
        """The answer with its tag, or 304 without a body."""
        body = self.content.encode()
        encoding = encoding_for(request.headers.get("accept-encoding", ""), len(body))
        digest = blake2b(body, digest_size=15).hexdigest()
        tag = f'"{digest}-{encoding}"' if encoding else f'"{digest}"'
        self.headers["etag"] = tag
        if matches(request.headers.get("if-none-match", ""), tag):
            self._vary_by_encoding()
            return ASGIResponse(status_code=NOT_MODIFIED, headers=self.headers)
        request.state[FOR_EVERY_VISITOR] = True
        if not encoding:
            self._vary_by_encoding()  # else the compression says so
        return super().to_asgi_response(app, request, **options)

    def _vary_by_encoding(self) -> None:
        self.headers["vary"] = f"{self.headers['vary']}, Accept-Encoding"
