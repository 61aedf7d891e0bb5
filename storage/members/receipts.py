"""Receipts of opting out: which addresses were public, what they answer to a visitor now, and that they stay gone.

What an address answers is asked of the functions that answer visitors, never worked out beside them.
"""

from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.exposure import AddressCheck, ReceiptLink, ReceiptPage
from domain.files import PHOTO_SIZES
from domain.members import EntryKind
from domain.refusals import Reason, Refused
from domain.visibility import VISITOR
from storage.database import Database, fetch_all, fetch_one
from storage.feeds import open_person_feed
from storage.members.page import read_member_page
from storage.photos import refuse_photo
from storage.secrets import Seal
from storage.tables import Entry, Member, Receipt, ReceiptLine

NEVER_PUBLIC = 404
"""What an address answers a visitor that was never open to everyone; one that was answers 410."""

CHECK_EVERY = timedelta(days=1)
"""How often the addresses of a receipt are looked at again."""


async def make_receipt(connection: AsyncConnection, seal: Seal, member_id: int, now: datetime) -> int:
    """Note what was public and what it answers now, in the transaction that closed it; returns the receipt's id."""
    row = {"member_id": member_id, "made_at": now, "next_check_at": now + CHECK_EVERY}
    receipt_id: int = (
        await connection.execute(insert(Receipt).values(row).returning(Receipt.c.receipt_id))
    ).scalar_one()
    for path in await _paths_of(connection, member_id):
        status = await _status(connection, seal, path)
        if status != NEVER_PUBLIC:
            await _note(connection, receipt_id, path, status, now)
    return receipt_id


async def _paths_of(connection: AsyncConnection, member_id: int) -> list[str]:
    """The addresses under which something of this member can be open to everyone."""
    statement = (
        select(Member.c.public_id, Entry.c.value)
        .outerjoin(Entry, (Entry.c.member_id == Member.c.member_id) & (Entry.c.kind == EntryKind.PHOTO))
        .where(Member.c.member_id == member_id)
    )
    public_id, photo = (await connection.execute(statement)).one()
    photos = [f"/photos/{photo}/{size}" for size in PHOTO_SIZES] if photo else []
    return [f"/people/{public_id}", f"/people/{public_id}/feed", *photos]


async def _status(connection: AsyncConnection, seal: Seal, path: str) -> int:
    """The status with which a visitor is answered at this address."""
    _, place, name, *rest = path.split("/")
    if place == "photos":
        return _status_of(await refuse_photo(connection, VISITOR, name))
    if rest == ["feed"]:
        return _status_of(await open_person_feed(connection, VISITOR, name))
    return _status_of(await read_member_page(connection, seal, VISITOR, name))


def _status_of(found: object) -> int:
    if isinstance(found, Refused):
        return 410 if found.reason is Reason.GONE else 404
    return 200


async def _note(connection: AsyncConnection, receipt_id: int, path: str, status: int, now: datetime) -> None:
    """Add what was found to the receipt: to the line that says the same, or as a new one."""
    newest = await fetch_one(
        connection,
        select(ReceiptLine.c.line_id, ReceiptLine.c.status)
        .where(ReceiptLine.c.receipt_id == receipt_id, ReceiptLine.c.path == path)
        .order_by(ReceiptLine.c.line_id.desc())
        .limit(1),
    )
    if newest is not None and newest.status == status:
        again = {"last_checked_at": now, "checks": ReceiptLine.c.checks + 1}
        await connection.execute(update(ReceiptLine).where(ReceiptLine.c.line_id == newest.line_id).values(again))
        return
    row = {"receipt_id": receipt_id, "path": path, "status": status, "first_checked_at": now, "last_checked_at": now}
    await connection.execute(insert(ReceiptLine).values({**row, "checks": 1}))


async def check_receipts(database: Database, seal: Seal, now: datetime) -> None:
    """Look at the addresses of every receipt that is due; those of a page that was opened again need no looking at."""
    async with database.writing() as connection:
        due = select(Receipt.c.receipt_id, Receipt.c.member_id).where(Receipt.c.next_check_at <= now).limit(200)
        for receipt_id, member_id in await fetch_all(connection, due):
            paths = select(ReceiptLine.c.path).where(ReceiptLine.c.receipt_id == receipt_id).distinct()
            for (path,) in await fetch_all(connection, paths):
                await _note(connection, receipt_id, path, await _status(connection, seal, path), now)
            is_on = await connection.scalar(select(Member.c.has_public_page).where(Member.c.member_id == member_id))
            later = None if is_on else now + CHECK_EVERY
            await connection.execute(
                update(Receipt).where(Receipt.c.receipt_id == receipt_id).values(next_check_at=later)
            )


async def find_receipt(database: Database, member_id: int, receipt_id: int, site_url: str) -> ReceiptPage | None:
    """A receipt for the member whose it is."""
    async with database.reading() as connection:
        receipt = await fetch_one(
            connection,
            select(Receipt.c.made_at).where(Receipt.c.receipt_id == receipt_id, Receipt.c.member_id == member_id),
        )
        if receipt is None:
            return None
        lines = select(
            ReceiptLine.c.path,
            ReceiptLine.c.status,
            ReceiptLine.c.first_checked_at,
            ReceiptLine.c.last_checked_at,
            ReceiptLine.c.checks,
        ).where(ReceiptLine.c.receipt_id == receipt_id)
        rows = await fetch_all(connection, lines.order_by(ReceiptLine.c.line_id))
    return ReceiptPage(
        made_at=receipt.made_at,
        site_url=site_url,
        checks=tuple(
            AddressCheck(path=path, status=status, first_checked_at=first, last_checked_at=last, checks=checks)
            for path, status, first, last, checks in rows
        ),
    )


async def list_receipts(connection: AsyncConnection, member_id: int) -> tuple[ReceiptLink, ...]:
    """The receipts of a member, the newest first."""
    statement = select(Receipt.c.receipt_id, Receipt.c.made_at).where(Receipt.c.member_id == member_id)
    rows = await fetch_all(connection, statement.order_by(Receipt.c.receipt_id.desc()).limit(50))
    return tuple(ReceiptLink(receipt_id=row.receipt_id, made_at=row.made_at) for row in rows)


async def find_newest_receipt(database: Database, member_id: int) -> int | None:
    """The id of the receipt of the last opting out."""
    async with database.reading() as connection:
        receipts = await list_receipts(connection, member_id)
    return receipts[0].receipt_id if receipts else None
