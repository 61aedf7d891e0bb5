"""No canary where the matrix allows none, on every route and in every form, and each where it does allow it."""

import pytest
from sqlmodel import SQLModel

import storage.tables  # noqa: F401 -- fills the metadata
from domain.members import ENTRY_RULES
from domain.visibility import Scope
from tests.leaks.columns import WITHOUT_CANARY, Reach, classified, reach_of
from tests.leaks.conftest import Figure
from tests.leaks.crawling import Report, Theatre, crawl, crawl_own
from tests.leaks.oracle import BEARERS, SCOPES_OF, VIEWERS
from tests.leaks.specimens import SPECIMENS, route_table

SHOWN = 12
_ROWS = [row for scope in Scope for row in SCOPES_OF[scope]]


def unseen(theatre: Theatre, report: Report) -> list[str]:
    """The positive controls that failed: who may see a canary and met it at none of the routes that must show it."""
    return [
        f"{viewer} never saw {canary}"
        for canary in theatre.planted.cage.all
        for viewer in {*canary.readers, canary.owner} & {*VIEWERS, *theatre.planted.owners}
        if canary.seen_at and canary.may_be_seen_by(viewer)
        if not any((canary.token, viewer, route) in report.seen for route in canary.seen_at)
    ]


async def test_nobody_gets_what_is_not_for_them(theatre: Theatre, engine: str, figure: Figure) -> None:
    report = await crawl(theatre, full=engine == "sqlite")
    await crawl_own(theatre, report)
    canaries = theatre.planted.cage.all
    kinds = {(canary.field.partition("]")[0], canary.audience) for canary in canaries if "entries.value[" in canary.field}
    figure(
        f"leak test on {engine}: {len(report.routes)} routes × {len(VIEWERS)} viewers × {len(canaries)} guarded fields"
        f" ({report.requests} requests): {len(report.hits)} hits"
    )
    figure(f"leak test on {engine}: {len(kinds)} pairs of a kind of entry and an audience")
    assert len(kinds) >= 40
    assert [str(hit) for hit in report.hits[:SHOWN]] == []
    assert report.defects[:SHOWN] == []
    assert unseen(theatre, report)[:SHOWN] == []
    assert report.routes == set(SPECIMENS)
    assert {200, 303, 404, 410} <= set(report.statuses)


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
    fields = {"email": "accounts.email_sealed"}
    wanted = [(fields.get(kind, f"entries.value[{kind}]"), row) for kind in ENTRY_RULES for row in _ROWS]
    missing = [
        (field, row) for field, row in wanted if not any(name.startswith(field) and at == row for name, at in planted)
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
    hashed = [name for name in missing if name.startswith("posts.submission")]
    revoked = [name for name in missing if name == "feed_tokens.label for owner of amara"]
    filed = [name for name in missing if name.startswith("files.bytes")]
    assert sorted(missing) == sorted(sealed + replaced + hashed + revoked + filed)
    files = b"".join(path.read_bytes() for path in theatre.house.settings.files_folder.rglob("*.webp"))
    assert all(canary.token.encode() in files for canary in texts if canary.field == "files.bytes")


@pytest.mark.parametrize("scope", list(Scope))
def test_every_scope_has_a_row_in_the_oracle(scope: Scope) -> None:
    assert SCOPES_OF[scope]
