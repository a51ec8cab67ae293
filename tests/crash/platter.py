"""What a disk may hold after the power went at some event of a tape.

What was synced is there. Of what was written since, any part is there: a write, a new size, a new name or a
deletion each reached the disk or not, and a write that did may have done so for some of its sectors only.
Where a file grew without its bytes, there is rubbish.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

from crash.tape import Event, Tape

SECTOR = 512
KEPT = (0.0, 0.1, 0.5, 0.9, 1.0)  # Chances, one for each cut, that something unsynced reached the disk all the same.
TORN = (0.0, 0.2, 1.0)  # And that a write which did is torn.

Fact = tuple[Any, ...]


class Platter:
    """The disk while a tape is played."""

    def __init__(self, tape: Tape, is_off: bool = False) -> None:
        """is_off: no sync reaches it, as under synchronous=OFF, or on a disk that lies."""
        self._is_off = is_off
        self._bytes = {tape_number: bytearray(content) for tape_number, content in enumerate(tape.before.values())}
        self._names = {name: number for number, name in enumerate(tape.before)}
        self._unsynced: dict[int, list[Event]] = {}
        self._unsynced_names: list[Event] = []
        self.facts: list[Fact] = []

    def play(self, events: list[Event]) -> None:
        for event in events:
            match event[0]:
                case "write" | "size":
                    self._unsynced.setdefault(event[1], []).append(event)
                case "sync" if not self._is_off:
                    for one in self._unsynced.pop(event[1], ()):
                        _carry_out(self._content(event[1]), one)
                case "names" if not self._is_off:
                    for one in self._unsynced_names:
                        self._rename(one)
                    self._unsynced_names.clear()
                case "link" | "unlink" | "rename":
                    self._unsynced_names.append(event)
                case "fact":
                    self.facts.append(event[1:])

    def _content(self, file: int) -> bytearray:
        return self._bytes.setdefault(file, bytearray())

    def _rename(self, event: Event) -> None:
        match event:
            case "link", name, file:
                self._names[name] = file
            case "unlink", name, file:
                if self._names.get(name) == file:
                    del self._names[name]
            case "rename", name, target, file:
                if self._names.get(name) == file:
                    del self._names[name]
                self._names[target] = file

    def cut(self, chance: random.Random) -> dict[str, bytes]:
        """The power is gone: what is left, by name."""
        kept, torn = chance.choice(KEPT), chance.choice(TORN)
        for event in self._unsynced_names:
            if chance.random() < kept:
                self._rename(event)
        for file, events in self._unsynced.items():
            content = self._content(file)
            for event in events:
                if chance.random() < kept:
                    _carry_out(content, event, chance if chance.random() < torn else None)
        return {name: bytes(self._content(file)) for name, file in self._names.items()}


def _carry_out(content: bytearray, event: Event, torn: random.Random | None = None) -> None:
    """One change of a file's bytes; torn: only some of its sectors."""
    if event[0] == "size":
        del content[event[2] :]
        content.extend(bytes(event[2] - len(content)))
        return
    _, _, offset, data = event
    if torn is None:
        _put(content, offset, data)
        return
    at = 0
    while at < len(data):
        end = min(len(data), at + SECTOR - (offset + at) % SECTOR)
        if torn.random() < 0.5:
            _put(content, offset + at, data[at:end], torn)
        at = end


def _put(content: bytearray, offset: int, data: bytes, rubbish: random.Random | None = None) -> None:
    hole = offset - len(content)
    if hole > 0:
        content.extend(bytes(hole) if rubbish is None else rubbish.randbytes(hole))
    content[offset : offset + len(data)] = data


def cut(tape: Tape, at: int, chance: random.Random, is_off: bool = False) -> tuple[dict[str, bytes], list[Fact]]:
    """What is left when the power goes after so many events, and the facts that had happened by then."""
    platter = Platter(tape, is_off)
    platter.play(tape.events[:at])
    return platter.cut(chance), platter.facts


def lay_out(files: dict[str, bytes], folder: Path) -> None:
    """Make the folder hold exactly these files."""
    for name in os.listdir(folder):
        os.unlink(folder / name)
    for name, content in files.items():
        with open(folder / name, "wb", buffering=0) as file:
            file.write(content)
