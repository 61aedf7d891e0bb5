"""Words for what is between people: channels, requests, blocks."""

from collections.abc import Iterable

from domain.blocks import Effect, Place
from domain.channels import Channel
from domain.connections import LONGEST_NOTE
from domain.members import AudienceOption
from domain.visibility import Scope
from web.words.keys import scope
from web.words.language import _


def channel(kind: Channel) -> tuple[str, str]:
    """The question that a channel asks its owner, and what else is to be known."""
    match kind:
        case Channel.SCRAP:
            return _("Who may leave a scrap on my page"), _("Who may read them is chosen on your scraps themselves.")
        case Channel.REQUEST:
            return _("Who may ask me to connect"), _("Whoever may not is told that you do not take this from them.")
        case Channel.INVITATION:
            return _("Who may invite me to a SIG"), _("SIGs that you may know of are always open to you to look at.")
        case Channel.MENTION:
            return _("Whose mentions reach me"), _("Others can still write your name; you get no notice of it.")


def reachers(options: Iterable[AudienceOption]) -> tuple[tuple[str, str], ...]:
    """Who may use a channel, as pairs of value and words."""
    return tuple((option.value, _("Nobody") if option.scope is Scope.ONLY_ME else scope(option)) for option in options)


def note_hint() -> str:
    """How long the note of a request may be."""
    return _("At most %(num)s letters. They read it beside your name.", num=LONGEST_NOTE)


def block_place(place: Place) -> str:
    """Where two people between whom there is a block come upon each other."""
    return _PLACES[place]()


_PLACES = {
    Place.PERSONAL_PAGE: lambda: _("The other’s page"),
    Place.PHOTO: lambda: _("The other’s photo"),
    Place.BYLINE: lambda: _("The other’s name beside posts"),
    Place.POSTS: lambda: _("What the other writes in threads"),
    Place.PEOPLE: lambda: _("The other in lists of people and in search"),
    Place.AUDIENCES: lambda: _("What is open to the other’s connections and lists"),
    Place.SCRAPS: lambda: _("Leaving a scrap with the other"),
    Place.REQUEST: lambda: _("Asking the other to connect"),
    Place.INVITATION: lambda: _("Inviting the other to a SIG"),
    Place.MENTION: lambda: _("Mentioning the other"),
    Place.REPLY: lambda: _("Notices of the other’s replies"),
    Place.FEEDS: lambda: _("The feed of the other’s page"),
    Place.VIEW_AS: lambda: _("Seeing one’s own page as the other does"),
    Place.REPORTS: lambda: _("Reporting what the other wrote"),
    Place.MODERATION: lambda: _("Acts of either as moderator of a SIG"),
}


def block_effect(effect: Effect) -> str:
    """What happens there."""
    match effect:
        case Effect.AS_VISITOR:
            return _("only what visitors see")
        case Effect.SHUT:
            return _("shut")
        case Effect.SILENT:
            return _("none")
        case Effect.UNCHANGED:
            return _("as before")
