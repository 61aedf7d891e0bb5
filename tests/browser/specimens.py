"""Specimens: for every page route of the table, which addresses are looked at. A page without one fails a test, and so
does one whose route has gone.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.browser.site import Site
from web.policy import Caller, policy_of
from web.routes import all_routes

Addresses = Callable[[Site], tuple[str, ...]]

NO_PAGES = frozenset(
    {
        "/-/health",
        "/static/{name:str}",
        "/photos/{name:str}/{size:int}",
        "/start/files/{keepsake_id:int}",
        "/start/files/{keepsake_id:int}/preview",
        "/start/bookmarks.html",
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

VIEWERS = ("visitor", "walter", "amara")
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
    "/sigs/{slug:str}/people": _plain("/sigs/turnaround/people"),
    "/sigs/{slug:str}/settings": _plain("/sigs/turnaround/settings"),
    "/sigs/{slug:str}/invite": _plain("/sigs/turnaround/invite"),
    "/sigs/{slug:str}/ask": _plain("/sigs/boardroom/ask"),
    "/invitations": _plain("/invitations"),
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
    "/people/{address:str}/scraps": _plain("/people/amara-page/scraps", "/people/joost-page/scraps?reply_to=1#write"),
    "/scraps": _plain("/scraps"),
    "/scraps/{scrap_id:int}": _plain("/scraps/1"),
    "/start": _plain("/start"),
    "/start/shelf": _plain("/start/shelf"),
    "/start/folders/{keepsake_id:int}": lambda site: (f"/start/folders/{site.keepsakes['folder']}",),
    "/start/notes/{keepsake_id:int}": lambda site: (f"/start/notes/{site.keepsakes['note']}",),
    "/start/things/{keepsake_id:int}": lambda site: tuple(f"/start/things/{one}" for one in site.keepsakes.values()),
    "/start/new/{kind:str}": _plain("/start/new/link", "/start/new/note", "/start/new/folder"),
    "/start/upload": _plain("/start/upload"),
    "/start/deleted": _plain("/start/deleted"),
    "/start/bookmarks": _plain("/start/bookmarks?added=3&left_out=1"),
    "/start/search": _plain("/start/search", "/start/search?q=a", "/start/search?q=nothing+of+mine"),
    "/connections": _plain("/connections"),
    "/people/{address:str}/connect": lambda site: (f"/people/{site.person('joost').public_id}/connect",),
    "/people/{address:str}/block": lambda site: (f"/people/{site.person('joost').public_id}/block",),
    "/settings/blocks": _plain("/settings/blocks"),
    "/settings/channels": _plain("/settings/channels?saved=yes"),
    "/settings/search": _plain("/settings/search?saved=yes"),
    "/about/blocks": _plain("/about/blocks"),
    "/notices": _plain("/notices"),
    "/notices/unseen": _plain("/notices/unseen"),
    "/notices/{notice_id:int}": _plain("/notices/987654321"),
    "/settings/notices": _plain("/settings/notices?saved=yes"),
    "/unsubscribe/{token:str}": _plain("/unsubscribe/no-such-token"),
    "/register": _plain("/register"),
    "/register/check-mail": _plain("/register/check-mail"),
    "/confirm/{token:str}": _plain("/confirm/no-such-token"),
    "/sign-in": _plain("/sign-in?next=/settings"),
    "/forgot": _plain("/forgot"),
    "/forgot/check-mail": _plain("/forgot/check-mail"),
    "/reset/{token:str}": _plain("/reset/no-such-token"),
    "/settings": _plain("/settings?saved=password"),
    "/settings/acts": _plain("/settings/acts"),
    "/queue": _plain("/queue"),
    "/sigs/{slug:str}/queue": _plain("/sigs/turnaround/queue?status=closed"),
    "/sigs/{slug:str}/log": _plain("/sigs/turnaround/log"),
    "/cases/{case_id:int}": lambda site: (f"/cases/{site.order['case']}",),
    "/acts/{act_id:int}": lambda site: (f"/acts/{site.order['act']}",),
    "/posts/{post_id:int}/moderate": lambda site: (f"/posts/{site.extreme.post_id}/moderate",),
    "/report/post/{post_id:int}": lambda site: (f"/report/post/{site.extreme.post_id}",),
    "/report/scrap/{scrap_id:int}": _plain("/report/scrap/1"),
    "/report/person/{address:str}": lambda site: (f"/report/person/{site.person('walter').public_id}",),
    "/report/entry/{address:str}/{slot:str}": lambda site: (
        f"/report/entry/{site.person('walter').public_id}/headline",
    ),
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
    "/about/roles": _plain("/about/roles"),
    "/search": _plain("/search", "/search?q=works+council", "/search?q=nothing-of-the-kind&kind=people"),
    "/completions/{kind:str}": _plain("/completions/people?q=jo"),
    "/suggestions/{vocabulary:str}": _plain("/suggestions/occupations", "/suggestions/countries"),
    "/-/mailbox": _plain("/-/mailbox"),
    "/-/patterns": _plain("/-/patterns"),
}


def looks(viewers: tuple[str, ...] = VIEWERS) -> list[Any]:
    """Each route with each viewer who gets its page: who is sent on to sign in, or is signed in already, sees another
    page, which has its own turn. In every run one viewer looks, the last of these; in the thorough run all do."""
    callers: dict[str, Caller] = {}
    for handler in all_routes():
        policy = policy_of(handler)
        if policy is not None and "GET" in handler.http_methods:
            callers |= dict.fromkeys(handler.paths, policy.caller)
    seers = {route: [viewer for viewer in viewers if _gets(viewer, callers[route])] for route in SPECIMENS}
    return [
        pytest.param(route, viewer, marks=() if viewer == found[-1] else pytest.mark.thorough)
        for route, found in seers.items()
        for viewer in found
    ]


def _gets(viewer: str, caller: Caller) -> bool:
    if viewer == "visitor":
        return caller not in {Caller.SIGNED_IN, Caller.MEMBER}
    return caller is not Caller.VISITOR
