"""The demo community: whole or not there, loaded once, and full of what a first look should find."""

import asyncio
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from domain.accounts import problem_with_password
from domain.forum import POSTS_A_PAGE, ThreadKind
from domain.members import ENTRY_RULES, EntryKind, problem_with_audience, problem_with_value, tidy_value, write_record
from domain.moderation import ActKind, CaseKind
from domain.scraps import ScrapForm, ScrapState
from domain.sigs import Circle, Joining
from domain.visibility import VISITOR, Audience, Owner
from storage.connections import find_connections_page
from storage.database import Database
from storage.files import FolderStore
from storage.forum.pages import find_thread_page
from storage.moderation.log import find_log_page
from storage.moderation.queue import Filter, find_sig_queue
from storage.passwords import is_common, verify_password
from storage.rings import find_viewer
from storage.scraps.pages import BoardPlace, find_board_page
from storage.secrets import Seal
from storage.sigs import find_home_page, find_sig_page
from storage.start_page.pages import find_start_page
from storage.tables import Account, Act, Block, Keepsake, Member, Membership, Mute, Post, Report, Scrap, Sig, Thread
from tests.cast import NOON
from web.demo import DEMO_PASSWORD, list_log_ins, load_demo
from web.demo.asides import (
    ActAside,
    Aside,
    BlockAside,
    KeepsakeAside,
    MuteAside,
    ReportAside,
    ScrapAside,
    WishAside,
)
from web.demo.script import Script, Talk, read_script
from web.demo.stage import Deed, MissedCue, acts_of

COUNTED = (Account, Act, Block, Keepsake, Membership, Mute, Post, Report, Scrap, Sig, Thread)


@pytest.fixture
def files(tmp_path: Path) -> FolderStore:
    """Where files of the demo go."""
    return FolderStore(tmp_path / "files")


def _quiet(_step: str, _done: int, _total: int | None) -> None:
    pass


async def _counts(database: Database) -> dict[str, int]:
    async with database.reading() as connection:
        return {
            table.__tablename__: (await connection.execute(select(func.count()).select_from(table))).scalar_one()
            for table in COUNTED
        }


_ASIDES: dict[str, type[Aside]] = {
    "acts": ActAside,
    "blocks": BlockAside,
    "keepsakes": KeepsakeAside,
    "mutes": MuteAside,
    "reports": ReportAside,
    "scraps": ScrapAside,
}


def _count(script: Script, kind: type[Aside]) -> int:
    return sum(isinstance(aside, kind) for aside in script.asides)


def _expected(script: Script) -> dict[str, int]:
    return {
        "accounts": len(script.people),
        **{table: _count(script, kind) for table, kind in _ASIDES.items()},
        "memberships": sum(len(person.sigs) for person in script.people),
        "posts": sum(len(talk.posts) for talk in script.talks),
        "sigs": sum(len(community.sigs) for community in script.communities),
        "threads": len(script.talks),
    }


def _first_talks(how_many: int) -> Script:
    """The beginning of the demo, with those who speak in it and those who can sign in."""
    script = read_script()
    talks = script.talks[:how_many]
    speakers = {post.by for talk in talks for post in talk.posts}
    people = tuple(person for person in script.people if person.log_in or person.key in speakers)
    return Script(script.communities, people, talks)


@pytest.mark.slow
async def test_it_loads_once_and_a_second_load_changes_nothing(
    database: Database, files: FolderStore, seal: Seal
) -> None:
    steps: Counter[str] = Counter()

    def report(step: str, done: int, total: int | None) -> None:
        steps[step] = done
        assert total is not None
        assert done <= total

    assert await load_demo(database, files, seal, NOON, report)
    counts = await _counts(database)
    assert counts == _expected(read_script())
    assert steps == {"Demo: people": counts["accounts"], "Demo: posts": counts["posts"]}
    assert not await load_demo(database, files, seal, NOON + timedelta(days=1), _quiet)
    assert await _counts(database) == counts
    await _look_around(database)
    await _look_as_amara(database, seal)


