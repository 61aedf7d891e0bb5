"""The other world: the planted one once more, with other values wherever a viewer may not see them, and more and fewer
things behind doors that are closed to them. Whatever they ask, they must not notice."""

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy import LargeBinary, Text, and_, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

from domain.members import RECORD_PARTS
from domain.visibility import own_key
from storage import tables
from storage.connections import connect
from storage.database import Database
from storage.files import path_of
from storage.forum.commands import Draft, start_thread
from storage.key_sets import intern_key_set
from storage.members.lists import make_list
from storage.search.index import index_everything
from storage.secrets import Seal
from storage.seeding import together
from tests.cast import NOON
from tests.leaks.adding import Others
from tests.leaks.canaries import Canary
from tests.leaks.crawling import Theatre
from tests.leaks.oracle import BOARDROOM, VAULT, stand_in
from tests.leaks.owners import field_of, readers_of
from tests.leaks.planted import Planted
from tests.leaks.talk import reply

Change = Callable[[str], str]


async def make_other(theatre: Theatre, viewer: str) -> None:
    """Turn the world of this theatre into the other one for this viewer."""
    planted, house = theatre.planted, theatre.house
    change = _change_for(planted, viewer)
    async with together(house.database) as stage:
        async with stage.writing() as connection:
            await _change_texts(connection, change)
            await _change_mail(connection, house.seal, planted, viewer)
            await _change_days(connection, planted, viewer)
            await _narrow_hidden(connection, planted, viewer)
        await _add_hidden(stage, planted, viewer)
        await Others(stage, house.seal, planted, viewer).add()
        await index_everything(stage, anew=True)
    for path in sorted(theatre.house.settings.files_folder.rglob("*.webp")):
        _change_file(theatre.house.settings.files_folder, path, change)


def _hidden(planted: Planted, viewer: str) -> list[Canary]:
    known = (*planted.cage.by_token.values(), *planted.cage.by_mark.values())
    return [canary for canary in known if not canary.may_be_seen_by(viewer) and not canary.told_at]


def _change_for(planted: Planted, viewer: str) -> Change:
    """Puts another, longer word in place of each that is hidden; a number stays a number."""
    others = {
        canary.token: _other(canary.token) for canary in _hidden(planted, viewer) if not _is_known_address(canary)
    }
    known = re.compile("zq[0-9a-f]{16}|99[0-9]{16}")
    return lambda text: known.sub(lambda found: others.get(found[0], found[0]), text)


def _is_known_address(canary: Canary) -> bool:
    """Whether somebody may know this address from before, or it leads to what is theirs to see: the page of who keeps
    only their name back, and of who was public once, answers as what it is."""
    is_address = canary.field in {"members.public_id", field_of("photo")}
    return is_address and canary.owner.startswith(("nameless", "withdrawn"))


def _other(token: str) -> str:
    digest = hashlib.sha256(f"other {token}".encode()).hexdigest()
    if token.startswith("zq"):
        return f"zq{digest[:16]}and-more"
    return f"99{int(digest[:12], 16) % 10**12:012}" if token.isdigit() else token


async def _change_texts(connection: AsyncConnection, change: Change) -> None:
    """Every text and every run of bytes that tables hold."""
    for table in SQLModel.metadata.sorted_tables:
        columns = [column for column in table.columns if isinstance(column.type, Text | LargeBinary)]
        if table.name in {"key_sets", "key_set_keys", "reference_terms", "alembic_version"} or not columns:
            continue
        key = list(table.primary_key.columns)
        for row in (await connection.execute(select(*dict.fromkeys((*key, *columns))))).all():
            found = row._mapping
            changed = {column.name: _changed(found[column.name], change) for column in columns}
            if any(changed[name] != found[name] for name in changed):
                here = and_(*(column == found[column.name] for column in key))
                await connection.execute(update(table).where(here).values(changed))


def _changed(value: str | bytes | None, change: Change) -> str | bytes | None:
    if value is None:
        return None
    if isinstance(value, bytes):
        return change(value.decode()).encode() if value.startswith(b"zq") else value
    return change(value)


