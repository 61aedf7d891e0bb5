"""Appeals over HTTP, wherever their act counts by now: queue, page, notice and decision agree about who judges."""

from collections.abc import Iterable
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select, update

from domain.moderation import CASES_A_PAGE
from domain.notices import NoticeKind
from domain.sigs import Role
from storage.sigs import add_membership
from storage.tables import Act, Appeal, Member, Notice, Post
from tests.cast import NOON
from tests.conftest import Stoa
from tests.web.order import REASON, act, make_moderator, make_staff, reply_of, statement_of
from tests.web.test_notices import settle

QUEUES = ("/sigs/turnaround/queue", "/sigs/boardroom/queue", "/queue")
PEOPLE = ("amara", "joost", "lin", "tariq", "sven")


async def _begin(stoa: Stoa) -> int:
    """Joost moderates Turnaround, Lin the Boardroom, Sven is of the staff; returns the opening of a thread of Tariq's
    in Turnaround."""
    await make_moderator(stoa, "joost")
    await make_moderator(stoa, "lin", "boardroom")
    await make_staff(stoa, "sven")
    async with stoa.database.writing() as connection:
        is_sven = Member.c.member_id == stoa.world["sven"].member_id
        await connection.execute(update(Member).where(is_sven).values(in_good_standing=True))
        here = stoa.world.sigs["turnaround"]
        await add_membership(connection, stoa.world["tariq"].member_id, here, Role.MEMBER, NOON)
    data = {"title": "A thread of his own", "body": "What I think.", "submission": "x"}
    sent = await (await stoa.browser("tariq")).post("/sigs/turnaround/threads/new", data=data)
    assert sent.status_code == 303
    async with stoa.database.reading() as connection:
        return int((await connection.execute(select(func.max(Post.c.post_id)))).scalar_one())


async def _appeal(stoa: Stoa, part: str, act_id: int) -> str:
    path = f"/acts/{act_id}"
    sent = await (await stoa.browser(part)).post(f"{path}/appeal", data={"words": "It was a joke."})
    assert sent.status_code == 303
    return path


async def _told(stoa: Stoa, act_id: int) -> set[str]:
    """Who reads a notice that the appeal waits."""
    await settle(stoa)
    asked = select(Notice.c.member_id).where(Notice.c.act_id == act_id, Notice.c.kind == NoticeKind.QUEUE.value)
    async with stoa.database.reading() as connection:
        ids = set((await connection.execute(asked)).scalars())
    told = {part for part, person in stoa.world.people.items() if person.member_id in ids}
    for part in told:
        assert "waits for a decision" in (await (await stoa.browser(part)).get("/notices")).text, part
    return told


async def _listed(stoa: Stoa, path: str) -> set[str]:
    """Who finds the appeal in a queue."""
    pages = [(part, await (await stoa.browser(part)).get(queue)) for part in PEOPLE for queue in QUEUES]
    return {part for part, page in pages if f'href="{path}"' in page.text}


async def _offered(stoa: Stoa, path: str) -> set[str]:
    """Whom the page of the act asks for a decision."""
    pages = [(part, await (await stoa.browser(part)).get(path)) for part in PEOPLE]
    return {part for part, page in pages if f'action="{path}/decide"' in page.text}


async def _deciding(stoa: Stoa, path: str, among: Iterable[str]) -> set[str]:
    """Who of these can decide."""
    done = set()
    for part in sorted(among):
        data = {"decision": "deny", "answer": "It stands."}
        if (await (await stoa.browser(part)).post(f"{path}/decide", data=data)).status_code == 303:
            done.add(part)
    return done


@pytest.mark.parametrize(
    ("kind", "moderates_both", "judges"),
    [
        ("close", False, {"lin"}),
        ("warn", False, {"joost"}),
        ("move", False, {"sven"}),
        ("move", True, {"lin"}),
    ],
)
async def test_after_a_move_an_appeal_is_for_who_judges_where_its_act_counts(
    stoa: Stoa, kind: str, moderates_both: bool, judges: set[str]
) -> None:
    form = f"/posts/{await _begin(stoa)}/moderate"
    if moderates_both:
        await make_moderator(stoa, "lin")
    for done in ("close", "warn", "move"):
        stoa.clock.now += timedelta(minutes=1)
        assert (await act(stoa, "amara", form, done, to_sig="boardroom")).status_code == 303
    async with stoa.database.reading() as connection:
        act_id = int((await connection.execute(select(Act.c.act_id).where(Act.c.kind == kind))).scalar_one())
    path = await _appeal(stoa, "tariq", act_id)
    assert await _listed(stoa, path) == judges
    assert await _offered(stoa, path) == judges
    assert await _told(stoa, act_id) == judges
    assert await _deciding(stoa, path, set(PEOPLE) - judges) == set()
    assert await _deciding(stoa, path, judges) == judges


async def test_a_moderator_who_is_suspended_is_not_waited_for(stoa: Stoa) -> None:
    await make_moderator(stoa, "joost")
    await make_staff(stoa)
    async with stoa.database.writing() as connection:
        is_joost = Member.c.member_id == stoa.world["joost"].member_id
        await connection.execute(update(Member).where(is_joost).values(in_good_standing=False))
    post_id = await reply_of(stoa, "lin", "Something.")
    await act(stoa, "amara", f"/posts/{post_id}/moderate", "warn")
    path = await _appeal(stoa, "lin", int((await statement_of(stoa, "lin")).rpartition("/")[2]))
    assert await _told(stoa, int(path.rpartition("/")[2])) == {"tariq"}
    assert await _listed(stoa, path) == {"tariq"}


async def test_appeals_that_are_not_ones_own_to_judge_take_no_place_in_the_queue(stoa: Stoa) -> None:
    await make_moderator(stoa, "joost")
    ids = {part: stoa.world[part].member_id for part in ("amara", "joost", "lin")}
    row = {"sig_id": stoa.world.sigs["turnaround"], "kind": "warn", "member_id": ids["lin"], "rule": "house:respect"}
    actors = [ids["amara"]] * CASES_A_PAGE + [ids["joost"]]
    rows = [{**row, "actor_id": actor_id, "reason": REASON, "made_at": NOON} for actor_id in actors]
    async with stoa.database.writing() as connection:
        await connection.execute(insert(Act), rows)
        act_ids = (await connection.execute(select(Act.c.act_id).order_by(Act.c.act_id))).scalars().all()
        waiting = [{"act_id": act_id, "words": "Please.", "made_at": NOON, "answer": ""} for act_id in act_ids]
        await connection.execute(insert(Appeal), waiting)
    text = (await (await stoa.browser("amara")).get("/sigs/turnaround/queue")).text
    assert f'href="/acts/{act_ids[-1]}"' in text
    assert text.count('href="/acts/') == 1
