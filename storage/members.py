"""Members and their entries: the people of a page in one query, and each entry guarded by the keys that follow from
its audience. Keys are worked out anew, in the same transaction, whenever something that they depend on changes."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.members import (
    CHOOSABLE_SCOPES,
    ENTRY_RULES,
    LINE_KINDS,
    AudienceOption,
    EditPage,
    Entry,
    EntryInput,
    EntryKind,
    EntryProblem,
    MemberPage,
    Person,
    line_of_member,
    problem_with_audience,
    problem_with_value,
    tidy_value,
    visible_entries,
)
from domain.visibility import (
    ONLY_ME,
    Audience,
    Guarded,
    Owner,
    Ring,
    Scope,
    Viewer,
    keys_for,
    member_ring,
    reveal,
    widens,
)
from storage.database import Database, fetch_all, fetch_one
from storage.events import note
from storage.key_sets import intern_key_set, parse_keys
from storage.secrets import Seal
from storage.tables import Account, KeySet, Member, Membership, Sig
from storage.tables import Entry as EntryRow


@dataclass(frozen=True, slots=True)
class MySig:
    """A SIG that the member belongs to, for ring, rail and chips."""

    sig_id: int
    slug: str
    name: str
    member_count: int


async def list_sigs_of(connection: AsyncConnection, member_id: int) -> list[MySig]:
    """The SIGs of a member, by name."""
    statement = (
        select(Sig.c.sig_id, Sig.c.slug, Sig.c.name, Sig.c.member_count)
        .join(Membership, Membership.c.sig_id == Sig.c.sig_id)
        .where(Membership.c.member_id == member_id)
        .order_by(Sig.c.name, Sig.c.sig_id)
    )
    return [MySig(*row) for row in await fetch_all(connection, statement)]


async def find_people(connection: AsyncConnection, member_ids: Iterable[int]) -> dict[int, Person]:
    """The members with these ids as bylines need them, in one statement."""
    wanted = sorted(set(member_ids))
    if not wanted:
        return {}
    statement = (
        select(Member.c.member_id, Member.c.public_id, EntryRow.c.kind, EntryRow.c.value, KeySet.c.text.label("keys"))
        .join(EntryRow, EntryRow.c.member_id == Member.c.member_id)
        .join(KeySet, KeySet.c.key_set_id == EntryRow.c.key_set_id)
        .where(Member.c.member_id.in_(wanted), EntryRow.c.kind.in_(LINE_KINDS))
    )
    entries: dict[tuple[int, str], dict[EntryKind, Guarded[str]]] = {}
    for member_id, public_id, kind, value, keys in await fetch_all(connection, statement):
        guarded = Guarded(value, parse_keys(keys))
        entries.setdefault((member_id, public_id), {})[EntryKind(kind)] = guarded
    return {member_id: Person(member_id, public_id, found) for (member_id, public_id), found in entries.items()}


async def add_member(
    connection: AsyncConnection,
    values: Mapping[EntryKind, str],
    now: datetime,
    *,
    has_public_page: bool,
    in_good_standing: bool = False,
    audiences: Mapping[EntryKind, Audience] | None = None,
) -> int:
    """A new member with these entries, each with its default audience unless another is given."""
    row = {
        "public_id": secrets.token_hex(6),
        "joined_at": now,
        "in_good_standing": in_good_standing,
        "is_staff": False,
        "has_public_page": has_public_page,
    }
    added = await connection.execute(insert(Member).values(row).returning(Member.c.member_id))
    member_id: int = added.scalar_one()
    owner = Owner(member_id, frozenset(), in_good_standing, has_public_page)
    for kind, value in values.items():
        audience = (audiences or {}).get(kind, ENTRY_RULES[kind].default)
        await _write_entry(connection, owner, kind, tidy_value(kind, value), audience, now)
    return member_id


async def _write_entry(
    connection: AsyncConnection, owner: Owner, kind: EntryKind, value: str, audience: Audience, now: datetime
) -> None:
    keys = keys_for(audience, owner, may_be_public=ENTRY_RULES[kind].may_be_public)
    key_set_id = await intern_key_set(connection, keys)
    values = {"value": value, "audience": str(audience), "key_set_id": key_set_id, "changed_at": now}
    changed = await connection.execute(
        update(EntryRow).where(EntryRow.c.member_id == owner.member_id, EntryRow.c.kind == kind).values(values)
    )
    if changed.rowcount == 0:
        row = {"member_id": owner.member_id, "kind": kind.value, "position": 0, **values}
        await connection.execute(insert(EntryRow).values(row))


async def find_owner(connection: AsyncConnection, member_id: int) -> Owner:
    """What the rule must know of a member."""
    statement = select(Member.c.in_good_standing, Member.c.has_public_page).where(Member.c.member_id == member_id)
    standing, public_page = (await connection.execute(statement)).one()
    sigs = await connection.execute(select(Membership.c.sig_id).where(Membership.c.member_id == member_id))
    return Owner(member_id, frozenset(sigs.scalars()), standing, public_page)


async def _hold_owner(connection: AsyncConnection, member_id: int) -> Owner:
    """The same, with the member's row held until the transaction ends: what changes keys goes one after the other."""
    await connection.execute(
        select(Member.c.member_id).where(Member.c.member_id == member_id).with_for_update(key_share=True)
    )
    return await find_owner(connection, member_id)


