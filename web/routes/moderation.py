"""Order: queues, cases, acts and appeals, the log of a SIG, and what was done and looked at about oneself."""

from dataclasses import replace
from typing import Annotated, Any

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from domain.moderation import ActForm, ActKind, CaseKind, CaseState, Order
from domain.pages import Failure
from domain.refusals import Reason, Refused
from storage.moderation.acts import act_on_case, act_on_post, undo_act
from storage.moderation.appeals import appeal, decide_appeal, find_act_page
from storage.moderation.cases import (
    approve_case,
    close_case,
    give_back_case,
    note_case,
    open_case,
    reopen_case,
    take_case,
)
from storage.moderation.log import find_log_page, find_own_acts
from storage.moderation.pages import find_case_page, find_moderate_page
from storage.moderation.queue import Filter, find_sig_queue, find_staff_queue
from web.answers import UNPROCESSABLE, refuse, show
from web.forms import Form
from web.policy import Caller, form, page
from web.visits import Refusal, Visit, redirect

Before = Annotated[int | None, QueryParameter(ge=1, le=2**63 - 1)]


def _filter(kind: str | None, status: str | None, before: int | None) -> Filter:
    try:
        return Filter(CaseKind(kind) if kind else None, CaseState(status) if status else None, before)
    except ValueError as error:
        raise Refusal(Failure.BAD_REQUEST, 400) from error


@page("/sigs/{slug:str}/queue", caller=Caller.MEMBER)
async def show_queue(
    visit: NamedDependency[Visit],
    slug: FromPath[str],
    kind: FromQuery[str | None] = None,
    status: FromQuery[str | None] = None,
    before: Before = None,
) -> Response[str]:
    """What waits for the moderators of a SIG."""
    wanted = _filter(kind, status, before)
    return show(visit, await find_sig_queue(visit.house.database, visit.viewer, slug, wanted))


@page("/queue", caller=Caller.MEMBER)
async def show_staff_queue(
    visit: NamedDependency[Visit],
    kind: FromQuery[str | None] = None,
    status: FromQuery[str | None] = None,
    before: Before = None,
) -> Response[str]:
    """What waits for the staff."""
    return show(visit, await find_staff_queue(visit.house.database, visit.viewer, _filter(kind, status, before)))


@page("/sigs/{slug:str}/log", caller=Caller.MEMBER)
async def show_log(visit: NamedDependency[Visit], slug: FromPath[str], before: Before = None) -> Response[str]:
    """What moderators did in a SIG, for its people."""
    return show(visit, await find_log_page(visit.house.database, visit.viewer, slug, before))


@page("/cases/{case_id:int}", caller=Caller.MEMBER)
async def show_case(visit: NamedDependency[Visit], case_id: FromPath[int]) -> Response[str]:
    """One case; what it is about only once it has been opened."""
    return show(visit, await find_case_page(visit.house.database, visit.viewer, case_id, visit.now))


def _back_to_case(visit: Visit, case_id: int, refused: Refused | None) -> Response[bytes]:
    """The case again, also where somebody else was quicker."""
    if refused is not None and refused.reason is not Reason.STALE:
        raise refuse(refused)
    return redirect(f"/cases/{case_id}", visit)


@form("/cases/{case_id:int}/open", caller=Caller.MEMBER)
async def send_open(visit: NamedDependency[Visit], case_id: FromPath[int]) -> Response[bytes]:
    """Open a case, which is noted."""
    return _back_to_case(visit, case_id, await open_case(visit.house.database, visit.viewer, case_id, visit.now))


@form("/cases/{case_id:int}/take", caller=Caller.MEMBER)
async def send_take(visit: NamedDependency[Visit], case_id: FromPath[int]) -> Response[bytes]:
    """Take a case on."""
    return _back_to_case(visit, case_id, await take_case(visit.house.database, visit.viewer, case_id))


@form("/cases/{case_id:int}/give-back", caller=Caller.MEMBER)
async def send_give_back(visit: NamedDependency[Visit], case_id: FromPath[int]) -> Response[bytes]:
    """Leave a case to others."""
    return _back_to_case(visit, case_id, await give_back_case(visit.house.database, visit.viewer, case_id))


@form("/cases/{case_id:int}/close", caller=Caller.MEMBER)
async def send_close(visit: NamedDependency[Visit], case_id: FromPath[int]) -> Response[bytes]:
    """Close a report without an act."""
    return _back_to_case(visit, case_id, await close_case(visit.house.database, visit.viewer, case_id, visit.now))


