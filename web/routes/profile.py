"""One's own page: its entries, records, public part, history, and the view of it through other eyes."""

import csv
import io
from collections.abc import Callable

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from domain.exposure import ExposurePage
from domain.members import EntryKind, Slot, write_record
from domain.pages import ErrorPage, Failure
from domain.refusals import Reason, Refused
from storage.members.editing import Typed, Unsaved, save_entries
from storage.members.forms import (
    CHECK_UP_STEPS,
    RECORD_KINDS,
    find_audience_page,
    find_check_up_page,
    find_edit_page,
    find_record_page,
)
from storage.members.history import find_exposure_page
from storage.members.publishing import find_public_page, note_check_up, switch_ai
from storage.members.receipts import find_newest_receipt, find_receipt
from storage.members.view_as import Asked, find_page_of_visitor, find_view_as
from web import words
from web.answers import UNPROCESSABLE, show
from web.compression import Compressed
from web.confirming import confirmed_in, slot_named
from web.forms import Form
from web.policy import Cache, Caller, form, page
from web.visits import Refusal, Visit, redirect


@page("/profile/edit", caller=Caller.SIGNED_IN)
async def show_edit(visit: NamedDependency[Visit]) -> Response[str]:
    """One's own entries, each with who will see it."""
    return show(visit, await find_edit_page(visit.house.database, visit.house.seal, visit.member_id))


@form("/profile/edit", caller=Caller.SIGNED_IN)
async def save_edit(visit: NamedDependency[Visit], form: NamedDependency[Form]) -> Response[str] | Response[bytes]:
    """Save every entry but records, which have forms of their own; what would widen an audience is asked first."""
    house = visit.house
    unsaved = await _save(visit, _typed(form, lambda one: one.kind not in RECORD_KINDS), form)
    if unsaved is not None:
        again = await find_edit_page(house.database, house.seal, visit.member_id, unsaved)
        return show(visit, again, status=UNPROCESSABLE)
    return _to_own_page(visit)


async def _save(visit: Visit, typed: Typed, form: Form, *, public_page: bool | None = None) -> Unsaved | None:
    house, confirmed = visit.house, confirmed_in(form)
    return await save_entries(
        house.database, house.seal, visit.member_id, typed, visit.now, public_page=public_page, confirmed=confirmed
    )


def _to_own_page(visit: Visit) -> Response[bytes]:
    return redirect(f"/people/{visit.member.person.public_id}", visit)


def _typed(form: Form, fits: Callable[[Slot], bool] = lambda _slot: True) -> Typed:
    """Value and audience of each entry that the form has; what it leaves out stays as it is."""
    posted = form.items()
    found = {}
    for name in {field.removesuffix(".audience") for field in posted}:
        slot = slot_named(name)
        if slot is not None and fits(slot):
            found[slot] = (posted.get(name), posted.get(f"{name}.audience"))
    return found


@page("/profile/audience/{name:str}", caller=Caller.SIGNED_IN)
async def show_audience(visit: NamedDependency[Visit], name: FromPath[str]) -> Response[str]:
    """The key of one entry: a page, or the control in its chip."""
    house = visit.house
    return show(visit, await find_audience_page(house.database, house.seal, visit.member_id, _known_slot(name)))


def _known_slot(name: str) -> Slot:
    slot = slot_named(name)
    if slot is None:
        raise Refusal(Failure.MISSING, 404)
    return slot


