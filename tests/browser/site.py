"""The site that the browsers visit: the real server in a process of its own, over the cast's world and a few extremes.

What the journeys change belongs to them alone: each has people of its own (one set a way of running, with script and
without) and starts threads of its own, so that they may run in any order and beside each other.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from secrets import token_hex

from domain.forum import ThreadKind
from domain.members import EntryKind
from domain.sigs import Role
from domain.visibility import MY_SIGS
from storage.blocks import block
from storage.connections import connect
from storage.database import Database
from storage.forum.commands import Draft, Written, edit_post, start_thread, write_reply
from storage.forum.removal import accept_post, delete_post
from storage.members.lists import make_list, place_person
from storage.members.receipts import make_receipt
from storage.migrations import migrate
from storage.search.index import index_everything
from storage.secrets import Seal, load_secrets
from tests.browser.keeping import keep_things
from tests.browser.order import keep_order
from tests.browser.scraps import leave_scraps
from tests.cast import NOON, PARTS, Part, Person, World, build_world
from web.bench.prose import write_bodies
from web.bench.server import running_server

LONG_WORD = "Wolfeschlegelsteinhausenbergerdorffdonaudampfschifffahrtsgesellschaftskapitaene"
"""A name as long as a name may be, with no place to break it."""

MODES = ("on", "off")
"""The two ways of every journey: with script and without."""


def mode_of(script: bool) -> str:
    """Its name, part of the names of the people and threads that belong to one way of a journey."""
    return MODES[0] if script else MODES[1]


_TURNAROUND = {"turnaround": Role.MEMBER}


def _parts() -> dict[str, Part]:
    everything = {
        EntryKind.HEADLINE: LONG_WORD * 2,
        EntryKind.ABOUT: f"First line.\n\n{LONG_WORD}{LONG_WORD}",
        EntryKind.LOCATION: "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch",
        EntryKind.LANGUAGES: "Dutch\nEnglish\nالعربية\n日本語",
        EntryKind.INTERESTS: f"restructuring\n{LONG_WORD}",
        EntryKind.GENDER: "other",
        EntryKind.EXPERIENCE: json.dumps(
            {"role": LONG_WORD, "company": LONG_WORD, "start": "1999-02", "end": "2024", "text": LONG_WORD * 3}
        ),
        EntryKind.EDUCATION: json.dumps({"school": LONG_WORD, "degree": "Dr.", "field": LONG_WORD, "start": "1990"}),
        EntryKind.LINK: json.dumps({"address": f"https://example.org/{LONG_WORD}", "label": LONG_WORD}),
    }
    extremes = {"walter": Part(LONG_WORD, LONG_WORD[::-1].capitalize(), _TURNAROUND, entries=everything)}
    shown = {EntryKind.HEADLINE: MY_SIGS}
    extremes["ebba"] = Part("Ebba Lund", "Tailor", entries={EntryKind.HEADLINE: "Hems and seams"}, audiences=shown)
    journeys = {}
    for mode in MODES:
        journeys[f"paula-{mode}"] = Part(f"Paula Lima {mode}", f"Welder {mode}", _TURNAROUND)
        journeys[f"rasmus-{mode}"] = Part(f"Rasmus Berg {mode}", f"Glazier {mode}", _TURNAROUND)
        journeys[f"tea-{mode}"] = Part(f"Tea Kukk {mode}", "Mason")
        journeys[f"olaf-{mode}"] = Part(f"Olaf Moe {mode}", "Smith")
        journeys[f"pia-{mode}"] = Part(f"Pia Ek {mode}", "Potter")
        journeys[f"fenna-{mode}"] = Part(f"Fenna Blom {mode}", "Printer")
    return {**PARTS, **extremes, **journeys}


@dataclass(frozen=True, slots=True)
class Site:
    """Where the server is, who lives there, the threads that the pages are shown with, and what Walter has of his."""

    origin: str
    home: Path
    database: Database
    world: World
    talk: Written
    extreme: Written
    list_id: int
    receipt_id: int
    keepsakes: dict[str, int]
    order: dict[str, int]

    def person(self, part: str) -> Person:
        """Somebody of the cast."""
        return self.world[part]

    async def start_thread(self, part: str, title: str, *, kind: ThreadKind = ThreadKind.DISCUSSION) -> Written:
        """A thread of a test's own in Turnaround, by this person, with one reply by Joost."""
        draft = Draft(body=f"About {title}.", submission=token_hex(8), title=title, kind=kind)
        return await _talk(self.database, self.world, part, draft, ("joost",))


