"""The rules of accounts: what registration asks, which addresses and passwords can be."""

from dataclasses import fields, replace
from typing import Any

import pytest

from domain.accounts import (
    LIMITS,
    Attempt,
    Registration,
    problem_with_email,
    problem_with_password,
    problems_with_registration,
)
from domain.refusals import Problem

ADA = Registration("Ada", "undisclosed", "Reckoner", "ada@example.org", "river stone lantern", True, True, True, True)


def test_registration_asks_these_and_nothing_else() -> None:
    assert [field.name for field in fields(Registration)] == [
        "name",
        "gender",
        "profession",
        "email",
        "password",
        "is_adult",
        "accepts_terms",
        "accepts_privacy",
        "public_page",
    ]


def test_a_whole_registration_has_no_problems() -> None:
    assert problems_with_registration(ADA, password_is_common=False) == {}


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("name", "", Problem.EMPTY),
        ("name", "a" * 81, Problem.TOO_LONG),
        ("gender", "", Problem.EMPTY),
        ("gender", "unicorn", Problem.NOT_OFFERED),
        ("profession", "", Problem.EMPTY),
        ("email", "ada", Problem.MALFORMED),
        ("password", "short", Problem.TOO_SHORT),
        ("is_adult", False, Problem.NOT_ACCEPTED),
        ("accepts_terms", False, Problem.NOT_ACCEPTED),
        ("accepts_privacy", False, Problem.NOT_ACCEPTED),
    ],
)
def test_each_field_has_its_own_problem(field: str, value: Any, problem: Problem) -> None:
    assert problems_with_registration(replace(ADA, **{field: value}), password_is_common=False) == {field: problem}


@pytest.mark.parametrize(
    "email", ["ada@example.org", "a.b+c@x-y.example.org", "grüße@bücher.example", "a'b@example.org"]
)
def test_addresses_that_can_be(email: str) -> None:
    assert problem_with_email(email) is None


@pytest.mark.parametrize(
    "email",
    [
        "ada",
        "@example.org",
        "ada@",
        "ada@example",
        "ada@.org",
        "ada@example..org",
        "ada@example.org.",
        "a b@example.org",
        "a\n@example.org",
        "a@b@example.org",
        "a,b@example.org",
        "ada@example.org, eve@example.org",
        "Ada <ada@example.org>",
        '"ada"@example.org',
        "ada@[127.0.0.1]",
        "ada@exa_mple!.org",
        "a" * 65 + "@example.org",
    ],
)
def test_addresses_that_cannot_be_or_would_be_several(email: str) -> None:
    assert problem_with_email(email) is Problem.MALFORMED


def test_an_address_has_a_longest_length() -> None:
    assert problem_with_email(f"a@{'b' * 250}.org") is Problem.TOO_LONG


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("", Problem.EMPTY),
        ("a" * 9, Problem.TOO_SHORT),
        ("a" * 10, None),
        ("a" * 128, None),
        ("a" * 129, Problem.TOO_LONG),
        ("   🦊 fox 🦊   ", None),
    ],
)
def test_passwords_have_a_length_and_no_other_shape(password: str, problem: Problem | None) -> None:
    assert problem_with_password(password, is_common=False) is problem


def test_everything_that_can_be_tried_has_a_limit() -> None:
    assert set(LIMITS) == set(Attempt)
    assert LIMITS[Attempt.SIGN_IN].per_account <= 20
    assert LIMITS[Attempt.SIGN_IN].per_address <= 100
