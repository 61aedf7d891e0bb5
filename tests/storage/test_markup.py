"""What is written becomes safe HTML, once, and nothing in it loads, runs or frames anything."""

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.markup import TooComplex, is_soon_rendered, render_html, render_markdown

ALLOWED = {
    *("p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code", "kbd", "samp", "em", "strong"),
    *("s", "del", "ins", "sub", "sup", "a", "ul", "ol", "li", "dl", "dt", "dd"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("**bold** and *soft*", "<p><strong>bold</strong> and <em>soft</em></p>"),
        ("# Title", "<h3>Title</h3>"),
        ("### Deep\n## Higher\n#### Deeper", "<h3>Deep</h3>\n<h3>Higher</h3>\n<h4>Deeper</h4>"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("$x^2$ costs 5$", "<p>$x^2$ costs 5$</p>"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("<irc:someone>", '<p><a rel="nofollow ugc noopener">irc:someone</a></p>'),
    ],
)
def test_markdown(source: str, expected: str) -> None:
    assert render_markdown(source) == expected


def test_an_image_becomes_a_link() -> None:
    assert render_markdown("![plan](https://example.org/a.png)") == (
        '<p><a href="https://example.org/a.png" rel="nofollow ugc noopener">plan</a></p>'
    )


def test_foreign_html_is_resolved_and_cleaned() -> None:
    source = (
        '<p onclick="x()">See <a href="/questions/1">this</a> <img src="//i.example.org/a.png" alt="a plan">'
        '<iframe src="https://example.org"></iframe></p><h1>Top</h1><pre class="lang-py"><code>a &lt; b</code></pre>'
    )
    assert render_html(source, "https://site.example.org") == (
        '<p>See <a href="https://site.example.org/questions/1" rel="nofollow ugc noopener">this</a> '
        '<a href="https://i.example.org/a.png" rel="nofollow ugc noopener">a plan</a></p>'
        '<h3>Top</h3><pre tabindex="0"><code>a &lt; b</code></pre>'
    )


@pytest.mark.parametrize(
    "source",
    [
        "[a]: http://x/" + "u" * 9_000 + "\n\n" + "[a] " * 2_500,
        "|" * 500 + "\n" + "|-" * 500 + "|\n" + "|\n" * 500,
        "[" * 30_000,
        "`" * 30_000,
        "|a" * 15_000,
    ],
)
def test_what_would_take_long_is_refused(source: str) -> None:
    with pytest.raises(TooComplex):
        render_markdown(source)


SNIPPETS = st.sampled_from(
    ["<a href='", "javascript:", "](", "![", "<svg/onload=", "&#106;", "\u2028", "`", "|", "\n\n", "> ", "<style>", '"']
)


def _elements(html: str) -> list[tuple[str, dict[str, str]]]:
    tree = html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False)
    return [(str(element.tag), dict(element.attrib)) for element in tree.iter() if element.tag != "DOCUMENT_FRAGMENT"]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(SNIPPETS, st.text(max_size=8)), max_size=20).map("".join))
def test_no_input_makes_an_element_that_is_not_allowed(source: str) -> None:
    for rendered in (render_markdown(source), render_html(source, "https://site.example.org")):
        for tag, attributes in _elements(rendered):
            assert tag in ALLOWED
            assert set(attributes) <= {"href", "title", "rel", "start", "align", "class", "tabindex"}
            link = attributes.get("href", "/")
            assert link.startswith(("https://", "http://", "mailto:", "/", "#"))


@pytest.mark.parametrize(
    ("source", "soon"),
    [
        ("Plain words, a link to [it](/here) and `code` - as people-write.\n\nTwice, *even*.", True),
        ("word " * 300, False),
        ("![" * 60, False),
        ("- " * 100, False),
        ("word\n" * 50, False),
    ],
)
def test_only_what_is_short_and_plain_is_rendered_at_once(source: str, soon: bool) -> None:
    assert is_soon_rendered(source) is soon
