"""A small shop as a Matter: hostile where a text can be, with as many items as a test wants."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

from tideover.kit.matter import Matter
from tideover.model.item import Item, Supplier
from tideover.plan.law import law_of
from tideover.plan.records import Channel, Grant, Party, Person, Service, Thing
from tideover.settings import Settings

FRIDAY = date(2026, 11, 20)
PHRASE = "omena karhu lumi silta"
SCRIPT = "</script><img src=x onerror=alert(1)>"
WORDS = (
    "kahvi", "ruisleipä", "näkkileipä", "crème", "omena", "maito", "juusto",
    "pähkinä", "šampanja", "mustikka", "hillo", "sukkahousut", "ruuvi", "mutteri",
)  # fmt: skip

ITEMS = (
    Item("A1", "Näkkileipä", 25_900, 135_000, ("6410405060716",), "Leipä"),
    Item("A2", "Nakki 500 g", 39_900, 135_000, (), "Liha"),
    Item("A3", "Crème brûlée", 45_000, 135_000, (), "Jälkiruoat"),
    Item("A4", "Ruuvi 4×40", 2_345, 255_000, (), "Rauta", "pcs"),
    Item("A5", "Juusto, irto", 129_900, 135_000, (), "Maito", "kg"),
    Item("A6", "Poistunut", 10_000, 255_000, (), "Rauta", archived=True),
    Item("X9", f"{SCRIPT} =cmd|'/c calc'!A1 \u202eאבג", 1_234_567_800, 255_000, (), SCRIPT),
)
PHONE = Channel("+358 800 12345", "viat", "ma-su 0-24")
PLAYBOOK = """# Netti on poikki
Koskee: netti
Päättää: omistaja
Versio: 3

## Mistä tunnistat
- Kassa ei vastaa.

## Sano ensin
- Palvelemme silti.
- Hetki vain.

## Vaiheet
1. Tee (5 min): katso reititin
   Jos ei: ota vara-PC
2. Soita [kenelle elisa]: kysy kauanko
"""


def items(count: int, seed: int = 1) -> tuple[Item, ...]:
    """So many items with Finnish and French words, prices up to six digits."""
    luck = random.Random(seed)
    return tuple(
        Item(
            f"B{number:05d}", f"{' '.join(luck.choice(WORDS) for _ in range(3))} {number}", luck.randrange(100, 9_999_999_900, 100),
            luck.choice((135_000, 255_000, 100_000)), (f"{6_400_000_000_000 + number}",), luck.choice(("Ruoka", "Juoma", "Tarvike")),
        )
        for number in range(count)
    )  # fmt: skip


def matter(**changes: Any) -> Matter:
    """The shop on a Friday."""
    known: dict[str, Any] = {
        "settings": Settings(shop_name="Kulmakauppa Ääkkönen", bind="192.168.1.10"),
        "law": law_of("FI"),
        "today": FRIDAY,
        "revision": "17",
        "people": (Person("Anna Åkerlöf", role="owner", phone="+358 40 123 4567", email="anna@example.fi"), Person("Nobody")),
        "services": (Service("internet", "Internet", 1_800, supplier="elisa", manual_way="Puhelin reitittimeksi"),),
        "things": (Thing("spare", "Vara-PC", ("till",), place="Takahuone", holder="Anna Åkerlöf"),),
        "parties": (
            Party("elisa", f"Elisa {SCRIPT}", role="carrier", channels=(PHONE, Channel("javascript:alert(1)"))),
        ),
        "suppliers": (Supplier("S1", "Tukku Žižek", phone="09 555 123"),),
        "grants": (Grant("g", "Anna Åkerlöf", "refund", each_minor=5_000),),
        "playbooks": {"internet-down.fi": PLAYBOOK},
        "items": ITEMS,
        "as_of": {"items": "2026-11-20"},
    }  # fmt: skip
    return Matter(**{**known, **changes})
