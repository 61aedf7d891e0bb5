"""The owners of the leak test: a member for each audience and state, with a canary in every entry they can have."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.files import PHOTO_MEDIA_TYPE, PHOTO_SIZES, photo_part
from domain.members import ENTRY_RULES, EntryKind, Slot
from domain.sigs import Role
from domain.visibility import EVERYONE, ONLY_ME, Audience, Owner, Scope
from storage import tables
from storage.connections import connect
from storage.files import path_of
from storage.members.keys import add_member, find_owner, write_entry
from storage.secrets import Seal
from storage.sigs import add_membership
from tests.cast import NOON, Part, Person
from tests.leaks.canaries import Cage, Canary
from tests.leaks.oracle import (
    BLOCKED,
    KEPT_BACK,
    MIXED,
    READERS_OF_SIG,
    SCOPES_OF,
    STATES,
    VAULTED,
    readers_of_entry,
    readers_of_vault_membership,
)
from tests.leaks.places import LISTS, PERSON_FEED, PHOTO, PROFILE, SEARCHES, THREAD
from tests.leaks.planted import Planted

_TURNAROUND, _BOARDROOM = 1, 2
_AUDIENCES = {
    "everyone": EVERYONE,
    "members": Audience(Scope.MEMBERS),
    "my-sigs": Audience(Scope.MY_SIGS),
    "sig:turnaround": Audience(Scope.SIG, _TURNAROUND),
    "sig:boardroom": Audience(Scope.SIG, _BOARDROOM),
    "connections": Audience(Scope.CONNECTIONS),
    "only-me": ONLY_ME,
}
"""What a row of the oracle is in the product; the list of a row is the owner's own."""

BOTH = {"turnaround": Role.MEMBER, "boardroom": Role.MEMBER}
_PARTS = {
    EntryKind.EXPERIENCE: (("role", "company", "industry", "text"), ("role",)),
    EntryKind.EDUCATION: (("school", "degree", "field", "text"), ("school",)),
    EntryKind.LINK: (("address", "label"), ("address",)),
}
"""The parts of the first and the second record of each kind that are texts of their owner's."""

_IN_NO_TEXT = (
    EntryKind.EMAIL,
    EntryKind.MEMBERSHIP,
    EntryKind.CONNECTIONS,
    EntryKind.CONTRIBUTIONS,
    EntryKind.SCRAPS,
    EntryKind.LAST_SEEN,
)


def owner_parts(cage: Cage) -> dict[str, Part]:
    """Every owner as a part of the cast, Olga among them."""
    rows = [(state, row) for state in STATES for scope in Scope for row in SCOPES_OF[scope]]
    names = [f"{state} {row}-owner" for state, row in (*rows, *MIXED)]
    return {name: _part(cage, name) for name in ("olga", *names)}


def state_of(owner: str) -> tuple[str, str]:
    """State and audience of an owner, by name."""
    if owner == "olga":
        return "settled", "only-me"
    state, _, audience = owner.removesuffix("-owner").partition(" ")
    return state, audience


def readers_of(kind: str, owner: str) -> frozenset[str]:
    """Who sees this kind of entry of an owner, by the oracle."""
    state, audience = state_of(owner)
    return readers_of_entry(kind, audience, state)


def readers_of_photo(owner: str) -> frozenset[str]:
    """Who gets the bytes of an owner's photo who knows its address."""
    state, audience = state_of(owner)
    return readers_of_entry("photo", audience, "settled" if state == "nameless" else state)


def field_of(kind: str, part: str = "") -> str:
    """What the entries of one kind are called as a guarded field."""
    return f"entries.value[{kind}]{part}"


