"""The forum over HTTP: reading, writing, refusing."""

from tests.conftest import Stoa


async def test_a_visitor_reads_a_public_thread_without_a_cookie(stoa: Stoa) -> None:
    browser = await stoa.browser()
    answer = await browser.get(f"/threads/{stoa.world.public_thread.thread_id}")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert "Said by joost in turnaround." in answer.text


async def test_a_closed_thread_is_missing_for_those_outside(stoa: Stoa) -> None:
    path = f"/threads/{stoa.world.closed_thread.thread_id}"
    statuses = {
        part: (await (await stoa.browser(part)).get(path)).status_code for part in ("visitor", *stoa.world.people)
    }
    assert statuses == {"visitor": 404, "amara": 200, "joost": 404, "lin": 200, "tariq": 404, "nina": 404, "sven": 404}
