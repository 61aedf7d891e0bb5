"""Filing cases: whose queue something waits in follows from the keys of its case."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.moderation import CaseKind, CaseState
from domain.visibility import Keys
from storage.events import note
from storage.key_sets import intern_key_set
from storage.tables import Case


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
