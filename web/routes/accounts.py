"""Accounts: registering, confirming, signing in and out, and a new password for who forgot theirs.

Every answer to an address is the same whether or not it has an account; what differs goes into a mail.
"""

from dataclasses import replace

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from domain.accounts import (
    CheckMailPage,
    ConfirmPage,
    FieldProblem,
    ForgotPage,
    MailPurpose,
    PasswordAgainPage,
    RegisterPage,
    Registration,
    ResetPage,
    SignInPage,
    problem_with_email,
)
from domain.members import ENTRY_RULES, EntryKind, KeyChip, chip_for_owner
from domain.refusals import Reason, Refused
from storage.accounts import ask_reset, may_reset, reset_password, sign_in
from storage.addresses import ask_confirmation, find_link, follow_link
from storage.registrations import register
from storage.sessions import Tokens, end_session
from web.answers import TOO_MANY, UNPROCESSABLE, refuse, show
from web.forms import Form
from web.mail import mailbox_url
from web.password_gate import CURRENT_PASSWORD, ask_again
from web.policy import Caller, form, page
from web.visits import Visit, cookies_for, cookies_for_leaving, is_local_path, redirect

GONE = 410
"""A link that is used up or too old, or never was one: the answer is the same."""


def _chip(kind: EntryKind) -> KeyChip:
    return chip_for_owner(ENTRY_RULES[kind].default, {})


def _register_page(typed: Registration | None = None, refused: Refused | None = None) -> RegisterPage:
    problems = (refused.problems if refused else None) or {}
    empty = RegisterPage(
        name_key=_chip(EntryKind.NAME),
        profession_key=_chip(EntryKind.PROFESSION),
        gender_key=_chip(EntryKind.GENDER),
        email_key=_chip(EntryKind.EMAIL),
        problems=tuple(FieldProblem(field=field, problem=problem) for field, problem in problems.items()),
        retry_after=refused.retry_after if refused else None,
    )
    if typed is None:
        return empty
    return replace(
        empty,
        name=typed.name,
        gender=typed.gender,
        profession=typed.profession,
        email=typed.email,
        is_adult=typed.is_adult,
        accepts_terms=typed.accepts_terms,
        accepts_privacy=typed.accepts_privacy,
        public_page=typed.public_page,
    )


def _registration(form: Form) -> Registration:
    return Registration(
        name=form.line("name"),
        gender=form.text("gender"),
        profession=form.line("profession"),
        email=form.line("email"),
        password=form.text("password"),
        is_adult=form.checked("is_adult"),
        accepts_terms=form.checked("accepts_terms"),
        accepts_privacy=form.checked("accepts_privacy"),
        public_page=form.checked("public_page"),
    )


@page("/register", caller=Caller.VISITOR)
async def show_register(visit: NamedDependency[Visit]) -> Response[str]:
    """The registration form."""
    return show(visit, replace(_register_page(), public_page=visit.house.settings.public_pages))


@form("/register", caller=Caller.VISITOR)
async def send_register(visit: NamedDependency[Visit], form: NamedDependency[Form]) -> Response[str] | Response[bytes]:
    """Note a registration; its mail decides what comes of it."""
    typed = _registration(form)
    refused = await register(visit.house.database, visit.house.seal, typed, visit.asking, visit.now)
    if refused is None:
        return redirect("/register/check-mail", visit)
    status = TOO_MANY if refused.reason is Reason.TOO_MANY else UNPROCESSABLE
    return show(visit, _register_page(typed, refused), status=status, retry_after=refused.retry_after)


@page("/register/check-mail")
async def show_register_sent(visit: NamedDependency[Visit]) -> Response[str]:
    """What follows a registration, whoever's address it was."""
    return show(visit, CheckMailPage(purpose=MailPurpose.CONFIRM, mailbox_url=mailbox_url(visit.house.settings)))


@form("/register/resend", caller=Caller.SIGNED_IN)
async def send_confirmation(visit: NamedDependency[Visit]) -> Response[bytes]:
    """Send the mail again that confirms the address of who is signed in."""
    house = visit.house
    if refused := await ask_confirmation(house.database, house.seal, visit.member, visit.asking, visit.now):
        raise refuse(refused)
    return redirect("/register/check-mail", visit)


@page("/confirm/{token:str}")
async def show_confirm(visit: NamedDependency[Visit], token: FromPath[str]) -> Response[str] | Response[bytes]:
    """The page behind the link of a mail: a button, for programs that follow links must not confirm anything."""
    found = await find_link(visit.house.database, token, visit.signed_in, visit.now)
    if isinstance(found, Refused):
        return _refuse_link(visit, token, found)
    return show(visit, ConfirmPage(token=token, purpose=found))


def _refuse_link(visit: Visit, token: str, refused: Refused) -> Response[str] | Response[bytes]:
    if refused.reason is Reason.SIGN_IN:
        return redirect(f"/sign-in?next=/confirm/{token}", visit)
    return show(visit, ConfirmPage(token="", purpose=MailPurpose.CONFIRM, is_valid=False), status=GONE)


