"""A shop's own logo, looked over before any paper carries it.

A picture comes from anywhere, and it is drawn on every paper: so it is small, whole, bounded in pixels before anything unpacks
it, and holds nothing that runs, fetches or unfolds. What else a file carries (place, maker, thumbnails) is left out of PNG and
JPEG. A picture that is not clean is refused in plain words, never mended by guess. What comes out is always the text of an SVG,
so a logo travels to the press as every other value does: no path, no file beside the templates.
"""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

from tideover.errors import FileUnreadable
from tideover.kit import raster, vector
from tideover.kit.picture import BadPicture

BYTES_MAX = 1024 * 1024  # On each paper once more; what a logo needs is a tenth of it.
NAMES = ("logo.svg", "logo.png", "logo.jpg", "logo.jpeg")  # In the data directory; the first one there counts.
SAVE_AGAIN = "Save the logo as a PNG of at most 1000 x 1000 pixels and give that. Until then papers are made without it."


def kept_logo(folder: Path) -> str:
    """The logo that lies in the data directory; "" where there is none. Raises FileUnreadable."""
    for name in NAMES:
        if (folder / name).is_file():
            return read_logo(folder / name)
    return ""


def logo_of(folder: Path) -> dict[str, str]:
    """The data directory's logo as fields of a Matter; one that is not clean is on no paper, and is named there. Raises nothing."""
    try:
        return {"logo": kept_logo(folder)}
    except FileUnreadable as error:
        return {"logo_fault": f"{error.message} {error.hint}"}


def read_logo(path: Path) -> str:
    """A file as a logo; a large one is not even read. Raises FileUnreadable."""
    try:
        with open(path, "rb") as file:
            content = file.read(BYTES_MAX + 1)
    except OSError as error:
        raise FileUnreadable(file=path.name, why=error.strerror or "the disk gave no reason", next=SAVE_AGAIN) from error
    return check_logo(path.name, content)


def check_logo(file: str, content: bytes) -> str:
    """What was given as a logo, as the text of a clean SVG; file: its name for the message. Raises FileUnreadable."""
    try:
        return _clean(content)
    except BadPicture as error:
        raise FileUnreadable(file=file, why=str(error), next=SAVE_AGAIN) from error


def _clean(content: bytes) -> str:
    if len(content) > BYTES_MAX:
        raise BadPicture("it is larger than 1 MB")
    if content.startswith(raster.PNG):
        return _framed(raster.clean_png(content))
    if content.startswith(raster.JPEG):
        return _framed(raster.clean_jpeg(content))
    if content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        return vector.checked_svg(content)
    raise BadPicture("it is no PNG, JPEG or SVG")


def _framed(picture: raster.Raster) -> str:
    """Pixels inside a drawing of their size."""
    sides = f'width="{picture.width}" height="{picture.height}"'
    href = f"data:image/{picture.kind};base64,{b64encode(picture.content).decode()}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {picture.width} {picture.height}"><image {sides} href="{href}"/></svg>'
