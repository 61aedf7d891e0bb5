"""Compression: what is text goes over the wire in a form that its reader takes, chosen and made in one place.

What is made for one person is sent once, so it is compressed fast; what every visitor gets is kept as it was sent, so
it is compressed well.
"""

import gzip
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import brotli
from backports import zstd
from litestar import Litestar, Request, Response
from litestar.response.base import ASGIResponse

SMALLEST_COMPRESSED: Final = 500
"""Bytes below which nothing is compressed."""


def _zstd(level: int) -> Callable[[bytes], bytes]:
    """Frames of their own from one compressor for good: to get its memory from the system takes longer than most pages.
    Nothing of a frame is in the next; after an error it begins anew."""
    return partial(zstd.ZstdCompressor(level=level).compress, mode=zstd.ZstdCompressor.FLUSH_FRAME)


Ways = Mapping[str, Callable[[bytes], bytes]]
"""How to make each form, the preferred one first."""

FAST: Final[Ways] = {
    "zstd": _zstd(level=1),
    "br": partial(brotli.compress, quality=1),
    "gzip": partial(gzip.compress, compresslevel=1, mtime=0),
}
WELL: Final[Ways] = {
    "br": partial(brotli.compress, quality=4),
    "zstd": _zstd(level=3),
    "gzip": partial(gzip.compress, compresslevel=6, mtime=0),
}


def form_for(accepted: str, ways: Ways) -> str:
    """The form that is preferred of those that are accepted; empty for the plain one."""
    return next((form for form in ways if form in accepted), "")


class Compressed(Response[Any]):
    """A text, in a form that its reader takes."""

    ways = FAST

    def to_asgi_response(self, app: Litestar | None, request: Request[Any, Any, Any], **options: Any) -> ASGIResponse:
        """The answer, compressed where that saves something."""
        body = self.content if isinstance(self.content, bytes) else self.content.encode()
        is_worth_it = len(body) >= SMALLEST_COMPRESSED
        form = form_for(request.headers.get("accept-encoding", ""), self.ways) if is_worth_it else ""
        vary = self.headers.get("vary")
        self.headers["vary"] = f"{vary}, Accept-Encoding" if vary else "Accept-Encoding"
        if early := self.answer_early(request, body, form):
            return early
        if form:
            self.headers["content-encoding"] = form
        self.content = self.ways[form](body) if form else body
        return super().to_asgi_response(app, request, **options)

    def answer_early(self, _request: Request[Any, Any, Any], _body: bytes, _form: str) -> ASGIResponse | None:
        """An answer that needs no body, if there is one."""
        return None
