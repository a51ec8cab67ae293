"""Receipts through something that takes files: a raw queue of CUPS, or the printer of the kit's papers as a page of its own.

The file lives only while it is handed over. Never decides where a receipt goes.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from tideover.disk import passing, remove, write_whole
from tideover.drivers import escpos, receipt_page
from tideover.drivers.cups import Cups
from tideover.drivers.escpos import Profile
from tideover.errors import BadRecord, FolderUnusable
from tideover.model.receipt import Slip
from tideover.ports import PrintAnswer, Printer, PrinterLook
from tideover.world import World

PAGE_WIDTH = 48  # Characters on a receipt that is printed on an office page.
NOT_ASKED = PrinterLook(None, "it cannot be asked")


class CupsReceipts:
    """A raw queue: it takes the printer's own language, and knows when it has passed it on, not whether paper came out."""

    def __init__(self, queue: Cups, profile: Profile, folder: Path, world: World) -> None:
        """queue: a raw one. folder: the data directory."""
        self.name, self.width, self.timeout_s = queue.name, profile.width, queue.timeout_s + 5
        self._queue, self._profile, self._folder, self._world = queue, profile, folder, world

    async def look(self) -> PrinterLook:
        return NOT_ASKED

    async def send(self, slip: Slip, title: str) -> PrintAnswer:
        content = escpos.document(slip, _silent(self._profile), "")
        return await _handed(self._folder, f"{self._world.new_id()}.bin", content, self._queue, title)

    async def ask(self, number: str) -> PrintAnswer:
        """Out of the queue is handed over: nobody says more."""
        answer = await self._queue.ask(number)
        return PrintAnswer("sent") if answer.word == "confirmed" else answer


class OfficeReceipts:
    """A receipt as a page of the office printer."""

    width = PAGE_WIDTH

    def __init__(self, printer: Printer, folder: Path, world: World) -> None:
        """printer: of the kit's papers. folder: the data directory."""
        self.name, self.timeout_s = printer.name, printer.timeout_s + 15
        self._printer, self._folder, self._world = printer, folder, world

    async def look(self) -> PrinterLook:
        return NOT_ASKED

    async def send(self, slip: Slip, title: str) -> PrintAnswer:
        try:
            content = await asyncio.to_thread(receipt_page.pdf, slip)
        except BadRecord as error:
            return PrintAnswer("away", why=error.message)
        return await _handed(self._folder, f"{self._world.new_id()}.pdf", content, self._printer, title)

    async def ask(self, number: str) -> PrintAnswer:
        return await self._printer.ask(number)


def _silent(profile: Profile) -> Profile:
    """The same printer behind a queue: what it says back reaches nobody."""
    return Profile(**{name: getattr(profile, name) for name in profile.__struct_fields__} | {"confirms": ""})


async def _handed(folder: Path, name: str, content: bytes, printer: Printer, title: str) -> PrintAnswer:
    try:
        path = passing(folder, name)
        await asyncio.to_thread(write_whole, path, content, 0o600)
    except FolderUnusable as error:
        return PrintAnswer("away", why=error.message)
    try:
        return await printer.send(path, title)
    finally:
        remove(path)
