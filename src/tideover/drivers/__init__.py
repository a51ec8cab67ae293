"""What stands in the shop beside the box, each optional: printers so far. Each implements a protocol of ports.py."""

from __future__ import annotations

from pathlib import Path

from tideover.drivers.cups import Cups
from tideover.drivers.folder import Folder
from tideover.ports import Printer
from tideover.world import World

FOLDER = "folder:"


def printer_of(name: str, world: World) -> Printer | None:
    """The printer of the settings; None where a person prints."""
    if not name.strip():
        return None
    return Folder(Path(name.removeprefix(FOLDER))) if name.startswith(FOLDER) else Cups(name.strip(), world)
