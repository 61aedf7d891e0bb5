"""Passwords: how they are hashed, and which are refused because they are tried first."""

import asyncio
import os
import sys
import threading

import pytest
from argon2 import PasswordHasher, extract_parameters
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from storage import passwords
from storage.database import Busy
from storage.passwords import STEP_BACK, _away, hash_password, is_common, is_outdated, verify_password

TOP = FREQUENCY_LISTS["passwords"]


async def test_a_hash_costs_what_it_should() -> None:
    costs = extract_parameters(await hash_password("river stone lantern"))
    assert (costs.type.name, costs.memory_cost, costs.time_cost, costs.parallelism) == ("ID", 19_456, 2, 1)


async def test_a_password_is_compared_exactly_as_typed() -> None:
    kept = await hash_password("Grüße von Ada ")
    assert await verify_password(kept, "Grüße von Ada ")
    for other in ("Grüße von Ada", "grüße von ada ", "Gru\u0308ße von Ada ", "Grüße von Ada  "):
        assert not await verify_password(kept, other)


async def test_128_letters_all_count_and_more_are_not_even_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = await hash_password("x" * 127 + "y")
    assert await verify_password(kept, "x" * 127 + "y")
    assert not await verify_password(kept, "x" * 128)
    monkeypatch.setattr(passwords, "_verify", lambda *_: pytest.fail("hashed"))
    assert not await verify_password(kept, "x" * 100_000)


async def test_nobody_has_no_password() -> None:
    for guess in ("", "nobody's", "river stone lantern"):
        assert not await verify_password(None, guess)


async def test_a_hash_of_other_costs_is_outdated() -> None:
    assert is_outdated(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("x"))
    assert not is_outdated(await hash_password("x"))


async def test_a_crowd_waits_for_two_threads_and_the_rest_is_asked_to_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    most = passwords.AT_ONCE + passwords.LONGEST_QUEUE
    done = await asyncio.gather(*(hash_password("x") for _ in range(most + 5)), return_exceptions=True)
    assert sum(isinstance(each, str) for each in done) == most
    assert sum(isinstance(each, Busy) for each in done) == 5
    assert await hash_password("x"), "the queue is empty again"


def _accepted(candidates: list[str]) -> list[str]:
    long_enough = [each for each in candidates if len(each) >= 10]
    assert len(long_enough) > 100
    return [each for each in long_enough if not passwords._is_common(each, ())]


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a niceness of their own on Linux alone")
async def test_hashing_steps_back_for_pages() -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    theirs = await _away(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
    assert theirs == min(19, own + STEP_BACK)
    assert os.getpriority(os.PRIO_PROCESS, 0) == own


@pytest.mark.parametrize("padding", ["123", "1234", "2026", "!!!!", "000000"])
def test_the_3000_most_common_are_refused_however_padded(padding: str) -> None:
    assert _accepted([f"{each}{padding}" for each in TOP[:3000:5]]) == []
    assert _accepted([f"{padding}{each}" for each in TOP[2:3000:5]]) == []


def test_the_3000_most_common_with_a_year() -> None:
    assert _accepted([f"{each}2026!!" for each in TOP[:3000]]) == []


def test_every_common_one_that_is_long_enough_is_refused_in_any_case() -> None:
    assert _accepted(TOP) == []
    assert _accepted([each.upper() for each in TOP]) == []
    assert _accepted([each.title() for each in TOP]) == []


@pytest.mark.parametrize(
    "password",
    [
        "P@ssw0rd123",
        "passwordpassword",
        "aaaaaaaaaa",
        "abcabcabcabc",
        "qwertyuiop",
        "1234567890",
        "Stoa2026!!",
        "12345dragon!!",
    ],
)
async def test_tricks_that_everybody_knows(password: str) -> None:
    assert await is_common(password)


@pytest.mark.parametrize("password", ["adalovelace1", "Lovelace-Ada", "ada.lovelace", "lovelace2026"])
async def test_what_everyone_knows_of_the_person(password: str) -> None:
    assert await is_common(password, ("Ada Lovelace", "ada.lovelace@example.org"))


@pytest.mark.parametrize(
    "password",
    [
        "colonnade at noon",
        "qwhzmfkeoirntpasldkj",
        "   🦊 fox 🦊 jumps ",
        "zR8#kq!mPw",
        "river stone lantern",
        "x" * 5 + "kwmzpr7q",
    ],
)
async def test_others_are_welcome_whatever_their_shape(password: str) -> None:
    assert not await is_common(password, ("Ada Lovelace", "ada.lovelace@example.org"))
