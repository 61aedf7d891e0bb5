"""Accounts: what registration asks, how long sessions live, how often one may try, when the password is asked again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.members import EntryKind, Gender, KeyChip, problem_with_value
from domain.refusals import Problem, Problems, Reason
from domain.views import PageView, View

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 128
LONGEST_EMAIL = 254

SESSION_IDLE = timedelta(hours=12)
SESSION_ABSOLUTE = timedelta(days=14)
REMEMBER_FOR = timedelta(days=60)
REMEMBER_GRACE = timedelta(seconds=60)
"""How long the token before a rotation still works, for two tabs that open at once."""

PASSWORD_FRESH_FOR = timedelta(minutes=10)
"""After this time a sensitive change asks for the password again."""

CONFIRM_WITHIN = timedelta(days=3)
RESET_WITHIN = timedelta(hours=1)


class Document(StrEnum):
    """What is accepted at registration, each by its own box."""

    TERMS = "terms"
    PRIVACY = "privacy"


DOCUMENT_VERSIONS = {Document.TERMS: "2026-11-01", Document.PRIVACY: "2026-11-01"}


class MailPurpose(StrEnum):
    """What a link in a mail is good for, once."""

    CONFIRM = "confirm"
    RESET = "reset"
    CHANGE = "change"


class Attempt(StrEnum):
    """What is throttled."""

    SIGN_IN = "sign-in"
    REGISTER = "register"
    RESET = "reset"
    ADDRESS = "address"
    REPORT = "report"
    PASSWORD = "password"  # noqa: S105 -- the name of an attempt, not a secret


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `tries` within `window`, counted per account (by hash of the address) and per network address."""

    per_account: int
    per_address: int
    window: timedelta


LIMITS = {
    Attempt.SIGN_IN: Limit(20, 100, timedelta(hours=1)),
    Attempt.REGISTER: Limit(5, 30, timedelta(hours=1)),
    Attempt.RESET: Limit(5, 30, timedelta(hours=1)),
    Attempt.ADDRESS: Limit(5, 30, timedelta(hours=1)),
    Attempt.REPORT: Limit(10, 10, timedelta(hours=1)),
    Attempt.PASSWORD: Limit(20, 100, timedelta(hours=1)),
}
"""Attempts from a browser that has signed in to the account before are counted apart, so a stranger's guesses never
lock the owner out."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What the registration form asks, and nothing else."""

    name: str
    gender: str
    profession: str
    email: str
    password: str
    is_adult: bool
    accepts_terms: bool
    accepts_privacy: bool
    public_page: bool


def problem_with_email(email: str) -> Problem | None:
    """Whether an address can be one at all; only the confirmation mail proves that it is."""
    if not email:
        return Problem.EMPTY
    if len(email) > LONGEST_EMAIL:
        return Problem.TOO_LONG
    local, at, host = email.rpartition("@")
    is_plain = all(letter.isprintable() and letter not in _NEVER_IN_EMAIL for letter in email)
    if not (local and at and is_plain and "@" not in local and len(local) <= 64):
        return Problem.MALFORMED
    parts = host.split(".")
    is_host = len(parts) > 1 and all(part and part.replace("-", "").isalnum() for part in parts)
    return None if is_host else Problem.MALFORMED


_NEVER_IN_EMAIL = frozenset(' "(),:;<>[\\]')
"""What could turn one recipient into several, or into a name. Quoted local parts are lawful, and in use by nobody."""


def problem_with_password(password: str, is_common: bool) -> Problem | None:
    """Length from 10 to 128 characters, of any kind, and not one of the common ones."""
    if len(password) < SHORTEST_PASSWORD:
        return Problem.TOO_SHORT if password else Problem.EMPTY
    if len(password) > LONGEST_PASSWORD:
        return Problem.TOO_LONG
    return Problem.COMMON if is_common else None


