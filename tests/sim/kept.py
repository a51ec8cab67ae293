"""Scripts that once broke something, made as small as they go: always played.

`make sim SEED=…` and `make sim-night` print a new one ready to be pasted here, with what it broke as its name.
"""

from __future__ import annotations

from sim.line import Mischief
from sim.script import Event, Lan, Script

__all__ = ["KEPT", "Event", "Lan", "Mischief", "Script"]

KEPT: dict[str, Script] = {
    "a sale that was also keyed by hand, and solved with the cloud's number, is not called missing": Script(
        seed=274,
        events=(Event("hand", 288.3), Event("cut", 362.1, 894.8)),
        tills=1,
        trading_s=700.0,
        sale_every_s=400.0,
    ),
}
