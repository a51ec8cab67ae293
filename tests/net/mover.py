"""A process of the box that moves lines as it is told, a JSON object a line: {"folder": …, "do": [["arm"], ["engage", "mobile"]]}.

Writes one JSON list of answers for each. proof: how a line is proven ("look": a bound connection to two anchors). die_at: the step
before whose change the process kills itself, as a `kill -9` would; what it answered until then is written first.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import msgspec

from tideover.drivers.uplinks import Uplinks
from tideover.model.line import Line, lines_of
from tideover.world import real_world

ANCHORS = ("1.1.1.1", "9.9.9.9")


async def connects(line: Line, host: str) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as one:
        one.setblocking(False)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, line.device.encode())
        try:
            async with asyncio.timeout(1.0):
                await asyncio.get_running_loop().sock_connect(one, (host, 443))
        except OSError:
            return False
        return True


async def proof(kind: str, line: Line) -> str:
    if kind == "hang":
        await asyncio.Event().wait()
    if kind == "look":
        return "" if any(await asyncio.gather(*(connects(line, host) for host in ANCHORS))) else "no anchor answers"
    return "" if kind == "yes" else "it was told so"


async def do(told: dict[str, Any]) -> None:
    answers: list[dict[str, Any]] = []

    def noticed(step: str) -> None:
        if step == told.get("die_at"):
            print(json.dumps(answers), flush=True)
            os.kill(os.getpid(), signal.SIGKILL)

    uplinks = Uplinks(
        lines_of(tuple(told["lines"])),
        Path(told["folder"]),
        real_world(),
        carries=lambda line: proof(told.get("proof", "look"), line),
        in_hurry=lambda: bool(told.get("hurry")),
        resolver_file=Path(told["resolver"]) if told.get("resolver") else None,
        proof_s=told.get("proof_s", 5.0),
        noticed=noticed,
    )
    for name, *given in told["do"]:
        answer = await getattr(uplinks, name)(*given)
        said = answer if isinstance(answer, str) else msgspec.to_builtins(answer)
        answers.append({"answer": said, "can_act": uplinks.can_act, "seen": uplinks.seen})
    print(json.dumps(answers), flush=True)


if __name__ == "__main__":
    for line in sys.stdin:
        asyncio.run(do(json.loads(line)))
