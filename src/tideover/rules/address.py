"""What an e-mail address looks like, strictly: nothing in it can end a header line or name a second receiver. Pure."""

from __future__ import annotations

import re

LENGTH_MAX = 254  # RFC 5321.
LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
ADDRESS = re.compile(rf"{LOCAL}@{LABEL}(?:\.{LABEL})+", re.ASCII)


def is_mail_address(text: str) -> bool:
    """True for one plain address, as people give them at a counter."""
    return len(text) <= LENGTH_MAX and ADDRESS.fullmatch(text) is not None and len(text.rpartition("@")[0]) <= 64
