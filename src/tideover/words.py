"""What people read, in their language: texts by catalogue, and money, rates, ages and times as they are written there.

English is the language of the source, of the journal and of everything that stages hand on; another language is one
file beside this one (`words.fi.po`), and a text changes its language only where somebody reads it. A finished English
sentence is recognised by its template (`Say.told`), so nobody below the edges carries catalogues about. A text without
a translation is shown in English rather than not at all. Never decides what is said, only how.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tideover.errors import TideoverError, shown
from tideover.model.money import MINOR_PER_MAJOR, RATE_SCALE

LANGUAGES = ("en", "fi")
SOURCE = "en"
HERE = Path(__file__).parent

DECIMAL = {"en": ".", "fi": ","}
GROUP = {"en": ",", "fi": "\N{NO-BREAK SPACE}"}
SIGNS = {"EUR": "€", "GBP": "£", "AUD": "$"}
THIN = "\N{NO-BREAK SPACE}"

FACT = re.compile(r"\{(\w+)\}")
# What a name in braces stands for, told by the name without its number: `sum2` is a sum. All others are any text.
SHAPES = {"n": r"\d+(?:\.\d+)?", "sum": r"[-+]?\d+\.\d\d", "day": r"\d{4}-\d\d-\d\d", "word": r"[\w'-]+"}
RETOLD = frozenset({"what", "who", "why", "next", "word", "setting", "limit", "file"})  # Facts that are texts of ours, too.
LETTERS_MIN = 3  # A template with fewer letters of its own would fit anything.
TOLD_LENGTH_MAX = 2_000  # A longer text is somebody else's.
SENTENCES_MAX = 12
YEAR_LENGTH = 4  # A number with more digits is parted into groups.


@cache
def catalogue(language: str) -> dict[str, str]:
    """English text to that language's; empty for English, and for a language without a file."""
    path = HERE / f"words.{language}.po"
    if language == SOURCE or not path.exists():
        return {}
    from babel.messages.pofile import read_po  # Takes 40 ms to import; only those who need it pay.

    with open(path, "rb") as file:
        read = read_po(file, locale=language)
    return {str(one.id): str(one.string) for one in read if one.id and one.string and not one.fuzzy}


class Template(NamedTuple):
    """A text with facts, ready to recognise sentences that were made from it."""

    parts: tuple[str, ...]  # What stands between the facts; all of it must be there.
    pattern: re.Pattern[str]
    names: tuple[str, ...]
    said: str


@cache
def templates(language: str) -> tuple[Template, ...]:
    """Every text with facts, the most telling ones first."""
    found = []
    for text, said in catalogue(language).items():
        parts = FACT.split(text)
        own, names = tuple(parts[::2]), tuple(parts[1::2])
        if names and sum(letter.isalpha() for part in own for letter in part) >= LETTERS_MIN:
            shapes = [f"({SHAPES.get(_family(name), '.+?')})" for name in names]
            pieces = [re.escape(own[0]), *(shape + re.escape(part) for shape, part in zip(shapes, own[1:], strict=True))]
            found.append(Template(own, re.compile("".join(pieces), re.DOTALL), names, said))
    return tuple(sorted(found, key=lambda one: -sum(map(len, one.parts))))


def _family(name: str) -> str:
    return name.rstrip("0123456789")


