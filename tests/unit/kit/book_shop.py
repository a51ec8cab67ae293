"""A book shop with everything a card can name, in names of forty letters and sums of six digits; and one that has nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from tideover.kit.matter import Matter
from tideover.kit.press import Press
from tideover.kit.sheet import Sheet
from tideover.plan.law import law_of
from tideover.plan.records import Channel, Grant, Party, Person, Service, Thing, TillPlace
from tideover.settings import Settings

FRIDAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LONG = "Aleksandriina Hagelstam-Österbladh-Žukov"  # Forty letters.
SUPPLIER = "Åbo Šuster & Öman Toimistotukku Oy Ab €!"
FOOT_PT = 34.0  # Below the lower margin of 14 mm, less the tails of letters such as y.
HEBREW = "שירה אברהמי"
EVERY_ABILITY = (
    "internet", "till", "cards", "print", "phone", "light", "premises", "cash-machine", "mobile-pay", "vendor-offline", "power",
)  # fmt: skip


@cache
def press() -> Press:
    """One press for all tests of this process, with its fonts laid once."""
    folder = Path(gettempdir()) / "tideover-test-fonts"
    return Press(folder)


def words(text: str) -> str:
    """A text for comparing: without spaces, line ends, and the hyphens at which lines are broken."""
    return "".join(character for character in text if character.isalnum() or character in "€%+@")


def texts_of(sheet: Sheet) -> list[str]:
    """What stands on each page, read back from the PDF, every space and line end as one space."""
    return [" ".join(text.split()) for text in raw_texts_of(sheet)]


def raw_texts_of(sheet: Sheet, **within: float) -> list[str]:
    """What stands on each page, or in a part of it (bottom and top in points), as the PDF has it."""
    import pypdfium2

    document = pypdfium2.PdfDocument(press().pdf(sheet, NOON))
    found = []
    for page in document:
        text = page.get_textpage()
        found.append(text.get_text_bounded(**within))
        text.close()
        page.close()
    document.close()
    return found


def smallest_of(sheet: Sheet) -> float:
    """The size in points of the smallest letter."""
    import pypdfium2

    document = pypdfium2.PdfDocument(press().pdf(sheet, NOON))
    sizes = []
    for page in document:
        text = page.get_textpage()
        for place in range(text.count_chars()):
            matrix = pypdfium2.raw.FS_MATRIX()
            pypdfium2.raw.FPDFText_GetMatrix(text, place, matrix)
            if pypdfium2.raw.FPDFText_IsGenerated(text, place) == 1:  # A space that the reader put in.
                continue
            sizes.append(abs(matrix.d) * pypdfium2.raw.FPDFText_GetFontSize(text, place))
        text.close()
        page.close()
    document.close()
    return min(size for size in sizes if size > 0)


def feet_of(sheet: Sheet) -> list[str]:
    """What stands in the lower margin of each page: its foot, and nothing that ran over."""
    return [" ".join(text.split()) for text in raw_texts_of(sheet, bottom=0, top=FOOT_PT)]


def bare(language: str = "en", **changes: Any) -> Matter:
    """A shop that has told nothing about itself."""
    known = {"settings": Settings(language=language), "law": law_of("FI"), "today": FRIDAY}
    return Matter(**{**known, **changes})


def full(language: str = "en", **changes: Any) -> Matter:
    """A shop that owns a spare of everything, each with a long name."""
    party = Party(
        "one",
        SUPPLIER,
        "carrier",
        "A-1234567890",
        (Channel("0800 1", "orders"), Channel("+358 10 190 240 999", "faults", "Mon-Sun 7-21", cost="0.73 €/min")),
    )
    wanted = ("internet", "cloud", "cards", "power", "phones", "printer", "tills", "crm", "login", "water", "premises", "insurer")
    return bare(
        language,
        settings=Settings(language=language, shop_name=SUPPLIER, address="Kauppakatu 123456, 20100 Turku, +358 2 123 4567"),
        revision="123",
        people=(
            Person("Aino Mäkelä", "cashier", "040 123 4567"),
            Person(LONG, "owner", "+358 50 765 4321", can=("decide", "keyholder")),
            Person(LONG[::-1], "manager", "+358 44 1234 5678", can=("fetch",)),
            Person(HEBREW, "on-call", "+358 44 1234 5679", knows=("helper",)),
        ),
        services=tuple(Service(key, key, 1_800, supplier="one") for key in wanted),
        things=tuple(Thing(one, f"{one} {LONG}"[:40], (one,), "takahuoneen ylin hylly", stands_in_for="usual") for one in EVERY_ABILITY),
        parties=(party, Party("insurer", SUPPLIER, "insurer", "12-345", (Channel("010 19 19 19"),))),
        grants=(
            Grant("1", "", "refund", role="cashier", each_minor=12_345_600, day_minor=98_765_400, only_in_outage=True),
            Grant("2", LONG, "refund"),
            Grant("3", LONG, "discount", share_ppm=255_000, until_day="2026-12-31"),
            Grant("4", "", "account", role="cashier", each_minor=20_000_000, day_minor=99_999_900),
            Grant("5", LONG, "lend", each_minor=12_345_600, from_day="2026-12-01"),
            Grant("6", "", "replace", role="cashier", each_minor=2_000),
            Grant("7", "Aino Mäkelä", "refund", each_minor=1, until_day="2026-11-19"),
        ),
        tills=(TillPlace("Kassa 1", "etu", "pc"),),
        selling=("Kassa 1",),
        **changes,
    )
