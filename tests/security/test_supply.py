"""What is installed is what was looked at: every file by its hash, every direct need with its reason."""

import ast
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements" / "lock.txt").read_text(encoding="utf-8")
PINS = re.split(r"\n(?=[a-z0-9])", LOCK.strip())
SAID = (ROOT / "docs" / "decisions" / "dependencies.md").read_text(encoding="utf-8").lower()
CALLED = {"jinja2": "jinja"}  # As the page writes them.
NOT_RUN = {"hatchling", "editables", "pytest", "pytest-xdist", "ruff", "hypothesis"}  # The build's and the tests' own tools.


def wanted(file):
    lines = (ROOT / "requirements" / file).read_text(encoding="utf-8").splitlines()
    return {re.split(r"[<>=;\[ ]", line)[0].lower() for line in lines if line and not line.startswith("#")}


def test_every_line_of_the_lock_has_a_version_and_hashes():
    """One version each, with the SHA-256 of its files; nothing from an address, nothing editable."""
    assert len(PINS) > 30
    assert [] == [pin for pin in PINS if not re.match(r"[a-z0-9._-]+==\S+( ; .*)? \\\n +--hash=sha256:[0-9a-f]{64}", pin)]
    assert [] == [word for word in ("://", "git+", "-e ", "--index-url", "--extra-index-url", "--trusted-host") if word in LOCK]


def test_every_direct_need_is_locked_and_stands_with_its_reason():
    """Nobody adds a library without saying what for."""
    locked = {re.split("==", pin)[0] for pin in PINS}
    direct = wanted("base.in") | wanted("tryton.in") | wanted("dev.in")
    assert set() == direct - locked
    extra = {name for name in direct if name.startswith("trytond-")}  # Told together, as "its modules".
    assert set() == {name for name in direct - extra - NOT_RUN if CALLED.get(name, name) not in SAID}


def test_set_up_takes_nothing_without_its_hash():
    """`make setup` installs the lock with hashes required and without looking for more."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    installs = [line for line in makefile.splitlines() if "pip install" in line]
    assert len(installs) >= 2
    assert [] == [line for line in installs if "--no-deps" not in line]
    assert [] == [line for line in installs if "-r requirements/" in line and "--require-hashes" not in line]
    assert [] == [line for line in installs if "-r requirements/" not in line and not line.rstrip().endswith("--editable .")]


def test_the_project_asks_for_what_the_lock_was_made_from():
    """pyproject.toml and requirements/base.in name the same libraries."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert wanted("base.in") == {re.split(r"[<>=;\[ ]", one)[0].lower() for one in project["dependencies"]}


def test_our_code_imports_only_what_stands_there():
    """A library that came along with another is not leaned on: it may go as it came."""
    named = {name.replace("-", "_") for name in wanted("base.in") | wanted("tryton.in")} | {"argon2", "dns", "serial", "stdnum", "tideover"}
    allowed = named | set(sys.stdlib_module_names)
    found = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module else []
            found |= {(name.partition(".")[0], path.name) for name in names if name.partition(".")[0] not in allowed}
    assert set() == found


def test_nothing_is_read_that_could_run():
    """No pickle, no eval, no shell, no XML of a stranger but the spreadsheet's: what comes in is data."""
    bad = re.compile(
        r"\b(pickle|marshal|shelve)\b|\beval\(|\bexec\(|shell=True|os\.system|yaml\.load|verify=False|autoescape=False|[^' ]\s*\|\s*safe\b"
    )  # A literal of a template may be called safe, a value never.
    files = [*(ROOT / "src").rglob("*.py"), *(ROOT / "src").rglob("*.j2")]
    assert [] == [(path.name, hit[0]) for path in files for hit in [bad.search(path.read_text(encoding="utf-8"))] if hit]
