"""The world of the leak test: the cast, forty owners of entries for every audience, talk in every kind of SIG, and
canaries in whatever is guarded. Built by the product's own commands wherever there is one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import LargeBinary, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

from domain.accounts import MailPurpose
from domain.forum import ThreadKind
from domain.members import ENTRY_RULES, EntryKind
from domain.sigs import Reading, Role, post_keys
from domain.visibility import Audience, Scope, Viewer, member_ring, sig_key
from storage import tables
from storage.database import Database, fetch_all
from storage.forum.commands import Draft, Written, edit_post, start_thread, write_reply
from storage.forum.removal import delete_post
from storage.key_sets import intern_key_set
from storage.mail_tokens import make_token
from storage.secrets import Seal
from storage.seeding import together
from storage.sessions import start_session
from storage.sigs import add_community, add_membership, add_sig, leave_sig
from tests.cast import NOON, PARTS, Part, Person, World, build_world
from tests.leaks.canaries import Cage, Salt, one_world
from tests.leaks.oracle import READERS_OF_SIG, SCOPES_OF, STATES, VIEWERS, VISITORS, readers_of_entry

PROFILE = "/people/{address:str}"
THREAD = "/threads/{thread_id:int}"
EDIT = "/posts/{post_id:int}/edit"
SIG = "/sigs/{slug:str}"

_TURNAROUND, _BOARDROOM = 1, 2
_AUDIENCES = {
    "everyone": Audience(Scope.EVERYONE),
    "members": Audience(Scope.MEMBERS),
    "my-sigs": Audience(Scope.MY_SIGS),
    "sig:turnaround": Audience(Scope.SIG, _TURNAROUND),
    "sig:boardroom": Audience(Scope.SIG, _BOARDROOM),
    "connections": Audience(Scope.CONNECTIONS),
    "list": Audience(Scope.LIST, 1),
    "only-me": Audience(Scope.ONLY_ME),
}
_BOTH = {"turnaround": Role.MEMBER, "boardroom": Role.MEMBER}


@dataclass
class Planted:
    """The planted world: the cast's, its canaries, session tokens by viewer, and the addresses of its things."""

    world: World
    cage: Cage
    sessions: dict[str, str] = field(default_factory=dict)
    owners: tuple[str, ...] = ()
    threads: dict[str, int] = field(default_factory=dict)
    posts: dict[str, int] = field(default_factory=dict)
    vault: str = ""
    hidden_community: str = ""
    mail_tokens: dict[str, str] = field(default_factory=dict)


async def plant(database: Database, seal: Seal, salt: Salt = one_world, *, extras: bool = False) -> Planted:
    """Build the world. `extras` adds things that outsiders must not notice, behind all that they may."""
    cage = Cage(salt)
    async with together(database) as stage:
        world = await build_world(stage, seal, _parts(cage))
        planted = Planted(world, cage, owners=tuple(name for name in world.people if ":" in name or "-" in name))
        assert (world.sigs["turnaround"], world.sigs["boardroom"]) == (_TURNAROUND, _BOARDROOM)
        async with stage.writing() as connection:
            await _plant_vault(connection, planted)
            await _plant_accounts(connection, seal, planted)
        for sig in ("turnaround", "boardroom", "vault"):
            await _plant_talk(stage, planted, sig)
        for name in planted.owners:
            if name.startswith("left "):
                await leave_sig(stage, _good(planted, name), "boardroom", NOON)
        async with stage.writing() as connection:
            await _plant_imports(connection, planted)
            await _plant_machinery(connection, planted)
            await _watch_bytes(connection, planted)
        if extras:
            await _plant_extras(stage, planted)
    return planted


def _parts(cage: Cage) -> dict[str, Part]:
    sven = replace(PARTS["sven"], sigs=_BOTH)
    nina = replace(PARTS["nina"], sigs=_BOTH)
    bodil = Part("Bodil Dahl", "Banker", {"boardroom": Role.MEMBER})
    parts = {**PARTS, "sven": sven, "nina": nina, "bodil": bodil, "olga": _owner(cage, "olga", "only-me", "settled")}
    audiences = [row for scope in Scope for row in SCOPES_OF[scope]]
    for state in STATES:
        for audience in audiences:
            name = f"{state} {audience}-owner"
            parts[name] = _owner(cage, name, audience, state)
    return parts


