"""Every component in every state, as one page for development: made-up people, made-up talk."""

from datetime import UTC, datetime, timedelta

from domain.accounts import FieldProblem
from domain.forum import PostKind, PostView, SourceLine, WaitingPost
from domain.members import (
    ENTRY_RULES,
    AudienceOption,
    EntryInput,
    EntryKind,
    EntryLine,
    KeyChip,
    LineKind,
    MemberLine,
)
from domain.moderation import ActForm, ActKind, ActLine, CaseItem, SigChoice, Subject, rules_of
from domain.notices import NoticeKind, NoticeLine
from domain.refusals import Problem
from domain.scraps import ScrapState, ScrapView, Topic
from domain.search import FoundLine, Piece, SearchKind
from domain.sigs import SigLine, ThreadLine
from domain.views import PageView, SafeHtml
from domain.visibility import Audience, Scope

_NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_SIG_KEY = KeyChip(scope=Scope.SIG, name="Turnaround")


class PatternsPage(PageView, template="development/patterns.html"):
    """The pattern book."""

    keys: tuple[KeyChip, ...]
    own_key: KeyChip
    sig_key: KeyChip
    people: tuple[MemberLine, ...]
    posts: tuple[PostView, ...]
    threads: tuple[ThreadLine, ...]
    sigs: tuple[SigLine, ...]
    scraps: tuple[ScrapView, ...]
    entries: tuple[EntryLine, ...]
    inputs: tuple[EntryInput, ...]
    problems: tuple[FieldProblem, ...]
    preview: SafeHtml
    notices: tuple[NoticeLine, ...]
    found: tuple[FoundLine, ...]
    waiting: WaitingPost
    item: CaseItem
    acts: tuple[ActLine, ...]
    act_form: ActForm


def _member(name: str, profession: str | None = None, **more: str | int | bool | None) -> MemberLine:
    address = f"sample{len(name)}"
    line = {"kind": LineKind.MEMBER, "tile": address, "name": name, "profession": profession, "address": address}
    return MemberLine(**{**line, **more})  # type: ignore[arg-type]


_AMARA = _member("Amara Okafor", "Plant director")
_LONG = _member(
    "Maria-Theresia Wolfeschlegelsteinhausenbergerdorff-Donaudampfschifffahrtsgesellschaft",
    "Deputy head of the department for extraordinarily long professions",
)
_ARABIC = _member("ليلى الشريف", "مديرة مصنع")
_JAPANESE = _member("山田 花子", "品質管理")
_HIDDEN = MemberLine(kind=LineKind.HIDDEN, tile="hidden-1-3", number=3)
_NAMELESS = MemberLine(kind=LineKind.HIDDEN, tile="hidden-0-None")
_FORMER = MemberLine(kind=LineKind.FORMER, tile="former-1")
_SOURCE = MemberLine(
    kind=LineKind.SOURCE, tile="source-9", name="user12857", source_url="https://example.org/users/12857"
)
_ME = _member("Noor Haddad", "Works council adviser", is_viewer=True)

_PROSE = """<p>Earlier than is <em>comfortable</em>, and <strong>twice</strong> as often.
See <a href="https://example.org/">our note</a>.</p>
<ol><li>A closed room with two delegates.</li><li>The criteria before the options.</li></ol>
<blockquote><p>The criteria before the options.</p><blockquote><p>Said whom?</p></blockquote></blockquote>
<h3>A heading in a post</h3>
<ul><li>one</li><li>two<ul><li>and inside</li></ul></li></ul>"""
_CODE = """<p>Inline <code>may_see(keys, ring)</code>, then a long line:</p>
<pre><code>def may_see(keys: frozenset[str], ring: frozenset[str]) -&gt; bool:
    return not keys.isdisjoint(ring)  # one rule, everywhere, in Python and in SQL, and in mail
</code></pre>
<p>Mathematics as its source: <code>$\\langle\\psi|\\phi\\rangle = \\sum_i \\psi_i^* \\phi_i$</code></p>
<table><thead><tr><th>Country</th><th>Days</th>
<th>A column that is rather wide, so that it has to scroll</th></tr></thead>
<tbody><tr><td>Netherlands</td><td>30</td>
<td>counted from the day on which the council has been told</td></tr></tbody></table>"""
_TWO_WAYS = """<p>كان علينا أن نخبرهم في وقت أبكر بكثير.</p>
<p>In English: much earlier than we did.</p>
<p>もっと早く伝えるべきでした。</p>"""


