"""Specimens for one's own page and what belongs to it: entries, records, photo, public part, history, lists.

Addresses without a person in them are asked by everybody and show each their own; those with an id or a name in them
are asked for things of one's own, of others, and that never were.
"""

from collections.abc import Iterator

from domain.members import ENTRY_RULES, RECORD_PARTS
from storage.members.forms import CHECK_UP_STEPS
from tests.leaks.asks import UNKNOWN, Ask, Route, Specimens
from tests.leaks.planted import Planted

SOME_OWNERS = (
    "settled everyone-owner",
    "settled members-owner",
    "settled only-me-owner",
    "suspended everyone-owner",
    "nameless everyone-owner",
    "withdrawn everyone-owner",
)
KINDS = (*RECORD_PARTS, "headline", "no-such-kind")
_RECORD = {"role": "Founder", "school": "A school", "address": "https://example.org/", "action": "save"}


def lookers(planted: Planted, owner: str) -> Iterator[str]:
    """Every pair of eyes that the address of the view through other eyes can name, its owner's and other people's."""
    yield from ("visitor", "search-engine", "member", "connection", "mail", "person", "no-such-eyes", "sig", "list:x")
    for sig_id in (*planted.world.sigs.values(), UNKNOWN):
        yield f"sig:{sig_id}"
    for list_id in (planted.lists[owner], planted.lists["settled list-owner"], UNKNOWN):
        yield f"list:{list_id}"
    named = ("amara", "bodil", "tariq", "connie", "sven", "settled only-me-owner", "nameless everyone-owner", owner)
    for part in named:
        yield f"person&person={planted.world[part].public_id}"
    yield "person&person=no-such-page"


def _view_as(planted: Planted) -> Iterator[Ask]:
    yield Ask("/profile/view-as", full=True)
    for looker in lookers(planted, "olga"):
        yield Ask(f"/profile/view-as?looker={looker}")


def _plain(path: str, *, full: bool = False) -> Specimens:
    def specimens(_: Planted) -> Iterator[Ask]:
        yield Ask(path, full=full)

    return specimens


def _new_record(_: Planted) -> Iterator[Ask]:
    for kind in KINDS:
        yield Ask(f"/profile/{kind}/new", full=kind == "experience")


def _add_record(_: Planted) -> Iterator[Ask]:
    for kind in KINDS:
        yield Ask(f"/profile/{kind}/new", {**_RECORD, f"{kind}.audience": "members"})
    for form in ({}, {**_RECORD, "experience.audience": "everyone"}, {**_RECORD, "experience.audience": "list:1"}):
        yield Ask("/profile/experience/new", form)


def _records(_: Planted) -> Iterator[Ask]:
    for kind in KINDS:
        for position in (0, 1, 2, UNKNOWN):
            yield Ask(f"/profile/{kind}/{position}")


def _save_record(_: Planted) -> Iterator[Ask]:
    for kind in KINDS:
        for position in (0, 1, UNKNOWN):
            yield Ask(f"/profile/{kind}/{position}", _RECORD)
    for form in ({}, {"action": "remove"}, {**_RECORD, "experience.audience": "everyone"}):
        yield Ask("/profile/experience/1", form)


def _save_profile(planted: Planted) -> Iterator[Ask]:
    chosen = {f"{kind}.audience": "members" for kind in ENTRY_RULES}
    others = {f"{kind}.audience": f"list:{planted.lists['settled list-owner']}" for kind in ENTRY_RULES}
    sigs = {"membership-4.audience": "everyone", f"membership-{UNKNOWN}.audience": "everyone"}
    yield Ask("/profile/edit", {})
    yield Ask("/profile/edit", {"name": "New Name", "profession": "New", **chosen})
    agreed = {f"confirm.{kind}": "members" for kind in ENTRY_RULES} | {"confirm_widening": "yes"}
    yield Ask("/profile/edit", {"name": "New Name", "profession": "New", **chosen, **agreed})
    yield Ask("/profile/edit", {"name": "", "phone": "none", **others})
    yield Ask("/profile/edit", {**sigs, "photo": "another-file-name-of-somebody"})


_SLOTS = (*ENTRY_RULES, "experience-1", "membership-1", "membership-4", f"membership-{UNKNOWN}", "no-such-entry")


def _audience(_: Planted) -> Iterator[Ask]:
    for number, name in enumerate(_SLOTS):
        yield Ask(f"/profile/audience/{name}", full=number == 0)


def _save_audience(planted: Planted) -> Iterator[Ask]:
    for name in _SLOTS:
        yield Ask(f"/profile/audience/{name}", {f"{name}.audience": "everyone"})
    for audience in ("only-me", "sig:4", f"list:{planted.lists['settled list-owner']}"):
        yield Ask("/profile/audience/about", {"about.audience": audience})


