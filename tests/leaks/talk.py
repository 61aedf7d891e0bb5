"""The talk of the leak test: in every kind of SIG a thread with all owners in it, what was taken back, what was edited,
what was imported, and what is held for staff."""

from datetime import timedelta

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.forum import ThreadKind
from domain.sigs import Circle, post_keys
from domain.visibility import STAFF as STAFF_KEY
from domain.visibility import Keys, Viewer
from storage import tables
from storage.database import Database
from storage.forum.commands import Draft, Written, edit_post, start_thread, write_reply
from storage.forum.removal import delete_post
from storage.key_sets import intern_key_set
from tests.cast import NOON
from tests.leaks.canaries import Cage
from tests.leaks.oracle import READERS_OF_SIG, STAFF
from tests.leaks.places import EDIT, THREAD
from tests.leaks.planted import Planted


async def plant_talk(stage: Database, planted: Planted, sig: str) -> str:
    """A thread with all owners in it, a deleted reply, an edited one, and a thread that is gone whole. Returns the
    canary in the title of the first."""
    slug = planted.vault if sig == "vault" else sig
    author = "amara" if sig == "vault" else "olga"
    viewer = planted.world[author].viewer if sig != "vault" else planted.in_vault()
    title, opening = _opening(planted.cage, sig, author)
    opened = await start_thread(stage, viewer, slug, opening, NOON)
    assert isinstance(opened, Written), opened
    planted.threads[sig], planted.posts[sig] = opened.thread_id, opened.post_id
    for name in planted.owners if sig != "vault" else ():
        body = _text(planted.cage, sig, name, READERS_OF_SIG[sig], "reply")
        planted.posts[f"{sig} {name}"] = await reply(stage, planted.good(name), opened.thread_id, body)
    readers = READERS_OF_SIG[sig]
    kept = await reply(stage, viewer, opened.thread_id, _text(planted.cage, sig, author, readers, "reply"))
    gone = await reply(stage, viewer, opened.thread_id, _text(planted.cage, sig, author, frozenset(), "deleted"))
    await delete_post(stage, viewer, gone, NOON)
    first = planted.cage.token("posts.html", f"nobody any more, {sig}", "", frozenset())
    edited = await reply(stage, viewer, opened.thread_id, f"Before, {sig}: {first}")
    after = Draft(body=_text(planted.cage, sig, author, readers, "edited"))
    assert isinstance(await edit_post(stage, viewer, edited, after, 1, NOON), Written)
    planted.posts |= {f"{sig} kept": kept, f"{sig} deleted": gone, f"{sig} edited": edited}
    _, lost_opening = _opening(planted.cage, sig, author, deleted=True)
    lost = await start_thread(stage, viewer, slug, lost_opening, NOON)
    assert isinstance(lost, Written)
    await delete_post(stage, viewer, lost.post_id, NOON)
    planted.threads[f"{sig} deleted"], planted.posts[f"{sig} lost"] = lost.thread_id, lost.post_id
    return title


def _opening(cage: Cage, sig: str, author: str, *, deleted: bool = False) -> tuple[str, Draft]:
    what = "lost" if deleted else "opening"
    readers = frozenset[str]() if deleted else READERS_OF_SIG[sig]
    owner = author if deleted or author in readers else ""
    title = cage.token("threads.title", f"{sig} {what}", owner, readers, seen_at=(THREAD,))
    tag = cage.token("tags.name", f"{sig} {what}", owner, readers, seen_at=(THREAD,))
    submission = cage.token("posts.submission", "nobody", f"{sig} {what}")
    body = _text(cage, sig, author, readers, what)
    return title, Draft(body, submission, f"Title {title}", tag, ThreadKind.QUESTION)


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


async def reply(stage: Database, viewer: Viewer, thread_id: int, body: str) -> int:
    """A reply one minute after noon; returns the id of its post."""
    written = await write_reply(stage, viewer, thread_id, Draft(body=body), NOON + timedelta(minutes=1))
    assert isinstance(written, Written), written
    return written.post_id


async def plant_imports(connection: AsyncConnection, planted: Planted) -> None:
    """An imported reply in each thread: author, licence and source are as open as the thread. And one that is held."""
    site = {"name": "source.example", "started_at": NOON}
    added = await connection.execute(insert(tables.SourceSite).values(site).returning(tables.SourceSite.c.site_id))
    site_id = added.scalar_one()
    for number, sig in enumerate(("turnaround", "boardroom", "vault"), start=1):
        author_id = await _plant_author(connection, planted.cage, site_id, sig)
        reading = Circle.EVERYONE if sig == "turnaround" else Circle.SIG
        keys, readers = post_keys(reading, planted.world.sigs[sig], None), READERS_OF_SIG[sig]
        post_id = await _import_post(connection, planted, sig, author_id, keys, f"{sig} imported", readers)
        licence = planted.cage.token("source_posts.licence", sig, "", readers, seen_at=(THREAD,))
        source = {
            "site_id": site_id,
            "source_kind": "post",
            "source_id": number,
            "post_id": post_id,
            "licence": licence,
        }
        await connection.execute(insert(tables.SourcePost).values(**source, digest=f"{sig:*<32}".encode()))
        if sig == "turnaround":
            held = frozenset({STAFF_KEY})
            await _import_post(connection, planted, sig, author_id, held, "held for staff", STAFF)


async def _plant_author(connection: AsyncConnection, cage: Cage, site_id: int, sig: str) -> int:
    readers = READERS_OF_SIG[sig]
    url = cage.token("source_authors.source_url", sig, "", readers, seen_at=(THREAD,))
    author = {
        "site_id": site_id,
        "user_key": cage.token("source_authors.user_key", "nobody", sig),
        "name": cage.token("source_authors.name", sig, "", readers, seen_at=(THREAD,)),
        "source_url": f"https://source.example/users/{url}",
    }
    adding = insert(tables.SourceAuthor).values(author).returning(tables.SourceAuthor.c.author_id)
    author_id: int = (await connection.execute(adding)).scalar_one()
    return author_id


async def _import_post(
    connection: AsyncConnection,
    planted: Planted,
    sig: str,
    author_id: int,
    keys: Keys,
    what: str,
    readers: frozenset[str],
) -> int:
    thread = tables.Thread.c
    change = update(tables.Thread).where(thread.thread_id == planted.threads[sig])
    counting = change.values(post_count=thread.post_count + 1, last_author_id=author_id, last_member_id=None)
    number = (await connection.execute(counting.returning(thread.post_count))).scalar_one()
    text = planted.cage.token("posts.html", what, "", readers, seen_at=(THREAD,))
    row = {
        "thread_id": planted.threads[sig],
        "number": number,
        "kind": "reply",
        "author_id": author_id,
        "body": planted.cage.token("posts.body", "nobody", what),
        "html": f"<p>{text}</p>",
        "key_set_id": await intern_key_set(connection, keys),
        "written_at": NOON,
        "version": 1,
    }
    added = await connection.execute(insert(tables.Post).values(row).returning(tables.Post.c.post_id))
    post_id: int = added.scalar_one()
    return post_id
