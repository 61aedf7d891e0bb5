"""Search over HTTP: the page, its tabs and highlights, what is hidden, what is stale, and people to choose from."""

import re
from urllib.parse import quote

import httpx
import pytest

from domain.search import LONGEST_QUERY, CompletionKind
from storage.forum.commands import Draft, start_thread, write_reply
from storage.search.index import index_everything
from storage.search.page import find_completions
from tests.agreeing import post_agreed
from tests.cast import NOON
from tests.conftest import Stoa
from web.worker import work_once

PARTIAL = {"hx-request": "true", "hx-request-type": "partial", "hx-target": "section#results"}


@pytest.fixture
async def indexed(stoa: Stoa) -> Stoa:
    """The cast, with all of it in the index."""
    await index_everything(stoa.database)
    return stoa


async def _found(stoa: Stoa, part: str, query: str, kind: str = "threads") -> list[str]:
    text = (await (await stoa.browser(part)).get("/search", params={"q": query, "kind": kind})).text
    return re.findall(r'<h3><a href="([^"]+)"', text)


async def _work(stoa: Stoa) -> None:
    """Let the worker do what waits."""
    while await work_once(stoa.app.state.house, "worker"):
        pass


async def test_each_finds_what_they_can_read(indexed: Stoa) -> None:
    public, closed = (
        f"/threads/{thread.thread_id}" for thread in (indexed.world.public_thread, indexed.world.closed_thread)
    )
    assert await _found(indexed, "visitor", "council") == [public]
    assert await _found(indexed, "visitor", "audit committee") == []
    assert await _found(indexed, "lin", "audit committee") == [closed]
    assert await _found(indexed, "lin", '"committee audit"') == []
    assert len(await _found(indexed, "lin", "said", "replies")) == 3
    assert len(await _found(indexed, "tariq", "said", "replies")) == 2
    assert len(await _found(indexed, "lin", "said sig:boardroom", "replies")) == 1
    assert await _found(indexed, "tariq", "said sig:boardroom", "replies") == []
    assert len(await _found(indexed, "tariq", "said author:joost", "replies")) == 1
    assert await _found(indexed, "visitor", "turnaround", "sigs") == ["/sigs/turnaround"]
    assert await _found(indexed, "tariq", "plant director", "people") == ["/people/amara-page"]


async def test_the_page_says_how_many_and_shows_where(indexed: Stoa) -> None:
    answer = await (await indexed.browser()).get("/search", params={"q": "works council"})
    assert "<mark>works</mark> <mark>council</mark>" in answer.text
    assert 'name="robots" content="noindex' in answer.text
    assert answer.headers["x-robots-tag"].startswith("noindex")
    assert 'kind=threads" aria-current="page">Threads <span class="figures">1</span>' in answer.text
    assert "What are you looking for?" in (await (await indexed.browser()).get("/search")).text
    nothing = await (await indexed.browser()).get("/search", params={"q": "nowhere"})
    assert "Try fewer words" in nothing.text


async def test_while_typing_only_the_results_come_and_the_last_word_goes_on(indexed: Stoa) -> None:
    browser = await indexed.browser()
    whole = await browser.get("/search", params={"q": "works counc"})
    assert "/threads/" not in whole.text
    asked = {"q": "works counc", "typing": "yes"}
    block = await browser.get("/search", params=asked, headers=PARTIAL)
    assert block.text.lstrip().startswith('<section id="results"')
    assert "<mark>council</mark>" in block.text


ODD = (
    '"', '""', "sig:", "author:", "in:x", "in:99999999999999999999", "*", "a* OR b", "NEAR(a b)", "' & !", "\\", "-",
    "\u202eabc", "早く", "x" * 5000, "a " * 400, "(", "^t", "{words}: a", "'x':*", "\U0010ffff", "é" * 300, "\t\n",
)  # fmt: skip


@pytest.mark.parametrize("text", ODD)
async def test_nothing_that_is_typed_is_an_error(indexed: Stoa, text: str) -> None:
    for typing in ("", "yes"):
        for kind in ("threads", "people", "sigs", "no-such-kind"):
            query = {"q": text, "kind": kind, "typing": typing}
            answer = await (await indexed.browser()).get("/search", params=query)
            assert answer.status_code == 200
            assert text[: LONGEST_QUERY + 1] not in answer.text or len(text) <= LONGEST_QUERY