def _owner(cage: Cage, name: str, audience: str, state: str) -> Part:
    """A member whose every entry has this audience, each with its own canary."""
    values = {
        kind: cage.token(
            f"entries.value[{kind}]", audience, name, readers_of_entry(kind, audience, state), seen_at=(PROFILE,)
        )
        for kind in ENTRY_RULES
        if kind is not EntryKind.EMAIL
    }
    rest: dict[EntryKind, str] = {
        kind: value for kind, value in values.items() if kind not in (EntryKind.NAME, EntryKind.PROFESSION)
    }
    return Part(
        values[EntryKind.NAME],
        values[EntryKind.PROFESSION],
        _BOTH,
        has_public_page=state != "page-off",
        is_confirmed=state != "unconfirmed",
        in_good_standing=state not in {"suspended", "unconfirmed"},
        entries=rest,
        audiences=dict.fromkeys(ENTRY_RULES, _AUDIENCES[audience]),
    )


def state_of(owner: str) -> tuple[str, str]:
    """State and audience of an owner, by name."""
    if owner == "olga":
        return "settled", "only-me"
    state, _, audience = owner.removesuffix("-owner").partition(" ")
    return state, audience


def _good(planted: Planted, name: str) -> Viewer:
    """The viewer that somebody was before they were suspended or had left: to let them write."""
    member_id = planted.world[name].member_id
    sigs = [planted.world.sigs["turnaround"], planted.world.sigs["boardroom"]]
    return Viewer(member_id, member_ring(member_id, in_good_standing=True, sig_ids=sigs))


async def _plant_vault(connection: AsyncConnection, planted: Planted) -> None:
    """A SIG and a community that only their people know of."""
    readers, cage = READERS_OF_SIG["vault"], planted.cage

    def token(name: str, *, seen_at: tuple[str, ...] = (SIG,)) -> str:
        return cage.token(name, "vault", "amara", readers, seen_at=seen_at, fixed=name.endswith("slug"))

    planted.vault, planted.hidden_community = token("sigs.slug"), token("communities.slug")
    name, description = token("communities.name"), token("communities.description", seen_at=("/",))
    community = await add_community(connection, planted.hidden_community, name, description, 9)
    name, description = token("sigs.name"), token("sigs.description")
    reading = Reading.MEMBERS_OF_SIG
    sig_id = await add_sig(connection, community, planted.vault, name, description, reading, NOON)
    keys = await intern_key_set(connection, frozenset({sig_key(sig_id)}))
    site = {"name": token("source_sites.name"), "digest": cage.token("source_sites.digest", "nobody", "amara")}
    site |= {"step": cage.token("source_sites.step", "nobody", "amara")}
    site |= {"counts": cage.token("source_sites.counts", "nobody", "amara")}
    added = (
        insert(tables.SourceSite).values(**site, rows_done=0, started_at=NOON).returning(tables.SourceSite.c.site_id)
    )
    site_id = (await connection.execute(added)).scalar_one()
    hiding = update(tables.Sig).where(tables.Sig.c.sig_id == sig_id).values(key_set_id=keys, site_id=site_id)
    await connection.execute(hiding)
    planted.world = replace(planted.world, sigs={**planted.world.sigs, "vault": sig_id})
    for part in sorted(readers):
        await add_membership(connection, planted.world[part].member_id, sig_id, Role.OWNER, NOON)


async def _plant_accounts(connection: AsyncConnection, seal: Seal, planted: Planted) -> None:
    people = dict(planted.world.people)
    for name in [name for name in people if name in planted.owners or name == "olga"]:
        people[name] = await _plant_owner(connection, seal, planted, people[name])
    planted.world = replace(planted.world, people=people)
    for name, person in people.items():
        if name in VIEWERS or name in planted.owners:
            await _plant_browser(connection, planted, person)
    planted.sessions["signed-out"] = "A" * 43