def _post(number: int, author: MemberLine | None, html: str | None, **more: object) -> PostView:
    post = {
        "post_id": number,
        "number": number,
        "kind": PostKind.OPENING if number == 1 else PostKind.REPLY,
        "author": author,
        "html": None if html is None else SafeHtml(html),
        "written_at": _NOON - timedelta(days=40 - number),
        "edited_at": None,
        "is_deleted": False,
        "is_accepted": False,
        "score": None,
        "reply_to_id": None,
        "reply_to_number": None,
        "reply_to_page": None,
        "key": _SIG_KEY,
        "may_edit": False,
        "may_delete": False,
        "may_restore": False,
        "may_accept": False,
    }
    return PostView(**{**post, **more})  # type: ignore[arg-type]


def _posts() -> tuple[PostView, ...]:
    everyone = KeyChip(scope=Scope.EVERYONE)
    source = SourceLine(
        site="example.stackexchange.com",
        url="https://example.org/q/1",
        licence="CC BY-SA 4.0",
        licence_url="https://creativecommons.org/licenses/by-sa/4.0/",
    )
    mine = KeyChip(scope=Scope.ONLY_ME, own=True)
    answers = {"reply_to_id": 2, "reply_to_number": 2, "reply_to_page": 1}
    return (
        _post(1, _AMARA, _PROSE, may_accept=False),
        _post(2, _LONG, _CODE, is_accepted=True, score=31, may_accept=True),
        _post(3, _HIDDEN, "<blockquote><p>The criteria before the options.</p></blockquote><p>This.</p>", **answers),
        _post(4, _SOURCE, "<p>Brought over from elsewhere.</p>", score=-2, source=source, key=everyone),
        _post(5, _SOURCE, "<p>A remark on it.</p>", kind=PostKind.COMMENT, source=source, key=everyone, **answers),
        _post(6, None, None, is_deleted=True),
        _post(7, _ME, "<p>My own words.</p>", edited_at=_NOON, may_edit=True, may_delete=True),
        _post(8, _ME, "<p>What I took back.</p>", is_deleted=True, may_restore=True, key=mine),
        _post(9, _ARABIC, _TWO_WAYS),
        _post(10, _FORMER, "<p>I was here once.</p>"),
        _post(11, None, None, is_hidden=True),
        _post(12, _ME, "<p>What a moderator hid.</p>", is_hidden=True),
    )  # fmt: skip


def _thread(number: int, title: str, author: MemberLine, **more: object) -> ThreadLine:
    line = {
        "thread_id": number,
        "title": title,
        "sig_slug": "turnaround",
        "sig_name": "Turnaround",
        "author": author,
        "last_author": _AMARA,
        "started_at": _NOON,
        "last_post_at": _NOON - timedelta(days=number * 3),
        "reply_count": number,
        "score": None,
        "tags": (),
        "is_question": False,
        "is_answered": False,
        "is_closed": False,
        "key": _SIG_KEY,
    }
    return ThreadLine(**{**line, **more})  # type: ignore[arg-type]


def _threads() -> tuple[ThreadLine, ...]:
    everyone = KeyChip(scope=Scope.EVERYONE)
    return (
        _thread(1, "How early do you tell the works council?", _AMARA, is_question=True, is_answered=True, score=12),
        _thread(2, "كيف تخبر المورّد قبل البنك؟", _ARABIC, tags=("suppliers", "بنك"), is_question=True),
        _thread(1840, "A title as long as titles can be " * 4, _LONG, is_closed=True, last_author=_HIDDEN),
        _thread(0, "Imported, and open to everyone", _SOURCE, key=everyone, last_author=None),
    )


def _sig(name: str, key: KeyChip, **more: object) -> SigLine:
    line = {"slug": name.lower(), "name": name, "description": "Saving, reshaping and closing businesses.",
            "member_count": 1412, "key": key, "is_joined": False}  # fmt: skip
    return SigLine(**{**line, **more})  # type: ignore[arg-type]


