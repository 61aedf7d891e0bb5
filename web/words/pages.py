"""Words for single pages."""

from domain.accounts import MailPurpose
from domain.forum import ThreadKind
from domain.reference import Vocabulary
from web.words.language import _, ngettext


def ended(count: int) -> str:
    """What the list of sessions says after some were ended."""
    if not count:
        return _("There was nothing to end.")
    return ngettext("%(num)s session was ended.", "%(num)s sessions were ended.", count)


def saved(what: str) -> str:
    """What the settings page says after a change."""
    return {
        "password": _(
            "Your new password counts from now on. Every other browser has been signed out, "
            "and private feed addresses have ended."
        ),
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


def check_up(step: int) -> tuple[str, str]:
    """The heading of a step of the privacy check-up, and what it is about."""
    return {
        1: (_("Who finds you"), _("These lines say who you are. What is for everyone can be found by search engines.")),
        2: (_("Who reaches you"), _("With these people can write or call. E-mail and phone are never for everyone.")),
        3: (
            _("What tells much about you"),
            _("These can tell of origin, age, family or belief. None is ever public by default."),
        ),
        4: (_("What follows from what you do"), _("These fill themselves as you take part. You decide who sees them.")),
    }[step]


def about(name: str) -> str:
    """The title of a text of the house."""
    return {
        "terms": _("Terms of use"),
        "privacy": _("Privacy policy"),
        "markdown": _("How to write"),
    }[name]


def vocabulary(which: str) -> str:
    """The title of a vocabulary."""
    return {
        Vocabulary.OCCUPATIONS: _("Words for occupations"),
        Vocabulary.INDUSTRIES: _("Words for industries"),
        Vocabulary.COUNTRIES: _("Names of countries"),
        Vocabulary.LANGUAGES: _("Names of languages"),
        Vocabulary.TIME_ZONES: _("Names of time zones"),
    }[Vocabulary(which)]


def vocabulary_source(which: str) -> str:
    """Whose words they are; nothing for those that come with the software."""
    return {
        Vocabulary.OCCUPATIONS: _(
            "These are the groups of ISCO-08, the occupations of the International Labour Organization. "
            "This service uses the ESCO classification of the European Commission."
        ),
        Vocabulary.INDUSTRIES: _("These are the groups of ISIC, revision 4, of the United Nations."),
    }.get(Vocabulary(which), "")
