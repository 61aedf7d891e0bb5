"""What Walter keeps on his start page: words too long, a note with all that Markdown has, a picture and a paper."""

import io
from pathlib import Path

from domain.start_page import KeepsakeKind
from storage.database import Database
from storage.files import FolderStore
from storage.secrets import Seal
from storage.start_page.files import Upload, keep_file
from storage.start_page.keepsakes import Typed, keep
from tests.cast import NOON
from tests.pictures import encode, picture

_NOTE = "# Plan\n\n- first **this**\n- then `that`\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n> quoted\n\n"


async def keep_things(database: Database, seal: Seal, files: Path, member_id: int, word: str) -> dict[str, int]:
    """Keep one of each kind; returns their ids by what they are."""
    kept = {}

    async def one(kind: KeepsakeKind, typed: Typed) -> None:
        kept[kind.value] = await keep(database, seal, member_id, kind, typed, NOON)

    await one(KeepsakeKind.FOLDER, Typed(title=word))
    address, tags = f"https://example.org/{word}", f"{word[:30]}, الدفتر"
    await one(KeepsakeKind.LINK, Typed(word, address, f"{word} {word}", tags))
    await one(KeepsakeKind.NOTE, Typed(word, "", _NOTE + word * 2, tags))
    store = FolderStore(files)
    for what, content, name in (("file", b"paper", f"{word}.pdf"), ("picture", encode(picture()), "photo.jpg")):
        kept[what] = await keep_file(database, store, seal, member_id, Upload(io.BytesIO(content), name), NOON)
    assert all(isinstance(keepsake_id, int) for keepsake_id in kept.values()), kept
    return kept  # type: ignore[return-value]  # ids alone, as was made sure of
