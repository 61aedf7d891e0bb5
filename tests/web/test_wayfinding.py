"""Ways to the places where somebody decides something, and words that fit a narrow place."""

import pytest

from tests.conftest import Stoa
from tests.web.order import make_moderator, make_staff
from web import words


async def test_the_menu_leads_those_who_decide_to_their_queues_and_nobody_else(stoa: Stoa) -> None:
    await make_moderator(stoa, "joost")
    for part, expected in (("amara", True), ("joost", True), ("lin", False)):
        front = (await (await stoa.browser(part)).get("/")).text
        assert ('href="/sigs/turnaround/queue"' in front) is expected, part
        assert 'href="/queue"' not in front, part
    await make_staff(stoa, "lin")
    assert 'href="/queue"' in (await (await stoa.browser("lin")).get("/")).text


async def test_what_can_be_done_with_a_person_stands_before_their_long_page(stoa: Stoa) -> None:
    address = stoa.world["joost"].public_id
    page = (await (await stoa.browser("lin")).get(f"/people/{address}")).text
    assert page.index(f'href="/people/{address}/connect"') < page.index('id="person"')
    assert page.index(f'href="/people/{address}/scraps"') < page.index('id="person"')


@pytest.mark.parametrize(
    ("note", "told"),
    [
        ("1. The balance, **twice**: promised.\n2. The `labeller`.", "The balance, twice: promised. The labeller."),
        ("# Plan\n\n> said\n\n- [a page](https://example.org/x)", "Plan said a page"),
        ("2 * 3 = 6, well-known - and 2026", "2 3 = 6, well-known - and 2026"),
        ("short", "short"),
        ("word " * 60, "word " * 29 + "word…"),
        ("x" * 400, "x" * 150 + "…"),
    ],
)
def test_an_excerpt_of_a_note_is_plain_and_whole(note: str, told: str) -> None:
    assert words.excerpt(note) == told
