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
    Guarded,
    Keys,
    Owner,
    Ring,
    Scope,
    connection_key,
    effective_audience,
    keys_for,
    list_key,
    may_see,
    member_ring,
    narrowed_to,
    own_key,
    reason_to_see,
    reveal,
    sig_key,
    widens,
)

IN_7, LIST_3 = Audience(Scope.SIG, 7), Audience(Scope.LIST, 3)
OWNER = Owner(1, frozenset({7, 12}), frozenset({3}))
OFF = Owner(1, frozenset({7, 12}), frozenset({3}), has_public_page=False)
SUSPENDED = Owner(1, frozenset({7, 12}), frozenset({3}), in_good_standing=False)
LEFT = Owner(1, frozenset({12}), frozenset({3}))
UNLISTED = Owner(1, frozenset({7, 12}), frozenset({4}))

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
    (CONNECTIONS, SUSPENDED, {"owner"}),
    (LIST_3, OWNER, {"listed", "owner"}),
    (LIST_3, OFF, {"listed", "owner"}),
    (LIST_3, UNLISTED, {"owner"}),
    (LIST_3, SUSPENDED, {"owner"}),
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
    (ONLY_ME, Audience(Scope.SIG, 99), True),
    (ONLY_ME, LIST_3, True),
    (LIST_3, LIST_3, False),
    (LIST_3, CONNECTIONS, True),
    (ALL_MEMBERS, LIST_3, False),
    (ONLY_ME, Audience(Scope.LIST, 99), True),
    (ONLY_ME, ONLY_ME, False),
    (Audience(Scope.SIG, 99), ONLY_ME, False),
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
    [
        EVERYONE,
        ALL_MEMBERS,
        MY_SIGS,
        IN_7,
        Audience(Scope.SIG, 12),
        CONNECTIONS,
        LIST_3,
        Audience(Scope.LIST, 4),
        ONLY_ME,
    ]
)
_owners = st.builds(
    Owner,
    st.just(1),
    st.frozensets(st.sampled_from([7, 12])),
    st.frozensets(st.sampled_from([3, 4])),
    st.booleans(),
    st.booleans(),
)


EVERY_RING: tuple[Ring, ...] = (
    VISITOR_RING,
    member_ring(1, in_good_standing=False),
    member_ring(1, in_good_standing=True, sig_ids=[7, 12]),
    *(
        member_ring(2, in_good_standing=True, sig_ids=sigs, connected_ids=connected, list_ids=lists)
        for sigs in ([], [7], [12], [7, 12], [99])
        for connected in ([], [1])
        for lists in ([], [3], [4], [3, 4])
    ),
)
"""Every way of standing to member 1."""


def _readers(keys: Keys) -> set[Ring]:
    return {ring for ring in EVERY_RING if may_see(keys, ring)}


@given(_audiences, _audiences, _owners, _owners)
def test_what_does_not_widen_shows_nobody_anything_new(
    before: Audience, after: Audience, owner: Owner, owner_after: Owner
) -> None:
    """Whoever sees it after a change that asks no confirmation saw it before."""
    old, new = keys_for(before, owner), keys_for(after, owner_after)
    if not widens(before, after, owner, owner_after):
        assert _readers(new) <= _readers(old)


@given(_audiences, _audiences, _owners, _owners)
def test_what_widens_shows_it_to_somebody_who_could_not_see_it(
    before: Audience, after: Audience, owner: Owner, owner_after: Owner
) -> None:
    """Nobody is asked for nothing; but to leave Only me is asked about even while the circle is empty."""
    if before != ONLY_ME and widens(before, after, owner, owner_after):
        assert _readers(keys_for(after, owner_after)) - _readers(keys_for(before, owner))


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


CIRCLES: dict[str, Keys] = {
    "everyone": frozenset({PUBLIC}),
    "members": frozenset({MEMBERS}),
    "one SIG": frozenset({sig_key(7)}),
    "another SIG": frozenset({sig_key(99)}),
    "two SIGs": frozenset({sig_key(7), sig_key(12)}),
    "one SIG and its staff": frozenset({sig_key(7), STAFF}),
}
"""Who may know that a SIG is there."""

