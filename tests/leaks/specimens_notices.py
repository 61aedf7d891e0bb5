"""Specimens for notices: one's own page of them, single ones as anybody, the choice of mails, and the link in one."""

from collections.abc import Iterator, Mapping

from tests.leaks.asks import UNKNOWN, Ask, Route, Specimens
from tests.leaks.planted import Planted

_STEP = 14
"""Notices of somebody else are all alike to who asks for them, so a few do."""


def _plain(path: str) -> Specimens:
    def specimens(_: Planted) -> Iterator[Ask]:
        yield Ask(path, full=True)

    return specimens


def _list(planted: Planted) -> Iterator[Ask]:
    yield Ask("/notices", full=True)
    for before in (2, UNKNOWN):
        yield Ask(f"/notices?before={before}")
    for part, ids in planted.notices.items():  # what the first page has no place for if everything is on it
        yield Ask(f"/notices?before={ids[len(ids) // 2]}", viewers=(part,))


def _ids(planted: Planted) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Some of Bodil's and one that never was, for everybody to ask, and one's own."""
    for notice_id in (*planted.notices["bodil"][::_STEP], UNKNOWN):
        yield notice_id, ()
    for part, ids in planted.notices.items():
        for notice_id in ids:
            yield notice_id, (part,)


def _single(planted: Planted) -> Iterator[Ask]:
    for number, (notice_id, viewers) in enumerate(_ids(planted)):
        yield Ask(f"/notices/{notice_id}", full=number == 0, viewers=viewers)


def _open(planted: Planted) -> Iterator[Ask]:
    for notice_id, viewers in _ids(planted):
        yield Ask(f"/notices/{notice_id}", {}, viewers=viewers)


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
