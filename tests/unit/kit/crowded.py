"""A shop whose plan is as full, long and odd as it may be; and one whose plan is empty."""

from __future__ import annotations

from datetime import date
from typing import Any

from tideover.kit.matter import Matter, Seen
from tideover.model.item import Supplier
from tideover.plan.law import law_of
from tideover.plan.records import Channel, Check, Grant, Pad, Party, Person, Service, Thing, TillPlace
from tideover.settings import Settings

FRIDAY = date(2026, 11, 20)
LONG = "Äänekosken Öljynsuodatin ja Žurnaali Škoda €"[:40]  # Forty letters, each of which some font lacks.
LONGEST = "Wwwwwwwwww Mmmmmmmmmm Ääääääääää Öööööööööö " * 4  # 200 letters are allowed, the widest there are.
COMMAND = "=cmd|'/c calc'!A1"
MARKUP = "*bold* #emoji.face $x^2$ <script>alert(1)</script> @label"
HEBREW, ARABIC = "חנות הפינה", "متجر الزاوية"
CONTACTS = 400


def plain_matter(**more: Any) -> Matter:
    """A shop about which nothing is known but the settings."""
    given: dict[str, Any] = {"settings": Settings(shop_name="Kulmakauppa Äyräs", owner="Aino"), "law": law_of("FI"), "today": FRIDAY}
    return Matter(**{**given, **more})


def crowded_matter(**more: Any) -> Matter:
    """Every list longer than its paper, every text as long as it may be, every script and sign."""
    channel = Channel("+358 40 555 0000 12345 ext. 99", LONGEST[:200], "Mon-Fri 8-18, Sat 9:30-14", "America/New_York", "0,73 €/min")
    parties = [
        Party("line", LONG, "carrier", "1234-5678-9012", (channel, channel)),
        Party("evil", COMMAND, MARKUP, COMMAND, (Channel(COMMAND, MARKUP),)),
        Party("hebrew", HEBREW, ARABIC, "7", (Channel("+972 3 555 0100", HEBREW, "24 h"),)),
        *(Party(f"p{n:03}", f"{LONGEST[:40]} {n}", LONGEST, LONGEST, (channel,) * 2, n % 2 == 0, LONGEST) for n in range(20)),
    ]
    people = [
        Person(LONG, "owner", "+358 40 555 1001", "erittain.pitka.sahkopostiosoite@esimerkkikauppa.example", can=("decide", "keyholder")),
        Person(HEBREW, "manager", "+972 3 555 0101", can=("decide",)),
        *(
            Person(f"{LONGEST[:36]} {n:03}", "cashier", "+358 40 555 1234", can=("fetch",) * 9, knows=(LONGEST[:90],) * 5)
            for n in range(40)
        ),
    ]
    given: dict[str, Any] = {
        "people": tuple(people),
        "services": tuple(Service(f"s{n:02}", LONGEST[:60], 60 * n, "", "line", LONGEST, 123_456_789, LONGEST * 5) for n in range(30)),
        "things": tuple(
            Thing(f"t{n:02}", LONGEST, ("internet", "till", "cards"), LONGEST, LONGEST, LONG, LONGEST, "x", 100_000) for n in range(60)
        ),
        "parties": tuple(parties),
        "grants": (Grant("g", LONG, "account"),),
        "tills": tuple(TillPlace(f"till {n}", LONGEST, "PC") for n in range(12)),
        "selling": tuple(f"till {n}" for n in range(12)),
        "pads": tuple(Pad(f"AAAA-{n * 1000 + 1:04d}", "AAAA", n * 1000 + 1, n * 1000 + 1000, LONGEST) for n in range(9)),
        "checks": tuple(
            Check(f"c{n:02}", LONGEST * 5, f"thing/t{n:02}", LONGEST, first_person=LONG, second_person=LONG) for n in range(30)
        ),
        "seen": {"c00": Seen("2026-11-01", "proof", LONG, True), "c01": Seen("2026-11-02", "claim", LONG, True)},
        "suppliers": tuple(
            Supplier(f"S{n:03}", f"{LONG} {n}", f"+358 9 555 {n:04}", f"tilaukset{n}@toimittaja.example", f"{n}") for n in range(CONTACTS)
        ),
        "as_of": {"suppliers": "2026-11-19"},
        "revision": "4711",
    }
    return plain_matter(settings=Settings(shop_name=LONG, owner=LONG), **{**given, **more})
