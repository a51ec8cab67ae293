"""Which fields each dataset and report has, and under which headings programs export them. Pure.

Headings are compared folded and without punctuation, in English, Finnish and Swedish, an item's in German and French, too; the first
name that a file has wins, so what says more stands first: "price with VAT" before "price", "rate of VAT" before "VAT", which may be
the amount. A heading that is not listed is asked for, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from tideover.copies.fold import fold

FieldKind = Literal["text", "code", "price", "money", "quantity", "percent", "date", "time", "flag", "barcodes"]


class Wanted(Struct, frozen=True):
    """One field of a record."""

    name: str
    kind: FieldKind
    headings: tuple[str, ...]  # Folded; better ones first.
    required: bool = False
    may_be_blank: bool = False  # The column has to be there, but not every row has something in it.


def _wanted(name: str, kind: FieldKind, headings: str, required: bool = False, blank: bool = False, better: str = "") -> Wanted:
    """headings: parted by |, after the field's own name; better: such as say more than that name does."""
    names = (*(better.split("|") if better else ()), name.replace("_", " "), *headings.split("|"))
    return Wanted(name, kind, tuple(dict.fromkeys(one.strip() for one in names)), required, blank)


def _each(stems: str, signs: str) -> str:
    """Every stem before every sign: "price|unit price" and "incl vat|gross"; better stems and signs first."""
    return "|".join(f"{stem} {sign}" for stem in stems.split("|") for sign in signs.split("|"))


_CODE = (
    "code|sku|item code|item number|item no|product code|product number|article number|article|stockcode|stock code|plu"
    "|variant sku|internal reference|default code|reference|id|number|no"
)
_CODE_FI = "|tuotekoodi|tuotenumero|nimikekoodi|koodi|numero|tunnus|artikelnummer|kod"
_CODE_MORE = "|artikelnr|artikel nr|art nr|artnr|artikelcode|code article|référence article|référence|réf"
_NAME = "name|description|item name|product name|product|title|item|nimi|tuotenimi|tuote|nimike|kuvaus|selite|namn|benämning"
_NAME_MORE = (
    "|bezeichnung|artikelbezeichnung|artikelname|produktname|produkt|artikel|désignation|libellé|nom du produit|nom|produit|article"
)
_PRICE_WITH_VAT = "|".join(  # Beside any of these, a plain price is likely the one without VAT.
    (
        _each(
            "price|selling price|sales price|retail price|unit price|list price",
            "incl vat|incl tax|incl gst|incl|inc vat|inc tax|inc gst|including vat|including tax|including gst|with vat|with tax"
            "|vat incl|gross",
        ),
        "gross price|gross selling price|gross sales price|gross retail price",
        _each(
            "myyntihinta|vähittäismyyntihinta|vähittäishinta|hinta|yksikköhinta|ovh",
            "sis alv|sisältää alv|sis alvn|sis alv n|verollinen|veroll|verollisena|brutto",
        ),
        "verollinen myyntihinta|verollinen hinta|verollinen yksikköhinta|veroll myyntihinta|veroll hinta|bruttohinta|verollinen",
        _each("försäljningspris|pris|utpris", "inkl moms|inklusive moms|ink moms|med moms|brutto"),
    )
)
_PRICE_WITH_VAT_MORE = "|".join(
    (
        "",
        _each(
            "verkaufspreis|vk preis|vk|ladenpreis|einzelpreis|stückpreis|preis",
            "inkl mwst|incl mwst|inkl ust|incl ust|inkl steuer|inkl|incl|mit mwst|mit ust|brutto",
        ),
        "bruttoverkaufspreis|brutto verkaufspreis|brutto vk|bruttovk|vk bruttopreis|bruttopreis|endpreis|endkundenpreis",
        _each("prix de vente|prix de vente unitaire|prix public|prix unitaire|prix|pv|pu", "ttc|tva comprise|tva incluse|tvac"),
    )
)
_PRICE = (
    "price|unit price|unitprice|sales price|selling price|retail price|variant price|list price|default price|price eur|price gbp|price aud"
)
_PRICE_FI = "|hinta|yksikköhinta|myyntihinta|hinta eur|a hinta|pris|försäljningspris"
_PRICE_MORE = "|verkaufspreis|vk preis|vk|preis|einzelpreis|prix de vente|prix"
_RATE = (
    "vat percent|vat percentage|vat pct|vat rate|rate of vat|tax percent|tax percentage|tax rate|gst percent|gst rate"
    "|alv prosentti|alvprosentti|alv pros|alv kanta|alvkanta|alv verokanta|arvonlisäverokanta|arvonlisäveroprosentti|verokanta"
    "|veroprosentti"
    "|moms procent|momsprocent|moms sats|momssats|momssatsen"
)
_RATE_MORE = (
    "|mwst satz|mwstsatz|mwst prozent|mwst prozentsatz|mehrwertsteuersatz|ust satz|ustsatz|ust prozent|umsatzsteuersatz|steuersatz"
    "|taux de tva|taux tva|tva taux|tva pourcentage|taux de taxe|taux taxe"
)
_VAT = "|vat|tax|gst|alv|arvonlisävero|moms"  # The last resort: where they stand alone, they mean the rate.
_VAT_MORE = "|mwst|mehrwertsteuer|ust|umsatzsteuer|tva"
_BARCODE = "barcode|barcodes|variant barcode|ean|ean code|ean13|gtin|upc|viivakoodi|ean koodi|streckkod"
_DEPARTMENT = (
    "category|group|product group|department name|osasto|tuoteryhmä|ryhmä|kategoria|avdelning"
    "|warengruppe|artikelgruppe|produktgruppe|kategorie|rayon|famille|catégorie"
)
_QUANTITY = "quantity|qty|amount of items|pieces|count|määrä|kpl|lukumäärä|antal"
_PHONE = "phone|telephone|phone number|tel|mobile|puhelin|puhelinnumero|puh|gsm|telefon"
_EMAIL = "email|e mail|mail|sähköposti|epost|e post"
_ADDRESS = "address|street address|postal address|osoite|katuosoite|postiosoite|adress"
_PARTY = "customer|customer code|customer number|customer no|account code|client|asiakas|asiakasnumero|asiakaskoodi|asiakastunnus|kund"
_PARTY_CODE = "code|customer code|customer number|customer no|customer id|id|number|no"
_PARTY_CODE_FI = "|asiakasnumero|asiakaskoodi|asiakastunnus|numero|koodi|tunnus"
_PARTY_NAME = "name|customer name|company|full name|nimi|asiakas|asiakkaan nimi|yritys|namn"
_DOCUMENT = "number|order number|order no|quote number|invoice number|invoice no|document number|receipt|receipt number|id|no"
_DOCUMENT_FI = "|tilausnumero|tarjousnumero|laskunumero|kuittinumero|tositenumero|numero|koodi"
_DAY = "day|date|sale date|invoice date|päivä|päivämäärä|pvm|myyntipäivä|datum"

