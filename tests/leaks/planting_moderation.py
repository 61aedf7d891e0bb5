"""What order leaves behind in the Boardroom of the leak test: a report that Amara opened, her notes and acts, appeals,
a post that she hid, and first posts that wait for her. And a report to the staff that nobody has opened.

Stella of the staff reads an act only while an appeal against it waits and nobody else in the SIG can decide it.
"""

from sqlalchemy import update

from domain.forum import ThreadKind
from domain.moderation import ActKind, Order, Subject
from domain.visibility import Viewer
from storage import tables
from storage.database import Database
from storage.forum.commands import Draft, Written, start_thread, write_reply
from storage.moderation.acts import act_on_case, act_on_post
from storage.moderation.appeals import appeal, decide_appeal
from storage.moderation.cases import note_case, open_case
from storage.moderation.reports import Reported, report
from storage.rings import find_viewer
from storage.secrets import Seal
from storage.sessions import Browser
from tests.cast import NOON
from tests.leaks.oracle import BOARDROOM
from tests.leaks.places import EDIT, THREAD
from tests.leaks.planted import Planted
from tests.leaks.talk import reply

CASE, ACT, LOG = "/cases/{case_id:int}", "/acts/{act_id:int}", "/sigs/{slug:str}/log"
KEEPER, CONCERNED, NEWCOMER = "amara", "olga", "bodil"
_ALONE = frozenset({KEEPER})
_WITH_STAFF = frozenset({KEEPER, "stella"})
_ASKING = Browser("192.0.2.7", "Firefox, Linux", None)


async def plant_moderation(stage: Database, seal: Seal, planted: Planted) -> None:
    """All of it, by the product's own commands."""
    people = {}
    async with stage.reading() as connection:
        for part in (KEEPER, CONCERNED, NEWCOMER, "stella", "tariq"):
            found = await find_viewer(connection, planted.world[part].member_id)
            assert found is not None
            people[part] = found
    await _plant_case(stage, seal, planted, people)
    await _plant_acts(stage, planted, people)
    await _plant_hidden(stage, planted, people)
    await _plant_waiting(stage, planted, people[NEWCOMER])
    typed = "spam", planted.cage.token("reports.words", "a line of a page", "nobody", frozenset({"stella"}))
    address = planted.world["settled members-owner"].public_id
    about = Reported(Subject.ENTRY, address=address, slot="headline")
    assert await report(stage, seal, people["tariq"], about, typed, _ASKING, NOON) is None


async def _plant_case(stage: Database, seal: Seal, planted: Planted, people: dict[str, Viewer]) -> None:
    """A report about a post of Olga's, which Amara has opened a moment ago."""
    words = planted.cage.token("reports.words", "boardroom", "nobody", _ALONE, seen_at=(CASE,))
    post = Reported(Subject.POST, planted.posts["boardroom kept"])
    assert await report(stage, seal, people[NEWCOMER], post, ("offensive", words), _ASKING, NOON) is None
    async with stage.reading() as connection:
        newest = tables.Case.table.select().order_by(tables.Case.c.case_id.desc()).limit(1)
        case_id = (await connection.execute(newest)).one().case_id
    planted.cases["boardroom"] = case_id
    note = planted.cage.token("case_notes.words", "boardroom", "nobody", _ALONE, seen_at=(CASE,))
    assert await note_case(stage, people[KEEPER], case_id, note, NOON) is None
    assert await open_case(stage, people[KEEPER], case_id, NOON) is None


async def _plant_acts(stage: Database, planted: Planted, people: dict[str, Viewer]) -> None:
    """Two warnings: an appeal against the one waits, the other was decided by the staff."""
    cage = planted.cage
    for what, readers in (("waiting", _WITH_STAFF), ("decided", _ALONE)):
        reason = cage.token("acts.reason", what, CONCERNED, readers, seen_at=(ACT,))
        words = cage.token("appeals.words", what, CONCERNED, readers, seen_at=(ACT,))
        order = Order(ActKind.WARN, "house:respect", f"Because {reason}.")
        act_id = await act_on_case(stage, people[KEEPER], planted.cases["boardroom"], order, NOON)
        assert isinstance(act_id, int), act_id
        planted.acts[what] = act_id
        assert await appeal(stage, people[CONCERNED], act_id, f"But {words}.", NOON) is None
        rule = cage.token("acts.rule", what, CONCERNED, BOARDROOM | readers, seen_at=(ACT, LOG))
        async with stage.writing() as connection:
            is_it = tables.Act.c.act_id == act_id
            await connection.execute(update(tables.Act).where(is_it).values(rule=f"sig:{rule}"))
    answer = cage.token("appeals.answer", "decided", CONCERNED, _ALONE, seen_at=(ACT,))
    decided = await decide_appeal(stage, people["stella"], planted.acts["decided"], (False, answer), NOON)
    assert decided is None, decided


async def _plant_hidden(stage: Database, planted: Planted, people: dict[str, Viewer]) -> None:
    shown = planted.cage.token("posts.html", "boardroom hidden", CONCERNED, _ALONE, seen_at=(THREAD,))
    source = planted.cage.token("posts.body", "boardroom hidden", CONCERNED)
    body = f"Said **{shown}**.\n\n[unused]: https://example.org/{source}"
    post_id = await reply(stage, people[CONCERNED], planted.threads["boardroom"], body)
    planted.posts["boardroom hidden"] = post_id
    reason = planted.cage.token("acts.reason", "hidden", CONCERNED, _ALONE, seen_at=(ACT,))
    order = Order(ActKind.HIDE, "house:respect", f"Because {reason}.")
    act_id = await act_on_post(stage, people[KEEPER], post_id, order, NOON)
    assert isinstance(act_id, int), act_id
    planted.acts["hidden"] = act_id


async def _plant_waiting(stage: Database, planted: Planted, newcomer: Viewer) -> None:
    """Bodil, who has said nothing there yet, writes a reply and a thread; both wait."""
    is_boardroom = tables.Sig.c.sig_id == planted.world.sigs["boardroom"]
    holding = update(tables.Sig).where(is_boardroom)
    async with stage.writing() as connection:
        await connection.execute(holding.values(holds_first_posts=True))
    shown = planted.cage.token("posts.html", "boardroom held", NEWCOMER, _ALONE, seen_at=(THREAD,))
    source = planted.cage.token("posts.body", "boardroom held", NEWCOMER, seen_at=(EDIT,))
    body = f"Said **{shown}**.\n\n[unused]: https://example.org/{source}"
    written = await write_reply(stage, newcomer, planted.threads["boardroom"], Draft(body), NOON)
    assert isinstance(written, Written), written
    planted.posts["boardroom held"] = written.post_id
    title = planted.cage.token("threads.title", "boardroom held", NEWCOMER, _ALONE, seen_at=(THREAD,))
    draft = Draft("What waits.", title=f"Title {title}", kind=ThreadKind.QUESTION)
    begun = await start_thread(stage, newcomer, "boardroom", draft, NOON)
    assert isinstance(begun, Written), begun
    planted.threads["boardroom held"], planted.posts["boardroom begun"] = begun.thread_id, begun.post_id
    async with stage.writing() as connection:
        await connection.execute(holding.values(holds_first_posts=False))
