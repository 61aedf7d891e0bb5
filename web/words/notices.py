"""Words for notices: one sentence each, on the site as in mails, and the form of choices."""

import unicodedata

from domain.members import MemberLine
from domain.notices import NoticeKind, NoticeLine
from domain.sigs import Role
from web.words.entries import person
from web.words.language import _, ngettext


def notice(line: NoticeLine) -> str:
    """What happened, in one sentence without a full stop."""
    who, sig = _who(line.actor), _aside(line.sig_name) if line.sig_name else _("a SIG")
    match line.kind:
        case NoticeKind.REPLY:
            return _("%(who)s replied in “%(title)s”", who=who, title=_aside(line.title or ""))
        case NoticeKind.MENTION:
            return _("%(who)s mentioned you in “%(title)s”", who=who, title=_aside(line.title or ""))
        case NoticeKind.SCRAP if line.is_mine:
            return _("%(who)s left a scrap on your page", who=who)
        case NoticeKind.SCRAP:
            return _("%(who)s replied to your scrap", who=who)
        case NoticeKind.REQUEST:
            return _("%(who)s would like to connect with you", who=who)
        case NoticeKind.ACCEPTED:
            return _("%(who)s accepted your request to connect", who=who)
        case _:
            return _of_sig(line, who, sig)


def _of_sig(line: NoticeLine, who: str, sig: str) -> str:
    match line.kind:
        case NoticeKind.INVITATION:
            return _("%(who)s invited you to %(sig)s", who=who, sig=sig)
        case NoticeKind.OFFER:
            return _("%(who)s offers you the ownership of %(sig)s", who=who, sig=sig)
        case NoticeKind.ADMITTED:
            return _("You are now a member of %(sig)s", sig=sig)
        case NoticeKind.TURNED_DOWN:
            return _("Your request to join %(sig)s was turned down", sig=sig)
        case NoticeKind.ROLE:
            return _role(line.role, sig)
        case NoticeKind.QUEUE:
            return _waiting(line, sig)
        case NoticeKind.APPEAL:
            return _("Your appeal was granted") if line.is_granted else _("Your appeal was turned down")
        case _:
            return _act(line, sig)


def _waiting(line: NoticeLine, sig: str) -> str:
    if line.is_of_house:
        return _("Something waits for a decision of the staff")
    if line.act_id is not None:
        return _("An appeal waits for a decision in %(sig)s", sig=sig)
    return _("Something waits for a decision in %(sig)s", sig=sig)


def _role(role: Role | None, sig: str) -> str:
    match role:
        case Role.OWNER:
            return _("You are now an owner of %(sig)s", sig=sig)
        case Role.MODERATOR:
            return _("You are now a moderator of %(sig)s", sig=sig)
        case _:
            return _("Your role in %(sig)s is now member", sig=sig)


def _act(line: NoticeLine, sig: str) -> str:
    by = _("The staff") if line.is_of_house else _("The moderators of %(sig)s", sig=sig)
    if line.is_undone:
        return _("%(by)s took back a decision about you", by=by)
    known = {
        "hide": _("%(by)s hid something that you wrote", by=by),
        "hide-scrap": _("%(by)s hid a scrap of yours", by=by),
        "reject": _("%(by)s did not publish what you wrote", by=by),
        "close": _("%(by)s closed your thread", by=by),
        "pin": _("%(by)s pinned your thread", by=by),
        "move": _("%(by)s moved your thread", by=by),
        "warn": _("%(by)s sent you a warning", by=by),
        "ban": _("%(by)s ended your membership", by=by),
        "suspend": _("%(by)s suspended your account", by=by),
    }
    return known.get(line.act_kind or "", _("%(by)s decided something about you", by=by))


def _who(line: MemberLine | None) -> str:
    return _aside(person(line)) if line else _("Somebody")


def _aside(name: str) -> str:
    """A name in a sentence: one that is written the other way round is kept from turning what stands around it."""
    turns = any(unicodedata.bidirectional(letter) in {"R", "AL", "AN"} for letter in name)
    return f"\u2068{name}\u2069" if turns else name


def notice_kind(kind: NoticeKind | None) -> str:
    """The notices of a kind, as a line of the form of choices; None is the digest."""
    if kind is None:
        return _("The daily digest")
    return {
        NoticeKind.REPLY: _("Replies to me"),
        NoticeKind.MENTION: _("Posts that link to my page"),
        NoticeKind.SCRAP: _("Scraps for me"),
        NoticeKind.REQUEST: _("Requests to connect"),
        NoticeKind.ACCEPTED: _("Requests of mine that were accepted"),
        NoticeKind.INVITATION: _("Invitations to SIGs"),
        NoticeKind.ADMITTED: _("SIGs that let me in"),
        NoticeKind.TURNED_DOWN: _("SIGs that did not let me in"),
        NoticeKind.ROLE: _("My role in a SIG"),
        NoticeKind.OFFER: _("Offers of ownership"),
        NoticeKind.QUEUE: _("What waits for me as a moderator"),
        NoticeKind.ACT: _("Decisions of moderators about me"),
        NoticeKind.APPEAL: _("Answers to my appeals"),
    }[kind]


def mail_choice(choice: str) -> str:
    """When the mail of a notice comes."""
    return {"now": _("At once"), "daily": _("Daily"), "off": _("Never")}[choice]


def unseen(count: int, most: int = 99) -> str:
    """How many wait, as short as it fits into the header."""
    return str(count) if count <= most else f"{most}+"


def notices_unseen(count: int, most: int = 99) -> str:
    """How many wait, as a sentence."""
    if not count:
        return _("Notices: nothing new")
    if count > most:
        return _("Notices: more than %(most)d are new", most=most)
    return ngettext("Notices: %(num)s is new", "Notices: %(num)s are new", count)


def digest(count: int) -> str:
    """The subject of a digest."""
    return ngettext("%(num)s notice from Stoa", "%(num)s notices from Stoa", count)


def more_notices(count: int) -> str:
    """How many of a digest it has no room for."""
    return ngettext("And %(num)s more on the site.", "And %(num)s more on the site.", count)
