"""A folder instead of a printer: another program, or a person, prints what appears there. The file that is whole is the proof."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from tideover.disk import write_whole
from tideover.errors import FolderUnusable
from tideover.ports import PrintAnswer

NAME_LENGTH_MAX = 60


class Folder:
    """Takes each job as a file of its own."""

    timeout_s = 20.0

    def __init__(self, folder: Path) -> None:
        self.name, self._folder = str(folder), folder

    async def send(self, path: Path, title: str) -> PrintAnswer:
        """Put it there under a name of its own; there already is there."""
        stem = re.sub(r"[^\w]+", "-", title).strip("-")[:NAME_LENGTH_MAX] or "paper"
        number = f"{stem}-{path.stem}.pdf"
        try:
            await asyncio.to_thread(lambda: write_whole(self._folder / number, path.read_bytes()))
        except FolderUnusable as error:
            return PrintAnswer("away", why=error.message)
        except OSError as error:
            return PrintAnswer("away", why=f"{path.name}: {error.strerror}")
        return PrintAnswer("confirmed", number)

    async def ask(self, number: str) -> PrintAnswer:
        """It is whole as soon as it is there; taken away means printed by whoever takes from here."""
        return PrintAnswer("confirmed", number)
