"""Specimens for the start page: everybody's own, and by their ids the things of Olga, which are for nobody else."""

from collections.abc import Iterator, Mapping

from domain.start_page import KeepsakeKind
from tests.leaks.asks import UNKNOWN, Ask, Route, Specimens
from tests.leaks.planted import Planted


def _plain(path: str) -> Specimens:
    def specimens(_: Planted) -> Iterator[Ask]:
        yield Ask(path, full=True)

    return specimens


def _ids(planted: Planted) -> tuple[int, ...]:
    return *planted.keepsakes.values(), UNKNOWN


def _one(path: str) -> Specimens:
    def specimens(planted: Planted) -> Iterator[Ask]:
        for number, keepsake_id in enumerate(_ids(planted)):
            yield Ask(path.format(keepsake_id), full=number == 0)

    return specimens


def _form(path: str, *forms: Mapping[str, str]) -> Specimens:
    def specimens(_: Planted) -> Iterator[Ask]:
        for form in forms:
            yield Ask(path, form)

    return specimens


def _new(planted: Planted) -> Iterator[Ask]:
    for kind in (*KeepsakeKind, "no-such-kind"):
        yield Ask(f"/start/new/{kind}", full=kind is KeepsakeKind.LINK)
    for folder_id in (planted.keepsakes["folder"], planted.keepsakes["link"], UNKNOWN):
        yield Ask(f"/start/new/link?folder={folder_id}")


def _add(planted: Planted) -> Iterator[Ask]:
    folder = str(planted.keepsakes["folder"])
    yield Ask("/start/new/link", {"address": "https://example.org/", "folder": folder})
    yield Ask("/start/new/link", {"address": "javascript:alert(1)"})
    yield Ask("/start/new/note", {"body": "Text", "action": "preview", "folder": folder})
    yield Ask("/start/new/folder", {"title": "", "folder": folder})
    yield Ask("/start/new/no-such-kind", {"title": "x"})


def _save(planted: Planted) -> Iterator[Ask]:
    whole = {"title": "Another", "address": "https://example.org/", "body": "Text"}
    for keepsake_id in _ids(planted):
        for form in ({**whole, "version": "99"}, {"body": "", "version": "1"}, {**whole, "action": "preview"}):
            yield Ask(f"/start/things/{keepsake_id}", form)


def _delete(planted: Planted) -> Iterator[Ask]:
    for keepsake_id in _ids(planted):
        yield Ask(f"/start/things/{keepsake_id}/delete", {})


def _deleted(act: str) -> Specimens:
    def specimens(planted: Planted) -> Iterator[Ask]:
        for keepsake_id in _ids(planted):
            yield Ask(f"/start/deleted/{keepsake_id}/{act}", {})

    return specimens


def _search(planted: Planted) -> Iterator[Ask]:
    yield Ask("/start/search", full=True)
    for query in ("zq", "z", "https", "example", "jpg", str(planted.keepsakes["link"])):
        yield Ask(f"/start/search?q={query}")


def _upload_page(planted: Planted) -> Iterator[Ask]:
    yield Ask("/start/upload", full=True)
    for folder_id in (planted.keepsakes["folder"], UNKNOWN):
        yield Ask(f"/start/upload?folder={folder_id}")


SPECIMENS: dict[Route, Specimens] = {
    ("GET", "/start"): _plain("/start"),
    ("POST", "/start/order"): _form("/start/order", {"widget": "links", "step": "up"}, {"widget": "x", "step": "up"}),
    ("GET", "/start/shelf"): _plain("/start/shelf"),
    ("GET", "/start/folders/{keepsake_id:int}"): _one("/start/folders/{}"),
    ("GET", "/start/notes/{keepsake_id:int}"): _one("/start/notes/{}"),
    ("GET", "/start/search"): _search,
    ("GET", "/start/new/{kind:str}"): _new,
    ("POST", "/start/new/{kind:str}"): _add,
    ("GET", "/start/things/{keepsake_id:int}"): _one("/start/things/{}"),
    ("POST", "/start/things/{keepsake_id:int}"): _save,
    ("POST", "/start/things/{keepsake_id:int}/delete"): _delete,
    ("GET", "/start/deleted"): _plain("/start/deleted"),
    ("POST", "/start/deleted/{keepsake_id:int}/restore"): _deleted("restore"),
    ("POST", "/start/deleted/{keepsake_id:int}/erase"): _deleted("erase"),
    ("GET", "/start/upload"): _upload_page,
    ("POST", "/start/upload"): _form("/start/upload", {}, {"file": "not a file"}, {"folder": str(UNKNOWN)}),
    ("GET", "/start/files/{keepsake_id:int}"): _one("/start/files/{}"),
    ("GET", "/start/files/{keepsake_id:int}/preview"): _one("/start/files/{}/preview"),
    ("GET", "/start/bookmarks"): _plain("/start/bookmarks"),
    ("POST", "/start/bookmarks"): _form("/start/bookmarks", {}, {"bookmarks": "not a file"}),
    ("GET", "/start/bookmarks.html"): _plain("/start/bookmarks.html"),
}
