"""Documents: of each thing its words and keys as terms of the index, its id, and the stamp of how it looked.

What is deleted leaves the index; what is held has not entered it. An address of mail, a photo and a gender are no words
to find people by.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from domain.forum import PostKind
from domain.members import ENTRY_RULES, EntryKind, Shape, read_record
from domain.search import indexed_words
from domain.views import SafeHtml
from storage.key_sets import parse_keys
from storage.plain_text import plain_text
from storage.search.expressions import Place, key_term

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MICROSECOND = timedelta(microseconds=1)
_IDS = 1 << 20
"""How many ids there are for one millisecond."""


class DocumentKind(StrEnum):
    """What is in the index, and whose id `source_id` is: a post's for threads (their opening) and replies, an entry's,
    a SIG's."""

    THREAD = "thread"
    REPLY = "reply"
    ENTRY = "entry"
    SIG = "sig"


_SEARCHED = frozenset({Shape.LINE, Shape.TEXT, Shape.LIST, Shape.PHONE, Shape.RECORD})
SEARCHED_KINDS = tuple(kind for kind, rule in ENTRY_RULES.items() if rule.shape in _SEARCHED)
"""The kinds of entry that people are found by."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """One document as it goes into the index. Terms of one list stand one behind the other."""

    kind: DocumentKind
    source_id: int
    document_id: int
    stamp: int
    key_set_id: int
    body_key_set_id: int
    terms: Sequence[Sequence[str]]


def id_of_talk(written_at: datetime, post_id: int) -> int:
    """An id that grows with time, and within a millisecond with the id of the post."""
    return max(0, (written_at - _EPOCH) // _MILLISECOND) * _IDS + post_id % _IDS


def stamp_of_entry(changed_at: datetime) -> int:
    """The moment of its last change, in microseconds, as the table keeps it."""
    return (changed_at - _EPOCH) // _MICROSECOND


def stamp_of_sig(name: str, description: str) -> int:
    """A number that another name or description would hardly have."""
    digest = hashlib.sha256(f"{name}\0{description}".encode()).digest()
    return int.from_bytes(digest[:7])


def entry_text(kind: EntryKind, value: str) -> str:
    """What an entry says: of a record, its parts, a line each."""
    return "\n".join(read_record(value).values()) if ENTRY_RULES[kind].shape is Shape.RECORD else value


def _said(place: Place, text: str) -> list[str]:
    return [place + word for word in indexed_words(text)]


def _keys(place: Place, text: str) -> list[str]:
    return [place + key_term(key) for key in sorted(parse_keys(text))]


def document_of_talk(row: Any) -> Indexed:
    """A post that stands, as a reply or as its thread. Of a thread whose opening was deleted only the title is left."""
    is_opening, is_deleted = row.kind == PostKind.OPENING, row.post_deleted_at is not None
    kind = DocumentKind.THREAD if is_opening else DocumentKind.REPLY
    text = "" if is_deleted else plain_text(SafeHtml(row.html))
    terms = [
        _keys(Place.OPENS, row.thread_keys),
        _keys(Place.OPENS_BODY, row.post_keys),
        [f"{Place.KIND}{kind}"],
        [f"{Place.SIG}{row.sig_id}"],
        [f"{Place.THREAD}{row.thread_id}"],
        _said(Place.THREAD_BODY if is_opening else Place.REPLY, text),
    ]
    if is_opening:
        terms.append(_said(Place.THREAD_TITLE, f"{row.title}\n{row.tag_names}"))
    if row.member_id is not None and not is_deleted:
        terms.append([f"{Place.WRITER}{row.member_id}"])
    if row.author_name is not None and not is_deleted:
        terms.append(_said(Place.SOURCE_NAME, row.author_name))
    return Indexed(
        kind,
        row.post_id,
        id_of_talk(row.written_at, row.post_id),
        row.version,
        row.thread_key_set_id,
        row.post_key_set_id,
        terms,
    )


def document_of_entry(row: Any) -> Indexed:
    """An entry with something in it. Names are words of their own, for who is looked for by name."""
    kind = EntryKind(row.kind)
    text = entry_text(kind, row.value)
    terms = [_keys(Place.OPENS, row.keys), _said(Place.NAME if kind is EntryKind.NAME else Place.ENTRY, text)]
    stamp = stamp_of_entry(row.changed_at)
    document_id = -(2 * row.entry_id + 1)
    return Indexed(DocumentKind.ENTRY, row.entry_id, document_id, stamp, row.key_set_id, row.key_set_id, terms)


def document_of_sig(row: Any) -> Indexed:
    """A SIG: its name for those who may know of it, its description for those who may read that."""
    terms = [
        _keys(Place.OPENS, row.keys),
        _keys(Place.OPENS_BODY, row.description_keys),
        _said(Place.SIG_NAME, row.name),
        _said(Place.SIG_BODY, row.description),
    ]
    return Indexed(
        DocumentKind.SIG,
        row.sig_id,
        -(2 * row.sig_id + 2),
        stamp_of_sig(row.name, row.description),
        row.key_set_id,
        row.description_key_set_id,
        terms,
    )
