"""A small cloud in memory with a version counter, as a Source; it can be told to misbehave."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from msgspec import Struct

from tideover.errors import CloudSilent
from tideover.model.answer import CloudDocument
from tideover.model.item import Dataset
from tideover.model.manifest import Manifest
from tideover.ports import Page

MANIFEST = Manifest(
    name="small",
    title="Small Cloud",
    hands="interface",
    quality="bronze",
    window=timedelta(0),
    settle=None,
    concurrent_max=1,
    calls_per_s_max=10,
    once="Not at all: it only shows lists.",
)


class SmallCloud:
    """Rows by version; the cursor is the version read so far, and `overlap` versions are shown again."""

    def __init__(self, page_rows: int = 2, overlap: int = 1) -> None:
        self.manifest = MANIFEST
        self.page_rows, self.overlap = page_rows, overlap
        self.version = 0
        self.rows: dict[str, tuple[int, Struct | None]] = {}
        self.counted: int | str | None = "right"
        self.calls: list[tuple[Dataset, str | None, bool]] = []
        self.misbehave: Callable[[Page], Page] | None = None
        self.silent_after: int | None = None

    def put(self, *records: Struct) -> None:
        for record in records:
            self.version += 1
            self.rows[record.code] = (self.version, record)

    def put_unseen(self, record: Struct) -> None:
        """A late commit with an old version: pulls by cursor never show it."""
        self.rows[record.code] = (0, record)

    def remove(self, code: str) -> None:
        self.version += 1
        self.rows[code] = (self.version, None)

    async def pull(self, dataset: Dataset, cursor: str | None, whole: bool = False) -> Page:
        self.calls.append((dataset, cursor, whole))
        if self.silent_after is not None and len(self.calls) > self.silent_after:
            raise CloudSilent(who="Small Cloud", why="no answer in 10 s")
        start = -1 if cursor is None else int(cursor)
        after = start - self.overlap if cursor is not None and not whole else start
        newer = ((version, code, record) for code, (version, record) in self.rows.items() if version > after)
        found = sorted(newer, key=lambda one: one[:2])
        shown = [one for one in found if one[0] <= start] + [one for one in found if one[0] > start][: self.page_rows]
        last = max([start, 0, *(version for version, _, _ in shown)])
        page = Page(
            rows=tuple(record for _, _, record in shown if record is not None),
            removed=tuple(code for _, code, record in shown if record is None),
            cursor=str(last),
            more=len(shown) < len(found),
        )
        return self.misbehave(page) if self.misbehave else page

    async def count(self, dataset: Dataset) -> int | None:
        right = sum(record is not None for _, record in self.rows.values())
        return right if self.counted == "right" else self.counted  # type: ignore[return-value]

    async def day(self, trading_day: str) -> Sequence[CloudDocument]:
        return ()
