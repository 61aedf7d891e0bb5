"""The one decision of publicity, as tables; robots.txt as programs read it; names of sitemap parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protego import Protego

from domain.members import EntryKind
from domain.publicity import (
    AGENTS,
    IDS_A_PART,
    LONGEST_ROBOTS,
    SHORTEST_OPENING,
    Publicity,
    Purpose,
    SitemapKind,
    part_name,
    publicity_of_list,
    publicity_of_person,
    publicity_of_thread,
    read_part_name,
    robots_txt,
)

SITE = "https://stoa.example"
NAME, PROFESSION = EntryKind.NAME, EntryKind.PROFESSION
THIN = (NAME, PROFESSION, EntryKind.CONNECTIONS, EntryKind.LAST_SEEN)
CHROME = "Mozilla/5.0 (compatible; Googlebot/2.1)"


@pytest.mark.parametrize(
    ("kinds", "is_public", "is_indexable"),
    [
        ((), False, False),
        ((NAME,), True, False),
        ((NAME, PROFESSION), True, False),
        (THIN, True, False),
        ((EntryKind.ABOUT,), True, False),
        ((PROFESSION, EntryKind.ABOUT), True, False),
        ((NAME, EntryKind.HEADLINE), True, True),
        ((NAME, PROFESSION, EntryKind.CONTRIBUTIONS), True, True),
    ],
)
def test_a_person_is_listed_for_what_visitors_find(
    kinds: tuple[EntryKind, ...], is_public: bool, is_indexable: bool
) -> None:
    found = publicity_of_person(frozenset(kinds), refuses_ai=False)
    assert (found.is_public, found.is_indexable) == (is_public, is_indexable)


@pytest.mark.parametrize("kind", [kind for kind in EntryKind if kind not in THIN])
def test_every_other_kind_makes_a_page_worth_listing(kind: EntryKind) -> None:
    assert publicity_of_person(frozenset({NAME, kind}), refuses_ai=False).is_indexable


@given(st.frozensets(st.sampled_from(EntryKind)), st.frozensets(st.sampled_from(EntryKind)))
def test_seeing_less_never_lists_more(kinds: frozenset[EntryKind], hidden: frozenset[EntryKind]) -> None:
    before, after = [publicity_of_person(seen, refuses_ai=False) for seen in (kinds, kinds - hidden)]
    assert before.is_indexable >= after.is_indexable
    assert before.is_public >= after.is_public >= after.is_indexable


@pytest.mark.parametrize(
    ("is_public", "length", "has_reply", "is_indexable"),
    [
        (True, SHORTEST_OPENING, False, True),
        (True, SHORTEST_OPENING - 1, False, False),
        (True, 0, False, False),
        (True, 0, True, True),
        (True, SHORTEST_OPENING, True, True),
        (False, SHORTEST_OPENING, True, False),
    ],
)
def test_a_thread_is_listed_when_there_is_something_to_read(
    is_public: bool, length: int, has_reply: bool, is_indexable: bool
) -> None:
    found = publicity_of_thread(is_public=is_public, opening_length=length, has_reply=has_reply)
    assert found == Publicity(is_public=is_public, is_indexable=is_indexable)


def test_a_filtered_list_is_for_no_index() -> None:
    assert publicity_of_list(is_filtered=False).directives == ""
    assert publicity_of_list(is_filtered=True).directives == "noindex"


@pytest.mark.parametrize(
    ("is_indexable", "refuses_ai", "directives"),
    [
        (True, False, ""),
        (False, False, "noindex"),
        (True, True, "noai, noimageai"),
        (False, True, "noindex, noai, noimageai"),
    ],
)
def test_directives(is_indexable: bool, refuses_ai: bool, directives: str) -> None:
    assert Publicity(is_public=True, is_indexable=is_indexable, refuses_ai=refuses_ai).directives == directives


@pytest.mark.parametrize("kind", SitemapKind)
@pytest.mark.parametrize("part", [1, 12, 10**14 - 1])
def test_part_names_are_read_back(kind: SitemapKind, part: int) -> None:
    assert read_part_name(part_name(kind, part)) == (kind, part)


@pytest.mark.parametrize(
    "name",
    ["", "threads-1", "threads-0.xml", "threads-01.xml", "threads--1.xml", "notes-1.xml", "threads-1.xml.xml",
     "threads-1.XML", "threads-１.xml", f"threads-{'9' * 40}.xml", "threads-1.xml/"],
)  # fmt: skip
def test_other_names_are_no_parts(name: str) -> None:
    assert read_part_name(name) is None


def test_a_part_can_never_hold_more_than_the_standard_allows() -> None:
    assert IDS_A_PART <= 50_000


def _robots(*allowed: Purpose, refusing: tuple[str, ...] = ()) -> Protego:
    return Protego.parse(robots_txt(frozenset(allowed), refusing, f"{SITE}/sitemap.xml"))


@pytest.mark.parametrize("purpose", list(AGENTS))
@pytest.mark.parametrize("is_allowed", [True, False])
def test_each_purpose_has_its_switch(purpose: Purpose, is_allowed: bool) -> None:
    others = [other for other in Purpose if other is not purpose]
    robots = _robots(*others, *([purpose] if is_allowed else []))
    for agent in AGENTS[purpose]:
        assert robots.can_fetch(f"{SITE}/threads/1", agent) is is_allowed
        assert not robots.can_fetch(f"{SITE}/settings", agent)
    for other in others:
        assert all(robots.can_fetch(f"{SITE}/threads/1", agent) for agent in AGENTS.get(other, (CHROME,)))


def test_search_has_a_switch_of_its_own() -> None:
    assert _robots(Purpose.SEARCH).can_fetch(f"{SITE}/", CHROME)
    closed = _robots(Purpose.USER_FETCH)
    assert not closed.can_fetch(f"{SITE}/", CHROME)
    assert closed.can_fetch(f"{SITE}/", "ChatGPT-User")


def test_private_areas_are_closed_and_pages_for_no_index_are_not() -> None:
    robots = _robots(*Purpose)
    for path in ("/settings", "/settings/feeds", "/profile/edit", "/feeds/x/sigs/y", "/-/health"):
        assert not robots.can_fetch(SITE + path, CHROME)
    for path in ("/", "/sign-in", "/register", "/people/x", "/sigs/x?tag=law", "/threads/1", "/threads/1/feed"):
        assert robots.can_fetch(SITE + path, CHROME)
    assert list(robots.sitemaps) == [f"{SITE}/sitemap.xml"]


def test_who_refuses_is_closed_to_programs_that_learn_and_open_to_search() -> None:
    robots = _robots(*Purpose, refusing=("/people/abc",))
    for agents in AGENTS.values():
        assert not any(robots.can_fetch(f"{SITE}/people/abc", agent) for agent in agents)
        assert all(robots.can_fetch(f"{SITE}/people/xyz", agent) for agent in agents)
    assert robots.can_fetch(f"{SITE}/people/abc", CHROME)


@pytest.mark.parametrize("allowed", [frozenset(Purpose), frozenset({Purpose.SEARCH, Purpose.USER_FETCH})])
def test_the_file_stays_small_enough_to_be_read(allowed: frozenset[Purpose]) -> None:
    refusing = tuple(f"/people/{number:012x}" for number in range(30_000))
    text = robots_txt(allowed, refusing, f"{SITE}/sitemap.xml")
    assert LONGEST_ROBOTS - 100 < len(text.encode()) <= LONGEST_ROBOTS
    robots = Protego.parse(text)
    assert not robots.can_fetch(SITE + refusing[0], "ChatGPT-User")
    assert not robots.can_fetch(f"{SITE}/settings", "ChatGPT-User")
    assert list(robots.sitemaps) == [f"{SITE}/sitemap.xml"]


def test_no_program_reads_for_two_purposes() -> None:
    names = [name.lower() for agents in AGENTS.values() for name in agents]
    assert len(names) == len(set(names))
