"""Makes texts comparable for search, and says which words a record is found by. Pure.

Accents are dropped (crème = creme), but å, ä and ö are letters of their own in Finnish and
Swedish: näkki (crispbread) must not find nakki (sausage).
"""

from __future__ import annotations

import re
import unicodedata

from msgspec import Struct

from tideover.model.item import Customer, Dataset, Invoice, Item, Order, PastSale, Quote, Supplier

SEARCHED: tuple[Dataset, ...] = ("items", "customers", "suppliers", "orders", "quotes", "sales", "invoices")  # Stock has no words.
SEARCHED_INSIDE: tuple[Dataset, ...] = ("items", "customers", "suppliers")  # Inside words too: leipä stands at the end of ruisleipä.

KEPT_LETTERS = frozenset("åäö")
WORDS_LENGTH_MAX = 4_000  # Characters of one record that are searched; an order of 1,000 lines is found by its first ones.
GTIN_LENGTHS = (8, 12, 13, 14)

_WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """Lower case without accents, å ä ö kept, one blank between words."""
    lowered = unicodedata.normalize("NFC", text).casefold()
    if lowered.isascii():
        return " ".join(lowered.split())
    return " ".join(lowered.translate(_PLAIN).split())


class _Plain(dict[int, str]):
    """What a letter becomes, by its code point; each is worked out once, for a list of results folds thousands of them."""

    def __missing__(self, point: int) -> str:
        decomposed = unicodedata.normalize("NFKD", chr(point))
        self[point] = "".join(part for part in decomposed if not unicodedata.combining(part))
        return self[point]


_PLAIN = _Plain({ord(letter): letter for letter in KEPT_LETTERS})


def words_in(folded: str) -> list[str]:
    """Letters and digits between anything else, in order."""
    return _WORD.findall(folded)


def gtin(text: str) -> str:
    """A barcode as scanners differ about it: UPC, EAN-8, EAN-13 and GTIN-14 as 14 digits; anything else as it stands."""
    bare = text.strip()
    if bare.isascii() and bare.isdigit() and len(bare) in GTIN_LENGTHS:
        return bare.zfill(14)
    return bare


def is_offered(record: Struct) -> bool:
    """False: search does not offer it, only its code or barcode finds it."""
    match record:
        case Item():
            return not record.archived
        case Customer():
            return not record.merged_into
        case Supplier() | Order() | Quote() | PastSale() | Invoice():
            return True
        case _:
            return False


def name_of(record: Struct) -> str | None:
    """The folded name that lists stand in the order of; None where search does not offer it."""
    if not is_offered(record):
        return None
    return fold(record.name if isinstance(record, Item | Customer | Supplier) else record.code)


def words_of(record: Struct) -> str:
    """Everything that the record is found by, folded."""
    match record:
        case Item():
            parts = [record.name, record.code, record.department, *record.barcodes]
        case Customer():
            parts = [record.name, record.code, _digits(record.phone), record.email, record.address]
        case Supplier():
            parts = [record.name, record.code, _digits(record.phone), record.email, record.our_account]
        case Order() | Quote() | PastSale():
            note = record.note if isinstance(record, Order) else ""
            parts = [record.code, record.customer or "", note, *(f"{line.name} {line.item}" for line in record.lines)]
        case Invoice():
            parts = [record.code, record.customer]
        case _:
            return ""
    return fold(" ".join(parts)[:WORDS_LENGTH_MAX])


def _digits(phone: str) -> str:
    """A phone number as one word, so that it is found however it was spaced."""
    return re.sub(r"[\s()/-]", "", phone)
