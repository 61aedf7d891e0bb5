"""Interned sets of keys."""

from sqlalchemy import Column, Text
from sqlmodel import Field

from storage.tables.base import Row, link, row_id, text


class KeySet(Row, table=True):
    """A set of keys, interned and never changed: `text` holds them sorted, with a space between."""

    __tablename__ = "key_sets"
    key_set_id: int | None = row_id()
    text: str = text(unique=True)


class KeySetKey(Row, table=True):
    """One key of a set, for the SQL form of the rule."""

    __tablename__ = "key_set_keys"
    key_set_id: int = link("key_sets.key_set_id", primary_key=True)
    key: str = Field(sa_column=Column(Text, primary_key=True))
