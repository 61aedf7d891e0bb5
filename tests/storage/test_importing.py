"""A dump becomes a SIG: what each row turns into, that a second run changes nothing, and what a newer dump changes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from domain.forum import ThreadPage
from domain.visibility import STAFF, VISITOR, Viewer, member_ring
from storage.database import Database
from storage.forum.commands import Draft, Written, write_reply
from storage.forum.pages import find_thread_page
from storage.importing import AnotherImport, ImportReport, SigTaken, command, import_site, posts
from storage.importing.incoming import Incoming
from storage.importing.posts import Ready
from storage.importing.stored import Place
from storage.sigs import find_community_page, find_home_page, find_sig_page
from tests.cast import NOON
from tests.importing.archives import (
    Files,
    change,
    comment,
    day,
    reply,
    small_site,
    thread,
    user,
    write_folder,
    write_zip,
)
from tests.importing.stock import count_all, fingerprint, take_stock

SITE = "valves.stackexchange.com"
ROWS = {"Users": 4, "Posts": 6, "Comments": 4, "Votes": 7, "PostLinks": 2, "Tags": 2, "Badges": 1}


async def _import(database: Database, folder: Path, files: Files | None = None, **options: Any) -> ImportReport:
    path = write_folder(folder / SITE, small_site() if files is None else files)
    return await import_site(database, path, now=NOON, **options)


async def _thread_ids(database: Database) -> dict[int, int]:
    """Our threads by the ids of their questions."""
    query = """SELECT o.source_id, p.thread_id FROM source_posts o JOIN posts p ON p.post_id = o.post_id
        WHERE p.kind = 'opening'"""
    async with database.reading() as connection:
        return {row.source_id: row.thread_id for row in await connection.execute(text(query))}


async def _page(database: Database, question: int) -> ThreadPage:
    found = await find_thread_page(database, VISITOR, (await _thread_ids(database))[question], 1)
    assert found is not None
    return found


async def test_a_question_becomes_a_thread(database: Database, tmp_path: Path) -> None:
    await _import(database, tmp_path)
    page = await _page(database, 1)
    assert (page.title, page.kind, page.tags) == ("Why < & not > ?", "question", ("valves", "high-pressure"))
    assert (page.is_answered, page.is_closed, page.reply_count) == (True, False, 4)
    said = [(post.number, post.kind, post.author and post.author.name, post.reply_to_number) for post in page.posts]
    assert said == [
        (1, "opening", "Bo", None),
        (2, "reply", "Bo", None),  # at the very moment of its question
        (3, "reply", "user77", None),  # its row stands before its thread's
        (4, "comment", " Zoë ", 3),  # at the same moment as the reply that it stands under
        (5, "comment", "Bo", 1),
    ]
    assert [post.score for post in page.posts] == [1, 2, -1, 4, 0]
    assert page.posts[2].edited_at == datetime(2018, 3, 5, 10, tzinfo=UTC)
    assert page.posts[1].is_accepted


async def test_bodies_are_safe_and_load_nothing(database: Database, tmp_path: Path) -> None:
    await _import(database, tmp_path)
    posts = (await _page(database, 1)).posts
    assert posts[1].html == ('<p>Like <a href="https://i.example.org/p.png" rel="nofollow ugc noopener">this</a></p>')
    assert posts[4].html == (
        f'<p>See <a href="https://{SITE}/q/5" rel="nofollow ugc noopener">this</a> &amp; <code>a&lt;b</code><br>'
        "@Bo <em>really</em></p>"
    )


async def test_every_post_keeps_its_source_and_licence(database: Database, tmp_path: Path) -> None:
    await _import(database, tmp_path)
    sources = [post.source for number in (1, 4, 5) for post in (await _page(database, number)).posts]
    assert [source and source.licence[-3:] for source in sources] == [*["3.0"] * 5, "4.0", "3.0", "2.5"]
    first = sources[0]
    assert first is not None
    assert (first.site, first.url) == (SITE, f"https://{SITE}/questions/1")
    author = (await _page(database, 1)).posts[0].author
    assert author is not None
    assert author.source_url == f"https://{SITE}/users/1"


async def test_authors_are_those_who_wrote_and_nobodys_accounts(database: Database, tmp_path: Path) -> None:
    await _import(database, tmp_path)
    people = (await take_stock(database))["people"]
    assert people == [
        (None, SITE, "-1", "Community", f"https://{SITE}/users/-1"),
        (901, SITE, "1", "Bo", f"https://{SITE}/users/1"),
        (None, SITE, "3", " Zoë ", f"https://{SITE}/users/3"),
        (None, SITE, "name:", "", ""),  # neither id nor name is left
        (None, SITE, "name:user77", "user77", ""),
    ]
    async with database.reading() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM members"))).scalar_one() == 0


async def test_one_person_on_two_sites_is_one_person(database: Database, tmp_path: Path) -> None:
    await _import(database, tmp_path)
    other = {"Users": [user(70, "Bo elsewhere", 901)], "Posts": [thread(1, day(1), OwnerUserId=70, Tags=None)]}
    await import_site(database, write_zip(tmp_path / "pumps.example.org.zip", other), now=NOON)
    people = (await take_stock(database))["people"]
    assert [row[1:4] for row in people if row[0] == 901] == [
        ("pumps.example.org", "70", "Bo elsewhere"),
        (SITE, "1", "Bo"),
    ]


async def test_the_sig_says_what_it_is_and_counts_what_it_has(database: Database, tmp_path: Path) -> None:
    report = await _import(database, tmp_path)
    page = await find_sig_page(database, VISITOR, report.sig_slug, NOON)
    assert page is not None
    assert (report.sig_slug, page.sig.name, page.source_name, page.sig.thread_count) == ("valves", "Valves", SITE, 3)
    assert [(tag.name, tag.thread_count) for tag in page.tags] == [("high-pressure", 1), ("pumps", 1), ("valves", 1)]
    assert page.sig.last_post_at == datetime(2018, 5, 2, tzinfo=UTC)
    assert [line.last_author and line.last_author.name for line in page.threads] == ["", "Bo", None]
    community = await find_community_page(database, VISITOR, "imported")
    assert community is not None
    assert [sig.slug for sig in community.community.sigs] == ["valves"]


async def test_what_is_counted(database: Database, tmp_path: Path) -> None:
    counts = (await _import(database, tmp_path)).counts
    assert counts["rows"] == ROWS
    assert (counts["other_posts"], counts["comments_not_stored"], counts["authors"]) == ({"5": 1}, 1, 5)
    assert (counts["votes_on_posts_not_in_dump"], counts["favourites_with_UserId"]) == (1, 1)
    assert (counts["links_with_an_end_not_in_dump"], counts["surplus_users_sharing_a_DisplayName"]) == (1, 1)
    assert (counts["scores_unlike_votes"], counts["answer_counts_unlike_replies"]) == (0, 0)
    assert counts["users_who_posted_or_commented"] == 4  # one of them wrote a tag's text only
    links = (await take_stock(database))["links"]
    assert links == [(SITE, 4, 1, "duplicate")]


async def test_scores_that_do_not_follow_from_votes_are_counted(database: Database, tmp_path: Path) -> None:
    files = change(small_site(), "Posts", 3, Score=7)
    assert (await _import(database, tmp_path, files)).counts["scores_unlike_votes"] == 1


async def test_a_second_run_changes_nothing(database: Database, tmp_path: Path) -> None:
    first = await _import(database, tmp_path)
    assert (first.inserted["threads"], first.inserted["replies"], first.inserted["comments"]) == (3, 2, 3)
    assert (first.published, first.updated) == (8, {})
    before, rows = await take_stock(database), await count_all(database)
    again = await _import(database, tmp_path)
    assert (again.inserted, again.updated, again.published, again.resumed) == ({}, {}, 0, False)
    assert (await take_stock(database), await count_all(database)) == (before, rows)


async def test_folder_and_zip_are_the_same(database: Database, tmp_path: Path) -> None:
    await _import(database, tmp_path)
    again = await import_site(database, write_zip(tmp_path / f"{SITE}.zip", small_site()), now=NOON)
    assert (again.inserted, again.updated) == ({}, {})
    crlf = write_folder(tmp_path / "crlf" / SITE, small_site(), newline="\r\n")
    again = await import_site(database, crlf, now=NOON)
    assert (again.inserted, again.updated) == ({}, {})


async def test_a_newer_dump_updates_and_appends(database: Database, tmp_path: Path) -> None:
    await _import(database, tmp_path)
    files = change(small_site(), "Posts", 1, Title="Better", Tags="<pumps>", AcceptedAnswerId=7, Body="<p>Now</p>")
    files = change(files, "Users", 1, DisplayName="Bodil")
    files["Posts"].append(reply(7, 1, day(1, "09:00:00.000"), OwnerUserId=2))
    files["Comments"].append(comment(5, 7, day(1)))
    report = await _import(database, tmp_path, files)
    assert report.inserted == {"authors": 1, "people": 1, "replies": 1, "comments": 1}
    assert report.updated == {"authors": 1, "threads": 1, "accepted answers": 1}
    page = await _page(database, 1)
    assert (page.title, page.tags, page.reply_count) == ("Better", ("pumps",), 6)
    assert (page.posts[0].number, page.posts[0].html) == (1, "<p>Now</p>")
    assert page.posts[0].author is not None
    assert page.posts[0].author.name == "Bodil"
    assert [(post.number, post.is_accepted) for post in page.posts[5:]] == [(6, True), (7, False)]  # numbers given stay
    sig = await find_sig_page(database, VISITOR, "valves", NOON)
    assert sig is not None
    assert [(tag.name, tag.thread_count) for tag in sig.tags] == [("pumps", 2)]
    assert sig.sig.thread_count == 3


async def test_what_members_wrote_stays(database: Database, tmp_path: Path) -> None:
    await _import(database, tmp_path)
    async with database.writing() as connection:
        joined = "INSERT INTO members (member_id, public_id, joined_at, in_good_standing, is_staff, has_public_page)"
        await connection.execute(text(f"{joined} VALUES (1, 'm1', 0, :yes, :no, :yes)"), {"yes": True, "no": False})
        sig_id = (await connection.execute(text("SELECT sig_id FROM sigs"))).scalar_one()
    viewer = Viewer(1, member_ring(1, in_good_standing=True, sig_ids=[sig_id]))
    thread_id = (await _thread_ids(database))[5]
    assert isinstance(await write_reply(database, viewer, thread_id, Draft(body="Ours"), NOON), Written)
    files = small_site()
    files["Posts"].append(reply(7, 5, day(9)))
    await _import(database, tmp_path, files)
    page = await _page(database, 5)
    assert [(post.number, post.html) for post in page.posts[1:]] == [(2, "<p>Ours</p>"), (3, "<p>Answer 7</p>")]
    sig = await find_sig_page(database, viewer, "valves", NOON)
    assert sig is not None
    assert sig.sig.last_post_at == NOON


async def test_a_reply_that_moved_takes_its_comments_along(database: Database, tmp_path: Path) -> None:
    await _import(database, tmp_path)
    report = await _import(database, tmp_path, change(small_site(), "Posts", 2, ParentId=4))
    assert (report.updated, report.published) == ({"replies": 1}, 2)
    assert [post.number for post in (await _page(database, 1)).posts] == [1, 2, 5]
    moved = (await _page(database, 4)).posts
    assert [(post.number, post.kind, post.reply_to_number) for post in moved[2:]] == [
        (3, "reply", None),
        (4, "comment", 3),
    ]


class _KilledError(Exception):
    pass


@pytest.mark.parametrize("after", ["authors", "tags", "threads", "replies", "comments", "links", "publishing"])
async def test_nothing_is_visible_before_everything_is(
    database: Database, tmp_path: Path, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An import that ends at any step has shown nothing; run again, it resumes and leaves nothing to change."""
    monkeypatch.setattr(command, "BATCH", 2)

    def stop(step: str, _done: int, _total: int | None) -> None:
        if step == after:
            raise _KilledError

    with pytest.raises(_KilledError):
        await _import(database, tmp_path, progress=stop)
    home = await find_home_page(database, VISITOR, NOON)
    assert (home.communities, home.threads) == ((), ())
    assert await find_sig_page(database, VISITOR, "valves", NOON) is None
    for table in ("threads", "posts", "sigs"):
        assert await _keys_of(database, table) <= {STAFF}
    resumed = await _import(database, tmp_path)
    assert (resumed.resumed, resumed.published) == (True, 8)
    again = await _import(database, tmp_path)
    assert (again.inserted, again.updated, again.published, again.resumed) == ({}, {}, 0, False)


