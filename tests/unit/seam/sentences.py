"""Every sentence that the code can say, read off its syntax: what a translator must know about."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SOURCE = Path(__file__).parents[3] / "src" / "tideover"

# What nobody reads at a counter: programs for practice, the command line (English), tables, and the words themselves.
UNREAD = (
    "practice/", "learn/", "commands/", "migrations/", "connectors/assisted/fields.py", "docs_from_code.py", "settings.py", "__main__.py",
)  # fmt: skip
READ = frozenset({"learn/check.py"})  # But these are.
UNREAD_WORDS = frozenset({"summary", "description", "pattern", "help"})  # Keywords that go into the API's description.
SQL = re.compile(r"\b(SELECT|UPDATE|INSERT|DELETE|CREATE|PRAGMA|WHERE|ORDER BY|IS NOT NULL|VALUES)\b|json_extract| = \?")
SENTENCE = re.compile(r"[a-z]{2,}'?s? [a-z\0(]|[a-z\0)] [a-z]{2,}")
HOLE = "\0"


class Said(NamedTuple):
    """One text of the source; facts are holes."""

    where: str
    text: str


def shape_of(text: str) -> str:
    """A template or a text with holes, for comparing: which fact stands where does not matter, nor do two beside each other."""
    return re.sub(r"\0( ?\0)+", HOLE, re.sub(r"\{\w+(?:![rs])?\}", HOLE, text)).strip()


def sentences() -> Iterator[Said]:
    """All of them, docstrings and SQL left out."""
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        if name in READ or not name.startswith(UNREAD):
            yield from _of_module(name, ast.parse(path.read_text(encoding="utf-8")))


def _of_module(name: str, tree: ast.Module) -> Iterator[Said]:
    left_out = {id(one) for node in ast.walk(tree) for one in _left_out(node)}
    for node in ast.walk(tree):
        text = _text(node)
        if text and id(node) not in left_out and " " in text and SENTENCE.search(text) and not SQL.search(text):
            yield Said(f"{name}:{node.lineno}", text)  # type: ignore[attr-defined]


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else HOLE for one in node.values)
    return ""


def _left_out(node: ast.AST) -> Iterator[ast.AST]:
    """Docstrings, parts of f-strings, annotations, what is logged, asserted or only describes the API."""
    match node:
        case ast.Module() | ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            if node.body and isinstance(node.body[0], ast.Expr):
                yield node.body[0].value
        case ast.JoinedStr():
            yield from node.values
        case ast.Subscript():
            yield from ast.walk(node.slice)
        case ast.keyword() if node.arg in UNREAD_WORDS:
            yield from ast.walk(node.value)
        case ast.Assert(msg=ast.AST()):
            yield node.msg
        case ast.Call(func=ast.Attribute(value=ast.Name(id="log"))):
            yield from node.args
