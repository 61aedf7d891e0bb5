"""Threads and posts: reading, composing, previewing, editing, deleting and undoing."""

from dataclasses import replace
from secrets import token_urlsafe
from typing import Annotated, Any

from litestar import Response
from litestar.background_tasks import BackgroundTask
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from domain.forum import ComposePage, EditPostPage, ReplyForm, ThreadKind, ThreadPage
from domain.pages import Failure
from domain.refusals import Reason, Refused
from domain.views import SafeHtml
from storage.forum.commands import Draft, Written, edit_post, render_body, start_thread, write_reply
from storage.forum.pages import (
    find_compose_page,
    find_edit_page,
    find_post_place,
    find_reply_target,
    find_thread_page,
)
from storage.forum.reading import note_read
from storage.forum.removal import accept_post, delete_post, restore_post
from web.answers import TOO_MANY, UNPROCESSABLE, refuse, show
from web.forms import Form
from web.policy import Caller, form, page
from web.templating import FRESH
from web.visits import Refusal, Visit, redirect

PageNumber = Annotated[int, QueryParameter(ge=1, le=10**9)]
PostId = Annotated[int | None, QueryParameter(ge=1, le=2**63 - 1)]


def _thread_path(written: Written, page_number: int) -> str:
    query = f"?page={page_number}" if page_number > 1 else ""
    return f"/threads/{written.thread_id}{query}#post-{written.post_id}"


async def _path_of_post(visit: Visit, post_id: int) -> str | None:
    place = await find_post_place(visit.house.database, visit.viewer, post_id)
    if place is None:
        return None
    thread_id, page_number = place
    return _thread_path(Written(post_id, thread_id), page_number)


async def _thread(visit: Visit, thread_id: int, page_number: int) -> ThreadPage | None:
    return await find_thread_page(visit.house.database, visit.viewer, thread_id, page_number)


async def _answering(visit: Visit, thread_id: int, reply: ReplyForm) -> ReplyForm:
    """The composer with the number of the post that it answers, if that may be answered."""
    if reply.reply_to_id is None:
        return reply
    target = await find_reply_target(visit.house.database, visit.viewer, thread_id, reply.reply_to_id)
    return replace(reply, reply_to_number=target, reply_to_id=reply.reply_to_id if target else None)


@page("/threads/{thread_id:int}")
async def show_thread(
    visit: NamedDependency[Visit], thread_id: FromPath[int], page: PageNumber = 1, reply_to: PostId = None
) -> Response[str]:
    """One page of a thread."""
    reply = await _answering(visit, thread_id, ReplyForm(submission=FRESH, reply_to_id=reply_to))
    found = await visit.recall(("thread", thread_id, page), lambda: _thread(visit, thread_id, page))
    answer = show(visit, found and replace(found, reply=reply), recalled=True)
    if visit.signed_in and found:
        answer.background = _reading(visit, found)
    return answer


def _reading(visit: Visit, found: ThreadPage) -> BackgroundTask:
    """After the answer: how far its reader has come."""
    number = max((post.number for post in found.posts), default=0)
    return BackgroundTask(note_read, visit.house.database, visit.member_id, found.thread_id, number, visit.now)


@page("/posts/{post_id:int}")
async def show_post(visit: NamedDependency[Visit], post_id: FromPath[int]) -> Response[bytes]:
    """The stable address of a post: its place in its thread today."""
    path = await _path_of_post(visit, post_id)
    if path is None:
        raise Refusal(Failure.MISSING, 404)
    return redirect(path, visit)


@page("/sigs/{slug:str}/threads/new", caller=Caller.MEMBER)
async def compose(visit: NamedDependency[Visit], slug: FromPath[str]) -> Response[str]:
    """The composer for a new thread."""
    return show(visit, await _compose_page(visit, slug, token_urlsafe(16)))


async def _compose_page(visit: Visit, slug: str, submission: str) -> ComposePage:
    found = await find_compose_page(visit.house.database, visit.viewer, slug, submission)
    if isinstance(found, Refused):
        raise refuse(found)
    return found


