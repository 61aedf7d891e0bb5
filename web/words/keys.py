"""Words for keys: what stands on a chip, who sees a thing, and why."""

from domain.exposure import Looker
from domain.members import AudienceOption, KeyChip
from domain.visibility import Scope
from web.words.language import _, ngettext


def scope(chip: KeyChip | AudienceOption) -> str:
    """The word on a key chip."""
    return _scope(chip.scope, chip.name)


def _scope(kind: Scope, name: str | None) -> str:
    match kind:
        case Scope.EVERYONE:
            return _("Everyone")
        case Scope.MEMBERS:
            return _("Members")
        case Scope.MY_SIGS:
            return _("My SIGs")
        case Scope.SIG:
            return name or _("One SIG")
        case Scope.CONNECTIONS:
            return _("Connections")
        case Scope.LIST:
            return name or _("A list")
        case Scope.ONLY_ME:
            return _("Only me")


def icon_of_scope(kind: Scope) -> str:
    """The icon of an audience; the five that matter most have five silhouettes."""
    return _ICONS[kind]


_ICONS = {
    Scope.EVERYONE: "globe",
    Scope.MEMBERS: "people",
    Scope.MY_SIGS: "temple",
    Scope.SIG: "temple",
    Scope.CONNECTIONS: "rings",
    Scope.LIST: "lines",
    Scope.ONLY_ME: "key",
}


def who(kind: Scope, name: str | None) -> str:
    """Who sees a thing with this key."""
    match kind:
        case Scope.EVERYONE:
            return _("Everyone sees this, without signing in too. Search engines may list it.")
        case Scope.MEMBERS:
            return _("Members who are signed in see this.")
        case Scope.MY_SIGS:
            return _("People who share a SIG with its owner see this.")
        case Scope.SIG:
            return _("Only people in %(sig)s see this.", sig=name) if name else _("Only people in one SIG see this.")
        case Scope.CONNECTIONS:
            return _("Only connections of its owner see this.")
        case Scope.LIST:
            return _("Only people on one list of its owner see this.")
        case Scope.ONLY_ME:
            return _("Only you see this.")


def reach(option: AudienceOption) -> str:
    """Who will see an entry under this audience, in words and numbers."""
    count = option.people or 0
    match option.scope:
        case Scope.EVERYONE if option.people is None:
            return _("everyone, without signing in too, and search engines")
        case Scope.EVERYONE:
            return _("while your public page is off, members only")
        case Scope.MEMBERS:
            return ngettext("%(num)s member", "%(num)s members", count)
        case Scope.MY_SIGS:
            return ngettext("%(num)s person in your SIGs", "%(num)s people in your SIGs", count)
        case Scope.SIG:
            words = ngettext("%(num)s member of", "%(num)s members of", count)
            return f"{words} {option.name}"
        case Scope.CONNECTIONS:
            return ngettext("you and %(num)s connection", "you and %(num)s connections", count - 1)
        case Scope.LIST:
            return ngettext("you and %(num)s person on the list", "you and %(num)s people on the list", count - 1)
        case Scope.ONLY_ME:
            return _("nobody but you")


def looker(kind: Looker, name: str | None) -> str:
    """Through whose eyes a page is looked at."""
    return {
        Looker.VISITOR: _("A visitor, not signed in"),
        Looker.SEARCH_ENGINE: _("A search engine"),
        Looker.MEMBER: _("A member"),
        Looker.CONNECTION: _("One of my connections"),
        Looker.SIG: _("A member of %(sig)s", sig=name),
        Looker.LIST: _("Somebody on my list “%(name)s”", name=name),
        Looker.PERSON: _("A certain person"),
        Looker.MAIL: _("A mail that speaks of me"),
    }[kind]


def exposure_columns() -> tuple[str, ...]:
    """The heading of the history of exposure as a table."""
    return (_("Entry"), _("Which"), _("Seen by"), _("From (UTC)"), _("Until (UTC)"))


def status(code: int) -> str:
    """What an address answers, in words."""
    return {200: _("open"), 404: _("nothing here"), 410: _("gone for good")}.get(code, str(code))


def why(chip: KeyChip) -> str:
    """Why the viewer sees it; for one's own things, whose choice it is. Empty where there is nothing to add."""
    if chip.own:
        return _("You decide this, and can change it at any time.")
    match chip.scope:
        case Scope.MEMBERS:
            return _("You see it because you are a member.")
        case Scope.SIG | Scope.MY_SIGS:
            return (
                _("You see it because you are in %(sig)s too.", sig=chip.name) if chip.name else _("You share a SIG.")
            )
        case Scope.CONNECTIONS:
            return _("You see it because you are connected.")
        case Scope.LIST:
            return _("You see it because its owner has put you on a list of theirs.")
        case Scope.ONLY_ME:
            return _("You see it because it is yours.")
        case _:
            return ""


def who_reads(chip: KeyChip) -> str:
    """Who may read what is said in a SIG with this key, told to people outside it as well."""
    if chip.scope is Scope.EVERYONE:
        return _("Everyone can read what is said here. Members of the SIG can take part.")
    return _("Only people in this SIG can read what is said here.")


def readers(chip: KeyChip, count: int | None) -> str:
    """Who will be able to read what is being written."""
    if chip.scope is Scope.EVERYONE:
        return _("Everyone will be able to read this")
    if count is None:
        return who(chip.scope, chip.name)
    return ngettext("%(num)s person will be able to read this", "%(num)s people will be able to read this", count)