@form("/profile/audience/{name:str}", caller=Caller.SIGNED_IN)
async def save_audience(
    visit: NamedDependency[Visit], name: FromPath[str], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Change who sees one entry; to open it further is asked first."""
    house, slot = visit.house, _known_slot(name)
    if await find_audience_page(house.database, house.seal, visit.member_id, slot) is None:
        raise Refusal(Failure.MISSING, 404)
    unsaved = await _save(visit, {slot: (None, form.items().get(f"{slot.name}.audience"))}, form)
    if unsaved is None:
        return _to_own_page(visit)
    again = await find_audience_page(house.database, house.seal, visit.member_id, slot, unsaved)
    return show(visit, again, status=UNPROCESSABLE)


def _record_kind(kind: str) -> EntryKind:
    if kind not in RECORD_KINDS:
        raise Refusal(Failure.MISSING, 404)
    return EntryKind(kind)


def _record_slot(kind: str, position: int) -> Slot:
    """The place of a record that may be there; position 0 stands for a new one, which has an address of its own."""
    if position == 0:
        raise Refusal(Failure.MISSING, 404)
    return Slot(_record_kind(kind), position)


@page("/profile/{kind:str}/new", caller=Caller.SIGNED_IN)
async def show_new_record(visit: NamedDependency[Visit], kind: FromPath[str]) -> Response[str]:
    """The form for another job, school or link."""
    house = visit.house
    return show(visit, await find_record_page(house.database, house.seal, visit.member_id, _record_kind(kind), 0))


@form("/profile/{kind:str}/new", caller=Caller.SIGNED_IN)
async def add_record(
    visit: NamedDependency[Visit], kind: FromPath[str], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Add a job, a school or a link."""
    return await _save_record(visit, Slot(_record_kind(kind)), form)


@page("/profile/{kind:str}/{position:int}", caller=Caller.SIGNED_IN)
async def show_record(visit: NamedDependency[Visit], kind: FromPath[str], position: FromPath[int]) -> Response[str]:
    """The form for one job, school or link."""
    house, slot = visit.house, _record_slot(kind, position)
    return show(visit, await find_record_page(house.database, house.seal, visit.member_id, *slot))


@form("/profile/{kind:str}/{position:int}", caller=Caller.SIGNED_IN)
async def save_record(
    visit: NamedDependency[Visit], kind: FromPath[str], position: FromPath[int], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Save or remove one job, school or link."""
    return await _save_record(visit, _record_slot(kind, position), form)


async def _save_record(visit: Visit, slot: Slot, form: Form) -> Response[str] | Response[bytes]:
    house = visit.house
    if await find_record_page(house.database, house.seal, visit.member_id, *slot) is None:
        raise Refusal(Failure.MISSING, 404)
    is_removed = form.text("action") == "remove"
    value = "" if is_removed else write_record(slot.kind, form.items()) or "{}"
    unsaved = await _save(visit, {slot: (value, form.items().get(f"{slot.kind}.audience"))}, form)
    if unsaved is None:
        return redirect("/profile/edit", visit)
    again = await find_record_page(house.database, house.seal, visit.member_id, *slot, unsaved)
    return show(visit, again, status=UNPROCESSABLE)


@page("/profile/public", caller=Caller.SIGNED_IN)
async def show_public(visit: NamedDependency[Visit]) -> Response[str]:
    """The switch of the public page, with what everyone sees of it."""
    return show(visit, await find_public_page(visit.house.database, visit.house.seal, visit.viewer))


@form("/profile/public", caller=Caller.SIGNED_IN)
async def switch_public(visit: NamedDependency[Visit], form: NamedDependency[Form]) -> Response[str] | Response[bytes]:
    """Switch the public page off, at once, or on, after asking; or say whether programs may learn from it."""
    house, action = visit.house, form.text("action")
    if action in {"refuse-ai", "allow-ai"}:
        await switch_ai(house.database, visit.member_id, visit.now, refuses=action == "refuse-ai")
        return redirect("/profile/public", visit)
    if action not in {"on", "off"}:
        raise Refusal(Failure.BAD_REQUEST, 400)
    unsaved = await _save(visit, {}, form, public_page=action == "on")
    if unsaved is not None:
        return show(
            visit, await find_public_page(house.database, house.seal, visit.viewer, unsaved), status=UNPROCESSABLE
        )
    receipt = None if action == "on" else await find_newest_receipt(house.database, visit.member_id)
    return redirect(f"/profile/receipts/{receipt}" if receipt else "/profile/public", visit)


@page("/profile/receipts/{receipt_id:int}", caller=Caller.SIGNED_IN)
async def show_receipt(visit: NamedDependency[Visit], receipt_id: FromPath[int]) -> Response[str]:
    """The receipt of one opting out."""
    house = visit.house
    return show(visit, await find_receipt(house.database, visit.member_id, receipt_id, house.settings.site_url))


@page("/profile/exposure", caller=Caller.SIGNED_IN)
async def show_exposure(visit: NamedDependency[Visit]) -> Response[str]:
    """From when to when which audience could see each entry."""
    return show(visit, await find_exposure_page(visit.house.database, visit.house.seal, visit.member_id))


@page("/profile/exposure.csv", caller=Caller.SIGNED_IN, cache=Cache.NEVER)
async def download_exposure(visit: NamedDependency[Visit]) -> Response[bytes]:
    """The whole history, to keep."""
    found = await find_exposure_page(visit.house.database, visit.house.seal, visit.member_id, None)
    headers = {"cache-control": Cache.NEVER.value, "content-disposition": 'attachment; filename="exposure.csv"'}
    return Compressed(_csv(found), media_type="text/csv; charset=utf-8", headers=headers, cookies=visit.cookies)


def _csv(history: ExposurePage) -> bytes:
    """The history for spreadsheets: what could be taken for a formula there is marked as text."""
    sheet = io.StringIO()
    lines = csv.writer(sheet)
    lines.writerow(words.exposure_columns())
    for line in history.lines:
        ended = line.ended_at.isoformat() if line.ended_at else ""
        cells = (words.entry(line.kind), line.label or "", words.scope(line.key), line.started_at.isoformat(), ended)
        lines.writerow([f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t"} else cell for cell in cells])
    return sheet.getvalue().encode()


@page("/profile/view-as", caller=Caller.SIGNED_IN)
async def show_view_as(
    visit: NamedDependency[Visit], looker: FromQuery[str] = "visitor", person: FromQuery[str] = ""
) -> Response[str]:
    """One's own page through other eyes."""
    try:
        asked = Asked.parse(looker, person[:200])
    except ValueError as error:
        raise Refusal(Failure.MISSING, 404) from error
    return show(visit, await find_view_as(visit.house.database, visit.house.seal, visit.viewer, asked))


@page("/profile/view-as/exactly", caller=Caller.SIGNED_IN)
async def show_exactly(visit: NamedDependency[Visit]) -> Response[str]:
    """The whole answer that a visitor, or a search engine, gets at the address of one's own page, byte for byte."""
    address, found = await find_page_of_visitor(visit.house.database, visit.house.seal, visit.member_id)
    stranger = visit.as_visitor(f"/people/{address}")
    if not isinstance(found, Refused):
        return show(stranger, found)
    gone = found.reason is Reason.GONE
    status, failure = (410, Failure.GONE) if gone else (404, Failure.MISSING)
    return show(stranger, ErrorPage(status=status, failure=failure), status=status)


@page("/profile/check-up/{step:int}", caller=Caller.SIGNED_IN)
async def show_check_up(visit: NamedDependency[Visit], step: FromPath[int]) -> Response[str]:
    """One step of the privacy check-up."""
    house = visit.house
    return show(visit, await find_check_up_page(house.database, house.seal, visit.member_id, _step(step)))


def _step(step: int) -> int:
    if not 1 <= step <= len(CHECK_UP_STEPS):
        raise Refusal(Failure.MISSING, 404)
    return step


@form("/profile/check-up/{step:int}", caller=Caller.SIGNED_IN)
async def save_check_up(
    visit: NamedDependency[Visit], step: FromPath[int], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Save who sees what in this step, and go on; after the last one the check-up is done for a year."""
    house, kinds = visit.house, CHECK_UP_STEPS[_step(step) - 1]
    typed = {slot: (None, audience) for slot, (_, audience) in _typed(form, lambda one: one.kind in kinds).items()}
    unsaved = await _save(visit, typed, form)
    if unsaved is not None:
        again = await find_check_up_page(house.database, house.seal, visit.member_id, step, unsaved)
        return show(visit, again, status=UNPROCESSABLE)
    if step < len(CHECK_UP_STEPS):
        return redirect(f"/profile/check-up/{step + 1}", visit)
    await note_check_up(house.database, visit.member_id, visit.now)
    return _to_own_page(visit)


ROUTES = [
    show_edit,
    save_edit,
    show_audience,
    save_audience,
    show_new_record,
    add_record,
    show_record,
    save_record,
    show_public,
    switch_public,
    show_receipt,
    show_exposure,
    download_exposure,
    show_view_as,
    show_exactly,
    show_check_up,
    save_check_up,
]
