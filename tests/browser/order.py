"""What order leaves behind on the site that the browser looks at: a case that Amara has opened, a warning to Walter and
his appeal, and a thread that is pinned."""

from datetime import UTC, datetime

from domain.moderation import ActKind, Order, Subject
from storage.database import Database
from storage.forum.commands import Written
from storage.moderation.acts import act_on_case, act_on_post
from storage.moderation.appeals import appeal
from storage.moderation.cases import note_case, open_case
from storage.moderation.reports import Reported, report
from storage.rings import find_viewer
from storage.secrets import Seal
from storage.sessions import Browser
from tests.cast import World

RULE = "house:respect"


async def keep_order(database: Database, seal: Seal, world: World, extreme: Written, word: str) -> dict[str, int]:
    """By the product's own commands; returns the ids of the case and of the act. Walter's words are long."""
    now = datetime.now(UTC)
    async with database.reading() as connection:
        people = {part: await find_viewer(connection, world[part].member_id) for part in ("amara", "joost", "walter")}
    amara, joost, walter = people["amara"], people["joost"], people["walter"]
    assert amara is not None
    assert joost is not None
    assert walter is not None
    asking = Browser("192.0.2.7", "Firefox, Linux", None)
    reported = Reported(Subject.POST, extreme.post_id)
    assert await report(database, seal, joost, reported, ("offensive", f"Look: {word}"), asking, now) is None
    assert await open_case(database, amara, 1, now) is None
    assert await note_case(database, amara, 1, word, now) is None
    act_id = await act_on_case(database, amara, 1, Order(ActKind.WARN, RULE, f"Because {word}."), now)
    assert isinstance(act_id, int), act_id
    assert await appeal(database, walter, act_id, f"But {word}.", now) is None
    pinned = await act_on_post(database, amara, extreme.post_id, Order(ActKind.PIN, RULE, "Worth reading."), now)
    assert isinstance(pinned, int), pinned
    return {"case": 1, "act": act_id}
