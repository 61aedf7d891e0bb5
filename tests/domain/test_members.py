"""What of a person a viewer gets: bylines, entries, chips, and the table of defaults."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.members import (
    ENTRY_RULES,
    RECORD_PARTS,
    WRITTEN_SHAPES,
    Entry,
    EntryKind,
    LineKind,
    Person,
    Record,
    Shape,
    Slot,
    defaults_page,
    line_of_member,
    problem_with_audience,
    problem_with_value,
    problems_with_record,
    read_record,
    tidy_value,
    visible_entries,
    write_record,
)
from domain.refusals import Problem
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
    Owner,
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
        Entry(1, Slot(EntryKind.HEADLINE), Guarded("Making plants", frozenset({PUBLIC, own_key(AMARA)})), EVERYONE),
        Entry(
            2, Slot(EntryKind.ABOUT), Guarded("Long", frozenset({sig_key(7), own_key(AMARA)})), Audience(Scope.SIG, 7)
        ),
        Entry(3, Slot(EntryKind.GENDER), Guarded("woman", frozenset({own_key(AMARA)})), ONLY_ME),
        Entry(4, Slot(EntryKind.LOCATION), Guarded("", frozenset({PUBLIC})), EVERYONE),
    ]
    seen = visible_entries(entries, VISITOR_RING, {})
    assert [(line.kind, line.key.scope) for line in seen] == [(EntryKind.HEADLINE, Scope.EVERYONE)]
    mate = visible_entries(entries, member_ring(2, in_good_standing=True, sig_ids=[7]), {7: "Turnaround"})
    assert [(line.kind, line.key.scope, line.key.name) for line in mate] == [
        (EntryKind.HEADLINE, Scope.EVERYONE, None),
        (EntryKind.ABOUT, Scope.SIG, "Turnaround"),
    ]
    names = {Audience(Scope.SIG, 7): "Turnaround"}
    own = visible_entries(entries, member_ring(AMARA, in_good_standing=True, sig_ids=[7]), {}, names)
    assert [(line.key.scope, line.key.own, line.key.name, line.edit) for line in own] == [
        (Scope.EVERYONE, True, None, "/profile/edit#headline"),
        (Scope.SIG, True, "Turnaround", "/profile/edit#about"),
        (Scope.ONLY_ME, True, None, "/profile/edit#gender"),
    ]
    assert {line.edit for line in (*seen, *mate)} == {None}


@pytest.mark.parametrize(
    ("kind", "value", "problem"),
    [
        (EntryKind.NAME, "", Problem.EMPTY),
        (EntryKind.NAME, "x" * 81, Problem.TOO_LONG),
        (EntryKind.NAME, "Žofie Nováková", None),
        (EntryKind.ABOUT, "", None),
        (EntryKind.GENDER, "woman", None),
        (EntryKind.GENDER, "unicorn", Problem.NOT_OFFERED),
        (EntryKind.PHONE, "", None),
        (EntryKind.PHONE, "+31 (0)10 123-45.67 ext. 12", None),
        (EntryKind.PHONE, "0101234567 x9", None),
        (EntryKind.PHONE, "call me", Problem.MALFORMED),
        (EntryKind.PHONE, "javascript:1", Problem.MALFORMED),
        (EntryKind.PHONE, "+31 10\n+31 11", Problem.MALFORMED),
        (EntryKind.PHONE, "١٢٣٤٥٦٧", Problem.MALFORMED),
        (EntryKind.EXPERIENCE, "", None),
        (EntryKind.EXPERIENCE, "{}", Problem.MALFORMED),
        (EntryKind.EXPERIENCE, '{"role": "Fitter"}', None),
        (EntryKind.EXPERIENCE, '{"role": "' + "x" * 4001 + '"}', Problem.TOO_LONG),
        (EntryKind.LINK, '{"address": "javascript:alert(1)"}', Problem.MALFORMED),
    ],
)
def test_what_is_wrong_with_a_value(kind: EntryKind, value: str, problem: Problem | None) -> None:
    assert problem_with_value(kind, value) == problem


@pytest.mark.parametrize(
    ("kind", "audience", "problem"),
    [
        (EntryKind.NAME, EVERYONE, None),
        (EntryKind.EMAIL, EVERYONE, Problem.NEVER_PUBLIC),
        (EntryKind.EMAIL, ALL_MEMBERS, None),
        (EntryKind.ABOUT, Audience(Scope.SIG, 7), None),
        (EntryKind.ABOUT, Audience(Scope.SIG, 8), Problem.NOT_OFFERED),
        (EntryKind.ABOUT, Audience(Scope.LIST, 3), None),
        (EntryKind.ABOUT, Audience(Scope.LIST, 4), Problem.NOT_OFFERED),
        (EntryKind.ABOUT, CONNECTIONS, None),
        (EntryKind.PHONE, EVERYONE, Problem.NEVER_PUBLIC),
        (EntryKind.PHONE, CONNECTIONS, None),
        (EntryKind.MEMBERSHIP, EVERYONE, None),
    ],
)
def test_which_audience_may_be_chosen(kind: EntryKind, audience: Audience, problem: Problem | None) -> None:
    assert problem_with_audience(kind, audience, Owner(AMARA, frozenset({7}), frozenset({3}))) == problem


def test_values_are_tidied_by_their_shape() -> None:
    assert tidy_value(EntryKind.NAME, "  Amara \n Okafor ") == "Amara Okafor"
    assert tidy_value(EntryKind.LANGUAGES, "Dutch,  English\nDutch,,") == "Dutch\nEnglish"
    assert tidy_value(EntryKind.ABOUT, "One\r\n\r\nTwo ") == "One\n\nTwo"


def test_nothing_sensitive_is_public_by_default() -> None:
    public = {kind for kind, rule in ENTRY_RULES.items() if rule.default == EVERYONE}
    assert public == {EntryKind.NAME, EntryKind.PROFESSION, EntryKind.HEADLINE}
    sensitive = {kind for kind, rule in ENTRY_RULES.items() if rule.is_sensitive}
    telling = {EntryKind.PHOTO, EntryKind.GENDER, EntryKind.LOCATION, EntryKind.LANGUAGES, EntryKind.EDUCATION}
    assert sensitive == telling
    own = {kind for kind, rule in ENTRY_RULES.items() if rule.default == ONLY_ME}
    assert own == {EntryKind.GENDER, EntryKind.EMAIL, EntryKind.PHONE, EntryKind.LAST_SEEN}
    never = {kind for kind, rule in ENTRY_RULES.items() if not rule.may_be_public}
    assert never == {EntryKind.EMAIL, EntryKind.PHONE, EntryKind.SCRAPS}


def test_the_table_of_defaults_shows_every_kind() -> None:
    assert {line.kind for line in defaults_page().lines} == set(EntryKind)


@pytest.mark.parametrize("name", ["name", "time-zone", "last-seen", "experience-3", "link-12", "membership-9000000000"])
def test_a_slot_reads_back_as_it_is_named(name: str) -> None:
    assert Slot.parse(name).name == name


@given(st.sampled_from(EntryKind), st.integers(0, 10**15 - 1))
def test_every_slot_has_a_name_of_its_own(kind: EntryKind, position: int) -> None:
    assert Slot.parse(Slot(kind, position).name) == Slot(kind, position)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "-",
        "-3",
        "experience-",
        "experience-0",
        "experience-03",
        "experience--3",
        "experience-x",
        "experience-³",
        "experience-١",
        "experience-" + "9" * 16,
        "experience 3",
        "EXPERIENCE-3",
        "public_page",
        "action",
        "unicorn-3",
        "name.audience",
    ],
)
def test_what_names_no_slot_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Slot.parse(name)


@given(st.text(max_size=40))
def test_any_name_is_a_slot_or_refused(name: str) -> None:
    try:
        slot = Slot.parse(name)
    except ValueError:
        return
    assert slot.name == name


RECORDS: dict[str, tuple[EntryKind, dict[str, str], dict[str, Problem]]] = {
    "a job": (EntryKind.EXPERIENCE, {"role": "Fitter", "company": "Hall 3", "start": "2019-04", "end": "2021"}, {}),
    "a job that goes on": (EntryKind.EXPERIENCE, {"role": "Fitter", "start": "1999"}, {}),
    "a job without a role": (EntryKind.EXPERIENCE, {"company": "Hall 3"}, {"role": Problem.EMPTY}),
    "nothing": (EntryKind.EDUCATION, {}, {"school": Problem.EMPTY}),
    "no month": (EntryKind.EXPERIENCE, {"role": "x", "start": "2019-13"}, {"start": Problem.MALFORMED}),
    "a day": (EntryKind.EXPERIENCE, {"role": "x", "start": "2019-04-01"}, {"start": Problem.TOO_LONG}),
    "odd numerals": (EntryKind.EXPERIENCE, {"role": "x", "start": "٢٠١٩"}, {"start": Problem.MALFORMED}),
    "an early end": (EntryKind.EXPERIENCE, {"role": "x", "start": "2019", "end": "2018-12"}, {"end": Problem.WRONG}),
    "within a year": (EntryKind.EXPERIENCE, {"role": "x", "start": "2019-04", "end": "2019"}, {}),
    "within the months": (
        EntryKind.EXPERIENCE,
        {"role": "x", "start": "2019-04", "end": "2019-03"},
        {"end": Problem.WRONG},
    ),
    "the same month": (EntryKind.EDUCATION, {"school": "x", "start": "2019-04", "end": "2019-04"}, {}),
    "too long": (
        EntryKind.EDUCATION,
        {"school": "x" * 121, "field": "y" * 121},
        {"school": Problem.TOO_LONG} | {"field": Problem.TOO_LONG},
    ),
    "a link": (EntryKind.LINK, {"address": "https://example.org/a?b=c#d", "label": "Work"}, {}),
    "a port": (EntryKind.LINK, {"address": "http://example.org:8080/"}, {}),
    "letters of the world": (EntryKind.LINK, {"address": "https://bücher.example/straße"}, {}),
    "upper case": (EntryKind.LINK, {"address": "HTTPS://EXAMPLE.ORG"}, {}),
    "a link too long": (EntryKind.LINK, {"address": "https://example.org/" + "x" * 490}, {"address": Problem.TOO_LONG}),
}


@pytest.mark.parametrize("name", RECORDS)
def test_what_is_wrong_with_a_record(name: str) -> None:
    kind, record, problems = RECORDS[name]
    assert problems_with_record(kind, record) == problems


HOSTILE_ADDRESSES = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "javascript://example.org/%0aalert(1)",
    "java\tscript:alert(1)",
    "\x01javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x.y",
    "file:///etc/passwd",
    "ftp://example.org/",
    "//example.org/x",
    "https://",
    "https://example",
    "https:/example.org",
    "https:///example.org",
    "https://user:word@example.org/",
    "https://bank.example@evil.example/",
    "https://bank.example:443@evil.example/",
    "https://evil.example\\.bank.example/",
    "https://evil.example\\@bank.example/",
    "https://example.org/a b",
    "https://example.org/\x00",
    "https://example.org/\u202egpj.exe",
    "https://\u202eexample.org/",
    "https://example.org/\u2066x",
    "https://exam\u200bple.org/",
    "https://example.org:port/",
    "https://example.org:123456/",
]


@pytest.mark.parametrize("address", HOSTILE_ADDRESSES)
def test_an_address_leads_where_it_says_or_is_refused(address: str) -> None:
    """As typed, and as it would be stored: what is put in front of an address without a scheme makes nothing good."""
    for typed in (address, read_record(write_record(EntryKind.LINK, {"address": address})).get("address", "")):
        assert problems_with_record(EntryKind.LINK, {"address": typed}) == {"address": Problem.MALFORMED}, typed


def test_an_address_without_a_scheme_gets_one() -> None:
    assert read_record(write_record(EntryKind.LINK, {"address": " example.org/x "})) == {
        "address": "https://example.org/x"
    }


_TYPED = st.one_of(
    st.text(max_size=60), st.sampled_from(["\0", "\u202e", "\r\n", "\u2028", "x" * 9000, "\ud800", "<b>&\"'"])
)
_RECORD_KINDS = st.sampled_from(list(RECORD_PARTS))


def _records(kind: EntryKind) -> st.SearchStrategy[dict[str, str]]:
    names = [part.name for part in RECORD_PARTS[kind]]
    return st.dictionaries(st.sampled_from([*names, "action", "unicorn"]), _TYPED, max_size=8)


@given(_RECORD_KINDS.flatmap(lambda kind: st.tuples(st.just(kind), _records(kind))))
def test_a_record_is_stored_tidy_and_reads_back(drawn: tuple[EntryKind, dict[str, str]]) -> None:
    kind, typed = drawn
    stored = write_record(kind, typed)
    record: Record = read_record(stored)
    parts = {part.name: part for part in RECORD_PARTS[kind]}
    assert set(record) <= set(parts), "no part that is none"
    assert list(record) == [name for name in parts if name in record], "in their order"
    assert all(text and text == text.strip() for text in record.values())
    assert not any("\n" in text or "\r" in text for name, text in record.items() if parts[name].lines == 1)
    assert write_record(kind, record) == stored, "tidying twice is tidying once"
    assert bool(stored) == bool(record)
    problem = problem_with_value(kind, stored)
    assert (problem is None) == (
        not stored or (not problems_with_record(kind, record) and len(stored) <= ENTRY_RULES[kind].longest)
    )


@given(st.sampled_from(EntryKind), _TYPED)
def test_any_line_or_text_is_tidied_once(kind: EntryKind, typed: str) -> None:
    if ENTRY_RULES[kind].shape in WRITTEN_SHAPES - {Shape.RECORD}:
        tidy = tidy_value(kind, typed)
        assert tidy_value(kind, tidy) == tidy == tidy.strip()
        problem_with_value(kind, tidy)


def _record_entry(number: int, kind: EntryKind, value: str) -> Entry:
    return Entry(number, Slot(kind, number), Guarded(value, frozenset({PUBLIC, own_key(AMARA)})), EVERYONE)


def test_records_are_shown_by_their_parts_and_what_was_removed_is_not_there() -> None:
    job = write_record(
        EntryKind.EXPERIENCE, {"role": "Fitter", "company": "Hall 3", "start": "2019", "text": "One\n\nTwo"}
    )
    link = write_record(EntryKind.LINK, {"address": "example.org", "label": "Work"})
    entries = [
        _record_entry(2, EntryKind.EXPERIENCE, job),
        _record_entry(3, EntryKind.EXPERIENCE, ""),
        _record_entry(1, EntryKind.LINK, link),
    ]
    job_line, link_line = visible_entries(entries, VISITOR_RING, {})
    assert job_line.record is not None
    assert link_line.record is not None
    assert (job_line.record.head, job_line.record.under, job_line.record.start) == ("Fitter", ("Hall 3",), "2019")
    assert job_line.record.text == ("One", "Two")
    assert (link_line.record.head, link_line.record.address) == ("Work", "https://example.org")
    own = visible_entries(entries, VISITOR_RING, {}, {})
    assert [line.edit for line in own] == ["/profile/experience/2", "/profile/link/1"]


def test_a_membership_shows_only_to_whom_the_sig_is_known() -> None:
    keys = frozenset({PUBLIC, own_key(AMARA)})
    known = Entry(1, Slot(EntryKind.MEMBERSHIP, 7), Guarded("7", keys), EVERYONE, ("Turnaround", "turnaround"))
    unknown = Entry(2, Slot(EntryKind.MEMBERSHIP, 9), Guarded("9", keys), EVERYONE, None)
    (line,) = visible_entries([known, unknown], VISITOR_RING, {})
    assert (line.items, line.address) == (("Turnaround",), "/sigs/turnaround")


def test_the_newest_record_comes_first_and_what_goes_on_before_what_has_ended() -> None:
    spans = [("2001", "2003"), ("2010-05", "2012"), ("2005", ""), ("", ""), ("2010-06", "2012-01")]
    entries = [
        _record_entry(
            number,
            EntryKind.EXPERIENCE,
            write_record(EntryKind.EXPERIENCE, {"role": str(number), "start": start, "end": end}),
        )
        for number, (start, end) in enumerate(spans, start=1)
    ]
    seen = visible_entries(entries, VISITOR_RING, {})
    assert [line.items[0] for line in seen] == ["3", "5", "2", "1", "4"]
