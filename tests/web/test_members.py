"""Personal pages over HTTP: the form, the question before widening, and the same answer for hidden and unknown."""

import re
from datetime import timedelta

import pytest

from domain.members import ENTRY_RULES, EntryKind, Gender, Slot, write_record
from storage.members.editing import save_entries
from tests.agreeing import asked_in, post_agreed
from tests.cast import NOON
from tests.conftest import Stoa

PLAIN = {"accept-encoding": "identity"}


async def test_a_page_that_nothing_opens_answers_as_one_that_never_was(stoa: Stoa) -> None:
    browser = await stoa.browser()
    hidden, unknown = [await browser.get(f"/people/{page}", headers=PLAIN) for page in ("lin-page", "xyz-page")]
    assert (hidden.status_code, unknown.status_code) == (404, 404)
    assert hidden.text.replace("lin-page", "xyz-page") == unknown.text
    assert dict(hidden.headers) == dict(unknown.headers)


async def test_what_a_form_leaves_out_stays_as_it_is(stoa: Stoa) -> None:
    browser = await stoa.browser("amara")
    data = {"about": "About me", "about.audience": "members"}
    assert (await browser.post("/profile/edit", data=data)).status_code == 303
    part = {"location": "Rotterdam", "location.audience": "members"}
    assert (await browser.post("/profile/edit", data=part)).status_code == 303
    text = (await (await stoa.browser("tariq")).get("/people/amara-page")).text
    assert "Amara Okafor" in text
    assert "About me" in text
    assert "Rotterdam" in text


async def test_widening_is_asked_and_what_was_typed_is_kept(stoa: Stoa) -> None:
    browser = await stoa.browser("amara")
    narrow = {"about": "About me", "about.audience": "only-me"}
    await browser.post("/profile/edit", data=narrow)
    wide = {"about": "About me, longer", "about.audience": "members"}
    asked = await browser.post("/profile/edit", data=wide)
    assert asked_in(asked) == {"confirm.about": "members", "confirm_widening": "yes"}
    assert "About me, longer" in asked.text
    assert 'href="#about"' in asked.text, "the question leads to what it is about"
    stranger = await stoa.browser("tariq")
    assert "About me" not in (await stranger.get("/people/amara-page")).text
    for half in (
        {"confirm_widening": "yes"},
        {"confirm.about": "members"},
        {**asked_in(asked), "confirm.about": "sig:1"},
    ):
        assert (await browser.post("/profile/edit", data={**wide, **half})).status_code == 422
    assert "About me" not in (await stranger.get("/people/amara-page")).text
    assert (await browser.post("/profile/edit", data={**wide, **asked_in(asked)})).status_code == 303
    assert "About me, longer" in (await stranger.get("/people/amara-page")).text


async def test_opening_what_tells_much_is_asked_with_a_warning(stoa: Stoa) -> None:
    browser = await stoa.browser("amara")
    await browser.post("/profile/edit", data={"gender": "woman", "about": "x", "about.audience": "only-me"})
    warning = "this can tell of origin"
    plain = await browser.post("/profile/edit", data={"about.audience": "members"})
    sensitive = await browser.post("/profile/edit", data={"gender.audience": "members"})
    assert (plain.status_code, warning in plain.text) == (422, False)
    assert (sensitive.status_code, warning in sensitive.text) == (422, True)


async def test_a_hidden_name_is_a_number_in_the_thread_and_nothing_more(stoa: Stoa) -> None:
    text = (await (await stoa.browser()).get(f"/threads/{stoa.world.public_thread.thread_id}")).text
    assert "Lin Meiling" not in text
    assert "lin-page" not in text
    assert re.search(r"Member\s+3", text)
    assert (
        "Lin Meiling"
        in (await (await stoa.browser("tariq")).get(f"/threads/{stoa.world.public_thread.thread_id}")).text
    )


