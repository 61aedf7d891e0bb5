"""What programs ask for: robots.txt, the sitemap, and the addresses that standards name."""

from datetime import UTC, datetime, time, timedelta

from litestar import Response
from litestar.di import NamedDependency
from litestar.params import FromPath

from domain.publicity import read_part_name, robots_txt
from storage.publicity import find_sitemap_index, find_sitemap_part, list_refusing
from web.answers import show_document, show_text
from web.policy import page
from web.publicity import site_of
from web.visits import Visit, redirect

XML = "application/xml"
GOOD_FOR = timedelta(days=330)
"""How long security.txt says that it counts; the standard wants less than a year."""


@page("/robots.txt")
async def show_robots(visit: NamedDependency[Visit]) -> Response[str]:
    """Which programs may read what."""
    refusing = await list_refusing(visit.house.database)
    return show_text(visit, robots_txt(visit.house.settings.robots, refusing, f"{site_of(visit)}/sitemap.xml"))


@page("/sitemap.xml")
async def show_sitemap(visit: NamedDependency[Visit]) -> Response[str]:
    """The parts of the sitemap."""
    return show_document(visit, await find_sitemap_index(visit.house.database), XML)


@page("/sitemaps/{name:str}")
async def show_sitemap_part(visit: NamedDependency[Visit], name: FromPath[str]) -> Response[str]:
    """One part, such as `threads-1.xml`."""
    named = read_part_name(name)
    return show_document(visit, await find_sitemap_part(visit.house.database, *named) if named else None, XML)


@page("/.well-known/security.txt")
async def show_security(visit: NamedDependency[Visit]) -> Response[str]:
    """Where to report a weakness (RFC 9116)."""
    expires = datetime.combine(visit.now + GOOD_FOR, time(), UTC)
    lines = (
        f"Contact: {visit.house.settings.security_contact_url}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en",
        f"Canonical: {site_of(visit)}/.well-known/security.txt",
    )
    return show_text(visit, "\n".join(lines) + "\n")


@page("/.well-known/change-password")
async def show_change_password(visit: NamedDependency[Visit]) -> Response[bytes]:
    """Where password keepers send people to."""
    return redirect("/settings/password", visit)


ROUTES = [show_robots, show_sitemap, show_sitemap_part, show_security, show_change_password]
