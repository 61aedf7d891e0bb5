"""The profile: each entry with its audience, chosen on the page, kept on every page for everyone who looks."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.acts import is_marked, mark, press, see_title
from tests.browser.conftest import Browsers
from tests.browser.site import Site, mode_of

pytestmark = pytest.mark.browser


async def choose(page: Page, entry: str, audience: str) -> None:
    """Open the key of an entry and choose who sees it; the chip then says so."""
    key = page.locator("details.key_choice", has=page.locator(f'[name="{entry}.audience"]'))
    await key.locator("summary").click()
    await key.locator("label", has=page.get_by_text(audience, exact=True)).click()
    await key.locator("summary").click()


async def test_a_decision_about_an_entry_holds_on_every_page(browsers: Browsers, site: Site, script: bool) -> None:
    owner = f"paula-{mode_of(script)}"
    name = f"Paula Lima {mode_of(script)}"
    thread = await site.start_thread(owner, f"Bells of {mode_of(script)}")
    page = await browsers.member(owner, script=script)
    await page.goto("/profile/edit")
    if script:
        await mark(page)
    await page.get_by_label("Headline").fill("Casts bells")
    await page.get_by_label("Location").fill("Delft")
    for entry, audience in (("name", "Members"), ("headline", "Turnaround"), ("location", "Only me")):
        await choose(page, entry, audience)
    await press(page, "Save")
    await see_title(page, name)
    if script:
        assert await is_marked(page)
    await expect(page.locator(".entry", has_text="Headline").locator(".entry-key")).to_contain_text("Turnaround")
    seen = {
        "visitor": {"profession"},
        "tariq": {"profession", "name"},
        "joost": {"profession", "name", "headline"},
        owner: {"profession", "name", "headline", "location"},
    }
    words = {"profession": f"Welder {mode_of(script)}", "name": name, "headline": "Casts bells", "location": "Delft"}
    for viewer, expected in seen.items():
        looking = await browsers.viewer(viewer, script=script)
        await looking.goto(f"/people/{site.person(owner).public_id}")
        main = await looking.get_by_role("main").inner_text()
        assert {entry for entry, word in words.items() if word in main} == expected, viewer
        for path in (f"/threads/{thread.thread_id}", "/sigs/turnaround", "/"):
            await looking.goto(path)
            assert (name in await looking.content()) == ("name" in expected), (viewer, path)
        if "name" not in expected:
            await looking.goto(f"/threads/{thread.thread_id}")
            await expect(looking.locator("article.post .byline-name").first).to_have_text(
                re.compile("A member|Member 1")
            )


async def test_the_chip_of_ones_own_line_is_the_control_that_changes_it(
    browsers: Browsers, site: Site, script: bool
) -> None:
    owner = f"rasmus-{mode_of(script)}"
    address = f"/people/{site.person(owner).public_id}"
    page, tariq = await browsers.member(owner, script=script), await browsers.viewer("tariq", script=script)
    await page.goto(address)
    line = page.locator(".entry", has_text="Profession")
    await line.locator("summary").click()
    await line.get_by_role("link", name="Change who sees it").click()
    form = line if script else page.get_by_role("main")
    await form.get_by_label("Only me").check()
    await press(form, "Save")
    await expect(line.locator("summary")).to_contain_text("Only me")
    await expect(page).to_have_url(re.compile(address))
    await tariq.goto(address)
    await expect(tariq.locator(".entry", has_text="Profession")).to_have_count(0)


async def test_opening_an_entry_further_is_asked_first(browsers: Browsers, site: Site, script: bool) -> None:
    owner = f"pia-{mode_of(script)}"
    address = f"/people/{site.person(owner).public_id}"
    page, visitor = await browsers.member(owner, script=script), await browsers.visitor(script=script)
    await page.goto("/profile/edit")
    await page.get_by_label("Location").fill("Uppsala")
    await choose(page, "location", "Only me")
    await press(page, "Save")
    await see_title(page, f"Pia Ek {mode_of(script)}")
    await page.goto("/profile/edit")
    await choose(page, "location", "Everyone")
    await page.get_by_label("Headline").fill("Turns clay")
    await press(page, "Save")
    asked = page.locator(".notice", has_text="More people will see this than before:")
    await expect(asked.get_by_role("link")).to_have_text(["Location"])
    await expect(page.get_by_label("Headline")).to_have_value("Turns clay")
    await visitor.goto(address)
    await expect(visitor.get_by_text("Uppsala")).to_have_count(0)
    await page.get_by_label("Yes, let them see it").check()
    await press(page, "Save")
    await see_title(page, f"Pia Ek {mode_of(script)}")
    await visitor.goto(address)
    await expect(visitor.get_by_text("Uppsala")).to_have_count(1)


async def test_opting_out_holds_at_once_and_leaves_a_receipt(browsers: Browsers, site: Site, script: bool) -> None:
    owner = f"pia-{mode_of(script)}"
    address = f"/people/{site.person(owner).public_id}"
    page, visitor = await browsers.member(owner, script=script), await browsers.visitor(script=script)
    await visitor.goto(address)
    await see_title(visitor, f"Pia Ek {mode_of(script)}")
    await page.goto("/profile/public")
    await expect(page.get_by_role("main")).to_contain_text("It is on.")
    await press(page, "Switch it off")
    await see_title(page, "Receipt")
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=f"{site.origin}{address}", exact=True))
    await expect(row).to_contain_text("410")
    answer = await visitor.goto(address)
    assert answer is not None
    assert answer.status == 410
    await see_title(visitor, "This is gone")
    await page.goto("/profile/public")
    await press(page, "Switch it on")
    await expect(page.locator(".notice", has_text="More people will see this than before:")).to_be_visible()
    await page.get_by_label("Yes, let them see it").check()
    await press(page, "Switch it on")
    await expect(page.get_by_role("main")).to_contain_text("It is on.")
    await visitor.goto(address)
    await see_title(visitor, f"Pia Ek {mode_of(script)}")


async def test_a_job_has_its_own_audience_and_can_be_looked_at_through_other_eyes(
    browsers: Browsers, site: Site, script: bool
) -> None:
    owner = f"paula-{mode_of(script)}"
    page = await browsers.member(owner, script=script)
    await page.goto("/profile/edit")
    await page.get_by_role("link", name="Add a job").click()
    await page.get_by_label("Role").fill("Bell founder")
    await page.get_by_label("From").fill("next year")
    await press(page, "Save")
    await expect(page.get_by_role("alert")).to_contain_text("A date looks like 2019, or 2019-04.")
    await expect(page.get_by_label("Role")).to_have_value("Bell founder")
    await page.get_by_label("From").fill("2019-04")
    await choose(page, "experience", "Turnaround")
    await press(page, "Save")
    await expect(page.get_by_role("region", name="Experience")).to_contain_text("Bell founder")
    for looker, sees in (("A member", False), ("A member of Turnaround", True)):
        await page.goto("/profile/view-as")
        await page.get_by_label("As seen by").select_option(looker)
        await press(page, "Look")
        await expect(page.locator("option[selected]")).to_have_text(looker)
        assert ("Bell founder" in await page.get_by_role("main").inner_text()) is sees
    mate = await browsers.viewer("joost", script=script)
    await mate.goto(f"/people/{site.person(owner).public_id}")
    job = mate.locator(".entry", has_text="Bell founder")
    await job.locator("summary").click()
    await expect(job).to_contain_text("You see it because you are in Turnaround too.")


async def test_a_list_of_ones_own_is_an_audience(browsers: Browsers, site: Site, script: bool) -> None:
    owner = f"pia-{mode_of(script)}"
    page, tariq = await browsers.member(owner, script=script), await browsers.viewer("tariq", script=script)
    await page.goto("/lists")
    await page.get_by_label("A new list").fill("Old friends")
    await press(page, "Make it")
    await see_title(page, "Old friends")
    await page.goto("/profile/edit")
    await page.get_by_label("Objectives").fill("To fire a kiln with you")
    await choose(page, "objectives", "Old friends")
    await press(page, "Save")
    await see_title(page, f"Pia Ek {mode_of(script)}")
    address = f"/people/{site.person(owner).public_id}"
    await tariq.goto(address)
    await expect(tariq.get_by_text("To fire a kiln with you")).to_have_count(0)
    await page.goto(f"/people/{site.person('tariq').public_id}")
    await page.get_by_role("link", name="Put on one of my lists").click()
    await page.get_by_label("Old friends").check()
    await press(page, "Save")
    await see_title(page, "Tariq Haddad")
    await tariq.goto(address)
    entry = tariq.locator(".entry", has_text="To fire a kiln with you")
    await entry.locator("summary").click()
    await expect(entry).to_contain_text("You see it because its owner has put you on a list of theirs.")
    assert "Old friends" not in await tariq.content()


async def test_the_check_up_is_four_steps(browsers: Browsers, script: bool) -> None:
    owner = f"paula-{mode_of(script)}"
    page = await browsers.member(owner, script=script)
    await page.goto("/")
    await page.get_by_role("main").get_by_role("link", name="Privacy check-up").click()
    for step in (1, 2, 3):
        await expect(page.get_by_text(f"Step {step} of 4")).to_be_visible()
        await press(page, "Save and go on")
    await press(page, "Save and finish")
    await see_title(page, f"Paula Lima {mode_of(script)}")
    await page.goto("/")
    await expect(page.get_by_role("main").get_by_role("link", name="Privacy check-up")).to_have_count(0)


async def test_the_day_of_the_last_visit_is_a_day_wherever_one_reads(browsers: Browsers, site: Site) -> None:
    """Nobody keeps the hour, so there is none to put into a reader's time zone."""
    told = []
    for script, zone in ((False, "UTC"), (True, "Pacific/Honolulu"), (True, "Pacific/Kiritimati")):
        page = await browsers.member("amara", script=script, timezone_id=zone)
        await page.goto(f"/people/{site.person('amara').public_id}")
        told.append(await page.locator(".entry", has_text="Last seen").locator("time").inner_text())
    assert re.fullmatch(r"\d{1,2} [A-Z][a-z]{2} \d{4}", told[0])
    assert told == [told[0]] * 3
