"""Acts that meet: two bans of one person, an act on what is gone, one undone by a lower rank, one done twice."""

from datetime import timedelta

from sqlalchemy import select

from domain.forum import UNDO_DELETE_FOR
from storage.forgetting import forget_what_is_over
from storage.moderation.acts import TWICE_WITHIN
from storage.tables import Ban, Thread
from tests.conftest import Stoa
from tests.web.order import (
    act,
    make_moderator,
    make_staff,
    open_first_case,
    reply_of,
    reported_reply,
    statement_of,
)

THREAD, JOIN = "/threads/1", "/sigs/turnaround/join"
SAID = timedelta(minutes=5)
"""By then the cast has said what it says."""
NOTHING_LEFT = "There is nothing left to do here"


async def _is_let_in(stoa: Stoa, part: str) -> bool:
    """Whether the door opens; what of one's page would open by it may be asked first."""
    status = (await (await stoa.browser(part)).post(JOIN)).status_code
    assert status in {303, 403, 422}
    return status != 403


async def test_a_shorter_ban_does_not_end_a_longer_one(stoa: Stoa) -> None:
    post_id = await reported_reply(stoa)
    form = f"/posts/{post_id}/moderate"
    assert (await act(stoa, "amara", form, "ban")).status_code == 303
    longer = await statement_of(stoa, "lin")
    stoa.clock.now += TWICE_WITHIN
    assert (await act(stoa, "joost", form, "ban", days="7")).status_code == 303
    shorter = await statement_of(stoa, "lin")
    assert shorter != longer
    async with stoa.database.reading() as connection:
        assert (await connection.execute(select(Ban.c.until))).scalars().all() == [None]
    assert (await (await stoa.browser("joost")).post(f"{shorter}/undo")).status_code == 303
    assert not await _is_let_in(stoa, "lin")
    assert (await (await stoa.browser("amara")).post(f"{longer}/undo")).status_code == 303
    assert await _is_let_in(stoa, "lin")


async def test_the_undoing_of_a_ban_leaves_another_that_stands(stoa: Stoa) -> None:
    post_id = await reported_reply(stoa)
    form = f"/posts/{post_id}/moderate"
    await act(stoa, "joost", form, "ban", days="30")
    stoa.clock.now += TWICE_WITHIN
    await act(stoa, "amara", form, "ban")
    longer = await statement_of(stoa, "lin")
    assert (await (await stoa.browser("amara")).post(f"{longer}/undo")).status_code == 303
    assert not await _is_let_in(stoa, "lin"), "thirty days stand"
    stoa.clock.now += timedelta(days=30)
    stoa.browsers.pop("lin")
    assert await _is_let_in(stoa, "lin")


async def test_what_the_owner_did_to_a_moderator_is_not_for_another_to_undo(stoa: Stoa) -> None:
    await make_moderator(stoa, "joost")
    await make_moderator(stoa, "lin")
    post_id = await reply_of(stoa, "lin", "Something.")
    form = f"/posts/{post_id}/moderate"
    assert (await act(stoa, "joost", form, "warn")).status_code == 422
    assert (await act(stoa, "amara", form, "warn")).status_code == 303
    told = await statement_of(stoa, "lin")
    assert f'action="{told}/undo"' not in (await (await stoa.browser("joost")).get(form)).text
    assert (await (await stoa.browser("joost")).post(f"{told}/undo")).status_code == 422
    assert (await (await stoa.browser("amara")).post(f"{told}/undo")).status_code == 303


async def test_what_its_author_deleted_is_hidden_for_good_and_shown_to_nobody(stoa: Stoa) -> None:
    post_id = await reported_reply(stoa)
    lin = await stoa.browser("lin")
    assert (await lin.post(f"/posts/{post_id}/delete")).status_code == 303
    path = await open_first_case(stoa, "amara")
    amara = await stoa.browser("amara")
    assert 'value="hide"' in (await amara.get(path)).text
    counted = (await amara.get("/sigs/turnaround")).text.count("2 replies")
    assert (await act(stoa, "amara", f"{path}/acts", "hide")).status_code == 303
    assert (await lin.post(f"/posts/{post_id}/restore")).status_code == 403
    assert "A rude remark." in (await lin.get(THREAD)).text
    for where in (THREAD, path):
        assert "A rude remark." not in (await amara.get(where)).text, "what was taken back opens to nobody by it"
    assert (await amara.get("/sigs/turnaround")).text.count("2 replies") == counted
    assert (await (await stoa.browser("joost")).post(f"{await statement_of(stoa, 'lin')}/undo")).status_code == 303
    assert "A rude remark." not in (await amara.get(THREAD)).text
    assert (await lin.post(f"/posts/{post_id}/restore")).status_code == 303
    assert "A rude remark." in (await amara.get(THREAD)).text