NARROWING = [
    (EVERYONE, "everyone", EVERYONE),
    (EVERYONE, "members", ALL_MEMBERS),
    (ALL_MEMBERS, "members", ALL_MEMBERS),
    (EVERYONE, "one SIG", IN_7),
    (ALL_MEMBERS, "one SIG", IN_7),
    (MY_SIGS, "one SIG", IN_7),
    (IN_7, "one SIG", IN_7),
    (IN_7, "members", IN_7),
    (IN_7, "everyone", IN_7),
    (CONNECTIONS, "members", CONNECTIONS),
    (CONNECTIONS, "one SIG", ONLY_ME),
    (LIST_3, "everyone", LIST_3),
    (LIST_3, "one SIG", ONLY_ME),
    (IN_7, "another SIG", ONLY_ME),
    (ONLY_ME, "everyone", ONLY_ME),
    (ONLY_ME, "one SIG", ONLY_ME),
]


@pytest.mark.parametrize(("audience", "circle", "result"), NARROWING)
def test_a_membership_is_told_to_those_only_who_may_know_of_the_sig(
    audience: Audience, circle: str, result: Audience
) -> None:
    assert narrowed_to(keys_for(audience, OWNER), CIRCLES[circle]) == keys_for(result, OWNER)


@given(_audiences, _owners, st.sampled_from(sorted(CIRCLES)))
def test_narrowing_never_shows_more_than_the_overlap(audience: Audience, owner: Owner, circle: str) -> None:
    keys, within = keys_for(audience, owner), CIRCLES[circle]
    overlap = {ring for ring in _readers(keys) if may_see(within, ring) or own_key(1) in ring}
    narrowed = narrowed_to(keys, within)
    assert _readers(narrowed) <= overlap
    assert own_key(1) in narrowed
    if keys & {PUBLIC, MEMBERS} or within & {PUBLIC, MEMBERS}:
        assert _readers(narrowed) == overlap, "where one circle holds the other, nothing is lost"


EFFECTIVE = [
    (EVERYONE, keys_for(EVERYONE, OWNER), EVERYONE),
    (EVERYONE, keys_for(EVERYONE, OFF), ALL_MEMBERS),
    (EVERYONE, keys_for(EVERYONE, SUSPENDED), ONLY_ME),
    (ALL_MEMBERS, keys_for(ALL_MEMBERS, OWNER), ALL_MEMBERS),
    (MY_SIGS, keys_for(MY_SIGS, OWNER), MY_SIGS),
    (MY_SIGS, keys_for(MY_SIGS, Owner(1)), ONLY_ME),
    (IN_7, keys_for(IN_7, OWNER), IN_7),
    (IN_7, keys_for(IN_7, LEFT), ONLY_ME),
    (CONNECTIONS, keys_for(CONNECTIONS, OWNER), CONNECTIONS),
    (LIST_3, keys_for(LIST_3, OWNER), LIST_3),
    (LIST_3, keys_for(LIST_3, UNLISTED), ONLY_ME),
    (ONLY_ME, keys_for(ONLY_ME, OWNER), ONLY_ME),
    (EVERYONE, narrowed_to(keys_for(EVERYONE, OWNER), CIRCLES["one SIG"]), IN_7),
    (ALL_MEMBERS, narrowed_to(keys_for(ALL_MEMBERS, OWNER), CIRCLES["one SIG"]), IN_7),
    (EVERYONE, narrowed_to(keys_for(EVERYONE, OWNER), CIRCLES["two SIGs"]), MY_SIGS),
]


@pytest.mark.parametrize(("chosen", "keys", "audience"), EFFECTIVE)
def test_the_audience_that_keys_amount_to(chosen: Audience, keys: Keys, audience: Audience) -> None:
    assert effective_audience(chosen, keys) == audience


@given(_audiences, _owners, st.sampled_from(sorted(CIRCLES)))
def test_the_history_never_names_a_wider_or_narrower_audience_than_there_was(
    audience: Audience, owner: Owner, circle: str
) -> None:
    """The plain audiences that a history names are exactly who could see it."""
    keys = narrowed_to(keys_for(audience, owner), CIRCLES[circle])
    named = effective_audience(audience, keys)
    if named in {EVERYONE, ALL_MEMBERS, ONLY_ME}:
        assert _readers(keys) == _readers(keys_for(named, Owner(1)))
    else:
        assert not keys & {PUBLIC, MEMBERS}
        assert keys != {own_key(1)}


@given(_audiences, _owners, st.sampled_from(EVERY_RING))
def test_the_reason_is_a_key_that_opens_and_there_is_one_for_all_that_is_seen(
    audience: Audience, owner: Owner, ring: Ring
) -> None:
    keys = keys_for(audience, owner)
    reason = reason_to_see(keys, ring)
    assert (reason is not None) == may_see(keys, ring) == (reveal(Guarded("value", keys), ring) is not None)
    assert reason is None or reason in keys & ring
