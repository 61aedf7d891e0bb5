"""Specimens: for every route of the table, what to ask of it. A route without one, or one without a route, fails.

Each names things that stand open, that are hidden from some, that were deleted, and that never were. `full` asks are
put in every form; the others, which differ only in whose thing they name, plainly.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from litestar import Litestar

from domain.reference import Vocabulary
from tests.cast import PASSWORD
from tests.leaks.asks import UNKNOWN, Ask, Route, Specimens
from tests.leaks.oracle import BEARERS
from tests.leaks.own_pages import OWN_PAGES
from tests.leaks.planted import Planted
from tests.leaks.specimens_moderation import SPECIMENS as MODERATION
from tests.leaks.specimens_network import SPECIMENS as NETWORK
from tests.leaks.specimens_notices import SPECIMENS as NOTICES
from tests.leaks.specimens_scraps import SPECIMENS as SCRAPS
from tests.leaks.specimens_search import SPECIMENS as SEARCH
from tests.leaks.specimens_sigs import SPECIMENS as SIGS
from tests.leaks.specimens_start_page import SPECIMENS as START_PAGE
from web.policy import policy_of


def route_table(app: Litestar) -> dict[Route, Any]:
    """Every route of the app by method and path template, GET for the pages, with its handler."""
    found = {}
    for route in app.routes:
        for handler in getattr(route, "route_handlers", []):
            if policy_of(handler) is not None:
                method = "GET" if "GET" in handler.http_methods else "POST"
                found[method, str(route.path)] = handler
    return found


def _home(_: Planted) -> Iterator[Ask]:
    yield Ask("/", full=True)


def _communities(planted: Planted) -> Iterator[Ask]:
    for slug in ("strategy", planted.hidden_community, "no-such-community"):
        yield Ask(f"/communities/{slug}", full=True)


def _nothing(planted: Planted) -> Iterator[Ask]:
    yield Ask("/no/such/page", full=True)
    yield Ask(f"/threads/{planted.threads['boardroom']}.json")


def _plain(path: str) -> Specimens:
    def specimens(_: Planted) -> Iterator[Ask]:
        yield Ask(path, full=path.count("/") == 1)

    return specimens


def _slugs(planted: Planted) -> tuple[str, ...]:
    return "turnaround", "boardroom", "guild", planted.vault, *planted.doors.values(), "no-such-sig"


def _sigs(planted: Planted) -> Iterator[Ask]:
    for slug in _slugs(planted):
        yield Ask(f"/sigs/{slug}", full=slug != "turnaround")
        for query in ("tag=law", "before=9000000000000000-1", "after=0-0", "sort=title"):
            yield Ask(f"/sigs/{slug}?{query}")


def _sig_act(act: str) -> Specimens:
    def specimens(planted: Planted) -> Iterator[Ask]:
        for slug in _slugs(planted):
            yield Ask(f"/sigs/{slug}/{act}", {"action": act})

    return specimens


def _threads(planted: Planted) -> Iterator[Ask]:
    asked = [planted.world.public_thread.thread_id, planted.world.closed_thread.thread_id, *planted.threads.values()]
    for thread_id in (*asked, UNKNOWN):
        yield Ask(f"/threads/{thread_id}", full=thread_id in (planted.threads["boardroom"], planted.threads["vault"]))
    for sig in ("turnaround", "boardroom"):
        for page in (2, 3, 4):
            yield Ask(f"/threads/{planted.threads[sig]}?page={page}")
        for post in ("kept", "deleted"):
            yield Ask(f"/threads/{planted.threads[sig]}?reply_to={planted.posts[f'{sig} {post}']}")
            yield Ask(f"/threads/{planted.world.public_thread.thread_id}?reply_to={planted.posts[f'{sig} {post}']}")


def _posts(planted: Planted) -> list[int]:
    some = [post for name, post in planted.posts.items() if not name.endswith("-owner")]
    return [planted.world.closed_thread.post_id, *some, UNKNOWN]


def _post_page(path: str) -> Specimens:
    def specimens(planted: Planted) -> Iterator[Ask]:
        for number, post_id in enumerate(_posts(planted)):
            yield Ask(path.format(post_id), full=number < 2)

    return specimens


def _new_thread(planted: Planted) -> Iterator[Ask]:
    for slug in _slugs(planted):
        yield Ask(f"/sigs/{slug}/threads/new", full=slug == "boardroom")


def _publish(planted: Planted) -> Iterator[Ask]:
    whole = {"title": "A new matter", "body": "Text.", "tags": "law", "submission": "crawl"}
    for slug in _slugs(planted):
        for form in (whole, {**whole, "title": ""}, {**whole, "action": "preview"}):
            yield Ask(f"/sigs/{slug}/threads/new", form)


def _reply(planted: Planted) -> Iterator[Ask]:
    for name, thread_id in (*planted.threads.items(), ("", UNKNOWN)):
        target = str(planted.posts.get(f"{name} deleted", UNKNOWN))
        for form in ({"body": "Text."}, {"body": ""}, {"body": "Text.", "action": "preview", "reply_to": target}):
            yield Ask(f"/threads/{thread_id}/replies", form)


def _save_post(planted: Planted) -> Iterator[Ask]:
    whole = {"body": "Text.", "title": "Another title", "version": "1"}
    for post_id in _posts(planted):
        for form in (whole, {**whole, "version": "99"}, {"action": "preview"}):
            yield Ask(f"/posts/{post_id}/edit", form)


def _post_act(act: str) -> Specimens:
    def specimens(planted: Planted) -> Iterator[Ask]:
        for post_id in _posts(planted):
            yield Ask(f"/posts/{post_id}/{act}", {})

    return specimens


_OTHERS = ("amara", "connie", "lise", "lin", "nina", "sven", "olga")


def _people(planted: Planted) -> Iterator[Ask]:
    for number, owner in enumerate(planted.owners):
        yield Ask(f"/people/{planted.world[owner].public_id}", full=number == 0)
    for part in _OTHERS:
        yield Ask(f"/people/{planted.world[part].public_id}")
    yield Ask("/people/no-such-page", full=True)


def _sig_feeds(planted: Planted) -> Iterator[Ask]:
    for slug in _slugs(planted):
        yield Ask(f"/sigs/{slug}/feed", full=slug == "boardroom")


def _thread_feeds(planted: Planted) -> Iterator[Ask]:
    asked = [planted.world.public_thread.thread_id, planted.world.closed_thread.thread_id, *planted.threads.values()]
    for thread_id in (*asked, UNKNOWN):
        yield Ask(f"/threads/{thread_id}/feed", full=thread_id == planted.threads["boardroom"])


def _person_feeds(planted: Planted) -> Iterator[Ask]:
    for number, part in enumerate((*planted.owners, *_OTHERS)):
        yield Ask(f"/people/{planted.world[part].public_id}/feed", full=number == 0)
    yield Ask("/people/no-such-page/feed")


def _private_feeds(planted: Planted) -> Iterator[Ask]:
    """With the tokens of those who bear them, each for its bearer alone, and with tokens that nobody was given."""
    for token, viewers in _tokens(planted):
        for slug in _slugs(planted):
            yield Ask(f"/feeds/{token}/sigs/{slug}", viewers=viewers)


def _private_thread_feeds(planted: Planted) -> Iterator[Ask]:
    for token, viewers in _tokens(planted):
        for thread_id in (*planted.threads.values(), UNKNOWN):
            yield Ask(f"/feeds/{token}/threads/{thread_id}", viewers=viewers)


def _tokens(planted: Planted) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "A" * 43, ()
    for bearer, token in planted.feed_tokens.items():
        yield token, (bearer,) if bearer in BEARERS else ()


def _sitemap_parts(_: Planted) -> Iterator[Ask]:
    for number, kind in enumerate(("pages", "sigs", "people", "threads")):
        yield Ask(f"/sitemaps/{kind}-1.xml", full=number == 2)
        yield Ask(f"/sitemaps/{kind}-2.xml")
    yield Ask("/sitemaps/threads-01.xml")


def _revoke_feed(_: Planted) -> Iterator[Ask]:
    for number in (1, 2, 3, UNKNOWN):
        yield Ask(f"/settings/feeds/{number}/revoke", {})


def _suggestions(_: Planted) -> Iterator[Ask]:
    for number, vocabulary in enumerate((*Vocabulary, "no-such-words")):
        yield Ask(f"/suggestions/{vocabulary}", full=number == 0)


def _form(path: str, *forms: Mapping[str, str]) -> Specimens:
    def specimens(_: Planted) -> Iterator[Ask]:
        for form in forms or ({},):
            yield Ask(path, form)

    return specimens


_REGISTRATION = {
    "name": "New Person",
    "gender": "other",
    "profession": "Broker",
    "email": "new@mail.test",
    "password": "a long enough phrase",
    "is_adult": "yes",
    "accepts_terms": "yes",
    "accepts_privacy": "yes",
}


def _register(planted: Planted) -> Iterator[Ask]:
    for email in ("new@mail.test", planted.world["olga"].email, planted.world["nina"].email, "no address"):
        yield Ask("/register", {**_REGISTRATION, "email": email})


def _sign_in(planted: Planted) -> Iterator[Ask]:
    for email in (planted.world["olga"].email, planted.world["nina"].email, "nobody@mail.test"):
        yield Ask("/sign-in", {"email": email, "password": "not the password", "next": "/settings"})
    yield Ask("/sign-in", {"email": planted.world["olga"].email, "password": PASSWORD, "remember": "yes"})


def _forgot(planted: Planted) -> Iterator[Ask]:
    for email in (planted.world["olga"].email, "nobody@mail.test", "no address"):
        yield Ask("/forgot", {"email": email})


def _token_pages(path: str, *forms: Mapping[str, str]) -> Specimens:
    """With tokens that nobody was given, and those of other purposes; a good one is the key that its bearer holds."""

    def specimens(planted: Planted) -> Iterator[Ask]:
        other = "confirm" if path == "/reset" else "reset"
        for token in ("A" * 43, planted.mail_tokens[other]):
            for form in forms or (None,):
                yield Ask(f"{path}/{token}", form)

    return specimens


def _end_session(planted: Planted) -> Iterator[Ask]:
    for reference in ("s1", "r1", "s5", "s999999", "x"):
        yield Ask(f"/settings/sessions/{reference}/end", {})


def _settings_email(planted: Planted) -> Iterator[Ask]:
    for email in ("new@mail.test", planted.world["olga"].email, "no address"):
        yield Ask("/settings/email", {"email": email})


_NEW_PASSWORDS = ({"password": "short"}, {"password": "a wholly new phrase", "current_password": "wrong"})

SPECIMENS: dict[Route, Specimens] = {
    ("GET", "/register"): _plain("/register"),
    ("POST", "/register"): _register,
    ("GET", "/register/check-mail"): _plain("/register/check-mail"),
    ("POST", "/register/resend"): _form("/register/resend"),
    ("GET", "/confirm/{token:str}"): _token_pages("/confirm"),
    ("POST", "/confirm/{token:str}"): _token_pages("/confirm", {}),
    ("GET", "/sign-in"): _plain("/sign-in"),
    ("POST", "/sign-in"): _sign_in,
    ("POST", "/sign-out"): _form("/sign-out"),
    ("GET", "/forgot"): _plain("/forgot"),
    ("POST", "/forgot"): _forgot,
    ("GET", "/forgot/check-mail"): _plain("/forgot/check-mail"),
    ("GET", "/reset/{token:str}"): _token_pages("/reset"),
    ("POST", "/reset/{token:str}"): _token_pages("/reset", {"password": "a wholly new phrase"}),
    ("POST", "/password-again"): _form("/password-again", {"current_password": "wrong", "next": "/settings"}),
    ("GET", "/settings"): _plain("/settings"),
    ("GET", "/settings/email"): _plain("/settings/email"),
    ("POST", "/settings/email"): _settings_email,
    ("GET", "/settings/email/check-mail"): _plain("/settings/email/check-mail"),
    ("GET", "/settings/password"): _plain("/settings/password"),
    ("POST", "/settings/password"): _form("/settings/password", *_NEW_PASSWORDS),
    ("GET", "/settings/sessions"): _plain("/settings/sessions"),
    ("POST", "/settings/sessions/{reference:str}/end"): _end_session,
    ("POST", "/settings/sessions/end-others"): _form("/settings/sessions/end-others"),
    ("GET", "/settings/feeds"): _plain("/settings/feeds"),
    ("POST", "/settings/feeds"): _form("/settings/feeds", {"label": "My reader"}, {"label": ""}),
    ("POST", "/settings/feeds/{feed_token_id:int}/revoke"): _revoke_feed,
    ("GET", "/sigs/{slug:str}/feed"): _sig_feeds,
    ("GET", "/threads/{thread_id:int}/feed"): _thread_feeds,
    ("GET", "/people/{address:str}/feed"): _person_feeds,
    ("GET", "/feeds/{token:str}/sigs/{slug:str}"): _private_feeds,
    ("GET", "/feeds/{token:str}/threads/{thread_id:int}"): _private_thread_feeds,
    ("GET", "/robots.txt"): _plain("/robots.txt"),
    ("GET", "/sitemap.xml"): _plain("/sitemap.xml"),
    ("GET", "/sitemaps/{name:str}"): _sitemap_parts,
    ("GET", "/.well-known/security.txt"): _plain("/.well-known/security.txt"),
    ("GET", "/.well-known/change-password"): _plain("/.well-known/change-password"),
    ("GET", "/about/terms"): _plain("/about/terms"),
    ("GET", "/about/privacy"): _plain("/about/privacy"),
    ("GET", "/about/markdown"): _plain("/about/markdown"),
    ("GET", "/about/defaults"): _plain("/about/defaults"),
    ("GET", "/-/mailbox"): _plain("/-/mailbox"),
    ("GET", "/-/patterns"): _plain("/-/patterns"),
    ("GET", "/suggestions/{vocabulary:str}"): _suggestions,
    ("GET", "/"): _home,
    ("GET", "/communities/{slug:str}"): _communities,
    ("GET", "/-/health"): _plain("/-/health"),
    ("GET", "/{rest:path}"): _nothing,
    ("GET", "/static/{name:str}"): _plain("/static/stoa.css"),
    ("GET", "/sigs/{slug:str}"): _sigs,
    ("POST", "/sigs/{slug:str}/join"): _sig_act("join"),
    ("POST", "/sigs/{slug:str}/leave"): _sig_act("leave"),
    ("GET", "/threads/{thread_id:int}"): _threads,
    ("GET", "/posts/{post_id:int}"): _post_page("/posts/{}"),
    ("GET", "/sigs/{slug:str}/threads/new"): _new_thread,
    ("POST", "/sigs/{slug:str}/threads/new"): _publish,
    ("POST", "/threads/{thread_id:int}/replies"): _reply,
    ("GET", "/posts/{post_id:int}/edit"): _post_page("/posts/{}/edit"),
    ("POST", "/posts/{post_id:int}/edit"): _save_post,
    ("POST", "/posts/{post_id:int}/delete"): _post_act("delete"),
    ("POST", "/posts/{post_id:int}/restore"): _post_act("restore"),
    ("POST", "/posts/{post_id:int}/accept"): _post_act("accept"),
    ("GET", "/people/{address:str}"): _people,
    **OWN_PAGES,
    **SCRAPS,
    **NETWORK,
    **MODERATION,
    **NOTICES,
    **SIGS,
    **START_PAGE,
    **SEARCH,
}
