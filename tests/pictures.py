"""Pictures for the tests: honest ones, and those that somebody bent, each built here from nothing.

`HOSTILE` names what every way in must either refuse with a clear problem, or make harmless: squares in WebP with pixels
and nothing else. Whatever must not survive carries `CANARY`.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from PIL import ExifTags, Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from domain.refusals import Problem

CANARY: Final = "zq-canary-5d41402a"
_SAID = CANARY.encode()
_SCRIPT = f"<script>alert('{CANARY}')</script>".encode()
_HTML = b"<!doctype html><html><body>" + _SCRIPT + b"</body></html>"
_SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="99" height="99">' + _SCRIPT + b"</svg>"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as a browser sends it, and what comes of it: a problem, or (None) a harmless picture."""

    content: bytes
    problem: Problem | None = None
    name: str = "photo.jpg"
    media_type: str = "image/jpeg"


def picture(width: int = 300, height: int = 200, mode: str = "RGB") -> Image.Image:
    """Red on the left, green above on the right, blue below: turned or mirrored, it looks different each time."""
    image = Image.new("RGB", (width, height), (220, 30, 30))
    image.paste((30, 200, 60), (width // 2, 0, width, height // 2))
    image.paste((40, 60, 220), (width // 2, height // 2, width, height))
    return image.convert(mode)


def encode(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """The picture as a file of this kind."""
    written = io.BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


def _zip() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("Main.class", _SAID)
    return written.getvalue()


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def _with_segment(jpeg: bytes, marker: int, content: bytes) -> bytes:
    return jpeg[:2] + _segment(marker, content) + jpeg[2:]


def _said_by_camera() -> Image.Exif:
    """Place, author, camera and comment, as a telephone writes them; and a small picture within."""
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = CANARY
    exif[ExifTags.Base.ImageDescription] = CANARY
    exif[ExifTags.Base.Model] = CANARY
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = b"ASCII\0\0\0" + _SAID
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {
            ExifTags.GPS.GPSLatitudeRef: "N",
            ExifTags.GPS.GPSLatitude: (52.0, 5.0, 24.0),
            ExifTags.GPS.GPSLongitudeRef: "E",
            ExifTags.GPS.GPSLongitude: (5.0, 7.0, 12.0),
            ExifTags.GPS.GPSAreaInformation: b"ASCII\0\0\0" + _SAID,
        }
    )
    return exif


def _xmp() -> bytes:
    return f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><dc:creator>{CANARY}</dc:creator></x:xmpmeta>".encode()


def colour_profile() -> bytes:
    """The profile of sRGB with a text in it that its maker could have chosen."""
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    at = plain.index("sRGB".encode("utf-16-be"))
    said = CANARY[:4].encode("utf-16-be")
    return plain[:at] + said + plain[at + len(said) :] + _SAID


def _with_notes() -> bytes:
    jpeg = encode(picture(), exif=_said_by_camera(), comment=_SAID, icc_profile=colour_profile(), xmp=_xmp())
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(_SAID)) + _SAID
    return _with_segment(jpeg, 0xED, iptc)


def _png_with_notes() -> bytes:
    notes = PngInfo()
    notes.add_text("Author", CANARY)
    notes.add_text("Comment", CANARY, zip=True)
    notes.add_itxt("XML:com.adobe.xmp", _xmp().decode())
    return encode(picture(), "PNG", pnginfo=notes, exif=_said_by_camera(), icc_profile=colour_profile()) + _SAID


def _webp_with_notes() -> bytes:
    options = {"exif": _said_by_camera(), "xmp": _xmp(), "icc_profile": colour_profile()}
    return encode(picture(), "WEBP", **options)


# What claims to be larger than it is, or is larger than it claims.


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


_PNG = b"\x89PNG\r\n\x1a\n"


def png(
    width: int, height: int, *, depth: int = 8, kind: int = 6, extra: bytes = b"", rows: int | None = None
) -> bytes:
    """A PNG of nothing, row by row, so that the largest is built in little memory. `kind` 0 is grey, 6 has alpha."""
    across = (width * depth * {0: 1, 2: 3, 6: 4}[kind] + 7) // 8
    packing = zlib.compressobj(6)
    row = b"\0" + bytes(across)
    packed = b"".join(packing.compress(row) for _ in range(height if rows is None else rows)) + packing.flush()
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0))
    return _PNG + header + extra + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def _packed_text(kind: bytes, name: bytes, megabytes: int) -> bytes:
    return _chunk(kind, name + b"\0\0" + zlib.compress(bytes(megabytes * 1024 * 1024)))


def claiming(jpeg: bytes, width: int, height: int) -> bytes:
    """The same JPEG, saying another size."""
    for marker in (b"\xff\xc0\x00\x11\x08", b"\xff\xc2\x00\x11\x08"):
        at = jpeg.find(marker)
        if at > 0:
            return jpeg[: at + 5] + struct.pack(">HH", height, width) + jpeg[at + 9 :]
    raise ValueError("no such frame")


def _without(jpeg: bytes, components: int) -> bytes:
    """The same JPEG, whose scan says that it brings fewer of its colours, so that the others must follow."""
    at = jpeg.index(b"\xff\xda\x00\x0c\x03")
    left = 3 - components
    return jpeg[: at + 2] + struct.pack(">HB", 6 + 2 * left, left) + jpeg[at + 5 : at + 5 + 2 * left] + jpeg[at + 11 :]


def _with_many_scans(count: int) -> bytes:
    """A JPEG in passes, one of them over and over: little to send, and a walk over the whole picture each time."""
    jpeg = encode(picture(), progressive=True)
    last = jpeg.rindex(b"\xff\xda")
    scan = jpeg[last:-2]
    return jpeg[:-2] + scan * count + jpeg[-2:]


def _frames(kind: str) -> bytes:
    other = picture().transpose(Image.Transpose.ROTATE_180)
    return encode(picture(), kind, save_all=True, append_images=[other, picture()], duration=50)


def _large_webp_header() -> bytes:
    webp = encode(picture(mode="RGBA"), "WEBP", exif=_said_by_camera())
    at = webp.index(b"VP8X") + 12
    side = struct.pack("<I", 16_382)[:3]
    return webp[:at] + side + side + webp[at + 6 :]


def _broken_checksum() -> bytes:
    whole = encode(picture(), "PNG")
    at = whole.index(b"IDAT") + 20
    return whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]


