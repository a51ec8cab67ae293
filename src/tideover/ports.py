"""Where stages and edges meet: stages call these protocols, connectors and drivers implement them.

Answers of a cloud are values; only a wrong set-up raises (Misconfigured) and a pull that got
no usable page (Unavailable).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol

from msgspec import Struct

from tideover.model.answer import Answer, CloudDocument
from tideover.model.item import Dataset
from tideover.model.manifest import Manifest
from tideover.model.outage import Observation
from tideover.model.receipt import Letter, Slip
from tideover.model.sale import Document

PAGE_ROWS_MAX = 1_000  # Rows one page of a source may hold; more is a broken cloud.
PAGES_MAX = 5_000  # Pages one pull may take; a looping cursor ends here at the latest.
PAGE_BYTES_MAX = 16 * 2**20  # Bytes one answer may hold; an endless page ends here.


class Booking(Struct, frozen=True):
    """What is sent to a cloud: one journal entry's document, ready to be booked."""

    entry: str  # The entry's id, and the idempotency key.
    kind: str  # "sale" or "refund".
    trading_day: str  # YYYY-MM-DD: the accounting date asked for.
    happened_at_ms: int
    document: Document
    refers_to: str | None  # Entry id of the sale that a refund takes back.
    original: str | None  # The cloud's number of that sale, once known.
    late: bool  # The day was closed before this entry came.
    customer: Struct | None = None  # Customer to create first, where the cloud lacks it.
    draft: str | None = None  # The cloud's number of what a `partial` answer found: go on from there, book nothing beside it.


class Page(Struct, frozen=True):
    """One page of a dataset."""

    rows: tuple[Struct, ...]  # Records of model.item, in the cursor's order.
    cursor: str  # Where the next pull starts; opaque, never empty.
    more: bool
    removed: tuple[str, ...] = ()  # Codes that the cloud no longer has.
    unread: tuple[str, ...] = ()  # Codes that it has, but whose record could not be read: the last good copy of it stays.
    faults: tuple[str, ...] = ()  # What could not be read, in words, where it stands and what to do; told to a person.
    whole: bool = False  # Everything there is, whatever was asked: what is not on these pages is gone.
    as_of_ms: int | None = None  # UTC ms of the export it was read from; None: as the cloud is now.


class Source(Protocol):
    """Reads a cloud. Raises Unavailable when no usable page came, LoginRefused when the log-in is wrong for good."""

    manifest: Manifest

    async def pull(self, dataset: Dataset, cursor: str | None, whole: bool = False) -> Page:
        """One page after `cursor` (None: from the start), at most PAGE_ROWS_MAX rows; overlap is allowed.

        whole: everything is read anew, so nobody needs `removed`; a source that can only give changes may look at it.
        A dataset that the cloud does not have is an empty page.
        """

    async def count(self, dataset: Dataset) -> int | None:
        """How many the cloud says it has; None where it does not say, or has no such dataset."""

    async def day(self, trading_day: str) -> Sequence[CloudDocument]:
        """Every document of that accounting date, drafts and voids too: the read-back, a query of its own."""


class Sink(Protocol):
    """Books into a cloud. Raises nothing but Misconfigured, of which LoginRefused is one: every answer is a value."""

    manifest: Manifest

    async def send(self, booking: Booking) -> Answer:
        """Book it under its entry id: created | exists | differs | refused | silent | partial.

        It may come again: after `absent`, and after `partial`, to finish what is there. A cloud that takes no keys is
        therefore looked through for the id first; nothing is booked beside a document that carries it.
        """

    async def ask(self, booking: Booking) -> Answer:
        """Is it there, in its final state, with our content: exists | partial | differs | absent | silent."""

    async def find_in_flight(self, trading_day: str, reference: str, total_minor: int) -> Answer:
        """Did the cloud's own till book that one (no id of ours): exists | absent | silent."""

    async def renew_login(self) -> bool:
        """Log in afresh, or try the key that never runs out. Called after an answer with login=True.

        True if the cloud accepted, False if it did not answer; raises LoginRefused if it will not.
        """


class Probe(Protocol):
    """Looks at one thing once; never longer than `timeout_s`; raises nothing."""

    name: str
    timeout_s: float

    async def look(self) -> Observation:
        """What was seen, as a value."""


