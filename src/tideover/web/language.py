"""In which language a caller reads, and an answer's texts told in it. Numbers, names, codes and what people typed stay."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec
from litestar.connection import ASGIConnection
from msgspec import Struct
from msgspec.structs import replace

from tideover import words
from tideover.words import Say

# Fields of answers that hold sentences of ours. A `why` that is a code, and a reason in a cloud's own words, stay as they are.
TEXTS = frozenset(
    {"text", "reason", "hint", "hints", "message", "meaning", "next_step", "evidence", "why", "error", "paused", "notices", "faults"}
)


T = TypeVar("T")

COOKIE = "tideover_lang"  # What the reader chose on a page.


def language_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """?lang=, else what the reader chose before, else what the browser asks for, else the shop's language."""
    for wished in (connection.query_params.get("lang", ""), connection.cookies.get(COOKIE, "")):
        if wished in words.LANGUAGES:
            return wished
    return words.wished(connection.headers.get("accept-language", ""), connection.app.state.house.settings.language)


def say_by(headers: Iterable[tuple[bytes, bytes]], shop: str) -> Say:
    """The speaker for whoever sent these headers: for answers that are given before the router."""
    wished = next((value for name, value in headers if name == b"accept-language"), b"")
    return words.say(words.wished(wished.decode("latin-1"), shop))


def say_to(connection: ASGIConnection[Any, Any, Any, Any]) -> Say:
    """The speaker for whoever calls."""
    return words.say(language_of(connection))


def retold(answer: T, say: Say) -> T:
    """The same record with its texts in the reader's language, and those of the records in it."""
    return answer if say.language == words.SOURCE else _retold(answer, say, is_text=False)


def _retold(value: Any, say: Say, is_text: bool) -> Any:
    if isinstance(value, str):
        return say.told(value) if is_text else value
    if isinstance(value, list | tuple):
        return type(value)(_retold(one, say, is_text) for one in value)
    if isinstance(value, Struct):
        parts = {field.name: getattr(value, field.name) for field in msgspec.structs.fields(value)}
        changed = {name: _retold(part, say, name in TEXTS) for name, part in parts.items() if isinstance(part, str | list | tuple | Struct)}
        return replace(value, **{name: part for name, part in changed.items() if part != parts[name]})
    return value
