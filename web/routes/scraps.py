"""Scraps: boards, the list of one's own, and what owner and writer do with one."""

from secrets import token_urlsafe
from typing import Annotated

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from domain.refusals import Reason, Refused
from domain.scraps import BoardPage, ScrapForm
from domain.views import SafeHtml
from storage.forum.commands import render_body
from storage.scraps.acts import delete_scrap, hide_scrap, release_scrap, take_back_scrap
from storage.scraps.commands import ScrapDraft, write_scrap
from storage.scraps.pages import BoardPlace, find_board_page, find_my_scraps, find_scrap_path
from web.answers import TOO_MANY, UNPROCESSABLE, refuse, show
from web.forms import Form
from web.policy import Caller, form, page
from web.visits import Visit, redirect

ScrapId = Annotated[int | None, QueryParameter(ge=0, le=2**63 - 1)]


@page("/people/{address:str}/scraps", caller=Caller.SIGNED_IN)
async def show_board(
    visit: NamedDependency[Visit],
    address: FromPath[str],
    before: ScrapId = None,
    after: ScrapId = None,
    reply_to: ScrapId = None,
) -> Response[str]:
    """The scraps on the page of a person."""
    typed = ScrapForm(submission=token_urlsafe(16), reply_to_id=reply_to)
    return show(visit, await _board(visit, address, typed, BoardPlace(before, after)))


async def _board(visit: Visit, address: str, typed: ScrapForm, place: BoardPlace | None = None) -> BoardPage | None:
    return await find_board_page(visit.house.database, visit.viewer, address, place or BoardPlace(), typed)


@form("/people/{address:str}/scraps", caller=Caller.MEMBER)
async def leave_scrap(
    visit: NamedDependency[Visit], address: FromPath[str], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Preview or leave a scrap, or a reply to one; a refused one comes back with what was typed."""
    draft = _draft(form)
    if form.text("action") == "preview":
        return await _typed_again(visit, address, draft, await render_body(draft.body))
    written = await write_scrap(visit.house.database, visit.viewer, address, draft, visit.now)
    if isinstance(written, Refused):
        return await _typed_again(visit, address, draft, written)
    return await _shown(visit, written)


def _draft(form: Form) -> ScrapDraft:
    return ScrapDraft(
        body=form.text("body").replace("\r\n", "\n"),
        submission=form.text("submission")[:64],
        is_private=form.checked("private"),
        reply_to_id=form.number("reply_to"),
    )


async def _typed_again(visit: Visit, address: str, draft: ScrapDraft, outcome: SafeHtml | Refused) -> Response[str]:
    """The board with what was typed, its preview or what is wrong with it."""
    refused = outcome if isinstance(outcome, Refused) else None
    if refused and refused.reason is Reason.MISSING:
        raise refuse(refused)
    typed = ScrapForm(
        submission=draft.submission or token_urlsafe(16),
        body=draft.body,
        is_private=draft.is_private,
        reply_to_id=draft.reply_to_id,
        preview=None if isinstance(outcome, Refused) else outcome,
        problem=(refused.problems or {}).get("body") if refused else None,
        refused=refused.reason if refused and not refused.problems else None,
    )
    is_too_much = refused is not None and refused.reason is Reason.TOO_MANY
    status = 200 if refused is None else TOO_MANY if is_too_much else UNPROCESSABLE
    again = await _board(visit, address, typed)
    return show(visit, again, status=status, retry_after=refused.retry_after if refused else None)


@page("/scraps", caller=Caller.SIGNED_IN)
async def show_mine(visit: NamedDependency[Visit], before: ScrapId = None) -> Response[str]:
    """What waits for me, and what I left on other pages."""
    return show(visit, await find_my_scraps(visit.house.database, visit.viewer, before))


@page("/scraps/{scrap_id:int}", caller=Caller.SIGNED_IN)
async def show_scrap(visit: NamedDependency[Visit], scrap_id: FromPath[int]) -> Response[bytes]:
    """The stable address of a scrap: its place today."""
    return await _shown(visit, scrap_id)


async def _shown(visit: Visit, scrap_id: int) -> Response[bytes]:
    path = await find_scrap_path(visit.house.database, visit.viewer, scrap_id)
    if isinstance(path, Refused):
        raise refuse(path)
    return redirect(path, visit)


@form("/scraps/{scrap_id:int}/release", caller=Caller.SIGNED_IN)
async def release(
    visit: NamedDependency[Visit], scrap_id: FromPath[int], form: NamedDependency[Form]
) -> Response[bytes]:
    """Let a scrap stand that waited or was hidden."""
    done = await release_scrap(visit.house.database, visit.viewer, scrap_id, visit.now)
    return await _done(visit, form, done)


@form("/scraps/{scrap_id:int}/hide", caller=Caller.SIGNED_IN)
async def hide(visit: NamedDependency[Visit], scrap_id: FromPath[int], form: NamedDependency[Form]) -> Response[bytes]:
    """Hide a scrap on one's board."""
    return await _done(visit, form, await hide_scrap(visit.house.database, visit.viewer, scrap_id))


@form("/scraps/{scrap_id:int}/delete", caller=Caller.SIGNED_IN)
async def delete(
    visit: NamedDependency[Visit], scrap_id: FromPath[int], form: NamedDependency[Form]
) -> Response[bytes]:
    """Delete a scrap on one's board, or dismiss one of Stoa's."""
    done = await delete_scrap(visit.house.database, visit.viewer, scrap_id, visit.now)
    if isinstance(done, Refused):
        raise refuse(done)
    me = visit.frame.me
    return redirect(f"/people/{me.address}/scraps" if me and not form.checked("mine") else "/scraps", visit)


@form("/scraps/{scrap_id:int}/take-back", caller=Caller.SIGNED_IN)
async def take_back(visit: NamedDependency[Visit], scrap_id: FromPath[int]) -> Response[bytes]:
    """Take back what one wrote; what is left of mine elsewhere comes next."""
    done = await take_back_scrap(visit.house.database, visit.viewer, scrap_id, visit.now)
    if isinstance(done, Refused):
        raise refuse(done)
    return redirect("/scraps", visit)


async def _done(visit: Visit, form: Form, outcome: int | Refused) -> Response[bytes]:
    """Back to the list of one's own, or to the scrap where it stands."""
    if isinstance(outcome, Refused):
        raise refuse(outcome)
    return redirect("/scraps", visit) if form.checked("mine") else await _shown(visit, outcome)


ROUTES = [show_board, leave_scrap, show_mine, show_scrap, release, hide, delete, take_back]
