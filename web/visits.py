"""A visit: who is behind a request, and what the frame around every page shows them.

`admit` runs before each handler. It turns cookies into a viewer, enforces what the route declares, and refuses forms
that another site sent. Handlers get a `Visit` and decide nothing about identity.
"""

from collections.abc import Awaitable, Callable, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar
from urllib.parse import quote

from litestar import MediaType, Request, Response
from litestar.datastructures import Cookie

from domain.accounts import PASSWORD_FRESH_FOR, REMEMBER_FOR
from domain.exposure import is_check_up_due
from domain.pages import Failure, Frame
from domain.refusals import Reason
from domain.visibility import STAFF, VISITOR, Viewer, may_see
from storage.recognition import Recognised, find_unseen, last_unseen, note_use, recognise
from storage.sessions import SEEN_EVERY, Browser, SignedIn, Tokens, resume_remembered
from storage.versions import Version
from web.browsers import describe_browser
from web.house import House
from web.policy import Cache, Caller, Policy, policy_of

SESSION_COOKIE = "__Host-session"
REMEMBER_COOKIE = "__Host-remember"
BROWSER_COOKIE = "__Host-browser"
KEEP_BROWSER_FOR = 365 * 86400

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
HIGHEST_ID = 2**63 - 1
LONGEST_PATH = 2000

T = TypeVar("T")


class Refusal(Exception):
    """A request that is answered with an error page instead of its handler's answer."""

    def __init__(
        self, failure: Failure, status: int, retry_after: int | None = None, reason: Reason | None = None
    ) -> None:
        super().__init__(failure)
        self.failure = failure
        self.status = status
        self.retry_after = retry_after
        self.reason = reason
        self.kept = ""


