"""A member's own lists of people, as audiences. Who is on a list never learns its name, nor who else is."""

from domain.members import MemberLine
from domain.refusals import Problem
from domain.views import PageView, View

LONGEST_NAME = 60
MOST_LISTS = 50
MOST_PEOPLE = 500


class ListLine(View):
    """One of the viewer's own lists. `has_person` speaks of the person whom a page is about."""

    list_id: int
    name: str
    count: int
    has_person: bool = False


class ListsPage(PageView, template="members/lists.html"):
    """The viewer's own lists, and a form for another."""

    lists: tuple[ListLine, ...]
    name: str = ""
    problem: Problem | None = None


class ListPage(PageView, template="members/list.html"):
    """One list with its people; `unseen` counts those whose name the owner may no longer see."""

    list_id: int
    name: str
    people: tuple[MemberLine, ...]
    unseen: int


class PersonListsPage(PageView, template="members/person_lists.html"):
    """On which of the viewer's lists a person is."""

    person: MemberLine
    lists: tuple[ListLine, ...]


def problem_with_name(name: str, taken: frozenset[str], count: int) -> Problem | None:
    """What is wrong with the name of a new list."""
    if not name:
        return Problem.EMPTY
    if len(name) > LONGEST_NAME:
        return Problem.TOO_LONG
    if name.casefold() in taken:
        return Problem.TAKEN
    return Problem.TOO_MANY if count >= MOST_LISTS else None