def problems_with_registration(form: Registration, password_is_common: bool) -> Problems:
    """What is wrong with a registration, by field."""
    found = {
        "name": problem_with_value(EntryKind.NAME, form.name),
        "gender": problem_with_value(EntryKind.GENDER, form.gender) if form.gender else Problem.EMPTY,
        "profession": problem_with_value(EntryKind.PROFESSION, form.profession),
        "email": problem_with_email(form.email),
        "password": problem_with_password(form.password, password_is_common),
        "is_adult": None if form.is_adult else Problem.NOT_ACCEPTED,
        "accepts_terms": None if form.accepts_terms else Problem.NOT_ACCEPTED,
        "accepts_privacy": None if form.accepts_privacy else Problem.NOT_ACCEPTED,
    }
    return {field: problem for field, problem in found.items() if problem}


class FieldProblem(View):
    """What is wrong with one field of a form."""

    field: str
    problem: Problem


class RegisterPage(PageView, template="accounts/register.html"):
    """The registration form with what was typed; passwords are never sent back."""

    name: str = ""
    gender: str = ""
    genders: tuple[Gender, ...] = tuple(Gender)
    profession: str = ""
    email: str = ""
    is_adult: bool = False
    accepts_terms: bool = False
    accepts_privacy: bool = False
    public_page: bool = True
    name_key: KeyChip
    profession_key: KeyChip
    gender_key: KeyChip
    email_key: KeyChip
    problems: tuple[FieldProblem, ...] = ()
    retry_after: int | None = None


class CheckMailPage(PageView, template="accounts/check_mail.html"):
    """The same answer for every address, known or not. `purpose` picks the words."""

    purpose: MailPurpose
    mailbox_url: str | None = None


class SignInPage(PageView, template="accounts/sign_in.html"):
    """Sign-in; `wrong` says only that address and password do not belong together."""

    email: str = ""
    remember: bool = False
    next_path: str = "/"
    wrong: bool = False
    retry_after: int | None = None


class ConfirmPage(PageView, template="accounts/confirm.html"):
    """The page behind the link in a confirmation mail: a button, so that link scanners confirm nothing."""

    token: str
    purpose: MailPurpose
    is_valid: bool = True


class ForgotPage(PageView, template="accounts/forgot.html"):
    """Asking for a reset mail."""

    email: str = ""
    problem: Problem | None = None
    retry_after: int | None = None


class ResetPage(PageView, template="accounts/reset.html"):
    """Choosing a new password with the token of a reset mail."""

    token: str
    is_valid: bool = True
    problem: Problem | None = None


class KeptField(View):
    """A field of a form that waits until the password has been given again."""

    name: str
    value: str


class PasswordAgainPage(PageView, template="accounts/password_again.html"):
    """The password is asked again before a sensitive change; what was typed waits in `kept`."""

    action: str
    next_path: str | None = None
    kept: tuple[KeptField, ...] = ()
    wrong: bool = False
    retry_after: int | None = None


class SessionLine(View):
    """One signed-in or remembered browser."""

    reference: str
    browser: str
    started_at: datetime
    seen_at: datetime
    is_remembered: bool
    is_this: bool


class SettingsPage(PageView, template="accounts/settings.html"):
    """The settings hub: account, password, sessions."""

    email: str
    is_confirmed: bool
    saved: str | None = None


class SessionsPage(PageView, template="accounts/sessions.html"):
    """Where one is signed in, each with a button to end it."""

    sessions: tuple[SessionLine, ...]
    ended: int | None = None


class ChangePasswordPage(PageView, template="accounts/change_password.html"):
    """Choosing a new password while signed in, with the one of today; every other session ends."""

    problem: Problem | None = None
    current_problem: Problem | None = None
    retry_after: int | None = None


class ChangeEmailPage(PageView, template="accounts/change_email.html"):
    """Choosing another address; it counts once its confirmation mail is answered."""

    email: str = ""
    problem: Problem | None = None
    refused: Reason | None = None
