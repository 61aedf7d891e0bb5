"""One's own lists of people."""

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath

from domain.refusals import Problem, Refused
from storage.members.lists import (
    delete_list,
    find_list_page,
    find_lists_page,
    find_person_lists_page,
    forget_unseen,
    make_list,
    place_person,
)
from web.answers import UNPROCESSABLE, refuse, show
from web.forms import Form
from web.policy import Caller, form, page
from web.visits import Visit, redirect


@page("/lists", caller=Caller.SIGNED_IN)
async def show_lists(visit: NamedDependency[Visit]) -> Response[str]:
    """All of one's lists."""
    return show(visit, await find_lists_page(visit.house.database, visit.member_id))


@form("/lists", caller=Caller.MEMBER)
async def add_list(visit: NamedDependency[Visit], form: NamedDependency[Form]) -> Response[str] | Response[bytes]:
    """Make a list."""
    name = form.line("name")
    made = await make_list(visit.house.database, visit.member_id, name, visit.now)
    if isinstance(made, Problem):
        again = await find_lists_page(visit.house.database, visit.member_id, name, made)
        return show(visit, again, status=UNPROCESSABLE)
    return redirect(f"/lists/{made}", visit)


@page("/lists/{list_id:int}", caller=Caller.SIGNED_IN)
async def show_list(visit: NamedDependency[Visit], list_id: FromPath[int]) -> Response[str]:
    """The people on one list."""
    return show(visit, await find_list_page(visit.house.database, visit.viewer, list_id))


@form("/lists/{list_id:int}/delete", caller=Caller.SIGNED_IN)
async def remove_list(visit: NamedDependency[Visit], list_id: FromPath[int]) -> Response[bytes]:
    """Delete a list; what was open to it closes."""
    if refused := await delete_list(visit.house.database, visit.member_id, list_id, visit.now):
        raise refuse(refused)
    return redirect("/lists", visit)


@form("/lists/{list_id:int}/forget-unseen", caller=Caller.SIGNED_IN)
async def remove_unseen(visit: NamedDependency[Visit], list_id: FromPath[int]) -> Response[bytes]:
    """Take off those whose names one may no longer see."""
    if refused := await forget_unseen(visit.house.database, visit.viewer, list_id):
        raise refuse(refused)
    return redirect(f"/lists/{list_id}", visit)


@page("/people/{address:str}/lists", caller=Caller.MEMBER)
async def show_person_lists(visit: NamedDependency[Visit], address: FromPath[str]) -> Response[str]:
    """On which of one's lists a person is."""
    return show(visit, await find_person_lists_page(visit.house.database, visit.viewer, address))


@form("/people/{address:str}/lists", caller=Caller.MEMBER)
async def save_person_lists(
    visit: NamedDependency[Visit], address: FromPath[str], form: NamedDependency[Form]
) -> Response[bytes]:
    """Put a person on the lists that are ticked, and take them off the others."""
    ticked = [name.removeprefix("list-") for name in form.items() if name.startswith("list-") and form.checked(name)]
    chosen = frozenset(int(number) for number in ticked if number.isascii() and number.isdigit() and len(number) < 16)
    done = await place_person(visit.house.database, visit.viewer, address, chosen, visit.now)
    if isinstance(done, Refused):
        raise refuse(done)
    return redirect(f"/people/{address}", visit)


ROUTES = [
    show_lists,
    add_list,
    show_list,
    remove_list,
    remove_unseen,
    show_person_lists,
    save_person_lists,
]
