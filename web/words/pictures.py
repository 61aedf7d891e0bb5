"""Words for time, and the numbers behind a generated picture."""

from datetime import datetime
from hashlib import blake2s

from web.words.language import _


def moment(when: datetime) -> str:
    """A date and time, in UTC, for readers without JavaScript and until it runs."""
    return _("%(day)s, %(time)s UTC", day=day(when), time=f"{when:%H:%M}")


def day(when: datetime) -> str:
    """A date."""
    return _("%(day)d %(month)s %(year)d", day=when.day, month=_MONTHS[when.month - 1](), year=when.year)


def month(text: str) -> str:
    """A year, or a year and a month, as they are written in a record: `2019-04`."""
    year, _dash, number = text.partition("-")
    return f"{_MONTHS[int(number) - 1]()} {year}" if number else year


_MONTHS = (
    lambda: _("Jan"), lambda: _("Feb"), lambda: _("Mar"), lambda: _("Apr"), lambda: _("May"), lambda: _("Jun"),
    lambda: _("Jul"), lambda: _("Aug"), lambda: _("Sep"), lambda: _("Oct"), lambda: _("Nov"), lambda: _("Dec"),
)  # fmt: skip

_PALETTES = (
    ("#d9c3a0", "#b08768", "#8a5a40"),
    ("#b5c7c3", "#6f9296", "#365f70"),
    ("#cdd3ad", "#98a56a", "#5d6e36"),
    ("#ecc9b4", "#d18e6c", "#a84a2b"),
    ("#c4c8de", "#8d94bd", "#4e5790"),
    ("#dfc4cb", "#b78797", "#7d4a62"),
    ("#ecd9a6", "#cda65a", "#8f6a1e"),
    ("#bdd3dd", "#79a5bd", "#2f6a8c"),
)
_STONE = ("#d6d0c3", "#b0a899", "#857d6f")


def tile(seed: str) -> tuple[str, str, str, int, int, int, int, int, int]:
    """A calm picture from a seed: three colours, then the disc's centre and radius and three heights of the hill.

    Someone whose name is hidden, and someone who has left, is a picture in stone: its shape still helps to follow the
    talk in one thread, and the seed says nothing outside of it.
    """
    lot = blake2s(seed.encode(), digest_size=8).digest()
    sky, hill, disc = _STONE if seed.startswith(("hidden", "former")) else _PALETTES[lot[0] % len(_PALETTES)]
    across, up, radius = 11 + lot[1] % 19, 11 + lot[2] % 13, 7 + lot[3] % 6
    return sky, hill, disc, across, up, radius, 21 + lot[4] % 12, 17 + lot[5] % 20, 21 + lot[6] % 12
