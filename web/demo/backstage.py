"""Plays the asides of the demo: one function a kind, each through the command that a page's form goes through."""

import io
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from domain.channels import Channel
from domain.members import Slot
from domain.moderation import Order, Subject
from domain.refusals import Reason, Refused
from domain.start_page import KeepsakeKind
from domain.visibility import ALL_MEMBERS, Viewer
from storage.blocks import block, mute
from storage.channels import choose_channels
from storage.connections import ask
from storage.database import Database
from storage.files import FileStore
from storage.forum.commands import Written
from storage.members.people import find_people
from storage.moderation.acts import act_on_case, act_on_post
from storage.moderation.appeals import appeal
from storage.moderation.cases import note_case, open_case
from storage.moderation.queue import Filter, find_sig_queue
from storage.moderation.reports import Reported, report
from storage.rings import find_viewer
from storage.scraps.commands import ScrapDraft, write_scrap
from storage.secrets import Seal
from storage.sessions import Browser
from storage.sigs.invitations import invite
from storage.sigs.joining import ask_to_join
from storage.start_page.files import Upload, keep_file
from storage.start_page.keepsakes import Typed, keep
from web.demo.asides import (
    ActAside,
    AppealAside,
    ApprovalAside,
    Aside,
    BlockAside,
    InvitationAside,
    KeepsakeAside,
    MuteAside,
    NoteAside,
    ReportAside,
    RequestAside,
    ScrapAside,
    WishAside,
)

_NOBODYS: Final = Browser("192.0.2.1", "the demo")
_UNKNOWN: Final = Refused(Reason.MISSING)


@dataclass(slots=True)
class Backstage:
    """Who and what stands on stage, and what has come of earlier asides."""

    database: Database
    files: FileStore
    seal: Seal
    people: Mapping[str, int]
    written: Mapping[str, list[Written]]
    scraps: dict[ScrapAside, int] = field(default_factory=dict)
    folders: dict[tuple[str, str], int] = field(default_factory=dict)
    acts: dict[str, int] = field(default_factory=dict)

    async def play(self, aside: Aside, now: datetime) -> Refused | None:
        """Do it as the person who does it; refused as a form would be."""
        async with self.database.reading() as connection:
            viewer = await find_viewer(connection, self.people[aside.by])
        assert viewer is not None
        return await _PLAYED_BY[type(aside)](self, aside, viewer, now)

    async def address(self, person: str) -> str:
        """The address of somebody's page."""
        member_id = self.people[person]
        async with self.database.reading() as connection:
            return (await find_people(connection, [member_id]))[member_id].public_id


async def _scrap(stage: Backstage, aside: ScrapAside, viewer: Viewer, now: datetime) -> Refused | None:
    above = stage.scraps[aside.above] if aside.above else None
    draft = ScrapDraft(aside.text, is_private=aside.private, reply_to_id=above)
    left = await write_scrap(stage.database, viewer, await stage.address(aside.to), draft, now)
    if isinstance(left, Refused):
        return left
    stage.scraps[aside] = left
    return None


async def _approval(stage: Backstage, aside: ApprovalAside, _viewer: Viewer, _now: datetime) -> Refused | None:
    scraps = Channel.SCRAP
    chosen = {scraps: str(ALL_MEMBERS)}
    return await choose_channels(stage.database, stage.people[aside.by], chosen, frozenset({scraps}))


async def _request(stage: Backstage, aside: RequestAside, viewer: Viewer, now: datetime) -> Refused | None:
    return await ask(stage.database, viewer, await stage.address(aside.to), aside.note, now)


async def _mute(stage: Backstage, aside: MuteAside, viewer: Viewer, now: datetime) -> Refused | None:
    return await mute(stage.database, viewer, await stage.address(aside.to), now)


async def _block(stage: Backstage, aside: BlockAside, viewer: Viewer, now: datetime) -> Refused | None:
    return await block(stage.database, viewer, await stage.address(aside.to), now)


