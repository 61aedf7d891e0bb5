"""Publicity: whether the public web may see a page and list it, and what programs are told about it.

One decision for each person, thread and list, made from what a visitor's ring opens and from nothing else. The meta
tag, the header, the sitemap, structured data and robots.txt all follow from it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote

from domain.views import PageView, View

SHORTEST_OPENING = 80
"""Characters of text that a thread without replies must have to be worth listing."""

_NAME = "name"
_THIN = frozenset({"name", "profession", "connections", "last-seen"})
"""Kinds of entry that make no page worth listing: a byline, and what says of the person nothing of its own."""


class Publicity(View):
    """The decision for one page.

    `is_public`: a visitor sees something of it. `is_indexable`: search engines may list it. `refuses_ai`: its owner
    wants no program to learn from it.
    """

    is_public: bool
    is_indexable: bool
    refuses_ai: bool = False

    @property
    def directives(self) -> str:
        """What robots are told, in the form of the meta tag and of the header `X-Robots-Tag`; empty for nothing."""
        told = [] if self.is_indexable else ["noindex"]
        return ", ".join([*told, "noai", "noimageai"] if self.refuses_ai else told)


OPEN = Publicity(is_public=True, is_indexable=True)
"""A page of the house that is for everyone."""
CLOSED = Publicity(is_public=False, is_indexable=False)
"""Whatever is not known to be for everyone."""


def publicity_of_person(kinds: frozenset[str], refuses_ai: bool) -> Publicity:
    """The decision for a personal page, from the kinds of entry in which a visitor finds something.

    A page without a name is listed nowhere: who hides their name does not ask to be found.
    """
    is_indexable = _NAME in kinds and not kinds <= _THIN
    return Publicity(is_public=bool(kinds), is_indexable=is_indexable, refuses_ai=refuses_ai)


def publicity_of_thread(*, is_public: bool, opening_length: int, has_reply: bool) -> Publicity:
    """The decision for a thread: `opening_length` in characters of text, 0 when a visitor does not see the opening;
    `has_reply` when a visitor sees one."""
    is_indexable = is_public and (has_reply or opening_length >= SHORTEST_OPENING)
    return Publicity(is_public=is_public, is_indexable=is_indexable)


def publicity_of_list(*, is_filtered: bool) -> Publicity:
    """The decision for a list that visitors see: what a filter leaves is listed under the whole."""
    return Publicity(is_public=True, is_indexable=not is_filtered)


# Addresses, as canonical links, sitemap and feeds spell them. Ids and slugs go into one segment each.


def thread_path(thread_id: int, page: int = 1) -> str:
    """The address of a page of a thread."""
    return f"/threads/{thread_id}?page={page}" if page > 1 else f"/threads/{thread_id}"


def sig_path(slug: str) -> str:
    """The address of a SIG."""
    return f"/sigs/{quote(slug, safe='')}"


def person_path(address: str) -> str:
    """The address of a personal page."""
    return f"/people/{quote(address, safe='')}"


def community_path(slug: str) -> str:
    """The address of a community."""
    return f"/communities/{quote(slug, safe='')}"


# The sitemap.

IDS_A_PART = 5_000
"""Ids, not addresses: a part spans a range of ids, so that it never grows beyond this, needs no counting and stays the
same when others change. The standard allows 50,000 addresses."""


class SitemapKind(StrEnum):
    """What a part of the sitemap lists."""

    PAGES = "pages"
    SIGS = "sigs"
    PEOPLE = "people"
    THREADS = "threads"


class SitemapLine(View):
    """One address. `changed_at` is when what a visitor sees there last changed, None when nobody knows."""

    path: str
    changed_at: datetime | None = None


class SitemapPart(PageView, template="feeds/sitemap.xml"):
    """One part of the sitemap, at most `IDS_A_PART` addresses."""

    lines: tuple[SitemapLine, ...]


class SitemapIndex(PageView, template="feeds/sitemap_index.xml"):
    """The parts of the sitemap, by their names."""

    names: tuple[str, ...]


def part_name(kind: SitemapKind, part: int) -> str:
    """The file name of a part; parts are counted from 1."""
    return f"{kind}-{part}.xml"


def read_part_name(name: str) -> tuple[SitemapKind, int] | None:
    """Kind and number of a part from its name; None for what is no such name, in the one spelling that it has."""
    kind, _, rest = name.partition("-")
    number = rest.removesuffix(".xml")
    if kind not in set(SitemapKind) or not (number.isascii() and number.isdigit() and len(number) < 15):
        return None
    found = SitemapKind(kind), int(number)
    return found if found[1] and part_name(*found) == name else None


# robots.txt.


class Purpose(StrEnum):
    """What a program reads pages for."""

    SEARCH = "search"
    AI_TRAINING = "ai-training"
    AI_SEARCH = "ai-search"
    USER_FETCH = "user-fetch"


AGENTS: Mapping[Purpose, tuple[str, ...]] = {
    Purpose.AI_TRAINING: (
        "AI2Bot",
        "Amazonbot",
        "anthropic-ai",
        "Applebot-Extended",
        "Bytespider",
        "CCBot",
        "ClaudeBot",
        "cohere-training-data-crawler",
        "Diffbot",
        "FacebookBot",
        "Google-Extended",
        "GPTBot",
        "ImagesiftBot",
        "img2dataset",
        "meta-externalagent",
        "omgili",
        "PanguBot",
        "Timpibot",
        "Webzio-Extended",
    ),
    Purpose.AI_SEARCH: (
        "Amzn-SearchBot",
        "Claude-SearchBot",
        "DuckAssistBot",
        "meta-webindexer",
        "OAI-SearchBot",
        "PerplexityBot",
        "YouBot",
    ),
    Purpose.USER_FETCH: (
        "Amzn-User",
        "ChatGPT-User",
        "Claude-User",
        "Gemini-Deep-Research",
        "meta-externalfetcher",
        "MistralAI-User",
        "Perplexity-User",
    ),
}
"""Programs by what they read for, as they name themselves. Whoever is not named here reads for search."""

PRIVATE_AREAS = (
    "/settings",
    "/profile",
    "/lists",
    "/connections",
    "/invitations",
    "/notices",
    "/scraps",
    "/start",
    "/queue",
    "/cases/",
    "/acts/",
    "/completions/",
    "/suggestions/",
    "/feeds/",
    "/-/",
)
"""Where visitors find nothing. Pages that say `noindex` are not among them: who may not come cannot read that."""

LONGEST_ROBOTS = 480 * 1024
"""Bytes; the standard has programs read 500 KiB at least."""


def robots_txt(allowed: frozenset[Purpose], refusing: Iterable[str], sitemap: str) -> str:
    """The text of robots.txt.

    `refusing` are the public addresses of members who want no program to learn from their page. They are listed for as
    long as the file stays below `LONGEST_ROBOTS`; the pages of those who would come after say it in their header only.
    """
    barred = [name for purpose, names in AGENTS.items() if purpose not in allowed for name in names]
    admitted = [name for purpose, names in AGENTS.items() if purpose in allowed for name in names]
    private = [f"Disallow: {area}" for area in PRIVATE_AREAS]
    search = private if Purpose.SEARCH in allowed else ["Disallow: /"]
    groups = [["User-agent: *", *search]]
    if barred:
        groups.append([*(f"User-agent: {name}" for name in sorted(barred, key=str.lower)), "Disallow: /"])
    groups.append([f"Sitemap: {sitemap}"])
    text = "\n\n".join("\n".join(group) for group in groups) + "\n"
    if not admitted:
        return text
    head = "\n".join([*(f"User-agent: {name}" for name in sorted(admitted, key=str.lower)), *private])
    return "\n".join([text, *_until_full([head], refusing, LONGEST_ROBOTS - len(text.encode()) - 2)]) + "\n"


def _until_full(lines: list[str], paths: Iterable[str], room: int) -> list[str]:
    left = room - sum(len(line) + 1 for line in lines)
    for path in paths:
        line = f"Disallow: {path}"
        left -= len(line) + 1
        if left < 0:
            break
        lines.append(line)
    return lines
