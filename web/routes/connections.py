"""Connections: asking, answering, taking back, ending."""

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from domain.pages import Failure
from domain.refusals import Reason
from storage.connections import (
    accept,
    ask,
    decline,
    end_connection,
    end_listed_connection,
    find_ask_page,
    find_connections_page,
    withdraw,
)
from storage.forum.lists import Cursor
from web.answers import TOO_MANY, UNPROCESSABLE, show
from web.forms import Form
from web.policy import Caller, form, page
from web.visits import Refusal, Visit, redirect


@page("/connections", caller=Caller.SIGNED_IN)
async def show_connections(
    visit: NamedDependency[Visit],
    before: FromQuery[str | None] = None,
    after: FromQuery[str | None] = None,
) -> Response[str]:
    """One's requests and connections."""
    house, places = visit.house, {"before": _cursor(before), "after": _cursor(after)}
    return show(visit, await find_connections_page(house.database, house.seal, visit.viewer, **places))


def _cursor(text: str | None) -> Cursor | None:
    try:
        return Cursor.parse(text) if text else None
    except ValueError as error:
        raise Refusal(Failure.BAD_REQUEST, 400) from error


@page("/people/{address:str}/connect", caller=Caller.MEMBER)
async def show_ask(visit: NamedDependency[Visit], address: FromPath[str]) -> Response[str]:
    """Asking a person to connect."""
    return show(visit, await find_ask_page(visit.house.database, visit.viewer, address))


@form("/people/{address:str}/connect", caller=Caller.MEMBER)
async def send_ask(
    visit: NamedDependency[Visit], address: FromPath[str], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """Ask, or accept where they have asked; a second click changes nothing."""
    database, note = visit.house.database, form.text("note")
    refused = await ask(database, visit.viewer, address, note, visit.now)
    if refused is None:
        return redirect(f"/people/{address}", visit)
    again = await find_ask_page(database, visit.viewer, address, note, refused)
    status = TOO_MANY if refused.reason is Reason.TOO_MANY else UNPROCESSABLE
    return show(visit, again, status=status, retry_after=refused.retry_after)


@form("/people/{address:str}/disconnect", caller=Caller.SIGNED_IN)
async def send_disconnect(visit: NamedDependency[Visit], address: FromPath[str]) -> Response[bytes]:
    """End the connection with whose page this is."""
    await end_connection(visit.house.database, visit.member_id, address, visit.now)
    return redirect("/connections", visit)


@form("/connections/end", caller=Caller.SIGNED_IN)
async def send_end(visit: NamedDependency[Visit], form: NamedDependency[Form]) -> Response[bytes]:
    """End one of one's connections, also with somebody whose name one may no longer see."""
    house, reference = visit.house, form.text("person")
    await end_listed_connection(house.database, house.seal, visit.member_id, reference, visit.now)
    return redirect("/connections", visit)


@form("/connections/requests/{request_id:int}/accept", caller=Caller.MEMBER)
async def send_accept(visit: NamedDependency[Visit], request_id: FromPath[int]) -> Response[bytes]:
    """Accept a request."""
    await accept(visit.house.database, visit.member_id, request_id, visit.now)
    return redirect("/connections", visit)


@form("/connections/requests/{request_id:int}/decline", caller=Caller.SIGNED_IN)
async def send_decline(visit: NamedDependency[Visit], request_id: FromPath[int]) -> Response[bytes]:
    """Decline a request, in silence."""
    await decline(visit.house.database, visit.member_id, request_id, visit.now)
    return redirect("/connections", visit)


@form("/connections/requests/{request_id:int}/withdraw", caller=Caller.SIGNED_IN)
async def send_withdraw(visit: NamedDependency[Visit], request_id: FromPath[int]) -> Response[bytes]:
    """Take one's own request back."""
    await withdraw(visit.house.database, visit.member_id, request_id, visit.now)
    return redirect("/connections", visit)


ROUTES = [
    show_connections,
    show_ask,
    send_ask,
    send_disconnect,
    send_end,
    send_accept,
    send_decline,
    send_withdraw,
]
