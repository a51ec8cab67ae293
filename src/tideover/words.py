"""What people read, in their language: texts by catalogue, and money, rates, ages and times as they are written there.

English is the language of the source; another language is one file beside this one (`words.fi.po`). A text
without a translation is shown in English rather than not at all. Never decides what is said, only how.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from tideover.model.money import MINOR_PER_MAJOR, RATE_SCALE

LANGUAGES = ("en", "fi")
SOURCE = "en"
HERE = Path(__file__).parent

DECIMAL = {"en": ".", "fi": ","}
GROUP = {"en": ",", "fi": "\N{NO-BREAK SPACE}"}
SIGNS = {"EUR": "€", "GBP": "£", "AUD": "$"}
THIN = "\N{NO-BREAK SPACE}"


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


class Say:
    """One reader's language. `say("Sold: {sum}", sum=…)` gives the text in it."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else SOURCE
        self._texts = catalogue(self.language)

    def __call__(self, text: str, **facts: object) -> str:
        """The text in the reader's language with its facts filled in."""
        said = self._texts.get(text, text)
        return said.format(**facts) if facts else said

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
