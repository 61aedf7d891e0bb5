"""Words for what views carry as codes: the one place where an enum becomes a sentence in the reader's language.

Templates read these as `words.scope(key)`; every function returns plain text that the template escapes.
"""

from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2s

from babel.numbers import format_decimal

from domain.accounts import FieldProblem, MailPurpose
from domain.forum import ThreadKind
from domain.members import AudienceOption, EntryInput, EntryKind, EntryProblem, Gender, KeyChip, LineKind, MemberLine
from domain.pages import Failure
from domain.refusals import Problem, Reason
from domain.visibility import Scope
from web import templating  # its translations are asked when a function is called, never while this module loads


def _(message: str, **values: object) -> str:
    return templating.gettext(message, **values)


def language() -> str:
    """The language of the sentences; English where nothing is translated."""
    return str(templating.translations.get().info().get("language") or "en")


def ngettext(singular: str, plural: str, number: int) -> str:
    """The form for this number, in the reader's language; large numbers are grouped."""
    return templating.ngettext(singular, plural, number, num=figure(number))


def figure(number: int) -> str:
    """A number as people write it."""
    return str(number) if abs(number) < 1000 else format_decimal(number, locale=language())


# Keys


def scope(chip: KeyChip | AudienceOption) -> str:
    """The word on a key chip."""
    return _scope(chip.scope, chip.name)


def _scope(kind: Scope, name: str | None) -> str:
    match kind:
        case Scope.EVERYONE:
            return _("Everyone")
        case Scope.MEMBERS:
            return _("Members")
        case Scope.MY_SIGS:
            return _("My SIGs")
        case Scope.SIG:
            return name or _("One SIG")
        case Scope.CONNECTIONS:
            return _("Connections")
        case Scope.LIST:
            return name or _("A list")
        case Scope.ONLY_ME:
            return _("Only me")


def icon_of_scope(kind: Scope) -> str:
    """The icon of an audience; the five that matter most have five silhouettes."""
    return {
        Scope.EVERYONE: "globe",
        Scope.MEMBERS: "people",
        Scope.MY_SIGS: "temple",
        Scope.SIG: "temple",
        Scope.CONNECTIONS: "rings",
        Scope.LIST: "lines",
        Scope.ONLY_ME: "key",
    }[kind]


def who(kind: Scope, name: str | None) -> str:
    """Who sees a thing with this key."""
    match kind:
        case Scope.EVERYONE:
            return _("Everyone sees this, without signing in too. Search engines may list it.")
        case Scope.MEMBERS:
            return _("Members who are signed in see this.")
        case Scope.MY_SIGS:
            return _("People who share a SIG with its owner see this.")
        case Scope.SIG:
            return _("Only people in %(sig)s see this.", sig=name) if name else _("Only people in one SIG see this.")
        case Scope.CONNECTIONS:
            return _("Only connections of its owner see this.")
        case Scope.LIST:
            return _("Only people on one list of its owner see this.")
        case Scope.ONLY_ME:
            return _("Only you see this.")


def why(chip: KeyChip) -> str:
    """Why the viewer sees it; for one's own things, whose choice it is. Empty where there is nothing to add."""
    if chip.own:
        return _("You chose this, and you can change it at any time.")
    match chip.scope:
        case Scope.MEMBERS:
            return _("You see it because you are a member.")
        case Scope.SIG | Scope.MY_SIGS:
            return _("You see it because you are in %(sig)s too.", sig=chip.name) if chip.name else _("You share a SIG.")
        case Scope.CONNECTIONS:
            return _("You see it because you are connected.")
        case Scope.LIST:
            return _("You see it because you are on that list.")
        case Scope.ONLY_ME:
            return _("You see it because it is yours.")
        case _:
            return ""


def who_reads(chip: KeyChip) -> str:
    """Who may read what is said in a SIG with this key, told to people outside it as well."""
    if chip.scope is Scope.EVERYONE:
        return _("Everyone can read what is said here. Members of the SIG can take part.")
    return _("Only people in this SIG can read what is said here.")


def audience(option: AudienceOption) -> str:
    """One choice of audience, with the number of people whom it lets in."""
    word = _scope(option.scope, option.name)
    if option.scope is Scope.SIG:
        word = _("People in %(sig)s", sig=option.name or "")
    elif option.scope is Scope.MY_SIGS:
        word = _("People in my SIGs")
    if option.people is None or option.scope is Scope.ONLY_ME:
        return word
    return _("%(audience)s (%(people)s)", audience=word, people=people(option.people))


def readers(count: int | None) -> str:
    """How many will be able to read what is being written."""
    if count is None:
        return _("Everyone will be able to read this")
    return ngettext("%(num)s person will be able to read this", "%(num)s people will be able to read this", count)


