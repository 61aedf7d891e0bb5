"""Bad input gets a clear 4xx page in the look of the house, never a 5xx, and nothing that was typed is lost."""

import string
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cast import sign_in
from tests.conftest import Stoa
from tests.leaks.asking import Answer, ask, form_headers
from tests.web.oddities import BODIES, COOKIES, HEADERS, NESTED, ORIGINS, PATHS, QUERIES, SIG_QUERIES, URLENCODED
from web.app import LARGEST_BODY
from web.visits import SESSION_COOKIE


async def _session(stoa: Stoa, part: str) -> tuple[str, str]:
    return "cookie", f"{SESSION_COOKIE}={await sign_in(stoa.database, stoa.world[part])}"


async def _post(
    stoa: Stoa, path: str | bytes, body: bytes, *, part: str = "", kind: str = URLENCODED, more: Sequence[Any] = ()
) -> Answer:
    headers: list[Any] = [*form_headers(len(body), kind), *more]
    if part:
        headers.append(await _session(stoa, part))
    return await ask(stoa.app, path, method="POST", headers=headers, body=body)


def _demand_page(answer: Answer, *statuses: int) -> None:
    """One of these statuses (any 4xx when none is named), as a page with the house's landmark and title."""
    assert 400 <= answer.status < 500, (answer.status, answer.body[:300])
    assert not statuses or answer.status in statuses, answer.status
    assert answer.header("content-type") == "text/html; charset=utf-8"
    assert '<main id="main"' in answer.text
    assert " · Stoa</title>" in answer.text
    assert "<h1>" in answer.text
    assert answer.header("cache-control") == "no-store"


