"""Bad input gets a clear 4xx page in the look of the house, never a 5xx, and nothing that was typed is lost."""

import string
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cast import sign_in
from tests.conftest import ADDRESS, Stoa
from tests.leaks.asking import Answer, as_json, ask, form_headers
from web.app import LARGEST_BODY
from web.visits import REMEMBER_COOKIE, SESSION_COOKIE

URLENCODED = "application/x-www-form-urlencoded"


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


PATHS = [
    b"/people/%ff%fe",
    b"/people/%00",
    b"/people/%ed%a0%80",
    b"/sigs/%00",
    b"/sigs/turnaround%00",
    b"/communities/%00%01",
    b"/sigs/" + b"x" * 9000,
    b"/threads/99999999999999999999999999",
    b"/threads/9223372036854775807",
    b"/threads/9223372036854775808",
    b"/threads/-1",
    b"/threads/0",
    b"/threads/1e5",
    b"/threads/%D9%A1",
    b"/threads/abc",
    b"/threads/1/../../etc",
    b"/posts/18446744073709551616",
    b"/posts/%00",
    b"/static/..%2f..%2fapp.py",
    b"/static/../web/app.py",
    b"/static/%2e%2e/%2e%2e/app.py",
    b"/static//etc/passwd",
    b"/static/%00",
    b"/%",
    b"/%ff",
    b"/a//b",
    b"//evil.example/",
    b"/confirm/%00",
    b"/confirm/%0d%0aset-cookie:%20a=b",
    b"/reset/" + b"A" * 43,
    b"/reset/%ff",
    b"/settings/sessions/%00/end",
]


async def test_an_address_that_leads_nowhere(stoa: Stoa) -> None:
    faults, session = Faults(), await _session(stoa, "amara")
    for path in PATHS:
        for headers in ([], [session]):
            with faults.about(path):
                _demand_page(await ask(stoa.app, path, headers=headers), 400, 404, 405, 410)
    faults.demand_none()


QUERIES = [
    b"page=0",
    b"page=-1",
    b"page=99999999999999999999",
    b"page=1e3",
    b"page=%ff",
    b"page=1&page=0",
    b"page=\xff",
    b"page=%00",
    b"reply_to=-1",
    b"reply_to=99999999999999999999",
    b"reply_to=x",
]


async def test_a_thread_is_asked_for_oddly(stoa: Stoa) -> None:
    faults = Faults()
    for query in QUERIES:
        with faults.about(query):
            _demand_page(await ask(stoa.app, _thread(stoa).encode() + b"?" + query), 400, 404)
    faults.demand_none()


SIG_QUERIES = [
    b"before=x",
    b"before=1",
    b"before=-1--1",
    b"before=99999999999999999999-1",
    b"before=1-99999999999999999999",
    b"after=%00",
    b"before=%ff-1",
    b"before=%D9%A1-1",
    b"tag=%00",
    b"tag=%ff",
    b"tag=%ed%a0%80",
    b"tag=" + b"x" * 5000,
]


async def test_a_sig_is_asked_for_oddly(stoa: Stoa) -> None:
    faults = Faults()
    for query in SIG_QUERIES:
        with faults.about(query):
            answer = await ask(stoa.app, b"/sigs/turnaround?" + query)
            if answer.status != 200 or not query.startswith(b"tag="):
                _demand_page(answer, 400, 404)
    faults.demand_none()


BODIES = {
    "broken utf-8": (b"body=%ff%fe%fa", URLENCODED),
    "raw bytes": (b"body=\xff\xfe", URLENCODED),
    "null": (b"body=a%00b", URLENCODED),
    "lone surrogate": (b"body=%ed%a0%80", URLENCODED),
    "repeated": (b"body=one&body=two", URLENCODED),
    "many fields": (b"&".join(b"f%d=x" % number for number in range(400)), URLENCODED),
    "json": (as_json({"body": "hello"}), "application/json"),
    "json array": (as_json(["body"]), "application/json"),
    "json object for a field": (as_json({"body": {"$ne": 1}}), "application/json"),
    "broken json": (b"{", "application/json"),
    "text": (b"body=hello", "text/plain"),
    "no type": (b"body=hello", ""),
    "odd type": (b"body=hello", "application/\xff"),
    "msgpack": (b"\x81\xa4body\xa1x", "application/x-msgpack"),
    "multipart without boundary": (b"x", "multipart/form-data"),
    "multipart broken": (b"--b\r\nnonsense", "multipart/form-data; boundary=b"),
    "multipart file": (
        b'--b\r\ncontent-disposition: form-data; name="body"; filename="a.txt"\r\n\r\nhello\r\n--b--\r\n',
        "multipart/form-data; boundary=b",
    ),
    "multipart broken utf-8": (
        b'--b\r\ncontent-disposition: form-data; name="body"\r\n\r\nhello\xff\xfe\r\n--b--\r\n',
        "multipart/form-data; boundary=b",
    ),
    "multipart null": (
        b'--b\r\ncontent-disposition: form-data; name="body"\r\n\r\nhel\x00lo\r\n--b--\r\n',
        "multipart/form-data; boundary=b",
    ),
    "odd charset": (b"body=hello%ff", f"{URLENCODED}; charset=no-such"),
    "huge number": (b"body=hello&reply_to=99999999999999999999", URLENCODED),
    "no number": (b"body=hello&reply_to=1.5", URLENCODED),
    "unknown kind": (b"body=hello&kind=poll", URLENCODED),
    "empty": (b"", URLENCODED),
}


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


