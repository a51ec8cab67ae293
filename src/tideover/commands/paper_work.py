"""The process that lays out and presses papers for a running box: one wish on standard input, one answer on standard output.

Opens the data directory for reading only. Gives way to everything else on the machine.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from tideover.commands.matter import matter_of
from tideover.commands.reading import opened
from tideover.disk import write_whole
from tideover.errors import TideoverError
from tideover.kit.copies import kind_of, language_of, short_of
from tideover.kit.jobs import Paper, packed, ranking
from tideover.kit.make import count_pages, framed
from tideover.kit.matter import Matter
from tideover.kit.papers import sheets
from tideover.kit.pocket import Maker, lock, pocket_sheet
from tideover.kit.press import Press
from tideover.kit.sheet import Sheet
from tideover.kit.work import NICE, Done, Pressed, ToLock, ToPress, Wish
from tideover.world import from_ms, real_world


def main() -> None:
    """Exit 0 with an answer; 1 with a line on standard error."""
    with suppress(OSError):
        os.nice(NICE)
    wish = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Wish)
    try:
        sys.stdout.buffer.write(msgspec.msgpack.encode(work(wish)))
    except TideoverError as error:
        sys.exit(f"{error.message} {error.hint}")


def work(wish: Wish) -> Done:
    """Raises what opening and making raise."""
    at = from_ms(wish.now_ms)
    with opened(Path(wish.folder), real_world()) as found:
        fresh = matter_of(found, Path(wish.folder), at)
        kept = ranking(found.copies.database)
    matter = fresh if kept is None or wish.wants_ranking else replace(fresh, sold=kept)
    papers = tuple(Paper(one.artefact, one.content, one.title, one.as_of) for one in sheets(matter, wish.kinds, wish.languages))
    locked, body = _lock(matter, wish.lock) if wish.lock is not None else ((), b"")
    return Done(
        papers=papers,
        pressed=(*(_press(matter, wish.press) if wish.press else ()), *locked),
        locked=body,
        prices=packed({one.code: one.unit_price for one in matter.items}) if wish.wants_prices else b"",
        ranking=packed(dict(fresh.sold)) if wish.wants_ranking else b"",
    )


def _press(matter: Matter, wishes: Collection[ToPress]) -> Iterator[Pressed]:
    wanted: Any = {one.artefact for one in wishes}
    kinds: Any = sorted({kind_of(artefact) for artefact in wanted})
    languages = sorted({language_of(artefact) for artefact in wanted})
    found = {one.artefact: one for one in sheets(matter, kinds, languages) if one.artefact in wanted}
    today = datetime(matter.today.year, matter.today.month, matter.today.day, tzinfo=UTC)
    with tempfile.TemporaryDirectory(prefix="tideover-") as folder:
        press = Press(Path(folder) / "fonts")
        for one in wishes:
            yield _one(press, found.get(one.artefact), one, today)


def _lock(matter: Matter, wish: ToLock) -> tuple[tuple[Pressed, ...], bytes]:
    sheet = framed(pocket_sheet(matter, wish.language), matter)
    body = lock(matter, sheet, Maker(phrase=wish.phrase, chance=real_world().secret_bytes, copy=wish.copy, boxes=wish.boxes))
    return (Pressed(sheet.artefact, sheet.content, sheet.title, 1, sheet.as_of),), body


def _one(press: Press, sheet: Sheet | None, wish: ToPress, today: datetime) -> Pressed:
    if sheet is None:
        return Pressed(wish.artefact, "", "", 0, "")
    body = press.pdf(replace(sheet, copy=short_of(wish.copy) if wish.copy else ""), today)
    write_whole(Path(wish.path), body, 0o600)
    return Pressed(wish.artefact, sheet.content, sheet.title, count_pages(body), sheet.as_of)


if __name__ == "__main__":
    main()
