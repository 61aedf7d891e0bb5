"""What Olga keeps for herself: a canary in every word of her start page, and in the bytes of a file."""

import io

from domain.start_page import KeepsakeKind
from storage.database import Database
from storage.files import FolderStore
from storage.secrets import Seal
from storage.start_page.deleted import drop
from storage.start_page.files import Upload, keep_file
from storage.start_page.keepsakes import Typed, keep
from tests.cast import NOON
from tests.leaks.places import DELETED, FILE, FOLDER, KEEPSAKE, NOTE, SHELF, START
from tests.leaks.planted import Planted
from tests.pictures import encode, picture


async def plant_start_page(stage: Database, seal: Seal, planted: Planted) -> None:
    """A link, a note, a folder with a link in it, a note that was deleted, a text and a picture."""
    olga, files = planted.world["olga"].member_id, FolderStore(planted.files)

    def token(what: str, *seen_at: str, table: str = "keepsakes") -> str:
        return planted.cage.token(f"{table}.sealed[{what}]", "owner", "olga", seen_at=seen_at)

    async def kept(kind: KeepsakeKind, what: str, typed: Typed) -> None:
        keepsake_id = await keep(stage, seal, olga, kind, typed, NOON)
        assert isinstance(keepsake_id, int), keepsake_id
        planted.keepsakes[what] = keepsake_id

    def link(what: str, *seen_at: str, folder_id: int | None = None) -> Typed:
        address = f"https://{token(f'{what} address', *seen_at)}.example/"
        title, body, tags = (token(f"{what} {part}", *seen_at) for part in ("title", "remark", "tag"))
        return Typed(title, address, body, tags, folder_id)

    await kept(KeepsakeKind.LINK, "link", link("link", START, SHELF, KEEPSAKE))
    title, text, tag = (token(f"note {part}", START, NOTE) for part in ("title", "text", "tag"))
    submission = planted.cage.token("keepsakes.submission", "nobody", "olga")
    await kept(KeepsakeKind.NOTE, "note", Typed(title, "", text, tag, submission=submission))
    await kept(KeepsakeKind.FOLDER, "folder", Typed(token("folder name", SHELF, FOLDER)))
    await kept(KeepsakeKind.LINK, "inner", link("inner", FOLDER, KEEPSAKE, folder_id=planted.keepsakes["folder"]))
    gone = Typed(token("deleted title", DELETED, table="deleted_keepsakes"), "", "Text of a note.")
    await kept(KeepsakeKind.NOTE, "deleted", gone)
    assert await drop(stage, seal, olga, planted.keepsakes["deleted"], NOON) is None
    paper = token("bytes of a file", FILE).encode() * 9000
    for what, content, ending in (("file", paper, "txt"), ("picture", encode(picture()), "jpg")):
        name = f"{token(f'name of a {what}', START, SHELF, KEEPSAKE)}.{ending}"
        keepsake_id = await keep_file(stage, files, seal, olga, Upload(io.BytesIO(content), name), NOON)
        assert isinstance(keepsake_id, int), keepsake_id
        planted.keepsakes[what] = keepsake_id
