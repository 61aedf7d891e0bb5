"""The password gate: before a sensitive change the password is asked again, also of a browser that is remembered.

Routes declare it (`fresh_password`). A page asks first (403, the password form, which leads back to the page). A form
that comes too late is answered with the same form (403), which carries along what was typed, or brings the password
itself. Nothing that looks like a password is ever carried along.
"""

from dataclasses import replace
from typing import Any

from litestar import Request, Response

from domain.accounts import KeptField, PasswordAgainPage
from domain.pages import Failure
from domain.refusals import Reason
from storage.accounts import check_password
from web.answers import TOO_MANY, UNPROCESSABLE, show
from web.forms import Form, read_form
from web.policy import policy_of
from web.visits import SAFE_METHODS, Refusal, Visit, admit

CURRENT_PASSWORD = "current_password"  # noqa: S105 -- the name of a field

_KEEPING = frozenset({Failure.SIGN_IN, Failure.NOT_CONFIRMED})
"""Refusals of forms of ours that whoever wrote them could send a moment ago: the session has ended since."""

FORBIDDEN = 403


async def admit_or_ask(request: Request[Any, Any, Any]) -> Response[Any] | None:
    """Decide whether the handler runs, and ask for the password first where the route demands it."""
    try:
        answer = await admit(request)
    except Refusal as refusal:
        if refusal.failure in _KEEPING and request.method not in SAFE_METHODS:
            refusal.kept = (await read_form(request)).written()
        raise
    policy = policy_of(request.route_handler)
    if answer is not None or policy is None or not policy.fresh_password:
        return answer
    visit: Visit = request.state.visit
    if visit.password_is_fresh:
        return None
    if request.method in SAFE_METHODS:
        return show(visit, PasswordAgainPage(action="/password-again", next_path=visit.path), status=FORBIDDEN)
    return await _ask_within(visit, await read_form(request))


async def _ask_within(visit: Visit, form: Form) -> Response[str] | None:
    kept = tuple(
        KeptField(name=name, value=value) for name, value in form.items().items() if "password" not in name.casefold()
    )
    page = PasswordAgainPage(action=visit.path, kept=kept)
    typed = form.text(CURRENT_PASSWORD)
    if not typed:
        return show(visit, page, status=FORBIDDEN)
    return await ask_again(visit, typed, page)


async def ask_again(visit: Visit, typed: str, page: PasswordAgainPage) -> Response[str] | None:
    """None when this is the password; else this page again, saying what is wrong."""
    house = visit.house
    refused = await check_password(house.database, house.seal, visit.member, typed, visit.asking, visit.now)
    if refused is None:
        return None
    if refused.reason is Reason.TOO_MANY:
        page = replace(page, retry_after=refused.retry_after)
        return show(visit, page, status=TOO_MANY, retry_after=refused.retry_after)
    return show(visit, replace(page, wrong=True), status=UNPROCESSABLE)
