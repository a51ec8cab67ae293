"""Heads kept outside the journal, so that a lost tail is noticed: a shortened chain still fits together.

A small text file per folder (beside the journal, and wherever the owner wants one: a stick, another disk),
one line per head: `SEQ:HEX AT_MS WHO CRC`. Heads are written after their entries are on stable storage, never before.
A till is a witness too, but anybody can write down a number: each head is given out with a proof that only this box
can make, and a head that does not fit the journal counts against the journal only with its proof.
"""

from __future__ import annotations

import hmac
import threading
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from msgspec import Struct

from tideover.disk import in_time
from tideover.errors import BadRecord
from tideover.journal.chain import EMPTY, Head
from tideover.journal.keys import TillKey

FILE = "heads.log"
WITNESS_ENTRIES = 64  # The files get a head at least once in so many entries …
WITNESS_MS = 1_000  # … and at least once in so long, when entries come.
FILE_BYTES_MAX = 256 * 1024  # Then only the last line of each witness is kept: about 2,500 heads.
WHO_LENGTH_MAX = 100
HANGS_MS = 60_000  # A stick that takes longer than this for a line has to be looked at.
PATIENCE_S = 5.0  # So long start and end of the box, and `tideover doctor`, wait for a stick.
LOSSES_AHEAD = 8  # Accepted losses that an old copy of a journal may not know of.
PROOF_OF = "tideover-head-1"  # What the proof's key is made for, and what it is said over.
STRANGE_HEAD = (
    "Till {name} showed a head that this box did not give it: the till was changed, or was once another box's. "
    "Look at the till; if nobody can say why, end its right to sign."
)


class Witnessed(Struct, frozen=True):
    """A head and who saw it."""

    head: Head
    at_ms: int  # UTC.
    who: str  # "box", or the id of a till.


class Prover:
    """Makes and knows the proofs of one box, from its own key: who has the box's secrets has them still after a restore."""

    def __init__(self, key: TillKey) -> None:
        self._secret = key.secret_for(PROOF_OF)

    def proof(self, head: Head, losses: int = 0) -> str:
        """64 lower-case digits (HMAC-SHA-256): this box had that head on stable storage, after so many losses that were accepted."""
        history = f"{PROOF_OF}/{losses}" if losses else PROOF_OF
        return hmac.digest(self._secret, f"{history} {head}".encode(), "sha256").hex()

    def given_after(self, head: Head, proof: str, losses: int) -> int:
        """After how many accepted losses this box gave that head; -1: it did not. Compared in a time that tells nothing.

        losses: how many this journal knows of; a copy from before the last of them may be told of a few more.
        """
        histories = range(losses + LOSSES_AHEAD)
        return next((one for one in histories if hmac.compare_digest(self.proof(head, one).encode(), proof.encode())), -1)


class Heads:
    """The witness files of one journal."""

    def __init__(self, folders: Sequence[Path], waits: bool = True) -> None:
        """folders: the data directory; then a stick or another disk, where there is one.

        waits: False where nobody may wait for those others: they are written beside everything else.
        """
        kinds = [_File, *([_File if waits else _Slow] * (len(folders) - 1))]
        self._files = [kind(folder / FILE) for kind, folder in zip(kinds, folders, strict=True)]

    def keep(self, head: Head, at_ms: int, who: str = "box") -> None:
        """Add a head to each file. A file that cannot be written is named in `missing`; the others hold it."""
        name = "-".join(who.split())[:WHO_LENGTH_MAX] or "unknown"
        for file in self._files:
            file.add(Witnessed(head, at_ms, name))

    @property
    def missing(self) -> list[Path]:
        """Files that did not take the last head: a stick pulled out, or one that hangs."""
        return [file.path for file in self._files if file.is_missing()]

    def all(self) -> list[Witnessed]:
        """The highest head of each witness in each file; torn lines and missing files say nothing."""
        return [one for file in self._files for one in file.highest()]

    def close(self) -> None:
        """Wait a moment for what is still being written."""
        for file in self._files:
            file.close()


