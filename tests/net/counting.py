"""A process of the box that counts and limits as it is told, a JSON object a line: {"folder": …, "do": [["read"], ["lay"]]}."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tideover.drivers.meter import Meter
from tideover.model.line import lines_of
from tideover.world import real_world

HOSTS = {"cloud": ("cloud.kassa.example", "203.0.113.11"), "cards": ("203.0.113.20",), "probes": ("1.1.1.1", "1.1.1.0/24")}


async def do(told: dict[str, Any]) -> None:
    meter = Meter(lines_of(tuple(told["lines"])), Path(told["folder"]), real_world(), HOSTS)
    print(json.dumps([flushed() if name == "flushed" else await getattr(meter, name)(*given) for name, *given in told["do"]]), flush=True)


def flushed() -> str:
    """A firewall of somebody else was loaded anew, and took the table with it."""
    return subprocess.run(["nft", "delete", "table", "inet", "tideover"], check=True, capture_output=True, text=True).stderr


if __name__ == "__main__":
    for line in sys.stdin:
        asyncio.run(do(json.loads(line)))
