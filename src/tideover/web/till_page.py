"""Hands the till to the browser: exactly the files that lay in its folder when the box started, and nothing else of the disk.

Each file is known by what it holds, so that a till notices a new version, and takes it only when it likes.
"""

from __future__ import annotations

import re
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.response import Redirect
from msgspec import Struct

from tideover import words
from tideover.errors import NotFound
from tideover.web import access, address
from tideover.web.gate import name_of

FOLDER = Path(__file__).parent / "till"
AT = "/till/"
NUMBERS = frozenset(("127.0.0.1", "::1"))  # What localhost is, too.
INDEX, WORKER, VERSION = "index.html", "sw.js", "version.json"
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
}
LITERALS = tuple(re.compile(form) for form in (r'"((?:[^"\\\n]|\\.)*)"', r"'((?:[^'\\\n]|\\.)*)'", r"`((?:[^`\\$]|\\.)*)`"))
ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
SIGNS = {"n": "\n", "t": "\t", "r": "\r"}


class File(Struct, frozen=True):
    """One file of the till."""

    content: bytes
    sha256: str
    kind: str  # Its content type.


class Listed(Struct, frozen=True):
    """One line of the list that a till keeps a version by."""

    path: str  # Below /till/.
    sha256: str
    bytes: int


class Version(Struct, frozen=True):
    """GET /till/version.json: all that belongs to one version, but for the worker that fetches it."""

    version: str  # Another with every change of any file.
    files: list[Listed]


@cache
def files(folder: Path = FOLDER) -> dict[str, File]:
    """Every file of the till by its path below /till/, with its words and its list."""
    found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix in KINDS}
    held = {name: _file(name, path.read_bytes()) for name, path in found.items() if not any(part.startswith(".") for part in path.parts)}
    source = "\n".join(one.content.decode("utf-8") for name, one in held.items() if name.endswith(".js"))
    for language in words.LANGUAGES:
        if language != words.SOURCE:
            held[f"words.{language}.json"] = _file(".json", msgspec.json.encode(said_in(source, language)))
    version = sha256("".join(f"{name}\0{one.sha256}\n" for name, one in sorted(held.items())).encode()).hexdigest()[:16]
    listed = [Listed(name, one.sha256, len(one.content)) for name, one in sorted(held.items()) if name != WORKER]
    held[VERSION] = _file(VERSION, msgspec.json.encode(Version(version, listed)))
    return held


@cache
def version() -> str:
    """Of the till's files, as this box has them."""
    return msgspec.json.decode(files()[VERSION].content, type=Version).version


def _file(name: str, content: bytes) -> File:
    return File(content, sha256(content).hexdigest(), KINDS[Path("file" + name).suffix])


def said_in(source: str, language: str) -> dict[str, str]:
    """The texts of a script that the catalogue knows, with what they are in that language."""
    known = words.catalogue(language)
    # Each form is looked for alone: within a template there are texts in quotes, and templates within templates.
    texts = {_unescaped(text) for form in LITERALS for text in form.findall(source)}
    return {text: known[text] for text in sorted(texts) if text in known}


def _unescaped(text: str) -> str:
    def sign(match: re.Match[str]) -> str:
        one = match[1]
        return chr(int(one[1:], 16)) if len(one) == 5 else SIGNS.get(one, one)

    return ESCAPED.sub(sign, text)


@get("/till/{name:path}", guards=[access.anyone], include_in_schema=False, sync_to_thread=False)
def till_file(request: Request[Any, Any, Any], name: str) -> Response[bytes]:
    """A file of the till; asked for again it is sent only if it has changed."""
    one = files().get(name.removeprefix("/") or INDEX)
    if one is None:
        raise NotFound(what="file", id=name[:100])
    tag = f'"{one.sha256}"'
    headers = {"Cache-Control": "no-cache", "ETag": tag}
    if tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers)
    return Response(one.content, media_type=one.kind, headers=headers)


@get("/till", guards=[access.anyone], include_in_schema=False, sync_to_thread=False)
def till_index(request: Request[Any, Any, Any]) -> Response[Any]:
    """The till itself; always below /till/, for its files name each other from there.

    On the box's own machine always under one name: what a browser keeps for localhost it does not find under 127.0.0.1.
    """
    if name_of(request.headers.get("host", "")) in NUMBERS and access.of(request).is_here and not access.is_secure(request):
        return Redirect(f"{address.local(request)}{AT}", status_code=307)
    if not request.scope["raw_path"].partition(b"?")[0].endswith(b"/"):
        return Redirect(AT, status_code=308)
    return till_file.fn(request, INDEX)


ROUTES = (till_index, till_file)
