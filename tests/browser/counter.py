"""A counter with a till on it: a real box as a process, a line to it that can be cut in every way, and the till's own modules
in a real browser without their screens.

`with counter(folder) as desk:` starts the box; `desk.till(chromium)` is a page with an enrolled till and Anna at it. The line is
a small proxy: the page knows only its address, so it lives through a box that dies, and a new version of the till's files.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import shutil
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bad_luck.box import WORLD, Box
from tideover.copies.store import Copies
from tideover.db import Database
from tideover.migrations.copies import MIGRATIONS
from tideover.model.item import Customer, Item
from tideover.ports import Page
from tideover.web import till_page
from tideover.web.gate import SAFE_HEADERS

PATIENCE_S = 30
ITEMS = (
    Item("100", "Rye bread", 24_900, 135_000, barcodes=("6400000000010",)),
    Item("200", "Coffee, 500 g", 64_900, 135_000),
    Item("400", "Lamp", 1_990_000, 255_000),
)
CUSTOMERS = (Customer("C1", "Virtanen Oy", account=True),)
BARE = "<!doctype html><html lang='en'><meta charset='utf-8'><title>till</title><script type='module' src='bare.js'></script>"
SCRIPT = "import { till } from './main.js';\nglobalThis.till = till;\n"


class Line:
    """What lies between page and box."""

    def __init__(self, box_url: str, files: Path) -> None:
        self.box_url, self.files = box_url, files
        self.mend()
        self.batches: list[Any] = []  # What the page sent, decoded.
        self.asked: list[str] = []
        self.ended = threading.Event()
        line = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                line.pass_on(self)

            do_POST = do_GET

            def log_message(self, format: str, *args: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        self.url = f"http://localhost:{self._server.server_port}"

    def mend(self) -> None:
        """A line as it should be."""
        self.away = False  # Nobody answers: connections are reset.
        self.hangs = False  # Somebody takes the request, and never answers.
        self.slow_s = 0.0  # Each answer of the box comes so late.
        self.portal = False  # Every address answers with somebody else's page.
        self.lose_replies = 0  # So many answers to batches are lost after the box has had them.
        self.cut_batches = 0  # So many batches break off on their way to the box.
        self.edit: Callable[[str, Any], Any] | None = None  # (path, answer) -> answer

    def end(self) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def pass_on(self, ask: BaseHTTPRequestHandler) -> None:
        path = urlsplit(ask.path).path
        body = ask.rfile.read(int(ask.headers.get("Content-Length") or 0))
        self.asked.append(path)
        if self.hangs:
            self.ended.wait(PATIENCE_S)
        if self.away or self.hangs:
            _reset(ask)
        elif self.portal:
            _answer(ask, 200, "text/html", b"<html>Please sign in to the hotel network</html>")
        elif path.startswith("/till/"):
            self._file(ask, path.removeprefix("/till/"))
        else:
            self._box(ask, path, body)

    def _file(self, ask: BaseHTTPRequestHandler, name: str) -> None:
        one = till_page.files(self.files).get(name or "index.html")
        if one is None:
            _answer(ask, 404, "text/plain", b"")
        else:
            _answer(ask, 200, one.kind, one.content, {"Cache-Control": "no-cache"})

    def _box(self, ask: BaseHTTPRequestHandler, path: str, body: bytes) -> None:
        is_batch = path == "/v1/entries" and b'"signed"' in body
        if is_batch:
            self.batches.append(json.loads(body))
        if is_batch and self.cut_batches > 0:
            self.cut_batches -= 1
            self._half(ask, body)
            _reset(ask)
            return
        try:
            status, kind, answer = self._asked(ask, body)
        except OSError:
            _reset(ask)
            return
        if is_batch and self.lose_replies > 0:
            self.lose_replies -= 1
            _reset(ask)
            return
        if self.slow_s:
            self.ended.wait(self.slow_s)
        if self.edit is not None and kind.startswith("application/json"):
            told = self.edit(path, json.loads(answer))
            answer = json.dumps(told).encode()
        _answer(ask, status, kind, answer)

    def _asked(self, ask: BaseHTTPRequestHandler, body: bytes) -> tuple[int, str, bytes]:
        address = urlsplit(self.box_url)
        link = http.client.HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE_S)
        try:
            own = ("host", "connection", "accept-encoding", "origin")
            headers = {name: value for name, value in ask.headers.items() if name.lower() not in own}
            link.request(ask.command, ask.path, body or None, {**headers, "Host": "localhost"})
            reply = link.getresponse()
            return reply.status, reply.headers.get("content-type", ""), reply.read()
        finally:
            link.close()

    def _half(self, ask: BaseHTTPRequestHandler, body: bytes) -> None:
        """The box gets the head and half of the body, and then the line ends."""
        address = urlsplit(self.box_url)
        with socket.create_connection((address.hostname or "", address.port or 80)) as link:
            head = f"POST {ask.path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {ask.headers['Authorization']}\r\n"
            link.sendall(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body[: len(body) // 2])


def _reset(ask: BaseHTTPRequestHandler) -> None:
    ask.close_connection = True
    ask.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _answer(ask: BaseHTTPRequestHandler, status: int, kind: str, body: bytes, more: dict[str, str] | None = None) -> None:
    try:
        ask.send_response(status)
        named = {name.decode(): value.decode() for name, value in SAFE_HEADERS}
        for name, value in {**named, "Content-Type": kind, "Content-Length": str(len(body)), **(more or {})}.items():
            ask.send_header(name, value)
        ask.end_headers()
        ask.wfile.write(body)
    except OSError:  # The page has gone, or did not wait.
        ask.close_connection = True


class Desk:
    """A box, a line, and what a test does with them."""

    def __init__(self, folder: Path, box: Box, line: Line) -> None:
        self.folder, self.box, self.line = folder, box, line

    def code(self, name: str = "K1") -> str:
        return str(self.box.staff.post("/v1/codes", json={"name": name}).raise_for_status().json()["code"])

    def sales(self) -> list[dict[str, Any]]:
        """What the box's journal holds of sales and refunds, as its own list tells it."""
        return sales_in(self.box.data)

    def entries(self) -> list[dict[str, Any]]:
        """Everything in the journal, in order."""
        return _read(self.box.data, "1")

    def new_version(self, mark: str) -> None:
        """The box has other files of the till from now on."""
        self.line.files = files_of(self.folder, mark)

    def restart(self, before: Callable[[], None] = lambda: None) -> None:
        """The box ends as by a power cut, `before` happens, and it starts again at another port; the line follows."""
        if self.box._process.poll() is None:
            self.box.kill()
        self.box.__exit__()
        before()
        self.box.__enter__()
        self.line.box_url = self.box.url

    def page(self, context: Any) -> Any:
        """A tab with the till's modules, as far as they come by themselves."""
        page = context.new_page()
        page.goto(f"{self.line.url}/till/")
        when(page, "globalThis.till && till.state.phase !== 'starting'")
        return page

    def enrol(self, page: Any, name: str = "K1") -> None:
        assert page.evaluate("([code, name]) => till.enrol(code, name)", [self.code(name), name]) is None

    def sign_in(self, page: Any, pin: str = "2580") -> Any:
        when(page, "till.state.phase === 'sign-in'")
        return page.evaluate("(pin) => till.signIn('Anna', pin)", pin)

    def till(self, context: Any, name: str = "K1") -> Any:
        """A tab with an enrolled till and Anna at it."""
        page = self.page(context)
        self.enrol(page, name)
        assert self.sign_in(page) is None
        when(page, "till.state.phase === 'ready' && till.state.box === 'here' && till.catalogue.size > 0")
        return page


