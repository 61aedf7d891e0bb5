"""Specimens for the doors of SIGs: asking, inviting, people and roles, settings."""

from collections.abc import Iterator, Mapping

from tests.leaks.asks import UNKNOWN, Ask, Route, Specimens
from tests.leaks.planted import Planted

_KEEPING = {
    "name": "Turnaround",
    "description": "",
    "existence": "everyone",
    "describing": "everyone",
    "listing": "sig",
    "reading": "everyone",
    "joining": "open",
    "question": "",
    "rules": "",
}
_WIDENING = {**_KEEPING, "listing": "everyone"}


def _slugs(planted: Planted) -> tuple[str, ...]:
    return "turnaround", "boardroom", planted.vault, *planted.doors.values(), "no-such-sig"


def _addresses(planted: Planted) -> tuple[str, ...]:
    known = [planted.world[part].public_id for part in ("lin", "joost", "tariq", "settled only-me-owner")]
    return (*known, "no-such-page")


def _page(path: str) -> Specimens:
    def specimens(planted: Planted) -> Iterator[Ask]:
        for slug in _slugs(planted):
            yield Ask(path.format(slug), full=slug == planted.vault)

    return specimens


def _form(path: str, *forms: Mapping[str, str]) -> Specimens:
    def specimens(planted: Planted) -> Iterator[Ask]:
        for slug in _slugs(planted):
            for form in forms or ({},):
                yield Ask(path.format(slug), form)

    return specimens


def _people(planted: Planted) -> Iterator[Ask]:
    for slug in _slugs(planted):
        yield Ask(f"/sigs/{slug}/people", full=slug == planted.vault)
        for address in _addresses(planted):
            yield Ask(f"/sigs/{slug}/people?after={address}")


def _person_act(act: str, form: Mapping[str, str]) -> Specimens:
    def specimens(planted: Planted) -> Iterator[Ask]:
        for slug in ("boardroom", planted.vault, "no-such-sig"):
            for address in _addresses(planted):
                yield Ask(f"/sigs/{slug}/people/{address}/{act}", form)

    return specimens


def _invite(planted: Planted) -> Iterator[Ask]:
    for slug in _slugs(planted):
        for address in _addresses(planted):
            yield Ask(f"/sigs/{slug}/invite", {"person": address, "note": "Text."})


def _withdraw(planted: Planted) -> Iterator[Ask]:
    for slug in _slugs(planted):
        yield Ask(f"/sigs/{slug}/invitations/{UNKNOWN}/withdraw", {})


def _invitations(_: Planted) -> Iterator[Ask]:
    yield Ask("/invitations", full=True)


def _answer(planted: Planted) -> Iterator[Ask]:
    for invitation_id in (1, UNKNOWN):
        for answer in ("decline", "accept"):
            yield Ask(f"/invitations/{invitation_id}", {"answer": answer})


def _roles(_: Planted) -> Iterator[Ask]:
    yield Ask("/about/roles")


SPECIMENS: dict[Route, Specimens] = {
    ("GET", "/about/roles"): _roles,
    ("GET", "/sigs/{slug:str}/people"): _people,
    ("POST", "/sigs/{slug:str}/people/{address:str}/role"): _person_act("role", {"role": "moderator"}),
    ("POST", "/sigs/{slug:str}/people/{address:str}/offer"): _person_act("offer", {}),
    ("POST", "/sigs/{slug:str}/offer/withdraw"): _form("/sigs/{}/offer/withdraw"),
    ("POST", "/sigs/{slug:str}/offer/answer"): _form("/sigs/{}/offer/answer", {"answer": "decline"}),
    ("POST", "/sigs/{slug:str}/step-down"): _form("/sigs/{}/step-down"),
    ("GET", "/sigs/{slug:str}/settings"): _page("/sigs/{}/settings"),
    ("POST", "/sigs/{slug:str}/settings"): _form("/sigs/{}/settings", {}, _WIDENING),
    ("GET", "/sigs/{slug:str}/ask"): _page("/sigs/{}/ask"),
    ("POST", "/sigs/{slug:str}/ask"): _form("/sigs/{}/ask", {"words": ""}, {"words": "Text."}),
    ("POST", "/sigs/{slug:str}/ask/withdraw"): _form("/sigs/{}/ask/withdraw"),
    ("GET", "/sigs/{slug:str}/invite"): _page("/sigs/{}/invite"),
    ("POST", "/sigs/{slug:str}/invite"): _invite,
    ("POST", "/sigs/{slug:str}/invitations/{invitation_id:int}/withdraw"): _withdraw,
    ("GET", "/invitations"): _invitations,
    ("POST", "/invitations/{invitation_id:int}"): _answer,
}
