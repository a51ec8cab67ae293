"""The till speaks Finnish: every text of its screens, and every sentence that its other parts hand to a screen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tideover.web import till_page
from tideover.words import catalogue

TILL = till_page.FOLDER
FINNISH = catalogue("fi")
LITERAL = r'"((?:[^"\\\n]|\\.)*)"'
SAID = re.compile(rf"\bsay\(\s*{LITERAL}")
COUNTED = re.compile(rf"\bcounted\(\s*{LITERAL}\s*,\s*{LITERAL}")
CHOSEN = re.compile(r"\bsay\(([^()`]*\?[^()`]*)\)")  # say(one ? "a" : "b")
TABLE = re.compile(r"^const [A-Z_]+ = ([{\[].*?[}\]]);$", re.MULTILINE | re.DOTALL)
SENTENCE = re.compile(r"[A-Z{].*\s.*[.?!…]", re.DOTALL)
WORDS = re.compile(r"[^\W\d_]{2}")
# What nobody reads: selectors, headers, and what a programmer is told.
OTHER = re.compile(r"^(data-|[\w-]+/[\w+.-]+$|\[|#|[A-Z][a-z]+ [A-Z]?[\w-]*;)|<svg")
# Languages and keys are named as they are everywhere.
SAME = {"English", "Suomi", "F2 F3 F4", "F6 F7 F8", "F2 … F8", "P ↵"}


def texts(script: str) -> set[str]:
    """The texts that a screen says."""
    script = re.sub(r"/\*.*?\*/|^\s*//.*$", "", script, flags=re.DOTALL | re.MULTILINE)
    found = set(SAID.findall(script)) | {text for pair in COUNTED.findall(script) for text in pair}
    for choice in CHOSEN.findall(script):
        found |= set(re.findall(LITERAL, choice))
    for table in TABLE.findall(script):
        found |= {text for text in re.findall(LITERAL, table) if WORDS.search(text) and (" " in text or text[0].isupper())}
    return {re.sub(r"\\(.)", r"\1", text) for text in found if WORDS.search(text)} - SAME


def sentences(script: str) -> set[str]:
    """The sentences that the core, the store and the line hand to a screen."""
    script = re.sub(r"/\*.*?\*/|//.*$", "", script, flags=re.DOTALL | re.MULTILINE)
    return {text for text in re.findall(LITERAL, script) if SENTENCE.fullmatch(text) and not OTHER.search(text)}


def scripts(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (TILL / folder).glob("*.js"))


@pytest.mark.parametrize("path", scripts("screen"), ids=lambda path: path.name)
def test_every_text_of_a_screen_has_its_finnish(path: Path):
    """With the same facts in braces."""
    said = texts(path.read_text(encoding="utf-8"))
    assert [] == sorted(said - set(FINNISH))
    assert [] == [one for one in said if sorted(re.findall(r"\{\w+\}", one)) != sorted(re.findall(r"\{\w+\}", FINNISH[one]))]


@pytest.mark.parametrize("path", [*scripts("core", "store", "line"), TILL / "main.js"], ids=lambda path: path.name)
def test_every_sentence_for_a_screen_has_its_finnish(path: Path):
    """Refusals and what went wrong."""
    assert [] == sorted(sentences(path.read_text(encoding="utf-8")) - set(FINNISH))


def test_the_box_hands_out_every_text_of_the_screens():
    """words.fi.json is made of the literals in the scripts; none of them is missed."""
    import msgspec

    handed = msgspec.json.decode(till_page.files()["words.fi.json"].content)
    said = {text for path in scripts("screen") for text in texts(path.read_text(encoding="utf-8"))}
    assert len(said) > 250
    assert [] == sorted(said - set(handed))


def test_a_text_without_finnish_is_found():
    """However it is said: alone, counted, chosen, or from a table."""
    script = 'say("One"); counted("Two", "{n} threes", n); say(a ? "Four" : "Five");\nconst NAMES = { a: "Six", key: "seven" };\n'
    assert {"One", "Two", "{n} threes", "Four", "Five", "Six"} == texts(script)
    assert {"It is late."} == sentences('refuse("late", "It is late."); const x = "a b";')
