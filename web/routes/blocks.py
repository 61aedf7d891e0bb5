"""Blocking and muting people, and what a block means, for everyone to read."""

from urllib.parse import quote

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath

from domain.blocks import UnblockPage, block_matrix_page
from storage.blocks import (
    block,
    find_block_page,
    find_blocks_page,
    mute,
    unblock,
    unblock_listed,
    unmute,
    unmute_listed,
)
from web.answers import UNPROCESSABLE, refuse, show
from web.forms import Form
from web.policy import Caller, form, page
from web.visits import Visit, redirect


@page("/about/blocks")
async def show_matrix(visit: NamedDependency[Visit]) -> Response[str]:
    """The matrix of what a block does."""
    return show(visit, block_matrix_page())


@page("/settings/blocks", caller=Caller.SIGNED_IN)
async def show_blocks(visit: NamedDependency[Visit]) -> Response[str]:
    """Whom one blocks, and whom one mutes."""
    return show(visit, await find_blocks_page(visit.house.database, visit.house.seal, visit.viewer))


@page("/people/{address:str}/block", caller=Caller.SIGNED_IN)
async def show_block(visit: NamedDependency[Visit], address: FromPath[str]) -> Response[str]:
    """What a block does, before it is made."""
    return show(visit, await find_block_page(visit.house.database, visit.viewer, address))


@form("/people/{address:str}/block", caller=Caller.SIGNED_IN)
async def send_block(visit: NamedDependency[Visit], address: FromPath[str]) -> Response[bytes]:
    """Block a person. Their page may be hidden from then on, so the list of blocks follows."""
    if refused := await block(visit.house.database, visit.viewer, address, visit.now):
        raise refuse(refused)
    return redirect("/settings/blocks", visit)


@form("/people/{address:str}/unblock", caller=Caller.SIGNED_IN)
async def send_unblock(
    visit: NamedDependency[Visit], address: FromPath[str], form: NamedDependency[Form]
) -> Response[str] | Response[bytes]:
    """End one's own block of whose page this is; that they see more again is asked first."""
    if not form.checked("confirm_widening"):
        return show(visit, UnblockPage(action=f"/people/{quote(address)}/unblock"), status=UNPROCESSABLE)
    await unblock(visit.house.database, visit.member_id, address, visit.now)
    return redirect(f"/people/{address}", visit)


@form("/settings/blocks/end", caller=Caller.SIGNED_IN)
async def send_end_block(visit: NamedDependency[Visit], form: NamedDependency[Form]) -> Response[str] | Response[bytes]:
    """End one of one's own blocks, also of somebody whose name one may not see; asked first."""
    house, reference = visit.house, form.text("person")
    if not form.checked("confirm_widening"):
        return show(visit, UnblockPage(action="/settings/blocks/end", reference=reference), status=UNPROCESSABLE)
    await unblock_listed(house.database, house.seal, visit.member_id, reference, visit.now)
    return redirect("/settings/blocks", visit)


@form("/people/{address:str}/mute", caller=Caller.SIGNED_IN)
async def send_mute(visit: NamedDependency[Visit], address: FromPath[str]) -> Response[bytes]:
    """Have no notices about a person."""
    if refused := await mute(visit.house.database, visit.viewer, address, visit.now):
        raise refuse(refused)
    return redirect(f"/people/{address}", visit)


@form("/people/{address:str}/unmute", caller=Caller.SIGNED_IN)
async def send_unmute(visit: NamedDependency[Visit], address: FromPath[str]) -> Response[bytes]:
    """Have notices about them again."""
    await unmute(visit.house.database, visit.member_id, address)
    return redirect(f"/people/{address}", visit)


@form("/settings/mutes/end", caller=Caller.SIGNED_IN)
async def send_end_mute(visit: NamedDependency[Visit], form: NamedDependency[Form]) -> Response[bytes]:
    """The same for somebody on one's list, also where one may no longer see their name."""
    await unmute_listed(visit.house.database, visit.house.seal, visit.member_id, form.text("person"))
    return redirect("/settings/blocks", visit)


ROUTES = [
    show_matrix,
    show_blocks,
    show_block,
    send_block,
    send_unblock,
    send_end_block,
    send_mute,
    send_unmute,
    send_end_mute,
]
