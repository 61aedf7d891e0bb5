"""Words for scraps: whom one leaves them for, who sees what does not stand open, and what Stoa itself says."""

from collections.abc import Callable

from domain.members import KeyChip, MemberLine
from domain.scraps import ScrapState, ScrapView, Topic
from web.words.entries import person
from web.words.keys import who
from web.words.language import _


def board(owner: MemberLine, *, is_own: bool) -> str:
    """What a board is called."""
    return _("Scraps on my page") if is_own else _("Scraps for %(name)s", name=person(owner))


def board_readers(key: KeyChip, *, is_for_two: bool) -> str:
    """Who will read what is left here, as far as the writer may know."""
    if is_for_two:
        return _("Only the two of you will read this.")
    if key.own:
        return who(key.scope, key.name)
    return _("Whoever reads this board will read it. Its owner decides who that is, and may change it.")


def scrap(one: ScrapView) -> str:
    """What a scrap is called, for those who do not see where it stands."""
    if one.topic:
        return _("Scrap by Stoa")
    return _("Scrap by %(name)s", name=person(one.author)) if one.author else _("A scrap that was taken back")


def scrap_mark(scrap: ScrapView) -> str:
    """Why only two people see a scrap; empty where it stands open."""
    if scrap.state is ScrapState.WAITING and scrap.may_release:
        return _("Waits for your yes. Until then only the two of you see it.")
    if scrap.state is ScrapState.WAITING:
        return _("Waits for the owner of the page. Only the two of you see it.")
    if scrap.state is ScrapState.HIDDEN:
        return _("Hidden by the owner of the page. Only who wrote it still sees it.")
    if scrap.state is ScrapState.WITHHELD:
        return _("Hidden by the staff of Stoa. Only the owner of the page and who wrote it still see it.")
    if scrap.is_private:
        return _("Only for the two of you.")
    return ""


def from_stoa(topic: Topic | str) -> tuple[str, str, str]:
    """What a scrap of Stoa's own says, and where it leads: text, the words of the link, its address."""
    return _TOPICS[Topic(topic)]()


_TOPICS: dict[Topic, Callable[[], tuple[str, str, str]]] = {
    Topic.WELCOME: lambda: (
        _("Welcome. Your page is yours line by line: beside each stands who sees it. Have a look at it first."),
        _("Go through who sees what"),
        "/profile/check-up/1",
    ),
    Topic.CHECK_UP: lambda: (
        _("Once a year it is time to look through who sees what of your page. It takes four short steps."),
        _("Go through who sees what"),
        "/profile/check-up/1",
    ),
    Topic.SIG_HANDED_OVER: lambda: (
        _("A SIG of yours had no owner who could look after it, so somebody else in it, or of the staff, owns it now."),
        _("See your SIGs"),
        "/",
    ),
}
