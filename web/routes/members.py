"""Personal pages, and the owner's form for every entry with its audience."""

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath

from domain.members import EntryKind
from storage.members import find_edit_page, find_member_page, save_entries
from web.answers import show
from web.forms import Form
from web.policy import Caller, form, page
from web.visits import Visit, redirect


@page("/people/{address:str}")
async def show_member(visit: NamedDependency[Visit], address: FromPath[str]) -> Response[str]:
    """The page of a person, as far as the viewer may see it."""
    house = visit.house
    return show(visit, await find_member_page(house.database, house.seal, visit.viewer, address))


@page("/profile/edit", caller=Caller.SIGNED_IN)
async def show_edit(visit: NamedDependency[Visit]) -> Response[str]:
    """One's own entries, each with who will see it."""
    return show(visit, await find_edit_page(visit.house.database, visit.house.seal, visit.member_id))


@form("/profile/edit", caller=Caller.SIGNED_IN)
async def save_edit(visit: NamedDependency[Visit], form: NamedDependency[Form]) -> Response[str] | Response[bytes]:
    """Save every entry; what would widen an audience is asked first."""
    again = await save_entries(
        visit.house.database,
        visit.house.seal,
        visit.member_id,
        _typed(form),
        visit.now,
        public_page=form.checked("public_page"),
        confirmed=form.checked("confirm_widening"),
    )
    if again is not None:
        return show(visit, again, status=422)
    return redirect(f"/people/{visit.frame.me.address}" if visit.frame.me else "/", visit)


def _typed(form: Form) -> dict[EntryKind, tuple[str | None, str | None]]:
    """Value and audience of each entry that the form has; what it leaves out stays as it is."""
    posted = form.items()
    found = {kind: (posted.get(kind), posted.get(f"{kind}.audience")) for kind in EntryKind}
    return {kind: parts for kind, parts in found.items() if parts != (None, None)}


ROUTES = [show_member, show_edit, save_edit]
