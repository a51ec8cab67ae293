"""Rows become records; what cannot be read is named and blocks only itself."""

from decimal import Decimal

import pytest

from tideover.connectors.assisted.cells import Unread, code_of, date_of, text_of, time_of
from tideover.connectors.assisted.columns import ColumnMap, guess_columns
from tideover.connectors.assisted.fields import FIELDS
from tideover.connectors.assisted.records import read_records
from tideover.connectors.assisted.row import Row
from tideover.connectors.assisted.table import Table, read_table
from tideover.errors import FileUnreadable
from tideover.model.item import DATASETS, RECORDS, Customer, Invoice, Item, Order, OrderLine, PastSale, Quote, Stock, Supplier


def read(dataset, text, chosen=None):
    return read_records(dataset, read_table(f"{dataset}.csv", text.encode()), chosen)


def refused(dataset, text, chosen=None):
    with pytest.raises(FileUnreadable) as caught:
        read(dataset, text, chosen)
    return caught.value


@pytest.mark.parametrize(
    ("dataset", "text", "expected"),
    [
        (
            "items",
            "Tuotekoodi;Nimi;Hinta;ALV %;Viivakoodi;Osasto;Yksikkö\n10;Ruisleipä;3,45;13,5;6408430000012;Leipä;kpl\n",
            Item("10", "Ruisleipä", 34_500, 135_000, ("6408430000012",), "Leipä", "kpl"),
        ),
        (
            "items",
            "sku,name,price,vat,barcode,inactive\nA-1,Tea,1.2345,20,5000000000017|5000000000024,yes\n",
            Item("A-1", "Tea", 12_345, 200_000, ("5000000000017", "5000000000024"), archived=True),
        ),
        ("stock", "Koodi;Saldo\n10;-3,5\n", Stock("10", -3_500)),
        (
            "customers",
            "Asiakasnumero;Nimi;Puhelin;Sähköposti;Laskutusasiakas\n7;Aino Salmi;+358 40 1234567;aino@example.com;kyllä\n",
            Customer("7", "Aino Salmi", "+358 40 1234567", "aino@example.com", account=True),
        ),
        ("suppliers", "code,name,email\np,Paulig,orders@example.com\n", Supplier("p", "Paulig", email="orders@example.com")),
        (
            "orders",
            "order number,customer,promised,item,name,quantity,unit price\n"
            "T-1,7,20.11.2026,10,Bread,2,3.45\nT-1,7,20.11.2026,11,Tea,1,1.00\n",
            Order("T-1", "7", "2026-11-20", (OrderLine("10", "Bread", 2_000, 34_500), OrderLine("11", "Tea", 1_000, 10_000))),
        ),
        (
            "quotes",
            "number,customer,valid until,item,quantity\nQ1,7,2026-12-01,10,12\n",
            Quote("Q1", "7", "2026-12-01", (OrderLine("10", "10", 12_000),)),
        ),
        (
            "sales",
            "receipt,date,total,item,quantity,price\n99,20/11/2026,-6.90,10,-2,3.45\n",
            PastSale("99", "2026-11-20", None, -690, (OrderLine("10", "10", -2_000, 34_500),)),
        ),
        ("invoices", "laskunumero;asiakas;eräpäivä;avoinna\n5;7;1.12.2026;1 234,50 €\n", Invoice("5", "7", "2026-12-01", 123_450)),
    ],
)
def test_exports_become_records(dataset, text, expected):
    """Every dataset, under English and Finnish headings."""
    reading = read(dataset, text)
    assert ((expected,), ()) == (reading.records, reading.faults)


def test_every_dataset_has_fields_and_every_required_field_a_guess():
    """No dataset is forgotten, and its own field names are found as headings."""
    assert set(DATASETS) <= set(FIELDS)
    for kind, wanted in FIELDS.items():
        assert () == guess_columns(kind, [one.name for one in wanted]).missing
    assert set(DATASETS) == set(RECORDS)


def test_guess_is_shown_before_it_is_used():
    """A person sees which column is read as what, what is missing and what is left over."""
    guess = guess_columns("items", ["SKU", "Purchase price", "Description", "VAT %"])
    assert {"code": "SKU", "name": "Description", "vat_percent": "VAT %"} == guess.columns
    assert (("unit_price",), ("Purchase price",)) == (guess.missing, guess.unused)


