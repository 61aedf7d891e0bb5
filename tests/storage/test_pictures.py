"""Reading pictures: what is refused and why, what survives of the rest, and what it costs."""

import asyncio
import io
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from domain.files import PHOTO_SIZES
from domain.refusals import Problem
from storage.database import Busy
from storage.picture_queue import LONGEST_QUEUE, read_in_turn
from storage.pictures import Photo, read_photo
from tests.pictures import CANARY, HOSTILE, claiming, demand_harmless, encode, picture, png

RED, GREEN, BLUE, WHITE = (220, 30, 30), (30, 200, 60), (40, 60, 220), (255, 255, 255)


def _read(content: bytes) -> Image.Image:
    """The largest square of what was read, decoded; all of them harmless."""
    photo = read_photo(io.BytesIO(content))
    assert isinstance(photo, Photo), photo
    assert set(photo.squares) == set(PHOTO_SIZES)
    return [demand_harmless(photo.squares[size], size) for size in PHOTO_SIZES][-1]


def _corners(square: Image.Image) -> tuple[str, ...]:
    """The colours of the four quarters, by name: above left and right, below left and right."""
    names = {RED: "red", GREEN: "green", BLUE: "blue", WHITE: "white"}

    def name(at: tuple[int, int]) -> str:
        seen = square.getpixel(at)
        assert isinstance(seen, tuple)
        near = min(names, key=lambda colour: sum(abs(a - b) for a, b in zip(colour, seen, strict=True)))
        assert sum(abs(a - b) for a, b in zip(near, seen, strict=True)) < 90, seen
        return names[near]

    low, high = square.width // 5, square.width * 4 // 5
    return name((low, low)), name((high, low)), name((low, high)), name((high, high))


UPRIGHT = ("red", "green", "red", "blue")


@pytest.mark.parametrize("which", HOSTILE)
def test_a_bent_picture_is_refused_or_made_harmless(which: str) -> None:
    upload = HOSTILE[which]()
    started = time.monotonic()
    photo = read_photo(io.BytesIO(upload.content))
    assert time.monotonic() - started < 5
    if upload.problem is not None:
        assert photo == upload.problem
        return
    assert isinstance(photo, Photo), photo
    for size in PHOTO_SIZES:
        demand_harmless(photo.squares[size], size)


def test_the_canaries_were_there_before() -> None:
    """Or their absence afterwards would show nothing."""
    for which in ("JPEG with notes", "PNG with notes", "WebP with notes"):
        content = HOSTILE[which]().content
        assert CANARY.encode() in content
        with Image.open(io.BytesIO(content)) as image:
            assert image.getexif().get_ifd(0x8825), which
            assert image.info.get("icc_profile"), which
            assert CANARY in repr(image.info.get("xmp")), which


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("size", [(300, 200), (200, 300), (2900, 2100), (65, 64)])
def test_the_middle_is_kept_as_it_was(kind: str, size: tuple[int, int]) -> None:
    assert _corners(_read(encode(picture(*size), kind))) == UPRIGHT


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("JPEG", "CMYK"),
        ("PNG", "P"),
        ("PNG", "RGBA"),
        ("WEBP", "RGBA"),
    ],
)
def test_every_way_to_hold_colours_shows_the_same(kind: str, mode: str) -> None:
    assert _corners(_read(encode(picture(1000, 800, mode), kind))) == UPRIGHT


