"""Words for reports, cases, acts and appeals."""

from collections.abc import Sequence

from domain.moderation import (
    BAN_DAYS,
    ActKind,
    ActLine,
    CaseKind,
    CaseState,
    HouseRule,
    OpeningLine,
    ReportReason,
    RuleLine,
    SigChoice,
    Subject,
)
from domain.refusals import Problem
from web.words.language import _, ngettext
from web.words.refusals import problem


def report_reasons() -> tuple[tuple[str, str], ...]:
    """The reasons on offer, with their words."""
    return tuple((code.value, report_reason(code)) for code in ReportReason)


def report_reason(code: ReportReason) -> str:
    """Why something is reported."""
    return {
        ReportReason.VIOLENT: _("It threatens or calls for violence"),
        ReportReason.OFFENSIVE: _("It insults or harms somebody"),
        ReportReason.RACIST: _("It is racist or hostile to people for where they come from"),
        ReportReason.PRIVATE_DATA: _("It shows private data of somebody"),
        ReportReason.SPAM: _("It is advertising or spam"),
        ReportReason.OTHER: _("Something else"),
    }[code]


def subject(code: Subject) -> str:
    """What a report is about."""
    return {
        Subject.POST: _("A post"),
        Subject.SCRAP: _("A scrap"),
        Subject.ENTRY: _("A line of a page"),
        Subject.PERSON: _("A person"),
    }[code]


def report_title(code: Subject) -> str:
    """What the form for a report is called."""
    return {
        Subject.POST: _("Report a post"),
        Subject.SCRAP: _("Report a scrap"),
        Subject.ENTRY: _("Report a line of a page"),
        Subject.PERSON: _("Report a person"),
    }[code]


def case_title(kind: CaseKind, about: Subject) -> str:
    """What waits, as the heading of its case."""
    if kind is CaseKind.REPORT:
        return {
            Subject.POST: _("Report about a post"),
            Subject.SCRAP: _("Report about a scrap"),
            Subject.ENTRY: _("Report about a line of a page"),
            Subject.PERSON: _("Report about a person"),
        }[about]
    return _("Request to join") if kind is CaseKind.JOIN else _("First post")


def case_kind(code: CaseKind) -> str:
    """What waits for a decision, many of it."""
    return {
        CaseKind.JOIN: _("Requests to join"),
        CaseKind.POST: _("First posts"),
        CaseKind.REPORT: _("Reports"),
    }[code]


def case_state(code: CaseState) -> str:
    """Where a case stands."""
    return {CaseState.OPEN: _("Open"), CaseState.TAKEN: _("Taken"), CaseState.CLOSED: _("Closed")}[code]


def case_kinds() -> tuple[tuple[str, str], ...]:
    """The kinds of case, with their words."""
    return tuple((code.value, case_kind(code)) for code in CaseKind)


def case_states() -> tuple[tuple[str, str], ...]:
    """The states of a case, with their words."""
    return tuple((code.value, case_state(code)) for code in CaseState)


def rule(line: RuleLine) -> str:
    """A rule in words: of the house, or as its SIG wrote it."""
    return line.text if line.house is None else _HOUSE_RULES[line.house]()


_HOUSE_RULES = {
    HouseRule.RESPECT: lambda: _("Stoa: treat people with respect"),
    HouseRule.NO_VIOLENCE: lambda: _("Stoa: no threats and no violence"),
    HouseRule.NO_HATE: lambda: _("Stoa: no racism and no hatred of groups of people"),
    HouseRule.PRIVACY: lambda: _("Stoa: nobody’s private data without their leave"),
    HouseRule.NO_ADVERTISING: lambda: _("Stoa: no advertising and no spam"),
    HouseRule.LAW: lambda: _("Stoa: nothing against the law"),
    HouseRule.ORDER: lambda: _("Stoa: everything in its place"),
}


def rules(lines: Sequence[RuleLine]) -> tuple[tuple[str, str], ...]:
    """The rules on offer, with their words."""
    return tuple((line.value, rule(line)) for line in lines)


def act(kind: ActKind) -> str:
    """What is done, as a moderator chooses it."""
    return _ACTS[kind][0]()


def acts(kinds: Sequence[ActKind]) -> tuple[tuple[str, str], ...]:
    """The acts on offer, with their words."""
    return tuple((kind.value, act(kind)) for kind in kinds)


def undo(kind: ActKind) -> str:
    """How it is taken back, as a moderator chooses it."""
    return _ACTS[kind][1]()


def act_done(line: ActLine) -> str:
    """What was done, as the log says it."""
    return _ACTS[line.kind][2]()


