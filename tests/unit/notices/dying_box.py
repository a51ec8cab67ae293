"""A box that only sends notices, in a process of its own, so that it can be killed: dying_box.py FOLDER PORT."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from unit.notices.shop_at_night import away, later, notices_of
from unit.receipts.counter import open_shop


async def main(folder: Path, port: int) -> None:
    async with open_shop(folder) as shop:
        notices = notices_of(shop, port)
        await notices.turn()
        await away(shop)
        while True:
            later(shop, await notices.turn())


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
