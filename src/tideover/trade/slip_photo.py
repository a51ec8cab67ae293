"""Pictures of slips, kept beside the journal under the hash of their bytes. What a file is tells its beginning, never its name.

Shows nothing to anybody: who may look decides the page. Never decodes a picture.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from tideover.disk import write_whole
from tideover.errors import BadRecord, NotFound, TooBig

FOLDER = "slips"  # In the data directory.
PHOTO_BYTES_MAX = 7 * 2**20  # A phone's picture has 3 to 5 MB; a request may have 8.
FOLDER_BYTES_MAX = 4 * 2**30  # A thousand slips with the largest pictures; then somebody has to look.
TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "heic": "image/heic"}
HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"})


def ending_of(content: bytes) -> str:
    """jpg, png, webp or heic, by the first bytes; "" for everything else."""
    if content.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "webp"
    return "heic" if content[4:8] == b"ftyp" and content[8:12] in HEIC_BRANDS else ""


def keep_photo(folder: Path, content: bytes) -> str:
    """Store a picture in the data directory; returns its hash (64 lower-case digits). Raises TooBig, BadRecord, FolderUnusable."""
    if len(content) > PHOTO_BYTES_MAX:
        raise TooBig(what="The picture", limit=f"{PHOTO_BYTES_MAX // 2**20} MB")
    ending = ending_of(content)
    if not ending:
        raise BadRecord(what="picture", why="it is no JPEG, PNG, WebP or HEIC")
    name = hashlib.sha256(content).hexdigest()
    kept = folder / FOLDER
    kept.mkdir(mode=0o700, exist_ok=True)
    path = kept / f"{name}.{ending}"
    if not path.exists():
        if sum(one.stat().st_size for one in kept.iterdir()) + len(content) > FOLDER_BYTES_MAX:
            raise TooBig(what="The folder of pictures", limit=f"{FOLDER_BYTES_MAX // 2**30} GB")
        write_whole(path, content, mode=0o600)
    return name


def photo_at(folder: Path, name: str) -> tuple[bytes, str]:
    """(bytes, media type) of a kept picture. Raises NotFound, also for what is no hash."""
    if re.fullmatch(r"[0-9a-f]{64}", name):
        for ending, media_type in TYPES.items():
            path = folder / FOLDER / f"{name}.{ending}"
            if path.is_file():
                return path.read_bytes(), media_type
    raise NotFound(what="picture", id=name[:64])