async def test_what_was_typed_is_shown_as_text(indexed: Stoa) -> None:
    answer = await (await indexed.browser()).get("/search", params={"q": '"><script>alert(1)</script>'})
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize("before", ["x", "2-1", "0-", "0-1' OR 1", "1-" + "9" * 300])
async def test_odd_cursors_are_refused(indexed: Stoa, before: str) -> None:
    answer = await (await indexed.browser()).get("/search", params={"q": "said", "before": before})
    assert answer.status_code == 400


async def _hide_canaries(stoa: Stoa) -> None:
    """Words that stand where some cannot look: a closed SIG, an entry, a deleted post, a hidden name."""
    lin, amara = await stoa.browser("lin"), stoa.world["amara"].viewer
    await post_agreed(lin, "/profile/edit", {"about": "ѫqcanary here", "about.audience": "sig:2"})
    draft = Draft("ѫqcanary in the room", title="ѫqcanary on the door", tags="ѫqcanary")
    thread = await start_thread(stoa.database, amara, "boardroom", draft, NOON)
    await write_reply(stoa.database, stoa.world["lin"].viewer, thread.thread_id, Draft("ѫqcanary said"), NOON)  # type: ignore[union-attr]
    await index_everything(stoa.database)


def _without(word: str, answer: httpx.Response) -> str:
    return answer.text.replace(word, "").replace(quote(word), "")


@pytest.mark.slow
@pytest.mark.parametrize("part", ["visitor", "tariq", "nina", "sven", "joost"])
async def test_a_hidden_word_answers_as_a_word_that_nobody_wrote(indexed: Stoa, part: str) -> None:
    await _hide_canaries(indexed)
    browser = await indexed.browser(part)
    for hidden, random in (("ѫqcanary", "ѭkrandom"), ("ѫqcan", "ѭkran"), ("ѫq", "ѭk"), ("ѫ", "ѭ")):
        for kind in ("threads", "replies", "people", "sigs"):
            for more, typing in (("", ""), ("", "yes"), (" said", ""), (" author:lin", ""), (" sig:boardroom", "yes")):
                asked = [{"q": f"{more} {word}", "kind": kind, "typing": typing} for word in (hidden, random)]
                one, other = [await browser.get("/search", params=query) for query in asked]
                assert _without(hidden, one) == _without(random, other), (hidden, kind, more)
    for kind in ("people", "mentions"):
        for hidden, random in (("ѫqcanary", "ѭkrandom"), ("ѫ", "ѭ")):
            one, other = [await browser.get(f"/completions/{kind}", params={"q": word}) for word in (hidden, random)]
            assert _without(hidden, one) == _without(random, other)


async def test_those_who_may_see_it_find_it(indexed: Stoa) -> None:
    await _hide_canaries(indexed)
    assert len(await _found(indexed, "lin", "ѫqcanary")) == 1
    assert len(await _found(indexed, "amara", "ѫqcanary", "replies")) == 1
    assert await _found(indexed, "amara", "ѫqcanary", "people") == ["/people/lin-page"]


async def test_what_changes_is_gone_at_the_next_request_and_there_when_the_worker_has_been(indexed: Stoa) -> None:
    amara = await indexed.browser("amara")
    await _work(indexed)
    post_id, thread_id = indexed.world.public_thread.post_id, indexed.world.public_thread.thread_id
    edited = {"title": "How late do you tell the bank?", "body": "Changed.", "tags": "", "version": "1"}
    assert (await amara.post(f"/posts/{post_id}/edit", data=edited)).status_code == 303
    assert await _found(indexed, "visitor", "council") == []
    await _work(indexed)
    assert await _found(indexed, "visitor", "council") == []
    assert await _found(indexed, "visitor", "late bank") == [f"/threads/{thread_id}"]
    joost = await indexed.browser("joost")
    reply_id = post_id + 1
    assert await _found(indexed, "visitor", "said joost", "replies") == [f"/posts/{reply_id}"]
    await joost.post(f"/posts/{reply_id}/delete")
    assert await _found(indexed, "visitor", "said joost", "replies") == []
    await joost.post(f"/posts/{reply_id}/restore")
    await _work(indexed)
    assert await _found(indexed, "visitor", "said joost", "replies") == [f"/posts/{reply_id}"]


