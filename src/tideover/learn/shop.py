"""A generated Finnish corner shop and its Friday: items, customers, and some 600 sales in a corner shop's shape.

All of it comes from the World's seeded chance: the same seed is the same shop on every machine.
Names, barcodes and people are invented; barcodes lie in the range that GS1 keeps for use inside a shop.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct, to_builtins

from tideover.learn.input import Input, InputDocument, InputLine, sum_of
from tideover.learn.tenders import CASH_STEP_MINOR, pay, pay_all
from tideover.model.item import Customer, Invoice, Item, Order, OrderLine, PastSale, Quote, Stock, Supplier
from tideover.model.money import MINOR_PER_MAJOR, PRICE_SCALE, QUANTITY_SCALE
from tideover.rules.barcode import check_digit
from tideover.rules.vat import rate_on
from tideover.world import EPOCH, World

ITEMS = 2_000
CUSTOMERS = 400
SALES = 600
FRIDAY = date(2026, 11, 20)
ZONE = "Europe/Helsinki"
ENDINGS = (0, 5, 9, 9)  # Last digit of shelf prices: so cash totals have to be rounded.
# Department: VAT category, lowest and highest price in cents, its nouns.
DEPARTMENTS: dict[str, tuple[str, int, int, tuple[str, ...]]] = {
    "Bakery": ("reduced", 90, 590, ("Ruisleipä", "Kauraleipä", "Pulla", "Korvapuusti", "Sämpylä", "Karjalanpiirakka", "Rieska")),
    "Dairy": ("reduced", 79, 890, ("Maito", "Piimä", "Jogurtti", "Voi", "Juusto", "Rahka", "Kerma", "Viili")),
    "Food": ("reduced", 99, 1_290, ("Kahvi", "Tee", "Riisi", "Pasta", "Hunaja", "Mysli", "Keitto", "Säilyke", "Suklaa", "Keksi")),
    "Drinks": ("reduced", 89, 690, ("Mehu", "Kivennäisvesi", "Limonadi", "Kotikalja", "Energiajuoma")),
    "Household": ("standard", 149, 2_490, ("Saippua", "Pesuaine", "Paristo", "Kynttilä", "Lamppu", "Teippi", "Talouspaperi")),
    "Tools": ("standard", 290, 8_900, ("Vasara", "Ruuvisarja", "Mittanauha", "Sakset", "Työkäsineet", "Jatkojohto")),
    "Garden": ("standard", 190, 12_900, ("Kukkaruukku", "Lapio", "Siemenet", "Letku", "Harava")),
    "Papers": ("low", 180, 1_490, ("Sanomalehti", "Aikakauslehti", "Viikkolehti")),
}
MAKES = ("Aamu", "Halla", "Kaisla", "Lumo", "Myrsky", "Otava", "Pihla", "Routa", "Saari", "Tuuli", "Utu", "Väinö", "Äyräs", "Öljylä")
SIZES = ("pieni", "iso", "200 g", "400 g", "1 kg", "0,5 l", "1 l", "2 kpl", "6 kpl", "12 kpl", "punainen", "sininen", "“Paras”, luomu")
FIRST = ("Aino", "Eero", "Helmi", "Ilmari", "Kerttu", "Lauri", "Maija", "Niilo", "Oona", "Pekka", "Saara", "Tapio", "Venla", "Yrjö")
LAST = ("Aalto", "Hietala", "Järvi", "Koski", "Laakso", "Mäkelä", "Niemi", "Ojala", "Peltonen", "Rinne", "Salo", "Virtanen", "Ylönen")
# How busy each hour is, from eight in the morning to eight in the evening.
BUSY = {8: 3, 9: 4, 10: 5, 11: 7, 12: 8, 13: 6, 14: 6, 15: 8, 16: 11, 17: 11, 18: 7, 19: 4}
LINES = ((1, 30), (2, 26), (3, 18), (4, 11), (5, 7), (6, 4), (8, 3), (12, 1))  # Lines of a sale, with their weight.


class Shop(Struct, frozen=True):
    """What the shop's cloud knows on Friday morning; one tuple per dataset."""

    items: tuple[Item, ...]
    stock: tuple[Stock, ...]
    customers: tuple[Customer, ...]
    suppliers: tuple[Supplier, ...]
    orders: tuple[Order, ...]
    quotes: tuple[Quote, ...]
    sales: tuple[PastSale, ...]
    invoices: tuple[Invoice, ...]

    def load(self) -> dict[str, list[dict[str, object]]]:
        """The body that the practice cloud loads."""
        return {name: [to_builtins(row) for row in getattr(self, name)] for name in self.__struct_fields__}


