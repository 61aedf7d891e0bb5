"""Structured data (schema.org, as JSON-LD), made from the view of a page and from nothing else.

What is not on the page cannot get in. A page of a thread repeats its first post with the address of page 1. A person
appears as on the page: by name, or as "Member 3". What was deleted is left out.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import singledispatch
from typing import Any

from domain.forum import PostKind, PostView, ThreadKind, ThreadPage
from domain.members import EntryKind, MemberLine, MemberPage
from domain.publicity import community_path, person_path, sig_path, thread_path
from domain.sigs import CommunityPage, HomePage, SigPage
from domain.views import PageView
from storage.plain_text import plain_text
from web import words
from web.words.language import _

Thing = dict[str, Any]
_CONTEXT = "https://schema.org"


@singledispatch
def _things_on(_page: PageView, _site: str) -> list[Thing]:
    return []


def structured_data(page: PageView, site: str) -> Thing | None:
    """Everything that a visitor's page says, as one graph; None where there is nothing to say."""
    things = [thing for thing in _things_on(page, site) if thing]
    return {"@context": _CONTEXT, "@graph": things} if things else None


def _thing(kind: str, **values: object) -> Thing:
    """A thing of schema.org without what is unknown or empty."""
    return {"@type": kind, **{name: value for name, value in values.items() if value not in (None, "", [])}}


@_things_on.register
def _things_of_home(_page: HomePage, site: str) -> list[Thing]:
    return [
        _thing("Organization", name="Stoa", url=f"{site}/"),
        _thing("WebSite", name="Stoa", url=f"{site}/"),
    ]


@_things_on.register
def _things_of_community(page: CommunityPage, site: str) -> list[Thing]:
    return [_crumbs(site, (page.community.name, community_path(page.community.slug)))]


@_things_on.register
def _things_of_sig(page: SigPage, site: str) -> list[Thing]:
    community = page.community_name, community_path(page.community_slug)
    return [_crumbs(site, community, (page.sig.name, sig_path(page.sig.slug)))]


@_things_on.register
def _things_of_person(page: MemberPage, site: str) -> list[Thing]:
    url = f"{site}{person_path(page.address)}"
    about = next((entry.items for entry in page.entries if entry.kind is EntryKind.ABOUT), ())
    person = _thing(
        "Person",
        name=page.line.name,
        url=url,
        identifier=page.address,
        jobTitle=page.line.profession,
        description=page.headline or "\n".join(about),
        image=f"{site}/photos/{page.line.photo}/480" if page.line.photo else None,
    )
    return [_thing("ProfilePage", url=url, mainEntity=person)] if page.line.name else []


@_things_on.register
def _things_of_thread(page: ThreadPage, site: str) -> list[Thing]:
    crumbs = _crumbs(
        site,
        (page.community_name, community_path(page.community_slug)),
        (page.sig_name, sig_path(page.sig_slug)),
        (page.title, thread_path(page.thread_id)),
    )
    if page.opening is None or page.opening.html is None or page.opening.author is None:
        return [crumbs]
    thread = _Thread(page, site)
    return [thread.question() if page.kind is ThreadKind.QUESTION else thread.discussion(), crumbs]


def _crumbs(site: str, *steps: tuple[str, str]) -> Thing:
    named = [(_("The square"), "/"), *steps]
    return _thing(
        "BreadcrumbList",
        itemListElement=[
            _thing("ListItem", position=place, name=name, item=f"{site}{path}")
            for place, (name, path) in enumerate(named, start=1)
        ],
    )


def _counter(action: str, count: int) -> Thing:
    return _thing("InteractionCounter", interactionType=f"{_CONTEXT}/{action}", userInteractionCount=count)


