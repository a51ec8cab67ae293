"""Which line the shop should be on now, and whether the box may move it there by itself.

Never to a line that is not proven to carry; never away from one when there is nowhere to go; back only after clean time, and not
into a call, a card payment or the rush unless the allowance forces it. A line that comes and goes costs one switch, not a hundred.
Pure: no clock, no I/O. docs/algorithms/switching.md.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from tideover.activate.allowance import PRESSING, USED_UP
from tideover.model.outage import State

Word = Literal["stay", "engage", "back", "advise", "nowhere"]
Busy = Literal["call", "card", "sale", "rush"]

HOLD_S = 60.0  # So long a line must be dead before it is left again soon after a switch; doubles with each further switch …
HOLD_S_MAX = 600.0  # … up to this.
QUIET_S = 600.0  # A switch further back than this holds nothing up: a dead line is left at once.
ROLL_BACK_S = 30.0  # A target that dies within this time after the switch is left at once: the choice was wrong.
RECENT_S = 3_600.0  # Switches within this time make the hold longer.
GROWS_WITHIN_S = 86_400.0  # Each time the usual line was left by itself within a day doubles the clean time that it owes …
CLEAN_S_MAX = 4 * 3_600.0  # … up to this.
FORCED_CLEAN_S = 60.0  # Clean time that is enough when the allowance is used up.
PERSON_HOLDS_S = 4 * 3_600.0  # So long nothing undoes by itself what a person chose.
DOUBT_S = 5.0  # So long a dead line waits at most for a word of another one that has just missed a look …
ASK_S = 0.25  # … and so often it is asked for.
POOR_S = 300.0  # A line that works only in part for so long is worth a word.

BUSY: dict[Busy, str] = {
    "call": "a call is up",
    "card": "a card payment is under way",
    "sale": "a sale is in hand",
    "rush": "it is the rush",
}


class LineNow(Struct, frozen=True):
    """One line, as `detect` sees it."""

    name: str
    state: State
    since: datetime | None = None  # First look that speaks for that state.
    carrier: str = ""
    used_percent: int | None = None  # Of its allowance; None: without end.
    is_poor: bool = False  # Works in part: it loses, or is slow, but it carries.
    is_doubted: bool = False  # Its newest looks were lost; it may have died with the other one.
    is_nameless: bool = False  # No name is found over it.
    tells_names: bool = True  # Names were found over it since those of the line in use fell silent.


class Move(Struct, frozen=True):
    """A switch that was carried out."""

    at: datetime
    target: str
    by: str = ""  # The person who chose it; "" where it moved by itself.


class Scene(Struct, frozen=True):
    """All that is decided on."""

    now: datetime
    lines: tuple[LineNow, ...]  # The usual one first: the owner's order.
    in_use: str  # "" where nothing is, or it is not known.
    moves: tuple[Move, ...] = ()  # Oldest first.
    busy: frozenset[Busy] = frozenset()
    is_armed: bool = False
    can_act: bool = True
    is_cut: bool = False  # Nothing beyond the shop answers, whatever is in use.
    clean_s: float = 600.0


class Decision(Struct, frozen=True):
    """What to do, and why, in English."""

    word: Word
    target: str = ""
    why: str = ""
    due_s: float | None = None  # Until time alone would change it.
    again_s: float | None = None  # A word that changes it may come so soon, and rings no bell.
    in_hurry: bool = False  # The line in use is dead: move first, prove after.


def decide(scene: Scene) -> Decision:
    """What the shop's lines ask for now; the same scene gives the same decision."""
    current = next((one for one in scene.lines if one.name == scene.in_use), None)
    if current is None:
        if scene.is_cut and any(carries(one) for one in scene.lines):
            return _leave(scene, None)
        return Decision("stay", why="what is in use is not known")
    if current.state == "down":
        return _leave(scene, current)
    better = _better(scene, current)
    if better is not None:
        return _back(scene, current, better)
    return _poor(scene, current)


def is_usable(line: LineNow) -> bool:
    """Proven to carry now, and with something left to use."""
    return line.state == "up" and not _is_spent(line)


def carries(line: LineNow) -> bool:
    """Good enough for whoever has nothing: well, or badly."""
    return line.state == "up" or (line.state == "degraded" and line.is_poor)


def hold_s(scene: Scene) -> float:
    """How long a line must be dead before it is left: not at all when nothing moved lately, then longer each time."""
    last = scene.moves[-1] if scene.moves else None
    if last is None or _ago_s(scene, last.at) >= QUIET_S:
        return 0.0
    recent = sum(1 for one in scene.moves if _ago_s(scene, one.at) < RECENT_S)
    return min(HOLD_S_MAX, HOLD_S * 2.0 ** (recent - 1))


def clean_needed_s(scene: Scene) -> float:
    """How long the usual line must be clean before the shop goes back to it."""
    usual = scene.lines[0].name if scene.lines else ""
    left = sum(1 for one in scene.moves if not one.by and one.target != usual and _ago_s(scene, one.at) < GROWS_WITHIN_S)
    return max(scene.clean_s, min(CLEAN_S_MAX, scene.clean_s * 2.0 ** max(0, min(left, 16) - 1)))


