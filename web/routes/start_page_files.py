"""Files of the start page, and bookmarks in and out: bytes come in by two forms and leave for their owner alone.

A file leaves as an attachment of no type in particular, so that no browser runs or shows what somebody put into it.
"""

from dataclasses import replace
from secrets import token_urlsafe
from typing import Annotated, Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from domain.files import PHOTO_MEDIA_TYPE
from domain.pages import Failure
from domain.refusals import Problem, Reason, Refused
from domain.start_page import MOST_BOOKMARK_BYTES, MOST_FILE_BYTES, UploadPage
from storage.start_page.exchange import TakenOver, find_bookmarks, take_over
from storage.start_page.files import OwnFile, Upload, find_file, find_preview, keep_file
from storage.start_page.pages import find_bookmarks_page, find_upload_page
from web.answers import UNPROCESSABLE, refuse, show
from web.compression import Compressed
from web.forms import Form
from web.policy import Cache, Caller, form, page
from web.routes.start_page import FolderId, path_of_shelf
from web.visits import Refusal, Visit, redirect

AROUND_A_FILE = 64 * 1024
"""Bytes of a form beside its file: what stands around it, and a long name."""

PARTIAL, BEYOND = 206, 416
_ALONE = "default-src 'none'; sandbox"
"""The policy of a file that is opened as if it were a page: it may do nothing."""

Count = Annotated[int | None, QueryParameter(ge=0, le=10**6)]


@page("/start/upload", caller=Caller.MEMBER, cache=Cache.NEVER)
async def show_upload(visit: NamedDependency[Visit], folder: FolderId = None) -> Response[str]:
    """The form to keep a file."""
    return show(visit, await _upload_page(visit, folder))


async def _upload_page(visit: Visit, folder_id: int | None) -> UploadPage:
    house = visit.house
    found = await find_upload_page(house.database, house.seal, visit.member_id, folder_id, token_urlsafe(16))
    if found is None:
        raise Refusal(Failure.MISSING, 404)
    return found


@form("/start/upload", caller=Caller.MEMBER, file_field="file", request_max_body_size=MOST_FILE_BYTES + AROUND_A_FILE)
async def save_upload(visit: NamedDependency[Visit], form: NamedDependency[Form]) -> Response[str] | Response[bytes]:
    """Keep the file that was chosen."""
    folder_id = form.number("folder")
    kept = await _keep(visit, form, folder_id)
    if not isinstance(kept, Refused):
        return redirect(path_of_shelf(folder_id), visit)
    if kept.reason is not Reason.INVALID:
        raise refuse(kept)
    again = replace(await _upload_page(visit, folder_id), problem=(kept.problems or {}).get("file"))
    return show(visit, again, status=UNPROCESSABLE)


async def _keep(visit: Visit, form: Form, folder_id: int | None) -> int | Refused:
    if form.file is None or not form.file_name:
        problem = Problem.TOO_LARGE if form.is_too_large else Problem.EMPTY
        return Refused(Reason.INVALID, {"file": problem})
    upload = Upload(form.file, form.file_name, folder_id, form.text("submission")[:64])
    house = visit.house
    return await keep_file(house.database, house.files, house.seal, visit.member_id, upload, visit.now)


@page("/start/files/{keepsake_id:int}", caller=Caller.SIGNED_IN, cache=Cache.NEVER)
async def download(
    visit: NamedDependency[Visit], request: Request[Any, Any, Any], keepsake_id: FromPath[int]
) -> Response[bytes]:
    """A file of one's own, or the one range of it that is asked for."""
    house, wanted = visit.house, request.headers.get("range", "")
    tag = f'"{keepsake_id}"'  # the bytes of a file never change
    if request.headers.get("if-range", tag) != tag:
        wanted = ""
    found = await find_file(house.database, house.files, house.seal, visit.member_id, keepsake_id, wanted)
    if isinstance(found, Refused):
        raise refuse(found)
    return _file(visit, found, {"etag": tag, "accept-ranges": "bytes"})


