"""Communities, SIGs and who belongs to them."""

from datetime import datetime

from storage.tables.base import NEVER_AGAIN, Row, link, moment, row_id, text


class Community(Row, table=True):
    """A container of SIGs."""

    __tablename__ = "communities"
    community_id: int | None = row_id()
    slug: str = text(unique=True)
    name: str = text()
    description: str = text()
    position: int = 0


class Sig(Row, table=True):
    """A Special Interest Group. `key_set_id` opens its existence and description, `content_key_set_id` its threads."""

    __tablename__ = "sigs"
    __table_args__ = NEVER_AGAIN
    sig_id: int | None = row_id()
    community_id: int = link("communities.community_id", index=True)
    slug: str = text(unique=True)
    name: str = text()
    description: str = text()
    reading: str = text()
    key_set_id: int = link("key_sets.key_set_id")
    content_key_set_id: int = link("key_sets.key_set_id")
    site_id: int | None = link("source_sites.site_id", nullable=True)
    created_at: datetime = moment()
    member_count: int = 0
    thread_count: int = 0
    post_count: int = 0
    last_post_at: datetime | None = moment(nullable=True)


class Membership(Row, table=True):
    """Who belongs to a SIG, and in which role."""

    __tablename__ = "memberships"
    sig_id: int = link("sigs.sig_id", primary_key=True)
    member_id: int = link("members.member_id", primary_key=True, index=True)
    role: str = text()
    joined_at: datetime = moment()
