"""Tells practice from the real thing by the folder: a mark is laid into a practice folder before anything else, and stays.

A folder that was ever real is never marked, and a marked one is never opened as a real one: so nothing that is played gets into the books.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from tideover.disk import write_whole
from tideover.errors import Misconfigured
from tideover.settings import FILE, Settings

MARK = "practice.mark"
SCENE = "practice.json"
MARK_TEXT = b"This folder belongs to a practice box. What stands in it was played, and is never booked.\n"
REAL = ("journal.db", "secrets.db", "plan.db", FILE)  # Whatever a box that was opened once leaves behind.


class Player(Struct, frozen=True):
    """Somebody who may sign in to a practice box with a PIN that everybody may know."""

    name: str
    pin: str
    role: str = ""


class Scene(Struct, frozen=True):
    """What a practice box must know of the practice around it; written anew at each start."""

    control: int = 0  # Port of the fault proxy's control on this machine.
    cloud: int = 0  # Port of the practice cloud itself, past the proxy.
    players: tuple[Player, ...] = ()  # Empty where people sign in with their own PINs.
    home: str = ""  # Address of the real box's page of this rehearsal; "" for a demonstration.
    is_open: bool = True  # People break things themselves; False: the rehearsal does.


def mark(folder: Path) -> None:
    """This folder is for practice from now on. Raises Misconfigured if a box was ever opened in it, FolderUnusable."""
    if is_marked(folder):
        return
    found = next((name for name in REAL if (folder / name).exists()), None)
    if found is not None:
        raise Misconfigured(setting="is_practice", why=f"this folder was used by a real box ({found} is in it)", file=folder)
    write_whole(folder / MARK, MARK_TEXT)


def is_marked(folder: Path) -> bool:
    """True for a folder of a practice box."""
    return (folder / MARK).exists()


def check_kind(folder: Path, settings: Settings) -> None:
    """Raises Misconfigured where a real box was to open a practice folder, or a practice box one that is not marked."""
    if settings.is_practice and not is_marked(folder):
        raise Misconfigured(setting="is_practice", why="only a folder that was made for practice may be opened as one", file=folder / FILE)
    if is_marked(folder) and not settings.is_practice:
        raise Misconfigured(setting="is_practice", why=f"{MARK} says that this folder is for practice; choose another", file=folder / FILE)


def write_scene(folder: Path, scene: Scene) -> None:
    """Before the practice box starts."""
    write_whole(folder / SCENE, msgspec.json.encode(scene))


def read_scene(folder: Path) -> Scene:
    """An empty one where nothing stands: then nothing can be broken."""
    try:
        return msgspec.json.decode((folder / SCENE).read_bytes(), type=Scene)
    except (OSError, msgspec.DecodeError):
        return Scene()