async def rewrite_keys(connection: AsyncConnection, member_id: int) -> None:
    """Work out the keys of every entry of a member anew: after joining, leaving, confirming or switching the page."""
    owner = await _hold_owner(connection, member_id)
    statement = select(EntryRow.c.entry_id, EntryRow.c.kind, EntryRow.c.audience, EntryRow.c.key_set_id)
    for entry_id, kind, audience, before in await fetch_all(
        connection, statement.where(EntryRow.c.member_id == member_id)
    ):
        rule = ENTRY_RULES[EntryKind(kind)]
        keys = keys_for(Audience.parse(audience), owner, may_be_public=rule.may_be_public)
        after = await intern_key_set(connection, keys)
        if after != before:
            change = update(EntryRow).where(EntryRow.c.entry_id == entry_id)
            await connection.execute(change.values(key_set_id=after))


async def _entries_of(connection: AsyncConnection, member_id: int, seal: Seal) -> list[Entry]:
    """Every entry of a member, guarded. The address is held once, with the account, and only unsealed here."""
    statement = (
        select(
            EntryRow.c.entry_id,
            EntryRow.c.kind,
            EntryRow.c.value,
            EntryRow.c.audience,
            KeySet.c.text.label("keys"),
            Account.c.email_sealed,
        )
        .join(KeySet, KeySet.c.key_set_id == EntryRow.c.key_set_id)
        .outerjoin(Account, Account.c.member_id == EntryRow.c.member_id)
        .where(EntryRow.c.member_id == member_id)
    )
    entries = []
    for entry_id, kind, value, audience, keys, sealed in await fetch_all(connection, statement):
        text = seal.open(sealed) if kind == EntryKind.EMAIL and sealed else value
        entries.append(Entry(entry_id, EntryKind(kind), Guarded(text, parse_keys(keys)), Audience.parse(audience)))
    order = list(EntryKind)
    return sorted(entries, key=lambda entry: order.index(entry.kind))


async def find_member_page(database: Database, seal: Seal, viewer: Viewer, public_id: str) -> MemberPage | None:
    """The personal page as this viewer gets it; None when there is nothing for them, which is how unknown ids look."""
    async with database.reading() as connection:
        member = await fetch_one(
            connection, select(Member.c.member_id, Member.c.has_public_page).where(Member.c.public_id == public_id)
        )
        if member is None:
            return None
        entries = await _entries_of(connection, member.member_id, seal)
        sig_names = await _sig_names(connection, viewer.member_id)
    line = line_of_member(Person(member.member_id, public_id, {e.kind: e.value for e in entries}), viewer.ring)
    visible = visible_entries(entries, viewer.ring, sig_names)
    if not visible:
        return None
    headline = next((line.items[0] for line in visible if line.kind is EntryKind.HEADLINE), None)
    return MemberPage(
        line=line,
        address=public_id,
        headline=headline,
        entries=visible,
        is_own=viewer.member_id == member.member_id,
        public_page=member.has_public_page,
    )


async def _sig_names(connection: AsyncConnection, member_id: int | None) -> dict[int, str]:
    if member_id is None:
        return {}
    return {sig.sig_id: sig.name for sig in await list_sigs_of(connection, member_id)}


@dataclass(frozen=True, slots=True)
class EntryChange:
    """What the owner typed and chose for one entry."""

    value: str
    audience: str


def _complete(
    typed: Mapping[EntryKind, tuple[str | None, str | None]], stored: Mapping[EntryKind, Entry], ring: Ring
) -> dict[EntryKind, EntryChange]:
    """The changes with what the form left out taken from what is stored: nothing is emptied or opened by a gap."""
    found = {}
    for kind, (value, audience) in typed.items():
        entry = stored.get(kind)
        kept_value = (reveal(entry.value, ring) if entry else None) or ""
        kept_audience = str(entry.audience if entry else ENTRY_RULES[kind].default)
        found[kind] = EntryChange(kept_value if value is None else value, audience or kept_audience)
    return found


async def find_edit_page(database: Database, seal: Seal, member_id: int) -> EditPage:
    """The owner's form with what is stored."""
    async with database.reading() as connection:
        return await _edit_page(connection, seal, member_id)


