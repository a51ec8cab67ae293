"""The pocket kit's file: what it hides, what opens it, and which pass-phrases are good enough."""

from __future__ import annotations

import base64
import json
import random
import re
import zlib

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from tideover.errors import BadRecord
from tideover.kit import pocket
from tideover.kit.sheet import Lack, Means
from tideover.settings import Settings
from unit.kit.corner_shop import PHRASE, items, matter

COPY = "0192f3c4-0000-7000-8000-00000000000b"


def locked(shop=None, language="fi", **how) -> bytes:
    shop = shop or matter()
    maker = pocket.Maker(**{"phrase": PHRASE, "chance": random.Random(1).randbytes, "copy": COPY, **how})
    return pocket.lock(shop, pocket.pocket_sheet(shop, language), maker)


def sealed_in(body: bytes) -> dict:
    return json.loads(re.search(rb'id="sealed">(.*?)</script>', body)[1])


def opened(body: bytes, phrase: str) -> dict:
    """Unlocked by other means than the page's, from what the file itself says."""
    sealed = sealed_in(body)
    salt, rounds = base64.b64decode(sealed["salt"]), sealed["rounds"]
    key = PBKDF2HMAC(algorithm=SHA256(), length=32, salt=salt, iterations=rounds).derive(phrase.encode())
    bound = f"{sealed['format']} {sealed['rounds']} {sealed['made']} {sealed['destroy_by']}".encode()
    return json.loads(zlib.decompress(AESGCM(key).decrypt(base64.b64decode(sealed["nonce"]), base64.b64decode(sealed["content"]), bound)))


def test_nothing_of_the_content_stands_in_clear():
    """No name, price, phone, code or address of the shop, in none of the encodings a text editor shows; nor the pass-phrase."""
    body = locked()
    clear = re.sub(rb'"content":"[^"]*"', b"", body)
    for secret in (
        "Kulmakauppa", "Åkerlöf", "Anna", "123 4567", "1234567", "anna@example.fi", "Elisa", "800 12345", "Tukku", "Vara-PC", "Takahuone",
        "Netti on", "Palvelemme", "kkileip", "Nakki", "25900", "2,59", "2.59", "1299", "129900", 'A1"', "Leip", "irto",
        "omena", "silta", COPY, "6410405060716",
    ):  # fmt: skip
        for form in (secret, secret.encode("ascii", "backslashreplace").decode(), secret.encode("ascii", "xmlcharrefreplace").decode()):
            assert form.encode() not in clear, form
    assert b"192.168.1.10" in clear  # Where it may report to; nothing else of the shop.


def test_the_whole_content_opens_with_the_pass_phrase():
    """And with it alone: another opens nothing. Rounds, salt and nonce are those of a careful lock."""
    body = locked()
    inner = opened(body, PHRASE)
    assert ("Kulmakauppa Ääkkönen", "fi", COPY) == (inner["shop"], inner["language"], inner["copy"])
    assert ["A1", "Näkkileipä", 25_900, 135_000, "pcs", "Leipä", ["6410405060716"]] in inner["items"]
    assert not [row for row in inner["items"] if row[0] == "A6"]  # Archived.
    sealed = sealed_in(body)
    assert sealed["rounds"] >= 600_000
    assert (16, 12) == tuple(len(base64.b64decode(sealed[name])) for name in ("salt", "nonce"))
    with pytest.raises(InvalidTag):
        opened(body, PHRASE + "x")


def test_the_dates_outside_are_bound_to_what_is_inside():
    """Whoever makes an old kit look new makes it a kit that does not open."""
    body = locked().replace(b'"destroy_by":"2026-12-21"', b'"destroy_by":"2029-12-21"')
    assert "2029-12-21" == sealed_in(body)["destroy_by"]
    with pytest.raises(InvalidTag):
        opened(body, PHRASE)


def test_two_kits_of_the_same_shop_share_no_salt():
    """Each has its own from chance, so that one broken pass-phrase opens one file."""
    chance = random.Random(2).randbytes
    one, two = (sealed_in(locked(chance=chance)) for _ in range(2))
    assert not {one["salt"], one["nonce"], one["content"]} & {two["salt"], two["nonce"], two["content"]}


