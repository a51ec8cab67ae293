"""Opens the first pages in the browser: uses the box that runs, else runs one until it is told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tideover.commands.output import say
from tideover.errors import BoxBusy, TideoverError, Unavailable

WAIT_S = 30.0  # A box on a slow disk answers within this; then the person is told to look.


def open_page(folder: Path, lang: str | None, port: int | None) -> None:
    """Print and open the address; the code in it works once, on this machine. Raises Unavailable, Misconfigured."""
    from tideover.app import told_or_real
    from tideover.errands import ADDRESS_FILE
    from tideover.process import run

    if _running(folder):
        _show(folder, lang)
        return
    (folder / ADDRESS_FILE).unlink(missing_ok=True)  # What stands there is from a box that is gone.
    _set_up(folder, lang)
    given = {} if port is None else {"port": port}
    try:
        run(folder, told_or_real(None, 1), given, as_json=False, with_parent=False, ready=_beside(lambda: _show(folder, lang)))
    except BoxBusy:  # Somebody started one in this very moment.
        _show(folder, lang)


def _beside(call: Callable[[], None]) -> Callable[[], None]:
    """In a thread of its own: the box must not wait for its own answer."""

    def work() -> None:
        try:
            call()
        except TideoverError as error:  # The box goes on; its pages open with a PIN, too.
            say(f"{error.message}\n→ {error.hint}")

    return lambda: threading.Thread(target=work, daemon=True).start()


def _running(folder: Path) -> bool:
    from tideover.journal.lock import hold

    try:
        with hold(folder):
            return False
    except BoxBusy:
        return True


def _set_up(folder: Path, lang: str | None) -> None:
    """A box without a cloud takes exports from a folder, so that prices can be dropped in at once."""
    from tideover.settings import read_settings, write_settings
    from tideover.web.starting import EXPORTS

    given = read_settings(folder)
    wished: dict[str, Any] = {} if given.cloud else {"cloud": "assisted", "cloud_url": str(folder.resolve() / EXPORTS)}
    if lang is not None and lang != given.language:
        wished["language"] = lang
    if wished:
        write_settings(folder, wished)


def _show(folder: Path, lang: str | None) -> None:
    import webbrowser

    address, code = _code(folder)
    page = f"{address}/start" + (f"?lang={lang}" if lang else "")
    say(f"Open this on this computer (it works once, for ten minutes):\n\n    {page}#code={code}\n")
    say(f"Or open {page} and type the code {code}. Ctrl-C ends the box.")
    try:
        opened = webbrowser.open(f"{page}#code={code}")
    except webbrowser.Error:
        opened = False
    if not opened:
        say("No browser was found here; a browser on this computer is needed, or: tideover start --no-browser")


def _code(folder: Path) -> tuple[str, str]:
    """The box's address and a fresh code. Raises Unavailable."""
    import httpx

    from tideover.errands import ADDRESS_FILE
    from tideover.web.tokens import OPERATOR_FILE

    try:
        address = (folder / ADDRESS_FILE).read_text(encoding="ascii").strip()
        token = (folder / OPERATOR_FILE).read_text(encoding="ascii").strip()
        here = address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
        reply = httpx.post(f"{here}/v1/start/code", headers={"Authorization": f"Bearer {token}"}, timeout=WAIT_S)
        reply.raise_for_status()
        return here, reply.json()["code"]
    except OSError as error:
        raise Unavailable(who="The running box", why=f"{error.filename} cannot be read") from error
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise Unavailable(who="The running box", why=str(error) or type(error).__name__) from error
