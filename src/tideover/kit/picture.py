"""What pictures have in common before they are printed: how large they may be, and how one says that it is not fit."""

from __future__ import annotations

PIXELS_MAX = 12_000_000  # A phone's photograph; unpacked it is 48 MB, and no logo needs as much.
SIDE_MAX = 10_000


class BadPicture(Exception):
    """Why a picture is not used, as the end of a sentence."""


def check_size(width: int, height: int) -> None:
    """Raises BadPicture for a picture that is empty, or would fill the memory when it is unpacked."""
    if width < 1 or height < 1:
        raise BadPicture("it has no pixels")
    if width > SIDE_MAX or height > SIDE_MAX or width * height > PIXELS_MAX:
        raise BadPicture(f"it has {width} x {height} pixels, which is too many")
