"""Words for single pages."""

from domain.accounts import MailPurpose
from domain.forum import ThreadKind
from web.words.language import _, ngettext


def ended(count: int) -> str:
    """What the list of sessions says after some were ended."""
    if not count:
        return _("There was nothing to end.")
    return ngettext("%(num)s session was ended.", "%(num)s sessions were ended.", count)


def saved(what: str) -> str:
    """What the settings page says after a change."""
    return {
        "password": _("Your new password counts from now on. Every other browser has been signed out."),
        "email": _("Your new address is confirmed."),
    }.get(what, _("Saved."))


def thread_kind(kind: ThreadKind) -> str:
    """What a thread is for."""
    return _("Question") if kind is ThreadKind.QUESTION else _("Discussion")


def mail_sent(purpose: MailPurpose) -> tuple[str, str]:
    """The heading and the sentence after a mail was asked for; the same whether or not the address is known."""
    match purpose:
        case MailPurpose.RESET:
            return _("Look at your mail"), _(
                "If this address belongs to an account, a mail is on its way with a link to choose a new password. "
                "The link works for one hour."
            )
        case MailPurpose.CHANGE:
            return _("Look at your new mailbox"), _(
                "We have sent a mail to the new address. Your old address stays in use until you follow the link in it."
            )
        case _:
            return _("Look at your mail"), _(
                "We have sent you a mail with a link. Follow it to confirm your address, and you are in. "
                "The link works for three days."
            )


def about(name: str) -> str:
    """The title of a text of the house."""
    return {
        "terms": _("Terms of use"),
        "privacy": _("Privacy policy"),
        "markdown": _("How to write"),
    }[name]
