"""A real Tryton for a rehearsal: made from a ready-made file, started, stopped. Nobody's own Tryton is ever touched.

Setting one up takes half a minute, so that an empty one is made once per machine, version and shape,
and copied. Tryton itself runs in child processes only; this module never imports it.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import apsw
import msgspec
import platformdirs

from tideover.errors import ExtraMissing, RehearsalStopped
from tideover.learn import erp_shape
from tideover.learn.erp_shape import DATABASE, MODULES, Shape

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

Say = Callable[[str], None]

FILE = f"{DATABASE}.sqlite"
CONFIG = "trytond.conf"
SETUP = "tideover.learn.erp_setup"
LOAD = "tideover.learn.erp_load"
SERVE = "tideover.learn.erp_serve"
SETUP_S = 600.0  # Half a minute on a calm machine.
END_S = 10.0
TAIL = 2_000  # Characters of a child's complaint that are shown.
KEY_DIGITS = 16
EXTRA = "tryton"
CONFIG_TEXT = """[database]
uri = sqlite://
path = {folder}
default_name = {name}

[product]
price_decimal = {price_decimal}
"""


class Erp:
    """One Tryton: its folder with `shop.sqlite` and `trytond.conf`, and the server while it runs."""

    def __init__(self, folder: Path, shape: Shape) -> None:
        """folder: where `build` made it."""
        self.folder, self.shape = folder, shape
        self._server: subprocess.Popen[bytes] | None = None

    @classmethod
    def build(cls, folder: Path, shape: Shape | None = None, say: Say = lambda text: None) -> Erp:
        """A set-up, empty shop in that folder. Raises ExtraMissing, RehearsalStopped."""
        shape = shape or Shape()
        folder.mkdir(parents=True, exist_ok=True)
        template = _template(shape, say)
        shutil.copyfile(template, folder / FILE)
        _write_config(folder, shape)
        return cls(folder, shape)

    def load(self, shop: dict[str, Any]) -> None:
        """Items, customers and stock (records of model.item as dicts), before it is started. Raises RehearsalStopped."""
        command = (sys.executable, "-m", LOAD, "--config", str(self.folder / CONFIG))
        done = subprocess.run(command, input=msgspec.json.encode(shop), capture_output=True, timeout=SETUP_S, check=False)
        if done.returncode != 0:
            raise RehearsalStopped(why=f"Tryton did not take the shop ({_tail(done.stderr)})")

    @property
    def arguments(self) -> tuple[str, ...]:
        """What stands after `python` to serve it; it prints its port when it is ready."""
        return ("-m", SERVE, "--config", str(self.folder / CONFIG), "--with-parent")

    @property
    def login(self) -> dict[str, str]:
        """The connector's user: no administrator."""
        return {"database": DATABASE, "user": self.shape.user, "password": self.shape.password}

    def start(self, port: int = 0) -> str:
        """Serve it; gives `http://127.0.0.1:PORT`. For whoever has no event loop. Raises RehearsalStopped."""
        command = (sys.executable, *self.arguments, "--port", str(port))
        with open(self.folder / "trytond.log", "ab") as log:
            self._server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        assert self._server.stdout is not None, "a pipe was asked for"
        line = self._server.stdout.readline()
        if not line:
            self.stop()
            raise RehearsalStopped(why=f"Tryton did not start ({_tail((self.folder / 'trytond.log').read_bytes())})")
        return f"http://127.0.0.1:{msgspec.json.decode(line)['port']}"

    def stop(self) -> None:
        """End the server, if it runs."""
        server, self._server = self._server, None
        if server is None:
            return
        server.terminate()
        try:
            server.wait(END_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        for pipe in (server.stdin, server.stdout):
            if pipe is not None:
                pipe.close()


def tryton_version() -> str:
    """Which Tryton this Python has. Raises ExtraMissing."""
    try:
        return " ".join(f"{name}={version(name)}" for name in ("trytond", "proteus", "trytond-sale", "trytond-account-invoice"))
    except PackageNotFoundError as error:
        raise ExtraMissing(what="Tryton", extra=EXTRA) from error


# The ready-made file -----------------------------------------------------------------------------


def _template(shape: Shape, say: Say) -> Path:
    """The ready-made file of that shape; made now if this machine has none, by one process only."""
    what = (tryton_version(), msgspec.json.encode(shape), *(_source(name) for name in ("erp_setup.py", "erp_shape.py")))
    key = hashlib.sha256(repr(what).encode()).hexdigest()[:KEY_DIGITS]
    cache = Path(platformdirs.user_cache_dir("tideover", appauthor=False)) / "tryton"
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError:  # A home that cannot be written to: once per boot, then.
        cache = Path(tempfile.gettempdir()) / "tideover-tryton"
        cache.mkdir(parents=True, exist_ok=True)
    found = cache / f"{key}.sqlite"
    if not found.exists():
        with _locked(cache / "lock"):
            if not found.exists():
                say("Setting up an empty Tryton; this takes half a minute, the first time only")
                _make(cache, found, shape)
    return found


def _source(name: str) -> bytes:
    return Path(erp_shape.__file__).with_name(name).read_bytes()


def _make(cache: Path, to: Path, shape: Shape) -> None:
    """Set up in a folder beside it, then moved into place whole."""
    with tempfile.TemporaryDirectory(dir=cache, prefix="making-") as name:
        folder = Path(name)
        (folder / FILE).touch()  # Tryton takes a file as its database only if it is there.
        _write_config(folder, shape)
        command = (sys.executable, "-m", SETUP, "--config", str(folder / CONFIG), "--shape", msgspec.json.encode(shape).decode())
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=SETUP_S, check=False)
        except subprocess.TimeoutExpired as error:
            raise RehearsalStopped(why=f"Tryton was not set up within {SETUP_S:.0f} s") from error
        if done.returncode != 0:
            raise RehearsalStopped(why=f"Tryton could not be set up with {', '.join(MODULES)} ({_tail(done.stderr)})")
        connection = apsw.Connection(str(folder / FILE))
        connection.pragma("journal_mode", "delete")  # So that the file alone is all of it.
        connection.close()
        (folder / FILE).replace(to)


def _write_config(folder: Path, shape: Shape) -> None:
    text = CONFIG_TEXT.format(folder=folder.absolute(), name=DATABASE, price_decimal=shape.price_decimal)
    (folder / CONFIG).write_text(text.replace("%", "%%"), encoding="utf-8")


def _tail(log: bytes) -> str:
    return log.decode("utf-8", "replace")[-TAIL:].strip() or "it said nothing"


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process of this machine at a time; the others wait."""
    with open(path, "a+b") as handle:
        if sys.platform == "win32":
            msvcrt.locking(handle.fileno(), msvcrt.LK_LOCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
