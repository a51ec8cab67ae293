"""The pocket kit: one HTML file, locked with a pass-phrase, that opens on any phone without a network and without Tideover.

Nothing of its content stands in the file in clear, and the pass-phrase stands nowhere. Decides nothing about the plan.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from unicodedata import normalize

import msgspec
from msgspec import Struct

from tideover.copies.fold import fold
from tideover.errors import BadRecord, TooBig
from tideover.kit.matter import Matter
from tideover.kit.pocket_pages import cards_of, contacts_of, plan_of, scripts_of
from tideover.kit.qr import reachable_host
from tideover.kit.sheet import Lack, Means, Pressed, Sheet
from tideover.settings import Settings
from tideover.words import LANGUAGES, plain, say

PARTS = Path(__file__).parent / "pocket"
SCRIPTS = ("sums.js", "find.js", "inflate.js", "open.js", "show.js", "door.js")  # In the order in which they need each other.
FORMAT = "tideover-pocket-1"
ROUNDS = 600_000  # PBKDF2-SHA-256: what OWASP asks for since 2023; a phone takes a second, a thief's machine years.
SALT_BYTES, NONCE_BYTES, KEY_BYTES = 16, 12, 32
PHRASE_LENGTH_MIN = 12  # Whoever finds the phone can try at leisure.
PHRASE_LENGTH_MAX = 200
PHRASE_SIGNS_MIN = 6  # Different letters: "aaaaaaaaaaaa" is no secret.
PHRASE_WORDS = 6  # Of a generated one: 48 bits, of 256 words each.
ITEMS_MAX = 50_000  # More would make an old phone slow; those that sell stay.
BARCODES_MAX = 5
NAME_LENGTH_MAX = 120
FILE_BYTES_MAX = 8 * 2**20
GOOD_DAYS = 31  # Numbers are verified monthly.
PLACE = re.compile(r"\{\{(\w+)\}\}")  # Of a part in page.html.
COLUMNS = ("code", "name", "price", "vat", "unit", "department", "barcodes")

Chance = Callable[[int], bytes]  # World.secret_bytes.


class Maker(Struct, frozen=True, kw_only=True):
    """What a pocket kit needs beside its content: who holds it and where the box is reached."""

    phrase: str
    chance: Chance
    copy: str = ""  # Id of the printed copy that this file is; "" for one that nobody keeps track of.
    boxes: tuple[str, ...] = ()  # Addresses at which the opened kit tells the box which version it is.
    rounds: int = ROUNDS


# What stands in it ------------------------------------------------------------------------------


def pocket_sheet(matter: Matter, language: str) -> Sheet:
    """The content of a pocket kit as a sheet without a template; its hash tells whether a phone's version is still true."""
    said = say(language)
    kept = _items(matter)
    data = {
        "currency": matter.settings.currency,
        "vat_included": matter.settings.prices_include_vat,
        "cash_step": matter.settings.cash_rounding_minor,
        "columns": COLUMNS,
        "items": [_row(item) for item in kept],
        "left_out": sum(not item.archived for item in matter.items) - len(kept),
        "cards": cards_of(matter, language),
        "scripts": scripts_of(matter, language),
        "contacts": contacts_of(matter, said),
        "plan": plan_of(matter, said),
    }
    return Sheet(
        kind="pocket-kit", name="pocket-kit", title=said("Pocket kit"), template="", data=data, language=language, rows=len(kept),
        shop=matter.settings.shop_name, revision=matter.revision, as_of=matter.as_of.get("items", ""),
        mark=said("SAMPLE") if matter.is_sample else "", destroy_by=(matter.today + timedelta(days=GOOD_DAYS)).isoformat(),
    )  # fmt: skip


def _items(matter: Matter) -> list[Any]:
    """By name; where there are too many, those that were sold most."""
    live = [item for item in matter.items if not item.archived]
    if len(live) > ITEMS_MAX:
        live = sorted(live, key=lambda item: (-matter.sold.get(item.code, 0), fold(item.name), item.code))[:ITEMS_MAX]
    return sorted(live, key=lambda item: (fold(item.name), item.code))


def _row(item: Any) -> tuple[Any, ...]:
    barcodes = [plain(one) for one in item.barcodes[:BARCODES_MAX]]
    texts = (plain(text)[:NAME_LENGTH_MAX] for text in (item.unit, item.department))
    return (plain(item.code), plain(item.name)[:NAME_LENGTH_MAX], item.unit_price, item.vat_ppm, *texts, barcodes)


