"""Pictures: what somebody sent is read with suspicion, and made anew from its pixels.

The type is what the bytes say. What a picture would cost is known from its header, and refused there. Only pixels go
on: orientation and colours are applied, everything else of the file (place, author, camera, comments, whatever hides
behind the last pixel) stays behind.
"""

import io
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Final

from PIL import Image, ImageCms, PngImagePlugin
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from domain.files import FEWEST_PIXELS, MOST_BYTES, MOST_PIXELS, MOST_PIXELS_WHOLE, PHOTO_SIZES
from domain.refusals import Problem

MOST_MEMORY: Final = 96 * 1024 * 1024
"""Bytes that decoding one picture may take."""

MOST_SCANS: Final = 100
"""Passes over a JPEG; some ten are usual. Each costs a walk over the whole picture, whatever it brings."""

MOST_PROFILE: Final = 4 * 1024 * 1024
"""Bytes of a colour profile; a larger one is ignored."""

_TYPES: Final = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG", b"RIFF": "WEBP"}
_MARKER: Final = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")
"""What begins a part of a JPEG; within a scan no such bytes stand for anything else."""
_START_OF_SCAN, _END = b"\xff\xda", b"\xff\xd9"
_ORIENTATION: Final = 0x0112
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

Image.MAX_IMAGE_PIXELS = MOST_PIXELS
PngImagePlugin.MAX_TEXT_MEMORY = PngImagePlugin.MAX_TEXT_CHUNK
warnings.filterwarnings("error", module=r"PIL\.")  # what makes the library wonder, we refuse


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo as it is kept: squares of `PHOTO_SIZES`, each an encoded WebP with pixels and nothing else."""

    squares: Mapping[int, bytes]


def read_photo(source: IO[bytes]) -> Photo | Problem:
    """The squares of a photo, or why it is not taken. Whatever the file is, this raises nothing."""
    content = source.read(MOST_BYTES + 1)
    if not content:
        return Problem.EMPTY
    if len(content) > MOST_BYTES:
        return Problem.TOO_LARGE
    kind = next((kind for start, kind in _TYPES.items() if content.startswith(start)), None)
    if kind is None or (kind == "WEBP" and content[8:12] != b"WEBP"):
        return Problem.UNKNOWN_TYPE
    try:
        with Image.open(io.BytesIO(content), formats=(kind,)) as image:
            return _problem_with(image, content) or Photo(_squares(image))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError):
        return Problem.TOO_MANY_PIXELS
    except Exception:  # noqa: BLE001 -- decoders of files that somebody bent may raise anything at all
        return Problem.BROKEN


def _problem_with(image: Image.Image, content: bytes) -> Problem | None:
    """What the header says against decoding; a JPEG is told to decode no more than is needed."""
    pixels = image.width * image.height
    if min(image.size) < FEWEST_PIXELS:
        return Problem.TOO_SMALL
    if pixels >= MOST_PIXELS or (pixels > MOST_PIXELS_WHOLE and not isinstance(image, JpegImageFile)):
        return Problem.TOO_MANY_PIXELS
    if isinstance(image, JpegImageFile):
        scans = _scans(content)
        memory = _memory_for_jpeg(image, scans)
        return Problem.BROKEN if len(scans) > MOST_SCANS else _too_much(memory)
    if isinstance(image, PngImageFile):
        return _too_much(4 * pixels)
    # WebP's decoder keeps the file and two whole canvases, and hands over a third before ours is filled.
    return _too_much(16 * pixels + 2 * len(content))


def _too_much(memory: int) -> Problem | None:
    return Problem.TOO_MANY_PIXELS if memory > MOST_MEMORY else None


def _memory_for_jpeg(image: JpegImageFile, scans: Sequence[int]) -> int:
    """Bytes that decoding takes at its peak, at a scale that leaves twice the pixels that are wanted.

    A picture that comes in one pass is decoded as it is read. One that comes in several, or brings its colours one by
    one, is held whole meanwhile: two bytes for each number it is made of, and colour is often kept at half the size.
    """
    in_passes = bool(image.info.get("progressive")) or len(scans) != 1 or scans[0] < image.layers
    parts = [across * down for _, across, down, _ in image.layer]
    numbers = image.width * image.height * sum(parts) // max(1, *parts)
    image.draft("RGB", (2 * max(PHOTO_SIZES), 2 * max(PHOTO_SIZES)))
    return 4 * image.width * image.height + (2 * numbers if in_passes else 0)


def _scans(content: bytes) -> list[int]:
    """How many components each scan of a JPEG brings, up to the end of the picture itself."""
    scans, at = list[int](), 2
    while (found := _MARKER.search(content, at)) and found[0] != _END:
        at = found.end()
        if found[0] == _START_OF_SCAN:
            scans.append(content[at + 2] if at + 2 < len(content) else 0)
        at += max(2, int.from_bytes(content[at : at + 2]))
    return scans


def _squares(image: Image.Image) -> dict[int, bytes]:
    """The centre of a picture in each size, encoded."""
    turn = _TURNS.get(_orientation(image))
    profile = image.info.get("icc_profile")
    square = _flattened(_in_srgb(_shrunk_square(image), profile))
    if turn is not None:
        square = square.transpose(turn)
    return {size: _encoded(square, size) for size in PHOTO_SIZES}


def _orientation(image: Image.Image) -> int:
    """How the camera was held; notes that cannot be read are as good as none."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 -- they are dropped anyway, so they are no reason to refuse the picture
        return 1


