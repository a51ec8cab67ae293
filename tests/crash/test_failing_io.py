"""The disk fails at the 1st, 2nd, 3rd … operation of everything that a shop does, until it does not fail any more.

Each time: a clear error with what to do next, never a raw one and never a hang; nothing promised that is not kept; and the
next start, on a healthy disk, is sound. EIO strikes once at every operation; at every operation, too, the disk fails for
good, by turns with EIO, ENOSPC and EROFS (all three: EVERY=1, as `make crash-night` does).
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import apsw
import pytest

from crash.cuts import morning_of
from crash.failing import DISK_FULL, DISK_GONE, READ_ONLY, SECTOR_GONE, Disk, Weather, failing_disk
from crash.judge import start_again
from crash.platter import lay_out
from crash.scenarios import AT_THE_START, SCENARIOS
from crash.shop import NastyCloud, furnish, quick_folder, run
from crash.stories import Scene, Story
from crash.tape import contents_of
from tideover.errors import TideoverError

EVERY = bool(os.environ.get("EVERY"))
OPERATIONS_MAX = 3_000  # A scenario that has not passed by then never will.
FOR_GOOD = (DISK_GONE, DISK_FULL, READ_ONLY)


class Promises:
    """What the outside was told; stands where a tape stands in the power cuts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.facts: list[tuple[Any, ...]] = []

    def fact(self, *fact: Any) -> None:
        self.facts.append(fact)


def play(story: Story, folder: Path, weather: Weather, at: int) -> tuple[str, Promises]:
    """One playing with a disk that fails; the operation that failed first ("" if none did), and what was promised."""
    files, told, documents = morning_of(story)
    lay_out(files, folder)
    promises, cloud = Promises(folder), NastyCloud()
    cloud.documents = [list(one) for one in documents]

    async def act(disk: Disk) -> None:
        if story.name in AT_THE_START:
            disk.spoil(weather, at)
        house = furnish(folder, "failing", cloud=cloud, vfs=disk.name)
        try:
            disk.spoil(weather, at) if story.name not in AT_THE_START else None
            await story.play(Scene(house, promises, disk.name, cloud, random.Random(1), told))  # type: ignore[arg-type]
        finally:
            disk.mend()
            house.ends.close()

    with failing_disk(folder) as disk:
        try:
            run(act(disk))
        except TideoverError as error:
            assert disk.struck and error.message and error.hint, repr(error)
        finally:
            disk.mend()
    promises.fact("cloud", cloud.snapshot())
    return disk.struck, promises


def fail_and_judge(story: Story, folder: Path, weather: Weather, at: int) -> str | None:
    """What is wrong, or None; raises StopIteration when the scenario has no such operation any more."""
    try:
        struck, promises = play(story, folder, weather, at)
        if not struck:
            raise StopIteration
        run(start_again(folder, promises.facts, at, story.judge, contents_of(folder)))
    except (AssertionError, TideoverError, apsw.Error, OSError, RuntimeError, ValueError) as error:
        return f"{weather.name} at {at}: {type(error).__name__}: {error}"
    return None


def faults_of(story: Story, weathers: tuple[Weather, ...]) -> tuple[int, list[str]]:
    """One after the other with each weather in turn, until none strikes any more; how many struck, and what broke."""
    found, left = [], set(weathers)
    with quick_folder() as folder:
        for at in range(1, OPERATIONS_MAX):
            for weather in sorted(left, key=lambda one: one.name) if EVERY else {weathers[at % len(weathers)]} & left:
                try:
                    fault = fail_and_judge(story, folder, weather, at)
                except StopIteration:
                    left.discard(weather)
                    continue
                if fault:
                    found.append(fault)
            if not left:
                return at - 1, found
    raise AssertionError(f"{story.name} never passed")


@pytest.mark.parametrize("weathers", [(SECTOR_GONE,), FOR_GOOD], ids=["once", "for good"])
@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_every_operation_may_fail(name: str, weathers: tuple[Weather, ...]) -> None:
    """No promise that is not kept, a clear error, and a sound start on a healthy disk."""
    operations, faults = faults_of(SCENARIOS[name], weathers)

    assert [] == faults
    assert operations >= 1


def test_there_are_twenty_scenarios() -> None:
    """All that the shop does with its files."""
    assert 20 <= len(SCENARIOS)