class Faults(list[str]):
    """What went wrong over a list of inputs, so that one world serves them all and one fault hides no other."""

    @contextmanager
    def about(self, what: object) -> Iterator[None]:
        """Note a failed demand about this input and go on."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 -- whatever the app lets out is the finding
            self.append(f"{str(what)[:90]}: {type(error).__name__} {str(error)[:120]}")

    def demand_none(self) -> None:
        """Fail with every one of them."""
        assert not self, "\n".join(self)


def _thread(stoa: Stoa) -> str:
    return f"/threads/{stoa.world.public_thread.thread_id}"


async def test_an_address_that_leads_nowhere(stoa: Stoa) -> None:
    faults, session = Faults(), await _session(stoa, "amara")
    for path in PATHS:
        for headers in ([], [session]):
            with faults.about(path):
                _demand_page(await ask(stoa.app, path, headers=headers), 400, 404, 405, 410)
    faults.demand_none()


async def test_a_thread_is_asked_for_oddly(stoa: Stoa) -> None:
    faults = Faults()
    for query in QUERIES:
        with faults.about(query):
            _demand_page(await ask(stoa.app, _thread(stoa).encode() + b"?" + query), 400, 404)
    faults.demand_none()


async def test_a_sig_is_asked_for_oddly(stoa: Stoa) -> None:
    faults = Faults()
    for query in SIG_QUERIES:
        with faults.about(query):
            answer = await ask(stoa.app, b"/sigs/turnaround?" + query)
            if answer.status != 200 or not query.startswith(b"tag="):
                _demand_page(answer, 400, 404)
    faults.demand_none()


async def test_a_reply_is_sent_oddly(stoa: Stoa) -> None:
    faults = Faults()
    for name, (body, kind) in BODIES.items():
        with faults.about(name):
            answer = await _post(stoa, f"{_thread(stoa)}/replies", body, part="joost", kind=kind)
            assert answer.status in {400, 404, 415, 422}, answer.status
            assert '<main id="main"' in answer.text
    faults.demand_none()


OTHER_FORMS = {"/register": "", "/sign-in": "", "/forgot": "", "/profile/edit": "amara", "/settings/email": "amara"}


async def test_other_forms_are_sent_oddly(stoa: Stoa) -> None:
    faults = Faults()
    for path, part in OTHER_FORMS.items():
        for name, (body, kind) in BODIES.items():
            with faults.about(f"{path} {name}"):
                answer = await _post(stoa, path, body, part=part, kind=kind)
                assert answer.status < 500, answer.status
                assert answer.status == 303 or '<main id="main"' in answer.text
    faults.demand_none()


async def test_too_large_a_body_is_refused(stoa: Stoa) -> None:
    path = f"{_thread(stoa)}/replies"
    for size in (LARGEST_BODY + 1, 1024 * 1024):
        _demand_page(await _post(stoa, path, b"body=" + b"x" * size, part="joost"), 413)
    answer = await _post(stoa, path, b"body=" + b"x" * (LARGEST_BODY - 100), part="joost")
    _demand_page_with_form(answer)


def _demand_page_with_form(answer: Answer) -> None:
    assert answer.status == 422
    assert "<textarea" in answer.text


async def test_nested_markdown_is_rendered_or_refused(stoa: Stoa) -> None:
    """And what was typed is still in the form when it was refused."""
    faults = Faults()
    for name, text in NESTED.items():
        with faults.about(name):
            body = urlencode({"body": text[:29_990], "action": "preview"}).encode()
            answer = await _post(stoa, f"{_thread(stoa)}/replies", body, part="joost")
            assert answer.status in {200, 422}, answer.status
            assert "<textarea" in answer.text
    faults.demand_none()


async def test_a_refused_form_keeps_what_was_typed(stoa: Stoa) -> None:
    typed = {"title": "Hm", "body": "Kept <b>for</b> certain.", "tags": "one two"}
    answer = await _post(stoa, "/sigs/turnaround/threads/new", urlencode(typed).encode(), part="joost")
    assert answer.status == 422
    assert all(part in answer.text for part in ("Kept &lt;b&gt;for&lt;/b&gt; certain.", 'value="Hm"', "one two"))
    typed = {"name": "A" * 200, "name.audience": "members", "headline": "Kept too"}
    typed |= {"headline.audience": "only-me"}
    answer = await _post(stoa, "/profile/edit", urlencode(typed).encode(), part="joost")
    assert answer.status == 422
    assert "Kept too" in answer.text
    assert "A" * 200 in answer.text
    form = {"name": "Kept Name", "email": "no address", "password": "never sent back"}
    answer = await _post(stoa, "/register", urlencode(form).encode())
    assert answer.status == 422
    assert "Kept Name" in answer.text
    assert "no address" in answer.text
    assert "never sent back" not in answer.text


async def test_a_wrong_method(stoa: Stoa) -> None:
    faults = Faults()
    for path in ("/", "/people/amara-page", "/static/stoa.css", "/no/such/page", "/-/health"):
        for method in ("PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "POST", "FOO"):
            with faults.about(f"{method} {path}"):
                _demand_page(await ask(stoa.app, path, method=method, headers=form_headers(0)), 404, 405)
    faults.demand_none()


async def test_reading_what_takes_forms_only(stoa: Stoa) -> None:
    for path in ("/sign-out", "/sigs/turnaround/join", f"{_thread(stoa)}/replies", "/posts/1/delete"):
        answer = await ask(stoa.app, path)
        assert answer.status in {404, 405}
        assert '<main id="main"' in answer.text


async def test_forged_cookies_make_a_visitor(stoa: Stoa) -> None:
    faults, closed = Faults(), f"/threads/{stoa.world.closed_thread.thread_id}"
    for cookie in (*COOKIES, b"__Host-session=\xff\xfe", b"\xc3\x28=\x00"):
        headers: list[Any] = [("cookie", cookie)]
        with faults.about(repr(cookie)):
            answer = await ask(stoa.app, _thread(stoa), headers=headers)
            assert answer.status == 200, answer.status
            assert "Amara Okafor" in answer.text
            _demand_page(await ask(stoa.app, closed, headers=headers), 404)
            _demand_page(await _post(stoa, f"{_thread(stoa)}/replies", b"body=hello", more=headers), 401)
    faults.demand_none()


async def test_a_form_from_elsewhere_is_refused(stoa: Stoa) -> None:
    faults, session = Faults(), await _session(stoa, "joost")
    for origin in ORIGINS:
        headers = [*origin, ("content-type", URLENCODED), session]
        for path in (f"{_thread(stoa)}/replies", "/sign-out", "/sigs/boardroom/join"):
            with faults.about(f"{path} {origin}"):
                _demand_page(await ask(stoa.app, path, method="POST", headers=headers, body=b"body=hello"), 403)
    faults.demand_none()


async def test_absurd_headers(stoa: Stoa) -> None:
    faults, partial = Faults(), [("hx-request-type", "partial"), ("hx-target", "main#main")]
    for header in HEADERS:
        for headers in ([header], [header, header], [header, *partial]):
            with faults.about(header):
                answer = await ask(stoa.app, "/", headers=headers)
                assert answer.status < 500, answer.status
                assert b"evil.example" not in answer.raw
    faults.demand_none()


LETTERS = string.ascii_letters + "%/.\\\0\n\r\t<>\"'&;?#+ é€𝄞\u202e" + string.digits


def _addresses() -> st.SearchStrategy[str]:
    starts = [
        "/threads/",
        "/posts/",
        "/sigs/",
        "/people/",
        "/communities/",
        "/confirm/",
        "/reset/",
        "/static/",
        "/",
        "/sigs/turnaround?tag=",
    ]
    ends = ["", "/edit", "/threads/new", "?page=", "?before=", "?next="]
    text = st.text(LETTERS, max_size=20) | st.integers().map(str)
    return st.builds(lambda *parts: "".join(parts), st.sampled_from(starts), text, st.sampled_from(ends), text)


async def test_nothing_that_is_asked_breaks_it(stoa: Stoa, engine: str) -> None:
    """Random addresses, forms and cookies: whatever they are, never a 5xx."""
    session = await _session(stoa, "amara")
    runs = 250 if engine == "sqlite" else 100
    faults = Faults()
    for address, body, method in _drawn(runs):
        headers = [*form_headers(len(body)), session]
        with faults.about((method, address, body)):
            answer = await ask(stoa.app, address, method=method, headers=headers, body=body)
            assert answer.status < 500, answer.status
    faults.demand_none()


def _drawn(runs: int) -> Iterator[tuple[bytes, bytes, str]]:
    """Drawn by Hypothesis, the same each time, and asked within the loop that runs already."""
    fields = st.sampled_from(
        ["body", "title", "tags", "version", "reply_to", "kind", "action", "name", "email", "next"]
    )
    bodies = st.lists(st.tuples(fields, st.text(LETTERS, max_size=30) | st.integers().map(str)), max_size=6)
    found: list[tuple[bytes, bytes, str]] = []

    @settings(max_examples=runs, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(_addresses(), bodies, st.sampled_from(["GET", "GET", "POST", "HEAD"]), st.booleans())
    def draw(address: str, body: list[tuple[str, str]], method: str, quoted: bool) -> None:
        raw = quote(address, safe="/?=&").encode() if quoted else address.replace(" ", "").encode()
        found.append((raw, urlencode(body).encode(), method))

    draw()
    yield from found