@asynccontextmanager
async def open_site(home: Path) -> AsyncIterator[Site]:
    """Build the world, serve it as `./dev serve` does, and end the server afterwards."""
    database = Database(f"sqlite+aiosqlite:///{home / 'stoa.db'}")
    await migrate(database)
    seal = Seal(load_secrets(home / "secrets.json"))
    world = await build_world(database, seal, _parts())
    talk = await _build_talk(database, world)
    extreme = await _build_extreme(database, world)
    own = await _furnish(database, seal, world)
    keepsakes = await keep_things(database, seal, home / "files", world["walter"].member_id, LONG_WORD)
    await leave_scraps(database, world, LONG_WORD)
    order = await keep_order(database, seal, world, extreme, LONG_WORD)
    await index_everything(database)
    with running_server(1, {"STOA_HOME": str(home), "STOA_DEVELOPMENT": "true"}, home / "server.log") as server:
        yield Site(f"http://127.0.0.1:{server.port}", home, database, world, talk, extreme, *own, keepsakes, order)
    await database.close()


async def _furnish(database: Database, seal: Seal, world: World) -> tuple[int, int]:
    """Walter's list with somebody on it, a connection, and a receipt; returns the ids of list and receipt. And
    somebody whom Ebba blocks."""
    walter = world["walter"]
    assert await block(database, world["ebba"].viewer, world["lin"].public_id, NOON) is None
    list_id = await make_list(database, walter.member_id, LONG_WORD[:60], NOON)
    assert isinstance(list_id, int)
    placed = await place_person(database, walter.viewer, world["joost"].public_id, frozenset({list_id}), NOON)
    assert placed is None
    async with database.writing() as connection:
        await connect(connection, walter.member_id, world["amara"].member_id, NOON)
        receipt_id = await make_receipt(connection, seal, walter.member_id, NOON)
    return list_id, receipt_id


async def _talk(database: Database, world: World, part: str, draft: Draft, voices: tuple[str, ...]) -> Written:
    opened = await start_thread(database, world[part].viewer, "turnaround", draft, _now())
    assert isinstance(opened, Written)
    for voice in voices:
        await _reply(database, world, opened, voice, f"Said by {voice}.")
    return opened


async def _reply(
    database: Database, world: World, thread: Written, part: str, body: str, to: int | None = None, minutes: int = 0
) -> Written:
    draft = Draft(body=body, submission=token_hex(8), reply_to_id=to or thread.post_id)
    moment = NOON + timedelta(minutes=minutes) if minutes else _now()
    written = await write_reply(database, world[part].viewer, thread.thread_id, draft, moment)
    assert isinstance(written, Written)
    return written


def _now() -> datetime:
    return datetime.now(UTC)


async def _build_talk(database: Database, world: World) -> Written:
    """A thread of 20 posts of ordinary length: what a first visit is measured with."""
    bodies = iter(write_bodies())
    draft = Draft(
        body=next(bodies),
        submission="talk",
        title="What did you tell the bank first?",
        tags="banks, law",
        kind=_QUESTION,
    )
    amara = world["amara"].viewer
    opened = await start_thread(database, amara, "turnaround", draft, NOON)
    assert isinstance(opened, Written)
    replies: list[Written] = []
    for minutes, part in enumerate(islice(cycle(("joost", "lin", "amara")), 19), start=1):
        to = replies[-1].post_id if minutes % 3 == 0 else None
        replies.append(await _reply(database, world, opened, part, next(bodies), to, minutes))
    await accept_post(database, amara, replies[4].post_id, NOON + timedelta(hours=1))
    return opened


_QUESTION = ThreadKind.QUESTION
_EXTREME_BODIES = (
    f"{LONG_WORD * 3}\n\n## A heading\n\n> A quote\n>\n> > in a quote\n\n- one\n- two\n  1. inside\n",
    (
        "Code: `a_very_long_name_of_something_that_goes_on_and_on_without_a_single_blank_in_it_at_all`\n\n"
        f"```\n{'a long line of code that must scroll ' * 6}\n```\n\nhttps://example.org/{LONG_WORD.lower() * 2}"
    ),
    f"| one | two | three |\n| --- | --- | --- |\n| {LONG_WORD} | {LONG_WORD} | {LONG_WORD} |\n",
    "كان علينا أن نخبرهم في وقت أبكر بكثير.\n\nもっと早く伝えるべきでした。\n\n![a picture](https://example.org/cat.png)",
)


async def _build_extreme(database: Database, world: World) -> Written:
    """A thread with all that a page may have to bear: long words, code, tables, scripts, posts deleted and edited."""
    draft = Draft(
        body=_EXTREME_BODIES[0], submission="extreme", title=(LONG_WORD * 2)[:150], tags=f"{LONG_WORD[:35]}, law"
    )
    walter = world["walter"].viewer
    opened = await start_thread(database, walter, "turnaround", draft, NOON)
    assert isinstance(opened, Written)
    bodies = [*_EXTREME_BODIES[1:], "Soon gone.", "Soon changed."]
    posts = [
        await _reply(database, world, opened, "walter", body, minutes=minutes)
        for minutes, body in enumerate(bodies, start=1)
    ]
    await delete_post(database, walter, posts[-2].post_id, NOON + timedelta(hours=2))
    changed = Draft(body=f"Changed: {LONG_WORD}")
    edited = await edit_post(database, walter, posts[-1].post_id, changed, 1, NOON + timedelta(hours=2))
    assert isinstance(edited, Written)
    return opened
