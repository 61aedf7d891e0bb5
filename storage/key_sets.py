"""The rule of visibility in SQL: key sets are interned, and a row is visible when its set shares a key with the ring.

`opens` is the SQL form of `domain.visibility.may_see`; a test holds the two against each other.
"""

import json
from collections.abc import Iterable, Set
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Text,
    TypeDecorator,
    bindparam,
    cast,
    exists,
    insert,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.sql.type_api import TypeEngine
from sqlalchemy.types import Boolean

from domain.visibility import VISITOR_RING, Key, Keys, Ring, block_mark
from storage.database import KEPT_SETS, STORED_SETS, fetch_all, insert_into
from storage.tables import KeySet, KeySetKey


class _RingType(TypeDecorator[Ring]):
    """A ring as one parameter, so that the statement stays the same whatever its length."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.ARRAY(Text))
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: Ring | None, dialect: Dialect) -> Any:
        keys = sorted(value or ())
        return keys if dialect.name == "postgresql" else json.dumps(keys)


class _OnRing(FunctionElement[bool]):
    """Whether a key is on a ring."""

    name = "on_ring"
    type = Boolean()
    inherit_cache = True


@compiles(_OnRing, "sqlite")
def _on_ring_sqlite(element: _OnRing, compiler: Any, **options: Any) -> str:
    key, ring = element.clauses
    left, right = compiler.process(key, **options), compiler.process(ring, **options)
    return f"{left} IN (SELECT value FROM json_each({right}))"  # noqa: S608 -- both sides are compiled, the ring is bound


@compiles(_OnRing, "postgresql")
def _on_ring_postgresql(element: _OnRing, compiler: Any, **options: Any) -> str:
    key, ring = element.clauses
    return f"{compiler.process(key, **options)} = ANY({compiler.process(ring, **options)})"


RingOrParameter = Ring | BindParameter[Ring]
"""A ring, or the place for one."""

RING: BindParameter[Ring] = bindparam("ring", type_=_RingType())
"""A ring that is given when the statement is executed, for statements so large that they are built once."""

WITHIN: BindParameter[Ring] = bindparam("within", type_=_RingType())
"""A second ring, which has to open the same as well."""


def holds(key: Any, ring: RingOrParameter) -> ColumnElement[bool]:
    """SQL: this key is on this ring."""
    return _OnRing(key, ring if isinstance(ring, BindParameter) else bindparam(None, ring, _RingType()))


def opens(key_set_id: Any, ring: RingOrParameter) -> ColumnElement[bool]:
    """SQL: the set in this column has a key on this ring."""
    on_ring = holds(KeySetKey.c.key, ring)
    return exists(select(1).where(KeySetKey.c.key_set_id == key_set_id, on_ring))


_MARK = str(block_mark(0))[:-1]


def opens_towards(owner_id: Any, key_set_id: Any, ring: RingOrParameter) -> ColumnElement[bool]:
    """SQL: the set in this column opens to the ring that counts for what belongs to this member (`ring_towards`)."""
    if not isinstance(ring, BindParameter) and not any(key.startswith(_MARK) for key in ring):
        return opens(key_set_id, ring)
    is_shut = holds(literal(_MARK).concat(cast(owner_id, Text)), ring)
    return opens(key_set_id, VISITOR_RING) | (~is_shut & opens(key_set_id, ring))


async def intern_key_set(connection: AsyncConnection, keys: Keys) -> int:
    """The id of this set of keys; the set is stored when it is new."""
    return (await intern_key_sets(connection, [keys]))[keys]


async def intern_key_sets(connection: AsyncConnection, wanted: Iterable[Keys]) -> dict[Keys, int]:
    """The ids of these sets; those that are new are stored together. Where somebody else stores one at the same moment,
    theirs is waited for."""
    texts = {" ".join(sorted(keys)): keys for keys in wanted}
    kept = _kept_sets(connection)
    known = {text: kept[text] for text in texts if text in kept}
    if unknown := texts.keys() - known.keys():
        known |= await _find_or_store(connection, unknown)
    return {keys: known[text] for text, keys in texts.items()}


MOST_SETS = 16_384


def _kept_sets(connection: AsyncConnection) -> dict[str, int]:
    """The ids of sets that this process has met and that stay as they are."""
    kept: dict[str, int] = connection.info.setdefault(KEPT_SETS, {})
    if len(kept) > MOST_SETS:
        kept.clear()
    return kept


async def _find_or_store(connection: AsyncConnection, texts: Set[str]) -> dict[str, int]:
    known = await _known_sets(connection, texts)
    if not connection.info.get(STORED_SETS):  # else a set that was found may go again with this transaction
        _kept_sets(connection).update(known)
    if new := sorted(texts - known.keys()):
        connection.info[STORED_SETS] = True
        storing = insert_into(connection, KeySet).values([{"text": text} for text in new]).on_conflict_do_nothing()
        stored = await fetch_all(connection, storing.returning(KeySet.c.key_set_id, KeySet.c.text))
        if rows := [{"key_set_id": row.key_set_id, "key": key} for row in stored for key in parse_keys(row.text)]:
            await connection.execute(insert(KeySetKey), rows)
        known |= {row.text: row.key_set_id for row in stored}
    if missed := texts - known.keys():
        known |= await _known_sets(connection, missed)
    return known


async def _known_sets(connection: AsyncConnection, texts: Iterable[str]) -> dict[str, int]:
    found = select(KeySet.c.text, KeySet.c.key_set_id).where(KeySet.c.text.in_(sorted(texts)))
    return {row.text: row.key_set_id for row in await fetch_all(connection, found)}


@lru_cache(maxsize=65_536)
def parse_keys(text: str) -> Keys:
    """The set that `key_sets.text` spells."""
    return frozenset(Key(key) for key in text.split(" "))
