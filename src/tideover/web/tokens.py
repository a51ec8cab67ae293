"""Who may call as a machine: an enrolled till by its token, and commands on this PC by the operator's file.

Only a token's hash is kept, encrypted; the operator's file is readable by its owner alone.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
from pathlib import Path

from tideover.secret import Secrets
from tideover.world import World

OPERATOR_FILE = "operator.token"
TOKEN_BYTES = 24  # 192 bits: nobody guesses it.
TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
TOKEN_LENGTH_MAX = 200
PREFIX = "till-token."


def fresh_token(world: World) -> str:
    """Text that nobody can guess, safe in a header."""
    return base64.urlsafe_b64encode(world.secret_bytes(TOKEN_BYTES)).decode()


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def operator_token(folder: Path, world: World) -> str:
    """The token in the data directory's `operator.token`; made, for its owner alone, if it is not there."""
    path = folder / OPERATOR_FILE
    token = path.read_text(encoding="ascii", errors="replace").strip() if path.exists() else ""
    if not TOKEN.fullmatch(token):  # Not there, or torn: a command reads it anew at each call, so another one harms nobody.
        path.unlink(missing_ok=True)
        token = fresh_token(world)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(token + "\n")
    return token


class TillTokens:
    """Tokens of tills: `TILL.SECRET`, of which only the hash is kept."""

    def __init__(self, secrets: Secrets, world: World) -> None:
        self._secrets, self._world = secrets, world
        self._known = {name.removeprefix(PREFIX): secrets.get(name) for name in secrets.names() if name.startswith(PREFIX)}

    def give(self, till: str) -> str:
        """A fresh token for that till; an earlier one ends."""
        token = f"{till}.{fresh_token(self._world)}"
        self._secrets.put(PREFIX + till, digest(token))
        self._known[till] = digest(token)
        return token

    def till_of(self, token: str) -> str | None:
        """The till that holds this token, or None."""
        till, _, _ = token.partition(".")
        kept = self._known.get(till)
        if kept is None or len(token) > TOKEN_LENGTH_MAX or not hmac.compare_digest(kept, digest(token)):
            return None
        return till
