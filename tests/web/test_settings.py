"""Settings over HTTP: what asks for the password again, and what a change of address, password or sessions does."""

from datetime import timedelta

import httpx

from domain.accounts import LIMITS, PASSWORD_FRESH_FOR, Attempt
from tests.cast import PASSWORD
from tests.conftest import Stoa
from tests.web.account_steps import is_signed_in, keeping_browser, link_of_last_mail, sent_mails, sign_in
from web.policy import policy_of

SENSITIVE = {
    ("GET", "/settings/email"),
    ("POST", "/settings/email"),
    ("POST", "/settings/sessions/{reference:str}/end"),
    ("POST", "/settings/sessions/end-others"),
    ("POST", "/settings/feeds"),
}
"""What asks for the password when it was not given lately. POST /settings/password asks for it every time."""

FRESH = "an orchid on the sill"


async def _amara(stoa: Stoa, *, stale: bool = False, remember: str = "") -> httpx.AsyncClient:
    """A browser in which Amara has signed in, and, when stale, has read for a while since."""
    browser = await keeping_browser(stoa)
    await sign_in(browser, "amara@example.org", PASSWORD, remember=remember)
    if stale:
        stoa.clock.now += PASSWORD_FRESH_FOR + timedelta(seconds=1)
    return browser


def test_the_sensitive_routes_are_these(stoa: Stoa) -> None:
    found = {
        (str(method), route.path)
        for route in stoa.app.routes
        for handler in getattr(route, "route_handlers", ())
        for method in handler.http_methods
        if (policy := policy_of(handler)) and policy.fresh_password
    }
    assert found - {("HEAD", path) for _, path in found} == SENSITIVE


async def test_each_of_them_asks_a_stale_session_and_changes_nothing(stoa: Stoa) -> None:
    other, browser = await _amara(stoa), await _amara(stoa, stale=True)
    before = await sent_mails(stoa)
    for method, path in SENSITIVE:
        answer = await browser.request(method, path.replace("{reference:str}", "s1"), data={"email": "new@example.org"})
        assert answer.status_code == 403, path
        assert 'name="current_password"' in answer.text
    assert await sent_mails(stoa) == before
    assert await is_signed_in(other)


async def test_a_remembered_browser_is_asked_too(stoa: Stoa) -> None:
    browser = await _amara(stoa, remember="yes")
    stoa.clock.now += timedelta(days=2)
    assert (await browser.get("/settings")).status_code == 200
    assert (await browser.get("/settings/email")).status_code == 403


async def test_giving_the_password_leads_back_to_the_page(stoa: Stoa) -> None:
    browser = await _amara(stoa, stale=True)
    page = await browser.get("/settings/email")
    assert 'name="next" value="/settings/email"' in page.text
    wrong = await browser.post("/password-again", data={"next": "/settings/email", "current_password": "no"})
    assert wrong.status_code == 422
    assert 'name="next" value="/settings/email"' in wrong.text
    right = await browser.post("/password-again", data={"next": "/settings/email", "current_password": PASSWORD})
    assert (right.status_code, right.headers["location"]) == (303, "/settings/email")
    assert (await browser.get("/settings/email")).status_code == 200
    away = await browser.post("/password-again", data={"next": "//evil.example", "current_password": PASSWORD})
    assert away.headers["location"] == "/settings"


async def test_a_form_that_comes_too_late_is_kept_until_the_password_is_given(stoa: Stoa) -> None:
    browser = await _amara(stoa, stale=True)
    typed = {"email": 'new"<@example.org', "old_password": "typed-secret-1", "passwordRepeated": "typed-secret-2"}
    asked = await browser.post("/settings/email", data=typed)
    assert asked.status_code == 403
    assert 'action="/settings/email"' in asked.text
    assert 'name="email" value="new&#34;&lt;@example.org"' in asked.text
    assert "typed-secret" not in asked.text
    wrong = await browser.post("/settings/email", data={"email": "new@example.org", "current_password": "no"})
    assert wrong.status_code == 422
    assert 'name="email" value="new@example.org"' in wrong.text
    done = await browser.post("/settings/email", data={"email": "new@example.org", "current_password": PASSWORD})
    assert (done.status_code, done.headers["location"]) == (303, "/settings/email/check-mail")


async def test_guessing_the_password_again_is_throttled_for_that_session_alone(stoa: Stoa) -> None:
    thief, owner = await _amara(stoa), await _amara(stoa, stale=True)
    most = LIMITS[Attempt.PASSWORD].per_account
    tries = [
        (
            await thief.post("/password-again", data={"next": "/settings", "current_password": f"guess {number}"})
        ).status_code
        for number in range(most + 5)
    ]
    assert tries == [422] * most + [429] * 5
    stopped = await thief.post("/settings/email", data={"email": "new@example.org", "current_password": PASSWORD})
    assert stopped.status_code == 429
    assert stopped.headers["retry-after"] == "3600"
    right = await owner.post("/password-again", data={"next": "/settings", "current_password": PASSWORD})
    assert right.status_code == 303


