"""Personal pages over HTTP: the form, the question before widening, and the same answer for hidden and unknown."""

import re

from tests.conftest import Stoa


async def test_a_page_that_nothing_opens_answers_as_one_that_never_was(stoa: Stoa) -> None:
    browser = await stoa.browser()
    plain = {"accept-encoding": "identity"}
    hidden, unknown = [await browser.get(f"/people/{page}", headers=plain) for page in ("lin-page", "xyz-page")]
    assert (hidden.status_code, unknown.status_code) == (404, 404)
    assert hidden.text.replace("lin-page", "xyz-page") == unknown.text
    assert dict(hidden.headers) == dict(unknown.headers)


async def test_what_a_form_leaves_out_stays_as_it_is(stoa: Stoa) -> None:
    browser = await stoa.browser("amara")
    data = {"about": "About me", "about.audience": "members", "public_page": "yes"}
    assert (await browser.post("/profile/edit", data=data)).status_code == 303
    part = {"location": "Rotterdam", "location.audience": "members", "public_page": "yes"}
    assert (await browser.post("/profile/edit", data=part)).status_code == 303
    text = (await (await stoa.browser("tariq")).get("/people/amara-page")).text
    assert "Amara Okafor" in text
    assert "About me" in text
    assert "Rotterdam" in text


async def test_widening_is_asked_and_what_was_typed_is_kept(stoa: Stoa) -> None:
    browser = await stoa.browser("amara")
    narrow = {"about": "About me", "about.audience": "only-me", "public_page": "yes"}
    await browser.post("/profile/edit", data=narrow)
    wide = {"about": "About me, longer", "about.audience": "members", "public_page": "yes"}
    asked = await browser.post("/profile/edit", data=wide)
    assert asked.status_code == 422
    assert "confirm_widening" in asked.text
    assert "About me, longer" in asked.text
    stranger = await stoa.browser("tariq")
    assert "About me" not in (await stranger.get("/people/amara-page")).text
    assert (await browser.post("/profile/edit", data={**wide, "confirm_widening": "yes"})).status_code == 303
    assert "About me, longer" in (await stranger.get("/people/amara-page")).text


async def test_a_hidden_name_is_a_number_in_the_thread_and_nothing_more(stoa: Stoa) -> None:
    text = (await (await stoa.browser()).get(f"/threads/{stoa.world.public_thread.thread_id}")).text
    assert "Lin Meiling" not in text
    assert "lin-page" not in text
    assert re.search(r"Member\s+3", text)
    assert (
        "Lin Meiling"
        in (await (await stoa.browser("tariq")).get(f"/threads/{stoa.world.public_thread.thread_id}")).text
    )
