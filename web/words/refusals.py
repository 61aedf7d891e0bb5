"""Words for what did not happen: the problems of a form, the reasons of a refusal, the pages of an error."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from domain.accounts import FieldProblem
from domain.members import EntryInput, PartInput
from domain.pages import Failure
from domain.refusals import Problem, Reason
from web.words.entries import entry_with_label, part
from web.words.language import _


def field(name: str) -> str:
    """The label of a form's field, as the summary of what is wrong repeats it."""
    return {
        "name": _("Name"),
        "gender": _("Gender"),
        "profession": _("Profession"),
        "email": _("E-mail address"),
        "password": _("Password"),
        "current_password": _("Password of today"),
        "is_adult": _("Your age"),
        "accepts_terms": _("Terms of use"),
        "accepts_privacy": _("Privacy policy"),
        "title": _("Title"),
        "body": _("Text"),
        "tags": _("Tags"),
        "photo": _("Photo"),
        "note": _("Note"),
        "description": _("What it is for"),
        "existence": _("Who may know that this SIG exists"),
        "describing": _("Who reads what it is for"),
        "listing": _("Who sees the list of its people"),
        "reading": _("Who reads what is said in it"),
        "joining": _("How one joins"),
        "question": _("Question to those who ask"),
        "rules": _("Rules"),
        "words": _("Your words"),
        "person": _("Address of their page"),
    }.get(name, name)


def problem(code: Problem, name: str = "") -> str:
    """What is wrong with a field, and what mends it."""
    special = _SPECIAL_PROBLEMS.get((name, code.value))
    return special() if special else _PROBLEMS[code.value]()


_PROBLEMS = {
    "empty": lambda: _("Please fill this in."),
    "too-short": lambda: _("This is too short."),
    "too-long": lambda: _("This is too long. Please shorten it."),
    "too-many": lambda: _("These are too many."),
    "common": lambda: _("This one is on the list of common passwords. Please choose another."),
    "taken": lambda: _("You have one of this name. Please choose another."),
    "illegible": lambda: _("There are letters in this that cannot be seen or read. Please type it again."),
    "malformed": lambda: _("This does not look complete. Please check it."),
    "not-offered": lambda: _("Please choose one of the answers."),
    "not-accepted": lambda: _("We need your agreement here."),
    "wrong": lambda: _("This is not right. Please try again."),
    "never-public": lambda: _("This is never shown to everyone. Please choose another audience."),
    "too-complex": lambda: _("This is nested too deeply to be shown. Please make it simpler."),
    "too-large": lambda: _("This file is too large."),
    "too-small": lambda: _("This is too small."),
    "too-many-pixels": lambda: _("This picture has more pixels than we can take. Please make it smaller."),
    "unknown-type": lambda: _("We do not take files of this type."),
    "broken": lambda: _("This file cannot be read. It may be damaged."),
}

