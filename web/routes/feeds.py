"""Feeds (Atom): for whoever may read the page, by private address for feed readers, and the page that makes those."""

from dataclasses import replace

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath

from domain.feeds import FeedAddress, FeedPage, FeedsPage
from domain.pages import Failure
from domain.publicity import sig_path
from domain.refusals import Reason, Refused
from domain.visibility import Viewer
from storage.feed_tokens import find_feed_viewer, list_feed_tokens, make_feed_token, revoke_feed_token
from storage.feeds import find_person_feed, find_sig_feed, find_thread_feed
from web.answers import UNPROCESSABLE, refuse, show, show_document
from web.forms import Form
from web.policy import Cache, Caller, form, page
from web.publicity import site_of
from web.visits import Refusal, Visit, redirect

ATOM = "application/atom+xml"


@page("/sigs/{slug:str}/feed")
async def show_sig_feed(visit: NamedDependency[Visit], slug: FromPath[str]) -> Response[str]:
    """The threads of a SIG with the newest talk."""
    return show_document(visit, await find_sig_feed(visit.house.database, visit.viewer, slug), ATOM)


@page("/threads/{thread_id:int}/feed")
async def show_thread_feed(visit: NamedDependency[Visit], thread_id: FromPath[int]) -> Response[str]:
    """The newest posts of a thread."""
    return show_document(visit, await find_thread_feed(visit.house.database, visit.viewer, thread_id), ATOM)


@page("/people/{address:str}/feed")
async def show_person_feed(visit: NamedDependency[Visit], address: FromPath[str]) -> Response[str]:
    """What a person wrote, where their page shows that."""
    feed = await find_person_feed(visit.house.database, visit.viewer, address)
    if isinstance(feed, Refused):
        raise refuse(feed)
    return show_document(visit, feed, ATOM)


async def _reader(visit: Visit, token: str) -> Viewer:
    """With whose eyes a private address reads. Raises Refusal when it is none."""
    viewer = await find_feed_viewer(visit.house.database, token)
    if viewer is None:
        raise Refusal(Failure.MISSING, 404)
    return viewer


@page("/feeds/{token:str}/sigs/{slug:str}", cache=Cache.NEVER)
async def show_private_sig_feed(
    visit: NamedDependency[Visit], token: FromPath[str], slug: FromPath[str]
) -> Response[str]:
    """The same for a feed reader, by private address."""
    feed = await find_sig_feed(visit.house.database, await _reader(visit, token), slug)
    return show_document(visit, _unaddressed(feed), ATOM, is_secret=True)


@page("/feeds/{token:str}/threads/{thread_id:int}", cache=Cache.NEVER)
async def show_private_thread_feed(
    visit: NamedDependency[Visit], token: FromPath[str], thread_id: FromPath[int]
) -> Response[str]:
    """The same for a feed reader, by private address."""
    feed = await find_thread_feed(visit.house.database, await _reader(visit, token), thread_id)
    return show_document(visit, _unaddressed(feed), ATOM, is_secret=True)


def _unaddressed(feed: FeedPage | None) -> FeedPage | None:
    """The feed without an address of its own: the one it came from is a secret, and others need signing in."""
    return feed and replace(feed, self_path=None)


@page("/settings/feeds", caller=Caller.SIGNED_IN, cache=Cache.NEVER)
async def show_feeds(visit: NamedDependency[Visit]) -> Response[str]:
    """One's private feed addresses."""
    return show(visit, FeedsPage(tokens=await list_feed_tokens(visit.house.database, visit.member_id)))


@form("/settings/feeds", caller=Caller.MEMBER, fresh_password=True)
async def send_make_token(visit: NamedDependency[Visit], form: NamedDependency[Form]) -> Response[str]:
    """Make a private address, and show it this once."""
    label = form.line("label")
    made = await make_feed_token(visit.house.database, visit.member_id, label, visit.now)
    tokens = await list_feed_tokens(visit.house.database, visit.member_id)
    if isinstance(made, Refused):
        problem, refused = (made.problems or {}).get("label"), made.reason
        again = FeedsPage(tokens=tokens, label=label, problem=problem, refused=_unless_named(refused))
        return show(visit, again, status=UNPROCESSABLE)
    home = f"{site_of(visit)}/feeds/{made}"
    fresh = tuple(FeedAddress(name=sig.name, url=f"{home}{sig_path(sig.slug)}") for sig in visit.frame.sigs)
    return show(visit, FeedsPage(tokens=tokens, fresh=fresh, thread_url=f"{home}/threads/"))


def _unless_named(reason: Reason) -> Reason | None:
    """The reason, where it does not stand beside a field."""
    return None if reason is Reason.INVALID else reason


@form("/settings/feeds/{feed_token_id:int}/revoke", caller=Caller.SIGNED_IN)
async def send_revoke_token(visit: NamedDependency[Visit], feed_token_id: FromPath[int]) -> Response[bytes]:
    """End a private address."""
    if refused := await revoke_feed_token(visit.house.database, visit.member_id, feed_token_id):
        raise refuse(refused)
    return redirect("/settings/feeds", visit)


ROUTES = [
    show_sig_feed,
    show_thread_feed,
    show_person_feed,
    show_private_sig_feed,
    show_private_thread_feed,
    show_feeds,
    send_make_token,
    send_revoke_token,
]