PrintWord = Literal["sent", "confirmed", "unknown", "away"]


class PrintAnswer(Struct, frozen=True):
    """What a printer said: `away` took nothing; `unknown` may have printed, only a person can see."""

    word: PrintWord
    number: str = ""  # The printer's own number of the job.
    why: str = ""  # In English; "" where all is well.


SwitchWord = Literal["done", "refused", "rolled-back", "failed"]


class SwitchAnswer(Struct, frozen=True):
    """What a switch did: `refused` changed nothing, `rolled-back` is as before, `failed` may be half way: read back, then restore."""

    word: SwitchWord
    now: str = ""  # What is in use after it: a line's name, a number; "" for nothing or not known.
    text: str = ""  # What the thing itself says, in English.
    why: str = ""  # Why it was not done; "" where all is well.
    took_ms: int = 0


class Switch(Protocol):
    """Moves one thing of the shop to its substitute and back: the line, the calls.

    Raises nothing: every answer is a value and comes within `timeout_s`. Each step may be repeated; after a crash at any
    point `restore` leads back to what `arm` found.
    """

    name: str  # "lines", "router", "pbx", "modem": as in the journal.
    can_act: bool  # False: it only observes and tells a person what to do.
    timeout_s: float

    async def arm(self) -> SwitchAnswer:
        """Make ready, and keep what is there so that `restore` can put it back; what is in use stays in use."""

    async def engage(self, target: str) -> SwitchAnswer:
        """Move to `target`, all of it or nothing: done only when it was read back."""

    async def read_back(self) -> SwitchAnswer:
        """What is in use now, asked of the thing itself; changes nothing."""

    async def restore(self) -> SwitchAnswer:
        """As it was when it was armed."""


class Printer(Protocol):
    """Prints files. Raises nothing: every answer is a value, and comes within `timeout_s`."""

    name: str
    timeout_s: float

    async def send(self, path: Path, title: str) -> PrintAnswer:
        """Hand over a PDF: sent | confirmed | unknown | away."""

    async def ask(self, number: str) -> PrintAnswer:
        """What became of that job: sent (still at it) | confirmed | unknown | away."""


class PrinterLook(Struct, frozen=True):
    """How a receipt printer is."""

    is_ready: bool | None  # None: it cannot be asked, or nobody looked.
    text: str  # In words: "ready", "it is out of paper" …


class ReceiptPrinter(Protocol):
    """Prints receipts, one at a time. Raises nothing: every answer is a value, and comes within `timeout_s`."""

    name: str  # As people call it.
    width: int  # Characters on a line.
    timeout_s: float

    async def look(self) -> PrinterLook:
        """Ask the device itself, without printing anything."""

    async def send(self, slip: Slip, title: str) -> PrintAnswer:
        """Print it, once, without asking again: away (no byte of it left) | sent | confirmed | unknown.

        `sent` with a number can be asked about later; without one it was handed over whole to a device that never says more.
        """

    async def ask(self, number: str) -> PrintAnswer:
        """What became of that job: sent (still at it, or with "" as its number: it will never say more) | confirmed | unknown | away."""


MailWord = Literal["sent", "refused", "away", "unknown"]


class MailAnswer(Struct, frozen=True):
    """What became of a letter: `refused` and `away` took nothing, and `refused` will not either; `unknown` may have taken it."""

    word: MailWord
    why: str = ""  # In English; "" where all is well.


class Mailer(Protocol):
    """Sends letters. Raises nothing: every answer is a value, and comes within `timeout_s`."""

    name: str
    timeout_s: float

    async def send(self, letter: Letter) -> MailAnswer:
        """Hand it to the mail server: sent (accepted for delivery) | refused | away | unknown."""


class Texter(Protocol):
    """Sends short texts to a number over a bearer of its own. Raises nothing: every answer is a value, and comes within `timeout_s`."""

    name: str
    timeout_s: float

    async def send(self, number: str, text: str) -> MailAnswer:
        """Hand it to the network: sent (accepted) | refused | away | unknown (it may have gone: once more may be twice).

        number: as people write it, "+358 40 123 4567"; anything but a number is refused. A long text goes in up to three parts,
        then it is cut; any letter of it arrives as it is.
        """