def _scrap(number: int, author: MemberLine | None, html: str | None, **more: object) -> ScrapView:
    scrap = {
        "scrap_id": number,
        "author": author,
        "topic": None,
        "html": None if html is None else SafeHtml(html),
        "written_at": _NOON - timedelta(days=number),
        "state": ScrapState.STANDING,
        "is_private": False,
        "is_deleted": False,
        "key": KeyChip(scope=Scope.MEMBERS),
    }
    return ScrapView(**{**scrap, **more})  # type: ignore[arg-type]


def _scraps() -> tuple[ScrapView, ...]:
    words = "<p>Thank you for the introduction.</p>"
    return (
        _scrap(1, _LONG, _PROSE, may_hide=True, may_delete=True),
        _scrap(2, _ME, words, may_take_back=True),
        _scrap(3, _ARABIC, _TWO_WAYS, is_private=True, key=None),
        _scrap(4, _AMARA, words, state=ScrapState.WAITING, key=None, may_release=True, may_hide=True, may_delete=True),
        _scrap(5, _HIDDEN, words, state=ScrapState.HIDDEN, key=None, may_release=True, may_delete=True),
        _scrap(6, _FORMER, words),
        _scrap(7, None, None, topic=Topic.WELCOME, key=None, may_delete=True),
        _scrap(8, None, None, is_deleted=True, key=None),
    )


def _entries() -> tuple[EntryLine, ...]:
    said = {
        EntryKind.HEADLINE: ("Making plants that people want to work in",),
        EntryKind.ABOUT: ("Twenty years of factories.", "Now mostly people."),
        EntryKind.LANGUAGES: ("English", "Nederlands", "العربية"),
        EntryKind.GENDER: ("undisclosed",),
        EntryKind.EMAIL: ("amara@example.org",),
    }
    scopes = (Scope.EVERYONE, Scope.MEMBERS, Scope.MY_SIGS, Scope.ONLY_ME, Scope.ONLY_ME)
    return tuple(
        EntryLine(kind=kind, shape=ENTRY_RULES[kind].shape, items=items, key=KeyChip(scope=scope, own=True))
        for (kind, items), scope in zip(said.items(), scopes, strict=True)
    )


def _options(chosen: Audience) -> tuple[AudienceOption, ...]:
    offered = (("everyone", None, None), ("members", None, 8204), ("my-sigs", None, 940),
               ("sig:7", "Turnaround", 412), ("only-me", None, 1))  # fmt: skip
    return tuple(
        AudienceOption(
            value=value, scope=Scope(value.partition(":")[0]), name=name, people=people, chosen=value == str(chosen)
        )
        for value, name, people in offered
    )


def _inputs() -> tuple[EntryInput, ...]:
    said = {EntryKind.HEADLINE: "Making plants", EntryKind.ABOUT: "Twenty years.", EntryKind.GENDER: "woman"}
    return tuple(
        EntryInput(
            name=kind.value,
            kind=kind,
            shape=ENTRY_RULES[kind].shape,
            value=value,
            longest=ENTRY_RULES[kind].longest,
            is_required=False,
            is_sensitive=ENTRY_RULES[kind].is_sensitive,
            suggest=None,
            options=_options(ENTRY_RULES[kind].default),
        )
        for kind, value in said.items()
    )


def _notice(number: int, kind: NoticeKind, actor: MemberLine | None, **more: object) -> NoticeLine:
    line = {"notice_id": number, "kind": kind, "made_at": _NOON, "is_seen": False, "actor": actor}
    return NoticeLine(**{**line, **more})  # type: ignore[arg-type]


def _notices() -> tuple[NoticeLine, ...]:
    return (
        _notice(1, NoticeKind.REPLY, _AMARA, title="How early do you tell the works council?"),
        _notice(2, NoticeKind.MENTION, _ARABIC, title="كيف تخبر المورّد قبل البنك؟"),
        _notice(3, NoticeKind.REQUEST, _HIDDEN),
        _notice(4, NoticeKind.SCRAP, _LONG, is_mine=True, is_seen=True),
        _notice(5, NoticeKind.ACT, None, act_kind="warn", sig_name="Turnaround", is_seen=True),
    )


