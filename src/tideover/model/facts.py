"""Bodies of the journal's entries that are not sales: what the box, the till and people record.

Each class is the body of the kind it names; together with `Document` (kinds sale and refund)
they are all that a journal holds. A correction is a further entry whose `refers_to` names the first.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from tideover.model.money import Minor
from tideover.model.outage import Phase
from tideover.model.sale import LINES_MAX, Document, Line, Name

Text = Annotated[str, Meta(max_length=1_000)]


class Enrol(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `enrol`: a till (or the box itself) may sign from now on."""

    till: str
    name: Name
    spki: str  # Public key, SubjectPublicKeyInfo, base64.


class Revoke(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `revoke`: that till may not sign any more."""

    till: str
    why: Text


class LossAccepted(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `loss_accepted`: a person goes on with a journal that others had seen longer, or otherwise; what they saw counts no more."""

    by: Name
    why: Text
    missing: int  # Entries that a witness had seen beyond the end; 0: it had seen another entry in the place of one.
    witness: Text  # The head, and who had kept it.
    until: int  # UTC ms: heads kept up to then are those of the lost history.


class Void(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `void`: the entry in `refers_to` (a sale not yet acknowledged by the customer) did not happen."""

    why: Text


class DrawerMove(Struct, frozen=True, forbid_unknown_fields=True):
    """Kinds `drawer_float` (put in, positive) and `drawer_drop` (taken out, positive)."""

    amount_minor: Minor
    note: Text = ""
    drawer: Name | msgspec.UnsetType = msgspec.UNSET  # As for a count.


class DrawerCount(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `drawer_count`: counted blind, before the expected sum was shown."""

    counted_minor: Minor
    drawer: Name | msgspec.UnsetType = msgspec.UNSET  # A till's id, or a name of the shop's own; not given: of the till that signs.


def drawer_of(body: DrawerMove | DrawerCount, till: str) -> str:
    """Whose drawer that entry of `till` speaks of."""
    return body.drawer if isinstance(body.drawer, str) and body.drawer else till


class BatchTotal(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `batch_total`: what the card terminal says it took on the entry's trading day."""

    terminal: Name
    total_minor: Minor


class SlipVoid(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `slip_void`: that numbered slip was spoiled, is missing, or is still being looked for."""

    slip: Name
    state: Literal["void", "missing", "sought"]  # sought: somebody looks for it; until then it stays unexplained.
    why: Text = ""
    owner: Name | msgspec.UnsetType = msgspec.UNSET  # Who answers for a missing one, or looks for it.


class PadCounted(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `pad_counted`: a person held the pad and read the first number that is still blank."""

    pad: Name  # Pad.key
    next_unused: Annotated[int, Meta(ge=1, le=1_000_000)]  # One past the last number: no slip is left.


class OutageStep(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `outage`: the outage named `outage` came into this phase."""

    outage: str
    phase: Phase
    cause: str
    why: Text  # What made it so: confirmed, two kinds of evidence, tolerable time, all-clear …
    since: int  # First evidence, UTC ms.
    follows: str | None = None


class RungChange(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `rung`: who records changed, for all tills (till null) or one."""

    number: int
    name: str
    why: Text
    of_till: str | None = None


class InFlight(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `in_flight`: sent to the cloud's till at a change of rung, without an answer; stands on the check list."""

    document: Document
    kind: Literal["sale", "refund"]
    reference: Name  # The number on the cloud till's screen; "" if none was seen.


class InFlightSettled(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `in_flight_settled`: what became of the one in `refers_to`."""

    outcome: Literal["was_booked", "was_not_booked"]
    said_by: Literal["cloud", "person"]
    number: str | None = None  # The cloud's number, if booked.
    entry: str | None = None  # The journal entry made instead, if not.


class CloudAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `answer`: what the cloud said about the entry in `refers_to`, once it mattered."""

    word: Literal["created", "exists", "differs", "refused"]
    number: str | None = None
    reason: Text = ""


class Parked(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `parked`: the entry in `refers_to` waits for a named person."""

    reason: Text
    cause: str
    owner: Name
    hint: Text = ""


class Solved(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `solved`: a person dealt with the parked entry in `refers_to`."""

    how: Literal["send_on", "was_booked", "settled_elsewhere"]
    note: Text = ""
    number: str | None = None


class FindingRaised(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `finding`: a difference with an owner."""

    code: str
    text: Text
    owner: Name
    amount_minor: Minor
    key: str
    day: str | None = None


class FindingClosed(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `finding_closed`: the finding in `refers_to` is explained."""

    note: Text


class TillClosed(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `till_closed`: the frozen end of a trading day at one till (its Z). What is sold later all the same needs a further one."""

    day: str
    number: Annotated[int, Meta(ge=1, le=1_000)]  # Of this till and day.
    first: Name | None  # Receipt, and …
    last: Name | None  # … the last one.
    sales: Annotated[int, Meta(ge=0)]
    sales_minor: Minor
    refunds: Annotated[int, Meta(ge=0)]
    refunds_minor: Minor
    expected_minor: Minor  # In the drawer.
    counted_minor: Minor


class LateSettled(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `late_settled`: somebody said of the id in `refers_to`, which came when its till's right had ended, whether it happened."""

    outcome: Literal["happened", "did_not_happen"]  # happened: an entry of the box's with that id stands beside it.
    why: Text


class DayClosed(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `close`: the frozen end of a trading day (Z)."""

    day: str
    head: str  # SEQ:HEX before this entry.
    first_numbers: dict[str, int]  # Till to its first till_seq of the day.
    last_numbers: dict[str, int]
    sales_minor: Minor
    refunds_minor: Minor
    rounding_minor: Minor
    by_tender: dict[str, int]
    by_vat: dict[str, int]  # Rate in ppm as text, to gross.
    cash_expected_minor: Minor
    cash_counted_minor: Minor
    card_expected_minor: Minor
    card_batch_minor: Minor
    open_entries: int  # Not yet in the cloud when the day was closed.
    z_number: int


class PlanChanged(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `plan_changed`: a record of the plan has a new version; its content stands in the plan, for people are named in it."""

    record: Name  # Its kind: person, thing, party …
    key: Name
    version: int
    commitment: Text  # Hex of HMAC-SHA-256 of the content under a salt kept beside it; "" where it was removed.


class Checked(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `checked`: somebody or something saw whether it works. A claim is no proof."""

    check: Name  # Check.key
    subject: Name
    standing: Literal["proof", "claim"]
    method: Literal["person", "machine", "witness"]
    works: bool
    note: Text = ""
    evidence: Text = ""  # What shows it: a number, a speed, the SHA-256 of a picture.


class CheckAsked(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `check_asked`: a person was asked for a check that is due, and put it off or handed it on."""

    check: Name
    answer: Literal["later", "handed-on"]
    until: str | None = None  # Day on which it is asked again.
    to: Name = ""


class Printed(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `printed`: a copy of a paper of the kit, which is a thing from then on; its id is the entry's."""

    artefact: Name  # "price-list/best-sellers", "card/internet-down.fi" …
    content: Text  # SHA-256 of what stands on it, dates left out.
    pages: int
    as_of: str  # Day of the data.
    place: Name = ""
    holder: Name = ""


class CopyPlaced(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `copy_placed`: the printed copy in `refers_to` lies there, or is with that person, now."""

    place: Name = ""
    holder: Name = ""


class CopyEnded(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `copy_ended`: the printed copy in `refers_to` is no more."""

    how: Literal["destroyed", "lost", "replaced"]
    note: Text = ""


class SlipKeyed(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `slip_keyed`: what the paper of the entry in `refers_to` says beside the sale."""

    slip: Name
    writer: Name  # Who wrote it; the entry's operator keyed it.
    time_is_estimated: bool  # No time stood on it.
    written_minor: Minor | None  # The total as written; None: none stood there.
    photo: Text = ""  # SHA-256 of the picture kept beside it.


class SlipKeyedAgain(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `slip_keyed_again`: a second person keyed the slip of the entry in `refers_to`, to compare."""

    slip: Name
    agrees: bool
    differences: Text = ""


class LogNote(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `note`: a line of the log, written on the day or keyed from a log sheet afterwards."""

    text: Text
    sheet: Name = ""  # The log sheet's number, if it stood on paper.
    writer: Name | msgspec.UnsetType = msgspec.UNSET  # Who wrote it on paper; the entry's operator keyed it.
    time_is_estimated: bool | msgspec.UnsetType = msgspec.UNSET  # True: no time stood on it.


class Quoted(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `quote`: prices offered to a customer, with nothing sold; a sale made of it refers to it."""

    number: Name  # QT-TILL-SEQ, as on the customer's paper.
    currency: Annotated[str, Meta(min_length=3, max_length=3)]
    prices_include_vat: bool
    lines: Annotated[tuple[Line, ...], Meta(max_length=LINES_MAX)]
    valid_until: str  # Last trading day.
    party: str | None = None  # As in a sale.
    commitment: str | None = None
    customer: Name | None = None
    note: Text = ""


class ReceiptGiven(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `receipt`: the customer of the sale in `refers_to` was given its receipt this way."""

    way: Literal["printer", "office-printer", "mail", "screen", "hand"]
    is_copy: bool  # Marked KOPIO/COPY: an earlier one may have come out.
    is_certain: bool  # False: the printer never said; it may or may not have come out.


class Erased(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `erased`: a person's details were made unreadable; the entries stay."""

    party: str
    why: Text


class SupervisorNote(Struct, frozen=True, forbid_unknown_fields=True):
    """Kind `loop_died`: a loop of the box ended with an unforeseen error and was started again."""

    loop: str
    error: Text
    times: int
