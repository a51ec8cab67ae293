"""What the paper of one trading day came to, pad by pad: counted beside the journal when the day is closed."""

from __future__ import annotations

from msgspec import Struct, field


class PadOfDay(Struct, frozen=True):
    """The slips of one pad that belong to one trading day."""

    series: str
    first: int = field(name="from")
    last: int = field(name="to")
    used: int  # Keyed, of that day.
    sum_minor: int  # Of them, gross, refunds negative.
    written_minor: int  # The totals as written on them; where none stood there, as reckoned.
    differing: int  # Slips whose written total is another than the journal's.
    photos: int  # Slips with a picture beside them.
