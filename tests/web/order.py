"""Steps that tests of moderation share: who keeps order, what is reported, and what is done about it."""

import re

import httpx
from sqlalchemy import update

from domain.members import EntryKind, Slot
from domain.sigs import Joining, Role
from domain.visibility import sig_key
from storage.forum.commands import Draft, Written, write_reply
from storage.key_sets import intern_key_set
from storage.members.editing import save_entries
from storage.tables import Member, Membership, Sig
from tests.cast import NOON
from tests.conftest import SEAL, Stoa

RULE, REASON = "house:respect", "It insults the one who asked."


async def make_moderator(stoa: Stoa, part: str, sig: str = "turnaround", role: Role = Role.MODERATOR) -> None:
    """Give somebody who belongs to a SIG a role in it."""
    theirs = (Membership.c.member_id == stoa.world[part].member_id) & (Membership.c.sig_id == stoa.world.sigs[sig])
    async with stoa.database.writing() as connection:
        await connection.execute(update(Membership).where(theirs).values(role=role.value))


async def make_staff(stoa: Stoa, part: str = "tariq") -> None:
    """Take somebody onto the staff."""
    is_them = Member.c.member_id == stoa.world[part].member_id
    async with stoa.database.writing() as connection:
        await connection.execute(update(Member).where(is_them).values(is_staff=True))


async def hold_first_posts(stoa: Stoa, sig: str = "turnaround") -> None:
    """Let first posts wait in a SIG."""
    async with stoa.database.writing() as connection:
        is_it = Sig.c.sig_id == stoa.world.sigs[sig]
        await connection.execute(update(Sig).where(is_it).values(holds_first_posts=True))


async def ask_to_join(stoa: Stoa, part: str, sig: str = "turnaround", words: str = "Let me in.") -> None:
    """Let a SIG take in whom it wants, and somebody ask for it."""
    async with stoa.database.writing() as connection:
        is_it = Sig.c.sig_id == stoa.world.sigs[sig]
        await connection.execute(update(Sig).where(is_it).values(joining=Joining.REQUEST.value))
    asked = await (await stoa.browser(part)).post(f"/sigs/{sig}/ask", data={"words": words})
    assert asked.status_code == 303


async def reply_of(stoa: Stoa, part: str, body: str, thread: Written | None = None) -> int:
    """A reply; returns the id of its post."""
    where = thread or stoa.world.public_thread
    written = await write_reply(stoa.database, stoa.world[part].viewer, where.thread_id, Draft(body=body), NOON)
    assert isinstance(written, Written)
    return written.post_id


async def report_post(stoa: Stoa, part: str, post_id: int, words: str = "Look at this.") -> httpx.Response:
    """Report a post."""
    data = {"reason": "offensive", "words": words}
    return await (await stoa.browser(part)).post(f"/report/post/{post_id}", data=data)


def cases_in(text: str) -> list[str]:
    """The addresses of the cases in a queue."""
    return re.findall(r'href="(/cases/\d+)"', text)


async def open_first_case(stoa: Stoa, part: str, queue: str = "/sigs/turnaround/queue") -> str:
    """Open the newest case of a queue; returns its address."""
    browser = await stoa.browser(part)
    path = cases_in((await browser.get(queue)).text)[0]
    assert (await browser.post(f"{path}/open")).headers["location"] == path
    return path


async def act(stoa: Stoa, part: str, path: str, kind: str, **more: str) -> httpx.Response:
    """Do something at a case or a post: `path` is that of the form."""
    data = {"kind": kind, "rule": RULE, "reason": REASON, **more}
    return await (await stoa.browser(part)).post(path, data=data)


async def statement_of(stoa: Stoa, part: str) -> str:
    """The address of the newest statement to somebody."""
    text = (await (await stoa.browser(part)).get("/settings/acts")).text
    found = re.search(r'href="(/acts/\d+)"', text)
    assert found is not None
    return found[1]


async def reported_reply(stoa: Stoa, body: str = "A rude remark.") -> int:
    """A reply of Lin's that Tariq has reported; Joost is a second moderator."""
    await make_moderator(stoa, "joost")
    post_id = await reply_of(stoa, "lin", body)
    assert (await report_post(stoa, "tariq", post_id)).status_code == 303
    return post_id


async def approve(stoa: Stoa, part: str, path: str) -> httpx.Response:
    """Say yes to the post of a case, as the page of the case shows it to this part."""
    browser = await stoa.browser(part)
    shown = re.search(r'name="version" value="(\d+)"', (await browser.get(path)).text)
    return await browser.post(f"{path}/approve", data={"version": shown[1] if shown else ""})


async def hide_sig(stoa: Stoa, sig: str, name: str) -> None:
    """Nobody but its people know of a SIG from now on, nor of its new name."""
    sig_id = stoa.world.sigs[sig]
    async with stoa.database.writing() as connection:
        keys = await intern_key_set(connection, frozenset({sig_key(sig_id)}))
        hiding = update(Sig).where(Sig.c.sig_id == sig_id).values(key_set_id=keys, name=name)
        await connection.execute(hiding)


async def hide_membership(stoa: Stoa, part: str, sig: str) -> None:
    """Somebody belongs to a SIG, and shows it to nobody."""
    sig_id, member_id = stoa.world.sigs[sig], stoa.world[part].member_id
    form = {Slot(EntryKind.MEMBERSHIP, sig_id): (None, "only-me")}
    assert await save_entries(stoa.database, SEAL, member_id, form, NOON) is None
