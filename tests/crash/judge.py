"""After a cut the box is started again: was everything kept that somebody had been promised?"""

from __future__ import annotations

from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import Any

import apsw

from crash.platter import Fact, lay_out
from crash.shop import NastyCloud, at_work, quick_folder
from tideover.app import House
from tideover.journal.verify import verify_file
from tideover.model.facts import DrawerMove

Files = dict[str, bytes]
SOUND: dict[bytes, None] = {}  # Whole files in which SQLite found no fault, the oldest first.
SOUND_KEPT = 100
FLOAT = DrawerMove(amount_minor=20_000, note="The next sale after the cut")


class Left:
    """The house as it stands after the cut, and the facts of before."""

    def __init__(self, folder: Path, facts: list[Fact], house: House, files: Files) -> None:
        self.folder, self.facts, self.house, self._files = folder, facts, house, files

    @cached_property
    def version(self) -> int:
        """What the tables were when the power was back, before the start mended anything; 0 where there was no journal."""
        return version_of(self._files) if "journal.db" in self._files else 0

    def of(self, what: str) -> list[Fact]:
        """All facts of that name, without it."""
        return [fact[1:] for fact in self.facts if fact[0] == what]

    def last(self, what: str) -> Fact | None:
        found = self.of(what)
        return found[-1] if found else None

    def cloud(self) -> NastyCloud:
        """The house's cloud; it holds what it held when the box's power went."""
        cloud = self.house.cloud
        assert isinstance(cloud, NastyCloud)
        return cloud


def version_of(files: Files) -> int:
    """Looked at in a copy, since looking already mends."""
    with quick_folder() as aside:
        lay_out({name: content for name, content in files.items() if name.startswith("journal.db")}, aside)
        with closing(apsw.Connection(str(aside / "journal.db"))) as connection:
            version: int = connection.pragma("user_version")
    return version


async def nothing_promised_is_lost(left: Left) -> None:
    """Every acknowledged entry with its bytes, the journal no shorter than the last head told, and the next sale is taken."""
    journal = left.house.journal
    assert journal.broken is None, journal.broken
    kept = {one.entry.id: one.signed for one in journal.read(limit=10_000)}
    lost = [id for id, signed in left.of("kept") if kept.get(id) != signed]
    assert [] == lost
    for (head,) in left.of("head"):
        seq, _, hash = head.partition(":")
        [row] = journal.database.rows("SELECT hex(hash) FROM entry WHERE seq = ?", (int(seq),))
        assert hash.upper() == row[0]
    assert "created" == (await journal.record("drawer_float", FLOAT)).answer


def files_are_sound(folder: Path) -> None:
    """SQLite finds no fault in any file, and the journal verifies from its first entry."""
    for path in sorted(folder.glob("*.db")):
        _is_sound(path.read_bytes(), path)
    found = verify_file(folder / "journal.db")
    assert "whole" == found.chain, found.why


def _is_sound(content: bytes, path: Path) -> None:
    """Most cuts leave the same copies, plan and secrets: what SQLite has read through once, byte for byte, it need not read again."""
    is_alone = not any(path.with_name(path.name + more).exists() for more in ("-wal", "-journal"))
    if is_alone and content in SOUND:
        return
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        assert [("ok",)] == connection.execute("PRAGMA integrity_check").fetchall(), path.name
    if is_alone:
        while len(SOUND) >= SOUND_KEPT:
            del SOUND[next(iter(SOUND))]
        SOUND[content] = None


async def start_again(folder: Path, facts: list[Fact], seed: object, judge: Any, files: Files) -> None:
    """The next start of the box, and the judgement."""
    cloud = NastyCloud()
    held = [fact[1] for fact in facts if fact[0] == "cloud"]
    cloud.documents = [list(one) for one in held[-1]]
    with at_work(folder, f"again {seed}", cloud=cloud, hours=1) as house:
        left = Left(folder, facts, house, files)
        await nothing_promised_is_lost(left)
        await judge(left)
    files_are_sound(folder)
