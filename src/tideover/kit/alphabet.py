"""The order in which a person looks for a name on paper: the shop's own alphabet, and numbers by their size.

Never changes a name; only says where it stands and under which letter.
"""

from __future__ import annotations

import re
import unicodedata

NUMBER = re.compile(r"\d+")
DIGITS = 8  # Longer numbers still sort, by their text.
ACCENTS = re.compile(r"[\u0300-\u036f]+")
OTHER = re.compile(r"[\W_]+")
ALONE = str.maketrans({"æ": "ae", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "œ": "oe", "ħ": "h", "ı": "i", "ŋ": "n"})
# Finnish and Swedish end with å, ä, ö; the three signs are the ones that follow z. SFS 4600: æ as ä, ø and õ as ö, ü as y.
NORTHERN = str.maketrans({"å": "{", "ä": "|", "æ": "|", "ö": "}", "ø": "}", "õ": "}", "ü": "y"})
NORTHERN_LETTERS = {"{": "Å", "|": "Ä", "}": "Ö"}
NUMBERS, SIGNS = "0–9", "#"  # Headings of what begins with no letter.


def name_key(name: str, language: str) -> str:
    """What to sort names by, in the alphabet of a language; case, accents and punctuation do not count."""
    key = OTHER.sub(" ", unicodedata.normalize("NFC", name).casefold()).strip()
    if not key.isascii():
        if language in ("fi", "sv"):
            key = key.translate(NORTHERN)
        key = ACCENTS.sub("", unicodedata.normalize("NFKD", key.translate(ALONE)))
    return NUMBER.sub(lambda found: found[0].zfill(DIGITS), key) if any(map(str.isdigit, key)) else key


def letter(key: str) -> str:
    """The heading under which a key stands."""
    first = key[:1]
    if first.isdigit():
        return NUMBERS
    return NORTHERN_LETTERS.get(first, first.upper() if first.isalpha() else SIGNS)


def span(first_key: str, last_key: str) -> str:
    """From which heading to which: "A–F"; one alone if they are the same."""
    first, last = letter(first_key), letter(last_key)
    return first if first == last else f"{first}–{last}" if NUMBERS not in (first, last) else f"{first} … {last}"
