"""Pages as programs read them: asking, the head of an answer, and what is put there to be found."""

import re
from typing import Any

import httpx

from domain.forum import ThreadKind
from storage.forum.commands import Draft, Written, start_thread, write_reply
from tests.cast import NOON
from tests.conftest import Stoa
from web.settings import Settings

SITE = Settings().site_url
PLAIN = {"accept-encoding": "identity"}
LONG = "Long enough. " * 8


async def get(stoa: Stoa, path: str, part: str = "visitor", **headers: str) -> httpx.Response:
    """The answer to this part, uncompressed unless the headers ask otherwise."""
    browser = await stoa.browser(part)
    return await browser.get(
        path, headers={**PLAIN, **{name.replace("_", "-"): text for name, text in headers.items()}}
    )


async def start(
    stoa: Stoa, body: str = LONG, kind: ThreadKind = ThreadKind.DISCUSSION, sig: str = "turnaround"
) -> Written:
    """A thread by Amara, with nothing but its opening."""
    draft = Draft(body=body, title="A matter of its own", kind=kind)
    written = await start_thread(stoa.database, stoa.world["amara"].viewer, sig, draft, NOON)
    assert isinstance(written, Written)
    return written


async def reply_in(stoa: Stoa, thread: Written, part: str = "joost", **more: Any) -> Written:
    """A reply in it."""
    draft = Draft(body=f"Said by {part}.", **more)
    written = await write_reply(stoa.database, stoa.world[part].viewer, thread.thread_id, draft, NOON)
    assert isinstance(written, Written)
    return written


def meta(text: str, name: str) -> str | None:
    """What a meta tag of the page says."""
    found = re.search(rf'<meta (?:name|property)="{re.escape(name)}"[^>]* content="([^"]*)"', text)
    return found[1] if found else None


def link(text: str, rel: str) -> str | None:
    """Where a link in the head leads."""
    found = re.search(rf'<link rel="{rel}"[^>]* href="([^"]*)"', text)
    return found[1].replace("&amp;", "&") if found else None


def is_indexable(answer: httpx.Response) -> bool:
    """Whether search engines may list it, by the tag and by the header."""
    tag, header = meta(answer.text, "robots") or "", answer.headers.get("x-robots-tag", "")
    assert tag == header, "the tag and the header say the same"
    return answer.status_code == 200 and "noindex" not in tag


async def write_headline(stoa: Stoa, part: str, audience: str = "everyone", name_audience: str = "everyone") -> None:
    """Fill in the headline of somebody's page, and set who sees it and the name."""
    browser = await stoa.browser(part)
    form = {
        "headline": f"{part} makes plants",
        "headline.audience": audience,
        "name.audience": name_audience,
        "public_page": "yes",
        "confirm_widening": "yes",
    }
    assert (await browser.post("/profile/edit", data=form)).status_code == 303
