"""Law pages: which rungs are lawful in a country, and which duties an outage brings.

A page is what we found and when; it is no legal advice, and Tideover claims no certification.
Where no page is known, the till is closed and slips are the way: unknown is not lawful.
"""

from __future__ import annotations

from msgspec import Struct


class Law(Struct, frozen=True):
    """The law page of one country."""

    country: str
    till_lawful: bool  # May an uncertified till record sales (rung 4)?
    duties: tuple[str, ...]  # What an outage brings, one sentence each, in the order of doing.
    why: str = ""  # Why the till is, or is not, lawful.
    slips_lawful: bool = True  # May handwritten numbered slips (rung 5) take their place?
    receipt_always: bool = False  # A receipt must be given for every cash sale, outage or not.
    receipt_mark: str = ""  # What each receipt or slip of the outage must say; "" for nothing.
    report_after_s: int | None = None  # The authority must be told if it lasts longer.
    sources: tuple[str, ...] = ()
    written_on: str = ""  # Day on which the page was written from its sources; a lawyer has not read it.


_WRITTEN = "2026-11-20"
_48_H_S = 172_800

_FI = Law(
    country="FI",
    till_lawful=True,
    why="No till is prescribed; a receipt may be printed, electronic or written by hand.",
    receipt_always=True,
    duties=(
        "Give every customer a receipt, by hand if nothing prints; a broken till or terminal does not end this duty.",
        "A receipt says: name, contact details and business id of the shop, date, its own number, what and how many, "
        "the sum and the VAT by rate.",
        "Keep a copy of every handwritten receipt and enter it afterwards.",
    ),
    sources=("Laki kuitintarjoamisvelvollisuudesta käteiskaupassa (658/2013), sections 3 and 4", "vero.fi, kuitintarjoamisvelvollisuus"),
    written_on=_WRITTEN,
)

_GB = Law(
    country="GB",
    till_lawful=True,
    why="No till is prescribed; the shop keeps a record of each day's takings.",
    duties=(
        "Keep the record of gross takings whole: till rolls or slips, cash and card totals of the day.",
        "Give a VAT invoice to a customer who asks; up to 250 pounds a simplified one is enough.",
        "Keep the slips with the records for six years.",
    ),
    sources=("Value Added Tax Regulations 1995 (SI 1995/2518), regulations 16 and 31", "HMRC, VAT Notice 700/21 and 727"),
    written_on=_WRITTEN,
)

_AU = Law(
    country="AU",
    till_lawful=True,
    why="No till is prescribed; records must explain every transaction.",
    duties=(
        "Give proof of transaction for every sale of 75 dollars or more, and for smaller ones when asked.",
        "Give a tax invoice within 28 days to a customer who asks, for sales above 82.50 dollars with GST; it carries the ABN.",
        "Keep the slips with the records for five years.",
    ),
    sources=(
        "A New Tax System (Goods and Services Tax) Act 1999, sections 29-70 and 29-80",
        "Competition and Consumer Act 2010, schedule 2 (Australian Consumer Law), section 100",
    ),
    written_on=_WRITTEN,
)

_DE = Law(
    country="DE",
    till_lawful=False,
    why="An electronic till must have a certified security device (TSE); Tideover has none.",
    receipt_always=True,
    receipt_mark="Ausfall der elektronischen Kasse: Beleg von Hand",
    duties=(
        "First use another till with its own TSE, if there is one.",
        "Write down when the outage began, when it ended and why.",
        "Write a numbered receipt with a duplicate for each sale, in one continuous record.",
        "Enter the sales into the certified till afterwards and keep the papers with the audit evidence.",
    ),
    sources=("Abgabenordnung, section 146a", "Kassensicherungsverordnung (KassenSichV)", "Anwendungserlass zur AO, on section 146a"),
    written_on=_WRITTEN,
)

_AT = Law(
    country="AT",
    till_lawful=False,
    why="A registrierkasse must have a signature device; Tideover has none.",
    receipt_always=True,
    receipt_mark="Sicherheitseinrichtung ausgefallen",
    report_after_s=_48_H_S,
    duties=(
        "First move the sales to another signed till, if there is one.",
        "Without one, write a numbered receipt with a duplicate for each sale and keep the duplicates.",
        "If it lasts longer than 48 hours, report begin and end to FinanzOnline within one week.",
        "Afterwards enter each sale with the number of its paper receipt; the new record keeps its own time, nothing is back-dated.",
        "Close the outage with the signed collective receipt (Sammelbeleg).",
    ),
    sources=("Registrierkassensicherheitsverordnung (RKSV), section 17", "Bundesabgabenordnung, sections 131b and 132a"),
    written_on=_WRITTEN,
)

_FR = Law(
    country="FR",
    till_lawful=False,
    why="Till software must be certified (unalterable, secured, kept, archived); Tideover is not.",
    receipt_mark="Mode dégradé",
    duties=(
        "Write a numbered slip with a duplicate for each sale and mark it as made in the outage.",
        "Enter each slip into the certified till afterwards, in order of time, so that its closings stay whole.",
        "Keep begin, end and reason of the outage with the papers.",
        "Ask your accountant which proof of conformity your till software needs this year: the rule has changed more than once.",
    ),
    sources=("Code général des impôts, article 286, I, 3° bis", "BOI-TVA-DECLA-30-10-30"),
    written_on=_WRITTEN,
)

LAWS: dict[str, Law] = {law.country: law for law in (_FI, _GB, _AU, _DE, _AT, _FR)}


def law_of(country: str) -> Law:
    """The page of a country; one that closes the till where none is known."""
    return LAWS.get(country) or Law(
        country=country,
        till_lawful=False,
        why="There is no law page for this country yet.",
        duties=("Write numbered slips and keep them; ask your accountant what an outage asks of you.",),
    )
