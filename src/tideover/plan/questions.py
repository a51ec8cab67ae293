"""The six questions of the first ten minutes, as data: what is asked, why, and how it may be answered.

Page, terminal and file ask the same ones from here. Every one may be skipped and answered later. Decides nothing.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Kind = Literal["text", "phone", "choice"]
Bite = Literal["till", "line", "phone", "cards", "spares", "people"]

TEXT_LENGTH_MAX = 120
PEOPLE_MAX = 30  # In a file; a page has room for PEOPLE_ASKED, and the plan's own page for the rest.
PEOPLE_ASKED = 3

YES_NO = (("yes", "Yes"), ("no", "No"), ("unknown", "I do not know"))
BRANDS = (
    "Tehden", "Brightpearl", "Square", "Shopify", "Lightspeed", "Vend (Lightspeed X-Series)", "Zettle", "SumUp", "Odoo", "ERPNext",
    "Tryton", "Loyverse",
)  # fmt: skip
COUNTRIES = (
    ("FI", "Finland"), ("GB", "United Kingdom"), ("AU", "Australia"), ("DE", "Germany"), ("AT", "Austria"), ("FR", "France"),
)  # fmt: skip


class Question(Struct, frozen=True):
    """One field."""

    key: str  # SECTION.FIELD, as in the answers file: "line.carrier".
    text: str
    why: str  # One sentence.
    kind: Kind = "text"
    choices: tuple[tuple[str, str], ...] = ()  # Value and how it is shown.
    other: bool = False  # A choice that may be something else, too.
    example: str = ""


class Group(Struct, frozen=True):
    """One question as people count them: a page, with the fields on it."""

    bite: Bite
    title: str
    why: str  # What it is for, in one sentence.
    questions: tuple[Question, ...] = ()
    minutes: int = 1  # What a stranger needs for it.


_TILL = (
    Question("shop.name", "What is the shop called?", "It stands at the head of every paper and every receipt.", example="Kulmakauppa"),
    Question("shop.business_id", "Business id", "A handwritten receipt is lawful only with it.", example="1234567-1"),
    Question("shop.address", "Street address and phone", "A receipt has to say how you are reached.", example="Asemakatu 2, 33100 Tampere"),
    Question("shop.country", "Country", "Its law, its VAT and its money count.", "choice", COUNTRIES, other=True),
    Question(
        "till.brand",
        "Which till or CRM do you sell with?",
        "What fails with it, and how to get the prices out of it, differs.",
        "choice",
        tuple((one, one) for one in BRANDS),
        other=True,
    ),
    Question(
        "till.support", "Its support number", "On the day nobody can look it up: the line is away.", "phone", example="+358 10 123 4567"
    ),
)
_LINE = (
    Question(
        "line.kind",
        "How does the internet come into the shop?",
        "It tells what usually breaks, and whether your phone is really a second way.",
        "choice",
        (("fibre", "Fibre"), ("cable", "Cable or copper (DSL)"), ("mobile", "Mobile (4G, 5G)"), ("shared", "From the house or the mall")),
    ),
    Question("line.carrier", "From whom?", "Two lines of one carrier fail together.", example="Elisa"),
    Question("line.support", "Number for faults", "It is the first call when the line stops.", "phone"),
)
_PHONE = (
    Question(
        "phone.carrier", "Carrier of the phone in the shop", "Another one than the line's is your cheapest second line.", example="DNA"
    ),
    Question(
        "phone.shares",
        "Can it share its internet with a computer?",
        "With it the cloud till goes on, although the line is cut.",
        "choice",
        YES_NO,
    ),
)
_CARDS = (
    Question("cards.terminal", "Which card terminal?", "It fails by itself, and has a helpline of its own.", example="Verifone V240m"),
    Question("cards.support", "Its helpline", "Only they can say whether it is you or the card network.", "phone"),
    Question(
        "cards.own_line",
        "Does it have a connection of its own (a SIM card)?",
        "If so, cards go on when your line is cut.",
        "choice",
        YES_NO,
    ),
    Question(
        "cards.second",
        "A second way to be paid without cash?",
        "Whoever carries no cash buys only if there is one.",
        example="SumUp in the drawer, MobilePay, invoice",
    ),
)
_SPARES = (
    Question(
        "spares.computer",
        "A spare computer or tablet: where?",
        "A cloud till opens on any of them within minutes.",
        example="Laptop, office",
    ),
    Question("spares.receipt_book", "A receipt book or pad: where?", "It works without power.", example="Under the till"),
    Question("spares.cash_machine", "The nearest cash machine?", "Customers ask, and then come back.", example="Otto., Asemakatu 5, 150 m"),
)

GROUPS: tuple[Group, ...] = (
    Group("till", "Your shop and its till", "These stand on every paper, and say what breaks when the cloud does.", _TILL, 2),
    Group("line", "The line", "Most outages are a cut line; then one phone number is worth more than a handbook.", _LINE),
    Group("phone", "The phone", "A phone that shares its internet is a second line that you have already.", _PHONE),
    Group("cards", "The card terminal", "Taking money is a second question with its own answer.", _CARDS),
    Group("spares", "What lies ready", "What you have today decides how far you fall tomorrow.", _SPARES),
    Group("people", "The people", "Somebody must be reached who may decide, and somebody who can fetch.", (), 2),
)

DOES = (
    ("decides", "Decides"), ("fetches", "Fetches and delivers"), ("both", "Decides and fetches"), ("works", "Works here"),
)  # fmt: skip
PERSON_FIELDS: tuple[Question, ...] = (
    Question("name", "Name", "As on the rota.", example="Anna Virtanen"),
    Question("phone", "Phone", "It stands on the plan, so that anybody can call.", "phone"),
    Question("does", "What they do when it stops", "One decides, one fetches: else all wait for each other.", "choice", DOES),
)

# Written in an answers file only; a page asks them of the machine or of nobody.
FILE_ONLY: tuple[Question, ...] = (
    Question("shop.language", "Language of the papers", "Plan and kit are made in it.", "choice", (("en", "English"), ("fi", "suomi"))),
    Question("shop.currency", "Currency", "Only where it is not the country's own."),
    Question("shop.time_zone", "Time zone", "Only where the country has several, or is not listed."),
)
# By key: what an answers file may hold.
QUESTIONS: dict[str, Question] = {one.key: one for group in GROUPS for one in group.questions} | {one.key: one for one in FILE_ONLY}


def group_of(bite: str) -> Group | None:
    """The page of that name, or None."""
    return next((group for group in GROUPS if group.bite == bite), None)
