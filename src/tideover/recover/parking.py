"""What a person reads about a parked record: why it stopped, and what to do next. Sends nothing."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from tideover.model.answer import Answer
from tideover.recover.next_step import ParkReason

REASON_MAX = 900  # Characters of a cloud's reason that are kept; some send a whole page.

HINTS = {
    "closed-period": "Open that period in the cloud and press 'send on', or book it there by hand in the open period and type its number.",
    "item-gone": "Create the item in the cloud again (or take it out of the archive), then press 'send on'.",
    "customer-merged": "Pull the customers again, or undo the merge in the cloud, then press 'send on'.",
    "customer-gone": "Create the customer in the cloud again, then press 'send on'.",
    "differs": "Compare the receipt with the cloud's document. Correct the cloud's, then press 'send on': it is looked at again.",
    "exhausted": "The cloud did not answer for about a day. See that it works, then press 'send on': it is asked first.",
    "cannot-ask": "Look in the cloud whether it is there. If it is, type its number; if not, press 'send on'.",
    "possible-double": "It may stand in the cloud already. If it is the same sale, type its number there; if not, press 'send on'.",
    "void-after-booking": "It was voided here, but the cloud has it. Cancel it in the cloud, then say 'settled elsewhere'.",
    "sale-void": "The sale it takes back was voided. If money was given back, press 'send on'; if not, say 'settled elsewhere'.",
}
HINT = "Mend the cause in the cloud, then press 'send on'; or book it there by hand and type its number."


class ParkedRecord(Struct, frozen=True):
    """One entry that waits for a named person."""

    id: str
    kind: str
    trading_day: str
    amount_minor: int
    reason: str
    cause: str
    owner: str
    hint: str
    since: datetime


def hint_of(cause: str) -> str:
    return HINTS.get(cause, HINT)


def words_of(reason: ParkReason, answer: Answer | None) -> tuple[str, str]:
    """Cause and reason of a record that `next_step` parks; the cloud's own words where it gave some."""
    if reason == "refused":
        said = answer.reason if answer is not None else ""
        cause = answer.cause if answer is not None else ""
        return cause or "unknown", (said or "The cloud refused it and gave no reason.")[:REASON_MAX]
    if reason == "differs":
        said = answer.reason if answer is not None else ""
        return reason, (said or "The cloud has it under our id with other content.")[:REASON_MAX]
    texts = {
        "exhausted": "The cloud gave no clear answer in all attempts.",
        "cannot-ask": "It was sent, no answer came, and this cloud cannot be asked.",
    }
    return reason, texts[reason]
