"""Tills that press hard: processes that hold one connection per till and send sales that were signed beforehand.

A till waits for its answer before it sends the next sale, as a real one does. All that a client does while the clock runs
is to write bytes that are ready and to look for the answer's end; what it works itself is told beside the figure.
"""

from __future__ import annotations

import asyncio
import selectors
import socket
from collections.abc import Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter, process_time

from msgspec import Struct

from figures.box import request_bytes
from figures.long_journal import sale_body
from tideover.app import open_house
from tideover.journal.entry import Entry, encode
from tideover.journal.keys import TillKey
from tideover.web.tokens import TillTokens
from tideover.world import from_ms, real_world, to_ms, uuid7

PATIENCE_S = 60.0
CREATED = b'"answer":"created"'


class Seat(Struct, frozen=True):
    """One enrolled till."""

    till: str
    token: str
    pem: bytes
    next_seq: int = 1


class Pressed(Struct, frozen=True):
    """What came of it."""

    acknowledged: int
    seconds: float
    latencies_ms: list[float]  # One per request.
    client_share: float  # Of one core, all client processes together.
    seats: list[Seat]

    @property
    def per_s(self) -> float:
        return self.acknowledged / self.seconds


def press(port: int, seats: Sequence[Seat], seconds: float, ready: int, pace_s: float | None = None, processes: int = 2) -> Pressed:
    """All tills sell for so long. ready: sales signed beforehand for each; pace_s: one each so often, else as fast as answered."""
    context = get_context("spawn")
    shares = [list(seats[at::processes]) for at in range(processes)]
    lines = []
    for at, share in enumerate(shares):
        ours, theirs = context.Pipe()
        delay = 0.0 if pace_s is None else pace_s * at / len(seats)
        child = context.Process(target=_play, args=(theirs, port, share, seconds, ready, pace_s, delay), daemon=True)
        child.start()
        lines.append((ours, child))
    for ours, _ in lines:
        ours.recv()  # All is signed and connected.
    for ours, _ in lines:
        ours.send("go")
    told = [ours.recv() for ours, _ in lines]
    for _, child in lines:
        child.join(PATIENCE_S)
    return Pressed(
        acknowledged=sum(len(one["latencies"]) for one in told),
        seconds=max(one["seconds"] for one in told),
        latencies_ms=[value * 1000 for one in told for value in one["latencies"]],
        client_share=sum(one["cpu"] / one["seconds"] for one in told),
        seats=[seat for one in told for seat in one["seats"]],
    )


class _Till:
    """One connection and its sales."""

    def __init__(self, port: int, seat: Seat, ready: int) -> None:
        self.seat = seat
        self.requests = [request_bytes(seat.token, *pair) for pair in signed_sales(seat, ready)]
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent = 0
        self.due = 0.0
        self.since = 0.0
        self.answer = b""
        self.is_waiting = False

    def send(self, due: float) -> bool:
        """False when nothing is left to send."""
        if self.sent == len(self.requests):
            return False
        self.since = due
        self.socket.sendall(self.requests[self.sent])
        self.sent += 1
        self.answer, self.is_waiting = b"", True
        return True

    def hear(self) -> bool:
        """True when the answer is whole; anything but `created` ends the run."""
        self.answer += self.socket.recv(65_536)
        head, end, body = self.answer.partition(b"\r\n\r\n")
        if not end:
            return False
        at = head.lower().index(b"content-length:") + 15
        if len(body) < int(head[at:].split(b"\r\n", 1)[0]):
            return False
        assert CREATED in body, self.answer
        self.is_waiting = False
        return True


def signed_sales(seat: Seat, count: int) -> list[tuple[bytes, bytes]]:
    """The till's next sales, each with its signature."""
    key, world = TillKey.from_pem(seat.pem), real_world()
    made = []
    for seq in range(seat.next_seq, seat.next_seq + count):
        at = to_ms(world.now())
        id = uuid7(from_ms(at), world.secret_bytes(10))
        signed = encode(Entry(id, "sale", 1, seat.till, seq, at, from_ms(at).date().isoformat(), "Aino", None, sale_body(seq)))
        made.append((signed, key.sign(signed)))
    return made


def _play(line: Connection, port: int, seats: list[Seat], seconds: float, ready: int, pace_s: float | None, delay: float) -> None:
    """In a process of its own."""
    tills = [_Till(port, seat, ready) for seat in seats]
    line.send("ready")
    line.recv()
    started, worked = perf_counter(), process_time()
    with selectors.SelectSelector() as selector:  # Epoll counts in whole milliseconds: a paced sale would leave up to one too late.
        for number, till in enumerate(tills):
            selector.register(till.socket, selectors.EVENT_READ, till)
            till.due = started + delay + (0.0 if pace_s is None else pace_s * number / len(tills))
        latencies = _run(selector, tills, started + seconds, pace_s)
    told = {
        "latencies": latencies,
        "seconds": perf_counter() - started,
        "cpu": process_time() - worked,
        "seats": [Seat(till.seat.till, till.seat.token, till.seat.pem, till.seat.next_seq + till.sent) for till in tills],
    }
    line.send(told)
    for till in tills:
        till.socket.close()


def _run(selector: selectors.BaseSelector, tills: list[_Till], ends: float, pace_s: float | None) -> list[float]:
    latencies: list[float] = []
    idle = list(tills)
    while True:
        now = perf_counter()
        if now < ends:
            for till in [one for one in idle if one.due <= now]:
                idle.remove(till)
                till.send(now if pace_s is None else till.due)  # Paced: late by our own fault counts as well.
        elif not any(till.is_waiting for till in tills):
            return latencies
        soonest = min((till.due for till in idle), default=ends)
        for key, _ in selector.select(max(0.0, min(soonest, ends) - now) if now < ends else PATIENCE_S):
            till = key.data
            if till.hear():
                heard = perf_counter()
                latencies.append(heard - till.since)
                till.due = heard if pace_s is None else till.due + pace_s
                if till.sent < len(till.requests):
                    if pace_s is None and heard < ends:
                        till.send(heard)
                    else:
                        idle.append(till)


def enrol(folder: Path, tills: int) -> list[Seat]:
    """Tills that may sell in that data directory; the box must not be running."""
    house, seats = open_house(folder, real_world()), []
    tokens = TillTokens(house.secrets, house.world)

    async def one_by_one() -> None:
        for number in range(tills):
            key = TillKey.generate()
            till = await house.journal.enrol(f"Till {number + 1}", key.spki_b64)
            seats.append(Seat(till, tokens.give(till), key.to_pem()))
        await house.shut()

    asyncio.run(one_by_one())
    return seats