_LINES = (
    _wanted("item", "code", "item code|sku|product code|stockcode|stock code|tuotekoodi|tuotenumero|tuote", True),
    _wanted("line_name", "text", "item name|product name|product|description|name|tuotenimi|nimi|kuvaus|selite"),
    _wanted("quantity", "quantity", _QUANTITY, True),
    _wanted("unit_price", "price", _PRICE + _PRICE_FI, better=_PRICE_WITH_VAT),
)

FIELDS: dict[str, tuple[Wanted, ...]] = {
    "items": (
        _wanted("code", "code", _CODE + _CODE_FI + _CODE_MORE, True),
        _wanted("name", "text", _NAME + _NAME_MORE, True),
        _wanted("unit_price", "price", _PRICE + _PRICE_FI + _PRICE_MORE, True, better=_PRICE_WITH_VAT + _PRICE_WITH_VAT_MORE),
        _wanted("vat_percent", "percent", _RATE + _RATE_MORE + _VAT + _VAT_MORE, True),
        _wanted("barcodes", "barcodes", _BARCODE + "|code barres|code barre|gencod"),
        _wanted("department", "text", _DEPARTMENT),
        _wanted("unit", "text", "unit of measure|uom|yksikkö|enhet"),
        _wanted("archived", "flag", "inactive|discontinued|poistettu|arkistoitu|ei käytössä"),
    ),
    "stock": (
        _wanted("code", "code", _CODE + _CODE_FI, True),
        _wanted("on_hand", "quantity", "in stock|stock|stock level|available|saldo|varastosaldo|varasto|" + _QUANTITY, True),
    ),
    "customers": (
        _wanted("code", "code", _PARTY_CODE + _PARTY_CODE_FI, True),
        _wanted("name", "text", _PARTY_NAME, True),
        _wanted("phone", "text", _PHONE),
        _wanted("email", "text", _EMAIL),
        _wanted("address", "text", _ADDRESS),
        _wanted("account", "flag", "on account|credit|credit customer|account customer|laskutusasiakas|tiliasiakas|laskutus"),
        _wanted("merged_into", "code", "replaced by|yhdistetty"),
    ),
    "suppliers": (
        _wanted("code", "code", "supplier code|supplier number|vendor code|id|number|no|toimittajanumero|toimittajakoodi|koodi", True),
        _wanted("name", "text", "supplier|supplier name|vendor|toimittaja|" + _PARTY_NAME, True),
        _wanted("phone", "text", _PHONE),
        _wanted("email", "text", _EMAIL),
        _wanted("our_account", "text", "our customer number|customer number|asiakasnumeromme|asiakasnumero"),
    ),
    "orders": (
        _wanted("code", "code", _DOCUMENT + _DOCUMENT_FI, True),
        _wanted("customer", "code", _PARTY, True),
        _wanted("promised_on", "date", "promised|promised date|delivery date|due date|due|luvattu|toimituspäivä|toimitus"),
        _wanted("note", "text", "notes|comment|remarks|huomautus|lisätiedot|viesti"),
        *_LINES,
    ),
    "quotes": (
        _wanted("code", "code", _DOCUMENT + _DOCUMENT_FI, True),
        _wanted("customer", "code", _PARTY, True),
        _wanted("valid_until", "date", "valid to|expires|expiry date|voimassa|voimassa asti"),
        *_LINES,
    ),
    "sales": (
        _wanted("code", "code", _DOCUMENT + _DOCUMENT_FI, True),
        _wanted("day", "date", _DAY, True),
        _wanted("customer", "code", _PARTY),
        _wanted("total", "money", "total amount|sum|yhteensä|summa|loppusumma|totalt", True),
        *_LINES,
    ),
    "invoices": (
        _wanted("code", "code", _DOCUMENT + _DOCUMENT_FI, True),
        _wanted("customer", "code", _PARTY, True),
        _wanted("due_on", "date", "due|due date|eräpäivä|förfallodag"),
        _wanted("open", "money", "open amount|balance|outstanding|amount due|avoin|avoinna|avoin summa|maksamatta|saldo", True),
    ),
    "day-report": (
        _wanted("number", "code", "receipt number|receipt|document number|invoice number|kuittinumero|kuitti|tositenumero|numero", True),
        _wanted("our_reference", "code", "external id|customer reference|your reference|viite|viitteemme|viitenumero", True, blank=True),
        _wanted("reference", "code", "till number|screen number|kassan numero"),
        _wanted("day", "date", _DAY, True),
        _wanted("time", "time", "time of sale|kello|kellonaika|aika|klockslag|tid"),
        _wanted("kind", "text", "type|document type|laji|tyyppi|typ"),
        _wanted("state", "text", "status|tila|status text"),
        _wanted("total", "money", "total amount|sum|amount|yhteensä|summa|loppusumma|totalt", True),
        _wanted("cash", "money", "käteinen|käteismaksu|kontant"),
        _wanted("card", "money", "card payment|kortti|korttimaksu|kort"),
        _wanted("account", "money", "on account|invoice|tili|lasku|laskutus|faktura"),
        _wanted("transfer", "money", "bank transfer|tilisiirto|pankki|bank"),
        _wanted("mobile", "money", "mobile pay|mobilepay|mobiili|mobiilimaksu|swish"),
        _wanted("voucher", "money", "gift card|giftcard|lahjakortti|presentkort"),
        _wanted("rounding", "money", "cash rounding|pyöristys|avrundning|öresavrundning"),
    ),
    "day-lines": (
        _wanted("number", "code", "receipt number|receipt|document number|invoice number|kuittinumero|kuitti|tositenumero", True),
        _wanted("item", "code", "item code|sku|product code|stockcode|tuotekoodi|tuotenumero|artikelnummer"),
        _wanted("quantity", "quantity", _QUANTITY, True),
        _wanted("amount", "money", "line total|total|sum|summa|rivisumma|yhteensä", True),
        _wanted("vat_percent", "percent", _RATE + _VAT, True),
    ),
}