@pytest.mark.parametrize(
    "headings",
    [
        "Artikelnr.;Bezeichnung;VK brutto;MwSt;EAN;Warengruppe",
        "Code article;Désignation;Prix TTC;TVA;Code barres;Rayon",
        "Art.-Nr.;Artikel;Verkaufspreis;USt-Satz;GTIN;Kategorie",
    ],
)
def test_price_lists_of_german_and_french_programs(headings):
    """Countries whose law has a page; a net price is never taken for one."""
    found = guess_columns("items", headings.split(";"))
    assert ["code", "name", "unit_price", "vat_percent", "barcodes", "department"] == sorted(found.columns, key=list(found.columns).index)
    assert headings.split(";") == list(found.columns.values())
    assert "unit_price" not in guess_columns("items", ["Artikelnr.", "VK netto", "Prix HT"]).columns


@pytest.mark.parametrize(
    ("headings", "price", "rate"),
    [
        ("Code;Name;Prix HT;TVA;Prix TTC;Taux TVA", "Prix TTC", "Taux TVA"),
        ("Code;Désignation;Prix;TVA;Prix de vente TTC;TVA %", "Prix de vente TTC", "TVA %"),
        ("Artikelnr.;Bezeichnung;Preis;Preis inkl. MwSt.;MwSt;MwSt-Satz", "Preis inkl. MwSt.", "MwSt-Satz"),
        ("Artikelnr.;Bezeichnung;Verkaufspreis;Bruttoverkaufspreis;USt;USt %", "Bruttoverkaufspreis", "USt %"),
        ("Artikelnr.;Bezeichnung;VK;VK inkl. MwSt;MwSt in €;Steuersatz", "VK inkl. MwSt", "Steuersatz"),
        ("Artikelnr.;Bezeichnung;Preis;Endpreis;MwSt.;MwSt.-Satz", "Endpreis", "MwSt.-Satz"),
        ("Tuotekoodi;Nimi;Hinta;Hinta (sis. alv);ALV;ALV-kanta", "Hinta (sis. alv)", "ALV-kanta"),
        ("Tuotekoodi;Nimi;Myyntihinta;Verollinen myyntihinta;Arvonlisävero;Arvonlisävero-%", "Verollinen myyntihinta", "Arvonlisävero-%"),
        ("Tuotekoodi;Nimi;Hinta;Hinta, verollinen;ALV;ALV-prosentti", "Hinta, verollinen", "ALV-prosentti"),
        ("Kod;Namn;Pris;Pris inkl. moms;Moms;Momssats", "Pris inkl. moms", "Momssats"),
        ("SKU;Name;Price;Price (incl. VAT);VAT;VAT rate", "Price (incl. VAT)", "VAT rate"),
        ("SKU;Name;Unit price;Gross price;Tax;Tax %", "Gross price", "Tax %"),
    ],
)
def test_what_says_more_is_read(headings, price, rate):
    """Beside a price with VAT a plain one is the net, and beside a rate the tax is an amount, in whatever order they stand."""
    for order in (1, -1):
        found = guess_columns("items", headings.split(";")[::order]).columns
        assert (price, rate) == (found["unit_price"], found["vat_percent"])


def test_a_lines_rate_is_no_amount():
    """In the day report's lines too; a bare word alone means the rate."""
    for headings, rate in (
        ("Receipt;Qty;Sum;VAT;VAT %", "VAT %"),
        ("Kuitti;Kpl;Summa;ALV;ALV-kanta", "ALV-kanta"),
        ("Receipt;Qty;Sum;VAT", "VAT"),
    ):
        assert rate == guess_columns("day-lines", headings.split(";")).columns["vat_percent"]


def test_variants_under_their_products_name():
    """A product's name stands on its first row only, further pictures on rows of their own: every variant is an item, no picture is."""
    rows = [
        "Handle,Title,Option1 Name,Option1 Value,Option2 Value,Variant SKU,Variant Price,Image Src",
        *(f"tee,{'T-shirt' if n == 0 else ''},Size,{n},red,TEE-{n},19.90," for n in range(40)),
        "tee,,,,,,,https://pictures.example/2.jpg",
        "mug,Mug,Title,Default Title,,MUG,7.50,",
    ]
    table = read_table("products_export.csv", "\n".join(rows).encode())
    found = read_records("items", table, ColumnMap({**guess_columns("items", table.headings).columns}, {"vat_percent": "25.5"}))
    assert () == found.faults
    assert ["T-shirt, 0, red", "T-shirt, 39, red", "Mug"] == [found.records[place].name for place in (0, 39, 40)]
    assert 41 == len(found.records)


