"""Settings of one's account: address, password, and where one is signed in.

Changes here take the password: it is asked again when it was not given lately. The new password's own form asks for
the one of today each time, however lately it was given.
"""

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from domain.accounts import ChangeEmailPage, ChangePasswordPage, CheckMailPage, MailPurpose, SessionsPage
from domain.pages import Failure
from domain.refusals import Reason, Refused
from storage.accounts import change_password, check_password, find_settings
from storage.addresses import ask_address
from storage.sessions import Tokens, end_listed, end_others, list_sessions
from web.answers import TOO_MANY, UNPROCESSABLE, show
from web.forms import Form
from web.mail import mailbox_url
from web.password_gate import CURRENT_PASSWORD
from web.policy import Caller, form, page
from web.visits import Refusal, Visit, cookies_for, redirect

SAVED = frozenset({"email", "password"})
MOST_ENDED = 9999


@page("/settings", caller=Caller.SIGNED_IN)
async def show_settings(visit: NamedDependency[Visit], saved: FromQuery[str | None] = None) -> Response[str]:
    """The settings, and what was just saved."""
    house = visit.house
    said = saved if saved in SAVED else None
    return show(visit, await find_settings(house.database, house.seal, visit.member.account_id, said))


@page("/settings/email", caller=Caller.SIGNED_IN, fresh_password=True)
async def show_change_email(visit: NamedDependency[Visit]) -> Response[str]:
    """Choosing another address."""
    return show(visit, ChangeEmailPage())


@form("/settings/email", caller=Caller.SIGNED_IN, fresh_password=True)
async def send_change_email(
    visit: NamedDependency[Visit], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Mail the new address; nothing changes until that is answered."""
    house, email = visit.house, form.line("email")
    refused = await ask_address(house.database, house.seal, visit.member, email, visit.asking, visit.now)
    if refused is None:
        return redirect("/settings/email/check-mail", visit)
    if refused.reason is Reason.TOO_MANY:
        page = ChangeEmailPage(email=email, refused=refused.reason)
        return show(visit, page, status=TOO_MANY, retry_after=refused.retry_after)
    problem = (refused.problems or {}).get("email")
    return show(visit, ChangeEmailPage(email=email, problem=problem), status=UNPROCESSABLE)


@page("/settings/email/check-mail", caller=Caller.SIGNED_IN)
async def show_change_email_sent(visit: NamedDependency[Visit]) -> Response[str]:
    """What follows, whoever's address it was."""
    return show(visit, CheckMailPage(purpose=MailPurpose.CHANGE, mailbox_url=mailbox_url(visit.house.settings)))


@page("/settings/password", caller=Caller.SIGNED_IN)
async def show_change_password(visit: NamedDependency[Visit]) -> Response[str]:
    """Choosing a new password; the form itself asks for today's, so the page does not."""
    return show(visit, ChangePasswordPage())


@form("/settings/password", caller=Caller.SIGNED_IN)
async def send_change_password(
    visit: NamedDependency[Visit], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Set a new password, with the one of today; every other browser is signed out."""
    house, asking, now = visit.house, visit.asking, visit.now
    current, fresh = form.text(CURRENT_PASSWORD), form.text("password")
    done: Tokens | Refused | None
    done = await check_password(house.database, house.seal, visit.member, current, asking, now)
    if done is None:
        done = await change_password(house.database, house.seal, visit.member, fresh, asking, now)
    if isinstance(done, Tokens):
        visit.give(cookies_for(done))
        return redirect("/settings?saved=password", visit)
    return _password_refused(visit, done)


def _password_refused(visit: Visit, refused: Refused) -> Response[str]:
    problems, wait = refused.problems or {}, refused.retry_after
    page = ChangePasswordPage(
        problem=problems.get("password"), current_problem=problems.get(CURRENT_PASSWORD), retry_after=wait
    )
    return show(visit, page, status=TOO_MANY if wait else UNPROCESSABLE, retry_after=wait)


@page("/settings/sessions", caller=Caller.SIGNED_IN)
async def show_sessions(visit: NamedDependency[Visit], ended: FromQuery[int | None] = None) -> Response[str]:
    """Where one is signed in."""
    member = visit.member
    lines = await list_sessions(visit.house.database, member.account_id, member.session_id, visit.now)
    said = ended if ended is not None and 0 <= ended <= MOST_ENDED else None
    return show(visit, SessionsPage(sessions=lines, ended=said))


@form("/settings/sessions/{reference:str}/end", caller=Caller.SIGNED_IN, fresh_password=True)
async def send_end_session(visit: NamedDependency[Visit], reference: FromPath[str]) -> Response[bytes]:
    """End one line of the list."""
    if not await end_listed(visit.house.database, visit.member.account_id, reference):
        raise Refusal(Failure.MISSING, 404)
    return redirect("/settings/sessions?ended=1", visit)


@form("/settings/sessions/end-others", caller=Caller.SIGNED_IN, fresh_password=True)
async def send_end_others(visit: NamedDependency[Visit]) -> Response[bytes]:
    """End every line of the list but this browser's."""
    member = visit.member
    ended = await end_others(visit.house.database, member.account_id, member.session_id, visit.now)
    return redirect(f"/settings/sessions?ended={min(ended, MOST_ENDED)}", visit)


ROUTES = [
    show_settings,
    show_change_email,
    send_change_email,
    show_change_email_sent,
    show_change_password,
    send_change_password,
    show_sessions,
    send_end_session,
    send_end_others,
]
