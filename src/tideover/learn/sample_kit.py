"""The generated shop with a plan: people, services, things, parties, grants, checks and an earlier print, so that every paper can be shown.

Nothing of it is a real shop's; numbers lie in ranges that nobody answers. Free texts are in one language, as an owner's would be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta

from msgspec import Struct

from tideover.learn.shop import FRIDAY, ZONE, Shop, make_friday, make_shop
from tideover.plan.records import Channel, Check, Grant, Pad, Party, Person, Record, Service, Thing, TillPlace
from tideover.settings import Settings
from tideover.words import Say, say
from tideover.world import World

CHANGED_ONE_IN = 60  # Of the prices, since the last full print.
# A sign over two waves.
LOGO = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 60">
<path d="M10 38 Q25 26 40 38 T70 38 T110 38" fill="none" stroke="#000" stroke-width="5"/>
<path d="M10 50 Q25 38 40 50 T70 50 T110 50" fill="none" stroke="#000" stroke-width="5"/>
<circle cx="60" cy="16" r="11" fill="#000"/></svg>"""
OWNER, SECOND = "Maija Mäkelä", "Eero Äyräväinen"


class Answer(Struct, frozen=True):
    """When a check was answered, and what that is worth."""

    check: str
    on: str
    standing: str
    by: str
    works: bool = True


class Sample(Struct, frozen=True):
    """The shop, its plan, and what was seen and printed."""

    settings: Settings
    today: date
    shop: Shop
    plan: tuple[Record, ...]
    answers: tuple[Answer, ...]
    sold: Mapping[str, int]
    printed_prices: Mapping[str, int]


def make_sample(world: World, language: str) -> Sample:
    """The same shop each time for a world of the same seed."""
    told = say(language)
    shop = make_shop(world)
    friday = make_friday(shop, world)
    sold = Counter(line.item for sale in shop.sales for line in sale.lines)
    sold.update(line.item for document in friday.documents for line in document.lines if line.quantity > 0)
    before = {item.code: item.unit_price + (500 if n % CHANGED_ONE_IN == 0 else 0) for n, item in enumerate(shop.items)}
    return Sample(
        settings=_settings(language),
        today=FRIDAY,
        shop=shop,
        plan=(*_people(), *_services(told), *_things(told), *_parties(told), *_grants(), *_places(told), *_checks(told)),
        answers=_answers(),
        sold=dict(sold),
        printed_prices=before,
    )


def _settings(language: str) -> Settings:
    return Settings(
        shop_name="Kulmakauppa Äyräs & Öljylä",
        business_id="1234567-1",
        address="Satamakatu 4, 00160 Helsinki, +358 9 555 0100",
        time_zone=ZONE,
        language=language,
        cloud="practice",
        owner=OWNER,
    )


def _people() -> tuple[Person, ...]:
    return (
        Person(
            OWNER, "owner", "+358 40 555 1001", "maija@example.org", "fi", ("+358 9 555 0101",), ("fi", "sv", "en"), ("decide", "keyholder")
        ),
        Person(
            SECOND, "manager", "+358 40 555 1002", "eero@example.org", "fi", (), ("fi", "en"), ("decide", "fetch", "keyholder"), ("till",)
        ),
        Person("Šárka Žižková", "cashier", "+358 40 555 1003", "", "en", (), ("en", "cs", "fi"), ("deliver",)),
        Person("Oona Virtanen", "cashier", "+358 40 555 1004", "", "fi", (), ("fi", "sv"), ()),
        Person(
            "Niilo Koski", "on-call", "+358 40 555 1005", "", "fi", (), ("fi", "en"), ("fetch", "deliver"), ("router", "till", "printer")
        ),
    )


def _services(told: Say) -> tuple[Service, ...]:
    busy = told("Fri 15–18, Sat 11–14")
    return (
        Service("cloud", told("Cloud till"), 1_800, OWNER, "tillcloud", busy, 42_000, told("Numbered slips and the printed price list.")),
        Service(
            "internet", told("Internet line"), 1_800, SECOND, "line", busy, 30_000, told("Share the phone's connection with the till.")
        ),
        Service(
            "cards", told("Card payments"), 600, SECOND, "cards", busy, 25_000, told("Second terminal; else cash, transfer or on account.")
        ),
        Service("power", told("Power"), 900, OWNER, "power", told("Every day"), 60_000, told("Lamps, slips, cash; close the freezers.")),
        Service("phones", told("Phones"), 3_600, OWNER, "line", told("Mon–Fri 9–12"), None, told("Calls go to Maija's mobile.")),
        Service("printer", told("Receipt printer"), 1_800, SECOND, "", "", None, told("Receipt book under till 1.")),
    )


def _things(told: Say) -> tuple[Thing, ...]:
    office, counter = told("office, second drawer"), told("under till 1")
    return (
        Thing("spare-computer", told("Spare laptop"), ("till",), office, "", SECOND, "", "till-1", 1),
        Thing("stick", told("4G stick"), ("internet",), counter, "", SECOND, "DNA", "line", 1),
        Thing("phone-line", told("Maija's phone, shared"), ("internet",), told("with Maija"), "", OWNER, "Elisa", "line", 1),
        Thing("second-card-way", told("Second card terminal"), ("cards",), counter, "", SECOND, "", "terminal", 1),
        Thing("receipt-book", told("Receipt books"), ("receipts",), counter, "", OWNER, "", "", 3),
        Thing("slips", told("Slips, pads A and B"), ("receipts",), counter, "", OWNER, "", "", 2),
        Thing("lamps", told("Lamps and batteries"), ("light",), told("back room, top shelf"), "", "Niilo Koski", "", "", 4),
        Thing("cash-machine", told("Cash machine"), ("cash-machine",), told("Kauppatori 2, 150 m to the left"), "", "", "", "", 1),
        Thing("change", told("Change for one day"), ("cash",), told("safe"), "", OWNER, "", "", 1),
    )