# The pass-phrase --------------------------------------------------------------------------------


def spoken(phrase: str) -> str:
    """A pass-phrase as it counts: capital letters, hyphens and extra blanks do not matter. pocket/open.js does the same."""
    lowered = normalize("NFKC", phrase).lower()
    return " ".join("".join(" " if sign == "-" or "\u2010" <= sign <= "\u2015" else sign for sign in lowered).split())


def check_phrase(phrase: str) -> str:
    """The pass-phrase; raises BadRecord, saying what would do."""
    counts = spoken(phrase)
    if not PHRASE_LENGTH_MIN <= len(counts) <= PHRASE_LENGTH_MAX:
        least, most = PHRASE_LENGTH_MIN, PHRASE_LENGTH_MAX
        raise BadRecord(what="pass-phrase", why=f"it has {len(counts)} characters; {least} to {most} are needed, best several words")
    if len(set(counts)) < PHRASE_SIGNS_MIN:
        why = "it repeats the same few characters; several words that have nothing to do with each other are best"
        raise BadRecord(what="pass-phrase", why=why)
    return phrase


def make_phrase(chance: Chance, language: str) -> str:
    """Several plain words that nobody can guess; shown once, kept nowhere."""
    words = _words(language)
    return " ".join(words[int.from_bytes(chance(8), "big") % len(words)] for _ in range(PHRASE_WORDS))


@cache
def _words(language: str) -> tuple[str, ...]:
    return tuple((PARTS / f"phrase.{language if language in LANGUAGES else LANGUAGES[0]}.txt").read_text(encoding="ascii").split())


# The file ---------------------------------------------------------------------------------------


def pressed(matter: Matter, language: str, means: Means) -> Iterator[Pressed | Lack]:
    """The pocket kit of one language, as the kit's other makers give their papers."""
    sheet = pocket_sheet(matter, language)
    if not means.pass_phrase:
        yield Lack("pocket-kit", "it is locked with a pass-phrase, and none was given")
    else:
        body = lock(matter, sheet, Maker(phrase=means.pass_phrase, chance=means.chance))
        what = {"kind": sheet.kind, "name": sheet.name, "title": sheet.title, "language": language}
        yield Pressed(**what, body=body, ending="html", rows=sheet.rows, as_of=sheet.as_of)


def lock(matter: Matter, sheet: Sheet, maker: Maker) -> bytes:
    """The whole file. Raises BadRecord (a pass-phrase that is too weak), TooBig."""
    boxes = (maker.boxes or address_of(matter.settings)) if maker.copy else ()
    made = matter.today.isoformat()
    inner = {
        **sheet.data, "language": sheet.language, "words": _words_inside(sheet.language), "shop": sheet.shop, "revision": sheet.revision,
        "as_of": sheet.as_of, "is_sample": matter.is_sample, "copy": maker.copy, "content": sheet.content, "boxes": boxes,
    }  # fmt: skip
    sealed = _sealed(msgspec.json.encode(inner), maker, made, sheet.destroy_by)
    script = "".join((PARTS / name).read_text(encoding="utf-8") for name in SCRIPTS).replace("</", "<\\/")
    style = (PARTS / "pocket.css").read_text(encoding="utf-8")
    other = next(one for one in LANGUAGES if one != sheet.language)
    door = {language: _words_of_the_door(language) for language in (sheet.language, other)}
    parts = {
        "language": sheet.language, "other_language": other, "boxes": " ".join(boxes) or "'none'", "style": style, "script": script,
        "style_hash": _hash(style), "script_hash": _hash(script), "words": _in_page(door), "sealed": _in_page(sealed),
        "help": escape(door[sheet.language]["unwhole"]), "other_help": escape(door[other]["unwhole"]),
    }  # fmt: skip
    page = PLACE.sub(lambda place: parts[place[1]], (PARTS / "page.html").read_text(encoding="utf-8"))
    body = page.encode()
    if len(body) > FILE_BYTES_MAX:
        raise TooBig(what="The pocket kit", limit=f"{FILE_BYTES_MAX // 2**20} MiB")
    return body


def address_of(settings: Settings) -> tuple[str, ...]:
    """Where phones of the shop find the box, if they can."""
    host = reachable_host(settings)
    return (f"http://{host}:{settings.port}",) if host and settings.port else ()