async def _plant_owner(connection: AsyncConnection, seal: Seal, planted: Planted, person: Person) -> Person:
    """An owner's address of mail and of page."""
    state, audience = state_of(person.part)
    readers = readers_of_entry("email", audience, state)
    email = (
        planted.cage.token("accounts.email_sealed", audience, person.part, readers, seen_at=(PROFILE,)) + "@mail.test"
    )
    planted.cage.hashes_of("accounts.email_sealed", person.part, email)
    readers = readers_of_entry("name", audience, state)
    page = planted.cage.token("members.public_id", audience, person.part, readers, seen_at=(THREAD,), fixed=True)
    account = {"email_sealed": seal.seal(email), "email_hash": seal.hash_email(email)}
    await connection.execute(
        update(tables.Account).where(tables.Account.c.member_id == person.member_id).values(account)
    )
    await connection.execute(
        update(tables.Member).where(tables.Member.c.member_id == person.member_id).values(public_id=page)
    )
    return replace(person, email=email, public_id=page)


async def _plant_browser(connection: AsyncConnection, planted: Planted, person: Person) -> None:
    cage, account = planted.cage, person.account_id
    seen_at = ("/settings/sessions",) if person.part in VIEWERS and person.part != "olga" else ()
    browser = cage.token("sessions.browser", "owner", person.part, seen_at=seen_at)
    tokens = await start_session(connection, account, browser, NOON, remember=person.part == "olga")
    for name, token in (("session", tokens.session), ("remember", tokens.remember), ("browser", tokens.browser)):
        if token:
            cage.secret(f"cookie {name}", person.part, token)
    planted.sessions[person.part] = tokens.session
    if tokens.remember:
        kept = cage.token("remembered_browsers.browser", "owner", person.part, seen_at=("/settings/sessions",))
        await connection.execute(update(tables.RememberedBrowser).values(browser=kept, previous_hash=_long("old")))


async def _plant_talk(stage: Database, planted: Planted, sig: str) -> None:
    """A thread with all owners in it, a deleted reply, an edited one, and a thread that is gone whole."""
    slug = planted.vault if sig == "vault" else sig
    author = "amara" if sig == "vault" else "olga"
    viewer = planted.world[author].viewer if sig != "vault" else _in_vault(planted)
    opened = await start_thread(stage, viewer, slug, _opening(planted.cage, sig, author), NOON)
    assert isinstance(opened, Written), opened
    planted.threads[sig], planted.posts[sig] = opened.thread_id, opened.post_id
    for name in planted.owners if sig != "vault" else ():
        body = _text(planted.cage, sig, name, READERS_OF_SIG[sig], "reply")
        planted.posts[f"{sig} {name}"] = await _reply(stage, _good(planted, name), opened.thread_id, body)
    readers = READERS_OF_SIG[sig]
    kept = await _reply(stage, viewer, opened.thread_id, _text(planted.cage, sig, author, readers, "reply"))
    gone = await _reply(stage, viewer, opened.thread_id, _text(planted.cage, sig, author, frozenset(), "deleted"))
    await delete_post(stage, viewer, gone, NOON)
    first = planted.cage.token("posts.html", "nobody", author)
    edited = await _reply(stage, viewer, opened.thread_id, f"Before, {sig}: {first}")
    after = Draft(body=_text(planted.cage, sig, author, readers, "edited"))
    assert isinstance(await edit_post(stage, viewer, edited, after, 1, NOON), Written)
    planted.posts |= {f"{sig} kept": kept, f"{sig} deleted": gone, f"{sig} edited": edited}
    lost = await start_thread(stage, viewer, slug, _opening(planted.cage, sig, author, deleted=True), NOON)
    assert isinstance(lost, Written)
    await delete_post(stage, viewer, lost.post_id, NOON)
    planted.threads[f"{sig} deleted"], planted.posts[f"{sig} lost"] = lost.thread_id, lost.post_id