def test_missing_column_is_named():
    """A price is never taken from a column that only looks like one; the columns there are are listed."""
    error = refused("items", "code,name,purchase price,vat\n1,Tea,1.00,20\n")
    assert "no column holds the unit price" in error.message
    assert "purchase price" in error.hint


def test_remembered_column_that_went_missing_is_named():
    """A remembered map is never silently replaced by a guess."""
    chosen = ColumnMap(columns={"code": "code", "name": "name", "unit_price": "Shelf", "vat_percent": "vat"})
    assert "'Shelf'" in refused("items", "code,name,price,vat\n1,Tea,1.00,20\n", chosen).message
    assert 15_000 == read("items", "code,name,price,vat,Shelf\n1,Tea,1.00,20,1.50\n", chosen).records[0].unit_price


@pytest.mark.parametrize("constant", ["25.5", "25,5", "25,5 %"])
def test_what_holds_for_every_row_may_be_said_once(constant):
    """A file without a VAT column is read with the rate that a person gave, however the file writes its numbers."""
    chosen = ColumnMap(columns={"code": "code", "name": "name", "unit_price": "price"}, constants={"vat_percent": constant})
    assert 255_000 == read("items", "code,name,price\n1,Tea,1.50\n", chosen).records[0].vat_ppm


def test_vat_as_a_spreadsheet_keeps_it():
    """25.5 % stands in a spreadsheet as 0.255."""
    rates = (Decimal("0.255"), Decimal("0"), Decimal("0.135"))
    rows = tuple(Row(number, (str(number), "Tea", Decimal("1.5"), rate)) for number, rate in enumerate(rates))
    found = read_records("items", Table("items.xlsx", ("code", "name", "price", "vat"), rows), None)
    assert [255_000, 0, 135_000] == [one.vat_ppm for one in found.records]


def test_decimal_sign_must_be_known():
    """Numbers that could be read in two ways, or contradict each other, are not guessed at; a person's word decides."""
    unclear = 'code,name,price,vat\n1,Sofa,"1,234",20\n'
    assert "two ways" in refused("items", unclear).message
    columns = {"code": "code", "name": "name", "unit_price": "price", "vat_percent": "vat"}
    assert 12_340 == read("items", unclear, ColumnMap(columns=columns, decimal=",")).records[0].unit_price
    assert 12_340_000 == read("items", unclear, ColumnMap(columns=columns, decimal=".")).records[0].unit_price
    assert "decimal comma" in refused("items", "code;name;price;vat\n1;A;1,50;20\n2;B;1.50;20\n").message


BAD_ROWS = """code;name;price;vat
1;Tea;1,50;20
2;Sum;=1+2;20
3;Words;abc;20
4;;1,00;20
;Nameless;1,00;20
5;Too;many;cells;20
6;Gone;#REF!;20
1;Tea again;1,60;20
1;Tea;1,50;20
7;Coffee;2,00;20
6,4E+12;Shortened;2,00;20
8;=HYPERLINK("x");2,00;20
"""


def test_bad_rows_are_named_and_block_only_themselves():
    """Formulas, words for numbers, blanks, shifted cells, shortened codes, codes that stand twice: each named with its row."""
    reading = read("items", BAD_ROWS)
    assert ["1", "7"] == [one.code for one in reading.records]
    assert ("2", "3", "4", "5", "6", "8") == reading.unread
    said = "\n".join(reading.faults)
    for words in ("Row 3, column 'price': '=1+2' is a formula", "Row 4, column 'price': 'abc'", "Row 5, column 'name' is empty"):
        assert words in said
    for words in ("Row 6, column 'code' is empty", "Row 7 has more cells", "Row 8, column 'price': '#REF!'"):
        assert words in said
    assert "Row 9: the code '1' stands in row 2 with other content" in said
    assert "Row 12, column 'code': '6,4E+12' was shortened" in said
    assert 9 == len(reading.faults)


