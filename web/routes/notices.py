"""Notices: the page, the bell's own block, opening one, the choice of mails, and the link that ends them."""

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from domain.notices import UnseenPage
from domain.pages import Failure
from storage.notices.choices import choose_mail, find_choices_page, find_unsubscribe_page, unsubscribe
from storage.notices.pages import find_notice, find_notices_page, see_all, see_notice
from web.answers import refuse, show
from web.forms import Form
from web.notices import path_of
from web.policy import Cache, Caller, form, page
from web.visits import HIGHEST_ID, Refusal, Visit, redirect


@page("/notices", caller=Caller.SIGNED_IN, cache=Cache.NEVER)
async def show_notices(visit: NamedDependency[Visit], before: FromQuery[int | None] = None) -> Response[str]:
    """What one is told of, the newest first."""
    if before is not None and not 0 < before <= HIGHEST_ID:
        raise Refusal(Failure.MISSING, 404)
    found = await find_notices_page(visit.house.database, visit.viewer, visit.now, visit.frame.unseen, before)
    return show(visit, found)


@page("/notices/unseen", caller=Caller.SIGNED_IN, cache=Cache.NEVER, unattended=True)
async def show_unseen(visit: NamedDependency[Visit]) -> Response[str]:
    """How many wait; the bell asks every minute. It keeps no session alive."""
    return show(visit, UnseenPage())


@form("/notices", caller=Caller.SIGNED_IN)
async def send_all_seen(visit: NamedDependency[Visit], form: NamedDependency[Form]) -> Response[bytes]:
    """Mark all as seen that were there when the page was."""
    await see_all(visit.house.database, visit.member_id, form.number("until"), visit.now)
    return redirect("/notices", visit)


@page("/notices/{notice_id:int}", caller=Caller.SIGNED_IN, cache=Cache.NEVER)
async def show_notice(visit: NamedDependency[Visit], notice_id: FromPath[int]) -> Response[bytes]:
    """Where a notice leads, from a mail: to look is not to write."""
    line = await find_notice(visit.house.database, visit.viewer, notice_id, visit.now)
    if line is None:
        raise Refusal(Failure.MISSING, 404)
    return redirect(path_of(line), visit)


@form("/notices/{notice_id:int}", caller=Caller.SIGNED_IN)
async def open_notice(visit: NamedDependency[Visit], notice_id: FromPath[int]) -> Response[bytes]:
    """Mark a notice as seen, and go where it leads."""
    line = await see_notice(visit.house.database, visit.viewer, notice_id, visit.now)
    if line is None:
        raise Refusal(Failure.MISSING, 404)
    return redirect(path_of(line), visit)


@page("/settings/notices", caller=Caller.SIGNED_IN, cache=Cache.NEVER)
async def show_choices(visit: NamedDependency[Visit], saved: FromQuery[str | None] = None) -> Response[str]:
    """Which notices come by mail, and when."""
    return show(visit, await find_choices_page(visit.house.database, visit.member_id, saved=saved == "yes"))


@form("/settings/notices", caller=Caller.SIGNED_IN)
async def save_choices(visit: NamedDependency[Visit], form: NamedDependency[Form]) -> Response[bytes]:
    """Keep the choices; what the form does not name stays as it is."""
    wanted = {name.removeprefix("mail-"): form.text(name) for name in form.items() if name.startswith("mail-")}
    if refused := await choose_mail(visit.house.database, visit.member_id, wanted):
        raise refuse(refused)
    return redirect("/settings/notices?saved=yes", visit)


@page("/unsubscribe/{token:str}", cache=Cache.NEVER)
async def show_unsubscribe(visit: NamedDependency[Visit], token: FromPath[str]) -> Response[str]:
    """One button; programs that look at links end nothing by it."""
    return show(visit, await find_unsubscribe_page(visit.house.database, visit.house.seal, token))


@form("/unsubscribe/{token:str}", caller=Caller.ANYONE, one_click=True)
async def send_unsubscribe(visit: NamedDependency[Visit], token: FromPath[str]) -> Response[str]:
    """End these mails. The answer is no redirect, because mail programs that ask do not follow one (RFC 8058)."""
    return show(visit, await unsubscribe(visit.house.database, visit.house.seal, token))


ROUTES = [
    show_notices,
    show_unseen,
    send_all_seen,
    show_notice,
    open_notice,
    show_choices,
    save_choices,
    show_unsubscribe,
    send_unsubscribe,
]