class _Thread:
    """The posts on one page of a thread, by what they answer.

    Under a question every reply is an answer, and only remarks stand under what they remark on.
    """

    def __init__(self, page: ThreadPage, site: str) -> None:
        self.page, self.site = page, site
        self.nesting = {PostKind.COMMENT} if page.kind is ThreadKind.QUESTION else {PostKind.COMMENT, PostKind.REPLY}
        posts = {post.post_id: post for post in (*page.posts, *([page.accepted] if page.accepted else []))}
        self.first = page.opening.post_id if page.opening else 0
        self.posts = {number: post for number, post in posts.items() if post.html is not None and post.author}
        self.posts.pop(self.first, None)

    def discussion(self) -> Thing:
        """A discussion: all replies under the first post, what answers a reply under that."""
        page, first = self.page, self._first_url()
        counters = [_counter("CommentAction", page.reply_count)]
        if page.opening and page.opening.score is not None:
            counters.append(_counter("LikeAction", max(0, page.opening.score)))
        return _thing(
            "DiscussionForumPosting",
            **{"@id": first},
            url=first,
            headline=page.title,
            **self._said(page.opening),
            keywords=", ".join(page.tags),
            isPartOf=_thing("CreativeWork", name=page.sig_name, url=f"{self.site}{sig_path(page.sig_slug)}"),
            interactionStatistic=counters,
            comment=self._comments(self._outer()),
        )

    def question(self) -> Thing:
        """A question with its answers."""
        page, first = self.page, self._first_url()
        answers = [post for post in self._outer() if post.kind is not PostKind.COMMENT]
        remarks = [post for post in self._outer() if post.kind is PostKind.COMMENT]
        suggested = [self._answer(post) for post in answers if not post.is_accepted]
        question = _thing(
            "Question",
            **{"@id": first},
            url=first,
            name=page.title,
            **self._said(page.opening),
            upvoteCount=page.opening.score if page.opening else None,
            answerCount=page.reply_count if page.pages > 1 else len(answers),
            keywords=", ".join(page.tags),
            comment=self._comments(remarks),
            acceptedAnswer=next((self._answer(post) for post in answers if post.is_accepted), None),
            suggestedAnswer=suggested,
        )
        return _thing("QAPage", url=f"{self.site}{thread_path(page.thread_id, page.page)}", mainEntity=question)

    def _first_url(self) -> str:
        return f"{self.site}{thread_path(self.page.thread_id)}"

    def _is_under(self, post: PostView, other: PostView | None) -> bool:
        return other is not None and post.kind in self.nesting and other.number < post.number

    def _outer(self) -> list[PostView]:
        """The posts that answer the first one, or something on another page."""
        posts = self.posts
        return [post for post in posts.values() if not self._is_under(post, posts.get(post.reply_to_id or 0))]

    def _under(self, other: PostView) -> list[PostView]:
        """The posts that stand under another one."""
        answers = [post for post in self.posts.values() if post.reply_to_id == other.post_id]
        return [post for post in answers if self._is_under(post, other)]

    def _comments(self, posts: Iterable[PostView]) -> list[Thing]:
        return [
            _thing(
                "Comment",
                url=self._url(post),
                **self._said(post),
                interactionStatistic=[] if post.score is None else [_counter("LikeAction", max(0, post.score))],
                comment=self._comments(self._under(post)),
            )
            for post in posts
        ]

    def _answer(self, post: PostView) -> Thing:
        return _thing(
            "Answer",
            url=self._url(post),
            **self._said(post),
            upvoteCount=post.score,
            comment=self._comments(self._under(post)),
        )

    def _url(self, post: PostView) -> str:
        if post not in self.page.posts:
            return f"{self.site}/posts/{post.post_id}"  # an accepted reply that stands on a later page
        return f"{self.site}{thread_path(self.page.thread_id, self.page.page)}#post-{post.post_id}"

    def _said(self, post: PostView | None) -> dict[str, object]:
        """What every post has: who said what, and when."""
        if post is None or post.html is None or post.author is None:
            return {}
        return {
            "text": plain_text(post.html),
            "author": self._author(post.author),
            "datePublished": _moment(post.written_at),
            "dateModified": _moment(post.edited_at) if post.edited_at else None,
        }

    def _author(self, line: MemberLine) -> Thing:
        page = f"{self.site}{person_path(line.address)}" if line.address else line.source_url
        return _thing("Person", name=words.person(line), url=page)


def _moment(when: datetime) -> str:
    return when.isoformat(timespec="seconds")
