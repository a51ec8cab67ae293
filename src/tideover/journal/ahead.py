"""What a till sent, on its way into the journal, and a helper that looks at its signature while the disk is busy.

A look takes as long as all the rest of a sale, and needs no lock of ours. Nothing is decided here: what the helper has not
looked at in time the writer looks at itself, and comes to the same result.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable

from msgspec import Struct

from tideover.errors import TideoverError
from tideover.journal.entry import Entry, decode
from tideover.journal.keys import verify_signature
from tideover.journal.roll import Till


class Arrived(Struct):
    """One entry on its way in."""

    entry: Entry
    signed: bytes
    signature: bytes
    found: bool | None = None  # The signature is the till's; None: nobody has looked yet.

    def is_genuine(self, signer: Till) -> bool:
        """True if that till signed it; looked at once, by whoever asks first. A till's key never changes."""
        if self.found is None:
            self.found = verify_signature(signer.spki, self.signed, self.signature)
        return self.found


def arrive(signed: bytes, signature: bytes) -> Arrived | TideoverError:
    """What a till sent, decoded; the error as a value where it is no entry."""
    try:
        return Arrived(decode(signed), signed, signature)
    except TideoverError as error:
        return error


class Ahead:
    """One helper thread, started when it is first needed."""

    def __init__(self, till_of: Callable[[str], Till | None]) -> None:
        """till_of: the enrolled till of that id, if there is one."""
        self._till_of = till_of
        self._waiting: deque[Arrived] = deque()
        self._bell: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def hand(self, asked: Iterable[Arrived | TideoverError]) -> None:
        """They are looked at, the last one first: the helper and the writer, who begins with the first, meet in the middle."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="signatures", daemon=True)
            self._thread.start()
        for one in asked:
            if isinstance(one, Arrived):
                self._waiting.append(one)
                if self._bell.empty():  # Else it has a look to come anyway; each ring may wake a thread.
                    self._bell.put(True)

    def _run(self) -> None:
        while self._bell.get():
            while self._waiting:
                one = self._waiting.pop()
                if (signer := self._till_of(one.entry.till)) is not None:
                    one.is_genuine(signer)

    def close(self) -> None:
        """The thread ends after what was handed to it."""
        if self._thread is not None:
            self._bell.put(False)
            self._thread.join()
            self._thread = None
