"""VAT: how much of a document is tax, and which rate was in force on which day.

Computed once per document and rate, never per line (docs/contracts.md, Money). The tables hold the
rates of goods and services that a shop sells; which item belongs to which category is the cloud's
word, never decided here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType

from tideover.errors import NoVatRate
from tideover.model.money import RATE_SCALE, divide_rounded
from tideover.model.sale import Line


def vat_of(sum_minor: int, rate_ppm: int, included: bool) -> int:
    """The VAT in a gross sum (included) or to be put on a net one; rounded half away from zero."""
    if included:
        return divide_rounded(sum_minor * rate_ppm, RATE_SCALE + rate_ppm)
    return divide_rounded(sum_minor * rate_ppm, RATE_SCALE)


def by_rate(lines: Iterable[Line], included: bool) -> dict[int, tuple[int, int]]:
    """Rate in ppm to (gross, VAT) of one document, in rising order of rate."""
    found: dict[int, tuple[int, int]] = {}
    for rate_ppm, minor in sorted(_sums_by_rate(lines).items()):
        vat = vat_of(minor, rate_ppm, included)
        found[rate_ppm] = (minor if included else minor + vat, vat)
    return found


def gross_by_rate(lines: Iterable[Line], included: bool) -> dict[int, int]:
    """Rate in ppm to gross, where nobody asks how much of it is VAT."""
    sums = _sums_by_rate(lines)
    return sums if included else {rate_ppm: minor + vat_of(minor, rate_ppm, included) for rate_ppm, minor in sums.items()}


def _sums_by_rate(lines: Iterable[Line]) -> dict[int, int]:
    sums: dict[int, int] = {}
    for line in lines:
        sums[line.vat_ppm] = sums.get(line.vat_ppm, 0) + line.amount_minor
    return sums


# Rates ---------------------------------------------------------------------------------------------

# Finland: Arvonlisäverolaki (Value Added Tax Act, 1501/1993), sections 84 (standard), 85 (reduced), 85 a (low), changed by
#   785/2008 (food from 17 to 12 % on 2009-10-01), 1780/2009 (22, 12 and 8 to 23, 13 and 9 % on 2010-07-01, restaurants into
#   'reduced'), 706/2012 (to 24, 14 and 10 % on 2013-01-01), the law after bill HE 61/2024 (25.5 % on 2024-09-01), after
#   HE 141/2024 (books, medicine, lodging, transport, sport and culture from 'low' into 'reduced' on 2025-01-01; newspapers and
#   magazines stay) and after HE 93/2025 ('reduced' to 13.5 % on 2026-01-01).
#   zero: what the Act taxes at nothing (chapter 6: exports, ships …).
_FI = {
    "standard": (("1994-06-01", 220_000), ("2010-07-01", 230_000), ("2013-01-01", 240_000), ("2024-09-01", 255_000)),
    "reduced": (
        ("1998-01-01", 170_000),
        ("2009-10-01", 120_000),
        ("2010-07-01", 130_000),
        ("2013-01-01", 140_000),
        ("2026-01-01", 135_000),
    ),
    "low": (("1998-01-01", 80_000), ("2010-07-01", 90_000), ("2013-01-01", 100_000)),
    "zero": (("1994-06-01", 0),),
}

# United Kingdom: Value Added Tax Act 1994, sections 2 (standard), 29A with schedule 7A (reduced), 30 with schedule 8 (zero).
#   standard: 17.5 % since 1991-04-01 (Finance Act 1991, s. 13); 15 % since 2008-12-01 (Value Added Tax (Change of Rate)
#     Order 2008, SI 2008/3020); 17.5 % since 2010-01-01 (Finance Act 2009, s. 9: the Order ends with 2009);
#     20 % since 2011-01-04 (Finance (No. 2) Act 2010, s. 3).
#   reduced: 5 % since 1997-09-01 (Finance (No. 2) Act 1997, s. 6). The short hospitality rates of 2020 to 2022 are
#     not in this table: a shop that served meals then gives the rate with the item.
_GB = {
    "standard": (("1991-04-01", 175_000), ("2008-12-01", 150_000), ("2010-01-01", 175_000), ("2011-01-04", 200_000)),
    "reduced": (("1997-09-01", 50_000),),
    "zero": (("1994-09-01", 0),),
}

# Australia: A New Tax System (Goods and Services Tax) Act 1999, section 9-70 (10 %), division 38 (GST-free),
#   both for supplies since 2000-07-01 (A New Tax System (Goods and Services Tax Transition) Act 1999, s. 7).
_AU = {
    "standard": (("2000-07-01", 100_000),),
    "zero": (("2000-07-01", 0),),
}

RATES: Mapping[str, Mapping[str, tuple[tuple[str, int], ...]]] = MappingProxyType({"FI": _FI, "GB": _GB, "AU": _AU})


def rate_on(country: str, category: str, day: str | date) -> int:
    """The rate in ppm of a category (standard, reduced, low, zero) in force on that trading day.

    Raises NoVatRate where the country, the category or the day is not in the tables.
    """
    wanted = day.isoformat() if isinstance(day, date) else date.fromisoformat(day).isoformat()
    found: int | None = None
    for since, rate_ppm in RATES.get(country, {}).get(category, ()):
        if since <= wanted:
            found = rate_ppm
    if found is None:
        raise NoVatRate(country=country, category=category, day=wanted)
    return found


def rates_on(country: str, day: str | date) -> dict[str, int]:
    """Every category of the country with its rate in ppm on that trading day."""
    return {category: rate_on(country, category, day) for category in RATES.get(country, {})}