async def test_changing_the_password_takes_todays_and_ends_the_others(stoa: Stoa) -> None:
    other, browser = await _amara(stoa, remember="yes"), await _amara(stoa)
    for current, problem in (("", "use today"), ("wrong", "not the password")):
        refused = await browser.post("/settings/password", data={"current_password": current, "password": FRESH})
        assert refused.status_code == 422
        assert problem in refused.text
        assert FRESH not in refused.text
    common = await browser.post("/settings/password", data={"current_password": PASSWORD, "password": "password123"})
    assert common.status_code == 422
    assert await is_signed_in(other)
    before = dict(browser.cookies)
    done = await browser.post("/settings/password", data={"current_password": PASSWORD, "password": FRESH})
    assert (done.status_code, done.headers["location"]) == (303, "/settings?saved=password")
    assert not set(before.values()) & set(dict(browser.cookies).values()), "this browser has new tokens"
    assert await is_signed_in(browser)
    assert not await is_signed_in(other)
    assert "password was changed" in (await sent_mails(stoa))[-1].subject
    assert (await sign_in(await keeping_browser(stoa), "amara@example.org", FRESH)).status_code == 303


async def test_a_new_address_from_the_form_to_the_notice(stoa: Stoa) -> None:
    browser = await _amara(stoa)
    assert (await browser.post("/settings/email", data={"email": "not one"})).status_code == 422
    assert (await browser.post("/settings/email", data={"email": "amara@new.example"})).status_code == 303
    path = await link_of_last_mail(stoa)
    assert (await sent_mails(stoa))[-1].recipient == "amara@new.example"
    nobody = await keeping_browser(stoa)
    answer = await nobody.post(path)
    assert answer.headers["location"] == f"/sign-in?next={path}", "whoever answers must be signed in"
    joost = await stoa.browser("joost")
    assert (await joost.get(path)).status_code == 410
    assert "amara@example.org" in (await browser.get("/settings")).text
    assert (await browser.get(path)).status_code == 200
    assert (await browser.post(path)).headers["location"] == "/settings?saved=email"
    assert "amara@new.example" in (await browser.get("/settings")).text
    notice = (await sent_mails(stoa))[-1]
    assert (notice.recipient, "amara@new.example" in notice.text) == ("amara@example.org", False)


async def test_sessions_are_listed_and_ended(stoa: Stoa) -> None:
    other, browser = await _amara(stoa, remember="yes"), await _amara(stoa)
    page = (await browser.get("/settings/sessions")).text
    references = [
        part.split('"')[0].split("/")[3]
        for part in page.split('action="')[1:]
        if part.startswith("/settings/sessions/")
    ]
    assert "end-others" in references
    line = next(each for each in references if each != "end-others")
    joost = await stoa.browser("joost")
    assert (await joost.post(f"/settings/sessions/{line}/end")).status_code == 404
    assert await is_signed_in(other)
    ended = await browser.post(f"/settings/sessions/{line}/end")
    assert (ended.status_code, ended.headers["location"]) == (303, "/settings/sessions?ended=1")
    assert not await is_signed_in(other)
    assert (await browser.post(f"/settings/sessions/{line}/end")).status_code == 404


async def test_all_others_are_ended_at_once(stoa: Stoa) -> None:
    others = [await _amara(stoa, remember="yes"), await _amara(stoa)]
    browser = await _amara(stoa)
    assert (await browser.post("/settings/sessions/end-others")).headers["location"] == "/settings/sessions?ended=2"
    assert [await is_signed_in(each) for each in (*others, browser)] == [False, False, True]


async def test_odd_queries_do_no_harm(stoa: Stoa) -> None:
    browser = await _amara(stoa)
    for path in ("?saved=x", "?saved[]=x", "/sessions?ended=-1", "/sessions?ended=9e9", "/sessions?ended=" + "9" * 30):
        answer = await browser.get(f"/settings{path}")
        assert answer.status_code in {200, 400}, path


async def test_visitors_are_led_to_sign_in_and_back(stoa: Stoa) -> None:
    browser = await keeping_browser(stoa)
    for path in ("/settings", "/settings/email", "/settings/password", "/settings/sessions"):
        assert (await browser.get(path)).headers["location"] == f"/sign-in?next={path}"
        assert (await browser.post(path)).status_code in {401, 405}