def act_name(kind: ActKind) -> str:
    """What was done, as the title of its statement."""
    return _ACTS[kind][4]()


def act_told(kind: ActKind) -> str:
    """What was done, as the person concerned is told it."""
    return _ACTS[kind][3]()


_ACTS = {
    ActKind.HIDE: (
        lambda: _("Hide the post"),
        lambda: _("Show it again"),
        lambda: _("hid a post"),
        lambda: _("A post of yours was hidden. You and the moderators still see it."),
        lambda: _("A post was hidden"),
    ),
    ActKind.CLOSE: (
        lambda: _("Close the thread"),
        lambda: _("Open it again"),
        lambda: _("closed a thread"),
        lambda: _("A thread of yours was closed to new replies."),
        lambda: _("A thread was closed"),
    ),
    ActKind.PIN: (
        lambda: _("Pin the thread"),
        lambda: _("Unpin it"),
        lambda: _("pinned a thread"),
        lambda: _("A thread of yours was pinned to the top of its SIG."),
        lambda: _("A thread was pinned"),
    ),
    ActKind.MOVE: (
        lambda: _("Move the thread"),
        lambda: _("Move it back"),
        lambda: _("moved a thread"),
        lambda: _("A thread of yours was moved to another SIG."),
        lambda: _("A thread was moved"),
    ),
    ActKind.WARN: (
        lambda: _("Warn the person"),
        lambda: _("Take the warning back"),
        lambda: _("warned somebody"),
        lambda: _("You were warned. Nothing else has changed."),
        lambda: _("A warning"),
    ),
    ActKind.BAN: (
        lambda: _("Ban the person from this SIG"),
        lambda: _("Lift the ban"),
        lambda: _("banned somebody"),
        lambda: _("You were taken out of this SIG and cannot join it for now."),
        lambda: _("A ban from the SIG"),
    ),
    ActKind.REJECT: (
        lambda: _("Do not publish the post"),
        lambda: _("Publish it after all"),
        lambda: _("did not publish a first post"),
        lambda: _("A post of yours that waited was not published."),
        lambda: _("A post was not published"),
    ),
    ActKind.HIDE_SCRAP: (
        lambda: _("Hide the scrap"),
        lambda: _("Leave it to the owner of the page"),
        lambda: _("hid a scrap"),
        lambda: _("A scrap of yours was hidden by the staff."),
        lambda: _("A scrap was hidden"),
    ),
    ActKind.SUSPEND: (
        lambda: _("Suspend the person"),
        lambda: _("Reinstate the person"),
        lambda: _("suspended somebody"),
        lambda: _("Your account was suspended. You see what is public and what is yours; others see nothing of you."),
        lambda: _("A suspension"),
    ),
}
"""For each kind: to do it, to undo it, that it was done, what the person concerned is told, and the title of that."""


def ban_ends() -> tuple[tuple[str, str], ...]:
    """The ends of a ban on offer."""
    ends = [(str(days), ngettext("%(num)s day", "%(num)s days", days)) for days in BAN_DAYS]
    return (*ends, ("", _("Until it is lifted")))


def opening(line: OpeningLine) -> str:
    """Which kind of case was opened about oneself."""
    if line.kind is CaseKind.JOIN:
        return _("your request to join")
    if line.kind is CaseKind.POST:
        return _("your first post")
    return {
        Subject.POST: _("a report about a post of yours"),
        Subject.SCRAP: _("a report about a scrap of yours"),
        Subject.ENTRY: _("a report about a line of your page"),
        Subject.PERSON: _("a report about you"),
    }[line.subject]


def reports(count: int) -> str:
    """So many reports."""
    return ngettext("%(num)s report", "%(num)s reports", count)


def open_cases(count: int) -> str:
    """So many cases that wait."""
    return ngettext("%(num)s case waits", "%(num)s cases wait", count)


def fields(found: Sequence[tuple[str, Problem | None]]) -> tuple[tuple[str, str], ...]:
    """The fields to mend, for the summary above a form: the id of each, and its label with what is wrong."""
    return tuple((name, f"{label(name)}: {problem(code, name)}") for name, code in found if code)


def label(name: str) -> str:
    """The label of a field of these forms."""
    return {
        "kind": _("What to do"),
        "rule": _("Rule"),
        "reason": _("Reason"),
        "days": _("End of a ban"),
        "to_sig": _("To which SIG"),
        "words": _("In your words"),
        "answer": _("Answer"),
    }[name]


def sigs(choices: Sequence[SigChoice]) -> tuple[tuple[str, str], ...]:
    """SIGs to choose from, by address and name."""
    return tuple((one.slug, one.name) for one in choices)
