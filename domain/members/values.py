"""Values of entries: how they are tidied, what may be wrong with them, and records as text."""

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

from domain.members.kinds import ENTRY_RULES, RECORD_PARTS, EntryKind, Gender, Part, Shape
from domain.refusals import Problem
from domain.visibility import Audience, Owner, Scope

Record = Mapping[str, str]
"""The parts of a record by name; what is empty is left out."""

_MONTH = re.compile(r"[12][0-9]{3}(-(0[1-9]|1[0-2]))?")
_ADDRESS = re.compile(r"https?://[^\s/?#@:\\]+\.[^\s/?#@:\\]+(:[0-9]{1,5})?([/?#]\S*)?", re.IGNORECASE)
_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{4,}(\s*(x|ext\.?)\s*[0-9]{1,6})?", re.IGNORECASE)


class Slot(NamedTuple):
    """The place of an entry on its owner's page: its kind, and which of that kind; for a membership the SIG's id."""

    kind: EntryKind
    position: int = 0

    @property
    def name(self) -> str:
        """What forms and addresses call it: `headline`, or `experience-3`."""
        return f"{self.kind}-{self.position}" if self.position else str(self.kind)

    @classmethod
    def parse(cls, name: str) -> "Slot":
        """Read a name. Raises ValueError on what is none."""
        if name in ENTRY_RULES:
            return cls(EntryKind(name))
        kind, _, position = name.rpartition("-")
        if not (position.isascii() and position.isdigit() and len(position) < 16 and position[0] != "0"):
            raise ValueError("not the name of an entry")
        return cls(EntryKind(kind), int(position))


def read_record(value: str) -> Record:
    """The parts of a record as stored; nothing for an empty one."""
    found: dict[str, str] = _decode(value)[0] if value else {}
    return found


_decode = json.JSONDecoder().raw_decode  # what `write_record` wrote has nothing around it


def write_record(kind: EntryKind, record: Record) -> str:
    """The stored form: the parts of this kind, tidy and in their order; empty when nothing was typed."""
    tidy = {part.name: _tidy_part(part, record.get(part.name, "")) for part in RECORD_PARTS[kind]}
    filled = {name: text for name, text in tidy.items() if text}
    return json.dumps(filled, ensure_ascii=False) if filled else ""


def _tidy_part(part: Part, text: str) -> str:
    if part.lines > 1:
        return text.replace("\r\n", "\n").strip()
    line = " ".join(text.split())
    if part.is_address and line and "://" not in line:
        return f"https://{line}"
    return line


def problems_with_record(kind: EntryKind, record: Record) -> dict[str, Problem]:
    """What is wrong with the parts of a record, by name."""
    found = {}
    for part in RECORD_PARTS[kind]:
        if problem := _problem_with_part(part, record.get(part.name, "")):
            found[part.name] = problem
    start, end = record.get("start", ""), record.get("end", "")
    if not found and start and end and end < start[: len(end)]:
        found["end"] = Problem.WRONG
    return found


def _problem_with_part(part: Part, text: str) -> Problem | None:
    if not text:
        return Problem.EMPTY if part.is_required else None
    if len(text) > part.longest:
        return Problem.TOO_LONG
    if (part.is_month and not _MONTH.fullmatch(text)) or (part.is_address and not _is_address(text)):
        return Problem.MALFORMED
    return None if is_legible(text) else Problem.ILLEGIBLE


def _is_address(text: str) -> bool:
    """Whether it leads where it says: nobody's name before the host, and no letters that cannot be seen."""
    return text.isprintable() and _ADDRESS.fullmatch(text) is not None


def is_legible(text: str) -> bool:
    """Whether a person can read it as it is: something that can be seen, nothing that controls a terminal, and no mark
    that turns the direction of what follows on the page."""
    letters = [letter for letter in text if letter not in "\n\t"]
    kinds = {unicodedata.category(letter) for letter in letters}
    return not kinds & {"Cc", "Cs"} and not _TURNING & set(letters) and bool(kinds - _UNSEEN)


_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e")
_UNSEEN = frozenset({"Cf", "Zs", "Zl", "Zp", "Mn", "Me"})


def problem_with_value(kind: EntryKind, value: str) -> Problem | None:
    """What is wrong with a value for this kind of entry, or None."""
    rule = ENTRY_RULES[kind]
    if not value:
        return Problem.EMPTY if rule.is_required else None
    if len(value) > rule.longest:
        return Problem.TOO_LONG
    if rule.shape is Shape.GENDER and value not in set(Gender):
        return Problem.NOT_OFFERED
    if rule.shape is Shape.PHONE and not _PHONE.fullmatch(value):
        return Problem.MALFORMED
    if rule.shape is Shape.RECORD:
        return Problem.MALFORMED if problems_with_record(kind, read_record(value)) else None
    return None if is_legible(value) else Problem.ILLEGIBLE


def problem_with_audience(kind: EntryKind, audience: Audience, owner: Owner) -> Problem | None:
    """Whether this member may choose this audience for this kind of entry."""
    if audience.scope is Scope.EVERYONE and not ENTRY_RULES[kind].may_be_public:
        return Problem.NEVER_PUBLIC
    if audience.scope is Scope.SIG and audience.of not in owner.sig_ids:
        return Problem.NOT_OFFERED
    if audience.scope is Scope.LIST and audience.of not in owner.list_ids:
        return Problem.NOT_OFFERED
    return None


def tidy_value(kind: EntryKind, value: str) -> str:
    """The stored form: one line without outer spaces, a text with its line breaks, or a list with one item a line."""
    shape = ENTRY_RULES[kind].shape
    if shape is Shape.RECORD:
        return value
    if shape is Shape.TEXT:
        return value.replace("\r\n", "\n").strip()
    if shape is Shape.LIST:
        items = (" ".join(item.split()) for line in value.splitlines() for item in line.split(","))
        return "\n".join(dict.fromkeys(item for item in items if item))
    return " ".join(value.split())