# Away from a dead line ------------------------------------------------------------------------------


def _leave(scene: Scene, current: LineNow | None) -> Decision:
    others = sorted((one for one in scene.lines if one is not current and carries(one)), key=lambda one: one.state != "up")
    usable = [one for one in others if not _is_spent(one)]
    dead = current.name if current else ""
    if not others:
        return Decision("nowhere", why="no other line carries anything now; nothing is moved")
    if not usable:
        return Decision("advise", others[0].name, f"{others[0].name} works, but its allowance is used up: each byte may cost extra")
    target = next((one for one in usable if not one.is_doubted), usable[0])
    if target.is_doubted and (doubt_s := _doubt_s(scene, current)) > 0:
        return Decision("stay", why=f"{target.name} missed its last look, too; it is asked again", due_s=doubt_s, again_s=ASK_S)
    why = f"{dead} is dead and {target.name} carries" if dead else f"{target.name} carries and nothing else does"
    if current is not None and current.carrier and current.carrier == target.carrier:
        why = f"{why}; both are lines of {current.carrier}"
    wait_s = _held_s(scene, current)
    if wait_s > 0:
        return Decision("stay", why=f"{dead} came and went a moment ago; it is left if it stays dead", due_s=wait_s)
    return _act(scene, "engage", target.name, why, in_hurry=True)


def _doubt_s(scene: Scene, current: LineNow | None) -> float:
    """Seconds that a doubt about every other line may still hold the shop on a dead one; it never does so for ever."""
    if current is None or current.since is None:
        return 0.0
    return DOUBT_S - _ago_s(scene, current.since)


def _held_s(scene: Scene, current: LineNow | None) -> float:
    """Seconds until the dead line may be left."""
    last = scene.moves[-1] if scene.moves else None
    if current is None or last is None or (last.target == current.name and _ago_s(scene, last.at) < ROLL_BACK_S):
        return 0.0
    dead_s = 0.0 if current.since is None else _ago_s(scene, current.since)
    return min(hold_s(scene) - dead_s, QUIET_S - _ago_s(scene, last.at))


# Back to a better one -------------------------------------------------------------------------------


def _better(scene: Scene, current: LineNow) -> LineNow | None:
    """The line that the owner would rather have: an earlier one; any other one when this one's allowance is used up."""
    earlier = scene.lines[: scene.lines.index(current)]
    wished = scene.lines if _is_spent(current) else earlier
    return next((one for one in wished if one is not current and is_usable(one)), None)


def _back(scene: Scene, current: LineNow, better: LineNow) -> Decision:
    percent = current.used_percent or 0
    clean_s = 0.0 if better.since is None else _ago_s(scene, better.since)
    if percent >= USED_UP:
        needed_s, minded = min(FORCED_CLEAN_S, scene.clean_s), frozenset[Busy]()
        why = f"the allowance of {current.name} is used up and {better.name} carries"
    elif percent >= PRESSING:
        needed_s, minded = scene.clean_s, frozenset[Busy](("call", "card"))
        why = f"the allowance of {current.name} is nearly used up and {better.name} carries"
    else:
        needed_s, minded = clean_needed_s(scene), frozenset[Busy](BUSY)
        why = f"{better.name} has been clean for {round(clean_s / 60)} min"
        last = scene.moves[-1] if scene.moves else None
        if last is not None and last.by and last.target == current.name and _ago_s(scene, last.at) < PERSON_HOLDS_S:
            return Decision("stay", why=f"{last.by} chose {current.name}", due_s=PERSON_HOLDS_S - _ago_s(scene, last.at))
    if clean_s < needed_s:
        text = f"{better.name} carries again; it must be clean for {round(needed_s / 60)} min before the shop goes back"
        return Decision("stay", better.name, text, needed_s - clean_s)
    hindered = next((word for word in BUSY if word in minded & scene.busy), None)
    if hindered is not None:
        return Decision("stay", better.name, f"{better.name} is ready, but {BUSY[hindered]}")
    return _act(scene, "back", better.name, why)


def _poor(scene: Scene, current: LineNow) -> Decision:
    """Working in part is no reason to move by itself: a person may."""
    others = [one for one in scene.lines if one is not current and is_usable(one)]
    other = next((one for one in others if one.tells_names or not current.is_nameless), None)
    if current.state == "degraded" and other is not None and current.since is not None and _ago_s(scene, current.since) >= POOR_S:
        return Decision("advise", other.name, f"{current.name} works only in part; {other.name} carries")
    return Decision("stay")


def _act(scene: Scene, word: Word, target: str, why: str, *, in_hurry: bool = False) -> Decision:
    """By itself only where it was armed and the driver can."""
    if not (scene.is_armed and scene.can_act):
        return Decision("advise", target, why)
    return Decision(word, target, why, in_hurry=in_hurry)


def _is_spent(line: LineNow) -> bool:
    return line.used_percent is not None and line.used_percent >= USED_UP


def _ago_s(scene: Scene, at: datetime) -> float:
    """A clock that was set back makes nothing happen sooner."""
    return max(0.0, (scene.now - at) / timedelta(seconds=1))
