"""What of a person a viewer gets: bylines, entries, chips, and the table of defaults."""

import pytest

from domain.members import (
    ENTRY_RULES,
    Entry,
    EntryKind,
    EntryProblem,
    LineKind,
    Person,
    defaults_page,
    line_of_member,
    problem_with_audience,
    problem_with_value,
    tidy_value,
    visible_entries,
)
from domain.visibility import (
    ALL_MEMBERS,
    CONNECTIONS,
    EVERYONE,
    MEMBERS,
    ONLY_ME,
    PUBLIC,
    VISITOR_RING,
    Audience,
    Guarded,
    Key,
    Scope,
    member_ring,
    own_key,
    sig_key,
)

AMARA = 1


def _person(**keys: Key) -> Person:
    entries = {EntryKind(kind): Guarded(f"the {kind}", frozenset({own_key(AMARA), key})) for kind, key in keys.items()}
    return Person(AMARA, "page-of-amara", entries)


def test_a_byline_shows_name_and_profession_to_those_who_may_see_them() -> None:
    line = line_of_member(_person(name=PUBLIC, profession=MEMBERS), VISITOR_RING)
    assert (line.kind, line.name, line.profession, line.address) == (LineKind.MEMBER, "the name", None, "page-of-amara")


def test_without_the_name_a_byline_tells_nothing_that_holds_elsewhere() -> None:
    person = _person(name=MEMBERS, profession=PUBLIC)
    first = line_of_member(person, VISITOR_RING, thread_id=5, number=3)
    other = line_of_member(person, VISITOR_RING, thread_id=6, number=3)
    assert (first.kind, first.name, first.profession, first.address, first.number) == (
        LineKind.HIDDEN,
        None,
        None,
        None,
        3,
    )
    assert first.tile != other.tile
    assert "amara" not in first.tile


def test_one_sees_oneself_in_ones_own_byline() -> None:
    line = line_of_member(_person(name=own_key(AMARA)), member_ring(AMARA, in_good_standing=False))
    assert (line.name, line.is_viewer) == ("the name", True)


def test_visible_entries_carry_the_reason_and_the_owners_choice() -> None:
    entries = [
        Entry(1, EntryKind.HEADLINE, Guarded("Making plants", frozenset({PUBLIC, own_key(AMARA)})), EVERYONE),
        Entry(2, EntryKind.ABOUT, Guarded("Long", frozenset({sig_key(7), own_key(AMARA)})), Audience(Scope.SIG, 7)),
        Entry(3, EntryKind.GENDER, Guarded("woman", frozenset({own_key(AMARA)})), ONLY_ME),
        Entry(4, EntryKind.LOCATION, Guarded("", frozenset({PUBLIC})), EVERYONE),
    ]
    seen = visible_entries(entries, VISITOR_RING, {})
    assert [(line.kind, line.key.scope) for line in seen] == [(EntryKind.HEADLINE, Scope.EVERYONE)]
    mate = visible_entries(entries, member_ring(2, in_good_standing=True, sig_ids=[7]), {7: "Turnaround"})
    assert [(line.kind, line.key.scope, line.key.name) for line in mate] == [
        (EntryKind.HEADLINE, Scope.EVERYONE, None),
        (EntryKind.ABOUT, Scope.SIG, "Turnaround"),
    ]
    own = visible_entries(entries, member_ring(AMARA, in_good_standing=True, sig_ids=[7]), {7: "Turnaround"})
    assert [(line.key.scope, line.key.own) for line in own] == [
        (Scope.EVERYONE, True),
        (Scope.SIG, True),
        (Scope.ONLY_ME, True),
    ]


@pytest.mark.parametrize(
    ("kind", "value", "problem"),
    [
        (EntryKind.NAME, "", EntryProblem.EMPTY),
        (EntryKind.NAME, "x" * 81, EntryProblem.TOO_LONG),
        (EntryKind.NAME, "Žofie Nováková", None),
        (EntryKind.ABOUT, "", None),
        (EntryKind.GENDER, "woman", None),
        (EntryKind.GENDER, "unicorn", EntryProblem.NOT_OFFERED),
    ],
)
def test_what_is_wrong_with_a_value(kind: EntryKind, value: str, problem: EntryProblem | None) -> None:
    assert problem_with_value(kind, value) == problem


@pytest.mark.parametrize(
    ("kind", "audience", "problem"),
    [
        (EntryKind.NAME, EVERYONE, None),
        (EntryKind.EMAIL, EVERYONE, EntryProblem.NEVER_PUBLIC),
        (EntryKind.EMAIL, ALL_MEMBERS, None),
        (EntryKind.ABOUT, Audience(Scope.SIG, 7), None),
        (EntryKind.ABOUT, Audience(Scope.SIG, 8), EntryProblem.NOT_OFFERED),
        (EntryKind.ABOUT, CONNECTIONS, EntryProblem.NOT_OFFERED),
    ],
)
def test_which_audience_may_be_chosen(kind: EntryKind, audience: Audience, problem: EntryProblem | None) -> None:
    assert problem_with_audience(kind, audience, frozenset({7})) == problem


def test_values_are_tidied_by_their_shape() -> None:
    assert tidy_value(EntryKind.NAME, "  Amara \n Okafor ") == "Amara Okafor"
    assert tidy_value(EntryKind.LANGUAGES, "Dutch,  English\nDutch,,") == "Dutch\nEnglish"
    assert tidy_value(EntryKind.ABOUT, "One\r\n\r\nTwo ") == "One\n\nTwo"


def test_nothing_sensitive_is_public_by_default() -> None:
    public = {kind for kind, rule in ENTRY_RULES.items() if rule.default == EVERYONE}
    assert public == {EntryKind.NAME, EntryKind.PROFESSION, EntryKind.HEADLINE}
    assert ENTRY_RULES[EntryKind.GENDER].default == ENTRY_RULES[EntryKind.EMAIL].default == ONLY_ME
    assert not ENTRY_RULES[EntryKind.EMAIL].may_be_public


def test_the_table_of_defaults_shows_every_kind() -> None:
    assert {line.kind for line in defaults_page().lines} == set(EntryKind)
