"""Vocabularies from files: both shapes are read, what is missing is left out, the rest is refused."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from domain.reference import Vocabulary
from storage.database import Database, fetch_all
from storage.reference import (
    MOST_BYTES,
    BrokenReference,
    Reading,
    list_labels,
    read_references,
    replace_references,
)
from storage.tables import ReferenceTerm

OCCUPATIONS = """\ufeffcode,label,description
1,Bell people,"Those who ring,
and those who cast.
"
14,Bell founders,
0141,"Bell founders, large","They say ""big""."
"""
INDUSTRIES: dict[str, Any] = {
    "sections": [
        {
            "section": "a",
            "description": "Making of bells",
            "divisions": [
                {
                    "division": "01",
                    "description": "Casting",
                    "groups": [
                        {
                            "group": "011",
                            "description": "Casting  of bells ",
                            "classes": [{"class": "0111", "description": "Casting of small bells"}],
                        }
                    ],
                },
                {"division": "02", "description": "Hanging"},
            ],
        },
        {"section": "B", "description": "Ringing of bells", "divisions": []},
    ]
}


def _occupations(folder: Path, text: str = OCCUPATIONS) -> Path:
    path = folder / "bells.csv"
    path.write_bytes(text.encode())
    return path


def _industries(folder: Path, tree: object = INDUSTRIES) -> Path:
    path = folder / "bells.JSON"
    path.write_text(tree if isinstance(tree, str) else json.dumps(tree))
    return path


def _section(**changes: object) -> dict[str, object]:
    return {"sections": [{"section": "A", "description": "Bells", **changes}]}


async def _stored(database: Database) -> set[tuple[str, str, str]]:
    statement = select(ReferenceTerm.c.vocabulary, ReferenceTerm.c.code, ReferenceTerm.c.label)
    async with database.reading() as connection:
        rows = [tuple(row) for row in await fetch_all(connection, statement)]
    assert len(rows) == len(set(rows))
    return set(rows)


async def test_both_files_are_stored_with_codes_as_they_are_written(database: Database, tmp_path: Path) -> None:
    await replace_references(database, read_references([_occupations(tmp_path), _industries(tmp_path)]))
    assert await _stored(database) == {
        ("occupations", "1", "Bell people"),
        ("occupations", "14", "Bell founders"),
        ("occupations", "0141", "Bell founders, large"),
        ("industries", "A", "Making of bells"),
        ("industries", "01", "Casting"),
        ("industries", "011", "Casting of bells"),
        ("industries", "0111", "Casting of small bells"),
        ("industries", "02", "Hanging"),
        ("industries", "B", "Ringing of bells"),
    }


async def test_loaded_again_nothing_changes_and_another_file_takes_its_place(
    database: Database, tmp_path: Path
) -> None:
    both = [_occupations(tmp_path), _industries(tmp_path)]
    await replace_references(database, read_references(both))
    first = await _stored(database)
    await replace_references(database, read_references(both))
    assert await _stored(database) == first
    fewer = _occupations(tmp_path, "code,label\n7,Ringers\n")
    await replace_references(database, read_references([fewer]))
    kept = {term for term in first if term[0] == "industries"}
    assert await _stored(database) == kept | {("occupations", "7", "Ringers")}


async def test_a_replacement_that_fails_leaves_everything_as_it_was(database: Database, tmp_path: Path) -> None:
    await replace_references(database, read_references([_occupations(tmp_path), _industries(tmp_path)]))
    before = await _stored(database)
    good = Reading(Vocabulary.OCCUPATIONS, {"7": "Ringers"})
    bad = Reading(Vocabulary.INDUSTRIES, {"C": None})  # type: ignore[dict-item]
    with pytest.raises(Exception, match=r"(?i)not.null"):
        await replace_references(database, [good, bad])
    assert await _stored(database) == before


async def test_a_label_of_several_levels_is_listed_once(database: Database, tmp_path: Path) -> None:
    path = _occupations(tmp_path, "code,label\n1,Ringers\n11,Ringers\n12,Founders\n")
    await replace_references(database, read_references([path]))
    assert sorted(await list_labels(database, Vocabulary.OCCUPATIONS)) == ["Founders", "Ringers"]
    assert await list_labels(database, Vocabulary.INDUSTRIES) == []


def test_what_is_missing_is_left_out_and_counted(tmp_path: Path) -> None:
    rows = "Label , CODE,more\nBell founders,14\n,15,x\nNo code,\n\nRingers,16,\n"
    (occupations,) = read_references([_occupations(tmp_path, rows)])
    assert occupations.labels == {"14": "Bell founders", "16": "Ringers"}
    tree = {
        "sections": [
            {"description": "No code", "divisions": [{"division": "01", "description": "Below it"}]},
            {"section": "B", "divisions": None},
            {"section": "C", "description": "Whole"},
        ]
    }
    (industries,) = read_references([_industries(tmp_path, tree)])
    assert industries.labels == {"01": "Below it", "C": "Whole"}
    assert (occupations.left_out, industries.left_out) == (3, 2)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "bells.csv: there is no column 'code'"),
        ("code;label\n1;Ringers\n", "bells.csv: there is no column 'code'"),
        ("code,name\n1,Ringers\n", "bells.csv: there is no column 'label'"),
        ("code,label\n", "bells.csv: no term is in it"),
        ("code,label\n1,Ringers\nC12,Founders\n", "bells.csv, line 3: 'C12' is no code of this classification"),
        ("code,label\n12345,Ringers\n", "bells.csv, line 2: '12345' is no code of this classification"),
        ("code,label\n٣,Ringers\n", "bells.csv, line 2: '٣' is no code of this classification"),
        ("code,label\n1,Ringers\n1,Founders\n", "bells.csv, line 3: the code 1 comes twice"),
        ("code,label\n1,Ringers,of,bells\n", "bells.csv, line 2: the row has more columns than the first line"),
        ('code,label\n1,"Ringers"x\n', "bells.csv, line 2: ',' expected after '\"'"),
        ('code,label\n1,"Ringers\n', "bells.csv, line 2: unexpected end of data"),
        ("code,label\n1,Rin\0gers\n", "bells.csv, line 2: the label has characters that are no text"),
        (f"code,label\n1,{'é' * (MOST_BYTES // 2)}x\n", "bells.csv: its labels have more than 64,000 bytes"),
    ],
)
def test_a_table_that_is_not_understood_is_refused(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(BrokenReference) as caught:
        read_references([_occupations(tmp_path, text)])
    assert str(caught.value).startswith(what)


@pytest.mark.parametrize(
    ("tree", "what"),
    [
        ("{", "bells.JSON, line 1: Expecting property name"),
        ("[" * 100_000, "bells.JSON: nested too deeply"),
        ([], "bells.JSON: there are no sections"),
        ({"classes": []}, "bells.JSON: there are no sections"),
        ({"sections": {"a": "Bells"}}, "bells.JSON: sections is no list"),
        ({"sections": []}, "bells.JSON: no term is in it"),
        ({"sections": ["Bells"]}, "bells.JSON, section 1: not an object with a code and a description"),
        (_section(section=1), "bells.JSON, section 1: 'section' is no text"),
        (_section(section="AA"), "bells.JSON, section 1: 'AA' is no code of this classification"),
        (_section(description=["Bells"]), "bells.JSON, section 1: 'description' is no text"),
        (_section(description="B\ud800"), "bells.JSON, section 1: the label has characters that are no text"),
        (_section(divisions="none"), "bells.JSON, section 1: divisions is no list"),
        (_section(divisions=[{"division": "1", "description": "x"}]), "bells.JSON, section 1, division 1: '1' is no"),
        (_section(divisions=[{"division": "01", "description": "x"}] * 2), "bells.JSON, section 1, division 2: the "),
    ],
)  # fmt: skip
def test_a_tree_that_is_not_understood_is_refused(
    tmp_path: Path, tree: str | list[object] | Mapping[str, object], what: str
) -> None:
    with pytest.raises(BrokenReference) as caught:
        read_references([_industries(tmp_path, tree)])
    assert str(caught.value).startswith(what)


def test_other_files_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "bells.xlsx"
    other.write_bytes(b"PK")
    with pytest.raises(BrokenReference, match=r"bells.xlsx: neither CSV"):
        read_references([other])
    latin = tmp_path / "latin.csv"
    latin.write_bytes("code,label\n1,Größe\n".encode("latin-1"))
    with pytest.raises(BrokenReference, match=r"latin.csv: not written in UTF-8"):
        read_references([latin])
    with pytest.raises(BrokenReference, match="two files of occupations"):
        read_references([_occupations(tmp_path), _occupations(tmp_path)])