FILE_NAMES: dict[str, tuple[str, ...]] = {
    "items": ("items", "products", "articles", "price list", "pricelist", "tuotteet", "hinnasto", "nimikkeet", "artiklar"),
    "stock": ("stock", "inventory", "varasto", "saldot", "lager"),
    "customers": ("customers", "clients", "asiakkaat", "kunder"),
    "suppliers": ("suppliers", "vendors", "toimittajat", "leverantörer"),
    "orders": ("orders", "open orders", "tilaukset", "order"),
    "quotes": ("quotes", "offers", "tarjoukset", "offerter"),
    "sales": ("sales", "receipts", "myynti", "myynnit", "kuitit", "försäljning"),
    "invoices": ("invoices", "unpaid", "open invoices", "laskut", "avoimet", "fakturor"),
}


def plain(heading: str) -> str:
    """A heading as it is compared: lower case, no accents, no punctuation; å ä ö kept, "ALV %" is "alv"."""
    return " ".join(re.findall(r"[^\W_]+", fold(heading)))


KNOWN = {kind: frozenset(plain(one) for field in wanted for one in field.headings) for kind, wanted in FIELDS.items()}
KNOWN[""] = frozenset().union(*KNOWN.values())  # Of a file whose kind nobody said.


def known_in(cells: Iterable[object], kind: str = "") -> int:
    """How many cells of a row are headings that a field of that kind is read from."""
    return sum(plain(str(one)) in KNOWN[kind] for one in cells)


def listed_in(cells: Iterable[object], kind: str) -> int:
    """As many, if the row may head a list of that kind: one of orders says whose they are, and of what."""
    words = [plain(str(one)) for one in cells]
    codes = [one for one in FIELDS.get(kind, ()) if one.required and one.kind == "code"]
    if len(codes) > 1 and not all(any(plain(name) in words for name in one.headings) for one in codes):
        return 0
    return sum(one in KNOWN[kind] for one in words)
