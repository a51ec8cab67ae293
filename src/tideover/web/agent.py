"""What a browser says of itself: its name, its version, its system, and about how old that makes it.

A browser may say what it likes, and an age is reckoned from how often its makers bring a new version: good for "update it", not for more.
"""

from __future__ import annotations

import re
from datetime import date

from msgspec import Struct

OLD_MONTHS = 6  # From here on an update is asked for before the day it is needed.
DAYS_A_MONTH = 30.4

# Name, how it says so, and a version with its day and the days between two of them. The first that fits: the others imitate each other.
BROWSERS: tuple[tuple[str, str, int, date, float], ...] = (
    ("Edge", r"Edg(?:A|iOS)?/(\d+)", 120, date(2023, 12, 7), 28),
    ("Samsung Internet", r"SamsungBrowser/(\d+)", 23, date(2023, 10, 1), 120),
    ("Firefox", r"(?:Firefox|FxiOS)/(\d+)", 120, date(2023, 11, 21), 28),
    ("Chrome", r"(?:Chrome|Chromium|CriOS)/(\d+)", 120, date(2023, 12, 5), 28),
    ("Safari", r"Version/(\d+)[\d.]* (?:Mobile/\S+ )?Safari/", 17, date(2023, 9, 18), 365),
)
SAFARI_NAMED_BY_YEAR = 26  # Version 18 was followed by 26.
SYSTEMS: tuple[tuple[str, str], ...] = (
    ("Windows 10 or 11", r"Windows NT 10"),
    ("Windows, an old one", r"Windows"),
    ("Android {0}", r"Android (\d+)"),
    ("Android", r"Android"),
    ("iOS {0}", r"(?:iPhone|iPad); CPU (?:iPhone )?OS (\d+)"),
    ("ChromeOS", r"CrOS"),
    ("macOS", r"Mac OS X"),
    ("Linux", r"Linux|X11"),
)
LENGTH_MAX = 1_000


class Agent(Struct, frozen=True):
    """A browser on a system; "" for what it does not say."""

    browser: str
    version: int
    system: str
    months: int | None  # About how old; None: not known.

    @property
    def name(self) -> str:
        return f"{self.browser} {self.version}" if self.browser else ""

    @property
    def is_old(self) -> bool:
        return self.months is not None and self.months >= OLD_MONTHS


def agent_of(said: str, today: date) -> Agent:
    """From the header User-Agent; raises nothing."""
    said = said[:LENGTH_MAX]
    system = next((shown.format(*match.groups()) for shown, form in SYSTEMS if (match := re.search(form, said))), "")
    for name, form, version, day, every in BROWSERS:
        if match := re.search(form, said):
            number = int(match[1][:4])
            return Agent(name, number, system, _months(name, number, version, day, every, today))
    return Agent("", 0, system, None)


def _months(name: str, number: int, version: int, day: date, every: float, today: date) -> int:
    """Since that version came out; 0 for one that is newer than we know."""
    if name == "Safari" and number >= SAFARI_NAMED_BY_YEAR:
        number -= SAFARI_NAMED_BY_YEAR - 19
    return max(0, round(((today - day).days - (number - version) * every) / DAYS_A_MONTH))
