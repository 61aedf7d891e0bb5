"""Structured data: what search engines ask for is there, and nothing that a visitor does not see."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import extruct
import pytest

from domain.forum import PostKind, ThreadKind
from domain.views import SafeHtml
from domain.visibility import VISITOR
from storage.forum.pages import find_thread_page
from storage.forum.removal import accept_post, delete_post
from storage.plain_text import plain_text
from tests.cast import NOON
from tests.conftest import Stoa
from tests.web.heads import LONG, SITE, get, meta, reply_in, start, write_headline
from web.structured_data import structured_data

# Structured data: the properties that search engines ask for.

PERSON = {"name"}
POST = {"author", "datePublished", "text", "url"}
REQUIRED = {
    "DiscussionForumPosting": POST | {"headline", "comment", "interactionStatistic", "isPartOf"},
    "Comment": POST,
    "Question": {"name", "text", "answerCount", "author", "datePublished"},
    "Answer": POST,
    "QAPage": {"mainEntity"},
    "Person": PERSON,
    "ProfilePage": {"mainEntity"},
    "InteractionCounter": {"userInteractionCount", "interactionType"},
    "BreadcrumbList": {"itemListElement"},
    "ListItem": {"position", "name", "item"},
    "Organization": {"name", "url"},
    "WebSite": {"name", "url"},
    "CreativeWork": {"name", "url"},
}


def _graph(text: str) -> list[dict[str, Any]]:
    """The structured data of a page, each thing in it with all that its kind must have."""
    found = extruct.extract(text, syntaxes=["json-ld"])["json-ld"]
    things = found[0]["@graph"] if found else []
    for thing in _walk(things):
        assert REQUIRED[thing["@type"]] <= thing.keys(), thing
    return list(things)


def _walk(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for part in value.values():
            yield from _walk(part)
    elif isinstance(value, list):
        for part in value:
            yield from _walk(part)


async def test_a_discussion_with_its_comments(stoa: Stoa) -> None:
    thread = await start(stoa, body=f"</script><script>alert(1)</script> & <b>{LONG}")
    reply = await reply_in(stoa, thread)
    await reply_in(stoa, thread, "lin", reply_to_id=reply.post_id)
    gone = await reply_in(stoa, thread, "lin")
    await delete_post(stoa.database, stoa.world["lin"].viewer, gone.post_id, NOON)
    answer = await get(stoa, f"/threads/{thread.thread_id}")
    posting, crumbs = _graph(answer.text)
    assert posting["@type"] == "DiscussionForumPosting"
    assert posting["text"].startswith("</script><script>alert(1)</script> & <b>Long enough.")
    assert posting["author"] == {"@type": "Person", "name": "Amara Okafor", "url": f"{SITE}/people/amara-page"}
    (comment,) = posting["comment"]
    assert (comment["text"], comment["author"]["name"]) == ("Said by joost.", "Joost van Dijk")
    assert comment["url"] == f"{SITE}/threads/{thread.thread_id}#post-{reply.post_id}"
    (nested,) = comment["comment"]
    assert nested["author"] == {"@type": "Person", "name": "Member 3"}
    assert posting["interactionStatistic"][0]["userInteractionCount"] == 3
    assert [step["name"] for step in crumbs["itemListElement"]] == [
        "The square", "Strategy", "Turnaround", "A matter of its own"
    ]  # fmt: skip
    assert "Lin" not in answer.text


async def test_a_later_page_keeps_the_first_post_with_the_address_of_page_one(stoa: Stoa) -> None:
    thread = await start(stoa)
    for _ in range(21):
        await reply_in(stoa, thread)
    (posting, _) = _graph((await get(stoa, f"/threads/{thread.thread_id}?page=2")).text)
    assert posting["url"] == f"{SITE}/threads/{thread.thread_id}"
    assert posting["text"] == LONG.strip()
    assert len(posting["comment"]) == 2
    assert all("?page=2#post-" in comment["url"] for comment in posting["comment"])


async def test_a_question_with_its_answers(stoa: Stoa) -> None:
    thread = await start(stoa, kind=ThreadKind.QUESTION)
    first = await reply_in(stoa, thread)
    await reply_in(stoa, thread, "lin", reply_to_id=first.post_id)
    await accept_post(stoa.database, stoa.world["amara"].viewer, first.post_id, NOON)
    page, _ = _graph((await get(stoa, f"/threads/{thread.thread_id}")).text)
    question = page["mainEntity"]
    assert (page["@type"], question["@type"], question["answerCount"]) == ("QAPage", "Question", 2)
    assert question["acceptedAnswer"]["text"] == "Said by joost."
    assert [answer["text"] for answer in question["suggestedAnswer"]] == ["Said by lin."]


async def test_the_accepted_answer_of_a_later_page_has_an_address_that_leads_there(stoa: Stoa) -> None:
    thread = await start(stoa, kind=ThreadKind.QUESTION)
    replies = [await reply_in(stoa, thread) for _ in range(25)]
    await accept_post(stoa.database, stoa.world["amara"].viewer, replies[-1].post_id, NOON)
    page, _ = _graph((await get(stoa, f"/threads/{thread.thread_id}")).text)
    assert page["mainEntity"]["acceptedAnswer"]["url"] == f"{SITE}/posts/{replies[-1].post_id}"


async def test_a_thread_whose_opening_is_gone_has_no_author_to_tell(stoa: Stoa) -> None:
    thread = await start(stoa)
    await reply_in(stoa, thread)
    await delete_post(stoa.database, stoa.world["amara"].viewer, thread.post_id, NOON)
    (crumbs,) = _graph((await get(stoa, f"/threads/{thread.thread_id}")).text)
    assert crumbs["@type"] == "BreadcrumbList"


async def test_home_says_whose_it_is_and_thin_pages_say_nothing(stoa: Stoa) -> None:
    assert [thing["@type"] for thing in _graph((await get(stoa, "/")).text)] == ["Organization", "WebSite"]
    short = await start(stoa, body="Too short.")
    assert _graph((await get(stoa, f"/threads/{short.thread_id}")).text) == []
    assert _graph((await get(stoa, "/people/amara-page")).text) == []


async def test_a_person_has_a_profile_of_what_is_public(stoa: Stoa) -> None:
    await write_headline(stoa, "amara")
    answer = await get(stoa, "/people/amara-page")
    (profile,) = _graph(answer.text)
    assert profile["mainEntity"] == {
        "@type": "Person",
        "name": "Amara Okafor",
        "url": f"{SITE}/people/amara-page",
        "identifier": "amara-page",
        "jobTitle": "Plant director",
        "description": "amara makes plants",
    }
    assert meta(answer.text, "og:type") == "profile"
    assert meta(answer.text, "description") == "amara makes plants"


async def test_open_graph_says_what_stands_on_the_page(stoa: Stoa) -> None:
    thread = await start(stoa)
    text = (await get(stoa, f"/threads/{thread.thread_id}")).text
    assert meta(text, "og:title") == "A matter of its own"
    assert meta(text, "og:url") == f"{SITE}/threads/{thread.thread_id}"
    assert meta(text, "og:site_name") == "Stoa"
    assert (meta(text, "description") or "").startswith("Long enough.")


async def test_remarks_stand_under_what_they_remark_on(stoa: Stoa) -> None:
    thread = await start(stoa, kind=ThreadKind.QUESTION)
    answer = await reply_in(stoa, thread)
    on_answer = await reply_in(stoa, thread, "lin", reply_to_id=answer.post_id)
    on_question = await reply_in(stoa, thread, "lin", reply_to_id=thread.post_id)
    remarks = {on_answer.post_id, on_question.post_id}
    page = await find_thread_page(stoa.database, VISITOR, thread.thread_id, 1)
    assert page
    posts = [replace(post, kind=PostKind.COMMENT) if post.post_id in remarks else post for post in page.posts]
    data = structured_data(replace(page, posts=tuple(posts)), SITE)
    assert data
    question = data["@graph"][0]["mainEntity"]
    assert question["answerCount"] == 1
    assert [remark["url"].partition("#")[2] for remark in question["comment"]] == [f"post-{on_question.post_id}"]
    (suggested,) = question["suggestedAnswer"]
    assert [remark["url"].partition("#")[2] for remark in suggested["comment"]] == [f"post-{on_answer.post_id}"]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One &amp; two</p>\n<p>three</p>", "One & two\nthree"),
        ("<p>a</p><p>b<br>c</p>", "a\nb\nc"),
        ("<ul>\n<li>one</li><li>two</li>\n</ul>", "one\ntwo"),
        ("<pre><code>&lt;script&gt;x\n  y</code></pre>", "<script>x\ny"),
        ('<p>A <a href="https://example.org/?a=1&amp;b=2" rel="nofollow">link</a>.</p>', "A link."),
        ("", ""),
    ],
)
def test_the_text_of_a_post_has_no_markup(html: str, text: str) -> None:
    assert plain_text(SafeHtml(html)) == text
