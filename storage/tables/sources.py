"""What was imported, from where, and by whom it was written."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, ForeignKey, Text, UniqueConstraint
from sqlmodel import Field

from storage.tables.base import Id, Row, link, moment, octets, row_id, text


class SourceSite(Row, table=True):
    """A site that was imported, how far the import came, and what it counted (JSON)."""

    __tablename__ = "source_sites"
    site_id: int | None = row_id()
    name: str = text(unique=True)
    digest: str = text(default="")
    step: str = text(default="")
    rows_done: int = Field(default=0, sa_type=BigInteger)
    counts: str = text(default="{}")
    started_at: datetime = moment()
    finished_at: datetime | None = moment(nullable=True)


class SourcePerson(Row, table=True):
    """One person across the imported sites, joined by the network's account id."""

    __tablename__ = "source_people"
    person_id: int | None = row_id()
    network_id: int = Field(sa_type=BigInteger, unique=True)


class SourceAuthor(Row, table=True):
    """An author on one imported site: nobody's account, the name as published. `user_key` is the user id there, or
    `name:...` where the account was already gone."""

    __tablename__ = "source_authors"
    __table_args__ = (UniqueConstraint("site_id", "user_key"),)
    author_id: int | None = row_id()
    site_id: int = link("source_sites.site_id")
    user_key: str = text()
    person_id: int | None = link("source_people.person_id", nullable=True, index=True)
    name: str = text()
    source_url: str = text()


class SourcePost(Row, table=True):
    """Where an imported post comes from; `source_kind` is `post` or `comment`, whose ids are counted apart."""

    __tablename__ = "source_posts"
    site_id: int = link("source_sites.site_id", primary_key=True)
    source_kind: str = Field(sa_column=Column(Text, primary_key=True))
    source_id: int = Field(sa_column=Column(BigInteger, primary_key=True))
    post_id: int = Field(sa_column=Column(Id, ForeignKey("posts.post_id"), unique=True))
    licence: str = text()
    digest: bytes = octets()


class PostLink(Row, table=True):
    """That one imported post refers to another, or repeats it."""

    __tablename__ = "post_links"
    from_post_id: int = link("posts.post_id", primary_key=True)
    to_post_id: int = link("posts.post_id", primary_key=True, index=True)
    kind: str = Field(sa_column=Column(Text, primary_key=True))
