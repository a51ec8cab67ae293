"""What the box asks of the process that lays out and presses papers, and what it answers: heavy work stays away from the tills."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from msgspec import Struct

from tideover.kit.jobs import Paper

NICE = 10  # Whatever makes papers gives way to the tills.


class ToPress(Struct, frozen=True):
    """One paper as a file."""

    artefact: str
    path: str  # Where it is put.
    copy: str = ""  # Id of the copy; its short form stands on each page.


class ToLock(Struct, frozen=True):
    """A pocket kit."""

    language: str
    phrase: str
    copy: str  # Id of the copy.
    boxes: tuple[str, ...] = ()


class Wish(Struct, frozen=True):
    """One piece of work."""

    folder: str  # The data directory; it is only read.
    now_ms: int
    kinds: tuple[str, ...] = ()  # Say what these papers say now …
    languages: tuple[str, ...] = ()  # … in these languages.
    press: tuple[ToPress, ...] = ()
    lock: ToLock | None = None
    wants_prices: bool = False  # The prices of now, packed.
    wants_ranking: bool = False  # What sells best now, packed.


class Pressed(Struct, frozen=True):
    """A file that was made; no pages: that paper is made no more."""

    artefact: str
    content: str
    title: str
    pages: int
    as_of: str


class Done(Struct, frozen=True):
    """What came of it."""

    papers: tuple[Paper, ...] = ()
    pressed: tuple[Pressed, ...] = ()
    locked: bytes = b""  # The pocket kit; `pressed` tells of it.
    prices: bytes = b""
    ranking: bytes = b""


Work = Callable[[Wish], Awaitable[Done]]  # Raises Unavailable when the process did not answer.
