"""What an import left, told by the source's ids instead of ours: equal for equal imports, whichever way they went."""

from collections import Counter
from hashlib import sha256
from typing import Any

from sqlalchemy import select, text

from storage.database import Database
from storage.tables import Sig, SourceSite

Stock = dict[str, list[tuple[Any, ...]]]

_QUERIES = {
    "sites": "SELECT name, digest, step, rows_done, counts FROM source_sites ORDER BY name",
    "sigs": """SELECT s.slug, s.name, s.thread_count, s.post_count, s.last_post_at, k.text, c.text FROM sigs s
        JOIN key_sets k ON k.key_set_id = s.key_set_id JOIN key_sets c ON c.key_set_id = s.content_key_set_id
        ORDER BY s.slug""",
    "people": """SELECT p.network_id, s.name, a.user_key, a.name, a.source_url FROM source_authors a
        JOIN source_sites s ON s.site_id = a.site_id LEFT JOIN source_people p ON p.person_id = a.person_id
        ORDER BY s.name, a.user_key""",
    "threads": """SELECT s.name, o.source_id, t.kind, t.title, t.tag_names, t.started_at, t.last_post_at, t.post_count,
        t.score, t.closed_at, t.version, k.text, a.user_key, l.user_key, r.source_id FROM threads t
        JOIN posts p ON p.thread_id = t.thread_id AND p.kind = 'opening'
        JOIN source_posts o ON o.post_id = p.post_id JOIN source_sites s ON s.site_id = o.site_id
        JOIN key_sets k ON k.key_set_id = t.key_set_id JOIN source_authors a ON a.author_id = t.author_id
        LEFT JOIN source_authors l ON l.author_id = t.last_author_id
        LEFT JOIN source_posts r ON r.post_id = t.accepted_post_id ORDER BY s.name, o.source_id""",
    "posts": """SELECT s.name, o.source_kind, o.source_id, o.licence, p.kind, p.number, p.score, p.written_at,
        p.edited_at, p.version, k.text, a.user_key, f.source_id, ro.source_kind, ro.source_id, p.body, p.html
        FROM posts p JOIN source_posts o ON o.post_id = p.post_id JOIN source_sites s ON s.site_id = o.site_id
        JOIN key_sets k ON k.key_set_id = p.key_set_id JOIN source_authors a ON a.author_id = p.author_id
        JOIN posts fp ON fp.thread_id = p.thread_id AND fp.kind = 'opening'
        JOIN source_posts f ON f.post_id = fp.post_id LEFT JOIN source_posts ro ON ro.post_id = p.reply_to_id
        ORDER BY s.name, o.source_kind, o.source_id""",
    "tags": """SELECT s.slug, t.name, t.thread_count, count(j.thread_id) FROM tags t JOIN sigs s ON s.sig_id = t.sig_id
        LEFT JOIN thread_tags j ON j.tag_id = t.tag_id GROUP BY s.slug, t.name, t.thread_count
        ORDER BY s.slug, t.name""",
    "links": """SELECT s.name, f.source_id, o.source_id, l.kind FROM post_links l
        JOIN source_posts f ON f.post_id = l.from_post_id JOIN source_posts o ON o.post_id = l.to_post_id
        JOIN source_sites s ON s.site_id = f.site_id ORDER BY s.name, f.source_id, o.source_id, l.kind""",
}


async def take_stock(database: Database) -> Stock:
    """Everything that imports wrote, in the source's own terms."""
    async with database.reading() as connection:
        return {name: [tuple(row) for row in await connection.execute(text(q))] for name, q in _QUERIES.items()}


def fingerprint(stock: Stock) -> dict[str, tuple[int, str]]:
    """Rows and digest of each part: small enough to be shown when two differ."""
    return {name: (len(rows), sha256(repr(rows).encode()).hexdigest()) for name, rows in stock.items()}


async def count_all(database: Database) -> dict[str, int]:
    """How many rows each table of an import holds."""
    tables = "threads posts source_posts source_authors source_people tags thread_tags post_links source_sites events"
    async with database.reading() as connection:
        statements = {name: text(f"SELECT count(*) FROM {name}") for name in tables.split()}
        return {name: (await connection.execute(query)).scalar_one() for name, query in statements.items()}


async def count_stored(database: Database, site: str) -> dict[str, Any]:
    """What the manifest counts, as far as it is stored, counted in the database."""
    async with database.reading() as connection:
        site_id = (await connection.execute(select(SourceSite.c.site_id).where(SourceSite.c.name == site))).scalar_one()
        sig_id = (await connection.execute(select(Sig.c.sig_id).where(Sig.c.site_id == site_id))).scalar_one()
        values = {"site": site_id, "sig": sig_id}
        found = {name: (await connection.execute(text(q), values)).scalar_one() for name, q in _COUNTS.items()}
        kinds = await connection.execute(text(_LICENCES), values)
        found["licences"] = Counter({row.licence: row.number for row in kinds})
    return found


_TALK = "FROM posts p JOIN source_posts o ON o.post_id = p.post_id WHERE o.site_id = :site AND o.source_kind = 'post'"
_LICENCES = f"SELECT o.licence, count(*) AS number {_TALK} GROUP BY o.licence"
_COUNTS = {
    "threads": "SELECT count(*) FROM threads WHERE sig_id = :sig",
    "replies": f"SELECT count(*) {_TALK} AND p.kind = 'reply'",
    "comments": """SELECT count(*) FROM source_posts o JOIN posts p ON p.post_id = o.post_id
        WHERE o.site_id = :site AND o.source_kind = 'comment' AND p.kind = 'comment' AND p.reply_to_id IS NOT NULL""",
    "authors": "SELECT count(*) FROM source_authors WHERE site_id = :site",
    "threads_with_accepted_answer": "SELECT count(*) FROM threads WHERE sig_id = :sig AND accepted_post_id IS NOT NULL",
    "closed_threads": "SELECT count(*) FROM threads WHERE sig_id = :sig AND closed_at IS NOT NULL",
    "threads_without_reply": """SELECT count(*) FROM threads t WHERE sig_id = :sig AND NOT EXISTS
        (SELECT 1 FROM posts p WHERE p.thread_id = t.thread_id AND p.kind = 'reply')""",
    "sum_of_scores_threads_and_replies": f"SELECT sum(p.score) {_TALK}",
    "posts_without_OwnerUserId": f"""SELECT count(*) FROM (SELECT p.author_id {_TALK}) w
        JOIN source_authors a ON a.author_id = w.author_id WHERE a.user_key LIKE 'name:%'""",
    "first_post": f"SELECT min(p.written_at) {_TALK}",
    "last_post": f"SELECT max(p.written_at) {_TALK}",
    "links": """SELECT count(*) FROM post_links l JOIN source_posts o ON o.post_id = l.from_post_id
        WHERE o.site_id = :site""",
    "sig_threads": "SELECT thread_count FROM sigs WHERE sig_id = :sig",
    "sig_posts": "SELECT post_count FROM sigs WHERE sig_id = :sig",
    "numbered": """SELECT count(p.number) FROM posts p JOIN source_posts o ON o.post_id = p.post_id
        WHERE o.site_id = :site""",
    "highest_numbers": "SELECT sum(post_count) FROM threads WHERE sig_id = :sig",
    "listed_tags": "SELECT count(*) FROM tags WHERE sig_id = :sig",
}
