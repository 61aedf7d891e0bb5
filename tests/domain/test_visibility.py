"""The one rule, as decision tables: what a thing carries, who sees it, why, and when a change widens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.visibility import (
    ALL_MEMBERS,
    CONNECTIONS,
    EVERYONE,
    MEMBERS,
    MY_SIGS,
    ONLY_ME,
    PUBLIC,
    STAFF,
    VISITOR_RING,
    Audience,
    Owner,
    Ring,
    Scope,
    connection_key,
    keys_for,
    list_key,
    may_see,
    member_ring,
    own_key,
    reason_to_see,
    sig_key,
    widens,
)

IN_7, LIST_3 = Audience(Scope.SIG, 7), Audience(Scope.LIST, 3)
OWNER = Owner(1, frozenset({7, 12}))
OFF = Owner(1, frozenset({7, 12}), has_public_page=False)
SUSPENDED = Owner(1, frozenset({7, 12}), in_good_standing=False)
LEFT = Owner(1, frozenset({12}))

RINGS: dict[str, Ring] = {
    "visitor": VISITOR_RING,
    "stranger": member_ring(2, in_good_standing=True),
    "mate in 7": member_ring(3, in_good_standing=True, sig_ids=[7]),
    "mate in 12": member_ring(4, in_good_standing=True, sig_ids=[12]),
    "elsewhere": member_ring(5, in_good_standing=True, sig_ids=[99]),
    "connected": member_ring(6, in_good_standing=True, connected_ids=[1]),
    "listed": member_ring(8, in_good_standing=True, list_ids=[3]),
    "unconfirmed": member_ring(9, in_good_standing=False, sig_ids=[7], connected_ids=[1], list_ids=[3], is_staff=True),
    "staff": member_ring(10, in_good_standing=True, is_staff=True),
    "owner": member_ring(1, in_good_standing=False),
}
ALL = set(RINGS)
INSIDE = ALL - {"visitor", "unconfirmed"}

TABLE = [
    (EVERYONE, OWNER, ALL),
    (EVERYONE, OFF, INSIDE),
    (EVERYONE, SUSPENDED, {"owner"}),
    (ALL_MEMBERS, OWNER, INSIDE),
    (ALL_MEMBERS, SUSPENDED, {"owner"}),
    (MY_SIGS, OWNER, {"mate in 7", "mate in 12", "owner"}),
    (MY_SIGS, LEFT, {"mate in 12", "owner"}),
    (MY_SIGS, Owner(1), {"owner"}),
    (IN_7, OWNER, {"mate in 7", "owner"}),
    (IN_7, OFF, {"mate in 7", "owner"}),
    (IN_7, LEFT, {"owner"}),
    (IN_7, SUSPENDED, {"owner"}),
    (CONNECTIONS, OWNER, {"connected", "owner"}),
    (LIST_3, OWNER, {"listed", "owner"}),
    (ONLY_ME, OWNER, {"owner"}),
]


@pytest.mark.parametrize(("audience", "owner", "seeing"), TABLE)
def test_who_sees_what_under_each_audience(audience: Audience, owner: Owner, seeing: set[str]) -> None:
    keys = keys_for(audience, owner)
    assert {name for name, ring in RINGS.items() if may_see(keys, ring)} == seeing | {"owner"}


def test_contact_data_is_never_public() -> None:
    keys = keys_for(EVERYONE, OWNER, may_be_public=False)
    assert {name for name, ring in RINGS.items() if may_see(keys, ring)} == INSIDE | {"owner"}


@pytest.mark.parametrize(
    ("keys", "ring", "reason"),
    [
        ({PUBLIC}, {PUBLIC, MEMBERS}, PUBLIC),
        ({PUBLIC, sig_key(7)}, {PUBLIC, sig_key(7)}, sig_key(7)),
        ({MEMBERS, connection_key(1)}, {MEMBERS, connection_key(1)}, connection_key(1)),
        ({sig_key(7), list_key(3)}, {sig_key(7), list_key(3)}, list_key(3)),
        ({own_key(1), PUBLIC, MEMBERS}, {own_key(1), PUBLIC, MEMBERS}, own_key(1)),
        ({sig_key(7), sig_key(12)}, {sig_key(12)}, sig_key(12)),
        ({STAFF, MEMBERS}, {STAFF, MEMBERS}, STAFF),
        ({MEMBERS}, {PUBLIC}, None),
        (set(), {PUBLIC}, None),
    ],
)
def test_the_most_personal_key_is_the_reason(keys: set[str], ring: set[str], reason: str | None) -> None:
    assert reason_to_see(frozenset(keys), frozenset(ring)) == reason  # type: ignore[arg-type]


WIDENING = [
    (ONLY_ME, IN_7, True),
    (ONLY_ME, ALL_MEMBERS, True),
    (ONLY_ME, EVERYONE, True),
    (IN_7, MY_SIGS, True),
    (MY_SIGS, IN_7, False),
    (IN_7, ALL_MEMBERS, True),
    (IN_7, CONNECTIONS, True),
    (CONNECTIONS, IN_7, True),
    (CONNECTIONS, LIST_3, True),
    (ALL_MEMBERS, EVERYONE, True),
    (ALL_MEMBERS, IN_7, False),
    (ALL_MEMBERS, CONNECTIONS, False),
    (EVERYONE, ALL_MEMBERS, False),
    (EVERYONE, ONLY_ME, False),
    (EVERYONE, EVERYONE, False),
    (ONLY_ME, Audience(Scope.SIG, 99), False),
]


@pytest.mark.parametrize(("before", "after", "wider"), WIDENING)
def test_widening_is_told_from_narrowing(before: Audience, after: Audience, wider: bool) -> None:
    assert widens(before, after, OWNER) is wider


@pytest.mark.parametrize(
    ("before", "after", "wider"),
    [(OFF, OWNER, True), (OWNER, OFF, False), (SUSPENDED, OWNER, True), (LEFT, OWNER, False)],
)
def test_switching_the_page_on_widens_what_is_for_everyone(before: Owner, after: Owner, wider: bool) -> None:
    assert widens(EVERYONE, EVERYONE, before, after) is wider


_audiences = st.sampled_from(
    [EVERYONE, ALL_MEMBERS, MY_SIGS, IN_7, Audience(Scope.SIG, 12), CONNECTIONS, LIST_3, ONLY_ME]
)
_owners = st.builds(Owner, st.just(1), st.frozensets(st.sampled_from([7, 12])), st.booleans(), st.booleans())


@given(_audiences, _audiences, _owners, _owners)
def test_what_does_not_widen_shows_nobody_anything_new(
    before: Audience, after: Audience, owner: Owner, owner_after: Owner
) -> None:
    """Whoever sees it after a change that asks no confirmation saw it before."""
    old, new = keys_for(before, owner), keys_for(after, owner_after)
    seeing = {name for name, ring in RINGS.items() if may_see(new, ring)}
    saw = {name for name, ring in RINGS.items() if may_see(old, ring)}
    if not widens(before, after, owner, owner_after):
        assert seeing <= saw


@given(_audiences, _owners, st.booleans())
def test_the_owner_always_sees_and_the_page_switch_always_holds(audience: Audience, owner: Owner, public: bool) -> None:
    keys = keys_for(audience, owner, may_be_public=public)
    assert own_key(1) in keys
    assert PUBLIC not in keys or (public and owner.has_public_page and owner.in_good_standing)
    assert owner.in_good_standing or keys == {own_key(1)}


@pytest.mark.parametrize(
    "text", ["sig", "sig:", "sig:x", "sig:-1", "sig:١", "list", "members:7", "", "public", "sig:" + "9" * 16]
)
def test_odd_audiences_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Audience.parse(text)


@given(_audiences)
def test_an_audience_reads_back_as_it_is_written(audience: Audience) -> None:
    assert Audience.parse(str(audience)) == audience
