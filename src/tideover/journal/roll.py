"""Who may sign, and which number each comes to next: the journal's state at its end, held in memory.

A transaction works on a draft; only when it ends well is the draft settled into the roll.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from tideover.errors import BadRecord, NotAllowed, UnknownTill
from tideover.journal.chain import EMPTY, Head
from tideover.journal.entry import Entry
from tideover.journal.keys import public_key

# Facts that only the box establishes; a till that could write them could let others in or call sales booked.
BOX_ONLY = frozenset(
    {
        *("enrol", "revoke", "answer", "parked", "solved", "finding", "finding_closed", "close", "erased", "loop_died", "loss_accepted"),
        "late_settled",
        *("run", "run_step", "run_ended", "handed_over", "word_expected", "party_told"),
        *("rehearsed", "acknowledged", "practice_finding", "practice_finding_closed"),
        *("plan_changed", "checked", "check_asked", "printed", "copy_placed", "copy_ended", "slip_keyed", "slip_keyed_again"),
        *("pad_counted", "armed", "switched", "line_proved", "device_proved", "power", "call_tested", "service_away", "service_back"),
    }
)


class Till(Struct, frozen=True):
    """One enrolled till, or the box acting as one."""

    till: str
    name: str
    spki: str  # Public key, SubjectPublicKeyInfo, base64.
    is_box: bool  # It enrolled itself.
    revoked: bool = False
    last_seq: int | None = 0  # Of its last entry; None: not known, any comes next (a look at a journal's tail alone).


class Losses(Struct, frozen=True):
    """Histories that a person gave up: how many, and until when (UTC ms) the heads of the last one were kept."""

    count: int = 0
    until_ms: int = 0


class Roll:
    """The head and the tills after some entry."""

    def __init__(self, head: Head = EMPTY, tills: dict[str, Till] | None = None, losses: Losses | None = None) -> None:
        self.head = head
        self.tills = dict(tills or {})
        self.losses = losses or Losses()

    def till(self, till: str) -> Till | None:
        return self.tills.get(till)

    def put(self, till: Till) -> None:
        self.tills[till.till] = till

    def signer(self, entry: Entry) -> Till:
        """The till whose key must have signed this entry; a box's first entry enrols itself.

        Raises UnknownTill, NotAllowed, BadRecord (an enrolment with a key that is none).
        """
        body = entry.body
        if entry.kind == "enrol":
            public_key(body.spki)
            if body.till == entry.till and self.till(entry.till) is None:
                return Till(till=body.till, name=body.name, spki=body.spki, is_box=True)
        found = self.till(entry.till)
        if found is None:
            raise UnknownTill(till=entry.till)
        if entry.kind in BOX_ONLY and not found.is_box:
            raise NotAllowed(who=f"Till {found.name}", why=f"an entry of kind {entry.kind} is the box's own")
        if entry.kind == "enrol" and self.till(body.till) is not None:
            raise BadRecord(what="enrolment", why="that till is enrolled already; each enrolment is a new till")
        return found

    def take(self, entry: Entry, signer: Till) -> None:
        """Go on by one accepted entry: its till's number, and whom it lets in or out."""
        self.put(replace(signer, last_seq=entry.till_seq))
        if entry.kind == "enrol" and entry.body.till != entry.till:
            self.put(Till(till=entry.body.till, name=entry.body.name, spki=entry.body.spki, is_box=False))
        elif entry.kind == "revoke" and (gone := self.till(entry.body.till)) is not None:
            self.put(replace(gone, revoked=True))
        elif entry.kind == "loss_accepted":
            self.losses = Losses(self.losses.count + 1, max(self.losses.until_ms, entry.body.until))


class Draft(Roll):
    """A roll on top of another, for one transaction."""

    def __init__(self, under: Roll) -> None:
        super().__init__(under.head, losses=under.losses)
        self._under = under
        self.last_of: dict[str, int] = {}  # Kind to the number of its last entry here.

    def take(self, entry: Entry, signer: Till) -> None:
        """The same for the entry that the head stands on by now."""
        super().take(entry, signer)
        self.last_of[entry.kind] = self.head.seq

    def till(self, till: str) -> Till | None:
        return self.tills.get(till) or self._under.till(till)


def settle(roll: Roll, draft: Draft) -> None:
    """The transaction ended well: what it changed is now so."""
    roll.head, roll.losses = draft.head, draft.losses
    roll.tills.update(draft.tills)
