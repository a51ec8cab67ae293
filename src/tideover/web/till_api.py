"""What an enrolled till asks of the box besides handing in its entries: the shop's terms, how it stands, is this PIN right.

Never a PIN's hash, never a person's phone. A till that asks for nothing goes on selling.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Any, Literal, get_args

import msgspec
from litestar import Request, get, post
from litestar.datastructures import State
from litestar.params import Parameter
from msgspec import Meta, Struct
from msgspec.structs import replace

from tideover import __version__
from tideover.activate.mode import is_open
from tideover.copies import stream
from tideover.model.outage import Outage
from tideover.model.sale import Name, TenderKind
from tideover.plan.law import Law
from tideover.plan.records import Grant
from tideover.recover.beyond import beyond_box
from tideover.rules.calendar import trading_day
from tideover.rules.vat import RATES
from tideover.web import access, rights, till_page
from tideover.web.house import House
from tideover.web.language import retold, say_to
from tideover.web.sessions import PIN_PREFIX
from tideover.web.status import to_ms_or_none
from tideover.words import Say
from tideover.world import to_ms

Ask = Request[Any, Any, Any]
QUEUE_MAX = 1_000_000


class VatStep(Struct, frozen=True):
    """A rate that is in force from a day on."""

    category: str
    from_day: str
    vat_ppm: int


class TillLaw(Struct, frozen=True):
    """May this till record sales here, and what must a receipt say."""

    country: str
    till_lawful: bool
    why: str
    duties: tuple[str, ...]
    receipt_always: bool
    receipt_mark: str
    sources: tuple[str, ...]


class Operator(Struct, frozen=True):
    """Somebody who may sell."""

    name: str
    role: str
    language: str
    has_pin: bool


class TillShop(Struct, frozen=True):
    """GET /v1/till/shop: everything a till needs to sell by itself."""

    version: str
    shop_name: str
    business_id: str
    address: str
    country: str
    currency: str
    time_zone: str
    language: str
    day_turns_at: str
    prices_include_vat: bool
    cash_rounding_minor: int
    discount_limit_ppm: int
    refund_limit_minor: int
    vat_rates: tuple[VatStep, ...]
    tenders: tuple[str, ...]
    law: TillLaw
    operators: tuple[Operator, ...]
    grants: tuple[Grant, ...]
    sealing_key: str  # The box's ECDH P-256 key, SubjectPublicKeyInfo in base64: what a PIN is sealed to.
    is_practice: bool
    has_mail: bool  # Receipts can go by e-mail.
    till: str = ""
    till_name: str = ""
    next_seq: int | None = None
    head: str = ""
    head_proof: str = ""


class TillOutage(Struct, frozen=True):
    """The outage that stands now."""

    id: str
    phase: str
    rung: int  # Of this till.
    rung_name: str
    since: int | None  # First evidence, UTC ms.


class Standing(Struct, frozen=True):
    """GET /v1/till/standing."""

    now: int  # UTC ms: a till whose clock is off says so.
    trading_day: str
    head: str
    head_proof: str
    phase: str
    rung: int
    rung_name: str
    outage: TillOutage | None
    cloud_until: int | None  # The till's entries up to this number stand beyond the box. Null: cannot be told.
    next_seq: int | None
    version: str  # Of the till's files at the box.
    shop_revision: str
    items_revision: str
    prices_as_of: int | None
    stock_as_of: int | None
    writable: bool
    is_practice: bool
    stops_at: int | None = None  # UTC ms: the battery ends, and the box stops then.


class PinShown(Struct, frozen=True, forbid_unknown_fields=True):
    """Who stands at the till."""

    name: Annotated[Name, Meta(min_length=1)]
    pin: Annotated[str, Meta(max_length=40)]


class PinFits(Struct, frozen=True):
    ok: bool


def law_for(law: Law, say: Say) -> TillLaw:
    """The law page as a till shows it."""
    duties = tuple(say.told(one) for one in law.duties)
    return TillLaw(law.country, law.till_lawful, say.told(law.why), duties, law.receipt_always, law.receipt_mark, law.sources)


def shop_of(state: State, say: Say) -> TillShop:
    """The shop's terms; the same for every till."""
    house: House = state.house
    settings, plan = house.settings, house.plan
    same = ("shop_name", "business_id", "address", "country", "currency", "time_zone", "language", "day_turns_at")
    also = ("prices_include_vat", "cash_rounding_minor", "discount_limit_ppm", "refund_limit_minor", "is_practice")
    steps = RATES.get(settings.country, {}).items()
    return TillShop(
        version=__version__,
        vat_rates=tuple(VatStep(category, day, ppm) for category, rates in steps for day, ppm in rates),
        tenders=get_args(TenderKind),
        law=retold(law_for(plan.law(), say), say),
        operators=operators_of(house),
        grants=tuple(plan.all(Grant)),
        sealing_key=state.access.sealing.spki_b64,
        has_mail=house.receipts.has_mail,
        **{name: getattr(settings, name) for name in (*same, *also)},
    )


