"""Words of search."""

from domain.members import EntryKind
from domain.search import SearchKind, SearchTab
from web.words.counts import people, replies, threads
from web.words.entries import entry
from web.words.language import _, ngettext


def search_tab(kind: SearchKind) -> str:
    """The name of a tab."""
    return {
        SearchKind.THREADS: _("Threads"),
        SearchKind.REPLIES: _("Replies"),
        SearchKind.PEOPLE: _("People"),
        SearchKind.SIGS: _("SIGs"),
    }[kind]


def found(tab: SearchTab) -> str:
    """How much was found, for who does not see the tabs."""
    counting = dict(zip(SearchKind, (threads, replies, people, sigs), strict=True))
    count = counting[tab.kind](tab.count)
    return _("%(count)s and more found", count=count) if tab.has_more else _("%(count)s found", count=count)


def sigs(count: int) -> str:
    """So many SIGs."""
    return ngettext("%(num)s SIG", "%(num)s SIGs", count)


def nothing_found(kind: SearchKind) -> str:
    """What an empty tab says."""
    return {
        SearchKind.THREADS: _("No thread that you can read fits all of these words."),
        SearchKind.REPLIES: _("No reply that you can read fits all of these words."),
        SearchKind.PEOPLE: _("Nobody shows you a line that fits these words."),
        SearchKind.SIGS: _("No SIG that you can see goes by these words."),
    }[kind]


def found_entry(kind: EntryKind) -> str:
    """Which line of a person is quoted."""
    return _("%(line)s:", line=entry(kind))