def _party(key: str, name: str, role: str, account: str, *channels: Channel, goods: bool = False, note: str = "") -> Party:
    return Party(key, name, role, account, channels, goods, note)


def _parties(told: Say) -> tuple[Party, ...]:
    """Whoever is called when something fails, one of them in another time zone; then those who deliver."""
    faults, orders, always, london = told("faults"), told("orders"), told("every day, 24 h"), "Europe/London"
    office, long_office = f"{told('Mon–Fri')} 8–16", f"{told('Mon–Fri')} 8–20"
    supplier = told("supplier")
    return (
        _party(
            "tillcloud", "Tillcloud Ltd", told("cloud till"), "SHOP-40817",
            Channel("+44 20 7946 0101", faults, f"{told('Mon–Fri')} 8–18", london),
            Channel("help@tillcloud.example", told("everything else"), f"{told('Mon–Fri')} 9–17", london),
        ),
        _party(
            "line", "Verkkolinja Oyj", told("internet and phones"), "77 1234 5678",
            Channel("+358 9 555 0200", faults, always), Channel("+358 9 555 0201", orders, office, "", "0,10 €/min"),
        ),
        _party("cards", "Korttikeskus Oy", told("card payments"), "M-991", Channel("+358 9 555 0300", faults, always, "", "0,73 €/min")),
        _party("power", "Kantakaupungin Sähkö Oy", told("power"), "6431 0001 22", Channel("+358 9 555 0400", faults, always)),
        _party("it", "Lähituki Järvi Tmi", told("IT help"), "", Channel("+358 40 555 2001", told("till, router, printer"), long_office)),
        _party("landlord", "Satamakiinteistöt Oy", told("landlord"), "", Channel("+358 9 555 0500", told("water, doors, alarms"), always)),
        _party(
            "bakery", "Leipomo Väinö & Pojat", supplier, "K-118", Channel("+358 9 555 0600", orders, "4–14"),
            goods=True, note=told("Orders by 12."),
        ),
        _party("wholesale", "Pohjolan Tukku Oy", supplier, "55120", Channel("+358 9 555 0700", orders, office), goods=True),
        _party("dairy", "Meijeri Äyräs Oy", supplier, "2044", Channel("+358 9 555 0800", orders, office), goods=True),
    )  # fmt: skip


def _grants() -> tuple[Grant, ...]:
    return (
        Grant("refund-cashier", "", "refund", "cashier", 10_000, 30_000, given_by=OWNER),
        Grant("refund-eero", SECOND, "refund", None, 50_000, None, given_by=OWNER),
        Grant("discount-cashier", "", "discount", "cashier", 2_000, 10_000, 100_000, given_by=OWNER),
        Grant("replace-cashier", "", "replace", "cashier", 5_000, 20_000, only_in_outage=True, given_by=OWNER),
        Grant("lend-eero", SECOND, "lend", None, 30_000, 60_000, only_in_outage=True, given_by=OWNER),
        Grant("account-eero", SECOND, "account", None, 100_000, 300_000, only_in_outage=True, given_by=OWNER),
        Grant("pay-out-cashier", "", "pay-out", "cashier", 5_000, 5_000, only_in_outage=True, given_by=OWNER),
    )


def _places(told: Say) -> tuple[Record, ...]:
    return (
        TillPlace("till-1", told("front, left"), "PC", "A"),
        TillPlace("till-2", told("front, right"), told("tablet"), "B"),
        Pad("A-0001", "A", 1, 50, told("front, left"), "Oona Virtanen", FRIDAY.isoformat()),
        Pad("B-0001", "B", 1, 50, told("front, right"), "Šárka Žižková", FRIDAY.isoformat()),
    )


def _checks(told: Say) -> tuple[Check, ...]:
    due = (FRIDAY + timedelta(days=4)).isoformat()
    five = (
        ("slips", told("Pads of slips and a pen lie at each till; all can name the cash machine."), "thing/slips", 90),
        ("phone-line", told("Share the phone with the till and sell one thing through it."), "thing/phone-line", 90),
        ("staff", told("Tell everybody where plan B hangs; each finds the slips."), "staff", 90),
        ("spare-computer", told("Open the spare laptop, update it, log in to the till."), "thing/spare-computer", 30),
        ("second-card-way", told("Take a small payment with the second terminal, the shop's line unplugged."), "thing/second-card-way", 90),
    )
    numbers = tuple(
        Check(
            f"number-{n}",
            told("Call the number and hear who answers."),
            subject,
            told("A wrong number costs ten minutes with a queue."),
            30,
            7,
            due,
        )
        for n, subject in enumerate(("party/tillcloud", "party/line", "party/it"))
    )
    return (
        *(Check(key, what, of, told("Without it the shop stands still."), days, 7, due, OWNER, SECOND) for key, what, of, days in five),
        *numbers,
    )


def _answers() -> tuple[Answer, ...]:
    def day(back: int) -> str:
        return (FRIDAY - timedelta(days=back)).isoformat()

    return (
        Answer("slips", day(8), "proof", OWNER),
        Answer("phone-line", day(35), "proof", SECOND),
        Answer("staff", day(20), "claim", OWNER),
        Answer("second-card-way", day(12), "proof", SECOND),
        Answer("number-0", day(6), "proof", SECOND),
        Answer("number-1", day(9), "claim", OWNER),
    )