# People


def person(line: MemberLine) -> str:
    """What a person is called where this line stands."""
    if line.kind is LineKind.FORMER:
        return _("A former member")
    if line.name is not None:
        return line.name
    return _("A member") if line.number is None else _("Member %(number)d", number=line.number)


def entry(kind: EntryKind) -> str:
    """The name of a kind of entry."""
    return {
        EntryKind.NAME: _("Name"),
        EntryKind.PROFESSION: _("Profession"),
        EntryKind.HEADLINE: _("Headline"),
        EntryKind.ABOUT: _("About"),
        EntryKind.LOCATION: _("Location"),
        EntryKind.LANGUAGES: _("Languages"),
        EntryKind.INTERESTS: _("Interests"),
        EntryKind.GENDER: _("Gender"),
        EntryKind.EMAIL: _("E-mail"),
    }[kind]


def entry_hint(kind: EntryKind) -> str:
    """What to write in an entry; empty where the label says it all."""
    return {
        EntryKind.HEADLINE: _("One line about what you do, or care about."),
        EntryKind.ABOUT: _("A few sentences in your own words. Line breaks are kept."),
        EntryKind.LANGUAGES: _("One a line, or with commas."),
        EntryKind.INTERESTS: _("One a line, or with commas."),
        EntryKind.EMAIL: _("Never shown to anyone who is not signed in."),
    }.get(kind, "")


def genders(offered: Iterable[Gender] = tuple(Gender)) -> tuple[tuple[str, str], ...]:
    """The answers that a form offers, each with its words."""
    return tuple((one.value, gender(one)) for one in offered)


def gender(value: Gender | str) -> str:
    """A gender as registration offers it."""
    return {
        Gender.WOMAN: _("Woman"),
        Gender.MAN: _("Man"),
        Gender.OTHER: _("Another"),
        Gender.UNDISCLOSED: _("Prefer not to say"),
    }[Gender(value)]


# Counts


def people(count: int) -> str:
    """So many people."""
    return ngettext("%(num)s person", "%(num)s people", count)


def members(count: int) -> str:
    """So many members."""
    return ngettext("%(num)s member", "%(num)s members", count)


def threads(count: int) -> str:
    """So many threads."""
    return ngettext("%(num)s thread", "%(num)s threads", count)


def replies(count: int) -> str:
    """So many replies."""
    return ngettext("%(num)s reply", "%(num)s replies", count)


def points(score: int) -> str:
    """A score."""
    return ngettext("%(num)s point", "%(num)s points", score)