async def _edit_page(
    connection: AsyncConnection,
    seal: Seal,
    member_id: int,
    typed: Mapping[EntryKind, EntryChange] | None = None,
    problems: Mapping[EntryKind, EntryProblem] | None = None,
    widening: tuple[EntryKind, ...] = (),
    public_page: bool | None = None,
) -> EditPage:
    owner = await find_owner(connection, member_id)
    ring = member_ring(member_id, in_good_standing=False)
    stored = {entry.kind: entry for entry in await _entries_of(connection, member_id, seal)}
    sigs = await list_sigs_of(connection, member_id)
    members = await _count_members(connection)
    mates = await _count_mates(connection, owner)
    address = await connection.execute(select(Member.c.public_id).where(Member.c.member_id == member_id))
    inputs = []
    for kind, rule in ENTRY_RULES.items():
        entry = stored.get(kind)
        change = (typed or {}).get(kind)
        value = change.value if change else (reveal(entry.value, ring) if entry else None) or ""
        chosen = change.audience if change else str(entry.audience if entry else rule.default)
        inputs.append(
            EntryInput(
                kind=kind,
                shape=rule.shape,
                value=value,
                longest=rule.longest,
                is_required=rule.is_required,
                options=_options(kind, chosen, sigs, members, mates),
                problem=(problems or {}).get(kind),
            )
        )
    return EditPage(
        address=address.scalar_one(),
        inputs=tuple(inputs),
        public_page=owner.has_public_page if public_page is None else public_page,
        widening=widening,
    )


async def _count_members(connection: AsyncConnection) -> int:
    counted = await connection.execute(select(func.count()).select_from(Member).where(Member.c.in_good_standing))
    return counted.scalar_one()


async def _count_mates(connection: AsyncConnection, owner: Owner) -> int:
    people = select(func.count(func.distinct(Membership.c.member_id))).where(Membership.c.sig_id.in_(owner.sig_ids))
    return max(1, (await connection.execute(people)).scalar_one())


def _options(kind: EntryKind, chosen: str, sigs: list[MySig], members: int, mates: int) -> tuple[AudienceOption, ...]:
    """The audiences on offer for an entry, each with the number of people who will see it."""
    counts: dict[Scope, int | None] = {Scope.EVERYONE: None, Scope.MEMBERS: members, Scope.MY_SIGS: mates}
    offered: list[tuple[Audience, str | None, int | None]] = []
    for scope in CHOOSABLE_SCOPES:
        if scope is Scope.SIG:
            offered += [(Audience(Scope.SIG, sig.sig_id), sig.name, sig.member_count) for sig in sigs]
        elif scope is not Scope.EVERYONE or ENTRY_RULES[kind].may_be_public:
            offered.append((Audience(scope), None, counts.get(scope, 1)))
    if chosen not in {str(audience) for audience, _, _ in offered}:
        chosen = str(ONLY_ME)  # a SIG that was left opens nothing
    return tuple(
        AudienceOption(
            value=str(audience), scope=audience.scope, name=name, people=people, chosen=str(audience) == chosen
        )
        for audience, name, people in offered
    )


async def save_entries(
    database: Database,
    seal: Seal,
    member_id: int,
    form: Mapping[EntryKind, tuple[str | None, str | None]],
    now: datetime,
    *,
    public_page: bool,
    confirmed: bool,
) -> EditPage | None:
    """Save the form (value and audience of each entry, None where it has none), all of it or nothing.

    None when saved; else the form again, with what was typed, each problem beside its field, or the entries whose
    audience would widen and so wait for a yes.
    """
    async with database.writing() as connection:
        owner = await _hold_owner(connection, member_id)
        stored = {entry.kind: entry for entry in await _entries_of(connection, member_id, seal)}
        typed = _complete(form, stored, member_ring(member_id, in_good_standing=False))
        problems = _problems(typed, owner)
        widening = () if confirmed or problems else _widening(typed, stored, owner, public_page)
        if problems or widening:
            return await _edit_page(connection, seal, member_id, typed, problems, widening, public_page)
        if public_page != owner.has_public_page:
            switch = update(Member).where(Member.c.member_id == member_id).values(has_public_page=public_page)
            await connection.execute(switch)
            owner = await find_owner(connection, member_id)
        for kind, change in typed.items():
            value = "" if kind is EntryKind.EMAIL else tidy_value(kind, change.value)
            await _write_entry(connection, owner, kind, value, Audience.parse(change.audience), now)
        await rewrite_keys(connection, member_id)
        await note(connection, "member.changed", now, member_id=member_id)
    return None


def _problems(typed: Mapping[EntryKind, EntryChange], owner: Owner) -> dict[EntryKind, EntryProblem]:
    found = {}
    for kind, change in typed.items():
        try:
            audience = Audience.parse(change.audience)
        except ValueError:
            found[kind] = EntryProblem.NOT_OFFERED
            continue
        value = tidy_value(kind, change.value)
        problem = None if kind is EntryKind.EMAIL else problem_with_value(kind, value)
        if problem := problem or problem_with_audience(kind, audience, owner.sig_ids):
            found[kind] = problem
    return found


def _widening(
    typed: Mapping[EntryKind, EntryChange], stored: Mapping[EntryKind, Entry], owner: Owner, public_page: bool
) -> tuple[EntryKind, ...]:
    """The stored entries that somebody could see after this change who cannot now, be it only once the owner is
    confirmed or no longer suspended."""
    before = replace(owner, in_good_standing=True)
    after = replace(before, has_public_page=public_page)
    chosen = {kind: Audience.parse(change.audience) for kind, change in typed.items()}
    return tuple(
        kind
        for kind, entry in stored.items()
        if widens(entry.audience, chosen.get(kind, entry.audience), before, after)
    )
