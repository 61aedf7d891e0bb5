"""Files that members upload: what a photo may be, in which sizes it is kept, and the page to choose one.

Rules kept here: a type is what the content says and never what the name says; a photo is made anew from its pixels, so
that nothing else of the file survives; the limits stand in one place, and the page tells them.
"""

import re
from typing import Final

from domain.refusals import Problem
from domain.views import PageView

PHOTO_SIZES: Final = (64, 160, 480)
"""Pixels on each side of the squares that are kept of a photo."""

PHOTO_MEDIA_TYPE: Final = "image/webp"

MOST_BYTES: Final = 10 * 1024 * 1024
"""Bytes of one upload."""

MOST_PIXELS: Final = 64_000_000
"""As many pixels are refused unread, whatever the type."""

MOST_PIXELS_WHOLE: Final = 24_000_000
"""For types that are decoded whole, which all but JPEG are."""

FEWEST_PIXELS: Final = min(PHOTO_SIZES)
"""On the shorter side: less cannot even fill the smallest square."""

_FILE_NAME = re.compile(r"[A-Za-z0-9_-]{22,64}")


def is_file_name(text: str) -> bool:
    """Whether this can be the name of a file: at least 128 bits that nobody guesses, and nothing a path is made of."""
    return _FILE_NAME.fullmatch(text) is not None


def photo_part(name: str, size: int) -> str:
    """Under what one size of a photo is stored."""
    return f"{name}-{size}.webp"


class PhotoPage(PageView, template="members/photo.html"):
    """The page to choose one's photo: the one in use, what may be sent, and what was wrong with what came."""

    photo: str | None = None
    problem: Problem | None = None
    most_megabytes: int = MOST_BYTES // 1024 // 1024
    fewest_pixels: int = FEWEST_PIXELS
