"""The private start page: its widgets, and what one keeps there. Nobody else has a way in, and no answer is kept."""

from dataclasses import replace
from secrets import token_urlsafe
from typing import Annotated, Any

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from domain.pages import Failure
from domain.refusals import Problem, Reason, Refused
from domain.start_page import KeepsakeKind, KeepsakePage, ShelfPage, Widget
from domain.views import SafeHtml
from storage.start_page.deleted import drop, erase, find_deleted_page, take_back
from storage.start_page.keepsakes import Typed, change, keep, move_widget, render_note
from storage.start_page.pages import (
    Place,
    find_keepsake_page,
    find_new_keepsake_page,
    find_note,
    find_shelf,
    find_start_page,
    search_start_page,
)
from web.answers import UNPROCESSABLE, refuse, show
from web.forms import Form
from web.policy import Cache, Caller, form, page
from web.visits import Refusal, Visit, redirect

FolderId = Annotated[int | None, QueryParameter(ge=1, le=2**63 - 1)]
ShelfPlace = Annotated[str | None, QueryParameter(max_length=60)]
Query = Annotated[str, QueryParameter(max_length=200)]
_STEPS = {"up": -1, "down": 1}
_WRITTEN_KINDS = frozenset({KeepsakeKind.LINK, KeepsakeKind.NOTE, KeepsakeKind.FOLDER})


@page("/start", caller=Caller.SIGNED_IN, cache=Cache.NEVER)
async def show_start_page(visit: NamedDependency[Visit]) -> Response[str]:
    """The widgets, in the order chosen."""
    house = visit.house
    return show(visit, await find_start_page(house.database, house.seal, visit.viewer, visit.now))


@form("/start/order", caller=Caller.SIGNED_IN)
async def save_order(visit: NamedDependency[Visit], form: NamedDependency[Form]) -> Response[bytes]:
    """Move one widget up or down."""
    name, step = form.text("widget"), _STEPS.get(form.text("step"))
    if name not in set(Widget) or step is None:
        raise Refusal(Failure.BAD_REQUEST, 400)
    house = visit.house
    await move_widget(house.database, house.seal, visit.member_id, Widget(name), step, visit.now)
    return redirect(f"/start#widget-{name}", visit)


@page("/start/shelf", caller=Caller.SIGNED_IN, cache=Cache.NEVER)
async def show_shelf(
    visit: NamedDependency[Visit], after: ShelfPlace = None, before: ShelfPlace = None
) -> Response[str]:
    """What lies outside of all folders, and the folders."""
    return show(visit, await _shelf(visit, None, after, before))


@page("/start/folders/{keepsake_id:int}", caller=Caller.SIGNED_IN, cache=Cache.NEVER)
async def show_folder(
    visit: NamedDependency[Visit],
    keepsake_id: FromPath[int],
    after: ShelfPlace = None,
    before: ShelfPlace = None,
) -> Response[str]:
    """What lies in one folder."""
    return show(visit, await _shelf(visit, keepsake_id, after, before))


async def _shelf(visit: Visit, folder_id: int | None, after: str | None, before: str | None) -> ShelfPage | None:
    try:
        places = [Place.parse(text) if text else None for text in (after, before)]
    except ValueError as error:
        raise Refusal(Failure.BAD_REQUEST, 400) from error
    return await find_shelf(visit.house.database, visit.house.seal, visit.member_id, folder_id, *places)


@page("/start/notes/{keepsake_id:int}", caller=Caller.SIGNED_IN, cache=Cache.NEVER)
async def show_note(visit: NamedDependency[Visit], keepsake_id: FromPath[int]) -> Response[str]:
    """A note to read."""
    return show(visit, await find_note(visit.house.database, visit.house.seal, visit.member_id, keepsake_id))


@page("/start/search", caller=Caller.SIGNED_IN, cache=Cache.NEVER)
async def search(visit: NamedDependency[Visit], q: Query = "") -> Response[str]:
    """What of one's own has all these words."""
    return show(visit, await search_start_page(visit.house.database, visit.house.seal, visit.member_id, q))


@page("/start/new/{kind:str}", caller=Caller.MEMBER, cache=Cache.NEVER)
async def show_new(visit: NamedDependency[Visit], kind: FromPath[str], folder: FolderId = None) -> Response[str]:
    """The form for a link, a note or a folder."""
    return show(visit, await _new_page(visit, _kind(kind), folder, token_urlsafe(16)))


def _kind(name: str) -> KeepsakeKind:
    if name not in _WRITTEN_KINDS:
        raise Refusal(Failure.MISSING, 404)
    return KeepsakeKind(name)


async def _new_page(visit: Visit, kind: KeepsakeKind, folder_id: int | None, submission: str) -> KeepsakePage:
    house = visit.house
    found = await find_new_keepsake_page(house.database, house.seal, visit.member_id, kind, folder_id, submission)
    if found is None:
        raise Refusal(Failure.MISSING, 404)
    return found