class _File:
    """One file, written while its caller waits."""

    def __init__(self, path: Path) -> None:
        self.path, self._failed = path, False
        self._one_at_a_time = threading.Lock()  # The journal's writer keeps heads, and whoever hears a till.

    def add(self, one: Witnessed) -> None:
        with self._one_at_a_time:
            self._write(one)

    def _write(self, one: Witnessed) -> None:
        try:
            _add(self.path, line_of(one))
            self._failed = False
        except OSError:
            self._failed = True

    def is_missing(self) -> bool:
        """Whether it did not take the last head."""
        return self._failed

    def highest(self) -> Iterable[Witnessed]:
        """The highest head of each witness."""
        return _highest(self.path).values()

    def close(self) -> None:
        """Nothing is left to write."""


class _Slow(_File):
    """One on a stick or a share that may hang for minutes: a thread of its own writes it, the newest head of each witness."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._due: dict[str, Witnessed] = {}
        self._begun_ms = 0  # When the head was said that is being written, UTC ms.
        self._thread: threading.Thread | None = None

    def add(self, one: Witnessed) -> None:
        with self._one_at_a_time:
            if one.head.seq >= self._due.get(one.who, one).head.seq:
                self._due[one.who] = one
            if self._thread is None:
                self._begun_ms = one.at_ms
                self._thread = threading.Thread(target=self._write_due, name=str(self.path), daemon=True)
                self._thread.start()

    def _write_due(self) -> None:
        while True:
            with self._one_at_a_time:
                due, self._due = self._due, {}
                if not due:
                    self._thread = None
                    return
                self._begun_ms = min(one.at_ms for one in due.values())
            for one in due.values():
                self._write(one)

    def is_missing(self) -> bool:
        """Also while it has been hanging for a while."""
        with self._one_at_a_time:
            newest_ms = max((one.at_ms for one in self._due.values()), default=0)
            return self._failed or newest_ms - self._begun_ms > HANGS_MS

    def highest(self) -> Iterable[Witnessed]:
        """None while it hangs: a shop has to open."""
        found = in_time(lambda: _highest(self.path), PATIENCE_S)
        self._failed = found is None
        return (found or {}).values()

    def close(self) -> None:
        if (thread := self._thread) is not None:
            thread.join(PATIENCE_S)


class Pace:
    """How often the box's own head goes into the files: a file for each entry would cost more than the entry."""

    def __init__(self, heads: Heads) -> None:
        self._heads, self._last, self._last_ms = heads, EMPTY, 0

    def now_and_then(self, head: Head, now_ms: int) -> None:
        if head.seq - self._last.seq >= WITNESS_ENTRIES or abs(now_ms - self._last_ms) >= WITNESS_MS:
            self.keep(head, now_ms)

    def keep(self, head: Head, now_ms: int) -> None:
        """Unless the files hold it already."""
        if head != self._last:
            self._last, self._last_ms = head, now_ms
            self._heads.keep(head, now_ms)


def line_of(one: Witnessed) -> str:
    """As it stands in a file. The check keeps a line that a power cut joined to rubbish from telling of a head that never was."""
    said = f"{one.head} {one.at_ms} {one.who}"
    return f"{said} {_check(said)}\n"


def _check(said: str) -> str:
    return f"{zlib.crc32(said.encode()):08x}"


def _add(path: Path, line: str) -> None:
    with open(path, "ab") as file:
        size = file.tell()
        file.write(line.encode())
    if size > FILE_BYTES_MAX:
        fresh = path.with_suffix(".new")
        fresh.write_text("".join(map(line_of, _highest(path).values())), encoding="utf-8")
        fresh.replace(path)


def _highest(path: Path) -> dict[str, Witnessed]:
    found: dict[str, Witnessed] = {}
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return found
    for line in text.split("\n")[:-1]:
        one = _parse(line)
        if one is not None and (one.who not in found or found[one.who].head.seq <= one.head.seq):
            found[one.who] = one
    return found


def _parse(line: str) -> Witnessed | None:
    said, _, check = line.rpartition(" ")
    parts = said.split(" ")
    if check != _check(said) or len(parts) != 3 or not parts[1].isdecimal():
        return None
    try:
        return Witnessed(head=Head.parse(parts[0]), at_ms=int(parts[1]), who=parts[2])
    except BadRecord:
        return None
