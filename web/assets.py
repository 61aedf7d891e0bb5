"""Style sheets, scripts and pictures: read once at start, addressed by their content, kept by browsers for a year.

The style sheets are plain files in layers; joining them here spares a first visit twenty requests and needs no build.
"""

import hashlib
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import brotli

STATIC = Path(__file__).parent / "static"

QUALITY = 10
"""Of Brotli: the last step takes three times as long for 600 bytes of them all, and the first to ask waits for it."""

_FIRST_STYLES = ("layers.css", "reset.css", "tokens.css", "base.css", "layout.css")
_LAST_STYLES = ("utilities.css",)
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True)
class Asset:
    """One file as it is sent."""

    name: str
    media_type: str
    body: bytes

    @cached_property
    def compressed(self) -> bytes:
        """Its Brotli form, made when it is asked for first: no start waits for it."""
        made: bytes = brotli.compress(self.body, quality=QUALITY)
        return made


class Assets:
    """Every static file by its hashed name, and the hashed names by the plain ones."""

    def __init__(self) -> None:
        plain = {"stoa.css": _join_styles()}
        for folder in ("js", "icons", "vendor"):
            for path in sorted((STATIC / folder).glob("*.*")):
                if path.suffix in _TYPES:
                    plain[path.name] = path.read_bytes()
        self.by_name: dict[str, Asset] = {}
        self.addresses: dict[str, str] = {}
        for name, body in plain.items():
            asset = _asset(name, body)
            self.by_name[asset.name] = asset
            self.addresses[name] = f"/static/{asset.name}"


@cache
def load_assets() -> Assets:
    """The static files, read once in a process."""
    return Assets()


def _asset(name: str, body: bytes) -> Asset:
    stem, dot, suffix = name.rpartition(".")
    digest = hashlib.sha256(body).hexdigest()[:10]
    return Asset(f"{stem}.{digest}{dot}{suffix}", _TYPES[f".{suffix}"], body)


def _join_styles() -> bytes:
    css = STATIC / "css"
    middle = [*sorted((css / "components").glob("*.css")), *sorted((css / "pages").glob("*.css"))]
    paths = [*(css / name for name in _FIRST_STYLES), *middle, *(css / name for name in _LAST_STYLES)]
    return b"\n".join(path.read_bytes() for path in paths if path.exists())