async def test_a_scrap_is_hidden_once(stoa: Stoa) -> None:
    await make_staff(stoa)
    left = {"body": "Go away.", "submission": "scrap"}
    assert (await (await stoa.browser("lin")).post("/people/joost-page/scraps", data=left)).status_code == 303
    joost = await stoa.browser("joost")
    assert (await joost.post("/report/scrap/1", data={"reason": "offensive", "words": ""})).status_code == 303
    path = await open_first_case(stoa, "tariq", "/queue")
    staff = await stoa.browser("tariq")
    assert 'value="hide-scrap"' in (await staff.get(path)).text
    assert (await act(stoa, "tariq", f"{path}/acts", "hide-scrap")).status_code == 303
    assert 'value="hide-scrap"' not in (await staff.get(path)).text
    again = await act(stoa, "tariq", f"{path}/acts", "hide-scrap", reason="Once more.")
    assert again.status_code == 422
    assert NOTHING_LEFT in again.text


async def test_a_thread_that_is_moved_back_is_pinned_as_it_was(stoa: Stoa) -> None:
    opening = stoa.world.public_thread.post_id
    form, pinned_at = f"/posts/{opening}/moderate", select(Thread.c.pinned_at).where(Thread.c.thread_id == 1)
    stoa.clock.now += SAID
    assert (await act(stoa, "amara", form, "pin")).status_code == 303
    assert (await act(stoa, "amara", form, "move", to_sig="boardroom")).status_code == 303
    moved = await statement_of(stoa, "amara")
    async with stoa.database.reading() as connection:
        assert await connection.scalar(pinned_at) is None
    assert (await (await stoa.browser("amara")).post(f"{moved}/undo")).status_code == 303
    async with stoa.database.reading() as connection:
        assert await connection.scalar(pinned_at) == stoa.clock.now


async def test_a_pin_that_was_taken_off_does_not_come_back_with_the_thread(stoa: Stoa) -> None:
    opening = stoa.world.public_thread.post_id
    form, amara = f"/posts/{opening}/moderate", await stoa.browser("amara")
    stoa.clock.now += SAID
    assert (await act(stoa, "amara", form, "pin")).status_code == 303
    assert (await amara.post(f"{await statement_of(stoa, 'amara')}/undo")).status_code == 303
    assert (await act(stoa, "amara", form, "move", to_sig="boardroom")).status_code == 303
    assert (await amara.post(f"{await statement_of(stoa, 'amara')}/undo")).status_code == 303
    async with stoa.database.reading() as connection:
        row = (
            await connection.execute(select(Thread.c.pinned_at, Thread.c.sig_id).where(Thread.c.thread_id == 1))
        ).one()
    assert tuple(row) == (None, stoa.world.sigs["turnaround"])


async def test_an_act_with_nothing_left_to_do_says_so_and_is_not_offered(stoa: Stoa) -> None:
    post_id = await reported_reply(stoa)
    form = f"/posts/{post_id}/moderate"
    assert (await act(stoa, "amara", form, "hide")).status_code == 303
    assert 'value="hide"' not in (await (await stoa.browser("joost")).get(form)).text
    again = await act(stoa, "joost", form, "hide")
    assert again.status_code == 422
    assert NOTHING_LEFT in again.text
    assert "send it again" not in again.text


async def test_what_was_deleted_and_wiped_is_not_offered_to_be_hidden(stoa: Stoa) -> None:
    post_id = await reported_reply(stoa)
    assert (await (await stoa.browser("lin")).post(f"/posts/{post_id}/delete")).status_code == 303
    stoa.clock.now += UNDO_DELETE_FOR + timedelta(seconds=1)
    await forget_what_is_over(stoa.database, stoa.clock.now)
    path = await open_first_case(stoa, "amara")
    page = (await (await stoa.browser("amara")).get(path)).text
    assert 'value="warn"' in page
    assert 'value="hide"' not in page
