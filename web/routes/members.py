"""Personal pages, as far as the viewer may see them."""

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath

from domain.members import MemberPage
from domain.refusals import Refused
from storage.members.page import find_member_page
from web.answers import refuse, show
from web.policy import page
from web.visits import Visit


@page("/people/{address:str}")
async def show_member(visit: NamedDependency[Visit], address: FromPath[str]) -> Response[str]:
    """The page of a person; gone where it was once open to everyone and nothing of it is for this viewer."""
    house = visit.house

    async def find() -> MemberPage | Refused:
        return await find_member_page(house.database, house.seal, visit.viewer, address)

    found = await visit.recall(("member", address), find)
    if isinstance(found, Refused):
        raise refuse(found)
    return show(visit, found, recalled=True)


ROUTES = [show_member]