def operators_of(house: House) -> tuple[Operator, ...]:
    """The plan's people; until it names an owner also whoever else has a PIN."""
    pins = {name.removeprefix(PIN_PREFIX) for name in house.secrets.names() if name.startswith(PIN_PREFIX)}
    known = [Operator(one.name, one.role, one.language, one.name in pins) for one in house.plan.people()]
    named = {one.name for one in known}
    others = sorted(pins - named) if rights.is_open(house.plan) else []
    return (*known, *(Operator(name, "helper", house.settings.language, True) for name in others))


@get("/till/shop", guards=[access.shop], summary="Everything a till needs to sell by itself", sync_to_thread=False)
def shop(request: Ask, state: State) -> TillShop:
    found = shop_of(state, say_to(request))
    till = access.of(request).till
    if till is None:
        return found
    journal = state.house.journal
    name = next((one["name"] for one in journal.tills() if one["till"] == till), "")
    head, proof = journal.proven_head()
    return replace(found, till=till, till_name=name, next_seq=journal.next_seq(till), head=head, head_proof=proof)


@get("/till/standing", guards=[access.shop], summary="How the shop stands, for a till", sync_to_thread=False)
def standing(
    request: Ask,
    state: State,
    queue: Annotated[int | None, Parameter(ge=0, le=QUEUE_MAX, description="How many entries the till has not sent yet.")] = None,
    hand: Annotated[Literal["none", "sale"], Parameter(description="What it has in hand: no line is moved back into a sale.")] = "none",
) -> Standing:
    house: House = state.house
    till, journal, copies = access.of(request).till or "", house.journal, house.copies
    if till:
        state.access.seen.note(till, queue)
        house.mover.hands.note(till, hand)
    now, settings = house.world.now(), house.settings
    rung, outage = house.fallback.rung_of(till), house.fallback.outage
    next_seq = journal.next_seq(till) if till else None
    head, proof = journal.proven_head()
    return Standing(
        now=to_ms(now),
        trading_day=trading_day(now, settings.time_zone, settings.day_turns_at),
        head=head,
        head_proof=proof,
        phase=outage.phase,
        rung=rung.number,
        rung_name=rung.name,
        outage=_outage(outage, rung.number, rung.name),
        cloud_until=None if next_seq is None else beyond_box(journal.database, till, next_seq - 1),
        next_seq=next_seq,
        version=till_page.version(),
        shop_revision=_revision(shop_of(state, say_to(request))),
        items_revision=stream.newest(copies.database, "items"),
        prices_as_of=to_ms_or_none(copies.state("items").as_of),
        stock_as_of=to_ms_or_none(copies.state("stock").as_of),
        writable=journal.is_writable,
        is_practice=settings.is_practice,
        stops_at=to_ms_or_none(house.power.stopping_at),
    )


def _outage(outage: Outage, rung: int, name: str) -> TillOutage | None:
    if not is_open(outage):
        return None
    return TillOutage(outage.id, outage.phase, rung, name, to_ms_or_none(outage.since))


def _revision(found: TillShop) -> str:
    return sha256(msgspec.json.encode(found)).hexdigest()[:16]


@post("/till/pin", guards=[access.till], status_code=200, summary="Is this that person's PIN; begins no session")
async def check_pin(request: Ask, data: PinShown) -> PinFits:
    await request.app.state.access.sessions.prove(data.name, data.pin, access.address_of(request))
    return PinFits(True)


ROUTES = (shop, standing, check_pin)
