"""What the pages of moderation show."""

from datetime import datetime

from domain.members import EntryKind, MemberLine
from domain.moderation.rules import ActKind, CaseKind, CaseState, ReportReason, RuleLine, Subject
from domain.refusals import Problem, Reason
from domain.views import PageView, SafeHtml, View


class CaseItem(View):
    """The thing that a case or a report is about, as far as its reader may see it.

    `html` is a post or a scrap, `lines` are what an entry says; both None or empty where the thing is gone or closed to
    the reader. `path` leads to it where the reader may go there.
    """

    subject: Subject
    person: MemberLine | None
    title: str | None = None
    html: SafeHtml | None = None
    lines: tuple[str, ...] = ()
    entry_kind: EntryKind | None = None
    written_at: datetime | None = None
    path: str | None = None
    is_gone: bool = False


class SlotLine(View):
    """A line of a page that can be reported by itself."""

    slot: str
    kind: EntryKind


class ReportPage(PageView, template="moderation/report.html"):
    """Reporting one thing. `path` is the form's own address, `goes_to` the SIG whose moderators get it, None for the
    staff; `typed` are the words. `is_done` after it was sent."""

    item: CaseItem
    path: str
    goes_to: str | None
    is_signed_in: bool
    slots: tuple[SlotLine, ...] = ()
    address: str = ""
    is_done: bool = False
    reason: str = ""
    typed: str = ""
    reason_problem: Problem | None = None
    words_problem: Problem | None = None
    refused: Reason | None = None


class CaseLine(View):
    """A case in a queue. `title` is that of the thread, where there is one."""

    case_id: int
    kind: CaseKind
    state: CaseState
    subject: Subject
    person: MemberLine | None
    assignee: MemberLine | None
    made_at: datetime
    reports: int
    title: str | None


class AppealLine(View):
    """An appeal that waits for the viewer's decision."""

    act_id: int
    kind: ActKind
    person: MemberLine | None
    made_at: datetime


class QueuePage(PageView, template="moderation/queue.html"):
    """The queue of a SIG, or of the staff where `sig_slug` is None. `open_count` counts what is not closed."""

    sig_slug: str | None
    sig_name: str | None
    path: str
    cases: tuple[CaseLine, ...]
    appeals: tuple[AppealLine, ...]
    open_count: int
    kind: CaseKind | None
    state: CaseState | None
    older: str | None


class ReportLine(View):
    """One report within a case; `person` is None for somebody without an account."""

    reason: ReportReason
    words: str
    person: MemberLine | None
    made_at: datetime


class NoteLine(View):
    """What one of those who decide told the others."""

    person: MemberLine
    words: str
    made_at: datetime


class ActLine(View):
    """An act in a log: what, by whom, to whom, under which rule. `title` and `path` lead to what it was done to, where
    the reader may go there; `reason` is for the person concerned and those who decide. `sig_name` is None where the
    reader may not know of the SIG, and where there is none, which `is_of_house` says."""

    act_id: int
    kind: ActKind
    actor: MemberLine | None
    person: MemberLine | None
    rule: RuleLine
    made_at: datetime
    until: datetime | None
    undone_at: datetime | None
    undone_by: MemberLine | None = None
    title: str | None = None
    path: str | None = None
    to_sig_name: str | None = None
    sig_name: str | None = None
    is_of_house: bool = False
    reason: str | None = None
    may_undo: bool = False
    may_read: bool = False


class SigChoice(View):
    """A SIG to which a thread may be moved."""

    slug: str
    name: str


class ActForm(View):
    """The form for an act: what the viewer may do here, with what was typed."""

    path: str
    kinds: tuple[ActKind, ...]
    rules: tuple[RuleLine, ...]
    sigs: tuple[SigChoice, ...] = ()
    kind: str = ""
    rule: str = ""
    reason: str = ""
    days: str = ""
    to_sig: str = ""
    kind_problem: Problem | None = None
    rule_problem: Problem | None = None
    reason_problem: Problem | None = None
    days_problem: Problem | None = None
    to_sig_problem: Problem | None = None
    refused: Reason | None = None


class ModeratePage(PageView, template="moderation/moderate.html"):
    """What can be done about a post, its thread and its author, and what was."""

    post_id: int
    sig_slug: str
    sig_name: str
    item: CaseItem
    acts: tuple[ActLine, ...]
    form: ActForm


class CasePage(PageView, template="moderation/case.html"):
    """One case. `item` is None until it has been opened: each opening is shown to the person concerned. `said` is what
    came with a request to join; `may_queue` leads back to the queue of the SIG, else to that of the staff. `version` is
    that of the post as it is shown; `refused` and `kept` say why what was sent did not happen, and give it back."""

    case_id: int
    sig_slug: str | None
    sig_name: str | None
    kind: CaseKind
    state: CaseState
    subject: Subject
    person: MemberLine | None
    made_at: datetime
    assignee: MemberLine | None
    is_mine: bool
    is_opened: bool
    item: CaseItem | None
    said: str
    reports: tuple[ReportLine, ...]
    notes: tuple[NoteLine, ...]
    acts: tuple[ActLine, ...]
    form: ActForm | None
    version: int | None = None
    may_queue: bool = False
    may_approve: bool = False
    may_admit: bool = False
    note: str = ""
    note_problem: Problem | None = None
    refused: Reason | None = None
    kept: str = ""


class LogPage(PageView, template="moderation/log.html"):
    """What moderators did in a SIG, for its people, the newest first."""

    sig_slug: str
    sig_name: str
    acts: tuple[ActLine, ...]
    older: str | None


class AppealView(View):
    """An appeal and what came of it; `is_granted` is None while it waits."""

    words: str
    made_at: datetime
    is_granted: bool | None
    answer: str
    decided_at: datetime | None


class ActPage(PageView, template="moderation/act.html"):
    """The statement of an act, for the person concerned and those who decide. `typed` are the words of an appeal."""

    act: ActLine
    sig_slug: str | None
    is_concerned: bool
    item: CaseItem | None
    appeal: AppealView | None
    may_appeal: bool
    may_decide: bool
    typed: str = ""
    answer: str = ""
    words_problem: Problem | None = None
    answer_problem: Problem | None = None
    refused: Reason | None = None


class OpeningLine(View):
    """That somebody opened a case about the viewer; `is_of_house` for the staff, else `sig_name` where the viewer may
    know of the SIG."""

    person: MemberLine | None
    sig_name: str | None
    is_of_house: bool
    subject: Subject
    kind: CaseKind
    opened_at: datetime


class OwnActsPage(PageView, template="moderation/own_acts.html"):
    """What moderators did to the viewer, and what of theirs they looked at; the newest of each."""

    acts: tuple[ActLine, ...]
    openings: tuple[OpeningLine, ...]