SELL = """
async (n) => {
  const made = [];
  for (let at = 0; at < n; at += 1) {
    const added = till.act({ do: "add", item: "100" }) ?? till.act({ do: "tender", kind: "cash" });
    made.push(added ?? await till.finish());
  }
  return made.map((one) => one.refused ?? { number: one.number, seq: one.entry.till_seq, id: one.entry.id, day: one.entry.trading_day });
}
"""


def sell(page: Any, n: int = 1) -> list[dict[str, Any]]:
    """n sales of one loaf, in cash."""
    made = page.evaluate(SELL, n)
    assert all("number" in one for one in made), made
    return made


def screens(page: Any, language: str = "en") -> None:
    """The till's own screens over its modules: what somebody at this counter reads, in that language."""
    page.evaluate(
        """async (language) => {
          localStorage.setItem("till.language", language);
          document.body.append(Object.assign(document.createElement("div"), { id: "till" }));
          await import("/till/screen/app.js");
        }""",
        language,
    )


def reads(page: Any, *texts: str) -> None:
    """Waits until each of these is in sight, word for word."""
    for text in texts:
        page.get_by_text(text, exact=False).first.wait_for(timeout=PATIENCE_S * 1000)


UNSENT = "till.store.read(['entry'], (db) => db.entry.filter((row) => row.state === 'unsent').count())"


