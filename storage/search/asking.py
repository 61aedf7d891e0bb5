"""What a viewer asks of the index: the query, their ring, and the ids behind the names that narrow it.

Titles are opened by one set of keys and bodies by another, so a term may stand in either as far as the ring opens it.
"""

from dataclasses import dataclass

from domain.search import Query
from domain.visibility import Viewer, connection_key, list_key
from storage.search.documents import DocumentKind
from storage.search.expressions import NOTHING, Every, Expression, Place, Some, Terms, Without, opened_by, said_in

_OF_PEOPLE = tuple(str(key)[:-1] for key in (connection_key(0), list_key(0)))


@dataclass(frozen=True, slots=True)
class Asked:
    """A query with who asks. `sig_id` is the SIG that it stays within (None: no such one for this viewer),
    `writer_ids` the members whose name, as far as it opens, has the author's words."""

    viewer: Viewer
    query: Query
    sig_id: int | None = None
    writer_ids: tuple[int, ...] = ()

    @property
    def is_of_people(self) -> bool:
        """Whether it can find people and SIGs at all: there are words, and no place or author to stay with."""
        return bool(self.query.terms) and not self.query.is_narrowed

    def narrowing(self) -> tuple[Expression, ...]:
        """What narrows talk down."""
        found: list[Expression] = []
        if self.query.sig is not None:
            found.append(NOTHING if self.sig_id is None else Terms((f"{Place.SIG}{self.sig_id}",)))
        if self.query.thread_id is not None:
            found.append(Terms((f"{Place.THREAD}{self.query.thread_id}",)))
        if self.query.authors:
            imported = Every(tuple(Terms((Place.SOURCE_NAME + word,)) for word in self.query.authors))
            writers = (Terms((f"{Place.WRITER}{member_id}",)) for member_id in self.writer_ids)
            found.append(Some((imported, *writers)))
        return tuple(found)

    def opens(self, place: Place) -> Expression:
        """That the viewer's ring has one of the keys at this place. Talk and SIGs carry no key of a connection or a
        list, and a ring may hold hundreds of those."""
        ring = frozenset(key for key in self.viewer.ring if not key.startswith(_OF_PEOPLE))
        return opened_by(ring, place)

    def replies(self) -> Expression:
        """The replies that fit."""
        said = said_in(self.query.terms, Place.REPLY)
        kind = () if said else (Terms((f"{Place.KIND}{DocumentKind.REPLY}",)),)
        return Every((*said, *kind, *self.narrowing(), self.opens(Place.OPENS), self.opens(Place.OPENS_BODY)))

    def threads(self) -> "Titled":
        """The threads that fit."""
        return self._titled(Place.THREAD_TITLE, Place.THREAD_BODY)

    def sigs(self) -> Expression:
        """The SIGs that fit."""
        return self._titled(Place.SIG_NAME, Place.SIG_BODY).either

    def _titled(self, title: Place, body: Place) -> "Titled":
        in_title = said_in(self.query.terms, title)
        narrowing = (*self.narrowing(), self.opens(Place.OPENS))
        if self.query.authors:  # who wrote something is told with it, not with its title
            narrowing += (self.opens(Place.OPENS_BODY),)
        if not in_title:
            every = Every((Terms((f"{Place.KIND}{DocumentKind.THREAD}",)), *narrowing))
            return Titled(NOTHING, every, every)
        anywhere = Every((*said_in(self.query.terms, title, body), self.opens(Place.OPENS_BODY)))
        return Titled(
            Every((*in_title, *narrowing)),
            Without(Every((anywhere, *narrowing)), Every(in_title)),
            Every((Some((Every(in_title), anywhere)), *narrowing)),
        )


@dataclass(frozen=True, slots=True)
class Titled:
    """What is asked of things with a title: those that fit by it, those that fit otherwise, and either of them, which
    names each key but once, because looking one up is most of the work."""

    by_title: Expression
    otherwise: Expression
    either: Expression