@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "L"), ("PNG", "L"), ("PNG", "LA"), ("PNG", "1"), ("PNG", "I;16")])
def test_grey_stays_grey(kind: str, mode: str) -> None:
    grey = Image.new("L", (300, 200), 0)
    grey.paste(255, (150, 0, 300, 200))
    image = grey.convert("I").point(lambda value: value * 257).convert("I;16") if mode == "I;16" else grey.convert(mode)
    square = _read(encode(image, kind))
    left, right = square.getpixel((90, 240)), square.getpixel((390, 240))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert max(left) < 20
    assert min(right) > 235


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_is_transparent_becomes_white(kind: str) -> None:
    image = picture(1000, 1000, "RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 500, 500))
    assert _corners(_read(encode(image, kind, exact=True))) == ("white", "green", "red", "blue")


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_camera_is_held_upright(orientation: int, kind: str) -> None:
    """Each picture is stored turned, with the note that says how; what is kept stands as it was meant."""
    back = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = picture(400, 300) if back is None else picture(400, 300).transpose(back)
    assert _corners(_read(encode(stored, kind, exif=exif))) == UPRIGHT


def test_colours_of_another_space_are_made_those_of_screens() -> None:
    """A profile that swaps nothing but the name changes nothing; one of another space changes the numbers."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    plain = _read(encode(picture()))
    named = _read(encode(picture(), icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()))
    wrong = _read(encode(picture(), icc_profile=profile.tobytes()))
    assert _corners(plain) == _corners(named) == _corners(wrong) == UPRIGHT


def test_the_first_frame_is_kept_of_what_moves() -> None:
    for which in ("PNG that moves", "WebP that moves", "JPEG with a second picture"):
        assert _corners(_read(HOSTILE[which]().content)) == UPRIGHT


def test_large_honest_pictures_are_taken() -> None:
    assert _corners(_read(encode(picture(8000, 7900)))) == UPRIGHT
    assert _corners(_read(encode(picture(4000, 3000), progressive=True, subsampling="4:2:0"))) == UPRIGHT
    assert _read(png(4899, 4898)).getpixel((9, 9)) == WHITE


def test_limits_stand_at_their_figures() -> None:
    small = encode(picture())
    assert read_photo(io.BytesIO(claiming(small, 8000, 8000))) is Problem.TOO_MANY_PIXELS
    assert read_photo(io.BytesIO(claiming(small, 7999, 8000))) is not Problem.TOO_MANY_PIXELS
    assert read_photo(io.BytesIO(png(4900, 4900, depth=1, kind=0, rows=1))) is Problem.TOO_MANY_PIXELS
    assert read_photo(io.BytesIO(png(4898, 4899, depth=1, kind=0, rows=1))) is not Problem.TOO_MANY_PIXELS
    assert read_photo(io.BytesIO(encode(picture(63, 900)))) is Problem.TOO_SMALL
    exact = small + bytes(10 * 1024 * 1024 - len(small))
    assert isinstance(read_photo(io.BytesIO(exact)), Photo)
    assert read_photo(io.BytesIO(exact + b"\0")) is Problem.TOO_LARGE


def test_what_the_library_wonders_about_is_refused_wherever_it_runs() -> None:
    """Also outside the tests, where warnings are not errors by themselves."""
    moving = encode(picture(), "PNG", save_all=True, append_images=[picture(mode="L").convert("RGB")])
    odd = moving.replace(b"acTL", b"acTl", 1)  # its checksum no longer fits either
    code = "import sys; from storage.pictures import read_photo; print(read_photo(sys.stdin.buffer))"
    top = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=top, input=odd, capture_output=True, check=True)
    assert done.stdout.strip() == b"broken"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_photo(io.BytesIO(odd)) is Problem.BROKEN


# What it costs.

_MEASURE = """
import io, sys
from pathlib import Path
from storage.pictures import read_photo

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))

read_photo(io.BytesIO(Path(sys.argv[1]).read_bytes()))
before = peak()
for path in sys.argv[2:]:
    said = read_photo(io.BytesIO(Path(path).read_bytes()))
    print(Path(path).name, (peak() - before) // 1024, getattr(said, "value", "taken"))
"""


def _dear_ones() -> dict[str, bytes]:
    noise = Image.effect_noise((2200, 2200), 90).convert("RGBA")
    noise.putalpha(noise.getchannel("R"))
    return {
        "JPEG of 63 megapixels": encode(picture(8000, 7900)),
        "JPEG in passes of 30 megapixels": encode(picture(6000, 5000), progressive=True, subsampling="4:2:0"),
        "PNG of 24 megapixels with alpha": png(4899, 4898),
        "WebP of 5 megapixels with alpha": encode(noise, "WEBP", quality=50),
        "WebP of 12 megapixels": encode(picture(4000, 3000), "WEBP"),
        **{name: build().content for name, build in HOSTILE.items() if "mega" in name or "MB" in name},
    }


@pytest.mark.slow
def test_no_picture_costs_more_memory_than_there_is(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """The peak of a process that reads the dearest pictures that are taken, and the bombs that are not, one by one."""
    first = tmp_path / "first"
    first.write_bytes(encode(picture(1000, 1000, "CMYK")))
    paths = []
    for name, content in _dear_ones().items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(content)
    command = [sys.executable, "-c", _MEASURE, str(first), *map(str, paths)]
    top = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=top, capture_output=True, check=True, text=True)
    growth = {line.rsplit(" ", 2)[0]: int(line.rsplit(" ", 2)[1]) for line in done.stdout.splitlines()}
    record_property("figure", f"memory for one picture grows by {max(growth.values())} MiB at most")
    assert len(growth) == len(paths)
    assert max(growth.values()) < 100, done.stdout
    assert "JPEG of 63 megapixels" in growth
    assert done.stdout.count("taken") >= 4, done.stdout


async def test_one_at_a_time_and_not_too_many_in_line(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once, most, gate = 0, 0, threading.Event()

    def slow(_source: object) -> Problem:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        gate.wait(5)
        at_once -= 1
        return Problem.BROKEN

    monkeypatch.setattr("storage.pictures.read_photo", slow)
    waiting = [asyncio.create_task(read_in_turn(io.BytesIO())) for _ in range(LONGEST_QUEUE + 1)]
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await read_in_turn(io.BytesIO())
    ticks = 0
    while ticks < 20:  # the loop goes on meanwhile
        await asyncio.sleep(0.001)
        ticks += 1
    gate.set()
    assert set(await asyncio.gather(*waiting)) == {Problem.BROKEN}
    assert most == 1
    assert await read_in_turn(io.BytesIO()) is Problem.BROKEN
