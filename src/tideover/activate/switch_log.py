"""What the journal says of the switches: who armed them, what they did, which act was torn off in the middle. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct, field

from tideover.activate.switch import Move
from tideover.journal.entry import Entry
from tideover.model.switching import Armed, LineProved, Switched
from tideover.world import from_ms

KINDS = ("armed", "switched", "line_proved")
LOG_MAX = 200  # Acts kept in memory; the journal keeps all.
PROOFS_MAX = 30  # Of each line.


class Word(Struct, frozen=True):
    """Somebody armed a switch, or took that back."""

    is_on: bool
    by: str
    at: datetime
    why: str


class Act(Struct, frozen=True):
    """One line of the log."""

    at: datetime
    by: str  # "" where it moved by itself.
    body: Switched


class Proof(Struct, frozen=True):
    """A line carried, or did not."""

    at: datetime
    body: LineProved


class SwitchLog(Struct):
    """All switches of a shop, as far as the journal was read."""

    words: dict[str, Word] = field(default_factory=dict)
    torn: dict[str, Act] = field(default_factory=dict)  # Begun, and no end of it is known.
    acts: deque[Act] = field(default_factory=lambda: deque(maxlen=LOG_MAX))
    proofs: dict[str, deque[Proof]] = field(default_factory=dict)

    def take(self, entries: Iterable[Entry]) -> None:
        """Go on with these entries, in their order."""
        for entry in entries:
            self._take(entry.body, from_ms(entry.happened_at), entry.operator or "")

    def _take(self, body: object, at: datetime, by: str) -> None:
        match body:
            case Armed():
                self.words[body.switch] = Word(body.is_on, by, at, body.why)
            case Switched():
                self._take_act(Act(at, by, body))
            case LineProved():
                self.proofs.setdefault(body.line, deque(maxlen=PROOFS_MAX)).append(Proof(at, body))

    def _take_act(self, act: Act) -> None:
        if act.body.what == "began":
            self.torn[act.body.switch] = act
            return
        began = self.torn.pop(act.body.switch, None)
        self.acts.append(act if act.by or began is None else Act(act.at, began.by, act.body))

    def is_armed(self, name: str) -> bool:
        """The newest word counts; nobody's word is no."""
        word = self.words.get(name)
        return word is not None and word.is_on

    def moves(self, name: str) -> tuple[Move, ...]:
        """What that switch carried out, oldest first."""
        return tuple(Move(one.at, one.body.target, one.by) for one in self.acts if one.body.switch == name and did_move(one.body))

    def engaged(self, name: str) -> str:
        """The target that it was moved to and not led back from; "" for none."""
        home = target = ""
        for body in (one.body for one in self.acts if one.body.switch == name and did_move(one.body)):
            home = home if target else body.before
            target = "" if body.what == "restored" or body.target == home else body.target  # A crash, too, may have led it back.
        return target


def did_move(body: Switched) -> bool:
    """True where something is in use afterwards that was not before."""
    return body.what in ("engaged", "restored", "healed") and body.before != body.target
