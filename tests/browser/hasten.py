"""A page whose own clock is put forward: what it does after a quarter of a minute is seen in a second, and the box's clock stands apart.

The page must have been opened after `page.clock.install()`.
"""

from __future__ import annotations

import asyncio
from typing import Any

HASTENED_S = 600  # Of a page's own clock: at least half a minute of ours, for the box that it waits for is not put forward.


async def hasten(page: Any, where: str, state: str = "visible") -> None:
    """Seconds pass on the page's own clock, one after another, until that is there; what the box says meanwhile comes as ever."""
    for _ in range(HASTENED_S):
        if await page.locator(where).count() and (state == "attached" or await page.is_visible(where)):
            return
        await page.clock.run_for(1_000)
        await asyncio.sleep(0.05)
    raise AssertionError(f"not within {HASTENED_S} s: {where}")
