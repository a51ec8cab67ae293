"""Delay, jitter and bursts of loss, where the kernel has no netem: packets between two TUN devices of one namespace pass through here.

    python lab_relay.py DELAY_MS JITTER_MS PERCENT BURST_S SEED

Loss comes in bad spells of BURST_S on average, in which nine of ten packets are lost; PERCENT is the average over all time.
BURST_S 0: at random.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import random
import struct
import sys
from collections.abc import Callable

BAD_LOSS = 0.9
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000


class Spells:
    """Good and bad spells, by a seed; each way has its own dice, both share the weather."""

    def __init__(self, percent: float, burst_s: float, chance: random.Random) -> None:
        self._share, self._burst_s, self._chance = percent / 100, burst_s, chance
        self._weather = random.Random(chance.random())  # Of its own: the same spells however many packets come.
        self._is_bad, self._until = False, 0.0

    def loses(self, now: float) -> bool:
        if not self._share:
            return False
        if not self._burst_s:
            return self._chance.random() < self._share
        bad_share = min(self._share / BAD_LOSS, 1.0)
        while now >= self._until:
            self._is_bad = not self._is_bad if bad_share < 1 else True
            mean = self._burst_s if self._is_bad else self._burst_s * (1 - bad_share) / bad_share
            self._until = max(self._until, now - 60) + self._weather.expovariate(1 / mean)
        return self._is_bad and self._chance.random() < BAD_LOSS


def tun(name: str) -> int:
    handle = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(handle, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return handle


def main() -> None:
    delay_s, jitter_s = float(sys.argv[1]) / 1000, float(sys.argv[2]) / 1000
    chance = random.Random(int(sys.argv[5]))
    spells = Spells(float(sys.argv[3]), float(sys.argv[4]), chance)
    loop = asyncio.new_event_loop()
    a, b = tun("ta"), tun("tb")

    def give(handle: int, packet: bytes) -> None:
        try:
            os.write(handle, packet)
        except OSError:  # The device is down: the packet is lost.
            return

    def carrier(come: int, go: int) -> Callable[[], None]:
        def take() -> None:
            for _ in range(64):
                try:
                    packet = os.read(come, 65_536)
                except OSError:  # No more for now.
                    return
                if not spells.loses(loop.time()):
                    loop.call_later(max(0.0, delay_s + chance.uniform(-jitter_s, jitter_s)), give, go, packet)

        return take

    loop.add_reader(a, carrier(a, b))
    loop.add_reader(b, carrier(b, a))
    print("up", flush=True)
    loop.run_forever()


if __name__ == "__main__":
    main()
