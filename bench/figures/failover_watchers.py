"""Who watches a line from inside the lab's box, all at the same time: the box's own word, two usual probers, and the kernel.

    python failover_watchers.py PORT wan1      # Prints a JSON object for each thing that somebody noticed, at time.monotonic().

Peplink-like: a name is asked of the provider's server each 5 s, 5 s to answer, three misses. The same by TCP, as its HTTP check does.
mwan3-like: two targets one after another by `ping`, 2 s each, then 5 s of rest; three such rounds in which neither answered.
All are bound to the line, as the products are.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import struct
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

POLL_S = 0.02
PEPLINK_S, PEPLINK_MISSES = 5.0, 3
MWAN_REST_S, MWAN_PING_S, MWAN_MISSES = 5.0, 2, 3
NAME_SERVER, TARGETS = ("100.64.1.53", 53), ("8.8.8.8", "1.1.1.1")
QUESTION = b"\x2a\x2a\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x06anchor\x07example\x00\x00\x01\x00\x01"
LINK_GROUP, NEW_LINK, RUNNING = 1, 16, 0x40


def tell(who: str, what: str, **more: Any) -> None:
    sys.stdout.write(json.dumps({"who": who, "what": what, "at": time.monotonic(), **more}) + "\n")
    sys.stdout.flush()


async def misses(who: str, look: Callable[[], Awaitable[bool]], most: int, rest_s: float, is_paced: bool) -> None:
    """Looks for ever, and tells once that so many looks in a row failed. is_paced: the rest counts from the look's begin."""
    row = 0
    while row < most:
        began_s = time.monotonic()
        ok = await look()
        row = 0 if ok else row + 1
        if ok:
            tell(who, "up")
        spent_s = time.monotonic() - began_s if is_paced else 0.0
        if row < most:
            await asyncio.sleep(max(0.0, rest_s - spent_s))
    tell(who, "down")


def bound(device: str, kind: int) -> socket.socket:
    one = socket.socket(socket.AF_INET, kind)
    one.setblocking(False)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
    return one


async def asked(device: str) -> bool:
    loop = asyncio.get_running_loop()
    with bound(device, socket.SOCK_DGRAM) as one:
        try:
            async with asyncio.timeout(PEPLINK_S):
                one.connect(NAME_SERVER)
                await loop.sock_sendall(one, QUESTION)
                return bool(await loop.sock_recv(one, 512))
        except TimeoutError:
            return False
        except OSError:  # No way out at all: a miss, but the next look comes at its time.
            return False


async def connected(device: str, timeout_s: float = PEPLINK_S) -> bool:
    with bound(device, socket.SOCK_STREAM) as one:
        try:
            async with asyncio.timeout(timeout_s):
                await asyncio.get_running_loop().sock_connect(one, (TARGETS[1], 443))
        except (TimeoutError, OSError):
            return False
        return True


async def pinged(device: str) -> bool:
    """One target after another, until one answers."""
    for target in TARGETS:
        words = ("ping", "-n", "-c", "1", "-W", str(MWAN_PING_S), "-I", device, target)
        one = await asyncio.create_subprocess_exec(*words, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
        if await one.wait() == 0:
            return True
    return False


def kernel(device: str) -> None:
    """What the kernel says of the carrier: nothing that listens knows it earlier. In a process of its own, for nothing may delay it."""
    index = socket.if_nametoindex(device)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as one:
        one.bind((0, LINK_GROUP))
        while True:
            data = one.recv(65_536)
            while len(data) >= 32:
                length, kind = struct.unpack_from("=IH", data)
                found, flags = struct.unpack_from("=iI", data, 20)
                if kind == NEW_LINK and found == index and not flags & RUNNING:
                    tell("kernel", "down")
                    return
                data = data[(length + 3) & ~3 :]


def status_of(page: http.client.HTTPConnection) -> dict[str, Any]:
    page.request("GET", "/v1/status")
    return json.loads(page.getresponse().read())


async def box(port: int) -> None:
    """The box's own word, asked every 20 ms; each change is told."""
    page, last = http.client.HTTPConnection("127.0.0.1", port, timeout=5), None
    while True:
        began_s = time.monotonic()
        try:
            now = await asyncio.to_thread(status_of, page)
        except (OSError, http.client.HTTPException, ValueError):
            page.close()
            await asyncio.sleep(0.2)
            continue
        verdicts = {one["service"]: [one["state"], one["cause"], one["next_step"]] for one in now["verdicts"]}
        if verdicts != last:
            last = verdicts
            tell("box", "said", verdicts=verdicts)
        await asyncio.sleep(max(0.0, POLL_S - (time.monotonic() - began_s)))


async def main(port: int, device: str) -> None:
    started_s = time.monotonic()
    await connected(device)
    tell("way", "round trip", took_s=time.monotonic() - started_s)
    await asyncio.create_subprocess_exec(sys.executable, __file__, "--kernel", device)
    async with asyncio.TaskGroup() as group:
        group.create_task(misses("Peplink-like", lambda: asked(device), PEPLINK_MISSES, PEPLINK_S, is_paced=True))
        group.create_task(misses("Peplink-like by TCP", lambda: connected(device), PEPLINK_MISSES, PEPLINK_S, is_paced=True))
        group.create_task(misses("mwan3-like", lambda: pinged(device), MWAN_MISSES, MWAN_REST_S, is_paced=False))
        group.create_task(box(port))


if __name__ == "__main__":
    if sys.argv[1] == "--kernel":
        kernel(sys.argv[2])
    else:
        asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
