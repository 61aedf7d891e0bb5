"""Search by hand: everything is read, and Python keeps what the viewer can reach. It shares the reading of words with
the product, and nothing else: no index, no SQL of the rule, no stamps."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from domain.forum import PostKind
from domain.members import EntryKind
from domain.search import Query, SearchKind, Term, words_of
from domain.views import SafeHtml
from domain.visibility import Viewer, may_see, ring_towards
from storage.database import Database, fetch_all
from storage.key_sets import parse_keys
from storage.plain_text import plain_text
from storage.search.documents import SEARCHED_KINDS, entry_text
from storage.tables import Entry, KeySet, Member, Post, Sig, SourceAuthor, Thread

_Keys = {name: KeySet.table.alias() for name in ("thread", "post", "entry", "sig", "description")}


@dataclass(frozen=True, slots=True)
class Everything:
    """Every row that search could find."""

    posts: Sequence[Any]
    entries: Sequence[Any]
    sigs: Sequence[Any]

    @classmethod
    async def read(cls, database: Database) -> "Everything":
        """Read all of it."""
        thread, post, entry, sig, description = _Keys.values()
        posts = (
            select(
                Post.table,
                Thread.c.title,
                Thread.c.tag_names,
                Thread.c.sig_id,
                Thread.c.deleted_at.label("thread_deleted_at"),
                SourceAuthor.c.name.label("author_name"),
                post.c.text.label("keys"),
                thread.c.text.label("thread_keys"),
            )
            .join(Thread, Thread.c.thread_id == Post.c.thread_id)
            .join(post, post.c.key_set_id == Post.c.key_set_id)
            .join(thread, thread.c.key_set_id == Thread.c.key_set_id)
            .outerjoin(SourceAuthor, SourceAuthor.c.author_id == Post.c.author_id)
            .where(Post.c.number.is_not(None))
        )
        entries = (
            select(Entry.table, Member.c.public_id, entry.c.text.label("keys"))
            .join(Member, Member.c.member_id == Entry.c.member_id)
            .join(entry, entry.c.key_set_id == Entry.c.key_set_id)
            .where(Entry.c.value != "", Entry.c.kind.in_(SEARCHED_KINDS))
        )
        sigs = (
            select(Sig.table, sig.c.text.label("keys"), description.c.text.label("description_keys"))
            .join(sig, sig.c.key_set_id == Sig.c.key_set_id)
            .join(description, description.c.key_set_id == Sig.c.description_key_set_id)
        )
        async with database.reading() as connection:
            return cls(*[await fetch_all(connection, statement) for statement in (posts, entries, sigs)])


def stands_in(term: Term, words: Sequence[str]) -> bool:
    """Whether a term stands somewhere in these words."""
    length = len(term.words)
    for first in range(len(words) - length + 1):
        same = words[first : first + length]
        last = same[-1].startswith(term.words[-1]) if term.is_prefix else same[-1] == term.words[-1]
        if last and tuple(same[:-1]) == term.words[:-1]:
            return True
    return False


def _all_in(terms: Iterable[Term], *texts: Sequence[str]) -> bool:
    return all(any(stands_in(term, words) for words in texts) for term in terms)


@dataclass(frozen=True, slots=True)
class ByHand:
    """The same search for one viewer, over everything."""

    everything: Everything
    viewer: Viewer
    query: Query

    def found(self, kind: SearchKind) -> list[str]:
        """The addresses of what is found, in the order of the pages."""
        if self.query.is_empty:
            return []
        finding: dict[SearchKind, Callable[[], list[str]]] = {
            SearchKind.THREADS: self._threads,
            SearchKind.REPLIES: self._replies,
            SearchKind.PEOPLE: self._people,
            SearchKind.SIGS: self._sigs,
        }
        return finding[kind]()

    def _sees(self, keys: str) -> bool:
        return may_see(parse_keys(keys), self.viewer.ring)

    def _narrowed(self, row: Any) -> bool:
        """Whether a post stands where the query stays. Who wrote it counts only for those who see it."""
        if self.query.thread_id is not None and row.thread_id != self.query.thread_id:
            return False
        if self.query.sig is not None:
            known = {sig.slug: sig.sig_id for sig in self.everything.sigs if self._sees(sig.keys)}
            if known.get(self.query.sig) != row.sig_id:
                return False
        if not self.query.authors:
            return True
        if row.deleted_at is not None or not self._sees(row.keys):
            return False
        names = [row.author_name] if row.author_name else self._names().get(row.member_id, [])
        return any(set(self.query.authors) <= set(words_of(name)) for name in names)

    def _names(self) -> dict[int, list[str]]:
        named = [(row.member_id, text) for row, text in self._said() if row.kind == EntryKind.NAME]
        return {member_id: [text] for member_id, text in named}

    def _said(self) -> list[tuple[Any, str]]:
        return [
            (row, entry_text(EntryKind(row.kind), row.value))
            for row in self.everything.entries
            if may_see(parse_keys(row.keys), ring_towards(self.viewer.ring, row.member_id))
        ]

    def _threads(self) -> list[str]:
        found = []
        for row in self.everything.posts:
            if row.kind != PostKind.OPENING or row.thread_deleted_at or not self._sees(row.thread_keys):
                continue
            if not self._narrowed(row):
                continue
            sees_body = self._sees(row.keys) and row.deleted_at is None
            title = words_of(f"{row.title}\n{row.tag_names}")
            body = words_of(plain_text(SafeHtml(row.html))) if sees_body else ()
            if not _all_in(self.query.terms, title, body):
                continue
            rank = int(not self.query.terms or not _all_in(self.query.terms, title))
            found.append((rank, *_newest_first(row), f"/threads/{row.thread_id}"))
        return [str(address) for *_, address in sorted(found)]

    def _replies(self) -> list[str]:
        found = []
        for row in self.everything.posts:
            if row.kind == PostKind.OPENING or row.thread_deleted_at or row.deleted_at:
                continue
            if not (self._sees(row.thread_keys) and self._sees(row.keys) and self._narrowed(row)):
                continue
            if _all_in(self.query.terms, words_of(plain_text(SafeHtml(row.html)))):
                found.append((*_newest_first(row), f"/posts/{row.post_id}"))
        return [str(address) for *_, address in sorted(found)]

    def _people(self) -> list[str]:
        if not self.query.terms or self.query.is_narrowed:
            return []
        names, texts = self._names(), dict[str, tuple[int, list[tuple[str, ...]]]]()
        for row, text in self._said():
            texts.setdefault(row.public_id, (row.member_id, []))[1].append(words_of(text))
        found = []
        for public_id, (member_id, said) in texts.items():
            if member_id in names and _all_in(self.query.terms, *said):
                rank = int(not _all_in(self.query.terms, words_of(names[member_id][0])))
                found.append((rank, public_id))
        return [f"/people/{public_id}" for _, public_id in sorted(found)]

    def _sigs(self) -> list[str]:
        if not self.query.terms or self.query.is_narrowed:
            return []
        found = []
        for row in self.everything.sigs:
            name = words_of(row.name)
            text = words_of(row.description) if self._sees(row.description_keys) else ()
            if self._sees(row.keys) and _all_in(self.query.terms, name, text):
                found.append((int(not _all_in(self.query.terms, name)), row.slug))
        return [f"/sigs/{slug}" for _, slug in sorted(found)]


def _newest_first(row: Any) -> tuple[float, int]:
    """By the millisecond, and within it by the id."""
    return -(row.written_at.timestamp() * 1000 // 1), -row.post_id
