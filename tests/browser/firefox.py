"""Debian's Firefox, driven over WebDriver BiDi by what it speaks itself: no driver of another version stands between.

It is a second opinion: what Chromium forgives shows here. Everything it would ask of a network but this machine goes nowhere.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from time import monotonic
from typing import Any

from websocket import create_connection

FIREFOX = shutil.which("firefox-esr")
START_S = 60.0
PATIENCE_S = 30.0
PREFERENCES = {
    "network.proxy.type": 1,  # A proxy that is not there: whatever is not this machine fails at once.
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.no_proxies_on": "localhost, 127.0.0.1",
    "services.settings.server": "data:,",
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "captivedetect.canonicalURL": "",
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "intl.accept_languages": "en",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.server": "",
}
KEYS = {"Enter": "\ue007", "Tab": "\ue004", "Escape": "\ue00c", "ArrowDown": "\ue015"}


class Firefox:
    """One window; every call waits for its answer, at most PATIENCE_S."""

    def __init__(self, address: str) -> None:
        self._line = create_connection(f"{address}/session", timeout=PATIENCE_S, suppress_origin=True)
        self._count = 0
        self._send("session.new", capabilities={})
        self._window = self._send("browsingContext.getTree")["contexts"][0]["context"]

    def _send(self, method: str, **params: Any) -> Any:
        self._count += 1
        self._line.send(json.dumps({"id": self._count, "method": method, "params": params}))
        while (answer := json.loads(self._line.recv())).get("id") != self._count:
            pass  # An event.
        if answer["type"] != "success":
            raise AssertionError(f"{method}: {answer['error']}: {answer['message']}")
        return answer["result"]

    def open(self, address: str) -> None:
        self._send("browsingContext.navigate", context=self._window, url=address, wait="complete")

    def look(self, width: int, height: int) -> None:
        """The size of the window from here on."""
        self._send("browsingContext.setViewport", context=self._window, viewport={"width": width, "height": height})

    def ask(self, script: str) -> Any:
        """The value of a script's expression, as JSON carries it."""
        told = self._send(
            "script.evaluate",
            expression=f"(async () => JSON.stringify((await ({script})) ?? null))()",
            target={"context": self._window},
            awaitPromise=True,
        )
        if told["type"] != "success":
            raise AssertionError(told["exceptionDetails"]["text"])
        return json.loads(told["result"]["value"])

    def until(self, script: str) -> Any:
        """That expression's value as soon as it is true; a page that is being left in that moment is asked again."""
        end = monotonic() + PATIENCE_S
        while True:
            try:
                if found := self.ask(script):
                    return found
                why = "it stayed untrue"
            except AssertionError as error:
                why = str(error)
            if monotonic() > end:
                raise AssertionError(f"{script}: {why}; the page says: {self.ask('document.body.innerText')[:400]}")

    def text(self) -> str:
        return self.ask("document.body.innerText")

    def focus(self, selector: str) -> None:
        self.until(f"(document.querySelector({json.dumps(selector)})?.focus(), document.activeElement?.matches({json.dumps(selector)}))")

    def press(self, *keys: str) -> None:
        """Named keys, or texts typed letter by letter."""
        for key in keys:
            letters = [KEYS[key]] if key in KEYS else list(key)
            strokes = [{"type": way, "value": one} for one in letters for way in ("keyDown", "keyUp")]
            self._send("input.performActions", context=self._window, actions=[{"type": "key", "id": "keys", "actions": strokes}])

    def picture(self, path: Path) -> None:
        path.write_bytes(b64decode(self._send("browsingContext.captureScreenshot", context=self._window)["data"]))

    def end(self) -> None:
        self._line.close()


@contextmanager
def firefox(folder: Path) -> Iterator[Firefox]:
    """A fresh Firefox with its profile in `folder`; ended with all its children, by their group's id."""
    profile = folder / "firefox"
    profile.mkdir(parents=True)
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFERENCES.items())
    (profile / "user.js").write_text("".join(lines), encoding="utf-8")
    call = [str(FIREFOX), "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
    process = subprocess.Popen(
        call, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, start_new_session=True, env={**os.environ, "HOME": str(folder)}
    )
    heard: Queue[str] = Queue()
    reader = threading.Thread(target=_hear, args=(process.stderr, heard.put), daemon=True)
    reader.start()
    try:
        browser = Firefox(_address(heard))
        try:
            yield browser
        finally:
            browser.end()
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        reader.join(PATIENCE_S)
        process.stderr.close()


def _hear(stream: Any, put: Callable[[str], None]) -> None:
    for line in stream:
        put(line)


def _address(heard: Queue[str]) -> str:
    """Where it listens, as it says at its start."""
    end = monotonic() + START_S
    while True:
        try:
            line = heard.get(timeout=max(0.1, end - monotonic()))
        except Empty:
            raise AssertionError(f"Firefox did not say within {START_S:.0f} s where it listens") from None
        if found := re.search(r"ws://\S+", line):
            return found[0]
