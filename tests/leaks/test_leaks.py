"""No canary where the matrix allows none, on every route and in every form, and each where it does allow it."""

from collections.abc import Iterable

import pytest
from sqlmodel import SQLModel

import storage.tables  # noqa: F401 -- fills the metadata
from domain.members import ENTRY_RULES
from domain.visibility import Scope
from tests.conftest import Figure
from tests.leaks.canaries import Canary
from tests.leaks.columns import WITHOUT_CANARY, Reach, classified, reach_of
from tests.leaks.conftest import Kept
from tests.leaks.crawling import Report, Theatre, crawl, crawl_own
from tests.leaks.oracle import BEARERS, INSIDE, OUTSIDE, SCOPES_OF, STRANGERS, VIEWERS, VISITORS
from tests.leaks.specimens import SPECIMENS, route_table

SHOWN = 12
_ROWS = [row for scope in Scope for row in SCOPES_OF[scope]]


_GROUPS = {
    "outsiders": (*VISITORS, *OUTSIDE, *BEARERS),
    "strangers": STRANGERS,
    "insiders": tuple(viewer for viewer in INSIDE if viewer not in STRANGERS),
}
_OF_EACH_KIND = ("visitor", "bearer", "sven", "tariq", "connie", "bodil", "olga")
"""One for each kind of eyes; they ask in every way of asking when the crawl goes into depth."""

_IN_EVERY_RUN = ("visitor", "connie", "bodil")
"""These also send forms in every run; the first one asks in every way of asking, too."""

_PAGES = [route for route in SPECIMENS if route[0] == "GET"]

_ON_POSTGRESQL = ("visitor", "bearer", "sven", "tariq", "connie", "lise", "bodil")
"""The SQL form of the rule is another one there; all else is the same code, which everybody has asked on SQLite."""


def unseen(theatre: Theatre, report: Report, people: Iterable[str]) -> list[str]:
    """The positive controls that failed: who of these may see a canary and met it at none of the routes that must show
    it. Of the owners each answers for what is theirs."""
    return [
        f"{viewer} never saw {canary}"
        for viewer in people
        for canary in theatre.planted.cage.all
        if viewer == canary.owner or (viewer in VIEWERS and viewer in canary.readers)
        if canary.seen_at and canary.may_be_seen_by(viewer)
        if not any((canary.token, viewer, route) in report.seen for route in canary.seen_at)
    ]


def _demand_nothing_found(report: Report) -> None:
    assert [str(hit) for hit in report.hits[:SHOWN]] == []
    assert report.defects[:SHOWN] == []


_CRAWLS = [
    *[("sqlite", group, "in every run") for group in _GROUPS],
    *[
        pytest.param(engine, group, "in depth", marks=pytest.mark.thorough)
        for engine in ("sqlite", "postgresql")
        for group in _GROUPS
    ],
]


@pytest.mark.parametrize(("engine", "group", "depth"), _CRAWLS)
async def test_nobody_gets_what_is_not_for_them(
    theatre: Theatre, engine: str, group: str, depth: str, figure: Figure
) -> None:
    """In every run all read every page, and some send every form and ask in every way; in depth all send every form."""
    is_deep = depth == "in depth"
    viewers = [viewer for viewer in _GROUPS[group] if engine == "sqlite" or viewer in _ON_POSTGRESQL]
    asking = _OF_EACH_KIND if is_deep else _IN_EVERY_RUN[:1]
    full = [viewer for viewer in viewers if engine == "sqlite" and viewer in asking]
    sending = [viewer for viewer in viewers if viewer not in full and (is_deep or viewer in _IN_EVERY_RUN)]
    reading = [viewer for viewer in viewers if viewer not in {*full, *sending}]
    report = await crawl(theatre, viewers=full)
    await crawl(theatre, viewers=sending, full=False, report=report)
    await crawl(theatre, viewers=reading, routes=_PAGES, full=False, report=report)
    canaries = theatre.planted.cage.all
    figure(
        f"leak test on {engine}, {group}, {depth}: {len(report.routes)} routes × {len(viewers)} viewers"
        f" × {len(canaries)} guarded values ({report.requests} requests): {len(report.hits)} hits"
    )
    _demand_nothing_found(report)
    assert unseen(theatre, report, viewers)[:SHOWN] == []
    assert report.routes == set(SPECIMENS)
    assert {200, 303, 404} <= set(report.statuses)
    assert group != "outsiders" or report.statuses[410]


async def test_owners_get_what_is_theirs_and_no_more(theatre: Theatre, engine: str, figure: Figure) -> None:
    """Also where they look at their own page through the eyes of those who see more of others than they do."""
    report, owners = Report(), theatre.planted.owners
    await crawl_own(theatre, report)
    figure(f"leak test on {engine}: {len(owners)} owners at home ({report.requests} requests): {len(report.hits)} hits")
    _demand_nothing_found(report)
    assert unseen(theatre, report, owners)[:SHOWN] == []


