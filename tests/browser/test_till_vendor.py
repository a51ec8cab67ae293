"""The till's vendored modules are those whose sums and licences stand beside them."""

from __future__ import annotations

import hashlib
import re

from browser.modules import TILL

VENDOR = TILL / "vendor"


def test_each_vendored_module_is_byte_for_byte_the_one_that_is_named() -> None:
    """The table of README.md names every script of the folder with its SHA-256, and a licence that stands there."""
    table = (VENDOR / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+\.js)` .*`([0-9a-f]{64})` \|$", table, re.MULTILINE)
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in VENDOR.glob("*.js")} == dict(rows)
    named = set(re.findall(r"`((?:LICENSE|NOTICE)\.[a-z]+\.txt)`", table))
    assert {path.name for path in VENDOR.glob("*.txt")} == named
    assert all((VENDOR / name).read_text(encoding="utf-8").strip() for name in named)


def test_no_vendored_module_makes_code_of_text() -> None:
    """The pages' Content-Security-Policy forbids eval; a module that needs it would break there."""
    for path in VENDOR.glob("*.js"):
        assert not re.search(r"\beval\(|new Function\(", path.read_text(encoding="utf-8")), path.name
