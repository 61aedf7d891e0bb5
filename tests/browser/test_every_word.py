"""Every word that the house itself says goes through gettext: with a made-up language in which every message stands in
brackets, nothing of ours stands outside of them. Needs no browser: pages are asked of the app itself.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from xml.etree.ElementTree import Element

import html5lib
import httpx
import pytest
from babel.support import NullTranslations

from storage.letters import LetterKind
from tests.browser.specimens import SPECIMENS
from tests.cast import PARTS
from tests.conftest import Stoa
from web.mail import write_mail
from web.templating import Templates, translations

IN_ATTRIBUTES = frozenset({"alt", "aria-label", "placeholder", "title"})
SPOKEN_BY_NOBODY = frozenset({"script", "style", "code", "pre"})
THEIRS = frozenset(
    {
        *(part.name for part in PARTS.values()),
        *(part.profession for part in PARTS.values()),
        *(f"{part}@example.org" for part in PARTS),
        *("Strategy", "Where to go, and how to tell people.", "Turnaround", "Saving businesses."),
        *("Boardroom", "Behind doors.", "law", "Firefox, Linux"),
        *("How early do you tell the works council?", "Who sits on the audit committee?"),
        *("What do", "you", "do? Asked in turnaround.", "do? Asked in boardroom."),
        *(f"Said by {part} in {sig}." for part in ("joost", "lin") for sig in ("turnaround", "boardroom")),
        *("A title typed", "A body typed", "https://example.org/law"),
    }
)
"""What people wrote."""

NAMES = frozenset({"Stoa", "UTC", "NL"})
"""What is the same in every language."""

WITHOUT_WORDS = frozenset({"/-/patterns"})
"""Pages for developers that show samples in English."""


ASKING_FIRST = ("/people/joost-page/unblock", "/sigs/turnaround/join")
"""Forms that open more of one's page, and ask before they do: here of Tariq, whom nothing keeps from either."""


class _Bracketed(NullTranslations):
    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, num: int) -> str:
        return f"⟦{msgid1 if num == 1 else msgid2}⟧"


@contextmanager
def _another_language() -> Iterator[None]:
    token = translations.set(_Bracketed())
    try:
        yield
    finally:
        translations.reset(token)


def _texts(element: Element, *, in_prose: bool = False) -> Iterator[str]:
    """All that is read out or shown, in order."""
    for name in IN_ATTRIBUTES & set(element.attrib):
        yield element.attrib[name]
        yield " "
    if element.tag not in SPOKEN_BY_NOBODY:
        yield element.text or ""
        for child in element:
            yield "\n"
            yield from _texts(child)
            yield "\n"
            yield child.tail or ""


def untranslated(html: str) -> list[str]:
    """Runs of letters outside of all brackets that nobody wrote but us."""
    tree = html5lib.parse(html, treebuilder="etree", namespaceHTMLElements=False)
    outside, depth = [], 0
    for piece in re.split(r"([⟦⟧])", "".join(_texts(tree))):
        if piece in {"⟦", "⟧"}:
            depth += 1 if piece == "⟦" else -1
        elif depth == 0:
            outside.append(piece)
    assert depth == 0, "a bracket is left open"
    text = " ".join("|".join(outside).split())
    for words in sorted(THEIRS | NAMES, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(words)}(?!\w)", "|", text)
    return re.findall(r"[^\W\d_]{2,}(?:[ ][^\W\d_]+)*", text)


@pytest.fixture
def engine() -> str:
    """Words are the same on both."""
    return "sqlite"


def _paths(stoa: Stoa) -> list[str]:
    world = stoa.world
    ids = {
        "/threads/{thread_id:int}": [
            f"/threads/{world.public_thread.thread_id}",
            f"/threads/{world.closed_thread.thread_id}",
        ],
        "/posts/{post_id:int}": [],
        "/posts/{post_id:int}/edit": [f"/posts/{world.public_thread.post_id}/edit"],
        "/suggestions/{vocabulary:str}": ["/suggestions/occupations"],  # the others' words are the library's
        "/people/{address:str}": [f"/people/{person.public_id}" for person in world.people.values()],
        "/people/{address:str}/lists": ["/people/joost-page/lists"],
        "/profile/receipts/{receipt_id:int}": ["/profile/receipts/1"],
        "/lists/{list_id:int}": ["/lists/1"],
        "/search": ["/search", "/search?q=law", "/search?q=law&kind=people"],
        "/people/{address:str}/connect": ["/people/joost-page/connect"],
        "/people/{address:str}/block": ["/people/joost-page/block"],
        "/cases/{case_id:int}": ["/cases/1"],
        "/acts/{act_id:int}": ["/acts/1"],
        "/posts/{post_id:int}/moderate": [f"/posts/{world.public_thread.post_id + 1}/moderate"],
        "/report/post/{post_id:int}": [f"/report/post/{world.public_thread.post_id + 1}"],
        "/report/person/{address:str}": ["/report/person/joost-page"],
        "/report/entry/{address:str}/{slot:str}": ["/report/entry/joost-page/profession"],
        "/start/folders/{keepsake_id:int}": ["/start/folders/1"],
        "/start/notes/{keepsake_id:int}": ["/start/notes/2"],
        "/start/things/{keepsake_id:int}": [f"/start/things/{number}" for number in (1, 2, 3)],
        "/profile/view-as": [
            *("/profile/view-as?looker=member", "/profile/view-as?looker=mail", "/profile/view-as?looker=connection"),
            *("/profile/view-as?looker=person&person=joost-page", "/profile/view-as?looker=person&person=nobody"),
        ],
    }
    return [
        path
        for route, addresses in SPECIMENS.items()
        if route not in WITHOUT_WORDS
        for path in (ids[route] if route in ids else addresses(None))  # type: ignore[arg-type]
    ]


