"""Specimens for order: reports, queues, cases, acts and appeals, of things seen, hidden, one's own, and none."""

from collections.abc import Iterator, Mapping

from tests.leaks.asks import UNKNOWN, Ask, Route, Specimens
from tests.leaks.planted import Planted

_ORDER = {"kind": "warn", "rule": "house:respect", "reason": "A reason.", "days": "7", "to_sig": "boardroom"}
_REPORT = {"reason": "spam", "words": "Words."}


def _slugs(planted: Planted) -> tuple[str, ...]:
    return "turnaround", "boardroom", "guild", planted.vault, "no-such-sig"


def _of_sig(path: str) -> Specimens:
    def specimens(planted: Planted) -> Iterator[Ask]:
        for slug in _slugs(planted):
            yield Ask(f"/sigs/{slug}/{path}", full=slug == "boardroom")
            for query in ("before=2", "kind=report", "status=closed") if path == "queue" else ("before=2",):
                yield Ask(f"/sigs/{slug}/{path}?{query}")

    return specimens


def _staff_queue(_: Planted) -> Iterator[Ask]:
    yield Ask("/queue", full=True)
    for query in ("kind=report", "status=closed", "before=3"):
        yield Ask(f"/queue?{query}")


def _cases(act: str = "", *forms: Mapping[str, str]) -> Specimens:
    def specimens(planted: Planted) -> Iterator[Ask]:
        ids = {1, 2, 3, 4, 5, 6, *planted.cases.values(), UNKNOWN}
        for number, case_id in enumerate(sorted(ids)):
            if not act:
                yield Ask(f"/cases/{case_id}", full=number == 1)
            for form in forms or ({},) if act else ():
                yield Ask(f"/cases/{case_id}/{act}", form)

    return specimens


def _acts(act: str = "", *forms: Mapping[str, str]) -> Specimens:
    def specimens(planted: Planted) -> Iterator[Ask]:
        for number, act_id in enumerate((*planted.acts.values(), UNKNOWN)):
            if not act:
                yield Ask(f"/acts/{act_id}", full=number == 0)
            for form in forms or ({},) if act else ():
                yield Ask(f"/acts/{act_id}/{act}", form)

    return specimens


def _posts(planted: Planted) -> Iterator[int]:
    for name, post_id in planted.posts.items():
        if not name.endswith("-owner"):
            yield post_id
    yield from (planted.world.closed_thread.post_id, UNKNOWN)


def _moderate(planted: Planted) -> Iterator[Ask]:
    for number, post_id in enumerate(_posts(planted)):
        yield Ask(f"/posts/{post_id}/moderate", full=number == 0)


def _send_moderate(planted: Planted) -> Iterator[Ask]:
    for post_id in _posts(planted):
        for kind in ("hide", "move", "ban", ""):
            yield Ask(f"/posts/{post_id}/moderate", {**_ORDER, "kind": kind})


def _things(planted: Planted, subject: str) -> tuple[str, ...]:
    people = [planted.world[part].public_id for part in ("settled members-owner", "nameless everyone-owner", "sven")]
    return {
        "post": tuple(str(post_id) for post_id in _posts(planted)),
        "scrap": tuple(str(number) for number in (*planted.scraps.values(), UNKNOWN)),
        "person": (*people, "no-such-page"),
        "entry": tuple(
            f"{address}/{slot}"
            for address in (*people, "no-such-page")
            for slot in ("headline", "experience-1", "photo", "email", "membership-1", "no-such-slot", "x-")
        ),
    }[subject]


def _reports(subject: str, *forms: Mapping[str, str]) -> Specimens:
    def specimens(planted: Planted) -> Iterator[Ask]:
        for number, thing in enumerate(_things(planted, subject)):
            path = f"/report/{subject}/{thing}"
            if not forms:
                yield Ask(path, full=number == 0)
            for form in forms:
                yield Ask(path, form)

    return specimens


def _own(_: Planted) -> Iterator[Ask]:
    yield Ask("/settings/acts", full=True)


_BAD = {"reason": "other", "words": ""}
_DECISION = {"decision": "deny", "answer": "An answer."}

SPECIMENS: dict[Route, Specimens] = {
    ("GET", "/sigs/{slug:str}/queue"): _of_sig("queue"),
    ("GET", "/sigs/{slug:str}/log"): _of_sig("log"),
    ("GET", "/queue"): _staff_queue,
    ("GET", "/cases/{case_id:int}"): _cases(),
    **{
        ("POST", f"/cases/{{case_id:int}}/{act}"): _cases(act)
        for act in ("open", "take", "give-back", "close", "reopen", "approve", "decline")
    },
    ("POST", "/cases/{case_id:int}/notes"): _cases("notes", {"words": "A note."}, {"words": ""}),
    ("POST", "/cases/{case_id:int}/acts"): _cases("acts", _ORDER, {**_ORDER, "reason": ""}),
    ("GET", "/posts/{post_id:int}/moderate"): _moderate,
    ("POST", "/posts/{post_id:int}/moderate"): _send_moderate,
    ("GET", "/acts/{act_id:int}"): _acts(),
    ("POST", "/acts/{act_id:int}/undo"): _acts("undo"),
    ("POST", "/acts/{act_id:int}/appeal"): _acts("appeal", {"words": "But."}, {"words": ""}),
    ("POST", "/acts/{act_id:int}/decide"): _acts("decide", _DECISION, {**_DECISION, "answer": ""}),
    ("GET", "/settings/acts"): _own,
    ("GET", "/report/post/{post_id:int}"): _reports("post"),
    ("POST", "/report/post/{post_id:int}"): _reports("post", _REPORT, _BAD),
    ("GET", "/report/scrap/{scrap_id:int}"): _reports("scrap"),
    ("POST", "/report/scrap/{scrap_id:int}"): _reports("scrap", _REPORT),
    ("GET", "/report/entry/{address:str}/{slot:str}"): _reports("entry"),
    ("POST", "/report/entry/{address:str}/{slot:str}"): _reports("entry", _REPORT),
    ("GET", "/report/person/{address:str}"): _reports("person"),
    ("POST", "/report/person/{address:str}"): _reports("person", _REPORT, _BAD),
}
