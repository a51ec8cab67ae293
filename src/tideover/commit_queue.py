"""What waits for the writer of a database, and which of it is committed together."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from itertools import chain
from typing import Any, Literal, NamedTuple, TypeVar

import apsw

T = TypeVar("T")
Work = Callable[[apsw.Connection], T]
Sync = Literal["now", "soon", "later"]  # When it has to be on the disk: see Database.submit.

GROUP_MAX = 256  # Works committed together; beyond this the first would wait for the last too long.
PATIENCE_S = 0.02  # So long "soon" waits for a work that needs the disk now …
PATIENCE_TIMES = 32  # … counted anew so often, where something comes that does not.
PATIENTS_MAX = 8  # So many that wait are company enough.


class Submitted(NamedTuple):
    """A piece of work, and who hears how it ended."""

    work: Work[Any]
    future: Future[Any]
    sync: Sync


class CommitQueue:
    """Filled by any thread, emptied by the one that writes."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[Submitted | None] = queue.SimpleQueue()

    def put(self, one: Submitted | None) -> None:
        """None: the end; nothing comes after it."""
        self._waiting.put(one)

    def groups(self) -> Iterator[tuple[Iterable[Submitted], bool]]:
        """What is committed together, and whether that waits for the disk; until the end.

        Who needs the disk now takes all others along. What needs no sync is not kept waiting for one, and the patient wait for company.
        """
        patient: list[Submitted] = []
        patience, is_over = PATIENCE_TIMES, False
        while not is_over:
            group, is_over = self._gather(PATIENCE_S if patient else None)
            if group and group[-1].sync != "now" and patience:
                patience -= bool(patient)
                patient += [one for one in group if one.sync == "soon"]
                if later := [one for one in group if one.sync == "later"]:
                    yield later, False
                group = []
                if len(patient) < PATIENTS_MAX:
                    continue
            if patient or group:
                yield chain(patient, group, self._coming()), True
                patient, patience = [], PATIENCE_TIMES

    def _gather(self, patience_s: float | None) -> tuple[list[Submitted], bool]:
        """What waits, up to the first that needs the disk now, and whether the end came; nothing if none came in that time."""
        try:
            one = self._waiting.get(timeout=patience_s)
        except queue.Empty:
            return [], False
        group: list[Submitted] = []
        while one is not None:
            group.append(one)
            if one.sync == "now" or len(group) == GROUP_MAX:
                break
            one = self._next()
        return group, not group

    def _coming(self) -> Iterator[Submitted]:
        """What is queued by the time those before it are carried out: who comes until then waits for one sync alone."""
        for _ in range(GROUP_MAX):
            if (one := self._next()) is None:
                return
            yield one

    def _next(self) -> Submitted | None:
        try:
            one = self._waiting.get_nowait()
        except queue.Empty:
            return None
        if one is None:
            self._waiting.put(None)  # Nothing comes after it, and `groups` ends on it.
        return one
