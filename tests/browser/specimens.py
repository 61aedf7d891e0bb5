"""Specimens: for every page route of the table, which addresses are looked at. A page without one fails a test, and so
does one whose route has gone.
"""

from collections.abc import Callable, Mapping

from tests.browser.site import Site
from web.policy import Caller, policy_of
from web.routes import all_routes

Addresses = Callable[[Site], tuple[str, ...]]

NO_PAGES = frozenset(
    {
        "/-/health",
        "/static/{name:str}",
        "/photos/{name:str}/{size:int}",
        "/profile/exposure.csv",
        "/robots.txt",
        "/sitemap.xml",
        "/sitemaps/{name:str}",
        "/sigs/{slug:str}/feed",
        "/threads/{thread_id:int}/feed",
        "/people/{address:str}/feed",
        "/feeds/{token:str}/sigs/{slug:str}",
        "/feeds/{token:str}/threads/{thread_id:int}",
        "/.well-known/security.txt",
    }
)
"""Routes that answer a GET with something else than a page."""

VIEWERS = ("visitor", "amara", "walter")
"""Who looks: nobody known, the owner of both SIGs, and the member whose every word is too long."""


def page_routes() -> frozenset[str]:
    """Every route of the product that shows a page, by its path template."""
    found = set()
    for handler in all_routes():
        if policy_of(handler) is not None and "GET" in handler.http_methods:
            found |= set(handler.paths)
    return frozenset(found) - NO_PAGES


def _plain(*paths: str) -> Addresses:
    return lambda _: paths


def _threads(site: Site) -> tuple[str, ...]:
    talk, extreme = site.talk, site.extreme
    return (
        f"/threads/{talk.thread_id}",
        f"/threads/{extreme.thread_id}?reply_to={extreme.post_id + 1}#reply",
        f"/threads/{site.world.closed_thread.thread_id}",
    )


def _edits(site: Site) -> tuple[str, ...]:
    return f"/posts/{site.talk.post_id}/edit", f"/posts/{site.extreme.post_id}/edit"


def _people(site: Site) -> tuple[str, ...]:
    return tuple(f"/people/{site.person(part).public_id}" for part in ("amara", "walter", "lin"))


def _records(_: Site) -> tuple[str, ...]:
    return tuple(f"/profile/{kind}/1" for kind in ("experience", "education", "link"))


def _view_as(site: Site) -> tuple[str, ...]:
    named = f"looker=person&person={site.person('joost').public_id}"
    return tuple(f"/profile/view-as?{query}" for query in ("looker=member", named, "looker=mail"))


SPECIMENS: Mapping[str, Addresses] = {
    "/": _plain("/"),
    "/communities/{slug:str}": _plain("/communities/strategy"),
    "/{rest:path}": _plain("/no/such/page"),
    "/sigs/{slug:str}": _plain("/sigs/turnaround", "/sigs/turnaround?tag=law", "/sigs/boardroom"),
    "/threads/{thread_id:int}": _threads,
    "/posts/{post_id:int}": lambda site: (f"/posts/{site.world.public_thread.post_id + 1}",),
    "/sigs/{slug:str}/threads/new": _plain("/sigs/turnaround/threads/new"),
    "/posts/{post_id:int}/edit": _edits,
    "/people/{address:str}": _people,
    "/profile/edit": _plain("/profile/edit"),
    "/profile/photo": _plain("/profile/photo"),
    "/profile/audience/{name:str}": _plain("/profile/audience/name", "/profile/audience/email"),
    "/profile/{kind:str}/new": _plain("/profile/experience/new", "/profile/link/new"),
    "/profile/{kind:str}/{position:int}": _records,
    "/profile/public": _plain("/profile/public"),
    "/profile/receipts/{receipt_id:int}": lambda site: (f"/profile/receipts/{site.receipt_id}",),
    "/profile/exposure": _plain("/profile/exposure"),
    "/profile/view-as": _view_as,
    "/profile/view-as/exactly": _plain("/profile/view-as/exactly"),
    "/profile/check-up/{step:int}": lambda _: tuple(f"/profile/check-up/{step}" for step in (1, 2, 3, 4)),
    "/lists": _plain("/lists"),
    "/lists/{list_id:int}": lambda site: (f"/lists/{site.list_id}",),
    "/people/{address:str}/lists": lambda site: (f"/people/{site.person('joost').public_id}/lists",),
    "/register": _plain("/register"),
    "/register/check-mail": _plain("/register/check-mail"),
    "/confirm/{token:str}": _plain("/confirm/no-such-token"),
    "/sign-in": _plain("/sign-in?next=/settings"),
    "/forgot": _plain("/forgot"),
    "/forgot/check-mail": _plain("/forgot/check-mail"),
    "/reset/{token:str}": _plain("/reset/no-such-token"),
    "/settings": _plain("/settings?saved=password"),
    "/settings/email": _plain("/settings/email"),
    "/settings/email/check-mail": _plain("/settings/email/check-mail"),
    "/settings/password": _plain("/settings/password"),
    "/settings/sessions": _plain("/settings/sessions?ended=1"),
    "/.well-known/change-password": _plain("/.well-known/change-password"),
    "/settings/feeds": _plain("/settings/feeds"),
    "/about/terms": _plain("/about/terms"),
    "/about/privacy": _plain("/about/privacy"),
    "/about/markdown": _plain("/about/markdown"),
    "/about/defaults": _plain("/about/defaults"),
    "/suggestions/{vocabulary:str}": _plain("/suggestions/occupations", "/suggestions/countries"),
    "/-/mailbox": _plain("/-/mailbox"),
    "/-/patterns": _plain("/-/patterns"),
}


def looks(viewers: tuple[str, ...] = VIEWERS) -> list[tuple[str, str]]:
    """Each route with each viewer who gets its page: who is sent on to sign in, or is signed in already, sees another
    page, which has its own turn."""
    callers: dict[str, Caller] = {}
    for handler in all_routes():
        policy = policy_of(handler)
        if policy is not None and "GET" in handler.http_methods:
            callers |= dict.fromkeys(handler.paths, policy.caller)
    return [(route, viewer) for route in SPECIMENS for viewer in viewers if _gets(viewer, callers[route])]


def _gets(viewer: str, caller: Caller) -> bool:
    if viewer == "visitor":
        return caller not in {Caller.SIGNED_IN, Caller.MEMBER}
    return caller is not Caller.VISITOR
