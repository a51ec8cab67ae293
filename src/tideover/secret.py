"""What nobody else may read: the cloud's password, the box's key, the keys of people's details.

Sealed in secrets.db (AES-256-GCM) with a key in a file of its own beside it, readable by its owner only: a
copy of the database alone opens nothing. Never prints or logs a value.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

import apsw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tideover.db import Database
from tideover.disk import write_whole
from tideover.errors import SecretUnreadable
from tideover.migrations.secrets import MIGRATIONS
from tideover.world import World

FILE = "secrets.db"
KEY_FILE = "secrets.key"
KEY_BYTES = 32
NONCE_BYTES = 12


def seal(key: bytes, nonce: bytes, value: bytes, name: str) -> bytes:
    """Nonce and sealed value; opens only under the same key and name."""
    return nonce + AESGCM(key).encrypt(nonce, value, name.encode())


def unseal(key: bytes, sealed: bytes, name: str) -> bytes | None:
    """The value, or None if the key, the name or a bit of it is another."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], name.encode())
    except (InvalidTag, ValueError):
        return None


class Secrets:
    """Names and their secret bytes."""

    def __init__(self, folder: Path, world: World, key_file: Path | None = None, threaded: bool = True, vfs: str | None = None) -> None:
        """folder: the data directory; key_file: elsewhere than FOLDER/secrets.key, a stick for instance; vfs: as in Database.

        Raises SecretUnreadable if the key is not the one these secrets were sealed with.
        """
        self._world = world
        self._key_file = key_file or folder / KEY_FILE
        self._database = Database(folder / FILE, MIGRATIONS, vfs=vfs, threaded=threaded)
        os.chmod(folder / FILE, 0o600)
        with ExitStack() as undo:
            undo.callback(self._database.close)
            self._key = self._open_key()
            undo.pop_all()

    def _open_key(self) -> bytes:
        try:
            key = self._key_file.read_bytes()
        except FileNotFoundError:
            if self.names():
                raise SecretUnreadable(name=self.names()[0], file=self._key_file) from None
            key = self._world.secret_bytes(KEY_BYTES)
            write_whole(self._key_file, key, mode=0o600)  # Before anything is sealed with it.
        except OSError as error:
            raise SecretUnreadable(name=f"key ({error.strerror})", file=self._key_file) from error
        first = next(iter(self.names()), None)
        if len(key) != KEY_BYTES or (first is not None and self._opened(key, first) is None):
            raise SecretUnreadable(name=first or "key", file=self._key_file)
        return key

    def _opened(self, key: bytes, name: str) -> bytes | None:
        row = self._database.one("SELECT sealed FROM secret WHERE name = ?", (name,))
        return None if row is None else unseal(key, row[0], name)

    def put(self, name: str, value: bytes) -> None:
        """Keep or replace; on stable storage when it returns."""
        sealed = seal(self._key, self._world.secret_bytes(NONCE_BYTES), value, name)
        self._database.write(lambda connection: connection.execute("INSERT OR REPLACE INTO secret VALUES (?, ?)", (name, sealed)))

    def get(self, name: str) -> bytes | None:
        """The value; None if there is none. Raises SecretUnreadable if it was not sealed with this key."""
        if self._database.one("SELECT 1 FROM secret WHERE name = ?", (name,)) is None:
            return None
        value = self._opened(self._key, name)
        if value is None:
            raise SecretUnreadable(name=name, file=self._key_file)
        return value

    def delete(self, name: str) -> None:
        """Forget it, in the file's free pages too; deleting what is not there is no error."""
        self._database.write(lambda connection: _delete_for_good(connection, name))
        self._database.empty_log()  # Until now the log still held the page as it was.

    def names(self) -> list[str]:
        return [name for (name,) in self._database.rows("SELECT name FROM secret ORDER BY name")]

    def close(self) -> None:
        self._database.close()


def _delete_for_good(connection: apsw.Connection, name: str) -> None:
    connection.pragma("secure_delete", True)
    connection.execute("DELETE FROM secret WHERE name = ?", (name,))
