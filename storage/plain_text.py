"""The text of a post without its markup, for programs: previews of links, structured data, and how much there is."""

import html
import re
from functools import lru_cache

import nh3

from domain.views import SafeHtml

_ENDS = re.compile(r"<br\s*/?>|</(?:p|li|h[2-6]|dt|dd|tr|td|th|pre|blockquote)>")
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")


@lru_cache(maxsize=1024)
def plain_text(safe: SafeHtml) -> str:
    """The text as a reader sees it, one line for each paragraph."""
    apart = _ENDS.sub(lambda end: f"{end.group()}\n", safe)
    text = html.unescape(nh3.clean(apart, tags=set()))
    return _LINES.sub("\n", _SPACES.sub(" ", text)).strip()