async def test_bearers_of_a_feed_address_read_with_the_eyes_it_lends(theatre: Theatre) -> None:
    report = await crawl(theatre, viewers=BEARERS, full=False)
    _demand_nothing_found(report)
    met = {
        (viewer, canary.audience) for canary in _openings(theatre) for viewer in BEARERS if _met(report, viewer, canary)
    }
    lent = {("bearer", "turnaround opening"), ("bearer", "boardroom opening"), ("bearer", "vault opening")}
    assert met == {*lent, ("barred-bearer", "turnaround opening")}


def _openings(theatre: Theatre) -> list[Canary]:
    return [c for c in theatre.planted.cage.all if c.field == "posts.html" and c.audience.endswith("opening")]


def _met(report: Report, viewer: str, canary: Canary) -> bool:
    return any(seen[:2] == (canary.token, viewer) for seen in report.seen)


def test_the_matrix_is_as_large_as_it_should_be(kept: Kept, figure: Figure) -> None:
    canaries = kept.planted.cage.all
    pairs = {(c.field.partition("]")[0], c.audience) for c in canaries if c.field.startswith("entries.value[")}
    figure(
        f"leak test: {len(SPECIMENS)} routes × {len(VIEWERS)} viewers × {len(canaries)} guarded values;"
        f" {len(pairs)} pairs of a kind of entry and an audience, in {len(kept.planted.owners)} owners"
    )
    assert len(VIEWERS) >= 16
    assert len(pairs) >= 40


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_every_route_has_a_specimen_and_every_specimen_a_route(theatre: Theatre) -> None:
    assert set(route_table(theatre.app)) ^ set(SPECIMENS) == set()
    empty = [route for route, asks in SPECIMENS.items() if not list(asks(theatre.planted))]
    assert empty == []


def test_every_column_has_a_class_and_only_one() -> None:
    there = {f"{table.name}.{column.name}" for table in SQLModel.metadata.sorted_tables for column in table.columns}
    assert there ^ set(classified()) == set()
    assert len(classified()) == len(set(classified()))


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_every_guarded_text_is_planted(theatre: Theatre) -> None:
    """A guarded column of text or bytes without a canary is one that the crawl is blind for."""
    planted = {canary.field.partition("[")[0] for canary in theatre.planted.cage.all} - {"files.bytes"}
    guarded = {
        f"{table.name}.{column.name}"
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if column.type.python_type in (str, bytes) and reach_of(f"{table.name}.{column.name}") is not Reach.OPEN
    }
    assert guarded - planted - set(WITHOUT_CANARY) == set()
    assert planted & set(WITHOUT_CANARY) == set()
    assert set(WITHOUT_CANARY) - guarded == set()


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_every_entry_kind_is_planted_for_every_scope(theatre: Theatre) -> None:
    planted = {(canary.field, canary.audience) for canary in theatre.planted.cage.all}
    fields = {"email": "accounts.email_sealed", "scraps": "scraps.html"}
    wanted = [(fields.get(kind, f"entries.value[{kind}]"), row) for kind in ENTRY_RULES for row in _ROWS]
    missing = [
        (field, row)
        for field, row in wanted
        if not any(name.startswith(field) and at in {row, f"standing settled {row}-owner"} for name, at in planted)
    ]
    assert missing == []
    assert len(wanted) == len(ENTRY_RULES) * 8


async def test_canaries_stand_where_they_were_planted(theatre: Theatre) -> None:
    """Each token is really in the database, or the crawl would look for what is nowhere."""
    stored: set[str] = set()
    async with theatre.house.database.reading() as connection:
        for table in SQLModel.metadata.sorted_tables:
            for row in (await connection.execute(table.select())).all():
                stored |= {canary.token for canary in theatre.planted.cage.find(repr(tuple(row)).encode())}
    texts = list(theatre.planted.cage.by_token.values())
    missing = [str(canary) for canary in texts if canary.token not in stored]
    sealed = [name for name in missing if name.startswith("accounts.email_sealed")]
    replaced = [name for name in missing if name.startswith("posts.html for nobody")]
    hashed = [name for name in missing if name.startswith(("posts.submission", "keepsakes.submission"))]
    shut = [
        str(canary) for canary in texts if canary.field.startswith(("keepsakes.sealed[", "deleted_keepsakes.sealed["))
    ]
    revoked = [name for name in missing if name == "feed_tokens.label for owner of amara"]
    filed = [name for name in missing if name.startswith("files.bytes")]
    wiped = [name for name in missing if name.startswith("scraps.") and " deleted " in name]
    assert sorted(missing) == sorted(sealed + shut + replaced + hashed + revoked + filed + wiped)
    files = b"".join(path.read_bytes() for path in theatre.house.settings.files_folder.rglob("*.webp"))
    assert all(canary.token.encode() in files for canary in texts if canary.field == "files.bytes")


@pytest.mark.parametrize("scope", list(Scope))
def test_every_scope_has_a_row_in_the_oracle(scope: Scope) -> None:
    assert SCOPES_OF[scope]
