"""One's own lists over HTTP: made, filled from people's pages, deleted, and told to nobody."""

import re

import pytest

from domain.lists import LONGEST_NAME
from tests.agreeing import post_agreed
from tests.conftest import Stoa


async def _make(stoa: Stoa, name: str = "Old colleagues", part: str = "amara") -> str:
    made = await (await stoa.browser(part)).post("/lists", data={"name": name})
    assert made.status_code == 303
    location: str = made.headers["location"]
    assert re.fullmatch(r"/lists/\d+", location)
    return location


def _box(path: str) -> str:
    return f"list-{path.rpartition('/')[2]}"


async def test_a_list_is_made_filled_and_opens_what_is_for_it(stoa: Stoa) -> None:
    browser, tariq = await stoa.browser("amara"), await stoa.browser("tariq")
    path = await _make(stoa)
    assert "Old colleagues" in (await browser.get("/lists")).text
    audience = f"list:{path.rpartition('/')[2]}"
    done = await post_agreed(browser, "/profile/edit", {"about": "For a few", "about.audience": audience})
    assert done.status_code == 303
    assert "For a few" not in (await tariq.get("/people/amara-page")).text
    assert 'href="/people/tariq-page/lists"' in (await browser.get("/people/tariq-page")).text
    assert f'name="{_box(path)}"' in (await browser.get("/people/tariq-page/lists")).text
    placed = await browser.post("/people/tariq-page/lists", data={_box(path): "yes"})
    assert (placed.status_code, placed.headers["location"]) == (303, "/people/tariq-page")
    seen = (await tariq.get("/people/amara-page")).text
    assert "For a few" in seen
    assert "Old colleagues" not in seen, "who is on a list never learns its name"
    assert "Tariq Haddad" in (await browser.get(path)).text
    await browser.post("/people/tariq-page/lists", data={})
    assert "For a few" not in (await tariq.get("/people/amara-page")).text


async def test_deleting_a_list_closes_at_once(stoa: Stoa) -> None:
    browser, tariq = await stoa.browser("amara"), await stoa.browser("tariq")
    path = await _make(stoa)
    audience = f"list:{path.rpartition('/')[2]}"
    await post_agreed(browser, "/profile/edit", {"about": "For a few", "about.audience": audience})
    await browser.post("/people/tariq-page/lists", data={_box(path): "yes"})
    assert "For a few" in (await tariq.get("/people/amara-page")).text
    assert (await browser.post(f"{path}/delete")).headers["location"] == "/lists"
    assert "For a few" not in (await tariq.get("/people/amara-page")).text
    assert (await browser.get(path)).status_code == 404
    assert (await browser.post(f"{path}/delete")).status_code == 404
    own = (await browser.get("/people/amara-page")).text
    assert "For a few" in own


async def test_lists_of_others_look_like_none(stoa: Stoa) -> None:
    path = await _make(stoa)
    await (await stoa.browser("amara")).post("/people/tariq-page/lists", data={_box(path): "yes"})
    browser = await stoa.browser("joost")
    theirs, unknown = await browser.get(path), await browser.get("/lists/987654321")
    assert theirs.status_code == 404
    assert theirs.text == unknown.text
    for act in ("delete", "forget-unseen"):
        assert (await browser.post(f"{path}/{act}")).status_code == 404
    assert (await browser.post("/people/tariq-page/lists", data={_box(path): "yes"})).status_code == 404
    assert "Tariq Haddad" in (await (await stoa.browser("amara")).get(path)).text


async def test_who_may_not_be_known_cannot_be_put_on_a_list(stoa: Stoa) -> None:
    path = await _make(stoa)
    lin = await stoa.browser("lin")
    await lin.post("/profile/edit", data={"name": "Lin Meiling", "name.audience": "only-me"})
    browser = await stoa.browser("amara")
    answers = {address: await browser.get(f"/people/{address}/lists") for address in ("lin-page", "no-such-page")}
    bodies = {answer.text.replace(address, "x") for address, answer in answers.items()}
    assert {answer.status_code for answer in answers.values()} == {404}
    assert len(bodies) == 1
    for address in (*answers, "amara-page", "sven-page"):
        done = await browser.post(f"/people/{address}/lists", data={_box(path): "yes"})
        assert done.status_code == 404, address


async def test_whom_one_knows_no_more_is_counted_and_can_be_taken_off(stoa: Stoa) -> None:
    browser, path = await stoa.browser("amara"), await _make(stoa)
    for part in ("lin", "joost"):
        await browser.post(f"/people/{part}-page/lists", data={_box(path): "yes"})
    lin = await stoa.browser("lin")
    await lin.post("/profile/edit", data={"name": "Lin Meiling", "name.audience": "only-me"})
    text = (await browser.get(path)).text
    assert "Lin Meiling" not in text
    assert "lin-page" not in text
    assert f'action="{path}/forget-unseen"' in text
    assert (await browser.post(f"{path}/forget-unseen")).headers["location"] == path
    text = (await browser.get(path)).text
    assert "forget-unseen" not in text
    assert "Joost van Dijk" in text


@pytest.mark.parametrize("name", ["", "   ", "x" * (LONGEST_NAME + 1), "OLD  colleagues"])
async def test_a_name_that_will_not_do_is_given_back(stoa: Stoa, name: str) -> None:
    await _make(stoa)
    refused = await (await stoa.browser("amara")).post("/lists", data={"name": name})
    assert refused.status_code == 422
    assert 'id="name-problem"' in refused.text
    assert f'value="{" ".join(name.split())}"' in refused.text


@pytest.mark.parametrize("box", ["list-", "list-x", "list-99999999999999999999", "list--1", "list-١", "list-987654321"])
async def test_odd_boxes_open_nothing(stoa: Stoa, box: str) -> None:
    path = await _make(stoa)
    browser = await stoa.browser("amara")
    done = await browser.post("/people/tariq-page/lists", data={box: "yes"})
    assert done.status_code in {303, 404}
    assert "Tariq Haddad" not in (await browser.get(path)).text


async def test_names_of_lists_are_shown_as_text(stoa: Stoa) -> None:
    path = await _make(stoa, "<script>alert(1)</script>")
    browser = await stoa.browser("amara")
    for place in ("/lists", path, "/people/tariq-page/lists", "/profile/edit", "/profile/view-as"):
        assert "<script>alert" not in (await browser.get(place)).text


@pytest.mark.parametrize(("part", "status"), [("visitor", 401), ("nina", 403), ("sven", 403)])
async def test_only_members_keep_lists(stoa: Stoa, part: str, status: int) -> None:
    browser = await stoa.browser(part)
    assert (await browser.post("/lists", data={"name": "Mine"})).status_code == status
    assert (await browser.post("/people/tariq-page/lists", data={})).status_code == status
