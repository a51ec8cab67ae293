"""Box, cloud and fault proxy as real processes under load, any of them killed at any time and started again at once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import httpx
import msgspec

from bad_luck.box import Box, Till
from tideover.app import open_house
from tideover.world import real_world

TILLS = 3
VICTIMS = ("box", "cloud", "proxy")
PATIENCE_S = 60.0  # Until all is in the cloud; only a box that hangs takes so long.
GLANCE_S = 0.05
SETTINGS = """
cloud = "practice"
cloud_url = "http://127.0.0.1:{port}"
confirm_s = 7200
watch_s = 0.5
replicate_s = 3600
cloud_timeout_s = 2
"""


def victims(chance: random.Random) -> Iterator[str]:
    """Who dies: each of the three first, in any order; then whoever comes, the box as often as both others."""
    yield from chance.sample(VICTIMS, len(VICTIMS))
    while True:
        yield chance.choice(("box", *VICTIMS))


class Child:
    """The practice cloud or the proxy; started again it takes the same port."""

    def __init__(self, *arguments: str) -> None:
        self._arguments, self.port = arguments, 0

    def start(self) -> None:
        command = [sys.executable, "-m", "tideover", *self._arguments, "--port", str(self.port), "--with-parent"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        told = json.loads(self._process.stdout.readline())
        self.port = told.get("port") or told["shop"]

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self.bury()

    def bury(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


class Street:
    """All of it, in one folder."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.chance = folder, random.Random(f"kills {seed}")
        self._victims = victims(random.Random(f"victims {seed}"))  # Of its own: the tills' threads take from the other at any time.
        self.cloud = Child("practice-cloud", "--db", str(folder / "practice.db"))
        self.acknowledged: set[str] = set()
        self.made: set[str] = set()
        self.odd: list[str] = []  # Answers that no till should ever see.
        self._over = threading.Event()
        self.kills: Counter[str] = Counter()

    def __enter__(self) -> Street:
        self.cloud.start()
        self.proxy = Child("practice-proxy", "--to", str(self.cloud.port))
        self.proxy.start()
        self._load()
        data = self.folder / "shop"
        data.mkdir()
        (data / "tideover.toml").write_text(SETTINGS.format(port=self.proxy.port), encoding="utf-8")
        asyncio.run(_log_in(data))
        self.box = Box(data).__enter__()
        self.tills = [Till(self.box.url, f"T{n}").enrol(self.box.staff) for n in range(TILLS)]
        self._threads = [threading.Thread(target=self._trade, args=(till,)) for till in self.tills]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.close_tills()
        self.box.__exit__()
        self.proxy.bury()
        self.cloud.bury()

    def _load(self) -> None:
        items = [{"code": "A1", "name": "Coffee", "unit_price": 25_000, "vat_ppm": 135_000}]
        httpx.post(f"http://127.0.0.1:{self.cloud.port}/admin/load", json={"items": items}, trust_env=False).raise_for_status()

    def _trade(self, till: Till) -> None:
        """Sale after sale; what got no answer is sent again until it has one."""
        while not self._over.is_set():
            batch = [till.sale() for _ in range(self.chance.choice((1, 1, 2)))]
            while not self._sent(till, batch) and not self._over.wait(GLANCE_S):
                pass

    def _sent(self, till: Till, batch: list[dict[str, str]]) -> bool:
        if str(till.client.base_url).rstrip("/") != self.box.url:
            till.client.close()
            till.client = httpx.Client(base_url=self.box.url, trust_env=False, timeout=30)
        try:
            reply = till.send(batch)
        except httpx.TransportError:
            return False
        answers = reply.json()["answers"] if reply.status_code == 200 else [{"answer": reply.text}]
        self.odd += [str(one) for one in answers if one["answer"] not in ("created", "exists")]
        self.acknowledged |= {one["id"] for one in answers if one["answer"] in ("created", "exists")}
        return True

    def kill_one(self) -> None:
        """After some more sales one of the three dies, and is started again."""
        enough = len(self.acknowledged) + self.chance.randint(5, 40)
        wait_until(lambda: len(self.acknowledged) >= enough or bool(self.odd), "the tills sell on")
        victim = next(self._victims)
        self.kills[victim] += 1
        if victim == "box":
            self.box.kill()
            self.box.__exit__()
            self.box = Box(self.box.data).__enter__()
        else:
            child = self.cloud if victim == "cloud" else self.proxy
            child.kill()
            child.start()

    def close_tills(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(PATIENCE_S)
        for till in self.tills:
            till.client.close()

    def come_to_rest(self) -> None:
        """No more sales; until each is in the cloud."""
        self.close_tills()
        wait_until(lambda: set(self.in_cloud()) >= self.in_journal(), "all is in the cloud")

    def in_journal(self) -> set[str]:
        return {id for (id,) in _rows(self.box.data / "journal.db", "SELECT id FROM entry WHERE kind = 'sale'")}

    def in_cloud(self) -> Counter[str]:
        """Entry id to the number of its final documents."""
        return Counter(id for (id,) in _rows(self.folder / "practice.db", "SELECT external_id FROM sale WHERE state = 'final'") if id)


async def _log_in(data: Path) -> None:
    house = open_house(data, real_world())
    house.secrets.put("cloud.login", msgspec.json.encode({"user": "shop", "password": "practice"}))
    await house.shut()


def _rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        connection.set_busy_timeout(5_000)
        with contextlib.suppress(apsw.BusyError):
            return connection.execute(sql).fetchall()
        return []


def wait_until(condition: Any, what: str) -> None:
    """Looks again and again, not for ever."""
    never = threading.Event()
    for _ in range(round(PATIENCE_S / GLANCE_S)):
        if condition():
            return
        never.wait(GLANCE_S)
    raise AssertionError(f"never: {what}")
