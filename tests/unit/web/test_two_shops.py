"""The routes are read once in a process; what each open box knows stays its own."""

from __future__ import annotations

import asyncio

from unit.web.shop import open_shop

ANNA = {"name": "Anna", "pin": "2580"}


def test_two_open_boxes_know_nothing_of_each_other(tmp_path):
    """A person of the one is nobody in the other, though both are open at once."""

    async def play():
        folders = [tmp_path / name for name in ("here", "there")]
        for one in folders:
            one.mkdir()
        async with open_shop(folders[0]) as here, open_shop(folders[1]) as there:
            (await here.machine.post("/v1/pins", json=ANNA)).raise_for_status()
            return [(await one.client().post("/v1/login", json=ANNA)).is_success for one in (here, there)]

    assert [True, False] == asyncio.run(play())