def _heic() -> bytes:
    return struct.pack(">I", 24) + b"ftypheic\0\0\0\0mif1heic" + bytes(200)


_JPEG: Final = encode(picture())
_IN_PASSES: Final = encode(picture(), progressive=True)

HOSTILE: Final[Mapping[str, Callable[[], Upload]]] = {
    "JPEG with a page behind it": lambda: Upload(_with_segment(_JPEG, 0xFE, _HTML) + _HTML, name="photo.html"),
    "JPEG that is an archive too": lambda: Upload(_JPEG + _zip(), name="photo.zip"),
    "JPEG that is a program too": lambda: Upload(_JPEG + b"<?php system($_GET['c']); ?>" + _SAID, name="p.php.jpg"),
    "GIF that is an archive too": lambda: Upload(encode(picture(), "GIF") + _zip(), Problem.UNKNOWN_TYPE, "photo.gif"),
    "GIF": lambda: Upload(encode(picture(), "GIF"), Problem.UNKNOWN_TYPE, "photo.gif", "image/gif"),
    "SVG with a script": lambda: Upload(_SVG, Problem.UNKNOWN_TYPE, "photo.svg", "image/svg+xml"),
    "SVG that says JPEG": lambda: Upload(_SVG, Problem.UNKNOWN_TYPE),
    "page that says PNG": lambda: Upload(_HTML, Problem.UNKNOWN_TYPE, "photo.png", "image/png"),
    "page that begins as a PNG": lambda: Upload(_PNG + _HTML, Problem.BROKEN, "photo.png", "image/png"),
    "page that begins as a JPEG": lambda: Upload(b"\xff\xd8\xff" + _HTML, Problem.BROKEN),
    "page that begins as a WebP": lambda: Upload(b"RIFF\0\0\0\0WEBP" + _HTML, Problem.BROKEN),
    "sound that begins as a WebP": lambda: Upload(b"RIFF\x24\0\0\0WAVEfmt " + bytes(40), Problem.UNKNOWN_TYPE),
    "archive": lambda: Upload(_zip(), Problem.UNKNOWN_TYPE, "photo.jpg", "image/jpeg"),
    "TIFF": lambda: Upload(encode(picture(), "TIFF"), Problem.UNKNOWN_TYPE, "photo.tif", "image/tiff"),
    "BMP": lambda: Upload(encode(picture(), "BMP"), Problem.UNKNOWN_TYPE, "photo.bmp", "image/bmp"),
    "ICO": lambda: Upload(encode(picture(), "ICO"), Problem.UNKNOWN_TYPE, "photo.ico", "image/x-icon"),
    "PDF": lambda: Upload(encode(picture(), "PDF"), Problem.UNKNOWN_TYPE, "photo.pdf", "application/pdf"),
    "HEIC": lambda: Upload(_heic(), Problem.UNKNOWN_TYPE, "photo.heic", "image/heic"),
    "PostScript": lambda: Upload(b"%!PS-Adobe-3.0 EPSF-3.0\n(id) run\n", Problem.UNKNOWN_TYPE, "photo.eps"),
    "nothing": lambda: Upload(b"", Problem.EMPTY),
    "first half of a JPEG": lambda: Upload(_JPEG[: len(_JPEG) // 2], Problem.BROKEN),
    "first half of a PNG": lambda: Upload(encode(picture(), "PNG")[:-60], Problem.BROKEN),
    "first half of a WebP": lambda: Upload(encode(picture(), "WEBP")[:-60], Problem.BROKEN),
    "PNG with a wrong checksum": lambda: Upload(_broken_checksum()),
    "11 MB": lambda: Upload(_JPEG + bytes(11 * 1024 * 1024), Problem.TOO_LARGE),
    "PNG of 900 megapixels": lambda: Upload(png(30_000, 30_000, depth=1, kind=0), Problem.TOO_MANY_PIXELS),
    "PNG that claims 100 megapixels": lambda: Upload(png(10_000, 10_000, rows=1), Problem.TOO_MANY_PIXELS),
    "PNG of 25 megapixels": lambda: Upload(png(5_000, 5_000, depth=1, kind=0), Problem.TOO_MANY_PIXELS),
    "JPEG that claims 100 megapixels": lambda: Upload(claiming(_JPEG, 10_000, 10_000), Problem.TOO_MANY_PIXELS),
    "JPEG in passes that claims 60 megapixels": lambda: Upload(
        claiming(_IN_PASSES, 7_700, 7_700), Problem.TOO_MANY_PIXELS
    ),
    "JPEG in one colour after the other that claims 60 megapixels": lambda: Upload(
        claiming(_without(_JPEG, 2), 7_700, 7_700), Problem.TOO_MANY_PIXELS
    ),
    "JPEG with a film behind it": lambda: Upload(_JPEG + b"\0\2" * 9 + b"\xff\xda\0\x08" * 5_000 + _SAID),
    "JPEG with 5,000 passes": lambda: Upload(_with_many_scans(5_000), Problem.BROKEN),
    "WebP that claims 268 megapixels": lambda: Upload(_large_webp_header(), Problem.TOO_MANY_PIXELS),
    "PNG with 200 MB of text": lambda: Upload(png(99, 99, extra=_packed_text(b"zTXt", b"a", 200)), Problem.BROKEN),
    "PNG with 200 MB of profile": lambda: Upload(png(99, 99, extra=_packed_text(b"iCCP", b"a", 200)), Problem.BROKEN),
    "one pixel wide": lambda: Upload(encode(picture(1, 60_000)), Problem.TOO_SMALL),
    "a long strip": lambda: Upload(encode(picture(64, 60_000))),
    "JPEG with notes": lambda: Upload(_with_notes()),
    "PNG with notes": lambda: Upload(_png_with_notes(), None, "photo.png", "image/png"),
    "WebP with notes": lambda: Upload(_webp_with_notes(), None, "photo.webp", "image/webp"),
    "JPEG that says it is a page": lambda: Upload(_JPEG, None, "photo.html", "text/html"),
    "JPEG that says nothing": lambda: Upload(_JPEG, None, "photo", "application/octet-stream"),
    "JPEG that says PNG": lambda: Upload(_JPEG, None, "photo.png", "image/png"),
    "JPEG in printer's colours": lambda: Upload(encode(picture(mode="CMYK"))),
    "JPEG with a broken profile": lambda: Upload(encode(picture(), icc_profile=b"none" * 99 + _SAID)),
    "PNG that moves": lambda: Upload(_frames("PNG"), None, "photo.png", "image/png"),
    "WebP that moves": lambda: Upload(_frames("WEBP"), None, "photo.webp", "image/webp"),
    "JPEG with a second picture": lambda: Upload(_frames("MPO")),
    "path in the name": lambda: Upload(_JPEG, None, "../../../../etc/cron.d/stoa.jpg"),
    "path of another system in the name": lambda: Upload(_JPEG, None, "..\\..\\windows\\win.ini"),
    "long name": lambda: Upload(_JPEG, None, f"{CANARY * 200}.jpg"),
    "name that turns around": lambda: Upload(_JPEG, None, f"{CANARY}\u202egpj.exe"),
}
"""By name, built when asked for."""


def demand_harmless(content: bytes, size: int) -> Image.Image:
    """Fail unless this is a WebP of this size that holds pixels and nothing else. Returns it decoded."""
    kinds, at = [], 12
    assert content[:4] == b"RIFF"
    assert content[8:12] == b"WEBP"
    while at < len(content):
        kinds.append(content[at : at + 4])
        at += 8 + struct.unpack("<I", content[at + 4 : at + 8])[0]
        at += at % 2
    assert kinds == [b"VP8 "], kinds
    assert at == len(content)
    assert _SAID not in content
    assert CANARY[:4].encode("utf-16-be") not in content
    with Image.open(io.BytesIO(content), formats=("WEBP",)) as image:
        image.load()
        assert (image.size, image.mode) == ((size, size), "RGB")
        assert not set(image.info) & {"exif", "xmp", "icc_profile"}
        assert not dict(image.getexif())
        return image.copy()