async def _wish(stage: Backstage, aside: WishAside, viewer: Viewer, now: datetime) -> Refused | None:
    """What opens with the day of the yes is asked first, and agreed to."""
    asked = await ask_to_join(stage.database, viewer, aside.sig, aside.words, now)
    if isinstance(asked, tuple):
        agreed = {Slot.parse(line.name): line.audience for line in asked}
        asked = await ask_to_join(stage.database, viewer, aside.sig, aside.words, now, agreed)
    return asked if isinstance(asked, Refused) else None


async def _invitation(stage: Backstage, aside: InvitationAside, viewer: Viewer, now: datetime) -> Refused | None:
    return await invite(stage.database, viewer, aside.sig, await stage.address(aside.to), aside.note, now)


async def _keepsake(stage: Backstage, aside: KeepsakeAside, _viewer: Viewer, now: datetime) -> Refused | None:
    member_id = stage.people[aside.by]
    folder_id = stage.folders[aside.by, aside.folder] if aside.folder else None
    if aside.kind is KeepsakeKind.FILE:
        upload = Upload(io.BytesIO(aside.text.encode()), aside.title, folder_id)
        kept = await keep_file(stage.database, stage.files, stage.seal, member_id, upload, now)
    else:
        typed = Typed(aside.title, aside.address, aside.text, aside.tags, folder_id)
        kept = await keep(stage.database, stage.seal, member_id, aside.kind, typed, now)
    if isinstance(kept, Refused):
        return kept
    if aside.kind is KeepsakeKind.FOLDER:
        stage.folders[aside.by, aside.title] = kept
    return None


async def _report(stage: Backstage, aside: ReportAside, viewer: Viewer, now: datetime) -> Refused | None:
    if aside.thread:
        reported = Reported(Subject.POST, stage.written[aside.thread][aside.number - 1].post_id)
    else:
        reported = Reported(Subject.PERSON, address=await stage.address(aside.person))
    return await report(stage.database, stage.seal, viewer, reported, (aside.grounds, aside.words), _NOBODYS, now)


async def _find_case(stage: Backstage, viewer: Viewer, sig: str, thread: str) -> int | None:
    """The case about a thread in the queue of a SIG, as the moderator finds it there."""
    queue = await find_sig_queue(stage.database, viewer, sig, Filter())
    return next((case.case_id for case in queue.cases if case.title == thread), None) if queue else None


async def _note(stage: Backstage, aside: NoteAside, viewer: Viewer, now: datetime) -> Refused | None:
    case_id = await _find_case(stage, viewer, aside.sig, aside.thread)
    if case_id is None:
        return _UNKNOWN
    opened = await open_case(stage.database, viewer, case_id, now)
    return opened or await note_case(stage.database, viewer, case_id, aside.words, now)


async def _act(stage: Backstage, aside: ActAside, viewer: Viewer, now: datetime) -> Refused | None:
    order = Order(aside.deed, aside.rule, aside.reason)
    if aside.sig:
        case_id = await _find_case(stage, viewer, aside.sig, aside.thread)
        if case_id is None:
            return _UNKNOWN
        done = await open_case(stage.database, viewer, case_id, now) or await act_on_case(
            stage.database, viewer, case_id, order, now
        )
    else:
        post_id = stage.written[aside.thread][aside.number - 1].post_id
        done = await act_on_post(stage.database, viewer, post_id, order, now)
    if isinstance(done, Refused):
        return done
    stage.acts[aside.thread] = done
    return None


async def _appeal(stage: Backstage, aside: AppealAside, viewer: Viewer, now: datetime) -> Refused | None:
    return await appeal(stage.database, viewer, stage.acts[aside.thread], aside.words, now)


_PLAYED_BY: Final[Mapping[type[Aside], Callable[[Backstage, Any, Viewer, datetime], Awaitable[Refused | None]]]] = {
    ScrapAside: _scrap,
    ApprovalAside: _approval,
    RequestAside: _request,
    MuteAside: _mute,
    BlockAside: _block,
    WishAside: _wish,
    InvitationAside: _invitation,
    KeepsakeAside: _keepsake,
    ReportAside: _report,
    NoteAside: _note,
    ActAside: _act,
    AppealAside: _appeal,
}
