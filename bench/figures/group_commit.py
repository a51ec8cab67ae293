"""What the machine can do with the same disk: SQLite rows committed in groups, and plain appends, each synced before its answer."""

from __future__ import annotations

import os
import queue
import threading
import uuid
from hashlib import sha256
from pathlib import Path
from time import perf_counter, sleep

import apsw
import msgspec
from msgspec import Struct

from figures.long_journal import sale_body

GROUP_MAX = 256
TABLE = "CREATE TABLE sale (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, kind TEXT, body TEXT, prev BLOB, hash BLOB)"


class Raw(Struct, frozen=True):
    """Answers per second, and how long one took."""

    per_s: float
    latencies_ms: list[float]


def group_commit(folder: Path, writers: int, seconds: float) -> Raw:
    """Raw group commit: threads hand rows to one writer, which chains them and commits what has queued up (WAL, FULL)."""
    waiting: queue.SimpleQueue[tuple[str, threading.Event]] = queue.SimpleQueue()
    over, latencies, body = threading.Event(), [], msgspec.json.encode(sale_body(1)).decode()

    def sell() -> None:
        while not over.is_set():
            answered, since = threading.Event(), perf_counter()
            waiting.put((str(uuid.uuid4()), answered))
            answered.wait()
            latencies.append(perf_counter() - since)

    writer = threading.Thread(target=_write, args=(folder / "raw.db", waiting, over, body))
    sellers = [threading.Thread(target=sell) for _ in range(writers)]
    started = perf_counter()
    for thread in (writer, *sellers):
        thread.start()
    sleep(seconds)
    over.set()
    for thread in (*sellers, writer):
        thread.join()
    return Raw(len(latencies) / (perf_counter() - started), [one * 1000 for one in latencies])


def _write(path: Path, waiting: queue.SimpleQueue[tuple[str, threading.Event]], over: threading.Event, body: str) -> None:
    path.unlink(missing_ok=True)
    connection = apsw.Connection(str(path))
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", "full")
    connection.wal_autocheckpoint(4_000)
    connection.execute(TABLE)
    prev, group = bytes(32), []
    while not over.is_set() or not waiting.empty():
        try:
            group = [waiting.get(timeout=0.05)]
            while len(group) < GROUP_MAX:
                group.append(waiting.get_nowait())
        except queue.Empty:
            pass
        rows = []
        for id, _ in group:
            hash = sha256(prev + body.encode()).digest()
            rows.append((id, "sale", body, prev, hash))
            prev = hash
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO sale (id, kind, body, prev, hash) VALUES (?, ?, ?, ?, ?)", rows)
        connection.execute("COMMIT")
        for _, answered in group:
            answered.set()
        group = []
    connection.close()


def synced_appends(path: Path, together: int, seconds: float) -> float:
    """Records per second of a plain file, `together` of them before each sync: nothing durable is faster on this disk."""
    record, count, started = msgspec.json.encode(sale_body(1)), 0, perf_counter()
    with open(path, "wb", buffering=0) as file:
        while perf_counter() - started < seconds:
            file.write(record * together)
            os.fdatasync(file.fileno())
            count += together
    return count / (perf_counter() - started)


def paced_appends_ms(path: Path, per_s: float, seconds: float) -> list[float]:
    """How long one record takes to be synced, at a pace."""
    record, taken, started = msgspec.json.encode(sale_body(1)), [], perf_counter()
    with open(path, "wb", buffering=0) as file:
        for number in range(max(1, round(per_s * seconds))):
            sleep(max(0.0, started + number / per_s - perf_counter()))
            since = perf_counter()
            file.write(record)
            os.fdatasync(file.fileno())
            taken.append((perf_counter() - since) * 1000)
    return taken