def _part(cage: Cage, name: str) -> Part:
    """A member whose every entry has one audience, each with its own canaries."""
    state, audience = state_of(name)
    values: dict[EntryKind, str] = {kind: _value(cage, kind, name) for kind in ENTRY_RULES if kind not in _IN_NO_TEXT}
    stored = _AUDIENCES.get(audience, ONLY_ME)
    kept_back = KEPT_BACK.get(state, ())
    return Part(
        values[EntryKind.NAME],
        values[EntryKind.PROFESSION],
        BOTH,
        has_public_page=state != "page-off",
        is_confirmed=state != "unconfirmed",
        in_good_standing=state not in {"suspended", "unconfirmed"},
        entries=values,
        audiences={kind: ONLY_ME if kind in kept_back else stored for kind in ENTRY_RULES},
    )


def _value(cage: Cage, kind: EntryKind, name: str) -> str:
    _, audience = state_of(name)
    readers = readers_of(kind, name)
    if kind in _PARTS:
        return _record(cage, kind, name, 1)
    if kind is EntryKind.PHONE:
        return f"+{cage.number(field_of(kind), audience, name, readers, (PROFILE,))}"
    token = cage.token(field_of(kind), audience, name, readers, seen_at=(PROFILE,))
    return f"{token}-photo" if kind is EntryKind.PHOTO else token


def _record(cage: Cage, kind: EntryKind, name: str, position: int) -> str:
    """A record with a canary in each part, of which its address is one on the web."""
    _, audience = state_of(name)
    record = {}
    for part in _PARTS[kind][position - 1]:
        field = field_of(kind, f".{part} {position}")
        token = cage.token(field, audience, name, readers_of(kind, name), seen_at=(PROFILE,))
        record[part] = f"https://example.org/{token}" if part == "address" else token
    return json.dumps(record)


async def plant_owner(connection: AsyncConnection, seal: Seal, planted: Planted, person: Person) -> Person:
    """What an owner has beside the first entries: addresses, list, circles, photo, more records."""
    person = await _plant_addresses(connection, seal, planted, person)
    list_id = await _plant_list(connection, planted, person)
    await _plant_circles(connection, planted, person)
    await _plant_photo(connection, planted, person)
    owner = await find_owner(connection, person.member_id)
    await _plant_more_entries(connection, planted.cage, owner, person.part, list_id)
    return person


async def _plant_addresses(connection: AsyncConnection, seal: Seal, planted: Planted, person: Person) -> Person:
    """An owner's address of mail and of page."""
    _, audience = state_of(person.part)
    cage, name = planted.cage, person.part
    readers = readers_of("email", name)
    email = cage.token("accounts.email_sealed", audience, name, readers, seen_at=(PROFILE,)) + "@mail.test"
    cage.hashes_of("accounts.email_sealed", name, email)
    page = cage.token("members.public_id", audience, name, readers_of("name", name), seen_at=(THREAD,))
    account = {"email_sealed": seal.seal(email), "email_hash": seal.hash_email(email)}
    of_account = tables.Account.c.member_id == person.member_id
    await connection.execute(update(tables.Account).where(of_account).values(account))
    of_member = tables.Member.c.member_id == person.member_id
    await connection.execute(update(tables.Member).where(of_member).values(public_id=page))
    return replace(person, email=email, public_id=page)


async def plant_last_visit(connection: AsyncConnection, planted: Planted, name: str) -> None:
    """The day on which an owner was last here, which is nobody else's. Signing in would change it."""
    _, audience = state_of(name)
    readers = readers_of(EntryKind.LAST_SEEN, name)
    day = planted.cage.day(field_of(EntryKind.LAST_SEEN), audience, name, readers, (PROFILE,))
    of_member = tables.Member.c.member_id == planted.world[name].member_id
    seen_at = datetime.combine(day, time(12), UTC)
    await connection.execute(update(tables.Member).where(of_member).values(seen_at=seen_at))


async def _plant_list(connection: AsyncConnection, planted: Planted, person: Person) -> int:
    """The owner's own list, with Lise on it, and four who may not come in."""
    name = planted.cage.token("lists.name", "owner", person.part, seen_at=(LISTS,))
    row = {"member_id": person.member_id, "name": name, "made_at": NOON}
    adding = insert(tables.OwnList).values(row).returning(tables.OwnList.c.list_id)
    list_id: int = (await connection.execute(adding)).scalar_one()
    ids = [planted.world[one].member_id for one in ("lise", "silas", "nina", *BLOCKED)]
    rows = [{"list_id": list_id, "member_id": member_id, "added_at": NOON} for member_id in ids]
    await connection.execute(insert(tables.ListPerson), rows)
    planted.lists[person.part] = list_id
    return list_id


