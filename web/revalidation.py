"""Asking again: a strong ETag over the bytes of a visitor's answer, and 304 for who has them already.

A strong tag stands for the very bytes that are sent, so it differs for each form of compression.
"""

from hashlib import blake2b
from typing import Any

from litestar import Request
from litestar.response.base import ASGIResponse

from web.compression import WELL, Compressed

NOT_MODIFIED = 304
FOR_EVERY_VISITOR = "for_every_visitor"
"""The mark, in a request's state, of an answer that every visitor gets alike."""


def matches(asked: str, tag: str) -> bool:
    """Whether an `If-None-Match` names this tag."""
    given = (part.strip().removeprefix("W/") for part in asked.split(","))
    return any(part in {tag, "*"} for part in given)


class Revalidated(Compressed):
    """An answer for visitors that may be asked about again."""

    ways = WELL

    def answer_early(self, request: Request[Any, Any, Any], body: bytes, form: str) -> ASGIResponse | None:
        """Give the answer its tag; 304 without a body for who has it."""
        digest = blake2b(body, digest_size=15).hexdigest()
        tag = self.headers["etag"] = f'"{digest}-{form}"' if form else f'"{digest}"'
        if matches(request.headers.get("if-none-match", ""), tag):
            return ASGIResponse(status_code=NOT_MODIFIED, headers=self.headers)
        request.state[FOR_EVERY_VISITOR] = True
        return None
