"""Answers: the one door from a page view to a response, error pages in the same look, and the headers of all.

`show` takes a `PageView` and nothing else; the framework's own template response is banned, because it would put the
whole request, and with it the account, into every template.
"""

import re
from dataclasses import replace
from secrets import token_urlsafe
from typing import Any
from urllib.parse import unquote, urlsplit

import structlog
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException
from litestar.types import Message, Scope

from domain.pages import ErrorPage, Failure, Frame, Head
from domain.refusals import Reason, Refused
from domain.views import PageView
from storage.database import Busy
from storage.start_page.keys import Locked
from web.compression import Compressed
from web.forms import Form
from web.policy import Cache
from web.publicity import data_of, head_of, site_of
from web.revalidation import Revalidated
from web.templating import FRESH
from web.visits import SAFE_METHODS, Refusal, Visit, is_local_path

log = structlog.get_logger()

UNPROCESSABLE, TOO_MANY = 422, 429
"""The status of a form that is shown again, with what was typed and what is wrong; and of one that came too often."""

SECURITY_HEADERS = {
    b"content-security-policy": (
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=(), interest-cohort=()",
    b"strict-transport-security": b"max-age=31536000; includeSubDomains",
}


def show(
    visit: Visit, page: PageView | None, *, status: int = 200, retry_after: int | None = None, recalled: bool = False
) -> Response[str]:
    """The page for this visit: whole, or the one block that a fragment request asks for. None is a missing page. What
    was `recalled` is no secret to the memory of this process."""
    if page is None:
        raise Refusal(Failure.MISSING, 404)
    templates = visit.house.templates
    block = visit.fragment if visit.fragment and templates.has_block(page, visit.fragment) else None
    head, data = head_of(page, visit, status), None if block else data_of(page, visit, status)
    around = {"head": head, "structured": data, **_surroundings(visit)}
    is_kept = recalled and visit.signed_in is not None and block is None
    render = templates.render_once if is_kept else templates.render_bytes
    html = render(page, block=block, **around)
    if recalled:
        html = html.replace(_FRESH, token_urlsafe(16).encode())
    headers = {"vary": "Cookie, HX-Request-Type, HX-Target"}
    if head.robots:
        headers["x-robots-tag"] = head.robots
    if retry_after:
        headers["retry-after"] = str(retry_after)
    return _answer(visit, html, MediaType.HTML, headers, status=status)


_FRESH = FRESH.encode()


def show_document(visit: Visit, page: PageView | None, media_type: str, *, is_secret: bool = False) -> Response[str]:
    """A feed or a part of the sitemap, whole; nobody keeps what a secret address opens. None is a missing one."""
    if page is None:
        raise Refusal(Failure.MISSING, 404)
    xml = visit.house.templates.render(page, site=site_of(visit), host=urlsplit(site_of(visit)).hostname or "")
    headers = {"vary": "Cookie", "x-robots-tag": "noindex"}
    return _answer(visit, _NOT_XML.sub("", xml), media_type, headers, is_secret=is_secret)


def show_text(visit: Visit, text: str) -> Response[str]:
    """A plain text for programs."""
    return _answer(visit, text, MediaType.TEXT, {"vary": "Cookie"})


_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML has no place for, not even escaped."""


def _answer(
    visit: Visit,
    text: str | bytes,
    media_type: str,
    headers: dict[str, str],
    *,
    status: int = 200,
    is_secret: bool = False,
) -> Response[str]:
    """What visitors get may be kept and asked about again; what is for one person, or no page, is kept by nobody."""
    if is_secret or visit.signed_in or visit.cookies or status != 200:
        headers = {"cache-control": Cache.NEVER, **headers}
        return Compressed(text, media_type=media_type, status_code=status, headers=headers, cookies=visit.cookies)
    headers = {"cache-control": visit.cache, **headers}
    kind = Compressed if visit.cache is Cache.NEVER else Revalidated
    return kind(text, media_type=media_type, headers=headers)


def _surroundings(visit: Visit) -> dict[str, Any]:
    return {"frame": visit.frame, "path": visit.path, "lang": "en", "direction": "ltr", "theme": "auto"}


_FAILURES = {
    Reason.MISSING: Refusal(Failure.MISSING, 404),
    Reason.GONE: Refusal(Failure.GONE, 410),
    Reason.SIGN_IN: Refusal(Failure.SIGN_IN, 401),
    Reason.NOT_CONFIRMED: Refusal(Failure.NOT_CONFIRMED, 403),
}


def refuse(refused: Refused) -> Refusal:
    """The error page for a write that has no form to show again."""
    if refused.reason is Reason.TOO_MANY:
        return Refusal(Failure.TOO_MANY, 429, refused.retry_after)
    known = _FAILURES.get(refused.reason)
    if known is None:
        return Refusal(Failure.FORBIDDEN, 403, refused.retry_after, refused.reason)
    return Refusal(known.failure, known.status, refused.retry_after)


_STATUSES = {
    401: Failure.SIGN_IN,
    403: Failure.FORBIDDEN,
    404: Failure.MISSING,
    405: Failure.METHOD,
    413: Failure.TOO_LARGE,
    429: Failure.TOO_MANY,
}


def answer_refusal(request: Request[Any, Any, Any], refusal: Refusal) -> Response[str]:
    """A refusal of ours as a page."""
    page = ErrorPage(
        status=refusal.status, failure=refusal.failure, retry_after=refusal.retry_after, reason=refusal.reason
    )
    return _error_page(request, page, refusal.kept)


def answer_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[str]:
    """An error of the framework's as a page: its own words stay inside."""
    status = min(500, error.status_code)
    if status == 500:
        log.error("request failed", exc_info=error)
    failure = _STATUSES.get(status, Failure.OURS if status == 500 else Failure.BAD_REQUEST)
    return _error_page(request, ErrorPage(status=status, failure=failure))


def answer_busy(request: Request[Any, Any, Any], error: Busy) -> Response[str]:
    """Writers queue; when the queue is too long, say when to try again."""
    log.warning("database busy", reason=str(error))
    return _error_page(request, ErrorPage(status=503, failure=Failure.BUSY, retry_after=2))


def answer_locked(request: Request[Any, Any, Any], error: Locked) -> Response[str]:
    """A start page whose key does not open: it is whole, and whoever runs the place has to put the secrets back."""
    log.error("start page locked", exc_info=error)
    return _error_page(request, ErrorPage(status=503, failure=Failure.LOCKED))


def answer_defect(request: Request[Any, Any, Any], error: Exception) -> Response[str]:
    """A defect of ours. The page says so; the log has the trace, and no values."""
    log.error("request failed", exc_info=error)
    return _error_page(request, ErrorPage(status=500, failure=Failure.OURS))


def _error_page(request: Request[Any, Any, Any], page: ErrorPage, kept: str = "") -> Response[str]:
    visit: Visit | None = request.state.get("visit")
    typed: Form | None = request.state.get("form")
    kept = kept or (typed.written() if typed else "")
    surroundings = _surroundings(visit) if visit else _NOBODY
    surroundings = {**surroundings, "path": _page_of(request)}
    head = Head(robots="noindex")
    told = replace(page, kept=kept or None)
    html = request.app.state.house.templates.render(told, head=head, structured=None, **surroundings)
    headers = {"cache-control": Cache.NEVER.value, "x-robots-tag": head.robots}
    if page.retry_after:
        headers["retry-after"] = str(page.retry_after)
    cookies = visit.cookies if visit else []
    return Compressed(html, media_type=MediaType.HTML, status_code=page.status, headers=headers, cookies=cookies)


def _page_of(request: Request[Any, Any, Any]) -> str:
    """The page that one reads: for a form the one on which it stands, which signing in then leads back to."""
    if request.method in SAFE_METHODS:
        return str(request.scope["path"])
    before = request.headers.get("referer", "").partition("://")[2]
    host, slash, rest = before.partition("/")
    path = unquote(slash + rest.partition("#")[0])
    return path if host == request.headers.get("host") and is_local_path(path) else "/"


_NOBODY = {"frame": Frame(), "lang": "en", "direction": "ltr", "theme": "auto"}


async def add_security_headers(message: Message, _scope: Scope) -> None:
    """Put the same headers on every answer, whoever made it."""
    if message["type"] == "http.response.start":
        message["headers"] = [*message.get("headers", ()), *SECURITY_HEADERS.items()]
