"""The few fixed words of a playbook's text, in each language: headings, kinds of step, and what people and things can do.

Both languages are understood everywhere, so that a text may mix them. Never holds a sentence of a playbook.
"""

from __future__ import annotations

from typing import Literal

StepKind = Literal["say", "do", "call", "decide", "check"]

# What is written, per language; the first word is the one that the writer uses, the others are understood as well.
KINDS: dict[StepKind, dict[str, tuple[str, ...]]] = {
    "say": {"en": ("Say",), "fi": ("Sano",)},
    "do": {"en": ("Do",), "fi": ("Tee",)},
    "call": {"en": ("Call",), "fi": ("Soita",)},
    "decide": {"en": ("Decide",), "fi": ("Päätä",)},
    "check": {"en": ("Check",), "fi": ("Tarkista",)},
}
HEADERS: dict[str, dict[str, tuple[str, ...]]] = {
    "concerns": {"en": ("Concerns",), "fi": ("Koskee",)},
    "decides": {"en": ("Decides",), "fi": ("Päättää",)},
    "reads": {"en": ("Reads",), "fi": ("Lukee",)},
    "may": {"en": ("May alone",), "fi": ("Saa itse",)},
    "revision": {"en": ("Revision",), "fi": ("Versio",)},
}
SECTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "signs": {"en": ("What you see",), "fi": ("Mistä tunnistat",)},
    "says": {"en": ("Say first",), "fi": ("Sano ensin",)},
    "steps": {"en": ("Steps",), "fi": ("Vaiheet",)},
    "back": {"en": ("Way back",), "fi": ("Paluu",)},
}
MARKS: dict[str, dict[str, tuple[str, ...]]] = {
    "if-not": {"en": ("If not",), "fi": ("Jos ei",)},
    "needs": {"en": ("needs",), "fi": ("tarvitaan",)},
    "to": {"en": ("to",), "fi": ("kenelle",)},
    "spare": {"en": ("spare",), "fi": ("vara",)},
    "opens": {"en": ("opens",), "fi": ("avaa",)},
    "closes": {"en": ("closes",), "fi": ("sulkee",)},
}
# What the box knows to be settled or not (recover/, learn/), and what a person switched on: what a step opens or closes.
MATTERS = ("slips", "in-flight", "bookings", "days", "differences", "suppliers", "diversion", "outage")
# What people are and can, what things can, and what a grant allows. A word that is not here stands for itself: a shop may
# name abilities of its own, as long as its plan and its playbooks write them alike.
NAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "decide": {"en": ("decide",), "fi": ("päättää", "päättäjä")},
    "fetch": {"en": ("fetch",), "fi": ("hakee", "hakea")},
    "deliver": {"en": ("deliver",), "fi": ("toimittaa",)},
    "keyholder": {"en": ("keyholder",), "fi": ("avaimet", "avaimenhaltija")},
    "cashier": {"en": ("cashier",), "fi": ("myyjä", "kassahenkilö")},
    "manager": {"en": ("manager",), "fi": ("myymäläpäällikkö", "esihenkilö")},
    "owner": {"en": ("owner",), "fi": ("omistaja", "kauppias")},
    "on-call": {"en": ("on-call",), "fi": ("päivystäjä",)},
    "helper": {"en": ("helper",), "fi": ("apuri",)},
    "refund": {"en": ("refund",), "fi": ("hyvitys", "palautus")},
    "discount": {"en": ("discount",), "fi": ("alennus",)},
    "account": {"en": ("account", "on account"), "fi": ("laskulle", "lasku")},
    "void": {"en": ("void",), "fi": ("mitätöinti",)},
    "pay-out": {"en": ("pay-out",), "fi": ("maksu kassasta",)},
    "replace": {"en": ("replace",), "fi": ("vaihto", "korvaava tuote")},
    "lend": {"en": ("lend",), "fi": ("lainaus",)},
    "internet": {"en": ("internet",), "fi": ("netti", "internetyhteys", "nettiyhteys")},
    "till": {"en": ("till",), "fi": ("kassa",)},
    "tills": {"en": ("tills",), "fi": ("kassat",)},
    "crm": {"en": ("crm",), "fi": ("asiakasjärjestelmä", "tilausjärjestelmä")},
    "cloud": {"en": ("cloud",), "fi": ("pilvi", "pilvikassa")},
    "login": {"en": ("login",), "fi": ("kirjautuminen",)},
    "cards": {"en": ("cards",), "fi": ("kortit", "korttimaksut")},
    "print": {"en": ("print",), "fi": ("tulostus",)},
    "printer": {"en": ("printer",), "fi": ("tulostin", "kuittitulostin")},
    "router": {"en": ("router",), "fi": ("reititin",)},
    "payroll": {"en": ("payroll",), "fi": ("palkanlaskenta",)},
    "receipts": {"en": ("receipts",), "fi": ("kuitit", "tositteet")},
    "phone": {"en": ("phone",), "fi": ("puhelin",)},
    "phones": {"en": ("phones",), "fi": ("puhelimet",)},
    "light": {"en": ("light",), "fi": ("valo",)},
    "power": {"en": ("power",), "fi": ("sähkö", "virta")},
    "water": {"en": ("water",), "fi": ("vesi",)},
    "cash-machine": {"en": ("cash machine", "cash-machine"), "fi": ("pankkiautomaatti", "käteisautomaatti")},
    "mobile-pay": {"en": ("mobile pay", "mobile-pay"), "fi": ("mobiilimaksu", "mobiilimaksut")},
    "tideover-till": {"en": ("Tideover till", "tideover-till"), "fi": ("Tideoverin kassa",)},
    "two-lines": {"en": ("two lines", "two-lines"), "fi": ("kaksi linjaa",)},
    "vendor-offline": {"en": ("offline mode", "vendor-offline"), "fi": ("offline-tila",)},
    "premises": {"en": ("premises",), "fi": ("tila", "toimitila")},
    "landlord": {"en": ("landlord",), "fi": ("vuokranantaja", "isännöitsijä")},
    "insurer": {"en": ("insurer",), "fi": ("vakuutusyhtiö",)},
    "accountant": {"en": ("accountant",), "fi": ("kirjanpitäjä",)},
    "vendor": {"en": ("vendor",), "fi": ("ohjelmistotoimittaja",)},
    "carrier": {"en": ("carrier",), "fi": ("operaattori",)},
    "supplier": {"en": ("supplier",), "fi": ("tavarantoimittaja",)},
    "slips": {"en": ("slips",), "fi": ("käsitositteet",)},
    "in-flight": {"en": ("in flight", "in-flight"), "fi": ("kesken jääneet",)},
    "bookings": {"en": ("bookings",), "fi": ("kirjaukset",)},
    "days": {"en": ("days",), "fi": ("päivät",)},
    "differences": {"en": ("differences",), "fi": ("erot",)},
    "suppliers": {"en": ("suppliers",), "fi": ("tavarantoimittajat",)},
    "diversion": {"en": ("diversion",), "fi": ("soitonsiirto",)},
    "outage": {"en": ("outage",), "fi": ("katko",)},
}


