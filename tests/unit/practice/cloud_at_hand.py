"""A practice cloud in memory of this test, spoken to without HTTP: routes, status and JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from tideover.practice.cloud import PASSWORD, USER, CloudApp, Request, make_cloud
from tideover.world import RealWorld

DAY = "2026-11-20"


class SetWorld(RealWorld):
    """A world whose clock stands until the test moves it."""

    def __init__(self) -> None:
        super().__init__()
        self.at = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def later(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class AtHand:
    """The cloud, its clock and a log-in."""

    def __init__(self, folder: Path) -> None:
        self.world = SetWorld()
        self.app: CloudApp = make_cloud(folder / "practice.db", self.world)
        self.token = self.call("POST", "/login", {"user": USER, "password": PASSWORD})[1]["token"]

    def call(self, method: str, target: str, body: Any = None, key: str | None = None, token: str | None = None) -> tuple[int, Any]:
        """Status and decoded answer; CSV comes as text."""
        headers = [(b"authorization", f"Bearer {token or getattr(self, 'token', '')}".encode())]
        if key is not None:
            headers.append((b"Idempotency-Key", key.encode()))
        content = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
        status, kind, payload = self.app.answer(Request.of(method, target, headers, content))
        return status, json.loads(payload) if kind == b"application/json" else payload.decode()

    def book(self, key: str | None = None, target: str = "/api/sales", **changes: Any) -> tuple[int, Any]:
        return self.call("POST", target, sale(**({"external_id": key} | changes)), key)


def sale(cents: int = 395, **changes: Any) -> dict[str, Any]:
    """A sale of one line, paid by card."""
    line = {"item": "tea", "name": "Tea", "quantity": 1000, "amount_minor": cents, "vat_ppm": 255_000}
    plain = {"day": DAY, "kind": "sale", "at_ms": 1_795_176_000_000, "currency": "EUR", "lines": [line]}
    return plain | {"payments": [{"tender": "card", "amount_minor": cents}]} | changes
