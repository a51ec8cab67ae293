"""What an e-mail address and the name of a host look like, strictly. Pure.

Nothing in an address can end a header line or name a second receiver; a host that passes can be asked for without an error of its own.
"""

from __future__ import annotations

import contextlib
import re
from ipaddress import ip_address

LENGTH_MAX = 254  # RFC 5321.
LABEL_LENGTH_MAX = 63  # RFC 1035.
NO_HOST = frozenset(" /\\@:[]%?#")  # Never in a name: it is part of an address around it.
LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
ADDRESS = re.compile(rf"{LOCAL}@{LABEL}(?:\.{LABEL})+", re.ASCII)


def is_mail_address(text: str) -> bool:
    """True for one plain address, as people give them at a counter."""
    return len(text) <= LENGTH_MAX and ADDRESS.fullmatch(text) is not None and len(text.rpartition("@")[0]) <= 64


def is_host(text: str) -> bool:
    """True for an IP address, or a name that a name service can be asked for: 'cloud..example' is none."""
    with contextlib.suppress(ValueError):
        return bool(ip_address(text))
    if not text or len(text) > LENGTH_MAX or not text.isprintable() or set(text) & NO_HOST:
        return False
    try:
        labels = (text if text.isascii() else text.encode("idna").decode()).removesuffix(".").split(".")
    except UnicodeError:
        return False
    return all(0 < len(label) <= LABEL_LENGTH_MAX for label in labels)
