"""Joining a SIG: at once, by request, by invitation."""

from urllib.parse import quote

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath

from domain.joining import JoinPage
from domain.refusals import Reason, Refused
from storage.sigs import join_sig
from storage.sigs.invitations import (
    answer_invitation,
    find_invitations_page,
    find_invite_page,
    invite,
    withdraw_invitation,
)
from storage.sigs.joining import ask_to_join, find_ask_page, withdraw_wish
from web.answers import TOO_MANY, UNPROCESSABLE, refuse, show
from web.confirming import confirmed_in
from web.forms import Form
from web.policy import Caller, form, page
from web.visits import Visit, redirect


@form("/sigs/{slug:str}/join", caller=Caller.MEMBER)
async def join(
    visit: NamedDependency[Visit], slug: FromPath[str], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Join an open SIG; what of one's page would open by it is asked first."""
    done = await join_sig(visit.house.database, visit.viewer, slug, visit.now, confirmed_in(form))
    if isinstance(done, Refused):
        raise refuse(done)
    if done is not None:
        return show(visit, done, status=UNPROCESSABLE)
    return redirect(f"/sigs/{quote(slug)}", visit)


@page("/sigs/{slug:str}/ask", caller=Caller.MEMBER)
async def show_ask(visit: NamedDependency[Visit], slug: FromPath[str]) -> Response[str]:
    """The request to join, with the question of the SIG."""
    found = await find_ask_page(visit.house.database, visit.viewer, slug, visit.now)
    if isinstance(found, Refused):
        raise refuse(found)
    return show(visit, found)


@form("/sigs/{slug:str}/ask", caller=Caller.MEMBER)
async def ask(
    visit: NamedDependency[Visit], slug: FromPath[str], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Ask to join."""
    words, database = form.text("words"), visit.house.database
    done = await ask_to_join(database, visit.viewer, slug, words, visit.now, confirmed_in(form))
    if done is None:
        return redirect(f"/sigs/{quote(slug)}", visit)
    problem = (done.problems or {}).get("words") if isinstance(done, Refused) else None
    if isinstance(done, Refused) and problem is None:
        raise refuse(done)
    widening = () if isinstance(done, Refused) else done
    again = await find_ask_page(database, visit.viewer, slug, visit.now, words, problem, widening)
    if isinstance(again, Refused):
        raise refuse(again)
    return show(visit, again, status=UNPROCESSABLE)


@form("/sigs/{slug:str}/ask/withdraw", caller=Caller.MEMBER)
async def stop_asking(visit: NamedDependency[Visit], slug: FromPath[str]) -> Response[bytes]:
    """Take one's request back."""
    if refused := await withdraw_wish(visit.house.database, visit.viewer, slug, visit.now):
        raise refuse(refused)
    return redirect(f"/sigs/{quote(slug)}", visit)


@page("/sigs/{slug:str}/invite", caller=Caller.MEMBER)
async def show_invite(visit: NamedDependency[Visit], slug: FromPath[str]) -> Response[str]:
    """The invitations of a SIG, and the form for another one."""
    found = await find_invite_page(visit.house.database, visit.viewer, slug, visit.now)
    if isinstance(found, Refused):
        raise refuse(found)
    return show(visit, found)


@form("/sigs/{slug:str}/invite", caller=Caller.MEMBER)
async def send_invitation(
    visit: NamedDependency[Visit], slug: FromPath[str], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Invite somebody."""
    database, person, note = visit.house.database, form.line("person"), form.text("note")
    refused = await invite(database, visit.viewer, slug, person, note, visit.now)
    if refused is None:
        return redirect(f"/sigs/{quote(slug)}/invite", visit)
    again = await find_invite_page(database, visit.viewer, slug, visit.now, person, note, refused)
    if isinstance(again, Refused):
        raise refuse(refused)
    status = TOO_MANY if refused.reason is Reason.TOO_MANY else UNPROCESSABLE
    return show(visit, again, status=status, retry_after=refused.retry_after)


@form("/sigs/{slug:str}/invitations/{invitation_id:int}/withdraw", caller=Caller.MEMBER)
async def take_invitation_back(
    visit: NamedDependency[Visit], slug: FromPath[str], invitation_id: FromPath[int]
) -> Response[bytes]:
    """Withdraw an invitation."""
    if refused := await withdraw_invitation(visit.house.database, visit.viewer, slug, invitation_id):
        raise refuse(refused)
    return redirect(f"/sigs/{quote(slug)}/invite", visit)


@page("/invitations", caller=Caller.MEMBER)
async def show_invitations(visit: NamedDependency[Visit]) -> Response[str]:
    """Where one is asked to join, and what one is asked to take over."""
    return show(visit, await find_invitations_page(visit.house.database, visit.viewer, visit.now))


@form("/invitations/{invitation_id:int}", caller=Caller.MEMBER)
async def reply_to_invitation(
    visit: NamedDependency[Visit], invitation_id: FromPath[int], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Accept an invitation, or decline it; what of one's page would open is asked first."""
    accepts, confirmed, database = form.text("answer") == "accept", confirmed_in(form), visit.house.database
    done = await answer_invitation(
        database, visit.viewer, invitation_id, visit.now, accepts=accepts, confirmed=confirmed
    )
    if isinstance(done, Refused):
        raise refuse(done)
    if isinstance(done, JoinPage):
        return show(visit, done, status=UNPROCESSABLE)
    return redirect(f"/sigs/{quote(done)}" if accepts else "/invitations", visit)


ROUTES = [
    join,
    show_ask,
    ask,
    stop_asking,
    show_invite,
    send_invitation,
    take_invitation_back,
    show_invitations,
    reply_to_invitation,
]
