"""The statements of a board, of one's own scraps and of a page that shows some are pinned, and stay the same however
many scraps there are."""

import pytest

from storage.scraps.commands import ScrapDraft, write_scrap
from storage.seeding import together
from storage.tables import AttemptCount
from tests.cast import NOON
from tests.conftest import Stoa
from tests.counting import count_statements

BOARD = "/people/joost-page/scraps"
MOST = {
    # (who, path): statements, of whose session is in mind
    ("amara", BOARD): 9,
    ("joost", BOARD): 9,
    ("amara", f"{BOARD}?reply_to=1"): 10,
    ("amara", "/scraps"): 4,
    ("joost", "/scraps"): 3,
    ("lin", "/people/joost-page"): 4,
}


async def _counts(stoa: Stoa) -> dict[tuple[str, str], int]:
    return {(part, path): await count_statements(await stoa.browser(part), path) for part, path in MOST}


async def _fill(stoa: Stoa, scraps: int) -> None:
    """So many more scraps on Joost's board, by three voices, each third with a reply, each tenth for two."""
    parts = ("amara", "lin", "tariq")
    async with together(stoa.database) as stage:
        for number in range(scraps):
            viewer = stoa.world[parts[number % 3]].viewer
            draft = ScrapDraft(f"Number {number}.", is_private=number % 10 == 9)
            left = await write_scrap(stage, viewer, "joost-page", draft, NOON)
            assert isinstance(left, int)
            if number % 3 == 0:
                answer = ScrapDraft("Thank you.", reply_to_id=left)
                assert isinstance(await write_scrap(stage, stoa.world["joost"].viewer, "joost-page", answer, NOON), int)
            async with stage.writing() as connection:
                await connection.execute(AttemptCount.table.delete())


@pytest.mark.slow
async def test_a_board_of_two_hundred_costs_what_one_of_five_does(stoa: Stoa) -> None:
    await _fill(stoa, 5)
    found = await _counts(stoa)
    assert found == MOST
    await _fill(stoa, 195)
    assert await _counts(stoa) == found
