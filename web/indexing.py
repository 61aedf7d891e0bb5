"""What search knows, kept in step with what happens: each event brings the documents of its things into step."""

from collections.abc import Mapping
from typing import Final

from storage.events import Happened
from storage.search.index import index_member, index_post, index_sig, index_slice, index_thread
from web.house import Consumer, House


async def index_written(house: House, event: Happened) -> None:
    """One post was written or edited."""
    await index_post(house.database, event.ids["post_id"])


async def index_changed(house: House, event: Happened) -> None:
    """What happened to a post may have changed who sees its whole thread."""
    await index_thread(house.database, event.ids["thread_id"])


async def index_moved(house: House, event: Happened) -> None:
    """A thread stands in another SIG now, be it with the same readers."""
    await index_thread(house.database, event.ids["thread_id"], anew=True)


async def index_person(house: House, event: Happened) -> None:
    """Somebody's entries changed."""
    await index_member(house.database, event.ids["member_id"])


async def index_group(house: House, event: Happened) -> None:
    """A SIG changed, or was brought in: its talk follows in slices, so that nothing else waits for it."""
    await index_sig(house.database, event.ids["sig_id"], house.clock())


async def index_asked(house: House, event: Happened) -> None:
    """Some part of the index was asked for."""
    asked = {name: event.ids.get(name, 0) for name in ("sig_id", "stage", "after")}
    await index_slice(house.database, house.clock(), **asked)


CONSUMERS: Final[Mapping[str, tuple[Consumer, ...]]] = {
    "thread.started": (index_written,),
    "post.written": (index_written,),
    "post.edited": (index_written,),
    "post.deleted": (index_changed,),
    "post.restored": (index_changed,),
    "post.hidden": (index_changed,),
    "post.unhidden": (index_changed,),
    "thread.moved": (index_moved,),
    "member.changed": (index_person,),
    "sig.changed": (index_group,),
    "sig.imported": (index_group,),
    "index.asked": (index_asked,),
}
