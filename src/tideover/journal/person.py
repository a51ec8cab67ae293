"""People's details, apart from the entries: an entry holds only a party's id and a salted commitment.

Each person's details are sealed under a key of their own, kept among the secrets. Destroying that key forgets the
person, in every copy of the journal too; the entries and their chain stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

import msgspec

from tideover.db import Database
from tideover.errors import BadRecord
from tideover.journal.entry import canonical
from tideover.secret import KEY_BYTES, NONCE_BYTES, Secrets, seal, unseal
from tideover.world import World

SALT_BYTES = 16
DETAILS_BYTES_MAX = 16 * 1024  # Name, addresses, a note; not a file store.


def commitment(salt: bytes, details: bytes) -> str:
    """Salted SHA-256, hex: proves later which details were meant; without the salt it cannot be guessed from a name."""
    return sha256(salt + details).hexdigest()


class People:
    """The one writer of table `person`."""

    def __init__(self, database: Database, secrets: Secrets, world: World) -> None:
        """database: the journal's."""
        self._database, self._secrets, self._world = database, secrets, world

    def put(self, details: dict[str, Any]) -> tuple[str, str]:
        """Keep a person's details; returns party and commitment for the document. Raises BadRecord."""
        plain = canonical(details)
        if len(plain) > DETAILS_BYTES_MAX:
            raise BadRecord(what="person", why=f"the details are longer than {DETAILS_BYTES_MAX} bytes")
        party = self._world.new_id()
        key, salt = self._world.secret_bytes(KEY_BYTES), self._world.secret_bytes(SALT_BYTES)
        sealed = seal(key, self._world.secret_bytes(NONCE_BYTES), salt + plain, party)
        self._secrets.put(_key_name(party), key)
        self._database.write(lambda connection: connection.execute("INSERT INTO person VALUES (?, ?)", (party, sealed)))
        return party, commitment(salt, plain)

    def read(self, party: str) -> dict[str, Any] | None:
        """The details; None if there is no such person or the person was forgotten."""
        opened = self._opened(party)
        return None if opened is None else msgspec.json.decode(opened[SALT_BYTES:])

    def is_committed(self, party: str, said: str) -> bool:
        """True if the details that stand here are those that an entry was written with."""
        opened = self._opened(party)
        return opened is not None and commitment(opened[:SALT_BYTES], opened[SALT_BYTES:]) == said

    def _opened(self, party: str) -> bytes | None:
        row = self._database.one("SELECT sealed FROM person WHERE party = ?", (party,))
        key = self._secrets.get(_key_name(party))
        if row is None or row[0] is None or key is None:
            return None
        return unseal(key, row[0], party)

    def erase(self, party: str) -> None:
        """Forget a person for good; the caller records the entry `erased`. Doing it again is no error."""
        self._secrets.delete(_key_name(party))
        self._database.write(lambda connection: connection.execute("UPDATE person SET sealed = NULL WHERE party = ?", (party,)))

    def erase_again(self, parties: Iterable[str]) -> int:
        """After a restore: forget anew all whom entries `erased` name; returns how many had come back."""
        back = [party for party in parties if self._secrets.get(_key_name(party)) is not None]
        for party in back:
            self.erase(party)
        return len(back)


def _key_name(party: str) -> str:
    return f"person.{party}"