async def test_an_entry_is_found_while_it_says_so_and_by_whom_it_shows(indexed: Stoa) -> None:
    amara, tariq = await indexed.browser("amara"), "tariq"
    await post_agreed(amara, "/profile/edit", {"about": "Beekeeping on roofs", "about.audience": "members"})
    await _work(indexed)
    assert await _found(indexed, tariq, "beekeeping director", "people") == ["/people/amara-page"]
    assert await _found(indexed, "visitor", "beekeeping", "people") == []
    text = (await (await indexed.browser(tariq)).get("/search", params={"q": "roofs", "kind": "people"})).text
    assert "Beekeeping on <mark>roofs</mark>" in text
    await post_agreed(amara, "/profile/edit", {"about": "Beekeeping on roofs", "about.audience": "only-me"})
    assert await _found(indexed, tariq, "beekeeping", "people") == []
    assert (await indexed.browser(tariq)) is not amara
    await post_agreed(amara, "/profile/edit", {"about": "Bees", "about.audience": "members"})
    await post_agreed(amara, "/profile/edit", {"about": "Ants", "about.audience": "members"})
    await _work(indexed)
    assert await _found(indexed, tariq, "bees", "people") == []
    assert await _found(indexed, tariq, "ants", "people") == ["/people/amara-page"]
    await post_agreed(amara, "/profile/edit", {"name": "Amara Okafor", "name.audience": "only-me"})
    assert await _found(indexed, tariq, "ants", "people") == []
    assert await _found(indexed, tariq, "author:amara") == []


async def test_people_can_be_chosen_while_typing(indexed: Stoa) -> None:
    browser = await indexed.browser("amara")
    block = {**PARTIAL, "hx-target": "ul#options"}
    text = (await browser.get("/completions/mentions", params={"q": "joo"}, headers=block)).text
    assert 'data-address="joost-page" data-name="Joost van Dijk"' in text
    assert "<html" not in text
    own = (await browser.get("/completions/mentions", params={"q": "amara"})).text
    assert "data-address" not in own, "nobody mentions themselves"
    assert "amara-page" in (await browser.get("/completions/people", params={"q": "okaf"})).text
    assert (await browser.get("/completions/no-such-kind")).status_code == 404
    assert (await (await indexed.browser("nina")).get("/completions/people", params={"q": "joo"})).status_code == 403


async def test_each_page_has_the_field(indexed: Stoa) -> None:
    for part in ("visitor", "amara"):
        text = (await (await indexed.browser(part)).get("/")).text
        assert 'role="search" action="/search"' in text
        assert '<a class="top-find" href="/search"' in text


async def test_who_opts_out_is_found_by_nobody_from_the_next_request_on(indexed: Stoa) -> None:
    """Not by results or counts, not by `author:`, and never offered, in the very thread neither."""
    joost = await indexed.browser("joost")

    async def traces(part: str) -> tuple[list[str], list[str], int, bool, bool]:
        browser = await indexed.browser(part)
        page = (await browser.get("/search", params={"q": "joost", "kind": "people"})).text
        count = re.findall(r'kind=people"[^>]*>People <span class="figures">(\d+)</span>', page)
        found = await _found(indexed, part, "joost", "people")
        posts = await _found(indexed, part, "said author:joost", "replies")
        viewer = indexed.world[part].viewer
        people, mentions = [
            bool((await find_completions(indexed.database, viewer, kind, "joo")).people) for kind in CompletionKind
        ]
        return found, count, len(posts), people, mentions

    there = (["/people/joost-page"], ["1"], 1, True)
    everyone = {"amara": (*there, True), "tariq": (*there, True), "joost": (*there, False)}
    for part, seen in everyone.items():
        assert await traces(part) == seen, part
    choice = (await joost.get("/settings/search")).text
    assert 'value="yes" checked' in choice
    for _twice in range(2):
        done = await joost.post("/settings/search", data={"found": "no"})
        assert done.headers["location"] == "/settings/search?saved=yes"
        for part in everyone:
            assert await traces(part) == ([], ["0"], 0, False, False), part
    assert 'value="no" checked' in (await joost.get("/settings/search")).text
    assert (await (await indexed.browser("tariq")).get("/people/joost-page")).status_code == 200, "the page stays"
    assert (await joost.post("/settings/search", data={"found": "maybe"})).status_code == 400
    await joost.post("/settings/search", data={"found": "yes"})
    for part, seen in everyone.items():
        assert await traces(part) == seen, part
