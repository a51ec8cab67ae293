"""Scripts that once broke something, made as small as they go: always played.

`make sim SEED=…` and `make sim-night` print a new one ready to be pasted here, with what it broke as its name.
"""

from __future__ import annotations

from sim.line import Mischief
from sim.script import Event, Lan, Script

__all__ = ["KEPT", "Event", "Lan", "Mischief", "Script"]

KEPT: dict[str, Script] = {
    "a slip that was booked, and is keyed again after an old copy forgot it, is not booked again": Script(
        seed=89055,
        events=(Event("power", 260.7, 56.4), Event("restore", 363.7, 160.5, size=116.5)),
        trading_s=700.0,
        lan=Lan(lost=0.035, late=0.011, twice=0.069),
        paper_share=0.5,
        wrong_s=(0.0, 0.0, 0.0),
    ),
    "an older head that comes late on the network hides no lost tail": Script(
        seed=72147,
        events=(Event("cut", 274.3, 778.2), Event("restore", 1013.6, 342.5, size=488.8)),
        tills=1,
        trading_s=1200.0,
        lan=Lan(lost=0.089, late=0.278, twice=0.285),
        wrong_s=(0.0, 0.0),
    ),
    "what only a directory knew that an older copy replaced is told where the cloud has it": Script(
        seed=42260,
        events=(
            Event("power", 87.6, 103.2),
            Event("replace", 121.9, 149.5),
            Event("torn", 218.0, 73.0),
            Event("kill", 420.7, 80.3),
            Event("restore", 492.2, 236.4, size=146.0),
        ),
        tills=1,
        trading_s=500.0,
        paper_share=0.5,
        wrong_s=(0.0, 0.0),
    ),
    "the only slip, which an old copy forgot, is missed when the pad is counted": Script(
        seed=19345,
        events=(Event("cut", 406.9, 111.6), Event("kill", 876.2, 94.1), Event("restore", 1006.1, 259.4, size=417.1)),
        tills=1,
        trading_s=1200.0,
        watch_s=60.0,
        clean_s=300,
        paper_share=0.5,
        wrong_s=(0.0, 0.0),
    ),
    "a sale that was booked and is keyed by hand as well, an hour later in the next cut, is told": Script(
        seed=20136,
        events=(Event("cut", 617.9, 1554.1), Event("cut", 2566.5, 1228.5), Event("hand", 3716.3)),
        tills=1,
        trading_s=5400.0,
        sale_every_s=480.0,
        lan=Lan(late=0.192, twice=0.057),
        wrong_s=(0.0, 0.0),
    ),
    "a slip that an old copy of the books forgot is asked for in the evening, and keyed from the paper": Script(
        seed=16514,
        events=(Event("kill", 372.1, 48.6), Event("restore", 468.5, 174.8, size=258.1)),
        tills=1,
        trading_s=700.0,
        sale_every_s=60.0,
        lan=Lan(lost=0.222, twice=0.112),
        paper_share=0.5,
        wrong_s=(0.0, 0.0),
    ),
    "a sale in flight before the day turned is found, also by clocks that are a day ahead": Script(
        seed=9949,
        events=(Event("cut", 242.5, 107.6), Event("step", 394.0, size=86_400.0), Event("kill", 437.1, 55.6)),
        starts="2026-10-25T01:50",
        trading_s=700.0,
        sale_every_s=300.0,
        mischief=Mischief(lost_request=0.16, lost_reply=0.108, late=0.074, twice=0.111, busy=0.007, login_ends=0.078),
        wrong_s=(0.0, 86_400.0, 0.0),
    ),
    "an old copy that knows the only till as one whose right ended is noticed by its head": Script(
        seed=7342,
        events=(
            *(Event("revoke", 157.3, 204.8, who=0), Event("kill", 264.4, 9.3), Event("cut", 307.7, 280.9)),
            *(Event("restore", 447.0, 154.5, size=278.7), Event("kill", 462.1, 65.6)),
        ),
        tills=1,
        trading_s=700.0,
        sale_every_s=60.0,
        lan=Lan(lost=0.099, late=0.087, twice=0.219),
        wrong_s=(-3.8, 86_400.0),
    ),
    "an old copy that does not know the only till is noticed by that till's head": Script(
        seed=7342,
        events=(Event("revoke", 157.3, 204.8), Event("cut", 307.7, 280.9), Event("restore", 447.0, 154.5, size=278.7)),
        tills=1,
        trading_s=700.0,
        sale_every_s=60.0,
        wrong_s=(0.0, 0.0),
    ),
    "a sale that was also keyed by hand, and solved with the cloud's number, is not called missing": Script(
        seed=274,
        events=(Event("hand", 288.3), Event("cut", 362.1, 894.8)),
        tills=1,
        trading_s=700.0,
        sale_every_s=400.0,
    ),
    "an old disk that is read out does not send again what the new box had booked": Script(
        seed=3,
        events=(Event("cut", 60.0, 400.0), Event("replace", 300.0, 30.0)),
        tills=3,
        trading_s=1600.0,
        sale_every_s=30.0,
        lan=Lan(lost=0.6),
    ),
    "an old copy of the data directory is noticed before it sends anything": Script(
        seed=749,
        events=(Event("cut", 221.5, 289.4), Event("restore", 516.8, 304.6, size=263.2)),
        tills=1,
        trading_s=700.0,
        sale_every_s=60.0,
    ),
    "a box that is started on a full disk says so and opens later": Script(
        seed=1036,
        events=(Event("full", 323.1, 173.9), Event("power", 331.2, 66.7)),
        trading_s=500.0,
    ),
    "a sale that another device had brought takes no number, and holds up nothing behind it": Script(
        seed=279,
        events=(Event("replace", 535.4, 177.5), Event("clone", 577.4, who=0), Event("cut", 741.8, 29.6)),
        trading_s=1200.0,
        sale_every_s=60.0,
    ),
    "a clock that is set back in an outage hides no sale that was keyed by hand in it": Script(
        seed=1187,
        events=(Event("hand", 276.8), Event("cut", 296.2, 123.5), Event("step", 448.3, size=-300.0)),
        trading_s=500.0,
        watch_s=30.0,
    ),
    "an old copy that settles a sale in flight makes no second sale of it": Script(
        seed=4053,
        events=(Event("cut", 85.3, 27.2), Event("restore", 217.3, 200.9, size=96.9)),
        trading_s=500.0,
        clean_s=300,
    ),
}
