"""What no page shows, or only its owner's: waiting registrations, tokens, counts, leases, events, receipts."""

from datetime import timedelta
from typing import Any

from sqlalchemy import LargeBinary, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

from domain.accounts import MailPurpose
from storage import tables
from storage.database import Database, fetch_all
from storage.feed_tokens import list_feed_tokens, make_feed_token, revoke_feed_token
from storage.mail_tokens import make_token
from storage.sessions import start_session
from tests.cast import NOON, Person
from tests.leaks.oracle import BEARERS, VIEWERS
from tests.leaks.places import FEEDS, RECEIPT, SESSIONS
from tests.leaks.planted import Planted


def _row(table: Any, **values: object) -> Any:
    return insert(table).values(values)


def _long(word: str) -> bytes:
    return f"{word:*<32}".encode()


async def plant_machinery(connection: AsyncConnection, planted: Planted) -> None:
    """One row of everything that is kept for a while or for the machine."""
    cage, olga = planted.cage, planted.world["olga"]

    def token(name: str, audience: str = "nobody") -> str:
        return cage.token(name, audience, "olga")

    later = NOON + timedelta(days=1)
    when = {"created_at": NOON, "expires_at": later}
    sealed = token("registrations.sealed").encode()
    pending = token("pending_addresses.email_sealed", "owner").encode()
    version, holder, name = token("acceptances.version", "owner"), token("leases.holder"), token("leases.name")
    account = {"account_id": olga.account_id}
    await connection.execute(_row(tables.Registration, email_hash=_long("registration"), sealed=sealed, **when))
    await connection.execute(
        _row(tables.PendingAddress, email_sealed=pending, email_hash=_long("pending"), **account, **when)
    )
    accepted = _row(tables.Acceptance, document="terms", version=version, accepted_at=NOON, **account)
    await connection.execute(accepted)
    await connection.execute(_row(tables.AttemptCount, bucket=_long("bucket"), window_start=NOON, tries=3))
    await connection.execute(_row(tables.Lease, name=name, holder=holder, expires_at=later))
    ids = token("events.ids")
    await connection.execute(
        _row(tables.Event, name="planted", ids=ids, happened_at=NOON, next_try_at=later, attempts=0)
    )
    for purpose, subject in ((MailPurpose.RESET, olga.account_id), (MailPurpose.CHANGE, 1), (MailPurpose.CONFIRM, 1)):
        planted.mail_tokens[purpose] = await make_token(connection, purpose, subject, NOON)
        cage.secret(f"mail token {purpose}", "olga", planted.mail_tokens[purpose])


async def plant_browser(connection: AsyncConnection, planted: Planted, person: Person) -> None:
    """A browser in which this person has signed in."""
    cage, account = planted.cage, person.account_id
    seen_at = (SESSIONS,) if person.part in VIEWERS and person.part != "olga" else ()
    browser = cage.token("sessions.browser", "owner", person.part, seen_at=seen_at)
    tokens = await start_session(connection, account, browser, NOON, remember=person.part == "olga")
    for name, token in (("session", tokens.session), ("remember", tokens.remember), ("browser", tokens.browser)):
        if token:
            cage.secret(f"cookie {name}", person.part, token)
    planted.sessions[person.part] = tokens.session
    if tokens.remember:
        kept = cage.token("remembered_browsers.browser", "owner", person.part, seen_at=(SESSIONS,))
        await connection.execute(update(tables.RememberedBrowser).values(browser=kept, previous_hash=_long("old")))


async def plant_feed_tokens(stage: Database, planted: Planted) -> None:
    """Private feed addresses: of one who sees much, of one who is suspended, and one that was revoked."""
    for holder, part in (*BEARERS.items(), ("revoked", "amara")):
        member_id = planted.world[part].member_id
        label = planted.cage.token("feed_tokens.label", "owner", part, seen_at=() if holder == "revoked" else (FEEDS,))
        token = await make_feed_token(stage, member_id, label, NOON)
        assert isinstance(token, str), token
        planted.cage.secret(f"feed token {holder}", part, token)
        planted.feed_tokens[holder] = token
        if holder == "revoked":
            (line,) = await list_feed_tokens(stage, member_id)
            assert await revoke_feed_token(stage, member_id, line.feed_token_id) is None
    planted.sessions["misused-token"] = planted.feed_tokens["bearer"]


async def plant_receipt(connection: AsyncConnection, planted: Planted, part: str) -> None:
    """A receipt of opting out, whose line nobody else may read."""
    row = {"member_id": planted.world[part].member_id, "made_at": NOON, "next_check_at": None}
    adding = _row(tables.Receipt, **row).returning(tables.Receipt.c.receipt_id)
    receipt_id: int = (await connection.execute(adding)).scalar_one()
    planted.receipts[part] = receipt_id
    path = planted.cage.token("receipt_lines.path", "owner", part, seen_at=(RECEIPT,))
    looked = {"first_checked_at": NOON, "last_checked_at": NOON, "checks": 1, "status": 410}
    await connection.execute(_row(tables.ReceiptLine, receipt_id=receipt_id, path=f"/people/{path}", **looked))


async def watch_bytes(connection: AsyncConnection, planted: Planted) -> None:
    """Hashes and sealed texts, whoever put them there: every column of bytes that the tables have."""
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, LargeBinary):
                for (value,) in await fetch_all(connection, select(column).where(column.is_not(None))):
                    planted.cage.bytes_of(f"{table.name}.{column.name}", "", bytes(value))
    for (hashed,) in await fetch_all(connection, select(tables.Account.c.password_hash)):
        planted.cage.secret("accounts.password_hash", "", hashed.rpartition("$")[2])