async def _look_around(database: Database) -> None:
    """What a visitor finds: the newest talk is of today, and the members-only SIGs show what they are for, no more."""
    home = await find_home_page(database, VISITOR, NOON)
    assert len(home.communities) == 4
    assert NOON - timedelta(days=2) < home.threads[0].last_post_at <= NOON
    sigs = [sig for part in read_script().communities for sig in part.sigs]
    closed = {sig.slug for sig in sigs if sig.settings.reading is not Circle.EVERYONE}
    assert len(closed) == 3
    for community in read_script().communities:
        for sig in community.sigs:
            page = await find_sig_page(database, VISITOR, sig.slug, NOON)
            assert (page is None) == (sig.settings.existence is not Circle.EVERYONE)
            assert page is None or bool(page.threads) != (sig.slug in closed)
    async with database.reading() as connection:
        longest = (await connection.execute(select(Thread.c.thread_id).order_by(Thread.c.post_count.desc()))).scalar()
    assert longest is not None
    last = await find_thread_page(database, VISITOR, longest, 3)
    assert last is not None
    assert last.pages == 3


async def _look_as_amara(database: Database, seal: Seal) -> None:
    """What the first log-in finds to read, to answer and to decide."""
    mine = select(Member.c.member_id, Member.c.public_id).join(Account, Account.c.member_id == Member.c.member_id)
    mine = mine.where(Account.c.email_hash == seal.hash_email("amara@example.org"))
    async with database.reading() as connection:
        member_id, address = (await connection.execute(mine)).one()
        amara = await find_viewer(connection, member_id)
    assert amara is not None
    queue = await find_sig_queue(database, amara, "turnaround", Filter())
    assert queue is not None
    assert [case.kind for case in queue.cases] == [CaseKind.REPORT]
    assert len(queue.appeals) == 1
    log = await find_log_page(database, amara, "turnaround")
    assert log is not None
    assert {act.kind for act in log.acts} == {ActKind.CLOSE, ActKind.PIN, ActKind.HIDE}
    wishes = await find_sig_queue(database, amara, "boardroom", Filter())
    assert wishes is not None
    assert [case.kind for case in wishes.cases] == [CaseKind.JOIN]
    asked = await find_connections_page(database, seal, amara)
    assert len(asked.received) >= 2
    assert asked.sent
    board = await find_board_page(database, amara, address, BoardPlace(), ScrapForm(submission="s"))
    assert board is not None
    states = Counter(conversation.scrap.state for conversation in board.conversations)
    assert states[ScrapState.WAITING] == 1
    assert any(conversation.replies for conversation in board.conversations)
    start = await find_start_page(database, seal, amara, NOON)
    assert start is not None


