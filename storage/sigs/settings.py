"""The settings of a SIG: what its owners decide, and the keys that follow in the same transaction.

Narrowing works at once, widening waits for a yes to the circle that was asked about. Rows are held in the one order:
members, then threads, then the SIG.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.refusals import Problem, Problems, Reason, Refused
from domain.roles import Permission
from domain.sigs import (
    CIRCLES,
    Circle,
    CircleInput,
    Joining,
    SigSettings,
    SigSettingsPage,
    problems_with_settings,
    widening_circles,
)
from domain.visibility import Viewer
from storage.database import Database, fetch_one
from storage.events import note
from storage.members.rekeying import hold_people, rewrite_memberships
from storage.sigs.adding import columns_of, key_sets_of
from storage.sigs.entering import forget_invitations, hold_sig
from storage.sigs.offers import find_sig_to_keep
from storage.sigs.rekeying import hold_threads, rekey_talk
from storage.tables import Sig


@dataclass(frozen=True, slots=True)
class TypedSettings:
    """The settings form as it was sent. `circles` are by name, as `existence`. `version` says which settings the form
    has seen (`version_of`); None where code changes them, whatever they were."""

    name: str
    description: str
    circles: Mapping[str, str]
    joining: str
    question: str
    rules: str
    holds_first_posts: bool
    version: str | None = None


@dataclass(frozen=True, slots=True)
class UnsavedSettings:
    """Settings that were not saved: what is wrong with them, which circles would open further, and whether somebody
    else has changed them since the form was opened."""

    problems: Problems = field(default_factory=dict)
    widening: tuple[tuple[str, Circle], ...] = ()
    is_stale: bool = False


_COLUMNS = (
    Sig.c.sig_id,
    Sig.c.name,
    Sig.c.description,
    Sig.c.existence,
    Sig.c.describing,
    Sig.c.listing,
    Sig.c.reading,
    Sig.c.joining,
    Sig.c.question,
    Sig.c.rules,
    Sig.c.holds_first_posts,
)


def settings_of(row: Row[Any]) -> SigSettings:
    """The settings in the row of a SIG."""
    return SigSettings(
        **{name: Circle(getattr(row, name)) for name in CIRCLES},
        joining=Joining(row.joining),
        question=row.question,
        rules=_lines(row.rules),
        holds_first_posts=row.holds_first_posts,
    )


def version_of(row: Row[Any]) -> str:
    """What tells the settings of a SIG in its row from any others: a form that has not seen them replaces nothing."""
    return sha256(repr(_typed_of(row)).encode()).hexdigest()[:24]


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line for rule in text.splitlines() if (line := " ".join(rule.split())))


async def find_settings_page(
    database: Database,
    viewer: Viewer,
    slug: str,
    typed: TypedSettings | None = None,
    unsaved: UnsavedSettings | None = None,
    *,
    saved: bool = False,
) -> SigSettingsPage | Refused:
    """The form with what is stored, or with what was typed and not saved."""
    async with database.reading() as connection:
        found = await find_sig_to_keep(connection, viewer, slug, Permission.CHANGE_SETTINGS)
        if isinstance(found, Refused):
            return found
        row = await fetch_one(connection, select(*_COLUMNS).where(Sig.c.sig_id == found.sig_id))
    shown, wrong = typed or _typed_of(row), unsaved or UnsavedSettings()
    return SigSettingsPage(
        slug=slug,
        title=row.name,
        name=shown.name,
        description=shown.description,
        circles=tuple(
            CircleInput(name=name, chosen=shown.circles.get(name, ""), problem=wrong.problems.get(name))
            for name in CIRCLES
        ),
        joining=shown.joining,
        question=shown.question,
        rules=shown.rules,
        holds_first_posts=shown.holds_first_posts,
        problems=tuple(wrong.problems.items()),
        widening=wrong.widening,
        version=version_of(row) if typed is None or wrong.is_stale else typed.version or "",
        refused=Reason.STALE if wrong.is_stale else None,
        saved=saved,
    )


def _typed_of(row: Row[Any]) -> TypedSettings:
    circles = {name: getattr(row, name) for name in CIRCLES}
    return TypedSettings(
        row.name, row.description, circles, row.joining, row.question, row.rules, row.holds_first_posts
    )


def read_settings(typed: TypedSettings) -> SigSettings | Problems:
    """What was typed as settings, or the fields that are no answer of ours."""
    problems: Problems = {}
    circles: dict[str, Circle] = {}
    for name in CIRCLES:
        try:
            circles[name] = Circle(typed.circles.get(name, ""))
        except ValueError:
            problems[name] = Problem.NOT_OFFERED
    if typed.joining not in set(Joining):
        problems["joining"] = Problem.NOT_OFFERED
    if problems:
        return problems
    return SigSettings(
        **circles,
        joining=Joining(typed.joining),
        question=" ".join(typed.question.split()),
        rules=_lines(typed.rules),
        holds_first_posts=typed.holds_first_posts,
    )


async def save_settings(
    database: Database, viewer: Viewer, slug: str, typed: TypedSettings, confirmed: Mapping[str, str], now: datetime
) -> UnsavedSettings | Refused | None:
    """Save the settings, all or nothing; `confirmed` names the circles that may open further, and how far. None when
    saved."""
    name, description = " ".join(typed.name.split()), " ".join(typed.description.split())
    after = read_settings(typed)
    problems = problems_with_settings(name, description, after) if isinstance(after, SigSettings) else after
    async with database.writing() as connection:
        row = await _hold_all(connection, viewer, slug, typed)
        if isinstance(row, Refused):
            return row
        is_stale = typed.version not in {None, version_of(row)}
        if problems or not isinstance(after, SigSettings):
            return UnsavedSettings(problems, is_stale=is_stale)
        before = settings_of(row)
        widening = tuple((one, after.circles[one]) for one in widening_circles(before, after))
        if is_stale or any(confirmed.get(one) != circle for one, circle in widening):
            return UnsavedSettings(widening=widening, is_stale=is_stale)
        values = {"name": name, "description": description, **columns_of(after)}
        values |= await key_sets_of(connection, row.sig_id, after)
        await connection.execute(update(Sig).where(Sig.c.sig_id == row.sig_id).values(values))
        if widening_circles(after, before):
            await forget_invitations(connection, row.sig_id)
        if after.existence is not before.existence:
            await rewrite_memberships(connection, row.sig_id, now)
        if after.reading is not before.reading:
            await rekey_talk(connection, row.sig_id, before.reading, after.reading)
        await note(connection, "sig.changed", now, sig_id=row.sig_id)
    return None


async def _hold_all(connection: AsyncConnection, viewer: Viewer, slug: str, typed: TypedSettings) -> Row[Any] | Refused:
    """The row of the SIG as it is, with all rows held that a change of these settings touches."""
    found = await find_sig_to_keep(connection, viewer, slug, Permission.CHANGE_SETTINGS)
    if isinstance(found, Refused):
        return found
    stored = select(Sig.c.existence, Sig.c.reading).where(Sig.c.sig_id == found.sig_id)
    row = (await connection.execute(stored)).one()
    if typed.circles.get("existence") != row.existence:
        await hold_people(connection, found.sig_id)
    if typed.circles.get("reading") != row.reading:
        await hold_threads(connection, found.sig_id)
    await hold_sig(connection, found.sig_id)
    still = await find_sig_to_keep(connection, viewer, slug, Permission.CHANGE_SETTINGS)
    if isinstance(still, Refused):
        return still
    full = await fetch_one(connection, select(*_COLUMNS).where(Sig.c.sig_id == found.sig_id))
    return full if full is not None else Refused(Reason.MISSING)
