"""Answers that no cloud should give, and some do: a log-in page with 200, HTML, wrong types, lists without end.

Pure: takes the right answer, gives a wrong one. For tests of whoever reads them.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from tideover.practice.wire import Answer, Response

Mode = Literal["off", "login-page", "html", "wrong-types", "endless", "looping-cursor", "huge-page", "not-json", "empty"]
HOSTILE: tuple[Mode, ...] = ("login-page", "html", "wrong-types", "endless", "looping-cursor", "huge-page", "not-json", "empty")
ENDLESS_BYTES = 20 * 2**20  # Beyond what a reader may take.
HUGE_ROWS = 5_000  # Beyond what a page may hold.
HTML = [(b"content-type", b"text/html; charset=utf-8")]
JSON = [(b"content-type", b"application/json")]


def spoil(mode: str, answer: Answer) -> Answer:
    """The wrong answer in place of the right one."""
    match mode:
        case "login-page":
            return Response(200, HTML, b"<!doctype html><title>Log in</title><form><input name=user><input type=password></form>")
        case "html":
            return Response(200, JSON, b"<html><body>It works!</body></html>")
        case "not-json":
            return Response(200, JSON, b'{"rows": [')
        case "empty":
            return Response(200, JSON, b"")
        case "endless":
            return Response(200, JSON, b'{"rows": ["' + b"x" * ENDLESS_BYTES + b'"]}')
        case "off":
            return answer
        case _:
            return _spoil_page(mode, answer)


def _spoil_page(mode: str, answer: Answer) -> Answer:
    if not isinstance(answer, Response) or answer.status != 200:
        return answer
    page: Any = msgspec.json.decode(answer.body)
    match mode:
        case "wrong-types":
            page = _wrong(page)
        case "looping-cursor":
            page = page | {"more": True, "cursor": "1"}
        case "huge-page":
            name = "rows" if "rows" in page else "documents"
            page = page | {name: (page.get(name) or [{}]) * HUGE_ROWS}
    return Response(200, JSON, msgspec.json.encode(page))


def _wrong(value: Any) -> Any:
    """Numbers become texts, texts become numbers, all the way down."""
    match value:
        case dict():
            return {key: _wrong(inner) for key, inner in value.items()}
        case list():
            return [_wrong(inner) for inner in value]
        case bool():
            return "yes" if value else "no"
        case int():
            return str(value)
        case str():
            return 7
        case _:
            return value
