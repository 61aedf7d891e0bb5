"""Who may reach me."""

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromQuery

from domain.channels import Channel
from storage.channels import choose_channels, find_channels_page
from web.answers import refuse, show
from web.forms import Form
from web.policy import Caller, form, page
from web.visits import Visit, redirect


@page("/settings/channels", caller=Caller.SIGNED_IN)
async def show_channels(visit: NamedDependency[Visit], saved: FromQuery[str | None] = None) -> Response[str]:
    """Who may reach one, by each channel."""
    return show(visit, await find_channels_page(visit.house.database, visit.member_id, saved=saved == "yes"))


@form("/settings/channels", caller=Caller.SIGNED_IN)
async def save_channels(visit: NamedDependency[Visit], form: NamedDependency[Form]) -> Response[bytes]:
    """Keep what was chosen; a channel that the form leaves out stays as it is."""
    sent = form.items()
    audiences = {channel: sent[channel] for channel in Channel if channel in sent}
    waiting = frozenset(channel for channel in audiences if form.checked(f"{channel}-waits"))
    if refused := await choose_channels(visit.house.database, visit.member_id, audiences, waiting):
        raise refuse(refused)
    return redirect("/settings/channels?saved=yes", visit)


ROUTES = [show_channels, save_channels]
