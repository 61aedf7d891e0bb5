"""What every answer of the suite must be clean of: personal data in cookies and redirects, and careless cookies.

Hooked into every browser that a test opens, so that each Set-Cookie and each Location that any test brings about is
looked at.
"""

import re
from http.cookies import SimpleCookie
from urllib.parse import unquote

import httpx

from tests.cast import PARTS

LONGEST_COOKIE = 4096
_OPAQUE = re.compile(r"[A-Za-z0-9_.-]*")
_PERSONAL = [
    re.compile(r"@"),
    *(re.compile(re.escape(name), re.IGNORECASE) for part in PARTS.values() for name in part.name.split()[-1:]),
]


async def demand_clean_headers(answer: httpx.Response) -> None:
    """Fail the test that brought about a header that says something of somebody."""
    for line in answer.headers.get_list("set-cookie"):
        _demand_clean_cookie(line)
    location = unquote(answer.headers.get("location", ""))
    for pattern in _PERSONAL:
        assert not pattern.search(location), f"a redirect names somebody: {location}"


def _demand_clean_cookie(line: str) -> None:
    assert len(line) <= LONGEST_COOKIE
    for name, morsel in SimpleCookie(line).items():
        assert name.startswith("__Host-"), line
        assert _OPAQUE.fullmatch(morsel.value), line
        assert morsel["secure"], line
        assert morsel["httponly"], line
        assert morsel["samesite"].lower() == "lax", line
        assert morsel["path"] == "/", line
        assert not morsel["domain"], line