_SPECIAL_PROBLEMS: Mapping[tuple[str, str], Callable[[], str]] = {
    ("name", "empty"): lambda: _("Please tell us your name."),
    ("gender", "empty"): lambda: _("Please choose an answer; “Prefer not to say” is one."),
    ("profession", "empty"): lambda: _("Please tell us your profession."),
    ("email", "empty"): lambda: _("Please give your e-mail address."),
    ("email", "malformed"): lambda: _("An e-mail address looks like name@example.org."),
    ("current_password", "empty"): lambda: _("Please give the password that you use today."),
    ("current_password", "wrong"): lambda: _("This is not the password of your account."),
    ("password", "empty"): lambda: _("Please choose a password of at least 10 characters."),
    ("password", "too-short"): lambda: _("Please use at least 10 characters. A few words together work well."),
    ("password", "too-long"): lambda: _("Please use at most 128 characters."),
    ("is_adult", "not-accepted"): lambda: _("Stoa is for people of 18 and older."),
    ("accepts_terms", "not-accepted"): lambda: _("You can join once you accept the terms of use."),
    ("accepts_privacy", "not-accepted"): lambda: _("You can join once you accept the privacy policy."),
    ("end", "wrong"): lambda: _("This is before the beginning."),
    ("start", "malformed"): lambda: _("A date looks like 2019, or 2019-04."),
    ("end", "malformed"): lambda: _("A date looks like 2019, or 2019-04."),
    ("address", "malformed"): lambda: _("An address on the web looks like https://example.org/page."),
    ("phone", "malformed"): lambda: _("A number looks like +31 20 123 4567."),
    ("title", "empty"): lambda: _("Please give your thread a title."),
    ("title", "too-short"): lambda: _("Please use at least 4 characters."),
    ("title", "too-long"): lambda: _("Please use at most 150 characters."),
    ("body", "empty"): lambda: _("There is nothing to publish yet. Please write something."),
    ("body", "too-long"): lambda: _("This is longer than 30,000 characters. Please split it."),
    ("tags", "too-many"): lambda: _("Please use at most 5 tags."),
    ("tags", "too-long"): lambda: _("A tag has at most 35 characters."),
    ("note", "too-long"): lambda: _("This is longer than 500 letters. Please shorten it."),
    ("photo", "empty"): lambda: _("Please choose a picture first."),
    ("photo", "too-large"): lambda: _("This file is larger than 10 MB. Please choose a smaller one."),
    ("file", "empty"): lambda: _("Please choose a file first."),
    ("file", "too-large"): lambda: _("This file is larger than 16 MB. Please choose a smaller one."),
    ("file", "too-many"): lambda: _("There is no room left for this file. Please delete another one first."),
    ("file", "taken"): lambda: _("Your start page was emptied meanwhile. Please send the file again."),
    ("bookmarks", "empty"): lambda: _("Please choose the file that your browser made."),
    ("bookmarks", "too-large"): lambda: _("This file is larger than 8 MB. Please export fewer bookmarks at once."),
    ("bookmarks", "too-many"): lambda: _("These are more than 5,000 bookmarks. Please export fewer at once."),
    ("bookmarks", "too-complex"): lambda: _("The folders in this file are nested too deeply. Nothing was taken over."),
    ("bookmarks", "broken"): lambda: _("There are no bookmarks in this file. Nothing was taken over."),
    ("bookmarks", "taken"): lambda: _("There is no room left for these bookmarks. Nothing was taken over."),
    ("photo", "too-small"): lambda: _("This picture is too small. It needs at least 64 pixels on each side."),
    ("photo", "unknown-type"): lambda: _("We take pictures in JPEG, PNG and WebP. This file is something else."),
    **{
        (circle, "wrong"): lambda: _("This cannot go further than the SIG itself is known.")
        for circle in ("describing", "listing", "reading")
    },
    ("description", "too-long"): lambda: _("Please use at most 400 characters."),
    ("question", "too-long"): lambda: _("Please use at most 300 characters."),
    ("rules", "too-long"): lambda: _("A rule has at most 300 characters."),
    ("rules", "too-many"): lambda: _("Please use at most 20 rules."),
    ("words", "empty"): lambda: _("Please answer the question of the SIG."),
    ("words", "too-long"): lambda: _("Please use at most 1,000 characters."),
    ("person", "wrong"): lambda: _("You can see no page at this address. Please copy it from their page."),
    ("person", "taken"): lambda: _("They are in this SIG already."),
    ("photo", "broken"): lambda: _("This picture cannot be read. It may be damaged; please try another one."),
}


def summary(found: Iterable[tuple[str, Problem | None]]) -> tuple[tuple[str, str], ...]:
    """The fields to mend, for the summary above a form: the id of each, and its label with what is wrong."""
    return tuple((name, f"{field(name)}: {problem(code, name)}") for name, code in found if code)


def by_field(problems: Iterable[FieldProblem]) -> dict[str, str]:
    """What is wrong, by field."""
    return {line.field: problem(line.problem, line.field) for line in problems}