HOSTILE = {
    "no record": {"experience-1": "nonsense", "experience-1.audience": "everyone"},
    "not an object": {"experience": "[1, 2]"},
    "numbers": {"experience": '{"role": 5}'},
    "a record past its form": {"link": '{"address": "javascript:alert(1)"}', "link.audience": "everyone"},
    "a bare audience": {"link.audience": "everyone", "experience.audience": "everyone"},
    "a photo by name": {"photo": "somebody-elses-photo", "photo.audience": "members"},
    "a membership": {"membership-2": "2"},
    "the address": {"email": "mallory@example.org"},
    "what is worked out": {"last-seen": "1999-01-01", "contributions": "[]"},
    "no slot at all": {"unicorn": "x", "name-0": "x", ".audience": "members", "name.audience.audience": "members"},
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_the_form_takes_no_value_that_it_does_not_ask_for(stoa: Stoa, name: str) -> None:
    browser = await stoa.browser("joost")
    before = [(await browser.get(path)).text for path in ("/people/joost-page", "/profile/edit")]
    done = await browser.post("/profile/edit", data=HOSTILE[name])
    assert done.status_code in {303, 422}
    assert [(await browser.get(path)).text for path in ("/people/joost-page", "/profile/edit")] == before


@pytest.mark.parametrize("value", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}"])
async def test_whatever_is_typed_is_shown_as_text(stoa: Stoa, value: str) -> None:
    browser = await stoa.browser("amara")
    data = {"headline": value, "headline.audience": "everyone", "about": value, "about.audience": "everyone"}
    assert (await post_agreed(browser, "/profile/edit", data)).status_code == 303
    for path in ("/people/amara-page", "/profile/edit", "/profile/view-as", "/profile/public"):
        text = (await browser.get(path)).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
    shown = (await (await stoa.browser()).get("/people/amara-page")).text
    assert "alert(1)" in shown or "{{ 7*7 }}" in shown


@pytest.mark.parametrize("value", ["\u202ereversed", "\u200b\u200b", "bell\a", "\u2066\u00a0"])
async def test_what_nobody_could_read_is_refused(stoa: Stoa, value: str) -> None:
    browser = await stoa.browser("amara")
    for field in ("headline", "about", "name"):
        refused = await browser.post("/profile/edit", data={field: value})
        assert refused.status_code == 422
        assert f'id="{field}-problem"' in refused.text
    assert (await browser.post("/profile/experience/new", data={"role": value})).status_code == 422


async def test_a_new_page_shows_visitors_three_lines_at_most(stoa: Stoa) -> None:
    """Everything filled in, and every audience left as it is at first: nothing that tells much is public."""
    house, lin = stoa.app.state.house, stoa.world["joost"]
    written = {
        kind: f"Written {kind}" for kind, rule in ENTRY_RULES.items() if rule.shape in {"line", "text", "list"}
    } | {EntryKind.PHONE: "+31 10 123 45", EntryKind.GENDER: Gender.OTHER}
    records = {
        EntryKind.EXPERIENCE: write_record(EntryKind.EXPERIENCE, {"role": "Written experience"}),
        EntryKind.EDUCATION: write_record(EntryKind.EDUCATION, {"school": "Written education"}),
        EntryKind.LINK: write_record(EntryKind.LINK, {"address": "example.org", "label": "Written link"}),
    }
    form: dict[Slot, tuple[str | None, str | None]] = {
        Slot(kind): (value, None) for kind, value in {**written, **records}.items()
    }
    assert await save_entries(house.database, house.seal, lin.member_id, form, NOON + timedelta(hours=1)) is None
    page = (await (await stoa.browser()).get("/people/joost-page")).text
    assert set(re.findall(r"Written ([a-z-]+)", page)) == {"name", "profession", "headline"}
    inside = (await (await stoa.browser("tariq")).get("/people/joost-page")).text
    assert set(re.findall(r"Written ([a-z-]+)", inside)) == {str(kind) for kind in {**written, **records}} - {
        "phone",
        "gender",
    }
    for text in (page, inside):
        assert "+31 10" not in text
        assert "joost@example.org" not in text


async def test_the_owner_finds_the_way_to_each_entry(stoa: Stoa) -> None:
    browser = await stoa.browser("amara")
    page = (await browser.get("/people/amara-page")).text
    edit = (await browser.get("/profile/edit")).text
    targets = re.findall(r'href="/profile/edit#([a-z0-9-]+)"', page)
    assert {"name", "profession", "email", "contributions"} <= set(targets)
    assert all(f'id="{target}"' in edit for target in targets), "each chip leads to its line"
