"""The index of search: what stands in it of each thing, and how the thing looked then.

The words themselves are in `document_words`, which each engine has in its own form (`storage.search.engines`).
"""

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field

from storage.tables.base import Id, Row, link, row_id, text


class Document(Row, table=True):
    """One thing in the index. Ids of talk grow with the time at which it was written, so that the newest have the
    highest; `stamp` says what the source looked like. `key_set_id` opens the document, `body_key_set_id` its body."""

    __tablename__ = "documents"
    __table_args__ = (UniqueConstraint("kind", "source_id"),)
    document_id: int | None = row_id()
    kind: str = text()
    source_id: int = Field(sa_type=Id)
    stamp: int = Field(sa_type=BigInteger)
    key_set_id: int = link("key_sets.key_set_id")
    body_key_set_id: int = link("key_sets.key_set_id")
