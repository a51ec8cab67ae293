"""Pulls one dataset from a cloud into its copy: pages to rows, each page checked before it is believed.

A pull that fails (no answer, a log-in page, a looping cursor, an endless list, wrong types, far too
few rows) leaves the last good copy as it is. What looks odd but does no harm becomes a finding.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

from msgspec import Struct

from tideover.copies.store import Applied, Copies
from tideover.errors import CloudSilent, Misconfigured, TideoverError, Unavailable
from tideover.model.finding import Finding
from tideover.model.item import RECORDS, Dataset
from tideover.ports import PAGE_ROWS_MAX, PAGES_MAX, Page, Source
from tideover.world import World, from_ms

CODE_LENGTH_MAX = 200
ROWS_MAX = 1_000_000  # Records of one pull; ten times the largest shop we know.
EMPTY_SUSPECT_MIN = 20  # A copy of that many that becomes an empty list is not believed without the cloud's count.
SHORT_SHARE = 0.9  # Fewer than this share of what the cloud counts: the list was cut off.
NAMED_MAX = 10  # Codes named in one finding; more would not be read.


class Pulled(Struct, frozen=True):
    """What one pull brought."""

    dataset: Dataset
    whole: bool
    seen: int  # Rows the cloud sent, overlap included.
    applied: Applied
    findings: tuple[Finding, ...] = ()


async def pull(dataset: Dataset, source: Source, copies: Copies, world: World, whole: bool = False, owner: str = "owner") -> Pulled:
    """Bring the copy up to date; `whole` reads everything and finds what pulls by cursor missed.

    owner: who owns the findings.
    Raises Unavailable or Misconfigured (LoginRefused) after noting it at the copy, which stays as it was.
    """
    started = world.now()
    try:
        before = copies.state(dataset)
        if not whole and before.cursor is not None:
            return await _Pull(dataset, source, copies, started, owner).changes(before.cursor)
        caught_up = None
        if before.cursor is not None and before.failures == 0:
            caught_up = await _Pull(dataset, source, copies, started, owner).changes(before.cursor)
        return await _Pull(dataset, source, copies, started, owner).everything(caught_up)
    except (Unavailable, Misconfigured) as error:
        await copies.failed(dataset, why_of(error))
        raise


def why_of(error: TideoverError) -> str:
    """What a screen says about the copy: what happened, and what a person does."""
    return f"{error.message} {error.hint}"


class _Pull:
    """One pass over the pages of one dataset."""

    def __init__(self, dataset: Dataset, source: Source, copies: Copies, started: datetime, owner: str) -> None:
        self._dataset, self._source, self._copies = dataset, source, copies
        self._as_of, self._owner = started, owner
        self._seen = self._pages = 0
        self._passed: set[str | None] = set()
        self._findings: list[Finding] = []

    async def changes(self, cursor: str) -> Pulled:
        """What changed since `cursor`; each page is kept with its cursor, so a broken pull goes on from there."""
        page = await self._next(cursor, whole=False)
        if page.whole:
            return await self._gather(page, whole=False, caught_up=None)
        parts = [await self._keep(page)]
        while page.more:
            page = await self._next(page.cursor, whole=False)
            parts.append(await self._keep(page))
        return self._pulled(False, _summed(parts))

    async def everything(self, caught_up: Pulled | None) -> Pulled:
        """All there is, gathered beside and swapped in; `caught_up`: the pull of changes just before, if one was made."""
        return await self._gather(await self._next(None, whole=True), whole=True, caught_up=caught_up)

    async def _gather(self, page: Page, whole: bool, caught_up: Pulled | None) -> Pulled:
        """Gather from this first page to the last; a source that knows no changes comes here unasked."""
        await self._copies.begin_whole(self._dataset)
        while page.more:
            # The cloud makes the next page while this one is written.
            _, page = await asyncio.gather(self._copies.gather(self._dataset, page), self._next(page.cursor, whole))
        await self._copies.gather(self._dataset, page)
        return await self._finish(page.cursor, self._copies.gathered(self._dataset), caught_up)

    async def _keep(self, page: Page) -> Applied:
        return await self._copies.apply(self._dataset, page, None if page.more else self._as_of)

    async def _finish(self, cursor: str, count: int, caught_up: Pulled | None) -> Pulled:
        counted = await self._source.count(self._dataset)
        self._check_length(count, counted)
        applied = await self._copies.swap_in(self._dataset, cursor, self._as_of)
        missed = applied.added + applied.changed + applied.removed
        if caught_up is not None and not caught_up.whole and missed:
            text = f"The nightly check of {self._dataset} found {missed} records that pulls by the cloud's cursor had missed."
            self._find("copy-drift", text)
        if counted is not None and counted != count:
            await self._count_again(cursor)
        return self._pulled(True, applied)

    def _check_length(self, count: int, counted: int | None) -> None:
        held = self._copies.state(self._dataset).count
        if counted is not None and count < counted * SHORT_SHARE:
            raise self._unbelievable(f"it sent {count} {self._dataset} of the {counted} it says it has")
        if counted is None and count == 0 and held >= EMPTY_SUSPECT_MIN:
            raise self._unbelievable(f"it sent an empty list of {self._dataset}, where {held} were before")

    async def _count_again(self, cursor: str) -> None:
        """Something may have changed while the list was read: catch up, then count once more."""
        page = await self._next(cursor, whole=False)
        while page.more and not page.whole:
            await self._keep(page)
            page = await self._next(page.cursor, whole=False)
        if not page.whole:
            await self._keep(page)
        counted, held = await self._source.count(self._dataset), self._copies.state(self._dataset).count
        if counted is not None and counted != held:
            self._find("copy-count", f"The cloud counts {counted} {self._dataset}, but its list held {held}.")

    async def _next(self, cursor: str | None, whole: bool) -> Page:
        """The page after `cursor`, checked. Raises CloudSilent if the list cannot be believed."""
        page = self._checked(await self._source.pull(self._dataset, cursor, whole))
        self._passed.add(cursor)
        self._pages += 1
        if page.more and page.cursor in self._passed:
            raise self._unbelievable(f"its list of {self._dataset} goes round in circles at {page.cursor[:40]!r}")
        if page.more and self._pages >= PAGES_MAX:
            raise self._unbelievable(f"its list of {self._dataset} does not end within {PAGES_MAX} pages")
        return page

    def _checked(self, page: Page) -> Page:
        """The page without rows that no copy can hold. Raises CloudSilent if it is not a page of this dataset."""
        if not page.cursor:
            raise self._unbelievable(f"its list of {self._dataset} has no cursor")
        if len(page.rows) > PAGE_ROWS_MAX:
            raise self._unbelievable(f"one page of {self._dataset} holds {len(page.rows)} rows, more than {PAGE_ROWS_MAX}")
        self._seen += len(page.rows)
        if self._seen > ROWS_MAX:
            raise self._unbelievable(f"its list of {self._dataset} is longer than {ROWS_MAX} rows")
        if {type(row) for row in page.rows} - {RECORDS[self._dataset]}:
            raise self._unbelievable(f"it sent something else where {self._dataset} were asked for")
        if page.as_of_ms is not None:
            self._as_of = min(self._as_of, from_ms(page.as_of_ms))
        codes = {row.code for row in page.rows}
        unusable = {code for code in codes if not _is_code(code)}
        self._look_for_oddities(page, len(codes), unusable)
        return page if not unusable else _with_rows(page, tuple(row for row in page.rows if row.code not in unusable))

    def _look_for_oddities(self, page: Page, codes: int, unusable: set[str]) -> None:
        first: dict[str, Struct] = {}
        if codes < len(page.rows) and (twice := sorted({row.code for row in page.rows if first.setdefault(row.code, row) != row})):
            text = f"{len(twice)} codes stand twice in the cloud's {self._dataset}; the later one is used: {_named(twice)}."
            self._find("duplicate-code", text)
        if bad := [repr(row.code[:40]) for row in page.rows if row.code in unusable]:
            self._find("bad-record", f"{len(bad)} of the cloud's {self._dataset} have no usable code and are left out: {_named(bad)}.")
        if page.faults:
            self._find("copy-faults", f"{len(page.faults)} rows of {self._dataset} could not be read. {' '.join(page.faults[:NAMED_MAX])}")

    def _find(self, code: str, text: str) -> None:
        key = f"{code}:{self._dataset}"
        if all(one.key != key for one in self._findings):
            self._findings.append(Finding(code=code, text=text[:1_000], owner=self._owner, key=key))

    def _unbelievable(self, why: str) -> CloudSilent:
        return CloudSilent(who=self._source.manifest.title, why=why)

    def _pulled(self, whole: bool, applied: Applied) -> Pulled:
        return Pulled(dataset=self._dataset, whole=whole, seen=self._seen, applied=applied, findings=tuple(self._findings))


def _is_code(code: str) -> bool:
    return bool(code.strip()) and len(code) <= CODE_LENGTH_MAX


def _with_rows(page: Page, rows: tuple[Struct, ...]) -> Page:
    return Page(
        rows=rows,
        cursor=page.cursor,
        more=page.more,
        removed=page.removed,
        unread=page.unread,
        faults=page.faults,
        whole=page.whole,
        as_of_ms=page.as_of_ms,
    )


def _named(codes: list[str]) -> str:
    more = f" and {len(codes) - NAMED_MAX} more" if len(codes) > NAMED_MAX else ""
    return ", ".join(codes[:NAMED_MAX]) + more


def _summed(parts: list[Applied]) -> Applied:
    last = parts[-1]
    return Applied(
        added=sum(one.added for one in parts),
        changed=sum(one.changed for one in parts),
        removed=sum(one.removed for one in parts),
        count=last.count,
        hash=last.hash,
    )