async def _change_mail(connection: AsyncConnection, seal: Seal, planted: Planted, viewer: str) -> None:
    """Addresses are sealed, so they are written anew. Olga's is asked for by name, and with her password."""
    for canary in _hidden(planted, viewer):
        if canary.field == "accounts.email_sealed" and canary.owner != "olga":
            email = f"{_other(canary.token)}@mail.test"
            mine = tables.Account.c.member_id == planted.world[canary.owner].member_id
            changed = {"email_sealed": seal.seal(email), "email_hash": seal.hash_email(email)}
            await connection.execute(update(tables.Account).where(mine).values(changed))


async def _change_days(connection: AsyncConnection, planted: Planted, viewer: str) -> None:
    for canary in _hidden(planted, viewer):
        if canary.field == field_of("last-seen"):
            mine = tables.Member.c.member_id == planted.world[canary.owner].member_id
            await connection.execute(update(tables.Member).where(mine).values(seen_at=NOON - timedelta(days=900)))


async def _narrow_hidden(connection: AsyncConnection, planted: Planted, viewer: str) -> None:
    """Hidden entries become their owner's alone, and some are no more: their audience is nobody's business either."""
    for owner in planted.owners:
        if owner == viewer:
            continue
        member_id = planted.world[owner].member_id
        own = await intern_key_set(connection, frozenset({own_key(member_id)}))
        entries = tables.Entry.c
        stored = select(entries.entry_id, entries.kind, entries.position).where(entries.member_id == member_id)
        for entry_id, kind, position in (await connection.execute(stored)).all():
            if kind == "membership" or stand_in(viewer) in readers_of(kind, owner):
                continue
            if kind == "photo" and owner.startswith("nameless"):
                continue  # whoever knows its address gets its bytes
            here = entries.entry_id == entry_id
            if kind in RECORD_PARTS and position == 2:
                await connection.execute(delete(tables.Entry).where(here))
            else:
                await connection.execute(update(tables.Entry).where(here).values(audience="only-me", key_set_id=own))


async def _add_hidden(stage: Database, planted: Planted, viewer: str) -> None:
    """More of what this viewer knows nothing of, after everything else, so that no id moves."""
    owner = "settled only-me-owner"
    member_id = planted.world[owner].member_id
    list_id = await make_list(stage, member_id, "One more list", NOON)
    async with stage.writing() as connection:
        on_it = [planted.world[part].member_id for part in ("lise", "amara", viewer) if part in planted.world.people]
        rows = [{"list_id": list_id, "member_id": one, "added_at": NOON} for one in dict.fromkeys(on_it)]
        await connection.execute(tables.ListPerson.table.insert(), rows)
        other = planted.world["settled list-owner" if viewer == "connie" else "settled connections-owner"]
        await connect(connection, member_id, other.member_id, NOON)
        reader = {"token_hash": b"r" * 32, "member_id": member_id, "label": "One more reader", "made_at": NOON}
        await connection.execute(tables.FeedToken.table.insert(), reader)
    slug = _closed_to(stand_in(viewer), planted)
    if slug is None:
        return
    author = planted.in_vault() if slug == planted.vault else planted.world["amara"].viewer
    for number in range(3):
        draft = Draft("More behind doors.", f"more-{number}", f"One more matter {number}", "more law")
        await start_thread(stage, author, slug, draft, NOON + timedelta(hours=1))
        await reply(stage, author, planted.threads["vault" if slug == planted.vault else slug], "And more.")


def _closed_to(eyes: str, planted: Planted) -> str | None:
    """A SIG that these eyes do not read."""
    if eyes not in BOARDROOM:
        return "boardroom"
    return None if eyes in VAULT else planted.vault


def _change_file(folder: Path, path: Path, change: Change) -> None:
    content = path.read_bytes()
    changed = b"RIFF" + change(content[4:].decode()).encode()
    name = change(path.name)
    if (changed, name) != (content, path.name):
        path.unlink()
        place = folder / path_of(name)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(changed)