@form("/confirm/{token:str}", caller=Caller.ANYONE)
async def send_confirm(visit: NamedDependency[Visit], token: FromPath[str]) -> Response[str] | Response[bytes]:
    """Confirm a registration, which signs in, or a change of address."""
    house = visit.house
    done = await follow_link(house.database, house.seal, token, visit.signed_in, visit.asking, visit.now)
    if isinstance(done, Refused):
        return _refuse_link(visit, token, done)
    if isinstance(done, Tokens):
        visit.give(cookies_for(done))
        return redirect("/profile/check-up/1", visit)
    return redirect("/settings?saved=email", visit)


@page("/sign-in", caller=Caller.VISITOR)
async def show_sign_in(visit: NamedDependency[Visit], next: FromQuery[str | None] = None) -> Response[str]:  # noqa: A002
    """The sign-in form; `next` is the page to go on to."""
    return show(visit, SignInPage(next_path=_local(next)))


def _local(path: str | None) -> str:
    return path if path and is_local_path(path) else "/"


@form("/sign-in", caller=Caller.VISITOR)
async def send_sign_in(visit: NamedDependency[Visit], form: NamedDependency[Form]) -> Response[str] | Response[bytes]:
    """Sign in, and go on to where one wanted to go."""
    house, remember = visit.house, form.checked("remember")
    page = SignInPage(email=form.line("email"), remember=remember, next_path=_local(form.text("next")), wrong=True)
    done = await sign_in(
        house.database, house.seal, page.email, form.text("password"), visit.asking, visit.now, remember=remember
    )
    if isinstance(done, Tokens):
        visit.give(cookies_for(done))
        return redirect(page.next_path, visit)
    if done.reason is Reason.NOT_CONFIRMED:
        return redirect("/register/check-mail", visit)
    status = TOO_MANY if done.reason is Reason.TOO_MANY else UNPROCESSABLE
    return show(visit, replace(page, retry_after=done.retry_after), status=status, retry_after=done.retry_after)


@form("/sign-out", caller=Caller.ANYONE)
async def send_sign_out(visit: NamedDependency[Visit]) -> Response[bytes]:
    """End this browser's session and forget the browser; also when that has happened already."""
    if visit.signed_in is not None:
        await end_session(visit.house.database, visit.signed_in.session_id)
    visit.give(cookies_for_leaving())
    answer = redirect("/", visit)
    answer.headers["clear-site-data"] = '"cache", "storage"'
    return answer


@page("/forgot")
async def show_forgot(visit: NamedDependency[Visit]) -> Response[str]:
    """Asking for a mail to choose a new password."""
    return show(visit, ForgotPage())


@form("/forgot", caller=Caller.ANYONE)
async def send_forgot(visit: NamedDependency[Visit], form: NamedDependency[Form]) -> Response[str] | Response[bytes]:
    """Ask for the mail; the answer is the same for every address."""
    email = form.line("email")
    if problem := problem_with_email(email):
        return show(visit, ForgotPage(email=email, problem=problem), status=UNPROCESSABLE)
    refused = await ask_reset(visit.house.database, visit.house.seal, email, visit.asking, visit.now)
    if refused is None:
        return redirect("/forgot/check-mail", visit)
    wait = refused.retry_after
    return show(visit, ForgotPage(email=email, retry_after=wait), status=TOO_MANY, retry_after=wait)


@page("/forgot/check-mail")
async def show_forgot_sent(visit: NamedDependency[Visit]) -> Response[str]:
    """What follows, whoever's address it was."""
    return show(visit, CheckMailPage(purpose=MailPurpose.RESET, mailbox_url=mailbox_url(visit.house.settings)))


@page("/reset/{token:str}")
async def show_reset(visit: NamedDependency[Visit], token: FromPath[str]) -> Response[str]:
    """Choosing a new password, with the link of a mail."""
    if not await may_reset(visit.house.database, token, visit.now):
        return show(visit, ResetPage(token="", is_valid=False), status=GONE)
    return show(visit, ResetPage(token=token))


@form("/reset/{token:str}", caller=Caller.ANYONE)
async def send_reset(
    visit: NamedDependency[Visit], token: FromPath[str], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Set the new password, which signs in here and nowhere else."""
    house, ending = visit.house, visit.signed_in.session_id if visit.signed_in else None
    done = await reset_password(
        house.database, house.seal, token, form.text("password"), visit.asking, visit.now, ending=ending
    )
    if isinstance(done, Tokens):
        visit.give(cookies_for(done))
        return redirect("/", visit)
    if done.problems:
        return show(visit, ResetPage(token=token, problem=done.problems["password"]), status=UNPROCESSABLE)
    return show(visit, ResetPage(token="", is_valid=False), status=GONE)


@form("/password-again", caller=Caller.SIGNED_IN)
async def send_password_again(
    visit: NamedDependency[Visit], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Give the password again, and go on to the page that asked for it."""
    wanted = form.text("next")
    path = wanted if is_local_path(wanted) else "/settings"
    page = PasswordAgainPage(action="/password-again", next_path=path)
    again = await ask_again(visit, form.text(CURRENT_PASSWORD), page)
    return again if again is not None else redirect(path, visit)


ROUTES = [
    show_register,
    send_register,
    show_register_sent,
    send_confirmation,
    show_confirm,
    send_confirm,
    show_sign_in,
    send_sign_in,
    send_sign_out,
    show_forgot,
    send_forgot,
    show_forgot_sent,
    show_reset,
    send_reset,
    send_password_again,
]
