"""The practice cloud and the fault proxy as real processes, reached over HTTP."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec

from conformance.rig import DAY_MS, ITEMS, NOON_MS, Rig, Shop, SteppingWorld
from conformance.sandbox import PlainSecrets
from tideover import connectors
from tideover.model.answer import CloudDocument, CloudLine, CloudPayment
from tideover.settings import Settings
from tideover.world import ClockPage, from_ms

LOGIN = {"user": "shop", "password": "practice"}


class Program:
    """One practice program as a child process."""

    def __init__(self, module: str, *options: str) -> None:
        command = [sys.executable, "-m", module, *options, "--with-parent"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self.ready: dict[str, Any] = json.loads(self._process.stdout.readline())

    @property
    def pid(self) -> int:
        return self._process.pid

    def end(self) -> int:
        """Ends it as its parent's end would; returns its exit code."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        return self._process.wait(timeout=10)


class PracticeRig(Rig):
    name = "practice"

    def start(self) -> None:
        clock = self.folder / "clock"
        self.page = ClockPage(clock)
        self.page.now_ms = self.day_ms
        self._cloud = Program("tideover.practice.cloud", "--db", str(self.folder / "practice.db"), "--clock", str(clock))
        self._proxy = Program("tideover.practice.proxy", "--to", str(self._cloud.ready["port"]), "--clock", str(clock))
        self.direct = httpx.Client(base_url=f"http://127.0.0.1:{self._cloud.ready['port']}")
        self.control = httpx.Client(base_url=f"http://127.0.0.1:{self._proxy.ready['control']}")
        self.url = f"http://127.0.0.1:{self._proxy.ready['port']}"
        self.admin("load", {"items": ITEMS})

    def stop(self) -> None:
        self.direct.close()
        self.control.close()
        assert (0, 0) == (self._proxy.end(), self._cloud.end())
        self.page.close()

    def admin(self, what: str, body: Any) -> None:
        self.direct.post(f"/admin/{what}", content=msgspec.json.encode(body)).raise_for_status()

    def tell(self, what: str, body: Any) -> None:
        self.control.post(f"/{what}", json=body).raise_for_status()

    @contextlib.asynccontextmanager
    async def shop(self) -> AsyncIterator[Shop]:
        self._heal()
        day_ms = next(self._days) * DAY_MS
        self.page.now_ms = max(self.page.now_ms, day_ms + NOON_MS)
        world = SteppingWorld(self.page, seed=day_ms)
        self.secrets = PlainSecrets({"cloud.login": json.dumps(LOGIN).encode()})
        settings = Settings(cloud="practice", cloud_url=self.url)
        heard: list[Any] = []
        async with httpx.AsyncClient(trust_env=False) as client:
            cloud = connectors.load(self.name).connect(settings, self.secrets, world, client, heard.append)
            yield Shop(cloud, world, datetime.fromtimestamp(day_ms / 1000, UTC).strftime("%Y-%m-%d"), heard)
        self._heal()

    def _heal(self) -> None:
        self.tell("line", {"up": True})
        self.tell("off", {})
        self.tell("hostile", {"mode": "off"})
        self.admin("open-period", {})
        self.admin("leave-draft", {"count": 0})

    def truth(self, shop: Shop) -> list[CloudDocument]:
        found = self.direct.get("/admin/documents", params={"day": shop.day}).json()
        return [
            CloudDocument(
                number=one["number"],
                entry=one["external_id"],
                day=one["day"],
                kind=one["kind"],
                state=one["state"],
                total_minor=one["total_minor"],
                lines=tuple(CloudLine(row["item"], row["quantity"], row["amount_minor"], row["vat_ppm"]) for row in one["lines"]),
                payments=tuple(CloudPayment(row["tender"], row["amount_minor"]) for row in one["payments"]),
                till=one["till"],
                at=from_ms(one["at_ms"]),
                reference=one["reference"],
            )
            for one in found
        ]

    def sell_at_cloud_till(self, shop: Shop, total_minor: int, reference: str) -> str:
        sale = {"day": shop.day, "kind": "sale", "at_ms": shop.world.page.now_ms, "currency": "EUR", "reference": reference, "till": "C1"}
        sale["lines"] = [{"item": "tea", "name": "Tea", "quantity": 1000, "amount_minor": total_minor, "vat_ppm": 255_000}]
        sale["payments"] = [{"tender": "cash", "amount_minor": total_minor}]
        return self.direct.post("/till/sales", json=sale).raise_for_status().json()["number"]

    def void(self, shop: Shop, number: str) -> None:
        self.direct.post(f"/till/sales/{number}/void", json={"why": "keyed twice"}).raise_for_status()

    def faults(self, shop: Shop, entries: Sequence[str] = (), **shares: float) -> None:
        if not shares:
            self.tell("off", {})
            return
        named = {name.replace("_", "-"): share for name, share in shares.items()}
        self.tell("faults", {"faults": named, "sends_expected": 1, "entries": list(entries)})

    def line(self, up: bool) -> None:
        self.tell("line", {"up": up})

    def hostile(self, mode: str) -> None:
        self.tell("hostile", {"mode": mode})

    def log_out(self) -> None:
        self.page.now_ms += 3_600_000  # The cloud's log-ins last an hour.

    def forget_password(self) -> None:
        self.secrets["cloud.login"] = b'{"user":"shop","password":"old"}'

    def leave_draft(self) -> None:
        self.admin("leave-draft", {"count": 1})

    def close_period(self, until: str) -> None:
        self.admin("close-period", {"until": until})

    def open_period(self) -> None:
        self.admin("open-period", {})

    def change(self, dataset: str, rows: Sequence[Any] = (), removed: Sequence[str] = ()) -> None:
        self.admin("change", {"dataset": dataset, "rows": rows, "removed": removed})

    def merge_customer(self, code: str, into: str) -> None:
        self.admin("merge-customer", {"code": code, "into": into})


RIG = PracticeRig