async def test_an_aside_that_is_refused_is_a_missed_cue_and_nothing_is_kept(
    database: Database, files: FolderStore, seal: Seal, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = _first_talks(1)
    script = Script(short.communities, short.people, short.talks, (_WISH,))
    monkeypatch.setattr("web.demo.stage.read_script", lambda: script)
    with pytest.raises(MissedCue, match="WishAside"):
        await load_demo(database, files, seal, NOON, _quiet)
    assert set((await _counts(database)).values()) == {0}
    wanted = Script(short.communities, short.people, short.talks, (replace(_WISH, sig="boardroom"),))
    monkeypatch.setattr("web.demo.stage.read_script", lambda: wanted)
    assert await load_demo(database, files, seal, NOON, _quiet)


_WISH = WishAside(by="tariq", age=1, sig="turnaround", words="Please.")
"""Turnaround takes everyone at once, so nobody asks there."""


async def test_the_log_ins_open_confirmed_accounts_with_the_printed_password(
    database: Database, files: FolderStore, seal: Seal, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = _first_talks(1)
    monkeypatch.setattr("web.demo.stage.read_script", lambda: short)
    await load_demo(database, files, seal, NOON, _quiet)
    assert len(list_log_ins()) == 4
    for email, _ in list_log_ins():
        async with database.reading() as connection:
            found = select(Account.c.password_hash, Account.c.confirmed_at).where(
                Account.c.email_hash == seal.hash_email(email)
            )
            account = (await connection.execute(found)).one()
        assert account.confirmed_at is not None
        assert await verify_password(account.password_hash, DEMO_PASSWORD)


async def test_the_password_would_be_accepted_at_registration() -> None:
    people = [word for person in read_script().people for word in (person.email, person.entries[EntryKind.NAME])]
    assert problem_with_password(DEMO_PASSWORD, await is_common(DEMO_PASSWORD, people)) is None


async def test_a_load_that_fails_in_the_middle_leaves_nothing_and_the_next_one_is_whole(
    database: Database, files: FolderStore, seal: Seal, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = _first_talks(2)
    monkeypatch.setattr("web.demo.stage.read_script", lambda: short)

    def fail(step: str, done: int, _total: int | None) -> None:
        if step == "Demo: posts" and done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await load_demo(database, files, seal, NOON, fail)
    assert set((await _counts(database)).values()) == {0}
    assert await load_demo(database, files, seal, NOON, _quiet)
    assert await _counts(database) == _expected(short)


HALFWAY = """
import asyncio, sys, time
from datetime import UTC, datetime
from pathlib import Path
from storage.database import Database
from storage.files import FolderStore
from storage.secrets import Seal, load_secrets
from web.demo import load_demo

def report(step, done, total):
    if step == "Demo: posts" and done == 30:
        print("halfway", flush=True)
        time.sleep(600)

seal = Seal(load_secrets(Path(sys.argv[2])))
files = FolderStore(Path(sys.argv[2]).parent / "files")
asyncio.run(load_demo(Database(sys.argv[1]), files, seal, datetime(2026, 11, 20, 12, tzinfo=UTC), report))
"""


def _kill_halfway(database_url: str, secrets: Path) -> None:
    command = [sys.executable, "-c", HALFWAY, database_url, str(secrets)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "halfway\n"
        finally:
            process.kill()


@pytest.mark.faults
@pytest.mark.slow
async def test_a_kill_in_the_middle_leaves_nothing_and_the_next_load_is_whole(
    database: Database, database_url: str, files: FolderStore, seal: Seal, tmp_path: Path
) -> None:
    await asyncio.to_thread(_kill_halfway, database_url, tmp_path / "secrets.json")
    assert set((await _counts(database)).values()) == {0}
    assert await load_demo(database, files, seal, NOON, _quiet)
    assert await _counts(database) == _expected(read_script())


def test_every_entry_is_one_that_its_member_could_have_saved() -> None:
    ids = {slug: number for number, slug in enumerate(_sigs(), start=1)}
    for person in read_script().people:
        own = Owner(1, frozenset(ids[slug] for slug in person.sigs))
        for kind, value in person.entries.items():
            if kind is not EntryKind.EMAIL:
                assert problem_with_value(kind, tidy_value(kind, value)) is None, (person.key, kind)
        for kind, chosen in person.audiences.items():
            scope, colon, slug = chosen.partition(":")
            audience = Audience.parse(f"{scope}:{ids[slug]}" if colon else scope)
            assert problem_with_audience(kind, audience, own) is None, (person.key, kind)
            assert kind in ENTRY_RULES
        for kind, record in person.records:
            assert problem_with_value(kind, write_record(kind, record)) is None, (person.key, kind)


def _sigs() -> list[str]:
    return [sig.slug for community in read_script().communities for sig in community.sigs]


def test_the_scene_has_what_a_first_look_should_find() -> None:
    script = read_script()
    talks, posts = script.talks, [post for talk in script.talks for post in talk.posts]
    assert len(script.communities) == 4
    assert len(_sigs()) == 13
    assert len(script.people) >= 28
    assert len(talks) >= 45
    assert len({talk.title for talk in talks}) == len(talks)
    assert max(len(talk.posts) for talk in talks) > 2 * POSTS_A_PAGE + 5
    assert sum(any(post.accepted for post in talk.posts) for talk in talks) >= 5
    done = {aside.deed for aside in script.asides if isinstance(aside, ActAside)}
    assert done >= {ActKind.CLOSE, ActKind.PIN, ActKind.HIDE}
    joining = {sig.settings.joining for community in script.communities for sig in community.sigs}
    assert joining == set(Joining)
    assert any(post.deleted for post in posts)
    assert any(len(talk.posts) == 1 for talk in talks)
    assert max(len(talk.title) for talk in talks) > 120
    for mark in ("```", "|---", "\n> ", "](https://", "$$"):
        assert any(mark in post.text for post in posts), mark
    assert any("؟" in post.text for post in posts)
    assert any("。" in post.text for post in posts)
    audiences = [person.audiences for person in script.people]
    assert any(not person.has_public_page for person in script.people)
    assert {chosen.get(EntryKind.NAME, "everyone").partition(":")[0] for chosen in audiences} >= {"members", "sig"}


@pytest.mark.parametrize("talk", read_script().talks, ids=lambda talk: talk.title[:40])
def test_a_thread_is_told_in_order_and_before_now(talk: Talk) -> None:
    acts = acts_of(talk, NOON)
    said = [act for act in acts if act.deed is Deed.SAY]
    assert [act.number for act in said] == list(range(1, len(talk.posts) + 1))
    assert all(act.moment < NOON for act in acts)
    assert len({act.moment for act in said}) == len(said)
    for number, post in enumerate(talk.posts, start=1):
        assert post.to is None or 1 <= post.to < number
        assert not (post.accepted and talk.kind is not ThreadKind.QUESTION)