def sent(page: Any) -> None:
    """Waits until nothing is unsent, in the store too: the count on the screen follows it by a moment."""
    when(page, f"(async () => till.state.queue === 0 && 0 === await {UNSENT})()")


def when(page: Any, said: str) -> Any:
    """Waits until the page says that this is so; its policy forbids to look from within."""
    return until(lambda: page.evaluate(said), said=said)


def until(what: Callable[[], Any], for_s: float = PATIENCE_S, said: str = "") -> Any:
    """The first true value of `what`."""
    end = time.monotonic() + for_s
    while not (found := what()):
        assert time.monotonic() < end, f"waited in vain: {said}"
        time.sleep(0.05)
    return found


def sales_in(data: Path) -> list[dict[str, Any]]:
    """Sales and refunds in the journal of that data directory, in order; the box may be gone."""
    return _read(data, "kind IN ('sale', 'refund')")


def _read(data: Path, where: str) -> list[dict[str, Any]]:
    import apsw

    link = apsw.Connection(str(data / "journal.db"), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return [json.loads(row[0]) for row in link.execute(f"SELECT signed FROM entry WHERE {where} ORDER BY seq")]
    finally:
        link.close()


def files_of(folder: Path, mark: str) -> Path:
    """The till's files, without screens; `mark` makes it a version of its own."""
    own = folder / f"till-{mark}"
    shutil.copytree(till_page.FOLDER, own)
    (own / "index.html").write_text(BARE, encoding="utf-8")
    (own / "bare.js").write_text(f"{SCRIPT}globalThis.mark = {json.dumps(mark)};\n", encoding="utf-8")
    return own


def stocked(data: Path, copied: dict[str, tuple[Any, ...]]) -> None:
    """Datasets, as a pull would have brought them."""
    data.mkdir(exist_ok=True)

    async def work() -> None:
        database = Database(data / "copies.db", MIGRATIONS, durable=False)
        copies = Copies(database, WORLD)
        for dataset, records in copied.items():
            await copies.apply(dataset, Page(records, "1", False), WORLD.now())
        database.close()

    thread = threading.Thread(target=lambda: asyncio.run(work()))  # The browser's driver has a loop in this one.
    thread.start()
    thread.join()


@contextmanager
def counter(folder: Path, settings: str = "", **copied: tuple[Any, ...]) -> Iterator[Desk]:
    """A box that sells bread, with Anna's PIN 2580. copied: other records of a dataset."""
    folder.mkdir(exist_ok=True)
    data = folder / "shop"
    stocked(data, {"items": ITEMS, "customers": CUSTOMERS, **copied})
    with Box(data, settings) as box:
        box.staff.post("/v1/pins", json={"name": "Anna", "pin": "2580"}).raise_for_status()
        line = Line(box.url, files_of(folder, "one"))
        try:
            yield Desk(folder, box, line)
        finally:
            line.end()