@form("/start/new/{kind:str}", caller=Caller.MEMBER)
async def add_keepsake(
    visit: NamedDependency[Visit], kind: FromPath[str], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Preview or keep a link, a note or a folder; a refused one comes back with what was typed."""
    typed, meant = typed_in(form), _kind(kind)
    if form.text("action") == "preview":
        kept: Any = await render_note(typed.body)
    else:
        kept = await keep(visit.house.database, visit.house.seal, visit.member_id, meant, typed, visit.now)
    if isinstance(kept, int):
        return redirect(path_of(meant, kept, typed.folder_id), visit)
    empty = await _new_page(visit, meant, typed.folder_id, typed.submission or token_urlsafe(16))
    return _again(visit, empty, typed, kept)


def typed_in(form: Form) -> Typed:
    """What the form of a keepsake holds."""
    return Typed(
        title=form.text("title"),
        address=form.text("address"),
        body=form.text("body"),
        tags=form.text("tags"),
        folder_id=form.number("folder"),
        submission=form.text("submission")[:64],
    )


def path_of(kind: KeepsakeKind, keepsake_id: int, folder_id: int | None) -> str:
    """Where one goes after keeping something: a note is read, a folder opened, other things are seen where they lie."""
    if kind is KeepsakeKind.NOTE:
        return f"/start/notes/{keepsake_id}"
    if kind is KeepsakeKind.FOLDER:
        return f"/start/folders/{keepsake_id}"
    return path_of_shelf(folder_id)


def path_of_shelf(folder_id: int | None) -> str:
    """The page of a folder, or of what lies outside of all."""
    return f"/start/folders/{folder_id}" if folder_id is not None else "/start/shelf"


def _again(visit: Visit, page: KeepsakePage, typed: Typed, outcome: SafeHtml | Refused) -> Response[str]:
    """The form once more, with what was typed and the preview, or what is wrong with it."""
    if isinstance(outcome, Refused) and outcome.reason is Reason.MISSING:
        raise refuse(outcome)
    known = {line.keepsake_id for line in page.folders}
    folder_id = typed.folder_id if typed.folder_id in known else None
    page = replace(
        page, title=typed.title, address=typed.address, body=typed.body, tags=typed.tags, folder_id=folder_id
    )
    if isinstance(outcome, SafeHtml):
        return show(visit, replace(page, preview=outcome))
    problems: dict[str, Problem] = outcome.problems or {}
    fields: dict[str, Any] = {f"{name}_problem": problem for name, problem in problems.items()}
    refused = None if outcome.reason is Reason.INVALID else outcome.reason
    return show(visit, replace(page, refused=refused, **fields), status=UNPROCESSABLE)


@page("/start/things/{keepsake_id:int}", caller=Caller.SIGNED_IN, cache=Cache.NEVER)
async def show_keepsake(visit: NamedDependency[Visit], keepsake_id: FromPath[int]) -> Response[str]:
    """The form with what one has kept in it."""
    return show(visit, await _keepsake_page(visit, keepsake_id))


async def _keepsake_page(visit: Visit, keepsake_id: int) -> KeepsakePage:
    found = await find_keepsake_page(visit.house.database, visit.house.seal, visit.member_id, keepsake_id)
    if found is None:
        raise Refusal(Failure.MISSING, 404)
    return found


@form("/start/things/{keepsake_id:int}", caller=Caller.SIGNED_IN)
async def save_keepsake(
    visit: NamedDependency[Visit], keepsake_id: FromPath[int], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Preview or save a change; a refused one comes back with what was typed."""
    typed, version, house = typed_in(form), form.number("version") or 0, visit.house
    if form.text("action") == "preview":
        stored = await _keepsake_page(visit, keepsake_id)
        return _again(visit, replace(stored, version=version), typed, await render_note(typed.body))
    done = await change(house.database, house.seal, visit.member_id, keepsake_id, typed, version, visit.now)
    if isinstance(done, KeepsakeKind):
        return redirect(path_of(done, keepsake_id, typed.folder_id), visit)
    return _again(visit, await _keepsake_page(visit, keepsake_id), typed, done)


@form("/start/things/{keepsake_id:int}/delete", caller=Caller.SIGNED_IN)
async def remove_keepsake(visit: NamedDependency[Visit], keepsake_id: FromPath[int]) -> Response[bytes]:
    """Delete a keepsake, to be taken back for a while; what was in a folder moves to the one around it."""
    dropped = await drop(visit.house.database, visit.house.seal, visit.member_id, keepsake_id, visit.now)
    if isinstance(dropped, Refused):
        raise refuse(dropped)
    return redirect(path_of_shelf(dropped), visit)


@page("/start/deleted", caller=Caller.SIGNED_IN, cache=Cache.NEVER)
async def show_deleted(visit: NamedDependency[Visit]) -> Response[str]:
    """What one deleted of late."""
    return show(visit, await find_deleted_page(visit.house.database, visit.house.seal, visit.member_id))


@form("/start/deleted/{keepsake_id:int}/restore", caller=Caller.SIGNED_IN)
async def restore_keepsake(visit: NamedDependency[Visit], keepsake_id: FromPath[int]) -> Response[bytes]:
    """Take back what one deleted."""
    restored = await take_back(visit.house.database, visit.house.seal, visit.member_id, keepsake_id, visit.now)
    if isinstance(restored, Refused):
        raise refuse(restored)
    return redirect(path_of_shelf(restored), visit)


@form("/start/deleted/{keepsake_id:int}/erase", caller=Caller.SIGNED_IN)
async def erase_keepsake(visit: NamedDependency[Visit], keepsake_id: FromPath[int]) -> Response[bytes]:
    """Erase for good what one deleted, before its time."""
    if refused := await erase(visit.house.database, visit.member_id, keepsake_id, visit.now):
        raise refuse(refused)
    return redirect("/start/deleted", visit)


ROUTES = [
    show_start_page,
    save_order,
    show_shelf,
    show_folder,
    show_note,
    search,
    show_new,
    add_keepsake,
    show_keepsake,
    save_keepsake,
    remove_keepsake,
    show_deleted,
    restore_keepsake,
    erase_keepsake,
]