def by_name(found: Iterable[tuple[str, Problem]]) -> defaultdict[str, str]:
    """What is wrong with each field of a form, and nothing for the others."""
    return defaultdict(str, {name: problem(code, name) for name, code in found})


def entry_summary(inputs: Iterable[EntryInput]) -> tuple[tuple[str, str], ...]:
    """The entries to mend, for the summary above the form of one's own page."""
    return tuple(
        (line.name, f"{entry_with_label(line.kind, line.label)}: {problem(line.problem, line.name)}")
        for line in inputs
        if line.problem
    )


def part_summary(parts: Iterable[PartInput]) -> tuple[tuple[str, str], ...]:
    """The parts of a record to mend, for the summary above its form."""
    return tuple((one.name, f"{part(one.name)}: {problem(one.problem, one.name)}") for one in parts if one.problem)


def reason(code: Reason) -> str:
    """Why a write did not happen."""
    return _REASONS[code]()


def obstacle(code: Reason) -> str:
    """Why a button did nothing, on a page that has no text to keep."""
    return _OBSTACLES.get(code, _REASONS[code])()


_OBSTACLES = {
    Reason.NOT_A_MEMBER: lambda: _("Only people in this SIG can do this."),
    Reason.CLOSED: lambda: _("This thread is closed."),
    Reason.STALE: lambda: _("This was changed elsewhere in the meantime. Please look at it again first."),
    Reason.FULL: lambda: _("There is no room left on your start page. Please delete something there first."),
}

_REASONS = {
    Reason.MISSING: lambda: _("This is not there, or no longer."),
    Reason.GONE: lambda: _("This was here once, and is no longer."),
    Reason.SIGN_IN: lambda: _("Please sign in first. What you wrote is kept below."),
    Reason.NOT_CONFIRMED: lambda: _("Please confirm your e-mail address first, with the link in our mail."),
    Reason.NOT_A_MEMBER: lambda: _("Only people in this SIG can write here. Join it, then send this again."),
    Reason.NOT_YOURS: lambda: _("Only its author can do this."),
    Reason.NOT_PERMITTED: lambda: _("Your role in this SIG does not include this."),
    Reason.BANNED: lambda: _("A ban from this SIG stands. It does not open while that lasts."),
    Reason.NOT_REACHABLE: lambda: _("This person does not take this from you."),
    Reason.CLOSED: lambda: _("This thread is closed to new replies. What you wrote is kept below, to copy."),
    Reason.STALE: lambda: _(
        "This was changed elsewhere in the meantime. Your text is kept below; send it again to replace."
    ),
    Reason.NOTHING_LEFT: lambda: _(
        "There is nothing left to do here: somebody has done it, or what it is about is gone."
    ),
    Reason.INVALID: lambda: _("This cannot be done here."),
    Reason.TOO_LATE: lambda: _("The time for this is over."),
    Reason.TOO_MANY: lambda: _("That was much in a short time. Please wait a little and send it again."),
    Reason.FULL: lambda: _(
        "There is no room left on your start page. Please delete something there, then send this again."
    ),
    Reason.LAST_ONE: lambda: _("A SIG keeps an owner, and nobody is there yet who could follow you."),
    Reason.NEVER_WIDER: lambda: _(
        "More people could read it there than here. A thread only goes where nobody new reads."
    ),
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
    Failure.GONE: lambda: (
        _("This is gone"),
        _("What stood here was open to everyone once. It has been taken back, and does not come back on its own."),
        _("If a search engine led you here, it will forget the address the next time it asks."),
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
    Failure.LOCKED: lambda: (
        _("Your things cannot be opened now"),
        _("They are all still here, but this Stoa runs without the key that they were kept with."),
        _("Please tell whoever runs it: the secrets of this Stoa have to be put back. Until then nothing is lost."),
    ),
    Failure.OURS: lambda: (
        _("That was our mistake"),
        _("Something broke on our side while answering you. It has been noted, without your data."),
        _("Try again in a moment. If it happens again, start from the front page."),
    ),
}
