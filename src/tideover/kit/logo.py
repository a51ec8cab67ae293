"""A shop's own logo, looked over before any paper carries it, and brought to the press.

A picture comes from anywhere, and it is drawn on every paper: so it is small, whole, bounded in pixels before anything unpacks
it, and holds nothing that runs, fetches or unfolds. What else a file carries (place, maker, thumbnails) is left out of the
PNG and JPEG that is kept. A picture that is not clean is refused in plain words, never mended by guess.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from msgspec import Struct

from tideover.disk import write_whole
from tideover.errors import BadRecord, FileUnreadable
from tideover.kit import raster, vector
from tideover.kit.picture import BadPicture
from tideover.kit.press import TEMPLATES, Press
from tideover.kit.sheet import Sheet
from tideover.world import from_ms

BYTES_MAX = 2 * 1024 * 1024  # On each paper once more; a logo of a print shop's brochure has less.
NAMES = ("logo.svg", "logo.png", "logo.jpg", "logo.jpeg")  # In the data directory, the first one there counts.
SAVE_AGAIN = "Save the logo as a PNG of at most 1000 x 1000 pixels and give that. Until then papers are made without it."


class Logo(Struct, frozen=True):
    """A picture that may be printed."""

    name: str  # "logo-0123456789abcdef.png": its content's hash is in it, so a new logo is a new paper.
    content: bytes


def kept_logo(folder: Path) -> Logo | None:
    """The logo that lies in the data directory; None where there is none. Raises FileUnreadable."""
    for name in NAMES:
        if (folder / name).is_file():
            return read_logo(folder / name)
    return None


def read_logo(path: Path) -> Logo:
    """A file as a logo; a large one is not even read. Raises FileUnreadable."""
    try:
        with open(path, "rb") as file:
            content = file.read(BYTES_MAX + 1)
    except OSError as error:
        raise FileUnreadable(file=path.name, why=error.strerror or "the disk gave no reason", next=SAVE_AGAIN) from error
    return check_logo(path.name, content)


def check_logo(file: str, content: bytes) -> Logo:
    """What was given as a logo, clean; file: its name for the message. Raises FileUnreadable."""
    try:
        ending, clean = _clean(content)
    except BadPicture as error:
        raise FileUnreadable(file=file, why=str(error), next=SAVE_AGAIN) from error
    return Logo(f"logo-{hashlib.sha256(clean).hexdigest()[:16]}.{ending}", clean)


def _clean(content: bytes) -> tuple[str, bytes]:
    if len(content) > BYTES_MAX:
        raise BadPicture("it is larger than 2 MB")
    if content.startswith(raster.PNG):
        return "png", raster.clean_png(content)
    if content.startswith(raster.JPEG):
        return "jpg", raster.clean_jpeg(content)
    if content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        return "svg", vector.checked_svg(content)
    raise BadPicture("it is no PNG, JPEG or SVG")


def press_with(logo: Logo | None, fonts: Path, folder: Path) -> Press:
    """A press whose papers can carry the logo: templates and logo side by side in `folder`, for a press reads nothing else.

    It draws the logo once; whatever the press cannot draw is refused here and not on every paper. Raises FileUnreadable.
    """
    if logo is None:
        return Press(fonts)
    for path in sorted(TEMPLATES.rglob("*.typ")):
        _put(folder / path.relative_to(TEMPLATES), path.read_bytes())
    _put(folder / logo.name, logo.content)
    press = Press(fonts, folder)
    trial = Sheet(kind="plan", name="logo", title="logo", template="logo.typ", data={"logo": logo.name}, language="en")
    try:
        press.pdf(trial, from_ms(0))
    except BadRecord as error:
        raise FileUnreadable(file=logo.name, why="the picture cannot be drawn", next=SAVE_AGAIN) from error
    return press


def _put(path: Path, content: bytes) -> None:
    """That content in that place, written only where it differs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_bytes() != content:
        write_whole(path, content)