def wait(seconds: int) -> str:
    """How long to wait."""
    if seconds < 90:
        return ngettext("%(num)s second", "%(num)s seconds", max(seconds, 1))
    return ngettext("%(num)s minute", "%(num)s minutes", -(-seconds // 60))


# Refusals


def field(name: str) -> str:
    """The label of a form's field, as the summary of what is wrong repeats it."""
    return {
        "name": _("Name"),
        "gender": _("Gender"),
        "profession": _("Profession"),
        "email": _("E-mail address"),
        "password": _("Password"),
        "is_adult": _("Your age"),
        "accepts_terms": _("Terms of use"),
        "accepts_privacy": _("Privacy policy"),
        "title": _("Title"),
        "body": _("Text"),
        "tags": _("Tags"),
    }.get(name, name)


def problem(code: Problem | EntryProblem, name: str = "") -> str:
    """What is wrong with a field, and what mends it."""
    special = _SPECIAL_PROBLEMS.get((name, code.value))
    return special() if special else _PROBLEMS[code.value]()


_PROBLEMS = {
    "empty": lambda: _("Please fill this in."),
    "too-short": lambda: _("This is too short."),
    "too-long": lambda: _("This is too long. Please shorten it."),
    "too-many": lambda: _("These are too many."),
    "common": lambda: _("This one is on the list of common passwords. Please choose another."),
    "malformed": lambda: _("This does not look complete. Please check it."),
    "not-offered": lambda: _("Please choose one of the answers."),
    "not-accepted": lambda: _("We need your agreement here."),
    "wrong": lambda: _("This is not right. Please try again."),
    "never-public": lambda: _("This is never shown to everyone. Please choose another audience."),
    "too-complex": lambda: _("This is nested too deeply to be shown. Please make it simpler."),
}

_SPECIAL_PROBLEMS = {
    ("name", "empty"): lambda: _("Please tell us your name."),
    ("gender", "empty"): lambda: _("Please choose an answer; “Prefer not to say” is one."),
    ("profession", "empty"): lambda: _("Please tell us your profession."),
    ("email", "empty"): lambda: _("Please give your e-mail address."),
    ("email", "malformed"): lambda: _("An e-mail address looks like name@example.org."),
    ("password", "empty"): lambda: _("Please choose a password of at least 10 characters."),
    ("password", "too-short"): lambda: _("Please use at least 10 characters. A few words together work well."),
    ("password", "too-long"): lambda: _("Please use at most 128 characters."),
    ("is_adult", "not-accepted"): lambda: _("Stoa is for people of 18 and older."),
    ("accepts_terms", "not-accepted"): lambda: _("You can join once you accept the terms of use."),
    ("accepts_privacy", "not-accepted"): lambda: _("You can join once you accept the privacy policy."),
    ("title", "empty"): lambda: _("Please give your thread a title."),
    ("title", "too-short"): lambda: _("Please use at least 4 characters."),
    ("title", "too-long"): lambda: _("Please use at most 150 characters."),
    ("body", "empty"): lambda: _("There is nothing to publish yet. Please write something."),
    ("body", "too-long"): lambda: _("This is longer than 30,000 characters. Please split it."),
    ("tags", "too-many"): lambda: _("Please use at most 5 tags."),
    ("tags", "too-long"): lambda: _("A tag has at most 35 characters."),
}


def summary(found: Iterable[tuple[str, Problem | None]]) -> tuple[tuple[str, str], ...]:
    """The fields to mend, for the summary above a form: the id of each, and its label with what is wrong."""
    return tuple((name, f"{field(name)}: {problem(code, name)}") for name, code in found if code)


def by_field(problems: Iterable[FieldProblem]) -> dict[str, str]:
    """What is wrong, by field."""
    return {line.field: problem(line.problem, line.field) for line in problems}


def entry_summary(inputs: Iterable[EntryInput]) -> tuple[tuple[str, str], ...]:
    """The entries to mend, for the summary above the form of one's own page."""
    return tuple(
        (line.kind.value, f"{entry(line.kind)}: {problem(line.problem, line.kind.value)}") for line in inputs if line.problem
    )


def reason(code: Reason) -> str:
    """Why a write did not happen."""
    return _REASONS[code]()


_REASONS = {
    Reason.MISSING: lambda: _("This is not there, or no longer."),
    Reason.SIGN_IN: lambda: _("Please sign in first. What you wrote is kept below."),
    Reason.NOT_CONFIRMED: lambda: _("Please confirm your e-mail address first, with the link in our mail."),
    Reason.NOT_A_MEMBER: lambda: _("Only people in this SIG can write here. Join it, then send this again."),
    Reason.NOT_YOURS: lambda: _("Only its author can do this."),
    Reason.CLOSED: lambda: _("This thread is closed to new replies. What you wrote is kept below, to copy."),
    Reason.STALE: lambda: _("This was changed elsewhere in the meantime. Your text is kept below; send it again to replace."),
    Reason.INVALID: lambda: _("This cannot be done here."),
    Reason.TOO_LATE: lambda: _("The time for this is over."),
    Reason.TOO_MANY: lambda: _("That was much in a short time. Please wait a little and send it again."),
    Reason.LAST_ONE: lambda: _("A SIG keeps an owner. Please make somebody else one first."),
}


def failure(code: Failure) -> tuple[str, str, str]:
    """An error page: what it is called, what happened, what to do."""
    return _FAILURES[code]()


_FAILURES = {
    Failure.BAD_REQUEST: lambda: (
        _("We could not read that"),
        _("Something in the address or in what was sent is not in a form that we understand."),
        _("Go back and try again, or start from the front page."),
    ),
    Failure.SIGN_IN: lambda: (
        _("Please sign in"),
        _("This part of Stoa is for people who are signed in."),
        _("Sign in and you land right where you wanted to go."),
    ),
    Failure.FORBIDDEN: lambda: (
        _("This is not open to you"),
        _("What you asked for can only be done by somebody else."),
        _("Go back to where you came from; nothing was changed."),
    ),
    Failure.NOT_CONFIRMED: lambda: (
        _("Your address first"),
        _("This works as soon as your e-mail address is confirmed."),
        _("Follow the link in the mail that we sent you, then try again."),
    ),
    Failure.MISSING: lambda: (
        _("There is nothing here"),
        _("The page does not exist, has gone, or opens to other people only."),
        _("Check the address, or start from the front page."),
    ),
    Failure.METHOD: lambda: (
        _("That does not work here"),
        _("This address does not take that kind of request."),
        _("Go back and use the buttons of the page."),
    ),
    Failure.TOO_LARGE: lambda: (
        _("That was too much at once"),
        _("What you sent is larger than we take."),
        _("Go back, shorten it or split it, and send it again."),
    ),
    Failure.TOO_MANY: lambda: (
        _("A little too fast"),
        _("There were many attempts in a short time, so we pause for a while."),
        _("Wait a little, then try again."),
    ),
    Failure.CROSS_SITE: lambda: (
        _("This came from another site"),
        _("For your safety we only take forms that were sent from Stoa itself. Nothing was changed."),
        _("Open the page here and send the form again."),
    ),
    Failure.BUSY: lambda: (
        _("We are busy for a moment"),
        _("More people than usual are here, or we are in the middle of maintenance."),
        _("Try again in a few seconds."),
    ),
    Failure.OURS: lambda: (
        _("That was our mistake"),
        _("Something broke on our side while answering you. It has been noted, without your data."),
        _("Try again in a moment. If it happens again, start from the front page."),
    ),
}


def ended(count: int) -> str:
    """What the list of sessions says after some were ended."""
    if not count:
        return _("There was nothing to end.")
    return ngettext("%(num)s session was ended.", "%(num)s sessions were ended.", count)


def saved(what: str) -> str:
    """What the settings page says after a change."""
    return {
        "password": _("Your new password counts from now on. Every other browser has been signed out."),
        "email": _("Your new address is confirmed."),
    }.get(what, _("Saved."))


# Forum


def thread_kind(kind: ThreadKind) -> str:
    """What a thread is for."""
    return _("Question") if kind is ThreadKind.QUESTION else _("Discussion")


def mail_sent(purpose: MailPurpose) -> tuple[str, str]:
    """The heading and the sentence after a mail was asked for; the same whether or not the address is known."""
    match purpose:
        case MailPurpose.RESET:
            return _("Look at your mail"), _(
                "If this address belongs to an account, a mail is on its way with a link to choose a new password. "
                "The link works for one hour."
            )
        case MailPurpose.CHANGE:
            return _("Look at your new mailbox"), _(
                "We have sent a mail to the new address. Your old address stays in use until you follow the link in it."
            )
        case _:
            return _("Look at your mail"), _(
                "We have sent you a mail with a link. Follow it to confirm your address, and you are in. "
                "The link works for three days."
            )


def about(name: str) -> str:
    """The title of a text of the house."""
    return {
        "terms": _("Terms of use"),
        "privacy": _("Privacy policy"),
        "markdown": _("How to write"),
    }[name]


# Time and pictures


def moment(when: datetime) -> str:
    """A date and time, in UTC, for readers without JavaScript and until it runs."""
    return _("%(day)s, %(time)s UTC", day=day(when), time=f"{when:%H:%M}")


def day(when: datetime) -> str:
    """A date."""
    return _("%(day)d %(month)s %(year)d", day=when.day, month=_months()[when.month - 1], year=when.year)


def _months() -> tuple[str, ...]:
    return (
        _("Jan"), _("Feb"), _("Mar"), _("Apr"), _("May"), _("Jun"),
        _("Jul"), _("Aug"), _("Sep"), _("Oct"), _("Nov"), _("Dec"),
    )  # fmt: skip


_PALETTES = (
    ("#d9c3a0", "#b08768", "#8a5a40"),
    ("#b5c7c3", "#6f9296", "#365f70"),
    ("#cdd3ad", "#98a56a", "#5d6e36"),
    ("#ecc9b4", "#d18e6c", "#a84a2b"),
    ("#c4c8de", "#8d94bd", "#4e5790"),
    ("#dfc4cb", "#b78797", "#7d4a62"),
    ("#ecd9a6", "#cda65a", "#8f6a1e"),
    ("#bdd3dd", "#79a5bd", "#2f6a8c"),
)
_STONE = ("#d6d0c3", "#b0a899", "#857d6f")


def tile(seed: str) -> tuple[str, str, str, int, int, int, int, int, int]:
    """A calm picture from a seed: three colours, then the disc's centre and radius and three heights of the hill.

    Someone whose name is hidden, and someone who has left, is a picture in stone: its shape still helps to follow the
    talk in one thread, and the seed says nothing outside of it.
    """
    lot = blake2s(seed.encode(), digest_size=8).digest()
    sky, hill, disc = _STONE if seed.startswith(("hidden", "former")) else _PALETTES[lot[0] % len(_PALETTES)]
    across, up, radius = 11 + lot[1] % 19, 11 + lot[2] % 13, 7 + lot[3] % 6
    return sky, hill, disc, across, up, radius, 21 + lot[4] % 12, 17 + lot[5] % 20, 21 + lot[6] % 12
