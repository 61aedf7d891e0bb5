"""What moderators do behind a closed door opens nothing to who is outside, and nobody carries their own case away."""

import re
from datetime import timedelta

import httpx
from sqlalchemy import select, update

from domain.members import EntryKind, Slot
from domain.sigs import Circle, Role
from storage.members.editing import save_entries
from storage.members.standing import reinstate, suspend
from storage.sigs import add_membership, add_sig
from storage.tables import Community, KeySet, Sig, Thread
from tests.cast import NOON
from tests.conftest import SEAL, Stoa
from tests.web.order import (
    act,
    cases_in,
    hide_sig,
    make_moderator,
    make_staff,
    open_first_case,
    report_post,
    statement_of,
)

TITLE = "What the board never wrote down"
QUEUE = "/sigs/turnaround/queue"
SAID = timedelta(minutes=5)
"""By then the cast has said what it says."""


async def _begin(stoa: Stoa, part: str, sig: str = "boardroom") -> tuple[int, int]:
    """A thread that somebody opens; the ids of thread and opening."""
    data = {"title": TITLE, "body": "My words.", "tags": "", "kind": "discussion", "submission": "begin"}
    answer = await (await stoa.browser(part)).post(f"/sigs/{sig}/threads/new", data=data)
    found = re.search(r"/threads/(\d+).*#post-(\d+)", answer.headers["location"])
    assert found is not None
    return int(found[1]), int(found[2])


async def _reply(stoa: Stoa, part: str, thread_id: int, body: str) -> httpx.Response:
    data = {"body": body, "submission": body}
    return await (await stoa.browser(part)).post(f"/threads/{thread_id}/replies", data=data)


async def _status(stoa: Stoa, part: str, path: str) -> int:
    return (await (await stoa.browser(part)).get(path)).status_code


async def _add_sig(stoa: Stoa, slug: str, **people: Role) -> None:
    """One more SIG that everyone reads, with these people."""
    async with stoa.database.writing() as connection:
        community = await connection.scalar(select(Community.c.community_id).limit(1))
        assert community is not None
        sig_id = await add_sig(connection, community, slug, slug.title(), "More.", Circle.EVERYONE, NOON)
        for part, role in people.items():
            await add_membership(connection, stoa.world[part].member_id, sig_id, role, NOON)


async def test_hiding_a_thread_gives_it_back_to_nobody_who_was_taken_out(stoa: Stoa) -> None:
    thread_id, post_id = await _begin(stoa, "lin")
    path, form = f"/threads/{thread_id}", f"/posts/{post_id}/moderate"
    assert (await act(stoa, "amara", form, "ban")).status_code == 303
    await _reply(stoa, "amara", thread_id, "Said when she was gone.")
    assert await _status(stoa, "lin", path) == 404
    assert (await act(stoa, "amara", form, "hide")).status_code == 303
    assert await _status(stoa, "amara", path) == 200
    lin = await stoa.browser("lin")
    assert (await lin.get(path)).status_code == 404
    assert (await lin.get(f"/posts/{post_id}")).status_code == 404
    for where in ("/", "/search?q=board"):
        assert TITLE not in (await lin.get(where)).text
    told = (await lin.get(await statement_of(stoa, "lin"))).text
    assert "My words." in told, "what one wrote oneself stays readable, where the act is told"
    assert TITLE not in told
    assert (await lin.post(f"/posts/{post_id}/delete")).status_code == 303, "and one may take it back"


async def test_a_thread_that_dies_opens_to_nobody_who_has_left(stoa: Stoa) -> None:
    thread_id, opening = stoa.world.closed_thread.thread_id, stoa.world.closed_thread.post_id
    path, lin, amara = f"/threads/{thread_id}", await stoa.browser("lin"), await stoa.browser("amara")
    assert (await lin.post(f"/posts/{opening + 1}/delete")).status_code == 303
    assert (await lin.post("/sigs/boardroom/leave")).status_code == 303
    await _reply(stoa, "amara", thread_id, "Said when she was gone.")
    newest = re.findall(r'id="post-(\d+)"', (await amara.get(path)).text)[-1]
    for post_id in (opening, int(newest)):
        assert (await amara.post(f"/posts/{post_id}/delete")).status_code == 303
    async with stoa.database.reading() as connection:
        died = select(Thread.c.deleted_at).where(Thread.c.thread_id == thread_id)
        assert await connection.scalar(died) is not None
    assert (await lin.get(path)).status_code == 404
    assert (await amara.get(path)).status_code == 200, "who is still in may undo"
    assert (await amara.post(f"/posts/{opening}/restore")).status_code == 303
    assert (await lin.get(path)).status_code == 404


async def test_a_sig_that_one_may_not_know_of_is_named_by_no_thread_of_ones_own(stoa: Stoa) -> None:
    thread_id, post_id = await _begin(stoa, "lin")
    lin, path = await stoa.browser("lin"), f"/threads/{thread_id}"
    assert (await lin.post(f"/posts/{post_id}/delete")).status_code == 303
    assert (await lin.get(path)).status_code == 200
    assert (await lin.post("/sigs/boardroom/leave")).status_code == 303
    async with stoa.database.writing() as connection:
        inner = select(KeySet.c.key_set_id).where(KeySet.c.text == f"sig:{stoa.world.sigs['boardroom']}")
        hidden = {"existence": "sig", "name": "Nightingale", "key_set_id": inner.scalar_subquery()}
        await connection.execute(update(Sig).where(Sig.c.slug == "boardroom").values(hidden))
    assert (await lin.get(path)).status_code == 404
    assert (await lin.get(f"/posts/{post_id}")).status_code == 404