def make_shop(world: World, day: date = FRIDAY) -> Shop:
    """The shop as it stands before that day."""
    items = _items(world, day)
    customers = _customers(world)
    codes = [one.code for one in customers]

    def lines(n: int) -> tuple[OrderLine, ...]:
        return tuple(_order_line(world, item) for item in world.chance.sample(items, n))

    sales = tuple(_past(world, number, day, lines(world.chance.randint(1, 4))) for number in range(300))
    return Shop(
        items=items,
        stock=tuple(Stock(item.code, world.chance.randint(-2, 80) * QUANTITY_SCALE) for item in items),
        customers=customers,
        suppliers=tuple(
            Supplier(f"S{n:02}", f"{make} Oy", phone=f"+358 9 555 {n:04}", our_account=f"{world.chance.randint(10_000, 99_999)}")
            for n, make in enumerate(MAKES, 1)
        ),
        orders=tuple(
            Order(f"O{n:04}", world.chance.choice(codes), _soon(world, day), lines(world.chance.randint(1, 5))) for n in range(1, 31)
        ),
        quotes=tuple(
            Quote(f"Q{n:04}", world.chance.choice(codes), _soon(world, day), lines(world.chance.randint(1, 4))) for n in range(1, 26)
        ),
        sales=sales,
        invoices=tuple(
            Invoice(f"I{n:04}", world.chance.choice(codes), _soon(world, day), world.chance.randint(1_000, 90_000)) for n in range(1, 41)
        ),
    )


def _items(world: World, day: date) -> tuple[Item, ...]:
    made: list[Item] = []
    seen: set[str] = set()
    while len(made) < ITEMS:
        department = world.chance.choice(tuple(DEPARTMENTS))
        category, low, high, nouns = DEPARTMENTS[department]
        name = f"{world.chance.choice(nouns)} {world.chance.choice(MAKES)} {world.chance.choice(SIZES)}"
        if name in seen:
            continue
        seen.add(name)
        cents = world.chance.randint(low, high)
        cents += world.chance.choice(ENDINGS) - cents % 10
        number = 1_000 + len(made)
        body = f"20{number:010}"
        made.append(
            Item(
                code=str(number),
                name=name,
                unit_price=cents * PRICE_SCALE // MINOR_PER_MAJOR,
                vat_ppm=rate_on("FI", category, day),
                barcodes=(f"{body}{check_digit(body)}",),
                department=department,
            )
        )
    return tuple(made)


def _customers(world: World) -> tuple[Customer, ...]:
    return tuple(
        Customer(
            code=f"C{n:03}",
            name=f"{world.chance.choice(FIRST)} {world.chance.choice(LAST)}",
            phone=f"+358 40 555 {n:04}",
            account=world.chance.random() < 0.15,
        )
        for n in range(1, CUSTOMERS + 1)
    )


def _order_line(world: World, item: Item) -> OrderLine:
    return OrderLine(item.code, item.name, world.chance.randint(1, 4) * QUANTITY_SCALE, item.unit_price)


