"""Filing cases: whose queue something waits in follows from the keys of its case."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.moderation import CaseKind, CaseState
from domain.visibility import STAFF, Keys
from storage.database import fetch_all
from storage.events import note
from storage.key_sets import intern_key_set, parse_keys
from storage.tables import Case, KeySet


async def file_case(connection: AsyncConnection, kind: CaseKind, keys: Keys, now: datetime, **about: Any) -> int:
    """A new case for who holds one of these keys; `about` names what waits, and the person concerned."""
    row = {
        "kind": kind.value,
        "state": CaseState.OPEN.value,
        "key_set_id": await intern_key_set(connection, keys),
        "words": "",
        "made_at": now,
        "version": 1,
        **about,
    }
    case_id: int = (await connection.execute(insert(Case).values(row).returning(Case.c.case_id))).scalar_one()
    await note(connection, "case.made", now, case_id=case_id)
    return case_id


async def call_staff(connection: AsyncConnection, member_id: int, sig_id: int) -> None:
    """Somebody moderates a SIG from now on: what is to be decided about them there waits for the staff as well, for
    nobody sits over themselves alone."""
    about_them = (Case.c.sig_id == sig_id) & (Case.c.member_id == member_id)
    about_them &= (Case.c.kind == CaseKind.REPORT) | (Case.c.state != CaseState.CLOSED)  # a report can be opened again
    sets = select(KeySet.c.key_set_id, KeySet.c.text).where(
        KeySet.c.key_set_id.in_(select(Case.c.key_set_id).where(about_them))
    )
    for key_set_id, text in await fetch_all(connection, sets):
        with_staff = await intern_key_set(connection, parse_keys(text) | {STAFF})
        change = update(Case).where(about_them, Case.c.key_set_id == key_set_id)
        await connection.execute(change.values(key_set_id=with_staff))


async def close_cases_of_post(
    connection: AsyncConnection, post_id: int, now: datetime, closer_id: int | None = None
) -> None:
    """A first post that was decided, or taken back by its author, waits no longer."""
    waiting = (Case.c.post_id == post_id) & (Case.c.kind == CaseKind.POST) & (Case.c.state != CaseState.CLOSED)
    await connection.execute(update(Case).where(waiting).values(closing(now, closer_id)))


def closing(now: datetime, closer_id: int | None) -> dict[str, object]:
    """The values of a closed case."""
    return {
        "state": CaseState.CLOSED.value,
        "closed_at": now,
        "closed_by_id": closer_id,
        "version": Case.c.version + 1,
    }
