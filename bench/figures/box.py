"""A box as a process of its own, as a shop runs it, and how long it takes until it serves."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter, sleep
from types import TracebackType
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from figures.long_journal import Shop, sale_body
from tideover.journal.entry import Entry, encode
from tideover.journal.keys import TillKey
from tideover.world import from_ms, real_world, to_ms, uuid7

GLANCE_S = 0.002
PATIENCE_S = 60.0


class Ready(Struct, frozen=True):
    """Seconds from the start of the process."""

    alive_s: float  # GET /healthz answers 200.
    sale_s: float  # The first sale is acknowledged, so on stable storage.
    cpu_s: float  # What the process itself worked until then.


class Box:
    """`tideover box` on a data directory; ends with the `with` block."""

    def __init__(self, folder: Path, command: Sequence[str] | None = None) -> None:
        """command: what starts it, if not the product's own."""
        self.folder = folder
        self.started = perf_counter()
        command = command or [sys.executable, "-m", "tideover", "box", "--data", str(folder), "--port", "0", "--json", "--with-parent"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout is not None
        self.port = json.loads(self.process.stdout.readline())["port"]

    def __enter__(self) -> Box:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.terminate()
        self.process.wait(PATIENCE_S)
        self.process.stdin.close()
        self.process.stdout.close()

    def cpu_s(self) -> float:
        """Processor seconds of the process so far; 0 where the system does not say."""
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / 100

    def wait_alive(self) -> float:
        """Seconds from the start until /healthz says 200."""
        while perf_counter() - self.started < PATIENCE_S:
            if self._get("/healthz") == 200:
                return perf_counter() - self.started
            sleep(GLANCE_S)
        raise TimeoutError("the box did not answer")

    def confirm_outage(self) -> None:
        """A person opens the fallback: from now on our tills are the ones that sell, and nothing is sent to a cloud."""
        token = (self.folder / "operator.token").read_text().strip()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        connection.request("POST", "/v1/outage/confirm", body="{}", headers=headers)
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        connection.close()

    def _get(self, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except ConnectionError:
            return 0
        finally:
            connection.close()


def request_bytes(token: str, signed: bytes, signature: bytes) -> bytes:
    """POST /v1/entries with one entry, as a till sends it."""
    one = {"signed": base64.b64encode(signed).decode(), "signature": base64.b64encode(signature).decode()}
    body = json.dumps({"entries": [one]}).encode()
    head = f"POST /v1/entries HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def sale(shop: Shop, key: TillKey, at_ms: int) -> tuple[bytes, bytes]:
    """The till's next sale, signed."""
    id = uuid7(from_ms(at_ms), real_world().secret_bytes(10))
    day = from_ms(at_ms).date().isoformat()
    entry = Entry(id, "sale", 1, shop.till, shop.next_seq, at_ms, day, "Aino", None, sale_body(shop.next_seq))
    signed = encode(entry)
    return signed, key.sign(signed)


def start_and_sell(shop: Shop) -> tuple[Ready, Shop]:
    """Start the box, wait until it lives, sell once; the shop as it is after that sale."""
    body = request_bytes(shop.token, *sale(shop, TillKey.from_pem(shop.pem), to_ms(real_world().now())))
    with Box(shop.folder) as box:
        alive_s = box.wait_alive()
        answer = _send(box.port, body)
        ready = Ready(alive_s, perf_counter() - box.started, box.cpu_s())
    [taken] = answer["answers"]
    assert taken["answer"] == "created", taken
    return ready, replace(shop, next_seq=shop.next_seq + 1)


def _send(port: int, request: bytes) -> dict[str, Any]:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as line:
        line.sendall(request)
        answer = http.client.HTTPResponse(line)
        answer.begin()
        return json.loads(answer.read())