def _in_vault(planted: Planted) -> Viewer:
    amara = planted.world["amara"].viewer
    return Viewer(amara.member_id, amara.ring | {sig_key(planted.world.sigs["vault"])})


def _opening(cage: Cage, sig: str, author: str, *, deleted: bool = False) -> Draft:
    what = "lost" if deleted else "opening"
    readers = frozenset() if deleted else READERS_OF_SIG[sig]
    owner = author if deleted or author in readers else ""
    title = cage.token("threads.title", f"{sig} {what}", owner, readers, seen_at=(THREAD,))
    tag = cage.token("tags.name", f"{sig} {what}", owner, readers, seen_at=(THREAD,))
    submission = cage.token("posts.submission", "nobody", f"{sig} {what}")
    body = _text(cage, sig, author, readers, what)
    return Draft(body, submission, f"Title {title}", tag, ThreadKind.QUESTION)


def _text(cage: Cage, sig: str, author: str, readers: frozenset[str], what: str) -> str:
    """Markdown with a canary that is rendered and one that is not: an unused reference stays in the source."""
    writes_no_more = author.startswith(("suspended", "unconfirmed")) or (
        author.startswith("left") and sig == "boardroom"
    )
    # Who can no longer write there has no form with the source, and finds a closed room closed.
    seen_at = () if writes_no_more and sig == "boardroom" else (THREAD, EDIT)
    source_at = () if writes_no_more or what in {"deleted", "lost"} else (EDIT,)
    shown = cage.token("posts.html", f"{sig} {what}", author, readers, seen_at=seen_at)
    source = cage.token("posts.body", f"{sig} {what}", author, seen_at=source_at)
    return f"Said **{shown}**.\n\n[unused]: https://example.org/{source}"


async def _reply(stage: Database, viewer: Viewer, thread_id: int, body: str) -> int:
    written = await write_reply(stage, viewer, thread_id, Draft(body=body), NOON + timedelta(minutes=1))
    assert isinstance(written, Written), written
    return written.post_id


async def _plant_imports(connection: AsyncConnection, planted: Planted) -> None:
    """An imported reply in each thread: author, licence and source are as open as the thread."""
    site = {"name": "source.example", "started_at": NOON}
    added = await connection.execute(insert(tables.SourceSite).values(site).returning(tables.SourceSite.c.site_id))
    site_id = added.scalar_one()
    for number, sig in enumerate(("turnaround", "boardroom", "vault"), start=1):
        readers, cage = READERS_OF_SIG[sig], planted.cage
        author = {
            "site_id": site_id,
            "user_key": cage.token("source_authors.user_key", "nobody", sig),
            "name": cage.token("source_authors.name", sig, "", readers, seen_at=(THREAD,)),
            "source_url": "https://source.example/users/"
            + cage.token("source_authors.source_url", sig, "", readers, seen_at=(THREAD,)),
        }
        adding = insert(tables.SourceAuthor).values(author).returning(tables.SourceAuthor.c.author_id)
        author_id = (await connection.execute(adding)).scalar_one()
        post_id = await _import_post(connection, planted, sig, author_id)
        licence = cage.token("source_posts.licence", sig, "", readers, seen_at=(THREAD,))
        source = {
            "site_id": site_id,
            "source_kind": "post",
            "source_id": number,
            "post_id": post_id,
            "licence": licence,
        }
        await connection.execute(insert(tables.SourcePost).values(**source, digest=f"{sig:*<32}".encode()))