def _found() -> tuple[FoundLine, ...]:
    hit = (Piece(text="… what came of the "), Piece(text="works council", is_hit=True), Piece(text=" in the end …"))
    talk = {"sig_slug": "turnaround", "sig_name": "Turnaround", "key": _SIG_KEY, "at": _NOON, "title": hit}
    thread = {"kind": SearchKind.THREADS, "address": "/threads/1", "author": _AMARA}
    reply = {"kind": SearchKind.REPLIES, "address": "/posts/2", "author": _HIDDEN, "excerpt": hit}
    person = {"kind": SearchKind.PEOPLE, "address": "/people/sample", "author": _AMARA, "entry": EntryKind.ABOUT}
    sig = {"kind": SearchKind.SIGS, "address": "/sigs/turnaround", "title": hit, "excerpt": hit, "key": _SIG_KEY}
    named = {"title": (Piece(text="Amara Okafor"),), "excerpt": hit}
    lines: tuple[dict[str, object], ...] = ({**talk, **thread}, {**talk, **reply}, {**person, **named}, sig)
    return tuple(FoundLine(**line) for line in lines)  # type: ignore[arg-type]


def _waiting() -> WaitingPost:
    return WaitingPost(
        post_id=13,
        author=_ME,
        html=SafeHtml("<p>My first words here.</p>"),
        written_at=_NOON,
        edited_at=None,
        may_edit=True,
        may_delete=True,
        case_id=1,
    )


def _acts() -> tuple[ActLine, ...]:
    rule = rules_of("Stay with the subject.")[0]
    hidden = ActLine(
        act_id=1,
        kind=ActKind.HIDE,
        actor=_AMARA,
        person=_LONG,
        rule=rule,
        made_at=_NOON,
        until=None,
        undone_at=_NOON,
        undone_by=_ARABIC,
        title="How early do you tell the works council?",
        path="/posts/1",
    )
    banned = ActLine(
        act_id=2,
        kind=ActKind.BAN,
        actor=_AMARA,
        person=_HIDDEN,
        rule=rule,
        made_at=_NOON,
        until=_NOON,
        undone_at=None,
        may_undo=True,
        may_read=True,
    )
    return hidden, banned


def _act_form() -> ActForm:
    return ActForm(
        path="/-/patterns",
        kinds=(ActKind.HIDE, ActKind.MOVE, ActKind.BAN),
        rules=rules_of("Stay with the subject."),
        sigs=(SigChoice(slug="lean", name="Lean"),),
        kind="hide",
        reason_problem=Problem.EMPTY,
    )


def patterns_page() -> PatternsPage:
    """The pattern book, filled."""
    return PatternsPage(
        keys=tuple(KeyChip(scope=scope, name="Turnaround" if scope is Scope.SIG else None) for scope in Scope),
        own_key=KeyChip(scope=Scope.SIG, name="Restructuring and Insolvency Professionals of the North", own=True),
        sig_key=_SIG_KEY,
        people=(_AMARA, _LONG, _ARABIC, _JAPANESE, _HIDDEN, _NAMELESS, _SOURCE, _FORMER, _ME),
        posts=_posts(),
        threads=_threads(),
        sigs=(
            _sig("Turnaround", _SIG_KEY),
            _sig("Lean", KeyChip(scope=Scope.EVERYONE), is_joined=True, thread_count=1240, last_post_at=_NOON),
        ),
        scraps=_scraps(),
        entries=_entries(),
        inputs=_inputs(),
        problems=(
            FieldProblem(field="sample-title", problem=Problem.EMPTY),
            FieldProblem(field="sample-tick", problem=Problem.NOT_ACCEPTED),
        ),
        preview=SafeHtml(_PROSE),
        notices=_notices(),
        found=_found(),
        waiting=_waiting(),
        item=CaseItem(subject=Subject.POST, person=_LONG, title="A title", html=SafeHtml(_PROSE), path="/posts/1"),
        acts=_acts(),
        act_form=_act_form(),
    )