async def _plant_circles(connection: AsyncConnection, planted: Planted, person: Person) -> None:
    """Connections: with Connie, with four who may not come in, and with a friend whom nothing else leads to."""
    _, audience = state_of(person.part)
    for other in ("connie", "silas", "nina", *BLOCKED):
        await connect(connection, person.member_id, planted.world[other].member_id, NOON)
    bruno, brenda = (planted.world[name].member_id for name in BLOCKED)
    for blocking, blocked in ((person.member_id, bruno), (brenda, person.member_id)):
        row = {"member_id": blocking, "other_id": blocked, "since": NOON}  # a block made by command ends the connection
        await connection.execute(insert(tables.Block).values(row))
    field, readers = field_of(EntryKind.CONNECTIONS), readers_of(EntryKind.CONNECTIONS, person.part)
    name = planted.cage.token(field, audience, person.part, readers, seen_at=(PROFILE,), told_at=SEARCHES)
    friend = await _add_known(connection, name, EVERYONE)
    await connect(connection, person.member_id, friend, NOON)
    if person.part != "olga":
        await add_membership(connection, person.member_id, planted.world.sigs["guild"], Role.MEMBER, NOON)
    if person.part in VAULTED:
        await add_membership(connection, person.member_id, planted.world.sigs["vault"], Role.MEMBER, NOON)


async def _add_known(connection: AsyncConnection, name: str, audience: Audience) -> int:
    """A member of whom there is a name to be seen, and connections."""
    entries = {EntryKind.NAME: name, EntryKind.PROFESSION: "Somebody", EntryKind.EMAIL: ""}
    audiences = dict.fromkeys(ENTRY_RULES, audience)
    return await add_member(connection, entries, NOON, has_public_page=True, in_good_standing=True, audiences=audiences)


async def plant_go_between(connection: AsyncConnection, planted: Planted) -> None:
    """A friend of an owner's who is known in the hidden SIG alone: those in there see her on the owner's page, and the
    owner sees her nowhere, not through their eyes either."""
    owner, vault = planted.world["settled everyone-owner"], planted.world.sigs["vault"]
    readers = READERS_OF_SIG["vault"]
    name = planted.cage.token(field_of(EntryKind.NAME), "vault", "mira", readers, seen_at=(PROFILE,))
    member_id = await _add_known(connection, name, ONLY_ME)
    await add_membership(connection, member_id, vault, Role.MEMBER, NOON)
    mira = await find_owner(connection, member_id)
    for kind, value in ((EntryKind.NAME, name), (EntryKind.CONNECTIONS, "shown")):
        await write_entry(connection, mira, Slot(kind), value, Audience(Scope.SIG, vault), NOON)
    await connect(connection, owner.member_id, member_id, NOON)


async def _plant_photo(connection: AsyncConnection, planted: Planted, person: Person) -> None:
    """The file that the entry names, and its bytes in every size."""
    _, audience = state_of(person.part)
    readers = readers_of_photo(person.part)
    content = b"RIFF" + planted.cage.token("files.bytes", audience, person.part, readers, seen_at=(PHOTO,)).encode()
    name = next(
        canary.token + "-photo"
        for canary in planted.cage.by_token.values()
        if canary.owner == person.part and canary.field == field_of(EntryKind.PHOTO)
    )
    planted.photos[person.part] = name
    for size in PHOTO_SIZES:
        path = planted.files / path_of(photo_part(name, size))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    row = {"name": name, "member_id": person.member_id, "media_type": PHOTO_MEDIA_TYPE, "size": 22, "made_at": NOON}
    await connection.execute(insert(tables.File).values(row))