def _switch(_: Planted) -> Iterator[Ask]:
    for action in ("on", "off", "refuse-ai", "allow-ai", "no-such-action"):
        yield Ask("/profile/public", {"action": action})
    yield Ask("/profile/public", {"action": "on", "confirm_widening": "yes"})


def _receipts(planted: Planted) -> Iterator[Ask]:
    for receipt_id in (*planted.receipts.values(), 1, UNKNOWN):
        yield Ask(f"/profile/receipts/{receipt_id}")


def _check_up(_: Planted) -> Iterator[Ask]:
    for step in (0, *range(1, len(CHECK_UP_STEPS) + 1), 99):
        yield Ask(f"/profile/check-up/{step}")


def _save_check_up(_: Planted) -> Iterator[Ask]:
    for step, kinds in enumerate(CHECK_UP_STEPS, start=1):
        for audience in ("only-me", "everyone", "list:1"):
            yield Ask(f"/profile/check-up/{step}", {f"{kind}.audience": audience for kind in kinds})
    yield Ask("/profile/check-up/99", {})


def _photos(planted: Planted) -> Iterator[Ask]:
    for number, name in enumerate(planted.photos.values()):
        for size in (64, 160, 480, 99) if number == 1 else (160,):
            yield Ask(f"/photos/{name}/{size}", full=number == 1 and size == 64)
    yield Ask("/photos/AAAAAAAAAAAAAAAAAAAAAAAA/160")
    yield Ask("/photos/no-name/160")


def _save_photo(_: Planted) -> Iterator[Ask]:
    for form in ({}, {"action": "remove"}, {"photo": "not a file"}):
        yield Ask("/profile/photo", form)


def _list_ids(planted: Planted) -> tuple[int, ...]:
    return planted.lists["olga"], planted.lists["settled list-owner"], UNKNOWN


def _lists(planted: Planted) -> Iterator[Ask]:
    for number, list_id in enumerate(_list_ids(planted)):
        yield Ask(f"/lists/{list_id}", full=number == 1)


def _list_act(act: str) -> Specimens:
    def specimens(planted: Planted) -> Iterator[Ask]:
        for list_id in _list_ids(planted):
            yield Ask(f"/lists/{list_id}/{act}", {})

    return specimens


def _make_list(_: Planted) -> Iterator[Ask]:
    for name in ("Old colleagues", "", "n" * 99):
        yield Ask("/lists", {"name": name})


def _person_lists(planted: Planted) -> Iterator[Ask]:
    for number, owner in enumerate(SOME_OWNERS):
        yield Ask(f"/people/{planted.world[owner].public_id}/lists", full=number == 1)
    yield Ask("/people/no-such-page/lists")


def _place_person(planted: Planted) -> Iterator[Ask]:
    own, others, unknown = _list_ids(planted)
    for owner in SOME_OWNERS:
        for list_id in (own, others, unknown):
            yield Ask(f"/people/{planted.world[owner].public_id}/lists", {f"list-{list_id}": "yes"})
    yield Ask("/people/no-such-page/lists", {})


OWN_PAGES: dict[Route, Specimens] = {
    ("GET", "/profile/edit"): _plain("/profile/edit", full=True),
    ("POST", "/profile/edit"): _save_profile,
    ("GET", "/profile/audience/{name:str}"): _audience,
    ("POST", "/profile/audience/{name:str}"): _save_audience,
    ("GET", "/profile/{kind:str}/new"): _new_record,
    ("POST", "/profile/{kind:str}/new"): _add_record,
    ("GET", "/profile/{kind:str}/{position:int}"): _records,
    ("POST", "/profile/{kind:str}/{position:int}"): _save_record,
    ("GET", "/profile/public"): _plain("/profile/public", full=True),
    ("POST", "/profile/public"): _switch,
    ("GET", "/profile/receipts/{receipt_id:int}"): _receipts,
    ("GET", "/profile/exposure"): _plain("/profile/exposure", full=True),
    ("GET", "/profile/exposure.csv"): _plain("/profile/exposure.csv", full=True),
    ("GET", "/profile/view-as"): _view_as,
    ("GET", "/profile/view-as/exactly"): _plain("/profile/view-as/exactly", full=True),
    ("GET", "/profile/check-up/{step:int}"): _check_up,
    ("POST", "/profile/check-up/{step:int}"): _save_check_up,
    ("GET", "/photos/{name:str}/{size:int}"): _photos,
    ("GET", "/profile/photo"): _plain("/profile/photo", full=True),
    ("POST", "/profile/photo"): _save_photo,
    ("GET", "/lists"): _plain("/lists", full=True),
    ("POST", "/lists"): _make_list,
    ("GET", "/lists/{list_id:int}"): _lists,
    ("POST", "/lists/{list_id:int}/delete"): _list_act("delete"),
    ("POST", "/lists/{list_id:int}/forget-unseen"): _list_act("forget-unseen"),
    ("GET", "/people/{address:str}/lists"): _person_lists,
    ("POST", "/people/{address:str}/lists"): _place_person,
}
