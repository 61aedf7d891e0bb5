"""Registrations: what somebody typed waits, sealed, until the mail to its address is answered; then it is an account.

So each attempt stands for itself. A stranger who registers with somebody's address changes nothing that its owner
typed, keeps nobody from registering, and never gets past the mail. Known addresses and unknown ones are written down
with the same statements, because only the worker looks which it was.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.accounts import (
    CONFIRM_WITHIN,
    DOCUMENT_VERSIONS,
    Attempt,
    MailPurpose,
    Registration,
    problems_with_registration,
)
from domain.members import EntryKind
from domain.refusals import Reason, Refused
from domain.scraps import Topic
from storage.database import Database, fetch_all, fetch_one, insert_into
from storage.events import note
from storage.mail_tokens import spend_all
from storage.members.keys import add_member
from storage.passwords import hash_password, is_common
from storage.scraps.system import leave_system_scrap
from storage.secrets import Seal
from storage.sessions import Browser
from storage.tables import Acceptance, Account
from storage.tables import Registration as RegistrationRow
from storage.throttle import TooMany, count_try


@dataclass(frozen=True, slots=True)
class Waiting:
    """What was registered, as it is sealed: all that becomes member and account once the address is proved."""

    name: str
    gender: str
    profession: str
    email: str
    public_page: bool
    password_hash: str
    accepted: dict[str, str]

    def __repr__(self) -> str:
        return "<Waiting>"  # it holds what no log may


async def register(
    database: Database, seal: Seal, form: Registration, browser: Browser, now: datetime
) -> Refused | None:
    """Note a registration; the worker mails its address. None when noted, whether or not the address is known."""
    common = await is_common(form.password, (form.name, form.email))
    if problems := problems_with_registration(form, common):
        return Refused(Reason.INVALID, problems)
    email_hash = seal.hash_email(form.email)
    try:
        await count_try(database, seal, Attempt.REGISTER, email_hash.hex(), browser, now)
    except TooMany as refused:
        return Refused(Reason.TOO_MANY, retry_after=refused.retry_after)
    waiting = Waiting(
        name=form.name,
        gender=form.gender,
        profession=form.profession,
        email=form.email,
        public_page=form.public_page,
        password_hash=await hash_password(form.password),
        accepted={document.value: version for document, version in DOCUMENT_VERSIONS.items()},
    )
    row = {
        "email_hash": email_hash,
        "sealed": seal.seal(json.dumps(asdict(waiting))),
        "created_at": now,
        "expires_at": now + CONFIRM_WITHIN,
    }
    async with database.writing() as connection:
        added = await connection.execute(
            insert(RegistrationRow).values(row).returning(RegistrationRow.c.registration_id)
        )
        await note(connection, "registration.asked", now, registration_id=added.scalar_one())
    return None


async def find_waiting(
    connection: AsyncConnection, seal: Seal, email_hash: bytes, now: datetime
) -> tuple[int, Waiting] | None:
    """The newest registration that waits for this address."""
    row = await fetch_one(
        connection,
        select(RegistrationRow.c.registration_id, RegistrationRow.c.sealed)
        .where(RegistrationRow.c.email_hash == email_hash, RegistrationRow.c.expires_at > now)
        .order_by(RegistrationRow.c.registration_id.desc())
        .limit(1),
    )
    return None if row is None else (row.registration_id, _opened(seal, row.sealed))


def _opened(seal: Seal, sealed: bytes) -> Waiting:
    return Waiting(**json.loads(seal.open(sealed)))


class Taken(Exception):
    """The address belongs to an account by now; what was begun is undone."""


async def open_account(connection: AsyncConnection, seal: Seal, registration_id: int, now: datetime) -> int | None:
    """Make a registration, whose address has just been proved, into a member with an account; returns the account.

    None when the registration is over. Raises Taken, for the transaction to be undone.
    """
    wanted = select(RegistrationRow).where(
        RegistrationRow.c.registration_id == registration_id, RegistrationRow.c.expires_at > now
    )
    row = await fetch_one(connection, wanted)
    if row is None:
        return None
    waiting = _opened(seal, row.sealed)
    member_id = await _add_member(connection, waiting, now)
    account = {
        "member_id": member_id,
        "email_sealed": seal.seal(waiting.email),
        "email_hash": row.email_hash,
        "password_hash": waiting.password_hash,
        "created_at": row.created_at,
        "confirmed_at": now,
    }
    account_id = await _add_account(connection, account)
    accepted = [
        {"account_id": account_id, "document": document, "version": version, "accepted_at": row.created_at}
        for document, version in waiting.accepted.items()
    ]
    await connection.execute(insert(Acceptance), accepted)
    await forget_registrations(connection, row.email_hash)
    await leave_system_scrap(connection, member_id, Topic.WELCOME, now)
    await note(connection, "member.changed", now, member_id=member_id)
    return account_id


async def _add_member(connection: AsyncConnection, waiting: Waiting, now: datetime) -> int:
    entries = {
        EntryKind.NAME: waiting.name,
        EntryKind.PROFESSION: waiting.profession,
        EntryKind.GENDER: waiting.gender,
        EntryKind.EMAIL: "",
    }
    return await add_member(connection, entries, now, has_public_page=waiting.public_page, in_good_standing=True)


async def _add_account(connection: AsyncConnection, account: dict[str, object]) -> int:
    """Add an account. Raises Taken when its address has one already."""
    adding = insert_into(connection, Account).values(account).on_conflict_do_nothing(index_elements=["email_hash"])
    account_id: int | None = (await connection.execute(adding.returning(Account.c.account_id))).scalar()
    if account_id is None:
        raise Taken
    return account_id


async def forget_registrations(connection: AsyncConnection, email_hash: bytes) -> None:
    """Delete every registration that waits for this address, with the tokens of its mails."""
    await _forget(connection, RegistrationRow.c.email_hash == email_hash)


async def forget_old_registrations(connection: AsyncConnection, now: datetime) -> None:
    """Delete registrations that nobody confirmed in time."""
    await _forget(connection, RegistrationRow.c.expires_at <= now)


async def _forget(connection: AsyncConnection, which: ColumnElement[bool]) -> None:
    gone = delete(RegistrationRow).where(which).returning(RegistrationRow.c.registration_id)
    for row in await fetch_all(connection, gone):
        await spend_all(connection, MailPurpose.CONFIRM, row.registration_id)