async def _keys_of(database: Database, table: str) -> set[str]:
    query = f"SELECT DISTINCT k.text FROM {table} t JOIN key_sets k ON k.key_set_id = t.key_set_id"
    async with database.reading() as connection:
        return {row.text for row in await connection.execute(text(query))}


async def test_rows_may_stand_in_any_batches(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _import(database, tmp_path)
    before = fingerprint(await take_stock(database))
    monkeypatch.setattr(command, "BATCH", 1)
    assert (await _import(database, tmp_path)).inserted == {}
    assert fingerprint(await take_stock(database)) == before


async def test_of_two_imports_at_a_time_one_stops(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one has moved the checkpoint between two batches of this one."""

    async def prepare(given: Database, place: Place, batch: Sequence[Incoming]) -> list[Ready]:
        async with given.writing() as connection:
            await connection.execute(text("UPDATE source_sites SET rows_done = rows_done + 1"))
        return await posts.prepare(given, place, batch)

    monkeypatch.setattr(command, "prepare", prepare)
    with pytest.raises(AnotherImport):
        await _import(database, tmp_path)


async def test_a_sig_of_ones_choice(database: Database, tmp_path: Path) -> None:
    assert (await _import(database, tmp_path, sig="fittings")).sig_slug == "fittings"
    assert (await _import(database, tmp_path)).sig_slug == "fittings"
    with pytest.raises(SigTaken, match="is the SIG 'fittings' already"):
        await _import(database, tmp_path, sig="valves")
    path = write_folder(tmp_path / "pumps.example.org", small_site())
    with pytest.raises(SigTaken, match="there is a SIG 'fittings' already"):
        await import_site(database, path, now=NOON, sig="fittings")
    with pytest.raises(SigTaken, match="no name for a SIG"):
        await import_site(database, path, now=NOON, sig="Fit tings")
    async with database.reading() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM source_sites"))).scalar_one() == 1


async def test_a_sig_for_its_members_stays_theirs(database: Database, tmp_path: Path) -> None:
    """What a later dump brings opens to those who may read the SIG by then."""
    await _import(database, tmp_path)
    async with database.writing() as connection:
        await connection.execute(text("UPDATE sigs SET reading = 'sig'"))
        sig_id = (await connection.execute(text("SELECT sig_id FROM sigs"))).scalar_one()
    files = small_site()
    files["Posts"].append(thread(8, day(8)))
    await _import(database, tmp_path, files)
    posts = (await take_stock(database))["posts"]
    assert {row[2]: row[10] for row in posts if row[1] == "post"}[8] == f"sig:{sig_id}"


async def test_only_posts_and_users_are_needed(database: Database, tmp_path: Path) -> None:
    files = {name: rows for name, rows in small_site().items() if name in {"Posts", "Users"}}
    report = await _import(database, tmp_path, files)
    assert report.published == 5
    assert report.rows == 10


async def test_an_empty_site_is_a_sig(database: Database, tmp_path: Path) -> None:
    report = await _import(database, tmp_path, {"Posts": [], "Users": []})
    assert (report.published, report.counts["first_post"]) == (0, None)
    assert await find_sig_page(database, VISITOR, "valves", NOON) is not None


async def test_the_import_is_an_event_once(database: Database, tmp_path: Path) -> None:
    await _import(database, tmp_path)
    await _import(database, tmp_path)
    async with database.reading() as connection:
        events = [row.name for row in await connection.execute(select(text("name")).select_from(text("events")))]
    assert events == ["sig.imported"]
