"""A real box as a process of its own, and a real till that speaks to it over HTTP."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
from msgspec import Struct

from tideover.journal.entry import Entry, encode
from tideover.journal.keys import TillKey
from tideover.model.sale import Document, Line, Tender
from tideover.world import real_world, to_ms

WORLD = real_world()
COFFEE = Line(item="A1", name="Coffee", quantity=1_000, unit_price=25_000, amount_minor=250, vat_ppm=135_000)
STOPS_IN_S = 30  # Far more than any of these needs; only a box that hangs takes so long.


class Said(Struct, frozen=True):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def is_plain(self) -> bool:
        """Words for a person: something was said, with what to do next, and no traceback."""
        return "Traceback" not in self.err + self.out and bool(re.search(r"→|Try '", self.err))


def tideover(*arguments: str | Path, **more: Any) -> Said:
    """Run a command to its end."""
    command = [sys.executable, "-m", "tideover", *map(str, arguments)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=STOPS_IN_S * 4, check=False, **more)
    return Said(done.returncode, done.stdout, done.stderr)


class Box:
    """`tideover box` on a data directory; use as a context."""

    def __init__(self, data: Path, settings: str = "", before: Callable[[], None] | None = None) -> None:
        """before: runs in the child before the box, to set its limits."""
        self.data, self._before = data, before
        data.mkdir(exist_ok=True)
        if settings:
            (data / "tideover.toml").write_text(settings, encoding="utf-8")
        self._log = data / "box.log"

    def __enter__(self) -> Box:
        command = [sys.executable, "-m", "tideover", "box", "--data", str(self.data), "--port", "0", "--json", "--with-parent"]
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, preexec_fn=self._before
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, self.said
        self.url = f"http://127.0.0.1:{json.loads(line)['port']}"
        token = (self.data / "operator.token").read_text(encoding="ascii").strip()
        self.staff = httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=STOPS_IN_S)
        return self

    def __exit__(self, *error: object) -> None:
        self.staff.close()
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        self._bury()

    def _bury(self) -> None:
        self.code = self._process.wait(timeout=STOPS_IN_S)
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        """As a power cut ends it."""
        os.kill(self.pid, signal.SIGKILL)

    @property
    def said(self) -> str:
        """Everything on its standard error since it was made."""
        return self._log.read_text(encoding="utf-8")

    def get(self, path: str, **query: Any) -> Any:
        reply = self.staff.get(path, params=query)
        assert 200 == reply.status_code, reply.text
        return reply.json()


class Till:
    """Signs with its own key and counts its own numbers."""

    def __init__(self, url: str, name: str = "T1") -> None:
        self.name, self.key, self.seq, self.token, self.id = name, TillKey.generate(WORLD), 0, "", WORLD.new_id()
        self.client = httpx.Client(base_url=url, trust_env=False, timeout=STOPS_IN_S)

    def enrol(self, staff: httpx.Client) -> Till:
        code = staff.post("/v1/codes", json={"name": self.name}).raise_for_status().json()["code"]
        body = {"code": code, "name": self.name, "spki": self.key.spki_b64}
        told = self.client.post("/v1/enrol", json=body).raise_for_status().json()
        self.id, self.token = told["till"], told["token"]
        return self

    def __enter__(self) -> Till:
        return self

    def __exit__(self, *error: object) -> None:
        self.client.close()

    def sale(self, seq: int | None = None, happened_ms: int | None = None, day: str = "2026-11-20", **more: Any) -> dict[str, str]:
        """The next sale of one coffee, as it goes over the wire."""
        self.seq += seq is None
        number = seq or self.seq
        document = Document(f"{self.name}-{number}", "EUR", True, (COFFEE,), (Tender("cash", 250),), **more.pop("document", {}))
        at_ms = to_ms(WORLD.now()) if happened_ms is None else happened_ms
        entry = Entry(more.pop("id", WORLD.new_id()), "sale", 1, self.id, number, at_ms, day, "Anna", None, document)
        signed = encode(entry)
        return {"signed": base64.b64encode(signed).decode(), "signature": base64.b64encode(self.key.sign(signed)).decode()}

    def send(self, entries: Sequence[dict[str, str]]) -> httpx.Response:
        known = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.client.post("/v1/entries", json={"entries": list(entries)}, headers=known)

    def answers(self, *entries: dict[str, str]) -> list[dict[str, Any]]:
        """What became of each."""
        reply = self.send(entries)
        assert 200 == reply.status_code, reply.text
        return reply.json()["answers"]


def verified(data: Path, *more: str) -> tuple[int, dict[str, Any]]:
    """Exit code and answer of `tideover verify` on a data directory."""
    said = tideover("verify", data / "journal.db", "--json", *more)
    return said.code, json.loads(said.out)


def id_of(entry: dict[str, str]) -> str:
    return json.loads(base64.b64decode(entry["signed"]))["id"]