async def _import_post(connection: AsyncConnection, planted: Planted, sig: str, author_id: int) -> int:
    thread = tables.Thread.c
    change = update(tables.Thread).where(thread.thread_id == planted.threads[sig])
    counting = change.values(post_count=thread.post_count + 1, last_author_id=author_id, last_member_id=None)
    number = (await connection.execute(counting.returning(thread.post_count))).scalar_one()
    reading = Reading.EVERYONE if sig == "turnaround" else Reading.MEMBERS_OF_SIG
    text = planted.cage.token("posts.html", f"{sig} imported", "", READERS_OF_SIG[sig], seen_at=(THREAD,))
    row = {
        "thread_id": planted.threads[sig],
        "number": number,
        "kind": "reply",
        "author_id": author_id,
        "body": planted.cage.token("posts.body", "nobody", sig),
        "html": f"<p>{text}</p>",
        "key_set_id": await intern_key_set(connection, post_keys(reading, planted.world.sigs[sig], None)),
        "written_at": NOON,
        "version": 1,
    }
    added = await connection.execute(insert(tables.Post).values(row).returning(tables.Post.c.post_id))
    post_id: int = added.scalar_one()
    return post_id


async def _plant_machinery(connection: AsyncConnection, planted: Planted) -> None:
    """What no page shows: waiting registrations, pending addresses, mail tokens, counts, leases, events."""
    cage, olga = planted.cage, planted.world["olga"]

    def token(name: str, audience: str = "nobody") -> str:
        return cage.token(name, audience, "olga")

    def row(table: Any, **values: object) -> Any:
        return insert(table).values(values)

    later = NOON + timedelta(days=1)
    when = {"created_at": NOON, "expires_at": later}
    sealed = token("registrations.sealed").encode()
    pending = token("pending_addresses.email_sealed", "owner").encode()
    version, holder, name = token("acceptances.version", "owner"), token("leases.holder"), token("leases.name")
    account = {"account_id": olga.account_id}
    await connection.execute(row(tables.Registration, email_hash=_long("registration"), sealed=sealed, **when))
    await connection.execute(
        row(tables.PendingAddress, email_sealed=pending, email_hash=_long("pending"), **account, **when)
    )
    accepted = row(tables.Acceptance, document="terms", version=version, accepted_at=NOON, **account)
    await connection.execute(accepted)
    await connection.execute(row(tables.AttemptCount, bucket=_long("bucket"), window_start=NOON, tries=3))
    await connection.execute(row(tables.Lease, name=name, holder=holder, expires_at=later))
    ids = token("events.ids")
    await connection.execute(
        row(tables.Event, name="planted", ids=ids, happened_at=NOON, next_try_at=later, attempts=0)
    )
    for purpose, subject in ((MailPurpose.RESET, olga.account_id), (MailPurpose.CHANGE, 1), (MailPurpose.CONFIRM, 1)):
        planted.mail_tokens[purpose] = await make_token(connection, purpose, subject, NOON)
        cage.secret(f"mail token {purpose}", "olga", planted.mail_tokens[purpose])


def _long(word: str) -> bytes:
    return f"{word:*<32}".encode()


async def _watch_bytes(connection: AsyncConnection, planted: Planted) -> None:
    """Hashes and sealed texts, whoever put them there: every column of bytes that the tables have."""
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, LargeBinary):
                for (value,) in await fetch_all(connection, select(column).where(column.is_not(None))):
                    planted.cage.bytes_of(f"{table.name}.{column.name}", "", bytes(value))
    for (hashed,) in await fetch_all(connection, select(tables.Account.c.password_hash)):
        planted.cage.secret("accounts.password_hash", "", hashed.rpartition("$")[2])


async def _plant_extras(stage: Database, planted: Planted) -> None:
    """More of what only the Boardroom and the vault know of, after everything else, so that no id moves."""
    viewer = planted.world["amara"].viewer
    for number in range(3):
        draft = Draft("More behind doors.", f"more-{number}", f"One more matter {number}", "more law")
        await start_thread(stage, viewer, "boardroom", draft, NOON + timedelta(hours=1))
        await _reply(stage, viewer, planted.threads["boardroom"], "And more.")


def roles(planted: Planted) -> Mapping[str, str]:
    """Session tokens by viewer; visitors have none."""
    return {name: planted.sessions.get(name, "") for name in VIEWERS if name not in VISITORS[:2]}
