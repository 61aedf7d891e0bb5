"""The rules of reports, cases, acts and appeals, as tables that pages show and tests walk."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.refusals import Problem, Problems, Reason, Refused
from domain.roles import Permission, may_act_on, permits, refuse_unless
from domain.sigs import Role
from domain.views import View
from domain.visibility import Key

LONGEST_WORDS = 2000
"""Characters in a report, a reason, a note, an appeal or its answer."""
LONGEST_RULE = 300
CASES_A_PAGE = 30
OPEN_FOR = timedelta(minutes=30)
"""How long a case stays open for who opened it, before looking again is another opening."""
APPEAL_WITHIN = timedelta(days=180)
BAN_DAYS = (7, 30, 90, 365)
"""The ends of a ban on offer; without one it stands until it is undone."""


class CaseKind(StrEnum):
    """What waits for a decision."""

    JOIN = "join"
    POST = "post"
    REPORT = "report"


class CaseState(StrEnum):
    """Where a case stands: nobody has it, somebody has, it is decided."""

    OPEN = "open"
    TAKEN = "taken"
    CLOSED = "closed"


class Subject(StrEnum):
    """What a report or a case is about."""

    POST = "post"
    SCRAP = "scrap"
    ENTRY = "entry"
    PERSON = "person"


class ReportReason(StrEnum):
    """Why something is reported."""

    VIOLENT = "violent"
    OFFENSIVE = "offensive"
    RACIST = "racist"
    PRIVATE_DATA = "private-data"
    SPAM = "spam"
    OTHER = "other"


class HouseRule(StrEnum):
    """The rules that hold everywhere on Stoa, beside those of each SIG."""

    RESPECT = "respect"
    NO_VIOLENCE = "no-violence"
    NO_HATE = "no-hate"
    PRIVACY = "privacy"
    NO_ADVERTISING = "no-advertising"
    LAW = "law"
    ORDER = "order"


class ActKind(StrEnum):
    """What can be done about something or somebody. Each is undone by taking it back, and nothing else."""

    HIDE = "hide"
    CLOSE = "close"
    PIN = "pin"
    MOVE = "move"
    WARN = "warn"
    BAN = "ban"
    REJECT = "reject"
    HIDE_SCRAP = "hide-scrap"
    SUSPEND = "suspend"


@dataclass(frozen=True, slots=True)
class ActRule:
    """What an act takes: `permission` in the SIG, or None where it is for the staff alone; `is_downwards` where it is
    against a person, whose role must be below one's own; `is_for_openings` where it is about a whole thread."""

    permission: Permission | None
    is_downwards: bool = False
    is_for_openings: bool = False