async def test_a_move_is_undone_by_who_moderates_both_sigs(stoa: Stoa) -> None:
    await make_moderator(stoa, "lin", "boardroom")
    opening, path = stoa.world.public_thread.post_id, f"/threads/{stoa.world.public_thread.thread_id}"
    stoa.clock.now += SAID
    moved = await act(stoa, "amara", f"/posts/{opening}/moderate", "move", to_sig="boardroom")
    assert moved.status_code == 303
    told = await statement_of(stoa, "amara")
    lin = await stoa.browser("lin")
    assert f'action="{told}/undo"' not in (await lin.get(f"/posts/{opening}/moderate")).text
    assert (await lin.post(f"{told}/undo")).status_code in {404, 422}
    assert await _status(stoa, "visitor", path) == 404
    await make_moderator(stoa, "lin", "turnaround")
    assert f'action="{told}/undo"' in (await lin.get(f"/posts/{opening}/moderate")).text
    assert (await lin.post(f"{told}/undo")).status_code == 303
    assert await _status(stoa, "visitor", path) == 200


async def test_moving_ones_thread_away_buries_no_report_about_oneself(stoa: Stoa) -> None:
    await _add_sig(stoa, "den", joost=Role.OWNER)
    await make_staff(stoa)
    _, post_id = await _begin(stoa, "joost", "turnaround")
    assert (await report_post(stoa, "lin", post_id)).status_code == 303
    (case,) = cases_in((await (await stoa.browser("amara")).get(QUEUE)).text)
    assert await _status(stoa, "tariq", case) == 404, "so far it is not for the staff"
    await make_moderator(stoa, "joost")
    moved = await act(stoa, "joost", f"/posts/{post_id}/moderate", "move", to_sig="den")
    assert moved.status_code == 303
    assert await _status(stoa, "joost", case) == 404
    assert cases_in((await (await stoa.browser("tariq")).get("/queue")).text) == [case]
    assert cases_in((await (await stoa.browser("amara")).get(QUEUE)).text) == [case]
    assert (await report_post(stoa, "amara", post_id)).status_code == 303
    assert "2" in re.sub(r"<[^>]+>", "", (await (await stoa.browser("tariq")).get("/queue")).text)
    assert await open_first_case(stoa, "amara") == case
    page = (await (await stoa.browser("amara")).get(case)).text
    assert 'value="hide"' in page
    for kind in ("close", "pin", "move"):
        assert f'value="{kind}"' not in page, "the thread itself is kept by those of the other SIG"
    assert (await act(stoa, "amara", f"{case}/acts", "hide")).status_code == 303
    assert "My words." not in (await (await stoa.browser()).get(f"/posts/{post_id}", follow_redirects=True)).text


async def test_a_case_about_anybody_else_goes_with_the_thread(stoa: Stoa) -> None:
    await _add_sig(stoa, "den", joost=Role.OWNER, amara=Role.OWNER)
    opening = stoa.world.public_thread.post_id
    assert (await report_post(stoa, "tariq", opening + 2)).status_code == 303
    (case,) = cases_in((await (await stoa.browser("amara")).get(QUEUE)).text)
    moved = await act(stoa, "amara", f"/posts/{opening}/moderate", "move", to_sig="den")
    assert moved.status_code == 303
    assert cases_in((await (await stoa.browser("joost")).get("/sigs/den/queue")).text) == [case]
    assert cases_in((await (await stoa.browser("amara")).get(QUEUE)).text) == []


_OWN_PAGES = ("/people/lin-page", "/people/lin-page/scraps", "/notices", "/start", "/settings")


async def _named_on(stoa: Stoa, part: str, sig: str) -> set[tuple[str, str]]:
    """Which of somebody's own pages name a hidden SIG, and in whose rail there is another one."""
    browser, found = await stoa.browser(part), set()
    for path in _OWN_PAGES:
        answer = await browser.get(path)
        assert answer.status_code == 200, path
        frame, _, rest = answer.text.partition("<main")
        frame += rest.partition("</main>")[2]
        found |= {("page", path)} if sig in answer.text else set()
        found |= {("rail", path)} if 'href="/sigs/turnaround"' in frame else set()
    return found


async def test_who_is_suspended_reads_no_name_of_their_sigs(stoa: Stoa) -> None:
    """Neither in the rail nor as an audience of what is theirs; what they still read is the public square."""
    secret, lin = "Project Nightingale", stoa.world["lin"]
    await hide_sig(stoa, "boardroom", secret)
    choice = {Slot(EntryKind.HEADLINE): ("My headline", f"sig:{stoa.world.sigs['boardroom']}")}
    assert await save_entries(stoa.database, SEAL, lin.member_id, choice, NOON) is None
    everywhere = {(place, path) for place in ("page", "rail") for path in _OWN_PAGES}
    assert await _named_on(stoa, "lin", secret) == everywhere
    for change, expected in ((suspend, set()), (reinstate, everywhere)):
        async with stoa.database.writing() as connection:
            await change(connection, lin.member_id, NOON)
        assert await _named_on(stoa, "lin", secret) == expected