def _past(world: World, number: int, day: date, lines: tuple[OrderLine, ...]) -> PastSale:
    total = sum(line.quantity * line.unit_price // (QUANTITY_SCALE * PRICE_SCALE // MINOR_PER_MAJOR) for line in lines)
    when = day - timedelta(days=world.chance.randint(1, 14))
    return PastSale(f"H{number:05}", when.isoformat(), None, total, lines)


def _soon(world: World, day: date) -> str:
    return (day + timedelta(days=world.chance.randint(0, 30))).isoformat()


# The Friday ---------------------------------------------------------------------------------------


def make_friday(shop: Shop, world: World, day: date = FRIDAY, sales: int = SALES) -> Input:
    """The day's documents in order of time: some 600, with refunds, an exchange and a quote that becomes a sale."""
    times = sorted(_time(world, day) for _ in range(sales))
    documents = [_sale(shop, world, day, number, at) for number, at in enumerate(times, 1)]
    documents = _with_refunds(shop, world, documents)
    documents = list(pay_all(documents, "FI", "corner", world))
    documents += _special(shop, world, day)
    documents.sort(key=lambda document: document.at)
    return Input(
        documents=tuple(documents),
        unbookable=(),
        unbookable_documents=0,
        sales=sum(document.kind == "sale" for document in documents),
        refunds=sum(document.kind == "refund" for document in documents),
        lines=sum(len(document.lines) for document in documents),
        sum_minor=sum_of(documents),
        country="FI",
        currency="EUR",
        zone=ZONE,
        days=(day.isoformat(),),
    )


def _time(world: World, day: date) -> datetime:
    hour = world.chance.choices(tuple(BUSY), tuple(BUSY.values()))[0]
    local = datetime(day.year, day.month, day.day, hour, world.chance.randrange(60), world.chance.randrange(60), tzinfo=ZoneInfo(ZONE))
    return local.astimezone(EPOCH.tzinfo)


def _lines(pairs: Sequence[tuple[Item, int]]) -> tuple[InputLine, ...]:
    """Whole pieces of items; every shelf price is whole cents, so nothing is rounded here."""
    cent = PRICE_SCALE // MINOR_PER_MAJOR
    return tuple(
        InputLine(place, item.code, item.name, pieces * QUANTITY_SCALE, item.unit_price, pieces * item.unit_price // cent, item.vat_ppm)
        for place, (item, pieces) in enumerate(pairs, 1)
    )


def _sale(shop: Shop, world: World, day: date, number: int, at: datetime) -> InputDocument:
    n = world.chance.choices([n for n, _ in LINES], [weight for _, weight in LINES])[0]
    pairs = [(item, world.chance.choices((1, 2, 3, 6), (80, 14, 4, 2))[0]) for item in world.chance.sample(shop.items, n)]
    customer = world.chance.choice(shop.customers).code if world.chance.random() < 0.12 else None
    name = f"F{number:04}"
    return InputDocument(name, "", name, "sale", at, day.isoformat(), _lines(pairs), customer=customer)


def _with_refunds(shop: Shop, world: World, documents: list[InputDocument]) -> list[InputDocument]:
    """One document in fifty takes one or two pieces back instead, of a sale from before."""
    items = {item.code: item for item in shop.items}
    made: list[InputDocument] = []
    for document in documents:
        if world.chance.random() < 0.02:
            past = world.chance.choice(shop.sales)
            lines = _lines([(items[past.lines[0].item], -1)])
            document = InputDocument(
                key=document.key,
                file="",
                number=document.number,
                kind="refund",
                at=document.at,
                day=document.day,
                lines=lines,
                original=past.code,
            )
        made.append(document)
    return made


def _special(shop: Shop, world: World, day: date) -> list[InputDocument]:
    """What must happen while the cloud is away: the returning customer's quote, an exchange, an account sale, a split one."""

    def at(hour: int, minute: int) -> datetime:
        return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(ZONE)).astimezone(EPOCH.tzinfo)

    step = CASH_STEP_MINOR["FI"]
    items = {item.code: item for item in shop.items}
    quote = max(shop.quotes, key=lambda one: len(one.lines))
    past = next(sale for sale in shop.sales if items[sale.lines[0].item].unit_price)
    back, other = items[past.lines[0].item], world.chance.choice(shop.items)
    buyer = next(one.code for one in shop.customers if one.account)

    def made(number: str, when: datetime, pairs: Sequence[tuple[Item, int]], how: str, **more: str | None) -> InputDocument:
        kind = "refund" if pairs[0][1] < 0 else "sale"
        return pay(InputDocument(number, "", number, kind, when, day.isoformat(), _lines(pairs), **more), how, step)

    quoted = [(items[line.item], line.quantity // QUANTITY_SCALE) for line in quote.lines]
    few = [(item, 3) for item in world.chance.sample(shop.items, 5)]
    return [
        made("F-QUOTE", at(15, 5), quoted, "card", customer=quote.customer, quote=quote.code),
        made("F-BACK", at(15, 20), [(back, -1)], "cash", original=past.code, exchange="X-1"),
        made("F-TAKEN", at(15, 21), [(other, 1)], "cash", exchange="X-1"),
        made("F-ACCOUNT", at(15, 40), few, "account", customer=buyer),
        made("F-SPLIT", at(16, 10), few, "split"),
    ]
