"""The SIGs of the leak test beside those of the cast: a salon whose circles differ, and a cellar of which only its
people and the one who is invited know."""

from dataclasses import replace

from domain.refusals import Refused
from domain.sigs import Circle, Joining, Role, SigSettings
from storage.database import Database
from storage.rings import find_viewer
from storage.sigs import add_community, add_membership, add_sig
from storage.sigs.invitations import invite
from storage.sigs.joining import ask_to_join
from tests.cast import NOON
from tests.leaks.oracle import ALL, INSIDE
from tests.leaks.places import SIG
from tests.leaks.planted import Planted

_ASK, _SETTINGS, _INVITATIONS = "/sigs/{slug:str}/ask", "/sigs/{slug:str}/settings", "/invitations"
_MEMBERS = frozenset(INSIDE)
_CELLAR = frozenset({"amara", "bodil"})
_INVITED = "tariq"
_INVITATION = "/invitations/{invitation_id:int}"
"""Who accepts an invitation is led to the SIG."""


async def plant_sigs(stage: Database, planted: Planted) -> None:
    """Both SIGs with their people, an invitation into the cellar, and somebody's wish to join the salon."""
    async with stage.writing() as connection:
        place = await add_community(connection, "rooms", "Rooms", "Side rooms.", 7)
        salon = await add_sig(connection, place, "salon", *_salon(planted), NOON)
        slug = planted.cage.token("sigs.slug", "cellar", "amara", _CELLAR, told_at=(_INVITATION,))
        planted.doors = {"salon": "salon", "cellar": slug}
        cellar = await add_sig(connection, place, planted.doors["cellar"], *_cellar(planted), NOON)
        planted.world = replace(planted.world, sigs={**planted.world.sigs, "salon": salon, "cellar": cellar})
        for sig_id in (salon, cellar):
            await add_membership(connection, planted.world["amara"].member_id, sig_id, Role.OWNER, NOON)
            await add_membership(connection, planted.world["bodil"].member_id, sig_id, Role.MEMBER, NOON)
        amara = await find_viewer(connection, planted.world["amara"].member_id)
        asking = await find_viewer(connection, planted.world["edo"].member_id)
    assert amara is not None
    assert asking is not None
    note = planted.cage.token("invitations.note", "cellar", _INVITED, seen_at=(_INVITATIONS,))
    invited = planted.world[_INVITED].public_id
    assert not isinstance(await invite(stage, amara, planted.doors["cellar"], invited, note, NOON), Refused)
    wish = planted.cage.token("cases.words", "salon", "edo", frozenset({"amara"}))
    assert not isinstance(await ask_to_join(stage, asking, "salon", wish, NOON), Refused)


def _salon(planted: Planted) -> tuple[str, str, SigSettings]:
    """Everyone knows of it, members read what it is for, its people what is said."""

    def token(field: str, readers: frozenset[str], *seen_at: str) -> str:
        return planted.cage.token(field, "salon", "amara", readers, seen_at=seen_at)

    outside = _MEMBERS - {"amara", "bodil", "edo"}
    settings = SigSettings(
        reading=Circle.SIG,
        describing=Circle.MEMBERS,
        listing=Circle.MEMBERS,
        joining=Joining.REQUEST,
        question=token("sigs.question", outside, _ASK, _SETTINGS),
        rules=(token("sigs.rules", _MEMBERS, SIG),),
    )
    return token("sigs.name", ALL, SIG), token("sigs.description", _MEMBERS, SIG), settings


def _cellar(planted: Planted) -> tuple[str, str, SigSettings]:
    """Its people know of it; whom they invite learns name and description on one page."""
    readers = _CELLAR | {_INVITED}
    name, description = (
        planted.cage.token(field, "cellar", "amara", readers, seen_at=(SIG, _INVITATIONS))
        for field in ("sigs.name", "sigs.description")
    )
    settings = SigSettings(Circle.SIG, Circle.SIG, Circle.SIG, Circle.SIG, joining=Joining.INVITATION)
    return name, description, settings
