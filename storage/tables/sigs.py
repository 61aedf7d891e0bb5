"""Communities, SIGs and who belongs to them."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint

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
    """A Special Interest Group: how one joins, and who may know of it (`existence`), read its description
    (`describing`), see its people (`listing`) and read what is said in it (`reading`). Each of the four has its key
    set: `key_set_id` is that of the existence."""

    __tablename__ = "sigs"
    __table_args__ = NEVER_AGAIN
    sig_id: int | None = row_id()
    community_id: int = link("communities.community_id", index=True)
    slug: str = text(unique=True)
    name: str = text()
    description: str = text()
    joining: str = text(default="open")
    existence: str = text(default="everyone")
    describing: str = text(default="everyone")
    listing: str = text(default="sig")
    reading: str = text()
    key_set_id: int = link("key_sets.key_set_id")
    description_key_set_id: int = link("key_sets.key_set_id")
    listing_key_set_id: int = link("key_sets.key_set_id")
    content_key_set_id: int = link("key_sets.key_set_id")
    question: str = text(default="")
    rules: str = text(default="")
    holds_first_posts: bool = False
    site_id: int | None = link("source_sites.site_id", nullable=True)
    created_at: datetime = moment()
    member_count: int = 0
    thread_count: int = 0
    post_count: int = 0
    last_post_at: datetime | None = moment(nullable=True)


class Membership(Row, table=True):
    """Who belongs to a SIG, and in which role."""

    __tablename__ = "memberships"
    __table_args__ = (Index("ix_memberships_joined", "sig_id", "joined_at"),)
    sig_id: int = link("sigs.sig_id", primary_key=True)
    member_id: int = link("members.member_id", primary_key=True, index=True)
    role: str = text()
    joined_at: datetime = moment()


class Invitation(Row, table=True):
    """That a member was asked into a SIG, by whom, and until when that stands."""

    __tablename__ = "invitations"
    __table_args__ = (UniqueConstraint("sig_id", "member_id"), NEVER_AGAIN)
    invitation_id: int | None = row_id()
    sig_id: int = link("sigs.sig_id")
    member_id: int = link("members.member_id", index=True)
    from_id: int = link("members.member_id")
    note: str = text()
    made_at: datetime = moment()
    expires_at: datetime = moment()


class OwnershipOffer(Row, table=True):
    """That an owner offers a SIG to one of its people, who has not answered yet."""

    __tablename__ = "ownership_offers"
    sig_id: int = link("sigs.sig_id", primary_key=True)
    from_id: int = link("members.member_id")
    to_id: int = link("members.member_id", index=True)
    made_at: datetime = moment()