NESTED = {
    "quotes": "> " * 5000 + "deep",
    "lists": "".join(f"{'  ' * depth}- x\n" for depth in range(170)),
    "brackets": "[" * 20000,
    "images": "![" * 10000,
    "emphasis": "*a_ " * 7000,
    "links": "[a](" * 7000,
    "backticks": "`" * 15000 + " " + "`" * 14000,
    "html": "<div>" * 6000,
    "entities": "&#x110000;" * 3000,
    "table": "|" * 29000 + "\n" + "|-" * 400,
    "references": "".join(f"[{n}]: /x\n" for n in range(2500)),
}


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
    typed = {"name": "A" * 200, "headline": "Kept too", "name.audience": "members"}
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


COOKIES = [
    f"{SESSION_COOKIE}=forged",
    f"{SESSION_COOKIE}=" + "A" * 43,
    f"{SESSION_COOKIE}=",
    f"{SESSION_COOKIE}=%00",
    f"{SESSION_COOKIE}=%ff%fe",
    f"{SESSION_COOKIE}=%ed%a0%80",
    f"{SESSION_COOKIE}={'A' * 7000}",
    f"{SESSION_COOKIE}=a; {SESSION_COOKIE}=b",
    f"{REMEMBER_COOKIE}=forged",
    f"{REMEMBER_COOKIE}=a.b.c.d",
    f"{REMEMBER_COOKIE}=.",
    f"{REMEMBER_COOKIE}=%ff.%00",
    f"{REMEMBER_COOKIE}=",
    "=; ;;; =a; a",
    '"\\',
]


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


ORIGINS: list[list[tuple[str, str]]] = [
    [],
    [("origin", "https://evil.example")],
    [("origin", "null")],
    [("origin", "")],
    [("origin", "http://[")],
    [("origin", "https://127.0.0.1:8000.evil.example")],
    [("origin", "https://127.0.0.1:8000@evil.example")],
    [("origin", ADDRESS), ("sec-fetch-site", "cross-site")],
    [("origin", ADDRESS), ("sec-fetch-site", "same-site")],
    [("sec-fetch-site", "cross-site")],
    [("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
    [("origin", "https://evil.example"), ("x-forwarded-host", "evil.example")],
]


async def test_a_form_from_elsewhere_is_refused(stoa: Stoa) -> None:
    faults, session = Faults(), await _session(stoa, "joost")
    for origin in ORIGINS:
        headers = [*origin, ("content-type", URLENCODED), session]
        for path in (f"{_thread(stoa)}/replies", "/sign-out", "/sigs/boardroom/join"):
            with faults.about(f"{path} {origin}"):
                _demand_page(await ask(stoa.app, path, method="POST", headers=headers, body=b"body=hello"), 403)
    faults.demand_none()


HEADERS: list[tuple[str | bytes, str | bytes]] = [
    ("accept-language", "x" * 20000),
    ("accept", "\xff"),
    ("accept", ";;;,,q=nan"),
    ("accept-encoding", "br;q=x, gzip;q=-1, \xff"),
    ("user-agent", b"\xff\xfe\x00"),
    ("hx-request-type", "partial"),
    ("hx-target", "#" * 9000),
    ("range", "bytes=0-1,5-3,-99999999999"),
    ("if-none-match", '"' * 999),
    ("if-modified-since", "yesterday"),
    ("x-forwarded-for", "a, b, \xff" * 100),
    ("x-http-method-override", "DELETE"),
    ("content-length", "-1"),
    ("transfer-encoding", "chunked, chunked"),
    ("host", "evil.example"),
    ("host", "\xff"),
    ("referer", "\xff" * 999),
]


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
    starts = ["/threads/", "/posts/", "/sigs/", "/people/", "/communities/", "/confirm/", "/reset/", "/static/", "/", "/sigs/turnaround?tag="]
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
    fields = st.sampled_from(["body", "title", "tags", "version", "reply_to", "kind", "action", "name", "email", "next"])
    bodies = st.lists(st.tuples(fields, st.text(LETTERS, max_size=30) | st.integers().map(str)), max_size=6)
    found: list[tuple[bytes, bytes, str]] = []

    @settings(max_examples=runs, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(_addresses(), bodies, st.sampled_from(["GET", "GET", "POST", "HEAD"]), st.booleans())
    def draw(address: str, body: list[tuple[str, str]], method: str, quoted: bool) -> None:
        raw = quote(address, safe="/?=&").encode() if quoted else address.replace(" ", "").encode()
        found.append((raw, urlencode(body).encode(), method))

    draw()
    yield from found