def _shrunk_square(image: Image.Image) -> Image.Image:
    """The largest square in the middle, at least twice and less than four times as large as needed if it can be.

    Band by band, so that no second picture of full size is ever made.
    """
    factor = max(1, min(image.size) // (2 * max(PHOTO_SIZES)))
    side = min(image.size) // factor
    left, top = (image.width - side * factor) // 2, (image.height - side * factor) // 2
    band, square = 16, Image.new(_plain_mode(image), (side, side))
    for row in range(0, side, band):
        rows = min(band, side - row)
        box = (left, top + row * factor, left + side * factor, top + (row + rows) * factor)
        square.paste(_plain(image.crop(box), square.mode).reduce(factor), (0, row))
    return square


def _plain_mode(image: Image.Image) -> str:
    """The mode to work in: no palette, and transparency only where there is some."""
    if image.mode in {"1", "L", "CMYK", "I;16"} and not image.has_transparency_data:
        return "L" if image.mode in {"1", "I;16"} else image.mode
    return "RGBA" if image.has_transparency_data else "RGB"


def _plain(band: Image.Image, mode: str) -> Image.Image:
    if band.mode == "I;16":  # sixteen bits of grey, of which the upper eight are shown
        band = band.convert("I").point(lambda grey: grey / 256, "L")
    return band.convert(mode)


def _in_srgb(square: Image.Image, profile: object) -> Image.Image:
    """The same colours as every screen means them. A profile that does not fit, or is broken, is ignored."""
    mode = square.mode if square.mode == "RGBA" else "RGB"
    if isinstance(profile, bytes) and len(profile) <= MOST_PROFILE:
        try:
            meant = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            seen = ImageCms.profileToProfile(square, meant, ImageCms.createProfile("sRGB"), outputMode=mode)
        except (ImageCms.PyCMSError, OSError, ValueError):
            return square.convert(mode)
        return seen or square.convert(mode)
    return square.convert(mode)


def _flattened(square: Image.Image) -> Image.Image:
    """On white, where it was transparent; and on a fresh canvas that knows nothing of the file."""
    fresh = Image.new("RGB", square.size, "white")
    fresh.paste(square, mask=square if square.mode == "RGBA" else None)
    return fresh


def _encoded(square: Image.Image, size: int) -> bytes:
    small, written = square.resize((size, size), Image.Resampling.LANCZOS), io.BytesIO()
    small.save(written, "WEBP", quality=82, method=4, exif=b"", xmp=b"", icc_profile=None)
    return written.getvalue()