def test_many_codes_that_stand_twice_are_told_as_such():
    """Which of two prices is right nobody can tell; it may be the wrong column, too."""
    text = "code;name;price\n" + "".join(f"{n % 70};Item {n};{n},50\n" for n in range(100))
    with pytest.raises(FileUnreadable) as caught:
        read_records(
            "items",
            read_table("items.csv", text.encode()),
            ColumnMap({"code": "code", "name": "name", "unit_price": "price"}, {"vat_percent": "14"}),
        )
    assert "30 of its 100 rows have the code of another row" in caught.value.message
    assert "another column" in caught.value.hint


def test_a_note_that_cannot_be_read_loses_no_order():
    """An urgent order stands on the paper without it, and the remark is named; a code or a sum that cannot be read is another matter."""
    text = "number;customer;item code;qty;note\n1;7;A1;2;=1+1\n2;7;A1;1;#N/A\n3;7;A1;1;ring first\n4;7;=B2;1;\n"
    found = read_records("orders", read_table("orders.csv", text.encode()), None)
    assert [("1", ""), ("2", ""), ("3", "ring first")] == [(one.code, one.note) for one in found.records]
    assert ["Row 5", "Row 2", "Row 3"] == [one.partition(",")[0] for one in found.faults]


def test_file_that_is_mostly_bad_is_refused():
    """More than a tenth of unreadable rows is a wrong file or a wrong column, not bad rows."""
    rows = "".join(f"{number};Item;{'x' if number % 2 else '1,00'};20\n" for number in range(100))
    error = refused("items", "code;name;price;vat\n" + rows)
    assert "50 of its 100 rows" in error.message
    assert "columns" in error.hint


def test_order_is_not_taken_without_one_of_its_lines():
    """A document of which one line cannot be read is left as the last good copy has it."""
    reading = read("orders", "number,customer,item,quantity\nT1,7,10,1\nT1,7,11,many\nT2,7,10,1\n")
    assert (["T2"], ("T1",)) == ([one.code for one in reading.records], reading.unread)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ('="00123"', "00123"),
        ("'=1+2", "=1+2"),
        ("'00123", "00123"),
        ("'80s poster", "'80s poster"),
        ("-5 °C", "-5 °C"),
        ("  two\u00a0 blanks\nand line ", "two blanks and line"),
        (Decimal("84078"), "84078"),
        (Decimal("6408430000012"), "6408430000012"),
        (Decimal("1.50"), "1.5"),
    ],
)
def test_texts_as_spreadsheets_protect_them(given, expected):
    """Excel's ="…", the apostrophe before a formula, and codes that became numbers read as what they were."""
    assert expected == text_of(given)


@pytest.mark.parametrize("given", ["=1+2", "=cmd|' /C calc'!A0", "#N/A", "#ARVO!"])
def test_formulas_and_error_values_are_not_read(given):
    """A formula is not a value, whatever it would compute."""
    with pytest.raises(Unread):
        text_of(given)


@pytest.mark.parametrize("given", ["6,40843E+12", "6.40843E+12", "1E+05"])
def test_shortened_codes_are_told(given):
    """A barcode that a spreadsheet shortened is lost; it is not taken for another one."""
    with pytest.raises(Unread):
        code_of(given)


def test_codes_with_an_e_are_codes():
    """12E5 and E10 are somebody's codes."""
    assert ["12E5", "E10"] == [code_of(one) for one in ("12E5", "E10")]


@pytest.mark.parametrize(
    ("given", "order", "expected"),
    [
        ("2026-11-20", "dmy", "2026-11-20"),
        ("20.11.2026", "dmy", "2026-11-20"),
        ("1.2.26", "dmy", "2026-02-01"),
        ("03/04/2026", "dmy", "2026-04-03"),
        ("03/04/2026", "mdy", "2026-03-04"),
        ("20.11.2026 14:30:05", "mdy", "2026-11-20"),
    ],
)
def test_dates(given, order, expected):
    """Days as Finland, Britain, Australia and America write them."""
    assert expected == date_of(given, order)


@pytest.mark.parametrize("given", ["31.2.2026", "11/20/2026", "tomorrow", "20261120", "25:70"])
def test_wrong_days_and_times_are_not_read(given):
    """A day that is not in the calendar, and what is no day or time."""
    with pytest.raises(Unread):
        date_of(given, "dmy")
    with pytest.raises(Unread):
        time_of(given)
