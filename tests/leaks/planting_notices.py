"""The notices of the leak test: everybody has one of everything, as if they had once been told of it. So each page,
bell, link and mail must hide what its reader may not see any more, or never could."""

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.notices import MailState, NoticeKind
from storage import tables
from storage.database import Database, fetch_all
from storage.notices.choices import make_unsubscribe_token
from storage.secrets import Seal
from tests.cast import NOON
from tests.leaks.oracle import VIEWERS
from tests.leaks.planted import Planted

_POSTS = ("kept", "deleted", "edited", "settled everyone-owner", "nameless everyone-owner", "left sig:boardroom-owner")
_SOME = 6
_FIRST_EVENT = 5_000_000


async def plant_notices(stage: Database, seal: Seal, planted: Planted) -> None:
    """One notice for everybody of posts in each kind of SIG, deleted ones too, and of scraps, cases and acts."""
    async with stage.writing() as connection:
        posts = [
            planted.posts[f"{sig} {what}"]
            for sig in planted.threads
            for what in _POSTS
            if f"{sig} {what}" in planted.posts
        ]
        about: list[dict[str, object]] = []
        for post_id, writer in await fetch_all(
            connection, select(tables.Post.c.post_id, tables.Post.c.member_id).where(tables.Post.c.post_id.in_(posts))
        ):
            about.append({"kind": NoticeKind.REPLY.value, "post_id": post_id, "actor_id": writer})
        scraps = select(tables.Scrap.c.scrap_id, tables.Scrap.c.member_id).order_by(tables.Scrap.c.scrap_id.desc())
        for scrap_id, writer in await fetch_all(connection, scraps.limit(_SOME)):
            about.append({"kind": NoticeKind.SCRAP.value, "scrap_id": scrap_id, "actor_id": writer})
        for case_id, sig_id in await fetch_all(
            connection, select(tables.Case.c.case_id, tables.Case.c.sig_id).limit(_SOME)
        ):
            about.append({"kind": NoticeKind.QUEUE.value, "case_id": case_id, "sig_id": sig_id})
        for act_id, sig_id in await fetch_all(
            connection, select(tables.Act.c.act_id, tables.Act.c.sig_id).limit(_SOME)
        ):
            about.append({"kind": NoticeKind.ACT.value, "act_id": act_id, "sig_id": sig_id})
        for sig_id in planted.world.sigs.values():
            about += [{"kind": kind.value, "sig_id": sig_id} for kind in (NoticeKind.ROLE, NoticeKind.TURNED_DOWN)]
        for part in VIEWERS:
            if part in planted.world.people:
                member_id = planted.world[part].member_id
                planted.notices[part] = [
                    await _add(connection, _row(member_id, _FIRST_EVENT + number) | names)
                    for number, names in enumerate(about)
                ]
    planted.mail_tokens["unsubscribe"] = make_unsubscribe_token(seal, planted.world["olga"].member_id, NoticeKind.REPLY)


async def _add(connection: AsyncConnection, row: dict[str, object]) -> int:
    adding = insert(tables.Notice).values(row).returning(tables.Notice.c.notice_id)
    notice_id: int = (await connection.execute(adding)).scalar_one()
    return notice_id


def _row(member_id: int, event_id: int) -> dict[str, object]:
    return {
        "member_id": member_id,
        "event_id": event_id,
        "made_at": NOON,
        "mail": MailState.DUE.value,
        "mail_at": NOON,
        "attempts": 0,
    }