@dataclass(slots=True)
class Visit:
    """One request's visitor or member. `fragment` is the block of the page that htmx asks for, `cookies` are set on the
    answer, whatever it is."""

    house: House
    now: datetime
    viewer: Viewer = VISITOR
    signed_in: SignedIn | None = None
    frame: Frame = field(default_factory=Frame)
    path: str = "/"
    cache: Cache = Cache.NEVER
    fragment: str | None = None
    address: str = ""
    browser: str = ""
    browser_token: str | None = None
    cookies: list[Cookie] = field(default_factory=list)
    version: Version | None = None

    async def recall(self, key: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        """What this very viewer gets, read before as long as nothing has changed since; else read now."""
        return await self.house.database.pages.recall((self.viewer, key), self.version, read)

    @property
    def password_is_fresh(self) -> bool:
        """Whether the password was given in this session lately enough for a sensitive change."""
        given = self.signed_in.password_at if self.signed_in else None
        return given is not None and self.now - given <= PASSWORD_FRESH_FOR

    @property
    def member(self) -> SignedIn:
        """Who is signed in; only for routes that demand somebody."""
        if self.signed_in is None:
            raise Refusal(Failure.SIGN_IN, 401)
        return self.signed_in

    @property
    def member_id(self) -> int:
        """The member who is signed in; only for routes that demand one."""
        return self.member.member_id

    def as_visitor(self, path: str) -> "Visit":
        """The visit of somebody who is not signed in, at this path: what they get is not kept by anyone."""
        frame = Frame(is_development=self.house.settings.is_development)
        return Visit(self.house, self.now, frame=frame, path=path, cache=Cache.NEVER, cookies=self.cookies)

    @property
    def asking(self) -> Browser:
        """The browser that asks, for what is counted by browser and network."""
        return Browser(self.address, self.browser, self.browser_token)

    def give(self, cookies: Iterable[Cookie]) -> None:
        """Set these cookies with the answer, in place of earlier ones of the same names."""
        fresh = list(cookies)
        names = {given.key for given in fresh}
        self.cookies = [kept for kept in self.cookies if kept.key not in names] + fresh


def cookie(name: str, value: str, *, max_age: int | None = None) -> Cookie:
    """A cookie for this host alone, out of reach of scripts; without an age it ends with the browser."""
    return Cookie(key=name, value=value, path="/", secure=True, httponly=True, samesite="lax", max_age=max_age)


def cookies_for(tokens: Tokens) -> list[Cookie]:
    """The cookies of a browser that has just signed in."""
    cookies = [cookie(SESSION_COOKIE, tokens.session)]
    if tokens.remember:
        cookies.append(cookie(REMEMBER_COOKIE, tokens.remember, max_age=int(REMEMBER_FOR.total_seconds())))
    if tokens.browser:
        cookies.append(cookie(BROWSER_COOKIE, tokens.browser, max_age=KEEP_BROWSER_FOR))
    return cookies


def cookies_for_leaving() -> list[Cookie]:
    """Take session and remembering back; the mark of a known browser stays, it names nobody."""
    return [cookie(SESSION_COOKIE, "", max_age=0), cookie(REMEMBER_COOKIE, "", max_age=0)]


async def admit(request: Request) -> Response | None:  # type: ignore[type-arg]
    """Decide whether the handler runs, and for whom. Returns an answer of its own to redirect."""
    house: House = request.app.state.house
    policy = policy_of(request.route_handler)
    if policy is None:
        return None
    visit = request.state.visit = _arrive(house, request, policy)
    if not house.settings.serves(request.headers.get("host", "")):
        raise Refusal(Failure.BAD_REQUEST, 400)
    if request.method not in SAFE_METHODS and not policy.one_click:
        _demand_same_origin(request)
    query = request.scope["query_string"]
    if not query.isascii() or b"%00" in query:
        raise Refusal(Failure.BAD_REQUEST, 400)  # the framework fails on the one, PostgreSQL on the other
    _demand_possible_ids(request)
    if policy.cache is not Cache.IMMUTABLE:
        await _recognise(house, request, visit, is_use=not policy.unattended)
    return _demand_caller(request, visit, policy)


def _arrive(house: House, request: Request, policy: Policy) -> Visit:  # type: ignore[type-arg]
    is_partial = request.headers.get("hx-request-type") == "partial"
    return Visit(
        house=house,
        now=house.clock(),
        frame=Frame(is_development=house.settings.is_development),
        path=request.scope["path"],
        cache=policy.cache,
        fragment=request.headers.get("hx-target", "").rpartition("#")[2] if is_partial else None,
        address=_address_of(request, house.settings.trusted_proxies),
        browser=describe_browser(request.headers.get("user-agent", "")),
        browser_token=request.cookies.get(BROWSER_COOKIE),
    )


def _address_of(request: Request, trusted_proxies: int) -> str:  # type: ignore[type-arg]
    """The caller's network address; behind proxies of ours, the one that the outermost of them saw."""
    peer = request.client.host if request.client else ""
    forwarded = [part.strip() for part in request.headers.get("x-forwarded-for", "").split(",") if part.strip()]
    if trusted_proxies and len(forwarded) >= trusted_proxies:
        return forwarded[-trusted_proxies]
    return peer


def _demand_same_origin(request: Request) -> None:  # type: ignore[type-arg]
    """A form must come from one of our own pages: browsers say where from, in headers that no page can forge."""
    origin = request.headers.get("origin")
    fetch_site = request.headers.get("sec-fetch-site")
    if fetch_site is not None and fetch_site not in {"same-origin", "none"}:
        raise Refusal(Failure.CROSS_SITE, 403)
    if origin is None and fetch_site is None:
        raise Refusal(Failure.CROSS_SITE, 403)
    if origin is not None and origin.partition("://")[2] != request.headers.get("host"):
        raise Refusal(Failure.CROSS_SITE, 403)


def _demand_possible_ids(request: Request) -> None:  # type: ignore[type-arg]
    """No row has such an id, and the drivers cannot even ask for it. Each id has one spelling: `007` is no address."""
    words = request.scope["path"].split("/")
    for value in request.path_params.values():
        if isinstance(value, int) and (not 0 <= value <= HIGHEST_ID or str(value) not in words):
            raise Refusal(Failure.MISSING, 404)
        if isinstance(value, str) and "\0" in value:
            raise Refusal(Failure.MISSING, 404)


async def _recognise(
    house: House,
    request: Request,  # type: ignore[type-arg]
    visit: Visit,
    *,
    is_use: bool,
) -> None:
    database, token = house.database, request.cookies.get(SESSION_COOKIE)
    remember = request.cookies.get(REMEMBER_COOKIE)
    if not token and not remember:
        return
    version = await database.version()
    found = await recognise(database, token, version, visit.now) if token else None
    if found is None and remember:
        tokens = await resume_remembered(database, remember, visit.browser, visit.now)
        visit.give(cookies_for(tokens) if tokens else [cookie(REMEMBER_COOKIE, "", max_age=0)])
        token, version = tokens.session if tokens else None, await database.version()
        found = await recognise(database, token, version, visit.now) if token else None
    if found is None or token is None:
        return
    if is_use and visit.now - found.signed_in.seen_at > SEEN_EVERY:
        await note_use(database, token, found, visit.now)
    visit.version = version
    is_page = request.method in SAFE_METHODS
    unseen = find_unseen(database, found.viewer, version, visit.now) if is_page else None
    _seat(visit, found, await unseen if unseen else last_unseen(database, found.viewer))


def _seat(visit: Visit, found: Recognised, unseen: int) -> None:
    visit.signed_in, visit.viewer = found.signed_in, found.viewer
    visit.frame = Frame(
        me=found.me,
        sigs=found.rail,
        is_confirmed=found.signed_in.is_confirmed,
        is_check_up_due=is_check_up_due(found.signed_in.checked_up_at, visit.now),
        unseen=unseen,
        is_staff=may_see(frozenset({STAFF}), visit.viewer.ring),
        is_development=visit.frame.is_development,
    )


def _demand_caller(request: Request, visit: Visit, policy: Policy) -> Response | None:  # type: ignore[type-arg]
    match policy.caller:
        case Caller.VISITOR if visit.signed_in:
            return redirect("/", visit)
        case Caller.SIGNED_IN | Caller.MEMBER if visit.signed_in is None:
            if request.method in SAFE_METHODS:
                return redirect(f"/sign-in?next={quote(visit.path, safe='/')}", visit)
            raise Refusal(Failure.SIGN_IN, 401)
        case Caller.MEMBER if not visit.viewer.is_member:
            raise Refusal(Failure.NOT_CONFIRMED, 403)
        case Caller.DEVELOPER if not visit.house.settings.is_development:
            raise Refusal(Failure.MISSING, 404)
    return None


_IN_ADDRESSES = "/?#&=%:@!$'()*+,;~"
"""What stays as it is in a redirect; any other letter would not fit into a header."""


def redirect(path: str, visit: Visit | None = None) -> Response[bytes]:
    """See another page, by GET, with the visit's cookies."""
    cookies = visit.cookies if visit else []
    return Response(
        b"",
        status_code=303,
        media_type=MediaType.TEXT,
        headers={"location": quote(path, safe=_IN_ADDRESSES), "cache-control": Cache.NEVER},
        cookies=cookies,
    )


def is_local_path(path: str) -> bool:
    """Whether a path given by the browser leads to a page of ours, and nowhere else."""
    if len(path) > LONGEST_PATH or not path.startswith("/") or path.startswith(("//", "/\\")):
        return False
    return all(letter.isprintable() and letter != "\\" for letter in path)