@form("/sigs/{slug:str}/threads/new", caller=Caller.MEMBER)
async def publish_thread(
    visit: NamedDependency[Visit], slug: FromPath[str], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Preview or publish a new thread; a refused one comes back with what was typed."""
    draft = _draft(form)
    if form.text("action") == "preview":
        return await _compose_again(visit, slug, draft, await render_body(draft.body), 200)
    written = await start_thread(visit.house.database, visit.viewer, slug, draft, visit.now)
    if isinstance(written, Written):
        return redirect(_thread_path(written, 1), visit)
    return await _compose_again(visit, slug, draft, written, _status(written))


def _status(refused: Refused) -> int:
    """The status of a composer that comes back."""
    return TOO_MANY if refused.reason is Reason.TOO_MANY else UNPROCESSABLE


def _wait(outcome: SafeHtml | Refused) -> int | None:
    """After how many seconds to try again, where it came too often."""
    return outcome.retry_after if isinstance(outcome, Refused) else None


def _draft(form: Form) -> Draft:
    kind = form.text("kind") or ThreadKind.DISCUSSION
    if kind not in set(ThreadKind):
        raise Refusal(Failure.BAD_REQUEST, 400)
    return Draft(
        body=form.text("body").replace("\r\n", "\n"),
        submission=form.text("submission")[:64],
        title=form.text("title"),
        tags=form.text("tags"),
        kind=ThreadKind(kind),
        reply_to_id=form.number("reply_to"),
    )


async def _compose_again(
    visit: Visit, slug: str, draft: Draft, outcome: SafeHtml | Refused, status: int
) -> Response[str]:
    empty = await _compose_page(visit, slug, draft.submission or token_urlsafe(16))
    typed = replace(empty, title=draft.title, body=draft.body, tags=draft.tags, kind=draft.kind)
    return show(visit, replace(typed, **_outcome(outcome)), status=status, retry_after=_wait(outcome))


def _outcome(outcome: SafeHtml | Refused) -> dict[str, Any]:
    """What a preview or a refusal adds to a composer."""
    if isinstance(outcome, SafeHtml):
        return {"preview": outcome}
    problems = outcome.problems or {}
    fields = {f"{name}_problem": problems.get(name) for name in ("title", "body", "tags")}
    return {**fields, "refused": None if outcome.reason is Reason.INVALID else outcome.reason}


@form("/threads/{thread_id:int}/replies", caller=Caller.MEMBER)
async def publish_reply(
    visit: NamedDependency[Visit], thread_id: FromPath[int], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Preview or publish a reply; a refused one comes back with what was typed."""
    draft = _draft(form)
    if form.text("action") == "preview":
        return await _reply_again(visit, thread_id, form, draft, await render_body(draft.body), 200)
    written = await write_reply(visit.house.database, visit.viewer, thread_id, draft, visit.now)
    if isinstance(written, Written):
        return await _done(visit, written)
    if written.reason is Reason.MISSING:
        raise refuse(written)
    return await _reply_again(visit, thread_id, form, draft, written, _status(written))


async def _reply_again(
    visit: Visit, thread_id: int, form: Form, draft: Draft, outcome: SafeHtml | Refused, status: int
) -> Response[str]:
    added = _outcome(outcome)
    reply = ReplyForm(
        submission=draft.submission or token_urlsafe(16),
        body=draft.body,
        reply_to_id=draft.reply_to_id,
        preview=outcome if isinstance(outcome, SafeHtml) else None,
        problem=(outcome.problems or {}).get("body") if isinstance(outcome, Refused) else None,
        refused=outcome.reason if isinstance(outcome, Refused) and added["refused"] else None,
    )
    found = await _thread(visit, thread_id, form.number("page") or 1)
    reply = await _answering(visit, thread_id, reply)
    return show(visit, found and replace(found, reply=reply), status=status, retry_after=_wait(outcome))


@page("/posts/{post_id:int}/edit", caller=Caller.SIGNED_IN)
async def show_edit(visit: NamedDependency[Visit], post_id: FromPath[int]) -> Response[str]:
    """The composer with one's own post in it."""
    return show(visit, await _edit_page(visit, post_id))


async def _edit_page(visit: Visit, post_id: int) -> EditPostPage:
    found = await find_edit_page(visit.house.database, visit.viewer, post_id)
    if isinstance(found, Refused):
        raise Refusal(Failure.MISSING, 404)
    return found


@form("/posts/{post_id:int}/edit", caller=Caller.SIGNED_IN)
async def save_edit(
    visit: NamedDependency[Visit], post_id: FromPath[int], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Preview or save a changed post; a refused change comes back with what was typed."""
    stored = await _edit_page(visit, post_id)
    draft, version = _draft(form), form.number("version") or 0
    if form.text("action") == "preview":
        return _edit_again(visit, stored, draft, version, await render_body(draft.body), 200)
    written = await edit_post(visit.house.database, visit.viewer, post_id, draft, version, visit.now)
    if isinstance(written, Written):
        return await _done(visit, written)
    return _edit_again(visit, stored, draft, stored.version, written, UNPROCESSABLE)


def _edit_again(
    visit: Visit, stored: EditPostPage, draft: Draft, version: int, outcome: SafeHtml | Refused, status: int
) -> Response[str]:
    is_opening = stored.title is not None
    typed: dict[str, Any] = {"title": draft.title, "tags": draft.tags} if is_opening else {}
    again = replace(stored, body=draft.body, version=version, **typed)
    return show(visit, replace(again, **_outcome(outcome)), status=status)


@form("/posts/{post_id:int}/delete", caller=Caller.SIGNED_IN)
async def delete(visit: NamedDependency[Visit], post_id: FromPath[int]) -> Response[bytes]:
    """Take one's own post back."""
    return await _done(visit, await delete_post(visit.house.database, visit.viewer, post_id, visit.now))


@form("/posts/{post_id:int}/restore", caller=Caller.SIGNED_IN)
async def restore(visit: NamedDependency[Visit], post_id: FromPath[int]) -> Response[bytes]:
    """Undo a deletion."""
    return await _done(visit, await restore_post(visit.house.database, visit.viewer, post_id, visit.now))


@form("/posts/{post_id:int}/accept", caller=Caller.MEMBER)
async def accept(visit: NamedDependency[Visit], post_id: FromPath[int]) -> Response[bytes]:
    """Say that a reply answers one's question, or take that back."""
    return await _done(visit, await accept_post(visit.house.database, visit.viewer, post_id, visit.now))


async def _done(visit: Visit, outcome: Written | Refused) -> Response[bytes]:
    """Show what was written or changed; who has left the SIG can change their posts and no longer see them there."""
    if isinstance(outcome, Refused):
        raise refuse(outcome)
    if outcome.page is not None:
        return redirect(_thread_path(outcome, outcome.page), visit)
    return redirect(await _path_of_post(visit, outcome.post_id) or "/", visit)


ROUTES = [
    show_thread,
    show_post,
    compose,
    publish_thread,
    publish_reply,
    show_edit,
    save_edit,
    delete,
    restore,
    accept,
]
