"""The names of stored files, and the one way from a name to the place where its bytes lie."""

import re
import string
from typing import Final

FIRST_LETTERS: Final = string.ascii_letters + string.digits + "-_"
"""Every letter that a name can begin with; a store can be walked one of them at a time."""

_NAME = re.compile(r"[A-Za-z0-9_-]{2,80}\.[a-z0-9]{1,8}")


class StrangeName(ValueError):
    """A name that no file of ours has. It is not repeated here, because it may have been sent by anybody."""


def path_of(name: str) -> str:
    """Where a file lies within its store, by its first two letters, so that no folder grows too long.

    Raises StrangeName for whatever is no plain name: there is no way out of the store.
    """
    if not _NAME.fullmatch(name):
        raise StrangeName("not the name of a stored file")
    return f"{name[0]}/{name[1]}/{name}"
