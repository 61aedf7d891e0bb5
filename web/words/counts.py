"""Words for numbers of things."""

from web.words.language import ngettext


def people(count: int) -> str:
    """So many people."""
    return ngettext("%(num)s person", "%(num)s people", count)


def members(count: int) -> str:
    """So many members."""
    return ngettext("%(num)s member", "%(num)s members", count)


def unseen_people(count: int) -> str:
    """People of whom somebody may no longer see the name."""
    return ngettext(
        "%(num)s person is on it whose name you can no longer see.",
        "%(num)s people are on it whose names you can no longer see.",
        count,
    )


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
