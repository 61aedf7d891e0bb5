"""How a write says no: with a reason that the page turns into words, and nothing else."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a write was refused. Hidden and missing are the same reason."""

    MISSING = "missing"
    GONE = "gone"
    SIGN_IN = "sign-in"
    NOT_CONFIRMED = "not-confirmed"
    NOT_A_MEMBER = "not-a-member"
    NOT_YOURS = "not-yours"
    NOT_REACHABLE = "not-reachable"
    NOT_PERMITTED = "not-permitted"
    BANNED = "banned"
    CLOSED = "closed"
    STALE = "stale"
    NOTHING_LEFT = "nothing-left"
    INVALID = "invalid"
    TOO_LATE = "too-late"
    TOO_MANY = "too-many"
    FULL = "full"
    LAST_ONE = "last-one"
    NEVER_WIDER = "never-wider"


class Problem(StrEnum):
    """What is wrong with one field of a form."""

    EMPTY = "empty"
    TOO_SHORT = "too-short"
    TOO_LONG = "too-long"
    TOO_MANY = "too-many"
    COMMON = "common"
    MALFORMED = "malformed"
    NOT_OFFERED = "not-offered"
    NOT_ACCEPTED = "not-accepted"
    WRONG = "wrong"
    ILLEGIBLE = "illegible"
    TAKEN = "taken"
    NEVER_PUBLIC = "never-public"
    TOO_COMPLEX = "too-complex"
    TOO_LARGE = "too-large"
    TOO_SMALL = "too-small"
    TOO_MANY_PIXELS = "too-many-pixels"
    UNKNOWN_TYPE = "unknown-type"
    BROKEN = "broken"


Problems = dict[str, Problem]
"""Problems by the name of the form's field; empty when all is well."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A write that did not happen. `problems` name the fields to mend; `retry_after` is in seconds."""

    reason: Reason
    problems: Problems | None = None
    retry_after: int | None = None
