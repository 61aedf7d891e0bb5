"""Five real archives, imported one after the other: every count is the manifest's, and a second run changes nothing."""

import json
import time
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select, text

from storage.database import Database
from storage.importing import ImportReport, import_site
from storage.tables import SourceSite
from tests.cast import NOON
from tests.importing.archives import REAL, manifest
from tests.importing.stock import count_all, count_stored, fingerprint, take_stock

pytestmark = pytest.mark.slow

SLOWEST = 2_000
"""Source rows for each second of this process: what else the machine does at the time is not the import's fault."""

STORED = (
    *("threads", "replies", "threads_with_accepted_answer", "closed_threads", "threads_without_reply"),
    *("sum_of_scores_threads_and_replies", "posts_without_OwnerUserId"),
)
"""What the manifest counts and the database holds under the same name."""


async def _import_all(database: Database) -> dict[str, ImportReport]:
    return {name: await import_site(database, REAL / name, now=NOON) for name in manifest()}


def _as_counted(expected: dict[str, Any]) -> dict[str, Any]:
    """The manifest with the names of files as we spell them."""
    sha256 = {file.removesuffix(".xml"): digest for file, digest in expected["sha256"].items()}
    return {**expected, "sha256": sha256}


async def test_every_count_is_the_manifests_and_again_nothing_changes(database: Database) -> None:
    started = time.process_time()
    reports = await _import_all(database)
    assert sum(report.rows for report in reports.values()) >= SLOWEST * (time.process_time() - started)
    for name, expected in manifest().items():
        counts = reports[name].counts
        assert {key: counts[key] for key in expected} == _as_counted(expected), name
        assert (counts["scores_unlike_votes"], counts["answer_counts_unlike_replies"]) == (0, 0)
        await _demand_stored(database, reports[name], expected)
    await _demand_people_joined(database)
    before, rows = fingerprint(await take_stock(database)), await count_all(database)
    for name, report in (await _import_all(database)).items():
        assert (report.inserted, report.updated, report.published, report.resumed) == ({}, {}, 0, False), name
    assert fingerprint(await take_stock(database)) == before
    assert await count_all(database) == rows


async def _demand_stored(database: Database, report: ImportReport, expected: dict[str, Any]) -> None:
    """What the database holds of a site is what the manifest counts, wherever it is stored."""
    stored = await count_stored(database, report.site)
    assert {key: stored[key] for key in STORED} == {key: expected[key] for key in STORED}
    assert stored["comments"] == expected["comments_on_threads_or_replies"]
    assert stored["authors"] == report.counts["authors"]
    assert stored["links"] == expected["rows"]["PostLinks"] - expected["links_with_an_end_not_in_dump"]
    assert stored["listed_tags"] == expected["rows"]["Tags"]
    everything = expected["threads"] + expected["replies"] + expected["comments_on_threads_or_replies"]
    assert (stored["sig_threads"], stored["sig_posts"]) == (expected["threads"], everything)
    assert (stored["numbered"], stored["highest_numbers"]) == (everything, everything)
    for key in ("first_post", "last_post"):
        assert datetime.fromtimestamp(stored[key] / 1e6, NOON.tzinfo).isoformat()[:23] == expected[key]
    if "(attribute absent)" not in expected["licences"]:
        assert dict(stored["licences"]) == expected["licences"]
    async with database.reading() as connection:
        kept = (await connection.execute(select(SourceSite.c.counts).where(SourceSite.c.name == report.site))).scalar()
    assert json.loads(kept or "") == report.counts


async def _demand_people_joined(database: Database) -> None:
    """A person who wrote on several sites is one person, and nobody is joined by a name."""
    query = """SELECT count(*) FROM source_people p JOIN source_authors a ON a.person_id = p.person_id
        JOIN source_authors b ON b.person_id = p.person_id AND b.site_id > a.site_id"""
    doubled = """SELECT count(*) FROM source_authors a JOIN source_authors b ON a.person_id = b.person_id
        AND a.site_id = b.site_id AND a.author_id <> b.author_id"""
    async with database.reading() as connection:
        assert (await connection.execute(text(query))).scalar_one() > 50
        assert (await connection.execute(text(doubled))).scalar_one() == 0
