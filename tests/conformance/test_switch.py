"""Every switch keeps the same promises: nothing half done, everything read back, and the way back stands after any crash."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from conformance.switch_promises import PROMISES, MakeRig
from tideover.drivers.by_hand import ByHand


def rigs() -> Iterator[Any]:
    """Every rig of every module `switch_rig_*.py` beside this one."""
    for path in sorted(Path(__file__).parent.glob("switch_rig_*.py")):
        for name, make in import_module(f"conformance.{path.stem}").RIGS.items():
            yield pytest.param(make, id=name)


@pytest.mark.parametrize("make_rig", list(rigs()))
@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_a_switch_keeps_its_promise(promise, make_rig: MakeRig, tmp_path):
    """Each promise of switch_promises.py, with each driver."""

    async def play() -> None:
        async with make_rig(tmp_path) as rig:
            assert rig.driver().can_act
            await promise(rig)

    asyncio.run(play())


def test_a_switch_that_only_looks_refuses_every_act():
    """It says what it sees, and why a person is asked."""
    switch = ByHand("router", lambda: "fibre")

    async def play():
        return [await one for one in (switch.arm(), switch.engage("mobile"), switch.restore())], await switch.read_back()

    acts, seen = asyncio.run(play())
    assert not switch.can_act
    assert ["refused"] * 3 == [one.word for one in acts] and all(one.why for one in acts)
    assert ("done", "fibre") == (seen.word, seen.now)
