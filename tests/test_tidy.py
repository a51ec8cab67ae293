"""The laws of this house, checked on every run; each message says `path:line: what, and what to do instead`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "src" / "tideover"
MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50  # Docstring not counted.
WORLD = "world.py"  # The only module that may read clock, chance or environment.
WORLDLY = re.compile(
    r"\b(datetime\.(now|utcnow|today)|date\.today|time\.(time|monotonic|perf_counter|sleep)\b|"
    r"random\.\w|uuid\d?\.|uuid[14]\(|secrets\.(token|choice|randbelow)|os\.(environ|getenv|urandom)|asyncio\.sleep)"
)
VAGUE = {"utils", "util", "helpers", "common", "misc", "manager", "base", "core", "handler", "data", "info"}
PURE = ("errors", "model", "rules")  # Each may import those before it.
SEAM = ("world", "disk", "settings", "secret", "words", "commit_queue", "db", "migrations")
SHARED = ("ports", "journal", "copies", "plan")  # Each may import those before it.
STAGES = ("replicate", "detect", "activate", "trade", "recover", "learn", "kit")
EDGES = ("connectors", "drivers", "web", "hub")
TOP = ("__main__", "__init__", "app", "house", "outside", "box", "process", "errands", "commands", "docs_from_code")
# The one place where an unforeseen error is caught: the loops' supervisor journals it and starts the loop again.
SUPERVISOR = "box.py"


def may_import(importer: str, imported: str) -> bool:
    """True if package part `importer` may import package part `imported`."""
    if importer == imported or importer in TOP or imported == "__version__":
        return True
    if importer in PURE:
        return imported in PURE[: PURE.index(importer)]
    if imported in PURE:
        return True
    if importer in SEAM:
        return imported in SEAM
    if importer == "practice":  # Programs of their own: they know the clock and SQLite, and no stage.
        return imported in SEAM
    if importer in SHARED:
        return imported in SEAM + SHARED[: SHARED.index(importer)]
    if importer in STAGES:
        return imported in SEAM + SHARED
    return importer in EDGES and imported in SEAM + SHARED + STAGES


def imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module] if node.module != "tideover" else [f"tideover.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            if parts[0] == "tideover" and len(parts) > 1:
                yield node.lineno, parts[1]


def check_text(inside: Path, text: str) -> Iterator[str]:
    if (size := len(text.splitlines())) > MODULE_LINES_MAX:
        yield f"{inside}:1: {size} lines are not allowed here, limit {MODULE_LINES_MAX}: split by noun"
    if inside.stem in VAGUE:
        yield f"{inside}:1: the vague name '{inside.stem}' is not allowed here, use the noun it holds"
    for number, line in enumerate(text.splitlines(), 1):
        if inside.name != WORLD and WORLDLY.search(line.split("#")[0]):
            yield f"{inside}:{number}: reading clock, chance or environment is not allowed here, use the World"
        if re.search(r"\b(TODO|FIXME|XXX|breakpoint)\b", line):
            yield f"{inside}:{number}: a leftover marker is not allowed here, finish it or open an issue"


def check_tree(inside: Path, tree: ast.Module) -> Iterator[str]:
    part = inside.parts[0].removesuffix(".py")
    if ast.get_docstring(tree) is None:
        yield f"{inside}:1: a module without a docstring is not allowed here, say what it decides or does"
    for number, imported in imports(tree):
        if not may_import(part, imported):
            yield f"{inside}:{number}: {part} importing {imported} is not allowed here, use a protocol of ports.py"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or 0) - node.lineno + 1
            if ast.get_docstring(node) is not None:
                size -= (node.body[0].end_lineno or 0) - node.body[0].lineno + 1
            if size > FUNCTION_LINES_MAX:
                yield f"{inside}:{node.lineno}: {node.name} with {size} lines is not allowed here, limit {FUNCTION_LINES_MAX}"
        broad = isinstance(node, ast.ExceptHandler) and (
            node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException"))
        )
        if broad and inside.as_posix() not in (SUPERVISOR, "db.py"):
            yield f"{inside}:{node.lineno}: catching everything is not allowed here, use the error's name"


def faults(path: Path) -> list[str]:
    inside, text = path.relative_to(ROOT), path.read_text(encoding="utf-8")
    return [*check_text(inside, text), *check_tree(inside, ast.parse(text))]


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_module_keeps_the_laws(path: Path) -> None:
    """Directions of import, sizes, names, and who may read the clock."""
    assert [] == faults(path)


TILL = ROOT / "web" / "till"
SCRIPTS = [path for path in sorted(TILL.rglob("*.js")) if path.relative_to(TILL).parts[0] != "vendor"]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.relative_to(TILL).as_posix())
def test_a_module_of_the_till_is_no_longer_than_others(path: Path) -> None:
    """The same limit, and it says at its top what it is for."""
    text = path.read_text(encoding="utf-8")
    assert text.startswith("/*"), f"{path.name}:1: a module without a word at its top is not allowed here, say what it decides or does"
    size = len(text.splitlines())
    assert size <= MODULE_LINES_MAX, f"{path.name}:1: {size} lines are not allowed here, limit {MODULE_LINES_MAX}: split by noun"


def test_the_laws_can_be_broken() -> None:
    """Each law finds the fault it is there for."""
    bad = "from tideover.recover import outbox\ndef f():\n  try:\n    time.sleep(1)\n  except Exception:\n    pass\n"
    inside = Path("trade/utils.py")

    found = [*check_text(inside, bad), *check_tree(inside, ast.parse(bad))]

    assert 5 == len(found), found


def test_stages_never_import_each_other() -> None:
    """The rule itself: stages meet in the journal, the copies and the plan."""
    assert not any(may_import(a, b) for a in STAGES for b in STAGES if a != b)


def test_edges_never_import_each_other() -> None:
    """A connector does not know the web, and the web knows no connector."""
    assert not any(may_import(a, b) for a in EDGES for b in EDGES if a != b)
