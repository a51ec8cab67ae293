"""A pocket kit in the shop's own network: it tells the box which version it is, after its pass-phrase, and nobody else anything."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from browser.test_pocket import COPY, locked, unlock
from tideover.kit import pocket
from unit.kit.corner_shop import matter

pytestmark = pytest.mark.xdist_group("test_pocket_reports")  # One browser for the file, in one process.

WAIT_MS = 10_000


class Box(BaseHTTPRequestHandler):
    """Hears what comes, and answers as the box does: nothing, and no other origin may read it."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.path, dict(self.headers), body))  # type: ignore[attr-defined]
        self.send_response(204)
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.end_headers()

    def log_message(self, *about: object) -> None:
        """Tests are quiet."""


@pytest.fixture
def box() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Box)
    server.heard = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def address(server: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


def heard_after(phone, server) -> list:
    """What the box heard, once it heard anything."""
    for _ in range(WAIT_MS // 50):
        if server.heard:
            break
        phone.wait_for_timeout(50)
    return server.heard


def test_an_opened_kit_tells_the_box_its_version(tmp_path, phone, box):
    """Once, with the copy's id and what stands in it; the address says neither, and no cookie goes along."""
    phone.context.set_offline(False)
    unlock(phone, locked(tmp_path, copy=COPY, boxes=(address(box),)))
    ((path, headers, body),) = heard_after(phone, box)
    assert "/v1/kit/opened" == path
    assert {"copy": COPY, "content": pocket.pocket_sheet(matter(), "fi").content} == json.loads(body)
    assert "Cookie" not in headers and "Referer" not in headers
    assert [f"{address(box)}/v1/kit/opened"] == phone.asked
    assert phone.locator("#kit li").count() > 0  # Whatever the box answers, the kit goes on.


def test_a_wrong_pass_phrase_tells_nobody_anything(tmp_path, phone, box):
    """The id is inside the lock."""
    phone.context.set_offline(False)
    phone.goto(locked(tmp_path, copy=COPY, boxes=(address(box),)).as_uri())
    phone.fill("#phrase", "omena karhu lumi silmu")
    phone.click("button.main")
    phone.wait_for_selector("#told.loud")
    assert ([], []) == (box.heard, phone.asked)


def test_a_kit_that_nobody_keeps_track_of_is_silent(tmp_path, phone, box):
    """As `tideover kit` makes it: it asks nothing of any network, on-line or not."""
    phone.context.set_offline(False)
    unlock(phone, locked(tmp_path, boxes=(address(box),)))
    phone.evaluate("() => new Promise((done) => requestIdleCallback(done))")  # Whatever it would ask for it has asked for by now.
    assert ([], []) == (box.heard, phone.asked)


def test_the_page_reaches_no_other_address(tmp_path, phone, box):
    """Even a script that got into the page could send the prices nowhere but to the box."""
    phone.context.set_offline(False)
    elsewhere = ThreadingHTTPServer(("127.0.0.1", 0), Box)
    elsewhere.heard = []  # type: ignore[attr-defined]
    try:
        unlock(phone, locked(tmp_path, copy=COPY, boxes=(address(box),)))
        refused = phone.evaluate(
            "(url) => fetch(url, { method: 'POST', mode: 'no-cors', body: 'x' }).then(() => 'sent', () => 'refused')", address(elsewhere)
        )
        assert "refused" == refused
    finally:
        elsewhere.server_close()
