"""What the web needs of the box: exactly the calls that its routes make, and no more.

The box's composition root hands in an object of this shape; nothing here is implemented.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from msgspec import Struct

from tideover.errors import TideoverError
from tideover.journal.entry import Kept
from tideover.secret import Secrets
from tideover.settings import Settings
from tideover.world import World


class Appended(Protocol):
    """What the journal said to one entry."""

    answer: str  # created, exists, differs.
    id: str
    seq: int | None
    head: str


class Journal(Protocol):
    """The facts; see journal/store.py."""

    is_writable: bool
    broken: TideoverError | None

    async def append_batch(self, pairs: Sequence[tuple[bytes, bytes]]) -> Sequence[Appended | TideoverError]: ...
    async def record(self, kind: str, body: Struct, *, refers_to: str | None = None, operator: str | None = None) -> Appended: ...
    def head(self) -> Any: ...
    def read(self, after: int = 0, kinds: Sequence[str] | None = None, limit: int = 1000) -> list[Kept]: ...
    def find(self, id: str) -> Kept | None: ...
    def tills(self) -> Iterable[Mapping[str, Any]]: ...
    def next_seq(self, till: str) -> int: ...
    async def witness(self, till: str, head: str) -> None: ...
    def on_append(self, bell: Callable[[], None]) -> None: ...


class House(Protocol):
    """The open box, as the web sees it."""

    folder: Path  # The data directory.
    world: World
    settings: Settings
    secrets: Secrets
    journal: Journal
    copies: Any
    plan: Any
    counter: Any
    watch: Any
    fallback: Any
    outbox: Any
    in_flight: Any
    close: Any
