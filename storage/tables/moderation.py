"""How order is kept: what waits for a decision, what was decided and why, and who looked."""

from datetime import datetime

from sqlalchemy import Index

from storage.tables.base import NEVER_AGAIN, Row, link, moment, row_id, text


class Case(Row, table=True):
    """Something that waits for a decision: a wish to join, a first post, or what was reported. Its keys are those of
    who may decide: the moderators of its SIG, or the staff where it belongs to none. `member_id` is the person
    concerned."""

    __tablename__ = "cases"
    __table_args__ = (Index("ix_cases_of_sig", "sig_id", "state", "case_id"), NEVER_AGAIN)
    case_id: int | None = row_id()
    sig_id: int | None = link("sigs.sig_id", nullable=True)
    kind: str = text()
    state: str = text()
    key_set_id: int = link("key_sets.key_set_id")
    member_id: int | None = link("members.member_id", nullable=True, index=True)
    post_id: int | None = link("posts.post_id", nullable=True, index=True)
    scrap_id: int | None = link("scraps.scrap_id", nullable=True, index=True)
    entry_id: int | None = link("entries.entry_id", nullable=True, index=True)
    words: str = text(default="")
    assignee_id: int | None = link("members.member_id", nullable=True)
    made_at: datetime = moment()
    closed_at: datetime | None = moment(nullable=True)
    closed_by_id: int | None = link("members.member_id", nullable=True)
    version: int = 1


class Report(Row, table=True):
    """One person's report, within the case of what it is about; `member_id` is None for somebody without account."""

    __tablename__ = "reports"
    report_id: int | None = row_id()
    case_id: int = link("cases.case_id", index=True)
    member_id: int | None = link("members.member_id", nullable=True, index=True)
    reason: str = text()
    words: str = text()
    made_at: datetime = moment()


class CaseNote(Row, table=True):
    """What those who decide tell each other about a case."""

    __tablename__ = "case_notes"
    case_note_id: int | None = row_id()
    case_id: int = link("cases.case_id", index=True)
    member_id: int = link("members.member_id")
    words: str = text()
    made_at: datetime = moment()


class CaseOpening(Row, table=True):
    """That somebody opened a case and so saw something of `concerned_id`, who may read it here."""

    __tablename__ = "case_openings"
    case_opening_id: int | None = row_id()
    case_id: int = link("cases.case_id", index=True)
    member_id: int = link("members.member_id")
    concerned_id: int = link("members.member_id", index=True)
    opened_at: datetime = moment()


class Act(Row, table=True):
    """What a moderator did, under which rule and why; `member_id` is the person concerned. Acts are undone, never
    deleted."""

    __tablename__ = "acts"
    __table_args__ = (Index("ix_acts_of_sig", "sig_id", "act_id"), NEVER_AGAIN)
    act_id: int | None = row_id()
    sig_id: int | None = link("sigs.sig_id", nullable=True)
    case_id: int | None = link("cases.case_id", nullable=True, index=True)
    kind: str = text()
    actor_id: int = link("members.member_id")
    member_id: int | None = link("members.member_id", nullable=True, index=True)
    thread_id: int | None = link("threads.thread_id", nullable=True, index=True)
    post_id: int | None = link("posts.post_id", nullable=True, index=True)
    scrap_id: int | None = link("scraps.scrap_id", nullable=True)
    to_sig_id: int | None = link("sigs.sig_id", nullable=True)
    rule: str = text()
    reason: str = text()
    made_at: datetime = moment()
    until: datetime | None = moment(nullable=True)
    undone_at: datetime | None = moment(nullable=True)
    undone_by_id: int | None = link("members.member_id", nullable=True)


class Appeal(Row, table=True):
    """That the person concerned asks for another decision; whoever acted does not decide it."""

    __tablename__ = "appeals"
    appeal_id: int | None = row_id()
    act_id: int = link("acts.act_id", unique=True)
    words: str = text()
    made_at: datetime = moment()
    decided_at: datetime | None = moment(nullable=True)
    decider_id: int | None = link("members.member_id", nullable=True)
    is_granted: bool | None = None
    answer: str = text(default="")


class Ban(Row, table=True):
    """Who may not belong to a SIG, by which act, and until when (None: until it is undone)."""

    __tablename__ = "bans"
    sig_id: int = link("sigs.sig_id", primary_key=True)
    member_id: int = link("members.member_id", primary_key=True, index=True)
    act_id: int = link("acts.act_id")
    until: datetime | None = moment(nullable=True)
