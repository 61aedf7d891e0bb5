"""Vocabularies that an operator loads from files: occupations of ISCO-08, industries of ISIC rev. 4.

A file is understood as a whole or refused with the place that is not. What it brings takes the place of what was there
in one transaction, so that running the same file again changes nothing.
"""

import csv
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlalchemy import delete, insert, select

from domain.reference import Vocabulary
from storage.database import Database, fetch_all
from storage.tables import ReferenceTerm

MOST_BYTES: Final = 64_000
"""UTF-8 bytes of all labels of one vocabulary: a form fetches them at once."""


class BrokenReference(ValueError):
    """A file that is not understood; the message names file and place."""


@dataclass(slots=True)
class Reading:
    """What one file says: labels by code, and how many terms had no code or no label and were left out."""

    vocabulary: Vocabulary
    labels: dict[str, str] = field(default_factory=dict)
    left_out: int = 0

    def add(self, place: str, code: str, label: str, shape: re.Pattern[str]) -> None:
        """Take one term. Raises BrokenReference, naming the place."""
        code, label = code.strip(), " ".join(label.split())
        if not code or not label:
            self.left_out += 1
            return
        if not shape.fullmatch(code):
            raise BrokenReference(f"{place}: {code!r} is no code of this classification")
        if code in self.labels:
            raise BrokenReference(f"{place}: the code {code} comes twice")
        if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in label):
            raise BrokenReference(f"{place}: the label has characters that are no text")
        self.labels[code] = label


def read_references(paths: Iterable[Path]) -> list[Reading]:
    """Read files, each with another vocabulary. Raises BrokenReference, and OSError for what cannot be opened."""
    readings: list[Reading] = []
    for path in paths:
        reading = _read(path)
        if any(reading.vocabulary is earlier.vocabulary for earlier in readings):
            raise BrokenReference(f"{path.name}: there are two files of {reading.vocabulary}")
        readings.append(reading)
    return readings


def _read(path: Path) -> Reading:
    readers = {".csv": _read_occupations, ".json": _read_industries}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise BrokenReference(f"{path.name}: neither CSV (ISCO-08) nor JSON (ISIC rev. 4)")
    try:
        reading = reader(path)
    except UnicodeDecodeError as error:
        raise BrokenReference(f"{path.name}: not written in UTF-8") from error
    if not reading.labels:
        raise BrokenReference(f"{path.name}: no term is in it")
    if sum(len(label.encode()) for label in reading.labels.values()) > MOST_BYTES:
        raise BrokenReference(f"{path.name}: its labels have more than {MOST_BYTES:,} bytes, too many for a form")
    return reading


# ISCO-08: a table with one row a group, of every level.

_ISCO_CODE = re.compile(r"[0-9]{1,4}")


def _read_occupations(path: Path) -> Reading:
    reading = Reading(Vocabulary.OCCUPATIONS)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, strict=True)
        try:
            columns = [name.strip().lower() for name in next(rows, [])]
            for name in ("code", "label"):
                if name not in columns:
                    raise BrokenReference(f"{path.name}: there is no column {name!r}")
            for row in rows:
                place = f"{path.name}, line {rows.line_num}"
                if len(row) > len(columns):
                    raise BrokenReference(f"{place}: the row has more columns than the first line")
                cells = dict(zip(columns, row, strict=False))
                reading.add(place, cells.get("code", ""), cells.get("label", ""), _ISCO_CODE)
        except csv.Error as error:
            raise BrokenReference(f"{path.name}, line {rows.line_num}: {error}") from error
    return reading


# ISIC rev. 4: a tree, each level in a list of its own name.


@dataclass(frozen=True, slots=True)
class _Level:
    members: str
    code: str
    shape: re.Pattern[str]


_LEVELS: Final = (
    _Level("sections", "section", re.compile("[A-Z]")),
    _Level("divisions", "division", re.compile("[0-9]{2}")),
    _Level("groups", "group", re.compile("[0-9]{3}")),
    _Level("classes", "class", re.compile("[0-9]{4}")),
)


def _read_industries(path: Path) -> Reading:
    reading = Reading(Vocabulary.INDUSTRIES)
    try:
        tree = json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise BrokenReference(f"{path.name}, line {error.lineno}: {error.msg}") from error
    except RecursionError as error:
        raise BrokenReference(f"{path.name}: nested too deeply") from error
    if not isinstance(tree, dict) or "sections" not in tree:
        raise BrokenReference(f"{path.name}: there are no sections")
    for place, level, item in _walk(path.name, tree, _LEVELS):
        code, label = (_text(place, item, name) for name in (level.code, "description"))
        reading.add(place, code.upper(), label, level.shape)
    return reading


def _walk(place: str, parent: Mapping[str, Any], levels: Sequence[_Level]) -> Iterator[tuple[str, _Level, Any]]:
    """Every item below the parent with its place and level; a level that is missing ends the branch."""
    if not levels:
        return
    level = levels[0]
    items = parent.get(level.members) or []
    if not isinstance(items, list):
        raise BrokenReference(f"{place}: {level.members} is no list")
    for number, item in enumerate(items, 1):
        here = f"{place}, {level.code} {number}"
        if not isinstance(item, dict):
            raise BrokenReference(f"{here}: not an object with a code and a description")
        yield here, level, item
        yield from _walk(here, item, levels[1:])


def _text(place: str, item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BrokenReference(f"{place}: {name!r} is no text")
    return value


# The table.


async def replace_references(database: Database, readings: Sequence[Reading]) -> None:
    """Put what was read in the place of the same vocabularies, all in one transaction. Raises Busy."""
    async with database.writing() as connection:
        for reading in readings:
            gone = delete(ReferenceTerm).where(ReferenceTerm.c.vocabulary == reading.vocabulary.value)
            await connection.execute(gone)
            rows = [
                {"vocabulary": reading.vocabulary.value, "code": code, "label": label}
                for code, label in reading.labels.items()
            ]
            await connection.execute(insert(ReferenceTerm), rows)


async def list_labels(database: Database, vocabulary: Vocabulary) -> list[str]:
    """Every label of a loaded vocabulary once, in no order; none when it is not loaded."""
    statement = select(ReferenceTerm.c.label).where(ReferenceTerm.c.vocabulary == vocabulary.value).distinct()
    async with database.reading() as connection:
        return [row.label for row in await fetch_all(connection, statement)]
