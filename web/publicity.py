"""The head of a page, made from the page's own view: what robots are told, its one address, its neighbours and feeds.

Deny by default: a page that no rule here names is for no index. Previews of links and structured data are for visitors
alone, who see the public page; to members they would only be bytes.
"""

from dataclasses import dataclass
from functools import singledispatch
from typing import Any

from domain.forum import ThreadPage
from domain.members import DefaultsPage, EntryKind, MemberPage
from domain.pages import AboutPage, FeedLink, Head, LinkPreview
from domain.publicity import (
    CLOSED,
    OPEN,
    Publicity,
    community_path,
    person_path,
    publicity_of_list,
    publicity_of_person,
    sig_path,
    thread_path,
)
from domain.sigs import CommunityPage, HomePage, SigPage
from domain.views import PageView
from storage.plain_text import plain_text
from web import words
from web.structured_data import structured_data
from web.visits import Visit
from web.words.language import _

LONGEST_DESCRIPTION = 200
"""Characters; what previews show is shorter still."""


@dataclass(frozen=True, slots=True)
class _Face:
    """What a page shows to the world outside; `feed` is the path of its feed, with the title of it."""

    publicity: Publicity = CLOSED
    path: str | None = None
    title: str = ""
    description: str = ""
    kind: str = "website"
    previous: str | None = None
    following: str | None = None
    feed: tuple[str, str] | None = None
    image: str | None = None


@singledispatch
def _face_of(_page: PageView) -> _Face:
    return _Face()


@_face_of.register
def _face_of_home(_page: HomePage) -> _Face:
    return _Face(OPEN, "/", _("A forum for professionals"), _("Talk with people who do your work."))


@_face_of.register
def _face_of_community(page: CommunityPage) -> _Face:
    community = page.community
    return _Face(OPEN, community_path(community.slug), community.name, community.description)


@_face_of.register
def _face_of_about(page: AboutPage) -> _Face:
    return _Face(OPEN, f"/about/{page.name}", words.about(page.name))


@_face_of.register
def _face_of_defaults(_page: DefaultsPage) -> _Face:
    return _Face(OPEN, "/about/defaults", _("Who sees what"))


@_face_of.register
def _face_of_sig(page: SigPage) -> _Face:
    path, tag = sig_path(page.sig.slug), page.tag is not None
    return _Face(
        publicity_of_list(is_filtered=tag) if page.is_public else CLOSED,
        path if tag or not page.place else f"{path}?{page.place}",
        page.sig.name,
        page.sig.description or "",
        previous=None if tag or not page.newer else f"{path}?after={page.newer}",
        following=None if tag or not page.older else f"{path}?before={page.older}",
        feed=(f"{path}/feed", page.sig.name) if page.may_read else None,
    )


@_face_of.register
def _face_of_thread(page: ThreadPage) -> _Face:
    opening = page.opening.html if page.opening else None
    return _Face(
        page.publicity,
        thread_path(page.thread_id, page.page),
        page.title,
        plain_text(opening) if opening else "",
        kind="article",
        previous=thread_path(page.thread_id, page.page - 1) if page.page > 1 else None,
        following=thread_path(page.thread_id, page.page + 1) if page.page < page.pages else None,
        feed=(f"{thread_path(page.thread_id)}/feed", page.title),
    )


@_face_of.register
def _face_of_person(page: MemberPage) -> _Face:
    kinds = frozenset(entry.kind for entry in page.entries)
    path, name = person_path(page.address), words.person(page.line)
    shows_talk = any(entry.kind is EntryKind.CONTRIBUTIONS for entry in page.entries)
    return _Face(
        publicity_of_person(kinds, page.refuses_ai),
        path,
        name,
        page.headline or page.line.profession or "",
        kind="profile",
        feed=(f"{path}/feed", name) if shows_talk and page.line.name else None,
        image=f"/photos/{page.line.photo}/480" if page.line.photo else None,
    )


def head_of(page: PageView, visit: Visit, status: int = 200) -> Head:
    """The head of this page for this visit; an answer that is not 200 is for no index."""
    face, site = _face_of(page), site_of(visit)
    if status != 200 or not face.publicity.is_public or face.path is None:
        return Head(robots=Publicity(is_public=False, is_indexable=False).directives)
    return Head(
        robots=face.publicity.directives,
        canonical=site + face.path,
        previous=site + face.previous if face.previous else None,
        following=site + face.following if face.following else None,
        feeds=(FeedLink(title=face.feed[1], url=face.feed[0]),) if face.feed else (),
        preview=None if visit.signed_in else _preview(face, site),
    )


def _preview(face: _Face, site: str) -> LinkPreview:
    return LinkPreview(
        kind=face.kind,
        title=face.title,
        description=shortened(face.description),
        url=f"{site}{face.path}",
        image=f"{site}{face.image}" if face.image else None,
    )


def shortened(text: str) -> str:
    """The text in one line, cut at a word."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_DESCRIPTION else f"{line[:LONGEST_DESCRIPTION].rpartition(' ')[0]}…"


def data_of(page: PageView, visit: Visit, status: int = 200) -> dict[str, Any] | None:
    """The structured data of a page that may be listed, for visitors; None for every other."""
    if visit.signed_in or status != 200 or not _face_of(page).publicity.is_indexable:
        return None
    return structured_data(page, site_of(visit))


def site_of(visit: Visit) -> str:
    """The address under which people reach the site, without a slash at its end."""
    return visit.house.settings.site_url.rstrip("/")
