"""What no browser of ours sends: addresses, queries, bodies, cookies, origins and headers."""

from tests.conftest import ADDRESS
from tests.leaks.asking import as_json
from web.visits import REMEMBER_COOKIE, SESSION_COOKIE

URLENCODED = "application/x-www-form-urlencoded"

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