def _file(visit: Visit, found: OwnFile, headers: dict[str, str]) -> Response[bytes]:
    headers |= {"cache-control": Cache.NEVER, "content-disposition": attachment(found.name), "vary": "Cookie"}
    headers["content-security-policy"] = _ALONE
    status = 200
    if found.content is None:
        status, headers["content-range"] = BEYOND, f"bytes */{found.size}"
    elif found.span is not None:
        status, headers["content-range"] = PARTIAL, f"bytes {found.span[0]}-{found.span[1]}/{found.size}"
    content = found.content or b""
    kind = "application/octet-stream"
    return Response(content, status_code=status, media_type=kind, headers=headers, cookies=visit.cookies)


def attachment(name: str) -> str:
    """The header that gives a file its name (RFC 6266): the name itself, and a plain one for who cannot read that."""
    plain = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_. ") else "_" for letter in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


@page("/start/files/{keepsake_id:int}/preview", caller=Caller.SIGNED_IN, cache=Cache.NEVER)
async def preview(visit: NamedDependency[Visit], keepsake_id: FromPath[int]) -> Response[bytes]:
    """The small picture of a picture, made anew from its pixels."""
    house = visit.house
    found = await find_preview(house.database, house.files, house.seal, visit.member_id, keepsake_id)
    if isinstance(found, Refused):
        raise refuse(found)
    headers = {"cache-control": Cache.NEVER.value, "content-disposition": "inline", "vary": "Cookie"}
    headers["content-security-policy"] = _ALONE
    return Response(found, media_type=PHOTO_MEDIA_TYPE, headers=headers, cookies=visit.cookies)


@page("/start/bookmarks", caller=Caller.SIGNED_IN, cache=Cache.NEVER)
async def show_bookmarks(visit: NamedDependency[Visit], added: Count = None, left_out: Count = None) -> Response[str]:
    """The way in and out for a browser's bookmarks."""
    empty = await find_bookmarks_page(visit.house.database, visit.house.seal, visit.member_id)
    return show(visit, replace(empty, added=added, left_out=left_out or 0))


@form(
    "/start/bookmarks",
    caller=Caller.MEMBER,
    file_field="bookmarks",
    request_max_body_size=MOST_BOOKMARK_BYTES + AROUND_A_FILE,
)
async def save_bookmarks(visit: NamedDependency[Visit], form: NamedDependency[Form]) -> Response[str] | Response[bytes]:
    """Take over what a browser wrote."""
    taken = await _take_over(visit, form)
    if isinstance(taken, TakenOver):
        return redirect(f"/start/bookmarks?added={taken.added}&left_out={taken.left_out}", visit)
    if taken.reason is not Reason.INVALID:
        raise refuse(taken)
    empty = await find_bookmarks_page(visit.house.database, visit.house.seal, visit.member_id)
    return show(visit, replace(empty, problem=(taken.problems or {}).get("bookmarks")), status=UNPROCESSABLE)


async def _take_over(visit: Visit, form: Form) -> TakenOver | Refused:
    if form.is_too_large:
        return Refused(Reason.INVALID, {"bookmarks": Problem.TOO_LARGE})
    content = form.file.read(MOST_BOOKMARK_BYTES + 1) if form.file else b""
    house, folder_id = visit.house, form.number("folder")
    return await take_over(house.database, house.seal, visit.member_id, content, folder_id, visit.now)


@page("/start/bookmarks.html", caller=Caller.SIGNED_IN, cache=Cache.NEVER)
async def export_bookmarks(visit: NamedDependency[Visit]) -> Response[str]:
    """All links with their folders, as the file that browsers take."""
    text = await find_bookmarks(visit.house.database, visit.house.seal, visit.member_id)
    headers = {"cache-control": Cache.NEVER.value, "content-disposition": attachment("bookmarks.html")}
    headers |= {"content-security-policy": _ALONE, "vary": "Cookie"}
    return Compressed(text, media_type="text/html; charset=utf-8", headers=headers, cookies=visit.cookies)


ROUTES = [
    show_upload,
    save_upload,
    download,
    preview,
    show_bookmarks,
    save_bookmarks,
    export_bookmarks,
]
