"""The texts of the house: terms, privacy policy, help with writing, and the table of defaults."""

from litestar import Response
from litestar.di import NamedDependency

from domain.accounts import DOCUMENT_VERSIONS, Document
from domain.members import defaults_page
from domain.pages import AboutPage
from domain.roles import roles_page
from web.answers import show
from web.policy import page
from web.visits import Visit


@page("/about/terms")
async def show_terms(visit: NamedDependency[Visit]) -> Response[str]:
    """The terms of use, in the version that is accepted today."""
    return show(visit, AboutPage(name="terms", version=DOCUMENT_VERSIONS[Document.TERMS]))


@page("/about/privacy")
async def show_privacy(visit: NamedDependency[Visit]) -> Response[str]:
    """The privacy policy, in the version that is accepted today."""
    return show(visit, AboutPage(name="privacy", version=DOCUMENT_VERSIONS[Document.PRIVACY]))


@page("/about/markdown")
async def show_markdown(visit: NamedDependency[Visit]) -> Response[str]:
    """How to write posts."""
    return show(visit, AboutPage(name="markdown"))


@page("/about/defaults")
async def show_defaults(visit: NamedDependency[Visit]) -> Response[str]:
    """Who sees what until a member says otherwise."""
    return show(visit, defaults_page())


@page("/about/roles")
async def show_roles(visit: NamedDependency[Visit]) -> Response[str]:
    """Who may do what in a SIG."""
    return show(visit, roles_page())


ROUTES = [show_terms, show_privacy, show_markdown, show_defaults, show_roles]
