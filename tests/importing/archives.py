"""Dumps written by hand: small ones with every quirk, and a real one multiplied."""

import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

REAL = Path(__file__).parents[3] / "shared" / "data" / "stackexchange"
"""Real dumps, beside the repository and never in it."""

Attributes = Mapping[str, object]
Files = dict[str, list[Attributes]]


def manifest() -> dict[str, dict[str, Any]]:
    """What each real dump holds, by the name of its folder or zip."""
    known: dict[str, dict[str, Any]] = json.loads((REAL / "manifest.json").read_text())
    return known


def spell(name: str, rows: Iterable[Attributes], newline: str = "\n") -> bytes:
    """A file as upstream writes it: with a BOM, one row a line, everything in attributes, None as an absent one."""
    lines = ['<?xml version="1.0" encoding="utf-8"?>', f"<{name.lower()}>"]
    lines += [f"  <row {_attributes(row)} />" for row in rows]
    return newline.join([*lines, f"</{name.lower()}>", ""]).encode("utf-8-sig")


def _attributes(row: Attributes) -> str:
    line_ends = {"\n": "&#xA;", "\r": "&#xD;"}
    return " ".join(f"{name}={quoteattr(str(given), line_ends)}" for name, given in row.items() if given is not None)


def write_folder(folder: Path, files: Files, newline: str = "\n") -> Path:
    """A dump as a folder, which is named for its site."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in files.items():
        (folder / f"{name}.xml").write_bytes(spell(name, rows, newline))
    return folder


def write_zip(path: Path, files: Files) -> Path:
    """A dump as a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, rows in files.items():
            packed.writestr(f"{name}.xml", spell(name, rows))
    return path


def day(number: int, clock: str = "10:00:00.000") -> str:
    """A date in March 2018, before the licence changed to 4.0."""
    return f"2018-03-{number:02}T{clock}"


def thread(number: int, written: str, **more: object) -> Attributes:
    """A row of a question."""
    return {
        "Id": number,
        "PostTypeId": 1,
        "CreationDate": written,
        "Score": 1,
        "Body": f"<p>Question {number}</p>",
        "OwnerUserId": 1,
        "Title": f"Title {number}",
        "Tags": "<valves>",
        "AnswerCount": 0,
        **more,
    }


def reply(number: int, parent: int, written: str, **more: object) -> Attributes:
    """A row of an answer."""
    return {
        "Id": number,
        "PostTypeId": 2,
        "ParentId": parent,
        "CreationDate": written,
        "Score": 0,
        "Body": f"<p>Answer {number}</p>",
        "OwnerUserId": 2,
        **more,
    }


def comment(number: int, post: int, written: str, **more: object) -> Attributes:
    """A row of a comment."""
    return {
        "Id": number,
        "PostId": post,
        "Score": 0,
        "Text": f"Remark {number}",
        "CreationDate": written,
        "UserId": 1,
        **more,
    }


def user(number: int, name: str, account: int | None) -> Attributes:
    """A row of a user."""
    return {"Id": number, "DisplayName": name, "AccountId": account, "Reputation": 1, "Age": 40}


def small_site() -> Files:
    """Three threads with every quirk of the format that matters here."""
    posts = [
        reply(2, 1, day(2), Score=-1, OwnerUserId=None, OwnerDisplayName="user77", LastEditDate=day(5)),
        thread(1, day(1), Title="Why < & not > ?", Tags="<valves><high-pressure>", AcceptedAnswerId=3, AnswerCount=2),
        reply(3, 1, day(1), Score=2, OwnerUserId=1, Body="<p>Like <img src='//i.example.org/p.png' alt='this'></p>"),
        thread(4, "2018-05-02T00:00:00.000", Tags="|pumps|", ClosedDate=day(9), OwnerUserId=None, Score=0),
        thread(5, "2011-04-07T23:59:59.999", OwnerUserId=-1, Tags=None, ContentLicense="CC BY-SA 2.5", Score=0),
        {"Id": 6, "PostTypeId": 5, "CreationDate": day(1), "Score": 0, "Body": "", "OwnerUserId": 4},
    ]
    comments = [
        comment(1, 1, day(3), Text="See [this](/q/5) & `a<b`\n@Bo *really*"),
        comment(2, 2, day(2), UserId=3, Score=4),
        comment(3, 6, day(4), UserId=3),
        comment(4, 4, day(5), UserId=None, UserDisplayName="user77"),
    ]
    return {
        "Users": [user(-1, "Community", -1), user(1, "Bo", 901), user(2, "Bo", 902), user(3, " Zoë ", None)],
        "Posts": posts,
        "Comments": comments,
        "Votes": [
            *({"Id": n, "PostId": post, "VoteTypeId": kind, "CreationDate": day(3)} for n, post, kind in _VOTES),
            {"Id": 9, "PostId": 1, "VoteTypeId": 5, "UserId": 2, "CreationDate": day(3)},
        ],
        "PostLinks": [
            {"Id": 1, "CreationDate": day(3), "PostId": 4, "RelatedPostId": 1, "LinkTypeId": 3},
            {"Id": 2, "CreationDate": day(3), "PostId": 1, "RelatedPostId": 99, "LinkTypeId": 1},
        ],
        "Tags": [{"Id": 1, "TagName": "valves", "Count": 1}, {"Id": 2, "TagName": "unused", "Count": 0}],
        "Badges": [{"Id": 1, "UserId": 1, "Name": "Teacher"}],
    }


_VOTES = ((1, 1, 2), (2, 2, 3), (3, 3, 2), (4, 3, 2), (5, 99, 2), (6, 3, 1))


def change(files: Files, name: str, number: int, **values: object) -> Files:
    """The same dump with one row changed."""
    rows = [{**row, **values} if row["Id"] == number else row for row in files[name]]
    return {**files, name: rows}


def unpack(source: Path, folder: Path) -> Path:
    """A real dump as a folder."""
    folder.mkdir()
    with zipfile.ZipFile(source) as packed:
        packed.extractall(folder)
    return folder


_SHIFTED = {
    "Posts": ("Id", "ParentId", "AcceptedAnswerId", "OwnerUserId"),
    "Comments": ("Id", "PostId", "UserId"),
    "Votes": ("PostId",),
    "PostLinks": ("PostId", "RelatedPostId"),
    "Users": ("Id", "AccountId"),
}
_STEP = 1_000_000


def multiply(read: Callable[[str], Iterable[dict[str, str]]], folder: Path, copies: int) -> Path:
    """A dump so many times in one: ids shifted by a million a copy, everything else as it is."""
    folder.mkdir()
    for name, shifted in _SHIFTED.items():
        with (folder / f"{name}.xml").open("wb") as file:
            file.write(f"<{name.lower()}>\n".encode("utf-8-sig"))
            for copy in range(copies):
                for row in read(name):
                    if copy and int(row["Id"]) < 0:
                        continue  # the site's own robot is there once
                    file.write(f"<row {_attributes(dict(_shift(row, shifted, copy)))} />\n".encode())
            file.write(f"</{name.lower()}>\n".encode())
    return folder


def _shift(row: dict[str, str], shifted: tuple[str, ...], copy: int) -> Iterator[tuple[str, str]]:
    for name, given in row.items():
        moves = name in shifted and int(given) > 0
        yield name, str(int(given) + copy * _STEP) if moves else given
