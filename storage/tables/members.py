"""People, the entries of their pages, and their own lists."""

from datetime import datetime

from sqlalchemy import UniqueConstraint

from storage.tables.base import NEVER_AGAIN, Row, link, moment, row_id, text


class Member(Row, table=True):
    """A person with a page here. All that is private about them is an entry. `unsearched_since`: search and completion
    do not find them."""

    __tablename__ = "members"
    __table_args__ = NEVER_AGAIN
    member_id: int | None = row_id()
    public_id: str = text(unique=True)
    joined_at: datetime = moment()
    in_good_standing: bool = False
    is_staff: bool = False
    has_public_page: bool = True
    refuses_ai_since: datetime | None = moment(nullable=True)
    unsearched_since: datetime | None = moment(nullable=True)
    checked_up_at: datetime | None = moment(nullable=True)
    seen_at: datetime | None = moment(nullable=True)


class Entry(Row, table=True):
    """One entry of a personal page, with the audience that was chosen and the keys that follow from it."""

    __tablename__ = "entries"
    __table_args__ = (UniqueConstraint("member_id", "kind", "position"),)
    entry_id: int | None = row_id()
    member_id: int = link("members.member_id")
    kind: str = text()
    position: int = 0
    value: str = text()
    audience: str = text()
    key_set_id: int = link("key_sets.key_set_id", index=True)
    changed_at: datetime = moment()


class OwnList(Row, table=True):
    """A member's own list of people, as an audience. Its name is for its owner alone."""

    __tablename__ = "lists"
    __table_args__ = (UniqueConstraint("member_id", "name"), NEVER_AGAIN)
    list_id: int | None = row_id()
    member_id: int = link("members.member_id")
    name: str = text()
    made_at: datetime = moment()


class ListPerson(Row, table=True):
    """Who is on a list."""

    __tablename__ = "list_people"
    list_id: int = link("lists.list_id", primary_key=True)
    member_id: int = link("members.member_id", primary_key=True, index=True)
    added_at: datetime = moment()
