"""Reporting a post, a scrap, a line of a page or a person, also without an account."""

from dataclasses import replace

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from domain.moderation import ReportPage, Subject
from domain.pages import Failure
from domain.refusals import Reason, Refused
from storage.moderation.reports import Reported, find_report_page, report
from web.answers import TOO_MANY, UNPROCESSABLE, show
from web.forms import Form
from web.policy import Caller, form, page
from web.visits import Refusal, Visit, redirect


async def _page(visit: Visit, reported: Reported) -> ReportPage:
    found = await find_report_page(visit.house.database, visit.viewer, reported)
    if found is None:
        raise Refusal(Failure.MISSING, 404)
    return found


async def _show(visit: Visit, reported: Reported, sent: str | None) -> Response[str]:
    return show(visit, replace(await _page(visit, reported), is_done=sent == "yes"))


async def _send(visit: Visit, reported: Reported, form: Form) -> Response[str] | Response[bytes]:
    """Pass a report on; a refused one comes back with what was typed."""
    empty = await _page(visit, reported)
    typed = form.text("reason"), form.text("words").replace("\r\n", "\n")
    house = visit.house
    refused = await report(house.database, house.seal, visit.viewer, reported, typed, visit.asking, visit.now)
    if refused is None:
        return redirect(f"{reported.path}?sent=yes", visit)
    return _again(visit, replace(empty, reason=typed[0], typed=typed[1]), refused)


def _again(visit: Visit, typed: ReportPage, refused: Refused) -> Response[str]:
    if refused.reason is Reason.MISSING:
        raise Refusal(Failure.MISSING, 404)
    problems = refused.problems or {}
    found = replace(typed, reason_problem=problems.get("reason"), words_problem=problems.get("words"))
    if problems:
        return show(visit, found, status=UNPROCESSABLE)
    status = TOO_MANY if refused.reason is Reason.TOO_MANY else UNPROCESSABLE
    return show(visit, replace(found, refused=refused.reason), status=status, retry_after=refused.retry_after)


@page("/report/post/{post_id:int}")
async def show_report_post(
    visit: NamedDependency[Visit], post_id: FromPath[int], sent: FromQuery[str | None] = None
) -> Response[str]:
    """The form to report a post."""
    return await _show(visit, Reported(Subject.POST, post_id), sent)


@form("/report/post/{post_id:int}", caller=Caller.ANYONE)
async def send_report_post(
    visit: NamedDependency[Visit], post_id: FromPath[int], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Report a post."""
    return await _send(visit, Reported(Subject.POST, post_id), form)


@page("/report/scrap/{scrap_id:int}")
async def show_report_scrap(
    visit: NamedDependency[Visit], scrap_id: FromPath[int], sent: FromQuery[str | None] = None
) -> Response[str]:
    """The form to report a scrap."""
    return await _show(visit, Reported(Subject.SCRAP, scrap_id), sent)


@form("/report/scrap/{scrap_id:int}", caller=Caller.ANYONE)
async def send_report_scrap(
    visit: NamedDependency[Visit], scrap_id: FromPath[int], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Report a scrap."""
    return await _send(visit, Reported(Subject.SCRAP, scrap_id), form)


@page("/report/entry/{address:str}/{slot:str}")
async def show_report_entry(
    visit: NamedDependency[Visit], address: FromPath[str], slot: FromPath[str], sent: FromQuery[str | None] = None
) -> Response[str]:
    """The form to report a line of a page."""
    return await _show(visit, Reported(Subject.ENTRY, address=address, slot=slot), sent)


@form("/report/entry/{address:str}/{slot:str}", caller=Caller.ANYONE)
async def send_report_entry(
    visit: NamedDependency[Visit], address: FromPath[str], slot: FromPath[str], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Report a line of a page."""
    return await _send(visit, Reported(Subject.ENTRY, address=address, slot=slot), form)


@page("/report/person/{address:str}")
async def show_report_person(
    visit: NamedDependency[Visit], address: FromPath[str], sent: FromQuery[str | None] = None
) -> Response[str]:
    """The form to report a person."""
    return await _show(visit, Reported(Subject.PERSON, address=address), sent)


@form("/report/person/{address:str}", caller=Caller.ANYONE)
async def send_report_person(
    visit: NamedDependency[Visit], address: FromPath[str], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Report a person."""
    return await _send(visit, Reported(Subject.PERSON, address=address), form)


ROUTES = [
    show_report_post,
    send_report_post,
    show_report_scrap,
    send_report_scrap,
    show_report_entry,
    send_report_entry,
    show_report_person,
    send_report_person,
]