ACT_RULES: Mapping[ActKind, ActRule] = {
    ActKind.HIDE: ActRule(Permission.HIDE),
    ActKind.CLOSE: ActRule(Permission.CLOSE, is_for_openings=True),
    ActKind.PIN: ActRule(Permission.PIN, is_for_openings=True),
    ActKind.MOVE: ActRule(Permission.MOVE, is_for_openings=True),
    ActKind.WARN: ActRule(Permission.WARN, is_downwards=True),
    ActKind.BAN: ActRule(Permission.BAN, is_downwards=True),
    ActKind.REJECT: ActRule(Permission.DECIDE_POST),
    ActKind.HIDE_SCRAP: ActRule(None),
    ActKind.SUSPEND: ActRule(None),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, with what counts there: their role in the SIG, and whether the staff's key opens the case to them."""

    member_id: int
    role: Role | None = None
    is_staff: bool = False


def refuse_to_act(actor: Actor, kind: ActKind, concerned_id: int | None, concerned: Role | None) -> Refused | None:
    """Whether somebody may do this, to whom it concerns. Nobody is judge in their own matter: what is against a person
    is never done to oneself, and in a SIG only to who has a lesser role."""
    if refused := _refuse_by_role(actor, kind, concerned_id, concerned):
        return refused
    return Refused(Reason.INVALID) if ACT_RULES[kind].is_downwards and concerned_id is None else None


def _refuse_by_role(actor: Actor, kind: ActKind, concerned_id: int | None, concerned: Role | None) -> Refused | None:
    rule = ACT_RULES[kind]
    if rule.permission is None:
        if not actor.is_staff:
            return Refused(Reason.MISSING)
    elif refused := refuse_unless(rule.permission, actor.role, is_staff=actor.is_staff):
        return refused
    if concerned_id == actor.member_id and not rule.is_for_openings:
        return Refused(Reason.INVALID)
    if rule.is_downwards and not _acts_as_staff(actor, rule) and not may_act_on(actor.role, concerned):
        return Refused(Reason.NOT_PERMITTED)
    return None


def _acts_as_staff(actor: Actor, rule: ActRule) -> bool:
    """Whether the staff's own permission covers this: who is of the staff and moderates adds nothing to the other."""
    return rule.permission is not None and actor.is_staff and permits(rule.permission, None, is_staff=True)


def refuse_to_undo(
    actor: Actor, kind: ActKind, concerned_id: int | None, concerned: Role | None, undone_at: datetime | None
) -> Refused | None:
    """Who may do a thing, to whom it concerns, may undo it."""
    if refused := _refuse_by_role(actor, kind, concerned_id, concerned):
        return refused
    return Refused(Reason.STALE) if undone_at is not None else None


def refuse_to_appeal(
    member_id: int, concerned_id: int | None, made_at: datetime, undone_at: datetime | None, now: datetime
) -> Refused | None:
    """The person concerned may appeal once, while the act stands and for `APPEAL_WITHIN`."""
    if concerned_id is None or member_id != concerned_id:
        return Refused(Reason.MISSING)
    if undone_at is not None:
        return Refused(Reason.STALE)
    return Refused(Reason.TOO_LATE) if now - made_at > APPEAL_WITHIN else None


def may_decide_appeal(actor: Actor, actor_of_act: int, concerned_id: int | None, *, others_can: bool) -> bool:
    """Whether this person may decide an appeal: never who acted, never who is concerned; somebody else who moderates
    the SIG, and where nobody else does, or no SIG is concerned, the staff. `others_can` says that somebody does."""
    if actor.member_id in {actor_of_act, concerned_id}:
        return False
    if permits(Permission.DECIDE_APPEAL, actor.role):
        return True
    return actor.is_staff and not others_can


def case_key(case_id: int) -> Key:
    """The one-off key of a case. It is on no ring that is kept: who has opened the case holds it for one look, and it
    opens the one thing that was reported."""
    return Key(f"case:{case_id}")


# What is typed.


class RuleLine(View):
    """A rule that an act names: one of the house, or one of the SIG's own in its own words. `value` is the stored
    form."""

    value: str
    house: HouseRule | None = None
    text: str = ""


def rules_of(sig_rules: str) -> tuple[RuleLine, ...]:
    """The rules on offer in a SIG: each line of its own, then those of the house."""
    lines = [" ".join(line.split())[:LONGEST_RULE] for line in sig_rules.splitlines()]
    own = [RuleLine(value=f"sig:{line}", text=line) for line in dict.fromkeys(lines) if line]
    return (*own, *(RuleLine(value=f"house:{rule}", house=rule) for rule in HouseRule))


def rule_of(value: str) -> RuleLine:
    """A stored rule; the SIG may have changed its own since, and the act keeps the words that it named."""
    family, _, rest = value.partition(":")
    return RuleLine(value=value, house=HouseRule(rest)) if family == "house" else RuleLine(value=value, text=rest)


@dataclass(frozen=True, slots=True)
class Order:
    """What was typed for an act. `days` are those of a ban, None without an end; `to_sig` is a slug."""

    kind: ActKind | None
    rule: str
    reason: str
    days: int | None = None
    to_sig: str = ""


def problem_with_words(words: str) -> Problem | None:
    """What is wrong with words that have to be there."""
    if not words.strip():
        return Problem.EMPTY
    return Problem.TOO_LONG if len(words) > LONGEST_WORDS else None


def problems_with_order(order: Order, offered: tuple[RuleLine, ...]) -> Problems:
    """What is wrong with an act as typed, by field."""
    problems: Problems = {}
    if order.kind is None:
        problems["kind"] = Problem.EMPTY
    if order.rule not in {line.value for line in offered}:
        problems["rule"] = Problem.NOT_OFFERED if order.rule else Problem.EMPTY
    if problem := problem_with_words(order.reason):
        problems["reason"] = problem
    if order.days is not None and order.days not in BAN_DAYS:
        problems["days"] = Problem.NOT_OFFERED
    if order.kind is ActKind.MOVE and not order.to_sig:
        problems["to_sig"] = Problem.EMPTY
    return problems


def problems_with_report(reason: str, words: str) -> Problems:
    """What is wrong with a report as typed, by field. Words are wanted only where the reason says nothing."""
    problems: Problems = {}
    if reason not in set(ReportReason):
        problems["reason"] = Problem.NOT_OFFERED if reason else Problem.EMPTY
    if len(words) > LONGEST_WORDS:
        problems["words"] = Problem.TOO_LONG
    elif reason == ReportReason.OTHER and not words.strip():
        problems["words"] = Problem.EMPTY
    return problems
