"""How each field of the plan's records is asked for: in plain words, with one line that says why. A table; decides nothing."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from tideover.kit.sums import RIGHTS

Shape = Literal[
    "text", "long", "lines", "words", "money", "share", "time", "number", "day", "choice", "flag", "person", "party", "thing",
    "phone", "mail", "channels",
]  # fmt: skip


class Field(Struct, frozen=True):
    """One field of a form."""

    name: str  # As in plan/records.py.
    label: str
    why: str = ""
    shape: Shape = "text"
    choices: tuple[tuple[str, str], ...] = ()  # Value and what is shown; for a text what is proposed.
    more: bool = False  # Shown below, under "More": most shops leave it as it is.


class Kind(Struct, frozen=True):
    """One kind of record on the page of the plan."""

    name: str  # As in plan/records.py.
    title: str
    why: str  # What it is for; shown while there is none, too.
    add: str
    fields: tuple[Field, ...]
    names_itself: str = ""  # Field from which a key is made that was left empty.


ROLES = (("cashier", "cashier"), ("helper", "helper"), ("on-call", "on call"), ("manager", "manager"), ("owner", "owner"))
LANGUAGES = (("en", "English"), ("fi", "suomi"))
KEY_WHY = "Links between records and papers use it. Empty: it is made from the name."
SERVICE_KEYS = ("cloud", "internet", "cards", "power", "phones", "printer", "login", "network", "tills")
MATTERS = ("contacts", "contacts/second", "parked", "finding")

PERSON = (
    Field("name", "Name", "As on the rota. It stands on papers and beside what this person does."),
    Field("role", "Role", "It decides which buttons this person may press.", "choice", ROLES),
    Field("phone", "Phone", "Called in an outage; somebody tries it once a month.", "phone"),
    Field("language", "Language of papers", "Cards and pages made for this person are in it.", "choice", LANGUAGES),
    Field("can", "Can do in an outage", "One per line: decide, fetch, deliver, keyholder. Cards name whoever can.", "words"),
    Field("knows", "Knows about", "One per line: till, router, payroll. Who is asked before the supplier is.", "lines"),
    Field("languages", "Speaks with customers", "One per line: fi, sv, en.", "lines", more=True),
    Field("other_phones", "Other numbers", "One per line, tried when the first one does not answer.", "lines", more=True),
    Field("email", "E-mail", "Where a pocket kit is sent.", "mail", more=True),
)
SERVICE = (
    Field("name", "Name", "What people here call it."),
    Field("tolerable_s", "How long the shop can do without", "Then the fallback opens by itself. Like 30 min or 2 h.", "time"),
    Field("manual_way", "How the shop does without", "One sentence; it stands on the plan.", "long"),
    Field("owner", "Who looks after it", "Empty: the shop's owner.", "person"),
    Field("supplier", "Who is called when it fails", "One of the parties below.", "party"),
    Field("busy", "When it matters most", "Like Fri 15–18."),
    Field("cost_per_hour_minor", "What an hour without it costs", "Roughly; it says how much a spare may cost.", "money"),
    Field("promised_ppm", "Share of a month that the contract promises", "Like 99.9 %, held against what was seen.", "share", more=True),
    Field("repair_h", "Hours within which the contract has it mended", "Held against each outage.", "number", more=True),
    Field("promise", "What the contract says of it", "In its own words, with its number.", "long", more=True),
    Field("key", "Short name", KEY_WHY, choices=tuple((one, "") for one in SERVICE_KEYS), more=True),
)
THING = (
    Field("name", "Name", "A spare, line, SIM, terminal, receipt book, key: what people here call it."),
    Field("can", "What it can do", "One per line: till, internet, cards, print, receipts, light. Cards offer it for that step.", "words"),
    Field("place", "Where it lies", "So exactly that a new cashier finds it with a queue waiting."),
    Field("holder", "Who holds it", "Whoever is asked when it is not there.", "person"),
    Field("carrier", "Carrier", "Of a line or SIM: two of one carrier fail together."),
    Field("stands_in_for", "Stands in for", "The thing or line that it replaces.", "thing"),
    Field("count", "How many", "", "number"),
    Field("home", "Where it belongs", "If that is somewhere else.", more=True),
    Field("note", "What else one must know", "How it is switched on; never a password.", "long", more=True),
    Field("key", "Short name", KEY_WHY, more=True),
)
PARTY = (
    Field("name", "Name", "Supplier, carrier, bank, landlord, insurer, IT help."),
    Field("role", "What they are for us", "It stands beside the name on papers."),
    Field("account", "Our number with them", "They ask for it first."),
    Field("channels", "How they are reached", "The number for faults first. Hours in their own time.", "channels"),
    Field("told_in_outage", "Tell them when an outage begins", "They stand on the list of calls: our papers may look different.", "flag"),
    Field("note", "What else one must say", "", "long", more=True),
    Field("key", "Short name", KEY_WHY, more=True),
)
GRANT = (
    Field("right", "May", "What may be done without asking.", "choice", tuple(RIGHTS.items())),
    Field("person", "Who", "Empty: everybody with the role below.", "person"),
    Field("role", "Or everybody with this role", "Only if no person is named.", "choice", (("", "–"), *ROLES)),
    Field("each_minor", "Up to, in one case", "Empty: no limit.", "money"),
    Field("day_minor", "Up to, in one day", "Empty: no limit.", "money"),
    Field("share_ppm", "Up to, of the full price", "For discounts, like 10 %. Empty: no limit.", "share"),
    Field("only_in_outage", "Only in an outage", "On any other day it does not hold.", "flag"),
    Field("from_day", "First day", "Empty: from now on.", "day", more=True),
    Field("until_day", "Last day", "Empty: until it is taken back.", "day", more=True),
    Field("given_by", "Given by", "Whoever answers for it.", "person", more=True),
    Field("id", "Short name", "Sales and papers refer to it. Empty: it is made from the right.", more=True),
)
CHECK = (
    Field("what", "What is done", "As you would tell a colleague.", "long"),
    Field("loss", "What is lost if it does not work on the day", "The reminder says this.", "long"),
    Field("first_person", "Who is asked", "", "person"),
    Field("second_person", "Who is asked next", "When the days of grace are over.", "person"),
    Field("period_days", "Days between two checks", "", "number"),
    Field("first_on", "First time", "Empty: at once.", "day"),
    Field("grace_days", "Days of grace", "Then the second person is asked, too.", "number", more=True),
    Field("subject", "What it proves", "Like thing/spare-pc; the thing then shows its last proof. Never a number.", more=True),
    Field("key", "Short name", KEY_WHY, more=True),
)
DUTY = (
    Field(
        "matter", "What", "contacts, parked, finding; or more exactly parked/closed-period.", choices=tuple((one, "") for one in MATTERS)
    ),
    Field("person", "Whose it is", "This person is asked, and may solve it.", "person"),
)
TILL = (
    Field("name", "Name", "As the till was enrolled."),
    Field("place", "Where it stands", "Pads and papers for it go there."),
    Field("device", "What it is", "PC, tablet, phone."),
    Field("pad", "Series of the slips there", "One to four capital letters."),
)
CHANNEL = (
    Field("address", "Number, mail or page", shape="phone"),
    Field("use_for", "For"),
    Field("hours", "Their hours"),
    Field("time_zone", "Time zone", "Like Europe/London; empty: the shop's."),
    Field("cost", "Price of the call"),
)
KINDS: tuple[Kind, ...] = (
    Kind("person", "People", "Who works here, who decides, who can be called.", "Add a person", PERSON),
    Kind("service", "Services", "What the shop needs to trade, and how long it can do without.", "Add a service", SERVICE, "name"),
    Kind("thing", "Things", "Spares, lines, terminals, lamps: where each lies and who holds it.", "Add a thing", THING, "name"),
    Kind("party", "Parties", "Whoever is called: suppliers, carriers, bank, landlord, IT help.", "Add a party", PARTY, "name"),
    Kind("grant", "Grants", "Who may refund, discount, replace or lend up to which sum without asking.", "Add a grant", GRANT, "right"),
    Kind("check", "Things to be checked", "What has to be seen to work, again and again.", "Add a check", CHECK, "what"),
    Kind("duty", "Duties", "Whose it is when nobody else owns it: parked sales, differences, the monthly calls.", "Add a duty", DUTY),
    Kind("till", "Tills and places", "Where sales are taken, and what stands there.", "Add a till", TILL),
)  # fmt: skip
BY_NAME = {one.name: one for one in KINDS}
