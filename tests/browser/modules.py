"""A small page served from this machine on which tests run the till's native modules in a real browser.

`with page_of(chromium) as page:` gives a Playwright page at `http://127.0.0.1:PORT/`; the modules lie under `/till/` as the box
serves them, and the shared vectors under `/vectors/`. `call(page, "core/money.js", "parse", [["1,50", 2]])` runs one function
for a list of arguments and gives the list of results. The page has the strict Content-Security-Policy of the box's pages.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
TILL = ROOT / "src" / "tideover" / "web" / "till"
VECTORS = ROOT / "tests" / "vectors"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; worker-src 'self'"
BLANK = b"<!doctype html><html lang='en'><meta charset='utf-8'><title>modules</title><body></body></html>"
TYPES = {".js": "text/javascript", ".json": "application/json", ".html": "text/html; charset=utf-8", ".css": "text/css"}

# Functions take a list of arguments each; BigInt travels as {"big": "…"} and bytes as {"hex": "…"}, both ways.
CALL = """
async ([path, name, calls]) => {
  const revive = (value) => {
    if (value === null || typeof value !== "object") return value;
    if ("big" in value) return BigInt(value.big);
    if ("hex" in value) return Uint8Array.from(value.hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
    if (Array.isArray(value)) return value.map(revive);
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revive(inner)]));
  };
  const tell = (value) => {
    if (typeof value === "bigint") return { big: String(value) };
    if (value instanceof Uint8Array) return { hex: [...value].map((byte) => byte.toString(16).padStart(2, "0")).join("") };
    if (Array.isArray(value)) return value.map(tell);
    if (value !== null && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, tell(v)]));
    return value;
  };
  const module = await import(path);
  const found = [];
  for (const args of calls) {
    try { found.push(tell(await module[name](...revive(args)))); } catch (error) { found.push({ thrown: error.name, why: error.message }); }
  }
  return found;
}
"""


def vectors(name: str) -> list[dict[str, Any]]:
    """The shared vectors of that name: what goes in and what comes out."""
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def outs(name: str) -> list[Any]:
    return [one["out"] for one in vectors(name)]


class _Files(SimpleHTTPRequestHandler):
    """The till's files, the vectors, and one blank page; nothing else."""

    protocol_version = "HTTP/1.1"
    extra: Path | None = None

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        body = BLANK if path == "/" else b"" if path == "/favicon.ico" else self._file(path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Type", "text/html; charset=utf-8" if path == "/" else TYPES.get(Path(path).suffix, "text/plain"))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def _file(self, path: str) -> bytes | None:
        for prefix, folder in (("/till/", TILL), ("/vectors/", VECTORS), ("/extra/", self.extra)):
            if path.startswith(prefix) and folder is not None:
                file = (folder / path.removeprefix(prefix)).resolve()
                return file.read_bytes() if file.is_relative_to(folder.resolve()) and file.is_file() else None
        return None

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@contextmanager
def served(extra: Path | None = None) -> Iterator[str]:
    """The address of the modules while it is open; extra: a further folder under /extra/."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Files", (_Files,), {"extra": extra}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def page_of(chromium: Any, extra: Path | None = None, **context: Any) -> Iterator[Any]:
    """A page of its own profile on that address; whatever goes wrong on it fails the test at the end."""
    with served(extra) as address:
        own = chromium.new_context(base_url=address, **context)
        page = own.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda told: faults.append(told.text) if told.type == "error" else None)
        page.goto("/")
        try:
            yield page
        finally:
            own.close()
        assert [] == faults


def call(page: Any, module: str, name: str, calls: Sequence[Sequence[Any]]) -> list[Any]:
    """The results of one exported function for many lists of arguments; an exception is {"thrown": …, "why": …}."""
    return page.evaluate(CALL, [f"/till/{module}" if not module.startswith("/") else module, name, [list(one) for one in calls]])