async def _make_things(browser: httpx.AsyncClient) -> None:
    """What the pages about one's own things need: a job, a link, a list with somebody on it, a receipt."""
    await browser.post(
        "/profile/experience/new", data={"role": "law", "start": "2019", "experience.audience": "members"}
    )
    await browser.post("/profile/education/new", data={"school": "law", "education.audience": "my-sigs"})
    await browser.post("/profile/link/new", data={"address": "https://example.org/law", "label": "law"})
    await browser.post("/lists", data={"name": "law"})
    await browser.post("/people/joost-page/scraps", data={"body": "law"})
    await browser.post("/people/joost-page/lists", data={"list-1": "yes"})
    for kind in ("folder", "note", "link"):
        await browser.post(f"/start/new/{kind}", data={"title": "law", "address": "https://example.org/law"})
    await browser.post("/profile/public", data={"action": "off"})


async def _refused_forms(browser: httpx.AsyncClient, stoa: Stoa) -> dict[str, str]:
    """Pages that come only in answer to a form: refused ones, previews, the widening question."""
    thread = stoa.world.public_thread
    compose, typed = "/sigs/turnaround/threads/new", {"title": "A title typed", "body": "A body typed"}
    wide = {"name": "Amara Okafor", "profession": "Plant director", "gender.audience": "public", "gender": "woman"}
    forms = [
        ("/register", {}),
        ("/register", {"name": "x" * 200, "email": "typed", "password": "1234567890", "gender": "wrong"}),
        ("/sign-in", {"email": "nobody@example.org", "password": "wrong"}),
        ("/forgot", {"email": ""}),
        (compose, {"title": "", "body": ""}),
        (compose, {**typed, "tags": "a b, c, d, e, f, g, h, i, j"}),
        (compose, {**typed, "action": "preview"}),
        (f"/threads/{thread.thread_id}/replies", {"body": ""}),
        (f"/threads/{thread.thread_id}/replies", {"body": "A body typed", "action": "preview"}),
        (f"/posts/{thread.post_id}/edit", {**typed, "version": "77"}),
        (f"/posts/{thread.post_id + 1}/delete", {}),
        ("/settings/password", {"current_password": "wrong", "password": "short"}),
        ("/settings/email", {"email": "typed"}),
        ("/profile/edit", {"name": ""}),
        ("/profile/edit", wide),
        ("/profile/edit", {"gender": "woman", "gender.audience": "members"}),
        ("/profile/experience/new", {"start": "soon", "end": "2001"}),
        ("/profile/public", {"action": "on"}),
        ("/people/joost-page/scraps", {"body": ""}),
        ("/people/joost-page/scraps", {"body": "law", "private": "yes", "action": "preview"}),
        ("/lists", {"name": "law"}),
        *((path, {}) for path in ASKING_FIRST),
    ]
    return {f"POST {path} {sorted(form)}": (await browser.post(path, data=form)).text for path, form in forms}


@pytest.mark.parametrize("part", ["visitor", "amara", "joost", "tariq", "nina"])
async def test_every_word_of_ours_is_translated(stoa: Stoa, part: str) -> None:
    browser = await stoa.browser(part)
    await _make_things(browser)
    with _another_language():
        answers = {path: (await browser.get(path, follow_redirects=True)).text for path in _paths(stoa)}
        answers |= await _refused_forms(browser, stoa)
    assert all("⟦" in html for html in answers.values() if html)
    asked = {path for path in ASKING_FIRST if 'name="confirm_widening"' in answers[f"POST {path} []"]}
    assert part != "tariq" or asked == set(ASKING_FIRST)
    found = {where: left for where, html in answers.items() if html and (left := untranslated(html))}
    assert found == {}


def test_a_word_that_is_not_translated_is_found() -> None:
    page = "<title>⟦Square⟧ · Stoa</title><p>⟦Read %s⟧ <b>now</b></p><input alt='Write it'><i>⟦soon⟧</i> to Lin Meiling"
    assert untranslated(page) == ["now Write it", "to"]


@pytest.mark.parametrize("kind", LetterKind)
def test_every_word_of_a_mail_is_translated(kind: LetterKind) -> None:
    environment = Templates(assets={}, strict=True).environment
    with _another_language():
        mail = write_mail(environment, kind, "lin@example.org", link="/1", host="127.0.0.1")
    assert mail.subject.startswith("⟦")
    assert untranslated(mail.html) == []
    assert untranslated(escape(f"{mail.subject} {mail.text}")) == []