def test_the_page_loads_and_runs_nothing_from_elsewhere():
    """A policy of hashes; the only addresses are the box's, and only where a copy is kept track of."""
    policy = re.search(rb'Content-Security-Policy" content="([^"]*)"', locked())[1].decode()
    assert policy.startswith("default-src 'none'; script-src 'sha256-") and "connect-src http://192.168.1.10:8787;" in policy
    assert "unsafe" not in policy
    assert b"connect-src 'none'" in locked(copy="")
    assert b"connect-src 'none'" in locked(matter(settings=Settings(bind="127.0.0.1")))
    assert [] == re.findall(rb"(?:src|href)=[\"']?(?:https?:)?//", locked())


def test_the_same_content_is_the_same_hash():
    """Days and salts do not count; a price, a phone or a playbook does."""
    now = pocket.pocket_sheet(matter(), "fi").content
    assert now == pocket.pocket_sheet(matter(today=matter().today.replace(day=21), as_of={"items": "2026-11-21"}), "fi").content
    changed = [
        matter(items=(*matter().items[1:],)),
        matter(people=()),
        matter(playbooks={}),
        matter(settings=Settings(shop_name="Kulmakauppa Ääkkönen", cash_rounding_minor=1)),
    ]
    assert 5 == len({now, *(pocket.pocket_sheet(one, "fi").content for one in changed)})


def test_ten_thousand_items_are_a_small_file():
    """Well under 5 MB, as a messenger takes it."""
    assert len(locked(matter(items=items(10_000)))) < 1_000_000


def test_a_huge_shop_keeps_what_sells():
    """Beyond what a phone takes those that sell least are left out, and the kit says how many."""
    many = items(pocket.ITEMS_MAX + 3)
    shop = matter(items=many, sold={one.code: 5 for one in many[3:]})
    data = pocket.pocket_sheet(shop, "fi").data
    assert (pocket.ITEMS_MAX, 3) == (len(data["items"]), data["left_out"])
    assert not {one.code for one in many[:3]} & {row[0] for row in data["items"]}


@pytest.mark.parametrize("phrase", ["", "short", "elevenchars", "aaaaaaaaaaaaaaaa", "ab ab ab ab ab ab", " \t-  – ", "x" * 300])
def test_a_weak_pass_phrase_is_refused(phrase):
    """With what would do; nothing is made."""
    with pytest.raises(BadRecord) as caught:
        locked(phrase=phrase)
    assert "words" in caught.value.message and (not phrase.strip() or phrase not in caught.value.message)


@pytest.mark.parametrize("language", ["en", "fi"])
def test_a_made_up_pass_phrase_is_plain_words(language):
    """Six words of at least 256 that no keyboard has trouble with, never the same twice, and good enough for ourselves."""
    words = (pocket.PARTS / f"phrase.{language}.txt").read_text(encoding="ascii").split()
    assert len(words) >= 256 and len(set(words)) == len(words)
    assert [] == [word for word in words if not re.fullmatch(r"[a-z]{3,13}", word)]
    chance = random.Random(3).randbytes
    made = {pocket.make_phrase(chance, language) for _ in range(50)}
    assert 50 == len(made) and {6} == {len(one.split()) for one in made}
    for one in made:
        pocket.check_phrase(one)


def test_what_a_keyboard_adds_does_not_count():
    """Capitals, hyphens and blanks; what a person chose does."""
    assert "omena karhu" == pocket.spoken("  Omena-KARHU ") == pocket.spoken("omena – karhu")
    assert pocket.spoken("omena karhu") != pocket.spoken("omenakarhu")


def test_an_empty_shop_has_the_starter_cards():
    """Before the first answer a phone already says what to do when something fails."""
    empty = matter(people=(), services=(), things=(), parties=(), suppliers=(), grants=(), playbooks={}, items=())
    data = pocket.pocket_sheet(empty, "fi").data
    assert len(data["cards"]) >= 5 and not data["items"] and not data["contacts"]
    assert opened(locked(empty), PHRASE)["cards"] == data["cards"]


def test_without_a_pass_phrase_there_is_none():
    """A kit that lies open is never made."""
    means = Means(press=None, tell=print)
    assert [Lack("pocket-kit", "it is locked with a pass-phrase, and none was given")] == list(pocket.pressed(matter(), "fi", means))
