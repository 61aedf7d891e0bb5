"""What is used of each row, read and checked. A row that lacks something or holds nonsense is a `BrokenArchive`.

Attributes that nobody uses are not looked at: their presence differs between the years of a dump.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from storage.importing.archive import Row

BIGGEST_ID: Final = 2**63 - 1
BIGGEST_SCORE: Final = 2**31 - 1
BIGGEST_TYPE: Final = 999
LONGEST_BODY: Final = 1_000_000
LONGEST_LINE: Final = 1_000
"""Characters in a title, a name or the tags of a thread; upstream's own limits are 300 and below."""

THREAD, REPLY = 1, 2
"""The types of post that are talk; the others hold the texts of tags, nominations and placeholders."""

UP, DOWN, FAVOURITE = 2, 3, 5
LINK_KINDS: Final = {1: "linked", 3: "duplicate"}

_INTEGER: Final = re.compile(r"-?[0-9]{1,19}")
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?")
_ANGLED: Final = re.compile(r"(?:<[^<>|]+>)+")
_BARRED: Final = re.compile(r"\|(?:[^<>|]+\|)+")
_LICENCES: Final = frozenset({"CC BY-SA 2.5", "CC BY-SA 3.0", "CC BY-SA 4.0"})
_THREE_SINCE: Final = datetime(2011, 4, 8, tzinfo=UTC)
_FOUR_SINCE: Final = datetime(2018, 5, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class UserRow:
    """A user: a name, and the id that the whole network knows them by where there is one."""

    source_id: int
    name: str
    network_id: int | None


@dataclass(frozen=True, slots=True)
class PostRow:
    """A thread's opening post (type 1), a reply (type 2), or another post, whose text is not read."""

    source_id: int
    type_id: int
    written_at: datetime
    parent_id: int | None = None
    accepted_id: int | None = None
    score: int = 0
    body: str = ""
    user_id: int | None = None
    user_name: str | None = None
    edited_at: datetime | None = None
    title: str = ""
    tags: tuple[str, ...] = ()
    answer_count: int | None = None
    closed_at: datetime | None = None
    licence: str = ""
    licence_given: str | None = None


@dataclass(frozen=True, slots=True)
class CommentRow:
    """A remark under a post, in a little Markdown."""

    source_id: int
    post_id: int
    score: int
    text: str
    written_at: datetime
    user_id: int | None
    user_name: str | None
    licence: str


@dataclass(frozen=True, slots=True)
class VoteRow:
    """A vote; only bookmarks and bounties say whose."""

    post_id: int
    type_id: int
    user_id: int | None


@dataclass(frozen=True, slots=True)
class LinkRow:
    """That one post refers to another (`linked`) or repeats it (`duplicate`)."""

    post_id: int
    related_id: int
    kind: str


@dataclass(frozen=True, slots=True)
class TagRow:
    """A tag of the site."""

    name: str


def read_user(row: Row) -> UserRow:
    """A row of Users."""
    network_id = _optional_integer(row, "AccountId")
    name = _line(row, "DisplayName")
    return UserRow(_integer(row, "Id"), name, network_id if network_id and network_id > 0 else None)


def read_post(row: Row) -> PostRow:
    """A row of Posts."""
    source_id = _integer(row, "Id", lowest=1)
    type_id = _integer(row, "PostTypeId", lowest=0, highest=BIGGEST_TYPE)
    written_at = _moment(row, "CreationDate")
    if type_id not in {THREAD, REPLY}:
        return PostRow(source_id, type_id, written_at, user_id=_optional_integer(row, "OwnerUserId"))
    is_thread = type_id == THREAD
    return PostRow(
        source_id,
        type_id,
        written_at,
        parent_id=None if is_thread else _integer(row, "ParentId", lowest=1),
        accepted_id=_optional_integer(row, "AcceptedAnswerId") if is_thread else None,
        score=_integer(row, "Score", lowest=-BIGGEST_SCORE, highest=BIGGEST_SCORE),
        body=_text(row, "Body", LONGEST_BODY),
        user_id=_optional_integer(row, "OwnerUserId"),
        user_name=_optional_line(row, "OwnerDisplayName"),
        edited_at=_optional_moment(row, "LastEditDate"),
        title=_line(row, "Title") if is_thread else "",
        tags=_tags(row) if is_thread else (),
        answer_count=_optional_integer(row, "AnswerCount") if is_thread else None,
        closed_at=_optional_moment(row, "ClosedDate") if is_thread else None,
        licence=_licence(row, written_at),
        licence_given=row.given.get("ContentLicense"),
    )


def read_comment(row: Row) -> CommentRow:
    """A row of Comments."""
    written_at = _moment(row, "CreationDate")
    return CommentRow(
        _integer(row, "Id", lowest=1),
        _integer(row, "PostId", lowest=1),
        _integer(row, "Score", lowest=-BIGGEST_SCORE, highest=BIGGEST_SCORE),
        _text(row, "Text", LONGEST_BODY),
        written_at,
        _optional_integer(row, "UserId"),
        _optional_line(row, "UserDisplayName"),
        _licence(row, written_at),
    )


def read_vote(row: Row) -> VoteRow:
    """A row of Votes."""
    type_id = _integer(row, "VoteTypeId", lowest=0, highest=BIGGEST_TYPE)
    return VoteRow(_integer(row, "PostId"), type_id, _optional_integer(row, "UserId"))


def read_link(row: Row) -> LinkRow:
    """A row of PostLinks; a kind of link that is not known keeps its number."""
    type_id = _integer(row, "LinkTypeId", lowest=0, highest=BIGGEST_TYPE)
    return LinkRow(_integer(row, "PostId"), _integer(row, "RelatedPostId"), LINK_KINDS.get(type_id, f"type-{type_id}"))


def read_tag(row: Row) -> TagRow:
    """A row of Tags."""
    name = "-".join(_line(row, "TagName").split())
    if not name:
        raise row.broken("TagName is empty")
    return TagRow(name)


def user_key(user_id: int | None, name: str | None) -> str:
    """What identifies an author on a site: the user id, or the name that is left of an account that is gone."""
    return str(user_id) if user_id is not None else f"name:{name or ''}"


def _required(row: Row, name: str) -> str:
    try:
        return row.given[name]
    except KeyError:
        raise row.broken(f"{name} is missing") from None


def _as_integer(row: Row, name: str, text: str, lowest: int, highest: int) -> int:
    if not _INTEGER.fullmatch(text):
        raise row.broken(f"{name} is not a whole number: {_shown(text)}")
    value = int(text)
    if not lowest <= value <= highest:
        raise row.broken(f"{name} is out of range: {_shown(text)}")
    return value


def _integer(row: Row, name: str, *, lowest: int = -BIGGEST_ID, highest: int = BIGGEST_ID) -> int:
    return _as_integer(row, name, _required(row, name), lowest, highest)


def _optional_integer(row: Row, name: str) -> int | None:
    text = row.given.get(name)
    return None if text is None else _as_integer(row, name, text, -BIGGEST_ID, BIGGEST_ID)


def _as_moment(row: Row, name: str, text: str) -> datetime:
    if not _MOMENT.fullmatch(text):
        raise row.broken(f"{name} is not a date: {_shown(text)}")
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise row.broken(f"{name} is not a date: {_shown(text)}") from None


def _moment(row: Row, name: str) -> datetime:
    return _as_moment(row, name, _required(row, name))


def _optional_moment(row: Row, name: str) -> datetime | None:
    text = row.given.get(name)
    return None if text is None else _as_moment(row, name, text)


def _text(row: Row, name: str, longest: int) -> str:
    text = _required(row, name)
    if len(text) > longest:
        raise row.broken(f"{name} is longer than {longest:,} characters")
    return text


def _line(row: Row, name: str) -> str:
    return _text(row, name, LONGEST_LINE)


def _optional_line(row: Row, name: str) -> str | None:
    return _line(row, name) if name in row.given else None


def _tags(row: Row) -> tuple[str, ...]:
    """Tags in the order given, in either notation: `<a><b>`, and `|a|b|` since 2024."""
    text = row.given.get("Tags", "").strip()
    if not text:
        return ()
    if len(text) > LONGEST_LINE or not (_ANGLED.fullmatch(text) or _BARRED.fullmatch(text)):
        raise row.broken(f"Tags are in no known notation: {_shown(text)}")
    names = ("-".join(name.split()) for name in re.split(r"[<>|]+", text))
    return tuple(dict.fromkeys(name for name in names if name))


def _licence(row: Row, written_at: datetime) -> str:
    """The licence that the row names, else the one that was in force when it was written."""
    given = row.given.get("ContentLicense")
    if given is not None:
        if given not in _LICENCES:
            raise row.broken(f"ContentLicense is not one we know how to keep: {_shown(given)}")
        return given
    if written_at < _THREE_SINCE:
        return "CC BY-SA 2.5"
    return "CC BY-SA 3.0" if written_at < _FOUR_SINCE else "CC BY-SA 4.0"


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
