"""The file that names the servers which translate names for the shop; it is written only where the settings say that it is the box's.

What was there is kept before the first byte changes, and put back as it was. A link into another program's folder
(systemd, NetworkManager) is refused: that program would write it anew, and the shop would not know why.
"""

from __future__ import annotations

import os
from pathlib import Path

SIZE_MAX = 65_536
HEAD = "# Written by Tideover while the shop uses its line {line}; what stood here comes back with it.\n"
OURS = HEAD.partition("{")[0]


def why_not(path: Path) -> str:
    """Why the box may not write it; "" where it may."""
    if path.is_symlink():
        return f"{path} leads to {os.readlink(path)}, which another program writes: let that program ask both providers' servers"
    if path.exists() and not path.is_file():
        return f"{path} is no file"
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        return f"{path} may not be written by this user"
    return ""


def read(path: Path) -> str | None:
    """What stands there; None where there is no file. Raises OSError."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read(SIZE_MAX)
    except FileNotFoundError:
        return None


def is_ours(content: str | None) -> bool:
    """The box wrote it, and nobody since; an empty file is one that a crash cut off while the box wrote it."""
    return content is not None and (not content or content.startswith(OURS))


def text_for(line: str, servers: tuple[str, ...]) -> str:
    return HEAD.format(line=line) + "".join(f"nameserver {one}\n" for one in servers)


def write(path: Path, content: str | None) -> None:
    """None: there is no such file. In one step where the folder allows it, else (a file mounted by itself) in place. Raises OSError."""
    if content is None:
        path.unlink(missing_ok=True)
        return
    raw = content.encode("utf-8", "surrogateescape")
    fresh = path.with_name(f".{path.name}.tideover")
    try:
        fresh.write_bytes(raw)
        if path.exists():
            fresh.chmod(path.stat().st_mode & 0o777)
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        path.write_bytes(raw)