class Say:
    """One reader's language. `say("Sold: {sum}", sum=…)` gives the text in it."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else SOURCE
        self._texts = catalogue(self.language)

    def __call__(self, text: str, /, **facts: object) -> str:
        """The text in the reader's language with its facts filled in."""
        said = self._texts.get(text, text)
        return said.format(**facts) if facts else said

    def told(self, text: str) -> str:
        """A finished English text in the reader's language: its template is found and filled in again with the same facts.

        Several sentences, or parts with semicolons, are told one by one. What is not ours stays as it came.
        """
        return (_recognised(self.language, text) or text) if self._texts and text else text

    def error(self, error: TideoverError) -> tuple[str, str]:
        """An error's message and hint."""
        if not self._texts:
            return error.message, error.hint
        facts = {name: self.fact(name, value if name.endswith("_minor") else shown(name, value)) for name, value in error.facts.items()}
        return self(error.text, **facts), self(error.advice, **facts)

    def fact(self, name: str, value: object) -> str:
        """One fact as it is written in this language: sums, days and numbers in its way, texts of ours told."""
        text, family = str(value), _family(name)
        if name.endswith("_minor") and isinstance(value, int):
            return self.number(value, MINOR_PER_MAJOR, 2)
        if family == "day":
            return self.day(text)
        if family == "sum":
            return self.number(int(text.replace(".", "")), MINOR_PER_MAJOR, 2)
        if family == "n":
            return self.number(int(text)) if len(text) > YEAR_LENGTH and text.isdigit() else self.decimal(text)
        if family == "list":
            return ", ".join(self._list_item(one) for one in text.split(", "))
        if family in RETOLD:
            return _recognised(self.language, text) or text
        return text

    def number(self, value: int, scale: int = 1, digits: int = 0) -> str:
        """value / scale with exactly `digits` decimals; scale is a power of ten ≥ 10^digits, nothing is rounded up."""
        whole, rest = divmod(abs(value), scale)
        text = f"{whole:,}".replace(",", GROUP[self.language])
        if digits:
            text += DECIMAL[self.language] + f"{rest:0{len(str(scale)) - 1}d}"[:digits]
        return ("\N{MINUS SIGN}" if value < 0 else "") + text

    def money(self, minor: int, currency: str) -> str:
        """An amount with its currency: 1,234.50 € in English texts of a euro shop, 1 234,50 € in Finnish."""
        text = self.number(minor, MINOR_PER_MAJOR, 2)
        sign = SIGNS.get(currency, currency)
        if sign in ("£", "$"):
            return f"{text[0]}{sign}{text[1:]}" if text.startswith("\N{MINUS SIGN}") else f"{sign}{text}"
        return f"{text}{THIN}{sign}"

    def rate(self, ppm: int) -> str:
        """A VAT rate with the decimals it has: 25.5 %, never rounded to 26 %."""
        digits = 0 if ppm % 10_000 == 0 else 1 if ppm % 1_000 == 0 else 2
        return f"{self.number(ppm, RATE_SCALE // 100, digits)}{THIN}%"

    def _list_item(self, text: str) -> str:
        """One of several sums with its name before it: cash 12.34."""
        name, _, amount = text.rpartition(" ")
        if not name or not re.fullmatch(SHAPES["sum"], amount):
            return self.told(text)
        return f"{self.told(name) if name.isalpha() else self.decimal(name)} {self.fact('sum', amount)}"

    def decimal(self, text: str) -> str:
        """A number that was written with a point, with the decimal sign of this language and nothing else: for receipts."""
        return text.replace(".", DECIMAL[self.language])

    def day(self, iso: str) -> str:
        """A day, given as YYYY-MM-DD; anything else as it came."""
        if self.language != "fi" or not re.fullmatch(SHAPES["day"], iso):
            return iso
        year, month, day = iso.split("-")
        return f"{int(day)}.{int(month)}.{year}"

    def age(self, seconds: float | None) -> str:
        """How long ago or how long, in the two words that matter."""
        if seconds is None:
            return self("never")
        seconds = max(0, int(seconds))
        if seconds < 90:
            return self("{n} s", n=seconds)
        if seconds < 90 * 60:
            return self("{n} min", n=seconds // 60)
        if seconds < 48 * 3600:
            return self("{h} h {m} min", h=seconds // 3600, m=seconds % 3600 // 60)
        return self("{n} days", n=seconds // 86_400)

    def clock(self, at: datetime, zone: str, now: datetime | None = None) -> str:
        """The shop's local time; with its date if that is not today's."""
        local = at.astimezone(ZoneInfo(zone))
        text = f"{local:%H.%M}" if self.language == "fi" else f"{local:%H:%M}"
        if now is None or now.astimezone(ZoneInfo(zone)).date() == local.date():
            return text
        return f"{local.day}.{local.month}. {text}" if self.language == "fi" else f"{local.day} {local:%b} {text}"


@lru_cache(maxsize=4096)
def _recognised(language: str, text: str) -> str | None:
    """The text in that language; None if it is not ours."""
    if not text or len(text) > TOLD_LENGTH_MAX:
        return None
    if (said := _whole(language, text)) is not None or text.endswith("."):
        return said
    ended = _whole(language, f"{text}.")  # A sentence that stands within another one has lost its full stop.
    return ended and ended.removesuffix(".")


def _whole(language: str, text: str) -> str | None:
    if (said := catalogue(language).get(text)) is not None:
        return said
    if "; " in text:
        parts = [_whole(language, one) for one in text.split("; ")]
        if all(parts):
            return "; ".join(one for one in parts if one)
    sentences = re.split(r"(?<=[.!?]) ", text, maxsplit=SENTENCES_MAX)
    for n in range(1, len(sentences)):
        first = _from_template(language, " ".join(sentences[:n]))
        rest = first and _whole(language, " ".join(sentences[n:]))
        if rest:
            return f"{first} {rest}"
    return _from_template(language, text)


def _from_template(language: str, text: str) -> str | None:
    if (said := catalogue(language).get(text)) is not None:
        return said
    speaker = Say(language)
    for one in templates(language):
        if all(part in text for part in one.parts) and (match := one.pattern.fullmatch(text)):
            facts = zip(one.names, match.groups(), strict=True)
            said = one.said.format(**{name: speaker.fact(name, value) for name, value in facts})
            begins = text[0].isupper() and not text[1:2].isupper()  # "VAT rates …" begins no sentence.
            return said[0].upper() + said[1:] if begins else said
    return None


def say(language: str) -> Say:
    """The speaker of that language; English for one we do not have."""
    return Say(language)


def wished(accept_language: str, fallback: str = SOURCE) -> str:
    """The first of the reader's languages (an Accept-Language header) that we have."""
    ranked: list[tuple[float, int, str]] = []
    for place, part in enumerate(accept_language[:500].split(",")):
        tag, _, quality = part.strip().partition(";q=")
        language = tag.split("-")[0].strip().lower()
        if language in LANGUAGES:
            ranked.append((-_quality(quality), place, language))
    return min(ranked)[2] if ranked else fallback


def _quality(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0


def plain(text: str) -> str:
    """The text without anything that a printer or a screen would obey: control, format and private characters."""
    if text.isprintable():  # Nothing to take out: a large text is done in no time, and most are plain as they are.
        text = text if text.isascii() else unicodedata.normalize("NFC", text)
        is_tidy = "  " not in text and text[:1] != " " and text[-1:] != " "
        return text if is_tidy else " ".join(text.split())
    spaced = "".join(" " if character in "\t\r\n" else character for character in text)
    kept = "".join(character for character in spaced if unicodedata.category(character)[0] != "C")
    return " ".join(unicodedata.normalize("NFC", kept).split())
