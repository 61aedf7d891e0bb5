"""Servers that are broken on purpose, each in one of the ways in which what is kept reaches the wrong people."""

import os
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from web import serving

CHOSEN = "CROWD_BREACH"
"""The variable of the environment that names the breach."""


async def _same_version(_self: object) -> object:
    from storage.versions import Version  # noqa: PLC0415 -- the app's modules are imported as its own factory does

    return Version(1, 1)


async def _recall_for_anybody(visit: Any, key: object, read: Any) -> object:
    return await visit.house.database.pages.recall(key, visit.version, read)


BREACHES: Mapping[str, Mapping[str, object]] = {
    "a visitor's page for whoever asks": {
        "web.visitor_pages:_CREDENTIALS": frozenset[bytes](),
        "web.visitor_pages:_PERSONAL": frozenset[bytes](),
    },
    "one memory for every session": {"storage.recognition:_key": lambda _token: "recognised"},
    "one page for every member": {"web.visits:Visit.recall": _recall_for_anybody},
    "nothing ever changes": {"storage.versions:SqliteVersions.read": _same_version},
}


def build_app() -> object:
    """The product, with the breach that was chosen."""
    for place, broken in BREACHES[os.environ[CHOSEN]].items():
        module, _, name = place.partition(":")
        *holders, last = name.split(".")
        holder: object = import_module(module)
        for part in holders:
            holder = getattr(holder, part)
        getattr(holder, last)  # what is not there any more breaks nothing
        setattr(holder, last, broken)
    return serving.build_app()
