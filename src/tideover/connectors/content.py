"""Is what stands in a cloud the same sale as ours? The same answer for every connector that can read documents back.

Pure. Compared is what money hangs on: kind, total, lines, tenders, rounding. Names, notes, times
and the accounting date are not: clouds change those, and the date is checked day by day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tideover.model.answer import Answer, CloudDocument
from tideover.model.money import RATE_SCALE, divide_rounded, sum_text
from tideover.model.sale import Line
from tideover.ports import Booking


def gross_lines(lines: Iterable[Line], included: bool) -> Iterator[tuple[Line, int]]:
    """Each line with its amount in minor units, VAT in it.

    Where prices are net, a line takes its part of the document's VAT per rate: what the VAT of the
    sum so far grew by. So the lines come to the document's gross sum exactly.
    """
    net: Counter[int] = Counter()
    for line in lines:
        vat = 0
        if not included:
            before = divide_rounded(net[line.vat_ppm] * line.vat_ppm, RATE_SCALE)
            net[line.vat_ppm] += line.amount_minor
            vat = divide_rounded(net[line.vat_ppm] * line.vat_ppm, RATE_SCALE) - before
        yield line, line.amount_minor + vat


def gross_total(booking: Booking) -> int:
    """What the booking comes to with VAT, before cash rounding."""
    return sum(amount for _, amount in gross_lines(booking.document.lines, booking.document.prices_include_vat))


def difference(booking: Booking, found: CloudDocument) -> str:
    """In what the cloud's document is another than ours; "" if in nothing that matters."""
    document = booking.document
    if found.kind != booking.kind:
        return f"there it is a {found.kind}, here a {booking.kind}"
    if found.total_minor != gross_total(booking):
        return f"there it comes to {sum_text(found.total_minor)}, here to {sum_text(gross_total(booking))}"
    ours = Counter((x.item, x.quantity, amount, x.vat_ppm) for x, amount in gross_lines(document.lines, document.prices_include_vat))
    if ours != Counter((x.item, x.quantity, x.amount_minor, x.vat_ppm) for x in found.lines):
        return "its lines are others"
    paid = [(one.kind, one.amount_minor) for one in document.tenders]
    if _sums([*paid, ("rounding", document.rounding_minor)]) != _sums((one.tender, one.amount_minor) for one in found.payments):
        return "it was paid otherwise"
    return ""


def _sums(paid: Iterable[tuple[str, int]]) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for tender, amount in paid:
        sums[tender] += amount
    return {tender: amount for tender, amount in sums.items() if amount}


def answer_about(booking: Booking, found: Sequence[CloudDocument]) -> Answer:
    """The answer to an ask from everything the cloud holds under the entry's id.

    A final document counts first, then a draft; a void one alone is for a person: somebody took it back.
    """
    if any(one.entry != booking.entry for one in found):
        return Answer("silent", reason="it answered about other documents than asked for")
    for state in ("final", "draft", "void"):
        for one in found:
            if one.state == state:
                return _about(booking, one)
    return Answer("absent")


def _about(booking: Booking, found: CloudDocument) -> Answer:
    facts = {"number": found.number, "total_minor": found.total_minor}
    if found.state == "void":
        return Answer("differs", reason=f"{found.number} was voided there", cause="voided", **facts)
    if why := difference(booking, found):
        return Answer("differs", reason=why, **facts)
    return Answer("partial", reason="draft", **facts) if found.state == "draft" else Answer("exists", **facts)
