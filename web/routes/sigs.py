"""A SIG: its page, its people and roles, joining and leaving, and its settings."""

from dataclasses import replace
from urllib.parse import quote

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from domain.pages import Failure
from domain.refusals import Refused
from domain.sigs import CIRCLES, Role, SigPage
from storage.forum.lists import Cursor
from storage.sigs import find_sig_page, leave_sig
from storage.sigs.offers import answer_offer, give_role, offer_sig, step_down, withdraw_offer
from storage.sigs.people import find_people_page
from storage.sigs.settings import TypedSettings, find_settings_page, save_settings
from web.answers import UNPROCESSABLE, refuse, show
from web.forms import Form
from web.policy import Caller, form, page
from web.visits import Refusal, Visit, redirect


@page("/sigs/{slug:str}")
async def show_sig(
    visit: NamedDependency[Visit],
    slug: FromPath[str],
    tag: FromQuery[str | None] = None,
    before: FromQuery[str | None] = None,
    after: FromQuery[str | None] = None,
) -> Response[str]:
    """A SIG and one page of its threads."""
    places = {"before": _cursor(before), "after": _cursor(after)}
    place = _place(**places)

    async def find() -> SigPage | None:
        found = await find_sig_page(visit.house.database, visit.viewer, slug, visit.now, tag=tag, **places)
        return found and replace(found, place=place)

    return show(visit, await visit.recall(("sig", slug, tag, place), find), recalled=True)


def _place(before: Cursor | None, after: Cursor | None) -> str:
    """The query that leads to the same page, in its one spelling."""
    if after:
        return f"after={after}"
    return f"before={before}" if before else ""


def _cursor(text: str | None) -> Cursor | None:
    try:
        return Cursor.parse(text) if text else None
    except ValueError as error:
        raise Refusal(Failure.BAD_REQUEST, 400) from error


def _done(visit: Visit, refused: Refused | None, slug: str, then: str = "") -> Response[bytes]:
    """Back to the SIG, or to a page of it, unless the write was refused."""
    if refused:
        raise refuse(refused)
    return redirect(f"/sigs/{quote(slug)}{then}", visit)


@form("/sigs/{slug:str}/leave", caller=Caller.MEMBER)
async def leave(visit: NamedDependency[Visit], slug: FromPath[str]) -> Response[bytes]:
    """Leave a SIG; the way leads to the front page, because the SIG itself may be closed to them from now on."""
    if refused := await leave_sig(visit.house.database, visit.viewer, slug, visit.now):
        raise refuse(refused)
    return redirect("/", visit)


@page("/sigs/{slug:str}/people")
async def show_people(
    visit: NamedDependency[Visit], slug: FromPath[str], after: FromQuery[str | None] = None
) -> Response[str]:
    """The people of a SIG."""
    return show(visit, await find_people_page(visit.house.database, visit.house.seal, visit.viewer, slug, after))


@form("/sigs/{slug:str}/people/{address:str}/role", caller=Caller.MEMBER)
async def save_role(
    visit: NamedDependency[Visit], slug: FromPath[str], address: FromPath[str], form: NamedDependency[Form]
) -> Response[bytes]:
    """Appoint or dismiss a moderator."""
    role = form.text("role")
    if role not in {Role.MODERATOR, Role.MEMBER}:
        raise Refusal(Failure.BAD_REQUEST, 400)
    house = visit.house
    refused = await give_role(house.database, house.seal, visit.viewer, slug, address, Role(role), visit.now)
    return _done(visit, refused, slug, "/people")


@form("/sigs/{slug:str}/people/{address:str}/offer", caller=Caller.MEMBER)
async def make_offer(visit: NamedDependency[Visit], slug: FromPath[str], address: FromPath[str]) -> Response[bytes]:
    """Offer the SIG to one of its people."""
    refused = await offer_sig(visit.house.database, visit.viewer, slug, address, visit.now)
    return _done(visit, refused, slug, "/people")


@form("/sigs/{slug:str}/offer/withdraw", caller=Caller.MEMBER)
async def take_offer_back(visit: NamedDependency[Visit], slug: FromPath[str]) -> Response[bytes]:
    """Withdraw the offer that waits."""
    return _done(visit, await withdraw_offer(visit.house.database, visit.viewer, slug), slug, "/people")


@form("/sigs/{slug:str}/offer/answer", caller=Caller.MEMBER)
async def reply_to_offer(
    visit: NamedDependency[Visit], slug: FromPath[str], form: NamedDependency[Form]
) -> Response[bytes]:
    """Take a SIG over, or decline."""
    accepts = form.text("answer") == "accept"
    refused = await answer_offer(visit.house.database, visit.viewer, slug, visit.now, accepts=accepts)
    return _done(visit, refused, slug, "/people" if accepts else "")


@form("/sigs/{slug:str}/step-down", caller=Caller.MEMBER)
async def lay_role_down(visit: NamedDependency[Visit], slug: FromPath[str]) -> Response[bytes]:
    """Lay one's own role down."""
    return _done(visit, await step_down(visit.house.database, visit.viewer, slug, visit.now), slug)


@page("/sigs/{slug:str}/settings", caller=Caller.MEMBER)
async def show_settings(visit: NamedDependency[Visit], slug: FromPath[str]) -> Response[str]:
    """The settings of a SIG, for its owners."""
    found = await find_settings_page(visit.house.database, visit.viewer, slug)
    if isinstance(found, Refused):
        raise refuse(found)
    return show(visit, found)


@form("/sigs/{slug:str}/settings", caller=Caller.MEMBER)
async def change_settings(
    visit: NamedDependency[Visit], slug: FromPath[str], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Save the settings; what would open further is asked first."""
    typed, database = _typed(form), visit.house.database
    confirmed = {name: form.text(f"confirm.{name}") for name in CIRCLES if form.checked("confirm_widening")}
    done = await save_settings(database, visit.viewer, slug, typed, confirmed, visit.now)
    if done is None or isinstance(done, Refused):
        return _done(visit, done, slug)
    again = await find_settings_page(database, visit.viewer, slug, typed, done)
    if isinstance(again, Refused):
        raise refuse(again)
    return show(visit, again, status=UNPROCESSABLE)


def _typed(form: Form) -> TypedSettings:
    return TypedSettings(
        name=form.line("name"),
        description=form.line("description"),
        circles={name: form.text(name) for name in CIRCLES},
        joining=form.text("joining"),
        question=form.line("question"),
        rules=form.text("rules"),
        holds_first_posts=form.checked("holds_first_posts"),
        version=form.text("version"),
    )


ROUTES = [
    show_sig,
    leave,
    show_people,
    save_role,
    make_offer,
    take_offer_back,
    reply_to_offer,
    lay_role_down,
    show_settings,
    change_settings,
]
