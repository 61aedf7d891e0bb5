"""Accounts over HTTP: registering, confirming, signing in and out, resetting; and no answer tells on an address."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from domain.accounts import LIMITS, RESET_WITHIN, SESSION_IDLE, Attempt
from storage import accounts
from storage.database import fetch_all
from storage.passwords import verify_password
from storage.tables import Account, Event, Registration
from tests.cast import PASSWORD
from tests.conftest import Stoa
from tests.web.account_steps import (
    ADA,
    is_signed_in,
    keeping_browser,
    link_of_last_mail,
    register,
    sent_mails,
    sign_in,
)
from web.visits import BROWSER_COOKIE, REMEMBER_COOKIE, SESSION_COOKIE

VOLATILE = {"date", "content-length"}


def _told(answer: httpx.Response, email: str) -> tuple[int, dict[str, str], str]:
    """All that an answer tells, with the address that was typed left out."""
    headers = {name: value for name, value in answer.headers.items() if name not in VOLATILE}
    return answer.status_code, headers, answer.text.replace(email, "<address>")


async def test_from_the_form_to_being_signed_in(stoa: Stoa) -> None:
    browser = await keeping_browser(stoa)
    assert (await browser.get("/register")).status_code == 200
    answer = await register(stoa, browser)
    assert (answer.status_code, answer.headers["location"]) == (303, "/register/check-mail")
    assert not browser.cookies, "registering signs nobody in"
    assert (await browser.get("/register/check-mail")).status_code == 200
    path = await link_of_last_mail(stoa)
    assert (await browser.get(path)).status_code == 200
    assert not browser.cookies, "following a link alone signs nobody in"
    assert (await browser.post(path)).status_code == 303
    assert await is_signed_in(browser)
    assert (await browser.get(path)).status_code == 410, "a link works once"
    assert (await (await keeping_browser(stoa)).post(path)).status_code == 410


async def test_a_refused_form_keeps_what_was_typed_but_no_password(stoa: Stoa) -> None:
    browser = await keeping_browser(stoa)
    answer = await register(stoa, browser, profession="", password="river stone lantern")
    assert answer.status_code == 422
    assert "Ada Lovelace" in answer.text
    assert "ada@example.org" in answer.text
    assert "river stone lantern" not in answer.text
    assert await sent_mails(stoa) == []


async def test_nothing_that_is_asked_may_be_missing(stoa: Stoa) -> None:
    browser = await keeping_browser(stoa)
    for field in set(ADA) - {"public_page"}:
        assert (await register(stoa, browser, **{field: ""})).status_code == 422, field
    assert await sent_mails(stoa) == []


async def test_the_boxes_are_not_ticked_beforehand(stoa: Stoa) -> None:
    page = (await (await keeping_browser(stoa)).get("/register")).text
    for name in ("is_adult", "accepts_terms", "accepts_privacy"):
        tag = page[page.index(f'name="{name}"') - 200 : page.index(f'name="{name}"') + 200]
        assert "checked" not in tag.split(f'name="{name}"')[1].split(">")[0]


async def test_no_answer_tells_whether_an_address_has_an_account(stoa: Stoa) -> None:
    """Registered, unconfirmed, registered but not confirmed, and unknown addresses get the same bytes."""
    await register(stoa, await keeping_browser(stoa), email="waits@example.org")
    await sent_mails(stoa)
    asked = []
    for email in ("amara@example.org", "nina@example.org", "waits@example.org", "nobody@example.org"):
        browser = await keeping_browser(stoa)
        answers = [
            await sign_in(browser, email, "not the password"),
            await browser.post("/forgot", data={"email": email}),
            await browser.get("/forgot/check-mail"),
            await register(stoa, browser, email=email),
            await browser.get("/register/check-mail"),
            await register(stoa, browser, email=email, password="password123"),
            await register(stoa, browser, email=email, name=""),
        ]
        member = await stoa.browser("tariq")
        answers += [
            await member.post("/settings/email", data={"email": email}),
            await member.get("/settings/email/check-mail"),
        ]
        asked.append([_told(answer, email) for answer in answers])
    assert asked[0] == asked[1] == asked[2] == asked[3]
    assert [told[0] for told in asked[0]] == [422, 303, 200, 303, 200, 422, 422, 303, 200]


async def test_each_address_makes_the_same_statements(stoa: Stoa) -> None:
    """What is written does not depend on the address either; only the worker looks it up."""
    kept = []
    for email in ("amara@example.org", "nobody@example.org"):
        browser = await keeping_browser(stoa)
        await browser.post("/forgot", data={"email": email})
        await register(stoa, browser, email=email)
        async with stoa.database.reading() as connection:
            names = [row.name for row in await fetch_all(connection, select(Event.c.name).order_by(Event.c.event_id))]
            registrations = len(await fetch_all(connection, select(Registration.c.registration_id)))
        kept.append((names[-2:], registrations))
    assert kept == [(["reset.asked", "registration.asked"], 1), (["reset.asked", "registration.asked"], 2)]


async def test_the_mail_tells_the_owner_that_somebody_tried(stoa: Stoa) -> None:
    await register(stoa, await keeping_browser(stoa), email="amara@example.org")
    (mail,) = await sent_mails(stoa)
    assert mail.recipient == "amara@example.org"
    assert "Ada" not in mail.text
    assert not any("/confirm/" in link or "/reset/" in link for link in mail.links)


async def test_signing_in_and_out(stoa: Stoa) -> None:
    browser = await keeping_browser(stoa)
    answer = await sign_in(browser, " AMARA@example.org ", PASSWORD, next="/settings/sessions")
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings/sessions")
    token = browser.cookies[SESSION_COOKIE]
    assert REMEMBER_COOKIE not in browser.cookies
    assert await is_signed_in(browser)
    answer = await browser.post("/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert answer.headers["clear-site-data"]
    assert set(browser.cookies) == {BROWSER_COOKIE}
    browser.cookies.set(SESSION_COOKIE, token, domain="127.0.0.1")
    assert not await is_signed_in(browser), "the session ended on the server too"
    assert (await browser.post("/sign-out")).status_code == 303, "also when already signed out"


async def test_a_wrong_password_keeps_the_address(stoa: Stoa) -> None:
    answer = await sign_in(await keeping_browser(stoa), "amara@example.org", "not the password")
    assert answer.status_code == 422
    assert 'value="amara@example.org"' in answer.text
    assert "not the password" not in answer.text


ELSEWHERE = (
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "evil",
    "",
    "/" + "a" * 3000,
)


async def test_signing_in_never_leads_elsewhere(stoa: Stoa) -> None:
    browser = await keeping_browser(stoa)
    for path in ELSEWHERE:
        page = await browser.get("/sign-in", params={"next": path})
        assert page.status_code == 200
        assert "evil" not in page.text
        assert (await sign_in(browser, "amara@example.org", PASSWORD, next=path)).headers["location"] == "/"
        await browser.post("/sign-out")


async def test_a_path_in_any_script_is_a_header_that_can_be_sent(stoa: Stoa) -> None:
    answer = await sign_in(await keeping_browser(stoa), "amara@example.org", PASSWORD, next="/sigs/中文?tag=é%20a")
    assert answer.headers["location"] == "/sigs/%E4%B8%AD%E6%96%87?tag=%C3%A9%20a"


async def test_a_token_from_before_signing_in_is_not_the_one_after(stoa: Stoa) -> None:
    browser = await keeping_browser(stoa)
    browser.cookies.set(SESSION_COOKIE, "planted-by-a-stranger", domain="127.0.0.1")
    await sign_in(browser, "amara@example.org", PASSWORD)
    first = browser.cookies[SESSION_COOKIE]
    assert first != "planted-by-a-stranger"
    await browser.post("/sign-out")
    await sign_in(browser, "amara@example.org", PASSWORD)
    assert browser.cookies[SESSION_COOKIE] != first


async def test_remember_me_outlives_the_session_and_its_token_changes(stoa: Stoa) -> None:
    browser = await keeping_browser(stoa)
    await sign_in(browser, "amara@example.org", PASSWORD, remember="yes")
    first = browser.cookies[REMEMBER_COOKIE]
    stoa.clock.now += SESSION_IDLE + timedelta(days=1)
    assert await is_signed_in(browser)
    assert browser.cookies[REMEMBER_COOKIE] != first
    thief = await keeping_browser(stoa)
    thief.cookies.set(REMEMBER_COOKIE, first, domain="127.0.0.1")
    stoa.clock.now += timedelta(hours=1)
    assert not await is_signed_in(thief)
    assert not await is_signed_in(browser), "a copied token ends the series"


async def test_without_remember_me_an_idle_session_ends(stoa: Stoa) -> None:
    browser = await keeping_browser(stoa)
    await sign_in(browser, "amara@example.org", PASSWORD)
    stoa.clock.now += SESSION_IDLE
    assert not await is_signed_in(browser)


async def test_a_flood_of_guesses_is_stopped_before_any_hashing_and_the_owner_gets_in(
    stoa: Stoa, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await keeping_browser(stoa)
    await sign_in(owner, "amara@example.org", PASSWORD)
    await owner.post("/sign-out")
    hashed = 0

    async def counting(kept: str | None, password: str) -> bool:
        nonlocal hashed
        hashed += 1
        return await verify_password(kept, password)

    monkeypatch.setattr(accounts, "verify_password", counting)
    stranger = await keeping_browser(stoa)
    guesses = [await sign_in(stranger, "amara@example.org", f"guess number {number}") for number in range(60)]
    assert hashed == LIMITS[Attempt.SIGN_IN].per_account - 1, "the owner's first was one of them"
    assert [answer.status_code for answer in guesses[hashed:]] == [429] * (60 - hashed)
    assert int(guesses[-1].headers["retry-after"]) == 3600
    assert (await sign_in(stranger, "amara@example.org", PASSWORD)).status_code == 429
    assert (await sign_in(owner, "amara@example.org", PASSWORD)).status_code == 303


async def test_a_reset_from_the_form_to_the_notice(stoa: Stoa) -> None:
    other, browser = await keeping_browser(stoa), await keeping_browser(stoa)
    await sign_in(other, "amara@example.org", PASSWORD, remember="yes")
    await browser.post("/forgot", data={"email": "amara@example.org"})
    path = await link_of_last_mail(stoa)
    assert path.startswith("/reset/")
    assert (await browser.get(path)).status_code == 200
    short = await browser.post(path, data={"password": "short"})
    assert short.status_code == 422
    assert (await browser.post(path, data={"password": "an orchid on the sill"})).status_code == 303
    assert await is_signed_in(browser)
    assert not await is_signed_in(other), "every other browser is signed out, a remembered one too"
    assert (await browser.post(path, data={"password": "another orchid there"})).status_code == 410
    assert "password was changed" in (await sent_mails(stoa))[-1].subject


async def test_a_reset_link_is_over_after_an_hour(stoa: Stoa) -> None:
    browser = await keeping_browser(stoa)
    await browser.post("/forgot", data={"email": "amara@example.org"})
    path = await link_of_last_mail(stoa)
    stoa.clock.now += RESET_WITHIN
    assert (await browser.get(path)).status_code == 410
    assert (await browser.post(path, data={"password": "an orchid on the sill"})).status_code == 410


async def test_somebody_unconfirmed_signs_in_and_asks_for_the_mail_again(stoa: Stoa) -> None:
    browser = await keeping_browser(stoa)
    await sign_in(browser, "nina@example.org", PASSWORD)
    assert 'action="/register/resend"' in (await browser.get("/")).text
    assert (await browser.post("/register/resend")).status_code == 303
    path = await link_of_last_mail(stoa)
    assert (await browser.post(path)).status_code == 303
    assert 'action="/register/resend"' not in (await browser.get("/")).text
    async with stoa.database.reading() as connection:
        rows = await fetch_all(connection, select(Account).where(Account.c.confirmed_at == stoa.clock.now))
    assert len(rows) >= 1


async def test_a_new_browser_is_told_of_once(stoa: Stoa) -> None:
    browser = await keeping_browser(stoa)
    for _ in range(2):
        await sign_in(browser, "amara@example.org", PASSWORD)
        await browser.post("/sign-out")
    assert [mail.subject for mail in await sent_mails(stoa)] == ["A new browser signed in"]


FORM = "application/x-www-form-urlencoded"
ODD_FORMS = (
    (FORM, b"email=a&email=b&password=c&password=d"),
    (FORM, b"email[]=a&password[x]=b"),
    (FORM, b"email=%00&password=%00"),
    (FORM, b"email=%ff%fe&password=%ff"),
    (FORM, b"&&==&%"),
    (FORM, b""),
    ("application/json", b'{"email": null, "password": ["x"]}'),
    ("application/json", b"{"),
    (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="email"; filename="a"\r\n\r\nx\r\n--x--\r\n',
    ),
    ("multipart/form-data", b"no boundary"),
    ("text/plain", b"email=a"),
)


@pytest.mark.parametrize("path", ["/register", "/sign-in", "/forgot", "/reset/x", "/confirm/x", "/password-again"])
async def test_odd_shapes_of_forms_are_a_clear_refusal(stoa: Stoa, path: str) -> None:
    browser = await keeping_browser(stoa)
    for kind, body in ODD_FORMS:
        answer = await browser.post(path, content=body, headers={"content-type": kind})
        assert 400 <= answer.status_code < 500, (kind, body)
        assert "<html" in answer.text


async def test_odd_shapes_of_queries_do_no_harm(stoa: Stoa) -> None:
    browser = await keeping_browser(stoa)
    for query in ("next=a&next=b", "next[]=a", "next", "next=%ff", "next=%00"):
        assert (await browser.get(f"/sign-in?{query}")).status_code in {200, 400}, query


async def test_forms_of_other_sites_are_refused(stoa: Stoa) -> None:
    browser = await keeping_browser(stoa)
    for headers in ({"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
        answer = await browser.post(
            "/sign-in", data={"email": "amara@example.org", "password": PASSWORD}, headers=headers
        )
        assert answer.status_code == 403
        assert not browser.cookies


async def test_reading_the_texts_sets_no_cookie(stoa: Stoa) -> None:
    browser = await keeping_browser(stoa)
    for path in (
        "/about/terms",
        "/about/privacy",
        "/about/markdown",
        "/about/defaults",
        "/register",
        "/sign-in",
        "/forgot",
    ):
        assert (await browser.get(path)).status_code == 200
    assert not browser.cookies