def _key_of(table: dict, word: str) -> str | None:
    sought = " ".join(word.casefold().split())
    return next((key for key, by in table.items() if any(sought == one.casefold() for words in by.values() for one in words)), None)


def kind_of(word: str) -> StepKind | None:
    """The kind of step that a word names."""
    return _key_of(KINDS, word)  # type: ignore[return-value]


def header_of(word: str) -> str | None:
    """The line of a playbook's head that a word names."""
    return _key_of(HEADERS, word)


def section_of(word: str) -> str | None:
    """The section that a heading names."""
    return _key_of(SECTIONS, word)


def mark_of(word: str) -> str | None:
    """'if-not', 'needs', 'to' or 'spare'."""
    return _key_of(MARKS, word)


def key_of(word: str) -> str:
    """A role, an ability, a right or a service by its key, whatever language it was written in; an unknown word is itself."""
    return _key_of(NAMES, word) or _key_of(NAMES, word.replace("-", " ")) or " ".join(word.split())


def word_for(table: dict, key: str, language: str) -> str:
    """How a key of that table is written in a language; the key itself where the table does not know it."""
    return table[key].get(language, table[key]["en"])[0] if key in table else key


def words_of(table: dict) -> str:
    """All words of a table as a list for a message: 'Do, Tee'."""
    return ", ".join(words[0] for by in table.values() for words in by.values())
