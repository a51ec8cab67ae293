"""Plays a story, cuts the power at a place of the seed's choice, starts again and judges. One number is one cut."""

from __future__ import annotations

import random
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from crash.judge import FLOAT, start_again
from crash.platter import Fact, cut, lay_out
from crash.shop import NastyCloud, at_work, quick_folder, run
from crash.stories import STORIES, Scene, Story
from crash.tape import Tape, contents_of, recording
from sim.quick import remembering

CUTS_PER_TAPE = 20  # Then the story is played anew with other chances.
TWICE_CHANCE = 0.15  # That the power goes again while the box starts.
WHEEL = (  # Whose turn it is.
    "selling", "replaying", "selling", "migrating", "first-start", "selling", "closing", "forgetting", "selling", "backing-up",
    "selling", "replaying", "enrolling", "closing", "first-start", "selling", "migrating", "replaying", "planning", "forgetting",
)  # fmt: skip
Files = dict[str, bytes]


@dataclass
class Faults:
    """What a run of cuts came to."""

    cuts: int = 0
    in_the_middle: int = 0  # Something had been promised by then, and not everything.
    found: dict[int, str] = field(default_factory=dict)  # The cut's number to what broke.


@cache
def morning_of(story: Story) -> tuple[Files, Any, list[list[Any]]]:
    """The shop's files before the story, what the story needs to know of them, and what its cloud holds."""
    cloud = NastyCloud()
    if story.morning is None:
        return {}, None, []
    with quick_folder() as folder:

        async def make() -> Any:
            with at_work(folder, "morning", cloud=cloud, hours=-1) as house:
                return await story.morning(house)  # type: ignore[misc]

        told = run(make())
        story.prepare(folder)
        return contents_of(folder), told, cloud.documents


def play(story: Story, seed: int, folder: Path) -> Tape:
    """One playing on a tape, to its good end."""
    files, told, documents = morning_of(story)
    lay_out(files, folder)
    with recording(folder) as (tape, vfs):
        chance = random.Random(f"{story.name} {seed}")
        cloud = NastyCloud(chance, lambda: tape.fact("cloud", cloud.snapshot()))
        cloud.documents = [list(one) for one in documents]

        async def act() -> None:
            with at_work(folder, seed, cloud=cloud, vfs=vfs) as house:
                await story.play(Scene(house, tape, vfs, cloud, chance, told))

        run(act())
        tape.look()
    return tape


def again(folder: Path, seed: int, chance: random.Random) -> tuple[Files, list[Fact]]:
    """The box starts after a cut, takes one more entry, and the power goes once more, somewhere in it."""
    with recording(folder) as (tape, vfs):

        async def act() -> None:
            with at_work(folder, f"between {seed}", vfs=vfs, hours=0.5) as house:
                answer = await house.journal.record("drawer_float", FLOAT)
                found = house.journal.find(answer.id)
                assert found is not None
                tape.fact("kept", answer.id, found.signed)

        run(act())
    return cut(tape, chance.randint(0, len(tape.events)), chance)


def place(tape: Tape, chance: random.Random) -> int:
    """After how many events the power goes: anywhere, or close to where something is promised, synced or named."""
    if chance.random() < 0.5:
        return chance.randint(0, len(tape.events))
    near = chance.choice([at for at, event in enumerate(tape.events) if event[0] not in ("write", "size")])
    return min(len(tape.events), max(0, near + chance.randint(-2, 2)))


def story_of(number: int) -> Story:
    """Which story a cut belongs to: so many cuts of one, then of the next, round and round."""
    return STORIES[WHEEL[number // CUTS_PER_TAPE % len(WHEEL)]]


def cut_and_judge(numbers: Iterable[int]) -> Faults:
    """Carry out these cuts; a fault of one does not end the run."""
    faults, tape_number, tape = Faults(), -1, None
    with quick_folder() as folder, remembering():
        for number in numbers:
            story = story_of(number)
            if tape is None or number // CUTS_PER_TAPE != tape_number:
                tape_number = number // CUTS_PER_TAPE
                tape = play(story, tape_number, folder)
            faults.cuts += 1
            try:
                faults.in_the_middle += _one(story, tape, number, folder)
            except Exception as error:  # Whatever a start after a cut meets is a finding, by the cut's number.
                where = traceback.extract_tb(error.__traceback__)[-1]
                faults.found[number] = f"{story.name}: {type(error).__name__}: {error} ({where.name}: {where.line})"
    return faults


def _one(story: Story, tape: Tape, number: int, folder: Path) -> bool:
    """True if the cut fell between promises: something was promised by then, and not everything."""
    chance = random.Random(f"cut {number}")
    files, facts = cut(tape, place(tape, chance), chance)
    promised = sum(event[0] == "fact" for event in tape.events)
    is_between = 0 < len(facts) < promised
    facts.insert(0, ("cloud", morning_of(story)[2]))
    lay_out(files, folder)
    if chance.random() < TWICE_CHANCE:
        files, more = again(folder, number, chance)
        facts += more
        lay_out(files, folder)
    run(start_again(folder, facts, number, story.judge, files))
    return is_between
