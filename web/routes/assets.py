"""Static files by their hashed names, already compressed."""

from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from domain.pages import Failure
from web.assets import Assets
from web.policy import Cache, page
from web.visits import Refusal


@page("/static/{name:str}", cache=Cache.IMMUTABLE)
async def show_asset(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """One file; its name says its content, so it may be kept for ever."""
    assets: Assets = request.app.state.assets
    asset = assets.by_name.get(name)
    if asset is None:
        raise Refusal(Failure.MISSING, 404)
    headers = {"cache-control": Cache.IMMUTABLE.value, "vary": "Accept-Encoding"}
    if "br" in request.headers.get("accept-encoding", ""):
        return Response(asset.compressed, media_type=asset.media_type, headers={**headers, "content-encoding": "br"})
    return Response(asset.body, media_type=asset.media_type, headers=headers)


ROUTES = [show_asset]