async def _plant_more_entries(connection: AsyncConnection, cage: Cage, owner: Owner, name: str, list_id: int) -> None:
    """Second records, memberships under the owner's audience, and for a list what waited for it to be made."""
    state, row = state_of(name)
    audience = Audience(Scope.LIST, list_id) if row == "list" else _AUDIENCES[row]
    written: dict[Slot, str] = {Slot(kind, 2): _record(cage, kind, name, 2) for kind in _PARTS}
    if "membership" not in KEPT_BACK.get(state, ()):
        written |= {Slot(EntryKind.MEMBERSHIP, sig_id): str(sig_id) for sig_id in sorted(owner.sig_ids)}
    else:
        for sig_id in sorted(owner.sig_ids):
            await write_entry(connection, owner, Slot(EntryKind.MEMBERSHIP, sig_id), str(sig_id), ONLY_ME, NOON)
    for slot, value in written.items():
        await write_entry(connection, owner, slot, value, audience, NOON)
    if row == "list":
        entries = tables.Entry.c
        stored = await connection.execute(
            tables.Entry.table.select().where(entries.member_id == owner.member_id, entries.audience == str(ONLY_ME))
        )
        for entry in stored.all():
            slot = Slot(EntryKind(entry.kind), entry.position)
            await write_entry(connection, owner, slot, entry.value, audience, NOON)


def watch_pages(planted: Planted, titles: Mapping[str, str]) -> None:
    """What is no secret as such and yet tells something where it stands: talk and SIGs on the page of a person, some
    person on the page of another, a profession beside a hidden name."""
    for name in planted.owners:
        page, (_, row) = f"/people/{planted.world[name].public_id}", state_of(name)
        for sig, title in titles.items():
            readers = readers_of(EntryKind.CONTRIBUTIONS, name) & READERS_OF_SIG[sig]
            if "visitor" not in readers:
                readers = readers.difference(BLOCKED)  # who is blocked sees on a page what visitors see
            who = "" if sig == "boardroom" and name.startswith(("suspended", "unconfirmed", "left")) else name
            for path, route in ((page, PROFILE), (f"{page}/feed", PERSON_FEED)):
                _watch(planted, path, title, (EntryKind.CONTRIBUTIONS, sig), row, who, readers, (route,))
        readers = readers_of(EntryKind.MEMBERSHIP, name)
        _watch(planted, page, planted.guild, (EntryKind.MEMBERSHIP, "guild"), row, name, readers, (PROFILE,))
        if name in VAULTED:
            link, readers = f'class="lone" href="/sigs/{planted.vault}"', readers_of_vault_membership(row)
            _watch(planted, page, link, (EntryKind.MEMBERSHIP, "vault"), row, name, readers, (PROFILE,))
        readers = readers_of(EntryKind.CONNECTIONS, name)
        path = f"/people/{planted.world['connie'].public_id}"
        _watch(
            planted,
            path,
            _token(planted, name, "name"),
            (EntryKind.CONNECTIONS, "mutual"),
            row,
            name,
            readers,
            (PROFILE,),
        )
        if name.startswith("nameless"):
            path = f"/threads/{planted.threads['turnaround']}"
            for kind in ("profession", "photo"):
                _watch(
                    planted, path, _token(planted, name, kind), (EntryKind(kind), "byline"), row, name, frozenset(), ()
                )


def _token(planted: Planted, owner: str, kind: str) -> str:
    return next(c.token for c in planted.cage.by_token.values() if (c.owner, c.field) == (owner, field_of(kind)))


def _watch(
    planted: Planted,
    path: str,
    needle: str,
    what: tuple[EntryKind, str],
    row: str,
    owner: str,
    readers: frozenset[str],
    seen_at: tuple[str, ...],
) -> None:
    kind, more = what
    named = f"{kind} {more} of {owner} at {path}"
    planted.cage.at(path, needle, Canary(named, field_of(kind, f" {more}"), row, owner, readers, seen_at))