def _sealed(inner: bytes, maker: Maker, made: str, destroy_by: str) -> dict[str, Any]:
    """What opens only with the pass-phrase; the dates in clear are bound to it."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

    salt, nonce = maker.chance(SALT_BYTES), maker.chance(NONCE_BYTES)
    stretched = PBKDF2HMAC(algorithm=SHA256(), length=KEY_BYTES, salt=salt, iterations=maker.rounds)
    key = stretched.derive(spoken(check_phrase(maker.phrase)).encode())
    bound = f"{FORMAT} {maker.rounds} {made} {destroy_by}".encode()
    content = AESGCM(key).encrypt(nonce, zlib.compress(inner, 9), bound)
    return {
        "format": FORMAT, "rounds": maker.rounds, "made": made, "destroy_by": destroy_by, "salt": _base64(salt), "nonce": _base64(nonce),
        "sha256": hashlib.sha256(content).hexdigest(), "content": _base64(content),
    }  # fmt: skip


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _hash(text: str) -> str:
    """As a content security policy names an inline part."""
    return f"sha256-{_base64(hashlib.sha256(text.encode()).digest())}"


def _in_page(value: Any) -> str:
    """JSON that no text in it can end."""
    return msgspec.json.encode(value).decode().replace("<", "\\u003c")


# Its words --------------------------------------------------------------------------------------


def _words_of_the_door(language: str) -> dict[str, str]:
    """What is said before it is open; {day} is filled in by the page."""
    said = say(language)
    return {
        "title": said("Pocket kit"),
        "ask": said("Type the pass-phrase. Capital letters and hyphens do not matter."),
        "open": said("Open"),
        "see": said("show what I type"),
        "opening": said("Opening. This takes a moment …"),
        "made": said("Made on {day}."),
        "destroy": said("Delete it after {day}."),
        "old": said("This kit is old: it was good until {day}. Prices and numbers may be wrong. Ask for a new one."),
        "wrong": said("That is not the pass-phrase. Look at each word and try again; nothing is lost."),
        "unwhole": said("If you still read this after a moment, the file is not whole, or this viewer cannot open it. Save it on the phone and open it with the browser; if that does not help, ask for it again."),  # noqa: E501
        "damaged": said("The file is damaged. Ask for it again."),
        "unable": said("This browser cannot unlock the kit. Save the file on the phone and open it with a newer Chrome, Firefox or Safari."),  # noqa: E501
    }


def _words_inside(language: str) -> dict[str, str]:
    """What the opened kit says."""
    said = say(language)
    return _words_of_prices(said) | {
        "made": said("Made on {day}."),
        "destroy": said("Delete it after {day}."),
        "old": said("This kit is old: it was good until {day}. Prices and numbers may be wrong. Ask for a new one."),
        "sample": said("SAMPLE: this is not a real shop."),
        "lock": said("Lock"),
        "cards": said("Cards"),
        "scripts": said("What to say"),
        "contacts": said("Call"),
        "plan": said("Plan B"),
        "no_cards": said("There are no cards in this kit."),
        "no_contacts": said("There are no contacts in this kit."),
        "no_plan": said("There is no plan in this kit yet."),
        "revision": said("Revision of the plan: {what}"),
    }


def _words_of_prices(said: Any) -> dict[str, str]:
    return {
        "prices": said("Prices"),
        "sum": said("Sum"),
        "search": said("Name, code or barcode"),
        "not_found": said("Nothing found. Try a part of the word, or the code on the shelf."),
        "no_items": said("There are no prices in this kit."),
        "prices_of": said("Prices of {day}."),
        "vat_in": said("VAT is in the price."),
        "vat_out": said("VAT comes on top of the price."),
        "left_out": said("{n} items that sell least are left out."),
        "add": said("Add {name} to the sum"),
        "remove": said("Take {name} out of the sum"),
        "how_many": said("How many {name}"),
        "total": said("To pay"),
        "vat_of": said("of that VAT {rate}"),
        "in_cash": said("To pay in cash"),
        "given": said("Cash given"),
        "change": said("Change back"),
        "short": said("Still missing"),
        "no_number": said("Type a sum like 20 or 20,50."),
        "empty_sum": said("Nothing here yet. Look for a price and press + beside it."),
        "next_customer": said("Next customer"),
        "no_receipt": said("This is no receipt and is not kept. Write the sale on a numbered slip."),
    }


