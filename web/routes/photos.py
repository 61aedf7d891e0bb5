"""Photos: the bytes of one, for whoever may see it, and the form to choose one's own."""

from typing import Any

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.params import FromPath

from domain.files import MOST_BYTES, PHOTO_MEDIA_TYPE, PhotoPage
from domain.refusals import Problem, Reason, Refused
from storage.photos import drop_photo, find_photo, save_photo
from web.answers import UNPROCESSABLE, refuse, show
from web.forms import Form
from web.policy import Cache, Caller, form, page
from web.revalidation import NOT_MODIFIED, matches
from web.visits import Visit, redirect

LARGEST_FORM = MOST_BYTES + 64 * 1024
"""Bytes of the form with its file: the file, what stands around it, and a long name."""

_ALONE = "default-src 'none'; sandbox"
"""The policy of a file that is opened as if it were a page: it may do nothing."""


@page("/photos/{name:str}/{size:int}")
async def show_photo(
    visit: NamedDependency[Visit], request: Request[Any, Any, Any], name: FromPath[str], size: FromPath[int]
) -> Response[bytes]:
    """One size of a photo. Its name says its content, so a browser that has it is only told that it may still look."""
    tag = f'"{name}-{size}"'
    is_known = matches(request.headers.get("if-none-match", ""), tag)
    house = visit.house
    found = await find_photo(house.database, house.files, visit.viewer, name, size, with_bytes=not is_known)
    if isinstance(found, Refused):
        raise refuse(found)
    headers = {"etag": tag, "cache-control": Cache.NEVER if visit.cookies else Cache.PRIVATE, "vary": "Cookie"}
    headers["x-robots-tag"] = "noindex, noai, noimageai"  # a face is for people, whatever its page says
    headers |= {"content-disposition": "inline", "content-security-policy": _ALONE}
    status = NOT_MODIFIED if is_known else 200
    return Response(found, media_type=PHOTO_MEDIA_TYPE, status_code=status, headers=headers, cookies=visit.cookies)


@page("/profile/photo", caller=Caller.SIGNED_IN)
async def show_choice(visit: NamedDependency[Visit]) -> Response[str]:
    """The photo in use, and the form for another one."""
    return show(visit, _page(visit))


@form("/profile/photo", caller=Caller.SIGNED_IN, file_field="photo", request_max_body_size=LARGEST_FORM)
async def save_choice(visit: NamedDependency[Visit], form: NamedDependency[Form]) -> Response[str] | Response[bytes]:
    """Keep the photo that was chosen, or none."""
    if form.text("action") == "remove":
        await drop_photo(visit.house.database, visit.member_id, visit.now)
        return redirect("/profile/edit", visit)
    saved = await _save(visit, form)
    if isinstance(saved, Refused):
        return show(visit, _page(visit, (saved.problems or {}).get("photo")), status=UNPROCESSABLE)
    return redirect("/profile/edit", visit)


async def _save(visit: Visit, form: Form) -> str | Refused:
    if form.file is None:
        problem = Problem.TOO_LARGE if form.is_too_large else Problem.EMPTY
        return Refused(Reason.INVALID, {"photo": problem})
    return await save_photo(visit.house.database, visit.house.files, visit.member_id, form.file, visit.now)


def _page(visit: Visit, problem: Problem | None = None) -> PhotoPage:
    line = visit.frame.me
    return PhotoPage(photo=line.photo if line else None, problem=problem)


ROUTES = [show_photo, show_choice, save_choice]
