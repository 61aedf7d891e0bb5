"""Specimens for notices: one's own page of them, single ones as anybody, the choice of mails, and the link in one."""

from collections.abc import Iterator, Mapping

from tests.leaks.asks import UNKNOWN, Ask, Route, Specimens
from tests.leaks.planted import Planted

_SOME_IDS = (*range(1, 200, 7), UNKNOWN)


def _plain(path: str) -> Specimens:
    def specimens(_: Planted) -> Iterator[Ask]:
        yield Ask(path, full=True)

    return specimens


def _list(_: Planted) -> Iterator[Ask]:
    yield Ask("/notices", full=True)
    for before in (2, 50, 150, 400, UNKNOWN):
        yield Ask(f"/notices?before={before}")


def _single(_: Planted) -> Iterator[Ask]:
    for number, notice_id in enumerate(_SOME_IDS):
        yield Ask(f"/notices/{notice_id}", full=number == 0)


def _open(_: Planted) -> Iterator[Ask]:
    for notice_id in _SOME_IDS:
        yield Ask(f"/notices/{notice_id}", {})


def _see(_: Planted) -> Iterator[Ask]:
    for until in ("", "5", str(UNKNOWN)):
        yield Ask("/notices", {"until": until})


def _choose(_: Planted) -> Iterator[Ask]:
    forms: tuple[Mapping[str, str], ...] = ({"mail-reply": "off"}, {"mail-act": "off"}, {"mail-reply": "x"}, {})
    for form in forms:
        yield Ask("/settings/notices", form)


def _unsubscribe(form: Mapping[str, str] | None) -> Specimens:
    def specimens(planted: Planted) -> Iterator[Ask]:
        for token in (planted.mail_tokens["unsubscribe"], "no-such-token"):
            yield Ask(f"/unsubscribe/{token}", form, full=form is None)

    return specimens


SPECIMENS: dict[Route, Specimens] = {
    ("GET", "/notices"): _list,
    ("POST", "/notices"): _see,
    ("GET", "/notices/unseen"): _plain("/notices/unseen"),
    ("GET", "/notices/{notice_id:int}"): _single,
    ("POST", "/notices/{notice_id:int}"): _open,
    ("GET", "/settings/notices"): _plain("/settings/notices"),
    ("POST", "/settings/notices"): _choose,
    ("GET", "/unsubscribe/{token:str}"): _unsubscribe(None),
    ("POST", "/unsubscribe/{token:str}"): _unsubscribe({"List-Unsubscribe": "One-Click"}),
}