@form("/cases/{case_id:int}/reopen", caller=Caller.MEMBER)
async def send_reopen(visit: NamedDependency[Visit], case_id: FromPath[int]) -> Response[bytes]:
    """Look at a closed report again."""
    return _back_to_case(visit, case_id, await reopen_case(visit.house.database, visit.viewer, case_id))


async def _back_or_again(visit: Visit, case_id: int, refused: Refused | None) -> Response[str] | Response[bytes]:
    """The case again; where it still waits, because nobody had opened it or it has changed, with that said."""
    found = await find_case_page(visit.house.database, visit.viewer, case_id, visit.now) if refused else None
    if refused is None or refused.reason is not Reason.STALE or found is None or found.state is CaseState.CLOSED:
        return _back_to_case(visit, case_id, refused)
    return show(visit, replace(found, refused=refused.reason), status=UNPROCESSABLE)


@form("/cases/{case_id:int}/approve", caller=Caller.MEMBER)
async def send_approve(
    visit: NamedDependency[Visit], case_id: FromPath[int], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Let a first post through as it was shown, or somebody in."""
    shown, database = form.number("version"), visit.house.database
    return await _back_or_again(
        visit, case_id, await approve_case(database, visit.viewer, case_id, visit.now, version=shown)
    )


@form("/cases/{case_id:int}/decline", caller=Caller.MEMBER)
async def send_decline(visit: NamedDependency[Visit], case_id: FromPath[int]) -> Response[str] | Response[bytes]:
    """Do not let somebody in."""
    done = await approve_case(visit.house.database, visit.viewer, case_id, visit.now, is_yes=False)
    return await _back_or_again(visit, case_id, done)


@form("/cases/{case_id:int}/notes", caller=Caller.MEMBER)
async def send_note(
    visit: NamedDependency[Visit], case_id: FromPath[int], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Leave a note for the others who decide."""
    words = form.text("words").replace("\r\n", "\n")
    refused = await note_case(visit.house.database, visit.viewer, case_id, words, visit.now)
    if refused is None or refused.reason is not Reason.INVALID:
        return _back_to_case(visit, case_id, refused)
    found = await find_case_page(visit.house.database, visit.viewer, case_id, visit.now)
    problem = (refused.problems or {}).get("words")
    return show(visit, found and replace(found, note=words, note_problem=problem), status=UNPROCESSABLE)


def _order(form: Form) -> Order:
    """What was typed for an act."""
    kind, days = form.text("kind"), form.text("days")
    if kind and kind not in set(ActKind):
        raise Refusal(Failure.BAD_REQUEST, 400)
    return Order(
        kind=ActKind(kind) if kind else None,
        rule=form.text("rule"),
        reason=form.text("reason").replace("\r\n", "\n"),
        days=form.number("days") if days else None,
        to_sig=form.line("to_sig"),
    )


def _typed(empty: ActForm, form: Form, refused: Refused) -> ActForm:
    """The form for an act with what was typed and what is wrong with it."""
    names = ("kind", "rule", "reason", "days", "to_sig")
    problems = refused.problems or {}
    fields: dict[str, Any] = {name: form.text(name) for name in names}
    fields |= {f"{name}_problem": problems.get(name) for name in names}
    return replace(empty, **fields, refused=None if problems else refused.reason)


@form("/cases/{case_id:int}/acts", caller=Caller.MEMBER)
async def send_case_act(
    visit: NamedDependency[Visit], case_id: FromPath[int], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Do something about what a case is about; a refused act comes back with what was typed, also where the case has
    closed again meanwhile."""
    done = await act_on_case(visit.house.database, visit.viewer, case_id, _order(form), visit.now)
    if not isinstance(done, Refused):
        return redirect(f"/cases/{case_id}", visit)
    found = await find_case_page(visit.house.database, visit.viewer, case_id, visit.now)
    if found is not None and not found.is_opened:
        return show(visit, replace(found, refused=Reason.STALE, kept=form.written()), status=UNPROCESSABLE)
    if found is None or found.form is None or done.reason is Reason.MISSING:
        raise refuse(done)
    return show(visit, replace(found, form=_typed(found.form, form, done)), status=UNPROCESSABLE)


@page("/posts/{post_id:int}/moderate", caller=Caller.MEMBER)
async def show_moderate(visit: NamedDependency[Visit], post_id: FromPath[int]) -> Response[str]:
    """What can be done about a post, its thread and its author."""
    return show(visit, await find_moderate_page(visit.house.database, visit.viewer, post_id))


@form("/posts/{post_id:int}/moderate", caller=Caller.MEMBER)
async def send_moderate(
    visit: NamedDependency[Visit], post_id: FromPath[int], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Do something about it; a refused act comes back with what was typed."""
    done = await act_on_post(visit.house.database, visit.viewer, post_id, _order(form), visit.now)
    found = await find_moderate_page(visit.house.database, visit.viewer, post_id)
    if not isinstance(done, Refused):
        return redirect(f"/posts/{post_id}/moderate" if found else f"/acts/{done}", visit)
    if found is None or done.reason is Reason.MISSING:
        raise refuse(done)
    return show(visit, replace(found, form=_typed(found.form, form, done)), status=UNPROCESSABLE)


@page("/acts/{act_id:int}", caller=Caller.SIGNED_IN)
async def show_act(visit: NamedDependency[Visit], act_id: FromPath[int]) -> Response[str]:
    """The statement of an act."""
    return show(visit, await find_act_page(visit.house.database, visit.viewer, act_id, visit.now))


@form("/acts/{act_id:int}/undo", caller=Caller.MEMBER)
async def send_undo(visit: NamedDependency[Visit], act_id: FromPath[int]) -> Response[str] | Response[bytes]:
    """Take an act back."""
    done = await undo_act(visit.house.database, visit.viewer, act_id, visit.now)
    if not isinstance(done, Refused) or done.reason is Reason.STALE:
        return redirect(f"/acts/{act_id}", visit)
    found = await find_act_page(visit.house.database, visit.viewer, act_id, visit.now)
    if found is None or done.reason is Reason.MISSING:
        raise refuse(done)
    return show(visit, replace(found, refused=done.reason), status=UNPROCESSABLE)


@form("/acts/{act_id:int}/appeal", caller=Caller.SIGNED_IN)
async def send_appeal(
    visit: NamedDependency[Visit], act_id: FromPath[int], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Appeal against an act that concerns oneself."""
    words = form.text("words").replace("\r\n", "\n")
    refused = await appeal(visit.house.database, visit.viewer, act_id, words, visit.now)
    if refused is None:
        return redirect(f"/acts/{act_id}", visit)
    found = await find_act_page(visit.house.database, visit.viewer, act_id, visit.now)
    if found is None or refused.reason in {Reason.MISSING, Reason.TOO_MANY}:
        raise refuse(refused)
    problem = (refused.problems or {}).get("words")
    again = replace(found, typed=words, words_problem=problem, refused=None if problem else refused.reason)
    return show(visit, again, status=UNPROCESSABLE)


@form("/acts/{act_id:int}/decide", caller=Caller.MEMBER)
async def send_decide(
    visit: NamedDependency[Visit], act_id: FromPath[int], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Decide an appeal against somebody else's act."""
    typed = form.text("decision") == "grant", form.text("answer").replace("\r\n", "\n")
    refused = await decide_appeal(visit.house.database, visit.viewer, act_id, typed, visit.now)
    found = await find_act_page(visit.house.database, visit.viewer, act_id, visit.now)
    if refused is None or refused.reason is Reason.STALE:
        return redirect(f"/acts/{act_id}" if found else "/", visit)
    if found is None or refused.reason is Reason.MISSING:
        raise refuse(refused)
    problem = (refused.problems or {}).get("answer")
    again = replace(found, answer=typed[1], answer_problem=problem, refused=None if problem else refused.reason)
    return show(visit, again, status=UNPROCESSABLE)


@page("/settings/acts", caller=Caller.SIGNED_IN)
async def show_own_acts(visit: NamedDependency[Visit]) -> Response[str]:
    """What moderators did to oneself, and what of one's own they looked at."""
    return show(visit, await find_own_acts(visit.house.database, visit.viewer))


ROUTES = [
    show_queue,
    show_staff_queue,
    show_log,
    show_case,
    send_open,
    send_take,
    send_give_back,
    send_close,
    send_reopen,
    send_approve,
    send_decline,
    send_note,
    send_case_act,
    show_moderate,
    send_moderate,
    show_act,
    send_undo,
    send_appeal,
    send_decide,
    show_own_acts,
]
