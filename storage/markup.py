"""Markdown and foreign HTML become safe HTML here, once, when they are written; nothing else makes a `SafeHtml`.

CommonMark with tables and strikethrough; raw HTML is text; images become links, so that no page loads anything from
elsewhere; mathematics is shown as its source. nh3 has the last word over whatever comes out.
"""

import html
import re
from collections.abc import Sequence
from functools import cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import nh3

from domain.views import SafeHtml

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

DEEPEST_NESTING = 20
"""Levels of quotes and lists; deeper ones are not read as such."""

_TAGS = {
    *("p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code", "kbd", "samp", "em", "strong"),
    *("s", "del", "ins", "sub", "sup", "a", "ul", "ol", "li", "dl", "dt", "dd"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "th": {"align"}, "td": {"align"}, "code": {"class"}}
_SCHEMES = {"http", "https", "mailto"}
_CLASS = re.compile(r"language-[a-z0-9+#.-]{1,30}")
_HIGHEST_START = 1_000_000


class TooComplex(ValueError):
    """A text that is nested too deeply to be shown."""


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Keep an attribute only with a value that we know to be harmless."""
    match tag, name:
        case "a", "href":
            return value if _is_safe_link(value) else None
        case "code", "class":
            return value if _CLASS.fullmatch(value) else None
        case "ol", "start":
            return value if value.isascii() and value.isdigit() and int(value) <= _HIGHEST_START else None
        case _, "align":
            return value if value in {"left", "right", "center"} else None
        case _:
            return value


def _is_safe_link(link: str) -> bool:
    """Absolute links of known schemes, and links within the house that start with one slash or a hash."""
    if any(not letter.isprintable() or letter.isspace() for letter in link):
        return False
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    if parts.scheme:
        return parts.scheme in _SCHEMES and (parts.scheme == "mailto" or bool(parts.netloc))
    return link.startswith(("/", "#")) and not link.startswith(("//", "/\\"))


_cleaner = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    attribute_filter=_attribute,
    set_tag_attribute_values={"pre": {"tabindex": "0"}, "table": {"tabindex": "0"}},  # wide ones scroll by keyboard
    url_schemes=_SCHEMES,
    link_rel="nofollow ugc noopener",
    strip_comments=True,
)


@cache
def _markdown() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # noqa: PLC0415 -- no start waits for what only writing needs

    options = {"html": False, "linkify": False, "maxNesting": DEEPEST_NESTING}
    parser = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    parser.core.ruler.push("lower_headings", _lower_headings)
    parser.add_render_rule("image", _image_as_link)
    return parser


class _Outline:
    """The levels of a post's headings. They start at the third, because the title is the page's business, and leave
    none out, whatever the source does: who reads by headings meets no gap."""

    def __init__(self) -> None:
        self._levels: list[int] = []
        self._open: list[str] = []

    def enter(self, level: int) -> str:
        """The tag for a heading of this level in the source."""
        while self._levels and self._levels[-1] >= level:
            self._levels.pop()
        self._levels.append(level)
        self._open.append(f"h{min(6, 2 + len(self._levels))}")
        return self._open[-1]

    def leave(self) -> str:
        """The tag that closes the innermost heading."""
        return self._open.pop() if self._open else "h3"


def _lower_headings(state: "StateCore") -> None:
    outline = _Outline()
    for token in state.tokens:
        if token.type == "heading_open":
            token.tag = outline.enter(int(token.tag[1]))
        elif token.type == "heading_close":
            token.tag = outline.leave()


def _image_as_link(_renderer: object, tokens: "list[Token]", index: int, _options: object, _env: object) -> str:
    token = tokens[index]
    return _link_to_image(str(token.attrs.get("src", "")), token.content)


def _link_to_image(source: str, description: str) -> str:
    words = description.strip() or source
    return f'<a href="{html.escape(source)}">{html.escape(words)}</a>'


def render_markdown(source: str) -> SafeHtml:
    """The HTML of a post. Raises TooComplex for what could only be shown after a long time."""
    if _looks_pathological(source):
        raise TooComplex
    known: dict[str, Any] = {}
    parser = _markdown()
    tokens = parser.parse(source, known)
    if _written_length(tokens) > _LONGEST_HTML:  # one address that is named thousands of times
        raise TooComplex
    written = parser.renderer.render(tokens, parser.options, known)
    if len(written) > _LONGEST_HTML:
        raise TooComplex
    return SafeHtml(_cleaner.clean(written).strip())


def _written_length(tokens: "Sequence[Token]") -> int:
    inner = (child for token in tokens for child in token.children or ())
    return sum(len(str(value)) for token in inner for value in token.attrs.values())


_MARKERS = re.compile(r"[\[\]*_`~<|!]")
_MOST_MARKERS = 12_000
_MOST_CELLS = 20_000
_LONGEST_HTML = 200_000
"""Characters; upstream's posts stay below a tenth of it. What is longer, or has more tags than anyone writes, is shown
as its source, or refused."""


def _looks_pathological(source: str) -> bool:
    """Thousands of unclosed brackets and the like: no human text comes near, and parsing them takes seconds."""
    widest = max((line.count("|") for line in source.splitlines()), default=0)
    return len(_MARKERS.findall(source)) > _MOST_MARKERS or widest * source.count("\n") > _MOST_CELLS


_MARKS = re.compile(r"[^\w .,;:?!'-]|(?<!\w)-|-(?!\w)")
_SHORT, _FEW_MARKS = 1_000, 40


def is_soon_rendered(source: str) -> bool:
    """Whether a text is so short and plain that to render it takes about as long as to call a thread for it."""
    return len(source) <= _SHORT and len(_MARKS.findall(source)) <= _FEW_MARKS


_reader = nh3.Cleaner(
    tags=_TAGS | {"img", "h1", "b", "i", "strike"},
    attributes={"a": {"href"}, "img": {"src", "alt"}, **{tag: _ATTRIBUTES[tag] for tag in ("ol", "th", "td", "code")}},
    url_schemes=_SCHEMES,
    link_rel=None,
    strip_comments=True,
)
"""Foreign HTML as a browser would read it, written out whole: Python's own parser takes minutes over broken tags."""


def render_html(source: str, base_url: str) -> SafeHtml:
    """Foreign HTML made safe: links resolved against their origin, images as links, headings lowered."""
    if len(source) > _LONGEST_HTML or source.count("<") > _MOST_MARKERS:
        return SafeHtml(f"<pre>{html.escape(source)}</pre>")
    rewriter = _Rewriter(base_url)
    rewriter.feed(_reader.clean(source))
    rewriter.close()
    return SafeHtml(_cleaner.clean("".join(rewriter.out)).strip())


class _Rewriter(HTMLParser):
    """Turns images into links, resolves relative links and lowers headings; nh3 cleans what comes out."""

    def __init__(self, base_url: str) -> None:
        super().__init__(convert_charrefs=False)
        self.out: list[str] = []
        self._base_url = base_url
        self._open_links = 0
        self._outline = _Outline()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Write the tag anew with what is kept of it."""
        given = {name: value or "" for name, value in attrs}
        if tag == "img":
            self._image(given)
        elif tag == "a":
            self._open_links += 1
            self.out.append(f'<a href="{html.escape(self._absolute(given.get("href", "")))}">')
        elif tag in _HEADINGS:
            self.out.append(f"<{self._outline.enter(int(tag[1]))}>")
        else:
            kept = "".join(
                f' {name}="{html.escape(value)}"'
                for name, value in given.items()
                if name in {"start", "class", "align"}
            )
            self.out.append(f"<{_renamed(tag)}{_code_class(kept)}>")

    def _image(self, given: dict[str, str]) -> None:
        source = self._absolute(given.get("src", ""))
        words = given.get("alt", "").strip() or source
        if self._open_links:
            self.out.append(html.escape(words))
        else:
            self.out.append(_link_to_image(source, words))

    def handle_endtag(self, tag: str) -> None:
        """Close what was opened."""
        if tag == "a":
            self._open_links = max(0, self._open_links - 1)
        self.out.append(f"</{self._outline.leave() if tag in _HEADINGS else _renamed(tag)}>")

    def handle_data(self, data: str) -> None:
        """Text stays text."""
        self.out.append(html.escape(data, quote=False))

    def handle_entityref(self, name: str) -> None:
        """A named character stays named."""
        self.out.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        """A numbered character stays numbered."""
        self.out.append(f"&#{name};")

    def _absolute(self, link: str) -> str:
        return _resolved(self._base_url, link)


def _resolved(base_url: str, link: str) -> str:
    try:
        return urljoin(base_url, link)
    except ValueError:
        return ""


_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


def _renamed(tag: str) -> str:
    return {"strike": "s", "b": "strong", "i": "em"}.get(tag, tag)


def _code_class(attributes: str) -> str:
    return attributes.replace('"lang-', '"language-')


_IN_COMMENT = re.compile(
    r"`(?P<code>[^`\n]{1,600})`"
    r"|\[(?P<words>[^\[\]\n]{1,600})\]\((?P<link>[^\s()]{1,2000}(?:\([^\s()]{0,500}\)[^\s()]{0,500}){0,3})"
    r"(?:[ \t]{1,5}\"[^\"\n]{0,300}\")?\)"
    r"|(?P<address>https?://(?:[^\s<>\"`*()\]]|\([^\s<>\"`*()\]]{0,200}\)){1,2000}(?<![.,;:!?']))"
    r"|\*\*(?P<strong>[^*\n]{1,600})\*\*"
    r"|(?<![\w*])\*(?P<em>[^*\s](?:[^*\n]{0,600}[^*\s])?)\*(?![\w*])"
    r"|(?<!\w)_(?P<under>[^_\s](?:[^_\n]{0,600}[^_\s])?)_(?!\w)"
)
"""The little Markdown of a comment; every repetition is bounded, so that no text takes long."""


def render_comment(source: str, base_url: str) -> SafeHtml:
    """The HTML of a foreign comment: links, code, emphasis and line breaks in what is text otherwise."""
    lines = source.replace("\r\n", "\n").strip().split("\n")
    written = "<br>".join(_comment_text(line, base_url) for line in lines)
    return SafeHtml(_cleaner.clean(f"<p>{written}</p>"))


def _comment_text(text: str, base_url: str, *, within: bool = False) -> str:
    """Text with its marks as HTML; `within` a mark there are no further links."""
    out: list[str] = []
    done = 0
    for mark in _IN_COMMENT.finditer(text):
        out += html.escape(text[done : mark.start()], quote=False), _comment_mark(mark, base_url, within=within)
        done = mark.end()
    return "".join(out) + html.escape(text[done:], quote=False)


def _comment_mark(mark: re.Match[str], base_url: str, *, within: bool) -> str:
    kind, found = str(mark.lastgroup), mark.group(mark.lastgroup or 0)
    if kind == "code":
        return f"<code>{html.escape(found, quote=False)}</code>"
    if kind in {"link", "address"} and within:
        return html.escape(mark.group(), quote=False)
    if kind == "link":
        words = _comment_text(mark["words"], base_url, within=True)
        return f'<a href="{html.escape(_resolved(base_url, found))}">{words}</a>'
    if kind == "address":
        return f'<a href="{html.escape(found)}">{html.escape(found, quote=False)}</a>'
    tag = "strong" if kind == "strong" else "em"
    return f"<{tag}>{_comment_text(found, base_url, within=within)}</{tag}>"
