"""What the log of a SIG, and the pages of acts beside it, name: nobody who hides that they belong, no SIG that the
reader may not know of, and nothing that another SIG decided about people."""

import re

import pytest

from domain.sigs import Role
from storage.sigs import add_membership
from tests.cast import NOON
from tests.conftest import Stoa
from tests.web.order import (
    REASON,
    act,
    ask_to_join,
    hide_membership,
    hide_sig,
    hold_first_posts,
    make_moderator,
    open_first_case,
    reply_of,
    statement_of,
)

LOG, QUEUE = "/sigs/boardroom/log", "/sigs/boardroom/queue"
SECRET = "Project Nightingale"


async def _read(stoa: Stoa, part: str, path: str) -> str:
    """The page itself, without the frame around it."""
    answer = await (await stoa.browser(part)).get(path)
    assert answer.status_code == 200
    return answer.text.partition("<main")[2].partition("</main>")[0]


@pytest.mark.parametrize("is_hidden", [False, True])
async def test_the_log_names_who_belongs_to_those_who_may_know_it(stoa: Stoa, is_hidden: bool) -> None:
    await hold_first_posts(stoa, "boardroom")
    async with stoa.database.writing() as connection:
        await add_membership(connection, stoa.world["tariq"].member_id, stoa.world.sigs["boardroom"], Role.MEMBER, NOON)
    await make_moderator(stoa, "lin", "boardroom")
    if is_hidden:
        for part in ("tariq", "amara"):
            await hide_membership(stoa, part, "boardroom")
    tariq = await stoa.browser("tariq")
    data = {"title": "A first one", "body": "Held words.", "submission": "x"}
    assert (await tariq.post("/sigs/boardroom/threads/new", data=data)).status_code == 303
    path = await open_first_case(stoa, "amara", QUEUE)
    assert (await act(stoa, "amara", f"{path}/acts", "reject")).status_code == 303
    decider = await _read(stoa, "lin", LOG)
    assert {"Amara Okafor", "Tariq Haddad", "Reason and statement"} <= {name for name in _NAMES if name in decider}
    await make_moderator(stoa, "lin", "boardroom", Role.MEMBER)
    member = await _read(stoa, "lin", LOG)
    assert "did not publish a first post" in member
    assert REASON not in member
    for name in ("Amara Okafor", "Tariq Haddad"):
        assert (name in member) != is_hidden
    assert (await (await stoa.browser("amara")).post(f"{await statement_of(stoa, 'tariq')}/undo")).status_code == 303
    member = await _read(stoa, "lin", LOG)
    assert "Taken back" in member
    assert ("Amara Okafor" in member) != is_hidden
    assert "Tariq Haddad" in member, "what he wrote there opens to Lin now"
    own = await _read(stoa, "tariq", await statement_of(stoa, "tariq"))
    assert "Amara Okafor" in own, "whom it concerns reads who acted"


_NAMES = ("Amara Okafor", "Tariq Haddad", "Reason and statement")


async def test_a_sig_that_was_hidden_since_is_not_named_to_who_asked_to_join(stoa: Stoa) -> None:
    await ask_to_join(stoa, "tariq", "boardroom")
    await open_first_case(stoa, "amara", QUEUE)
    assert "of Boardroom: your request to join" in await _read(stoa, "tariq", "/settings/acts")
    await hide_sig(stoa, "boardroom", SECRET)
    told = await _read(stoa, "tariq", "/settings/acts")
    assert "of a SIG: your request to join" in told
    assert SECRET not in told


async def test_a_sig_that_was_hidden_since_is_not_named_to_who_was_banned(stoa: Stoa) -> None:
    post_id = await reply_of(stoa, "joost", "Enough.")
    assert (await act(stoa, "amara", f"/posts/{post_id}/moderate", "ban")).status_code == 303
    told = await statement_of(stoa, "joost")
    assert "<bdi>Turnaround</bdi>" in await _read(stoa, "joost", told)
    await hide_sig(stoa, "turnaround", SECRET)
    text = (await (await stoa.browser("joost")).get(told)).text
    assert SECRET not in text
    assert "In a SIG" in text
    assert "by the staff" not in text
    assert SECRET in await _read(stoa, "amara", told)


async def test_what_a_sig_decided_about_people_stays_there_when_a_thread_moves(stoa: Stoa) -> None:
    async with stoa.database.writing() as connection:
        there = stoa.world.sigs["boardroom"]
        await add_membership(connection, stoa.world["tariq"].member_id, there, Role.MODERATOR, NOON)
    post_id, opening = await reply_of(stoa, "joost", "Something."), stoa.world.public_thread.post_id
    form = f"/posts/{post_id}/moderate"
    for kind in ("warn", "hide"):
        assert (await act(stoa, "amara", form, kind)).status_code == 303
    moving = await act(stoa, "amara", f"/posts/{opening}/moderate", "move", to_sig="boardroom")
    assert moving.status_code == 303
    both, theirs = await _read(stoa, "amara", form), await _read(stoa, "tariq", form)
    assert "warned somebody" in both
    assert "warned somebody" not in theirs
    for text in (both, theirs):
        assert "hid a post" in text
    listed = re.findall(r'href="(/acts/\d+)"', theirs)
    assert listed, "what still counts there"
    for path in re.findall(r'href="(/acts/\d+)"', both):
        answer = await (await stoa.browser("tariq")).get(path)
        assert (answer.status_code == 200) == (path in listed), "a list has what its reader could open"
