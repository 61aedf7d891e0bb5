"""Brings the demo on stage: everything through the commands that people's own acts go through, in one transaction.

So a kill in the middle leaves nothing behind, and there is no state in which half a demo could pass for a whole one.
Acts happen in the order of their moments, as they would have.
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from heapq import merge

from domain.members import ENTRY_RULES, Slot, write_record
from domain.refusals import Refused
from domain.visibility import VISITOR, Audience, Viewer, member_ring
from storage.connections import connect
from storage.database import Database
from storage.files import FileStore
from storage.forum.commands import Draft, Written, start_thread, write_reply
from storage.forum.removal import accept_post, delete_post
from storage.members.editing import save_entries
from storage.members.keys import add_member
from storage.passwords import hash_password
from storage.search.index import index_everything
from storage.secrets import Seal
from storage.seeding import add_account, together
from storage.sigs import add_community, add_membership, add_sig, find_community_page
from storage.staff import set_staff
from web.demo.asides import Aside
from web.demo.backstage import Backstage
from web.demo.script import PersonPart, Script, Talk, read_script

DEMO_PASSWORD = "twelve-columns-at-noon"  # noqa: S105 -- printed at every start, for people who do not exist

Report = Callable[[str, int, int | None], None]
"""Called with the name of a step, how much of it is done, and of how much."""

SHORTEST_GAP = timedelta(minutes=6)
DOUBLINGS = 7
"""The longest gap between two posts of a thread is the shortest one doubled so often: 13 hours."""


class MissedCue(RuntimeError):
    """An act of the script was refused: the script is wrong, and nothing of it is kept."""


async def load_demo(database: Database, files: FileStore, seal: Seal, now: datetime, report: Report) -> bool:
    """Load the demo community as if it had grown until now; False, with nothing changed, when it is there already."""
    script = read_script()
    password_hash = await hash_password(DEMO_PASSWORD)
    async with together(database) as one:
        if await find_community_page(one, VISITOR, script.communities[0].slug):
            return False
        stage = _Stage(one, now, report)
        await stage.build(script)
        await stage.cast(script, seal, password_hash)
        await stage.play(script, Backstage(one, files, seal, stage.people, stage.written))
        await index_everything(one)
    return True


@dataclass(slots=True)
class _Stage:
    """What stands so far, by the names that the script uses."""

    database: Database
    now: datetime
    report: Report
    sigs: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    viewers: dict[str, Viewer] = field(default_factory=dict)
    written: dict[str, list[Written]] = field(default_factory=dict)

    async def build(self, script: Script) -> None:
        """Communities and SIGs."""
        async with self.database.writing() as connection:
            for position, part in enumerate(script.communities):
                community = await add_community(connection, part.slug, part.name, part.description, position)
                for sig in part.sigs:
                    opened = self.now - timedelta(days=sig.age)
                    self.sigs[sig.slug] = await add_sig(
                        connection, community, sig.slug, sig.name, sig.description, sig.settings, opened
                    )

    async def cast(self, script: Script, seal: Seal, password_hash: str) -> None:
        """People with their entries, accounts and memberships. They share one hash, as they share the password."""
        for done, person in enumerate(script.people, start=1):
            self.viewers[person.key] = await self._add_person(person, seal, password_hash)
            self.report("Demo: people", done, len(script.people))

    async def _add_person(self, person: PersonPart, seal: Seal, password_hash: str) -> Viewer:
        joined = self.now - timedelta(days=person.joined, minutes=_whim(person.key, 1440))
        audiences = {kind: self._audience(chosen) for kind, chosen in person.audiences.items()}
        async with self.database.writing() as connection:
            member_id = await add_member(
                connection,
                person.entries,
                joined,
                has_public_page=person.has_public_page,
                in_good_standing=True,
                audiences=audiences,
            )
            await add_account(connection, seal, member_id, person.email, password_hash, joined)
            for slug, role in person.sigs.items():
                await add_membership(connection, member_id, self.sigs[slug], role, joined)
            for other in person.connections:
                await connect(connection, member_id, self.people[other], self.now)
        if person.is_staff:
            await set_staff(self.database, seal, person.email, joined, is_staff=True)
        self.people[person.key] = member_id
        await self._add_records(person, seal, member_id, joined)
        ring = member_ring(member_id, in_good_standing=True, sig_ids=[self.sigs[slug] for slug in person.sigs])
        return Viewer(member_id, ring)

    async def _add_records(self, person: PersonPart, seal: Seal, member_id: int, joined: datetime) -> None:
        for kind, record in person.records:
            chosen = person.audiences.get(kind)
            audience = str(ENTRY_RULES[kind].default if chosen is None else self._audience(chosen))
            typed = {Slot(kind): (write_record(kind, record), audience)}
            refused = await save_entries(
                self.database, seal, member_id, typed, joined, confirmed={Slot(kind): audience}
            )
            if refused is not None:
                raise MissedCue(f"{person.key} may not say {record}: {refused}")

    def _audience(self, chosen: str) -> Audience:
        scope, colon, slug = chosen.partition(":")
        return Audience.parse(f"{scope}:{self.sigs[slug]}" if colon else scope)

    async def play(self, script: Script, backstage: Backstage) -> None:
        """Every act of every thread and what is done beside them, the earliest first."""
        total = sum(len(talk.posts) for talk in script.talks)
        said = 0
        asides = [Cue(self.now - timedelta(days=aside.age), aside) for aside in script.asides]
        told: list[Sequence[Cue | Act]] = [asides, *(acts_of(talk, self.now) for talk in script.talks)]
        for act in merge(*told, key=lambda act: act.moment):
            if isinstance(act, Cue):
                if refused := await backstage.play(act.aside, act.moment):
                    raise MissedCue(f"refused as {refused.reason}: {act.aside}")
                continue
            await self._perform(act)
            if act.deed is Deed.SAY:
                said += 1
                self.report("Demo: posts", said, total)

    async def _perform(self, act: "Act") -> None:
        talk, moment = act.talk, act.moment
        posts = self.written.setdefault(talk.title, [])
        viewer = self.viewers[act.by]
        match act.deed:
            case Deed.SAY:
                posts.append(_done(await self._say(viewer, talk, act.number, moment), act))
            case Deed.DELETE:
                _done(await delete_post(self.database, viewer, posts[act.number - 1].post_id, moment), act)
            case Deed.ACCEPT:
                _done(await accept_post(self.database, viewer, posts[act.number - 1].post_id, moment), act)

    async def _say(self, viewer: Viewer, talk: Talk, number: int, moment: datetime) -> Written | Refused:
        saying = talk.posts[number - 1]
        if number == 1:
            opening = Draft(body=saying.text, title=talk.title, tags=talk.tags, kind=talk.kind)
            return await start_thread(self.database, viewer, talk.sig, opening, moment)
        posts = self.written[talk.title]
        answered = posts[saying.to - 1].post_id if saying.to else None
        reply = Draft(body=saying.text, reply_to_id=answered)
        return await write_reply(self.database, viewer, posts[0].thread_id, reply, moment)


class Deed(StrEnum):
    """What can be done in a thread of the demo."""

    SAY = "say"
    DELETE = "delete"
    ACCEPT = "accept"


@dataclass(frozen=True, slots=True)
class Cue:
    """The moment of an aside."""

    moment: datetime
    aside: Aside


@dataclass(frozen=True, slots=True)
class Act:
    """Something that somebody does in a thread, to the post with this number."""

    moment: datetime
    talk: Talk
    deed: Deed
    number: int
    by: str


def acts_of(talk: Talk, now: datetime) -> list[Act]:
    """What happens in a thread, in order. The gaps are drawn from the texts, so every load gives the same ones."""
    opened = now - timedelta(days=talk.age)
    gaps = [SHORTEST_GAP * 2 ** (_whim(saying.text, 1000) * DOUBLINGS / 1000) for saying in talk.posts[1:]]
    pace = min(1.0, (now - opened) * 0.95 / sum(gaps, timedelta(seconds=1)))
    acts, moment, asker = [], opened, talk.posts[0].by
    for number, saying in enumerate(talk.posts, start=1):
        moment = moment + gaps[number - 2] * pace if number > 1 else opened
        acts.append(Act(moment, talk, Deed.SAY, number, saying.by))
        later = moment + SHORTEST_GAP * pace / 2
        if saying.deleted:
            acts.append(Act(later, talk, Deed.DELETE, number, saying.by))
        if saying.accepted:
            acts.append(Act(later, talk, Deed.ACCEPT, number, asker))
    return sorted(acts, key=lambda act: act.moment)


def _whim(text: str, below: int) -> int:
    """A number from 0 that looks like chance and is the same every time."""
    return zlib.crc32(text.encode()) % below


def _done(outcome: Written | Refused, act: Act) -> Written:
    if isinstance(outcome, Refused):
        raise MissedCue(f"{act.by} may not {act.deed} number {act.number} of {act.talk.title!r}: {outcome}")
    return outcome
