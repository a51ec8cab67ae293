"""Presses many pages beside each other: worker processes take one booklet at a time and are replaced before they grow large.

The press keeps in memory what it has set, so each worker makes it forget after every few booklets; and this process holds a
booklet only while it hands it on.
Whoever stops asking for more ends the workers; a worker that dies ends the work with a plain reason.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from io import BytesIO
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from tideover.errors import BadRecord, Unavailable
from tideover.kit.press import Press
from tideover.kit.sheet import Lack, Pressed, Sheet

HANDS_MAX = 2  # Each needs 150 MB.
ROWS_PER_HAND = 20_000  # After these a fresh one takes its place: a guard, since each forgets what it set.
ROWS_HELD = 2_000  # After these a worker forgets what it set: forgetting costs as much time as a tenth of a booklet.
ROWS_ALONE = 600  # So little is pressed here, without any worker.
PATIENCE_S = 5.0  # For a worker to end.

Tell = Callable[[str], None]


def press_sheet(press: Press, sheet: Sheet, at: datetime) -> Pressed:
    """One booklet as a tagged PDF. Raises BadRecord, also where it has other pages than were reckoned."""
    import pikepdf

    body = press.pdf(sheet, at)
    with pikepdf.open(BytesIO(body)) as document:
        pages = len(document.pages)
    if pages != len(sheet.data["pages"]):
        raise BadRecord(what="sheet", why=f"{sheet.name}: {pages} pages where {len(sheet.data['pages'])} were reckoned")
    what = {"kind": sheet.kind, "name": sheet.name, "title": sheet.title, "language": sheet.language}
    return Pressed(**what, body=body, pages=pages, rows=sheet.rows, as_of=sheet.as_of)


def press_all(sheets: Iterable[Sheet | Lack], press: Press, at: datetime, tell: Tell, *, rows: int) -> Iterator[Pressed | Lack]:
    """Every sheet pressed, in their order; lacks are handed on. rows: about how many there are in all.

    Raises BadRecord, Unavailable (a worker died).
    """
    if rows <= ROWS_ALONE:
        for one in sheets:
            if isinstance(one, Sheet):
                tell(one.title)
            yield press_sheet(press, one, at) if isinstance(one, Sheet) else one
        return
    crew = _Crew(press, at, min(HANDS_MAX, cores()))
    try:
        yield from crew.work(iter(sheets), tell)
    finally:
        crew.end()


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Hand:
    """A worker process and the line to it."""

    def __init__(self, press: Press, at: datetime) -> None:
        context = get_context("spawn")
        self.line, theirs = context.Pipe()
        self.process: SpawnProcess = context.Process(target=_take_sheets, args=(theirs, press.fonts, press.templates, at), daemon=True)
        self.process.start()
        theirs.close()
        self.rows = 0
        self.sheet: tuple[int, str] | None = None  # Its place in the order, and its title.

    def give(self, place: int, sheet: Sheet) -> None:
        self.sheet, self.rows = (place, sheet.title), self.rows + sheet.rows
        with suppress(BrokenPipeError):  # It has died: waiting for its answer tells so.
            self.line.send(sheet)

    def end(self) -> None:
        self.line.close()  # An idle one ends by itself.
        if self.sheet is not None:
            self.process.terminate()
        self.process.join(PATIENCE_S)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()
        self.process.close()


class _Crew:
    """The workers of one run."""

    def __init__(self, press: Press, at: datetime, hands: int) -> None:
        self._press, self._at, self._most = press, at, hands
        self._hands: list[_Hand] = []

    def work(self, sheets: Iterator[Sheet | Lack], tell: Tell) -> Iterator[Pressed | Lack]:
        """Keeps every hand busy; hands results on in the sheets' order."""
        ready: dict[int, Pressed | Lack] = {}
        waiting: deque[int] = deque()
        given, ahead = 0, next(sheets, None)  # One ahead, so that no hand waits for it to be laid out.
        while ahead is not None or waiting:
            while ahead is not None and len(waiting) <= 2 * self._most:
                if isinstance(ahead, Lack):
                    ready[given] = ahead
                elif (hand := self._idle()) is None:
                    break
                else:
                    hand.give(given, ahead)
                waiting.append(given)
                given, ahead = given + 1, next(sheets, None)
            if waiting[0] not in ready:
                self._collect(ready, tell)
            while waiting and waiting[0] in ready:
                yield ready.pop(waiting.popleft())

    def _idle(self) -> _Hand | None:
        """A worker that waits for a sheet: one that is here, a fresh one, or None while all are busy."""
        for hand in [one for one in self._hands if one.sheet is None]:
            if hand.rows < ROWS_PER_HAND:
                return hand
            self._hands.remove(hand)
            hand.end()
        if len(self._hands) < self._most:
            self._hands.append(_Hand(self._press, self._at))
            return self._hands[-1]
        return None

    def _collect(self, ready: dict[int, Pressed | Lack], tell: Tell) -> None:
        """Wait for an answer. Raises what the worker raised, or Unavailable if it is gone."""
        lines = {hand.line: hand for hand in self._hands if hand.sheet is not None}
        for line in wait(list(lines)):
            hand = lines[line]  # type: ignore[index]
            assert hand.sheet is not None
            place, title = hand.sheet
            answer = _answer(hand, title)
            hand.sheet = None
            if isinstance(answer, str):
                raise BadRecord(what="sheet", why=answer)
            ready[place] = answer
            tell(title)

    def end(self) -> None:
        """Ends every worker, busy or not."""
        while self._hands:
            self._hands.pop().end()


def _answer(hand: _Hand, title: str) -> Any:
    """A Pressed, or why there is none. Raises Unavailable."""
    try:
        return hand.line.recv()
    except (EOFError, ConnectionResetError):
        hand.process.join(PATIENCE_S)
        why = f"its worker ended with code {hand.process.exitcode} at '{title}'; is there memory left? Nothing was replaced"
        raise Unavailable(who="The press", why=why) from None


def _take_sheets(line: Connection, fonts: Path, templates: Path, at: datetime) -> None:
    """A worker: presses what comes down the line until that is closed; also when whoever gave the work is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who asked; it ends us.
    press = Press(fonts, templates)
    held = 0
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            sheet = line.recv()
            try:
                line.send(press_sheet(press, sheet, at))
            except BadRecord as error:
                line.send(str(error.facts["why"]))
            held += sheet.rows
            if held >= ROWS_HELD:
                press.forget()
                held = 0
