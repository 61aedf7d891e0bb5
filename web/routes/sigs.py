"""A SIG's page, joining and leaving."""

from dataclasses import replace
from urllib.parse import quote

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from domain.pages import Failure
from storage.forum.lists import Cursor
from storage.sigs import find_sig_page, join_sig, leave_sig
from web.answers import refuse, show
from web.policy import Caller, form, page
from web.visits import Refusal, Visit, redirect


@page("/sigs/{slug:str}")
async def show_sig(
    visit: NamedDependency[Visit],
    slug: FromPath[str],
    tag: FromQuery[str | None] = None,
    before: FromQuery[str | None] = None,
    after: FromQuery[str | None] = None,
) -> Response[str]:
    """A SIG and one page of its threads."""
    places = {"before": _cursor(before), "after": _cursor(after)}
    found = await find_sig_page(visit.house.database, visit.viewer, slug, tag=tag, **places)
    return show(visit, found and replace(found, place=_place(**places)))


def _place(before: Cursor | None, after: Cursor | None) -> str:
    """The query that leads to the same page, in its one spelling."""
    if after:
        return f"after={after}"
    return f"before={before}" if before else ""


def _cursor(text: str | None) -> Cursor | None:
    try:
        return Cursor.parse(text) if text else None
    except ValueError as error:
        raise Refusal(Failure.BAD_REQUEST, 400) from error


@form("/sigs/{slug:str}/join", caller=Caller.MEMBER)
async def join(visit: NamedDependency[Visit], slug: FromPath[str]) -> Response[bytes]:
    """Join an open SIG."""
    if refused := await join_sig(visit.house.database, visit.viewer, slug, visit.now):
        raise refuse(refused)
    return redirect(f"/sigs/{quote(slug)}", visit)


@form("/sigs/{slug:str}/leave", caller=Caller.MEMBER)
async def leave(visit: NamedDependency[Visit], slug: FromPath[str]) -> Response[bytes]:
    """Leave a SIG."""
    if refused := await leave_sig(visit.house.database, visit.viewer, slug, visit.now):
        raise refuse(refused)
    return redirect(f"/sigs/{quote(slug)}", visit)


ROUTES = [show_sig, join, leave]
