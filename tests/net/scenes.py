"""The scenes: what breaks in the lab, and what the wall must say of it. verdict.md has the same situations as plain looks."""

from __future__ import annotations

from net.scene import Scene

MOVE = "Move the shop to mobile: the page 'Switching' says how. Keep serving meanwhile."
SERVE = "Keep serving without the cloud, and confirm the outage here. Restart each router once, not more."
PRESS = "Press once and wait. Stop big downloads on this line. Tell the provider if it lasts for an hour."
SLOW = "Press once and wait. Restarting anything here does not help."
THEIRS = "Restarting anything here does not help. Keep serving, and confirm the outage here."
NOWHERE = "Keep serving, and close nothing that is open. Another line does not help: no name is found there, either. Call the provider."
LINE = frozenset({"line-fibre", "cloud", "internet", "login", "cards", "phones", "dns"})  # What hangs on the line in use.
BOTH = LINE | {"line-mobile"}
UNMETERED = (
    "fibre device=wan1 gateway=192.0.2.1 dns=100.64.1.53 source=192.0.2.2 carrier=Elisa",
    "mobile device=wan2 gateway=198.51.100.1 dns=100.64.2.53 source=198.51.100.2 carrier=Telia",
)
LOSS = {"percent": 10}
BURSTS = {"percent": 40, "burst_s": 4, "seed": 18975}  # Two bad spells of 7 s within the first 20 s; then half a minute without one.
SWITCH = "Look at the switch that all cables go to. Pull its plug, wait ten seconds, and plug it in again."

SCENES = (
    Scene("cable pulled", (("cable-pulled", 1, {}),), "internet", "line-cable", MOVE, LINE, heals=True),
    Scene("provider dead behind a live gateway", (("provider-dead", 1, {}),), "internet", "our-line", MOVE, LINE),
    Scene("only TCP is dead", (("tcp-black-hole", 1, {}),), "internet", "line-tcp", MOVE, LINE),
    Scene("the provider's name service is dead", (("provider-dns-dead", 1, {}),), "dns", "dns-provider", MOVE, LINE),
    Scene("every name service is dead", (("dns-dead", 0, {}),), "dns", "dns-nowhere", NOWHERE, BOTH, never="to mobile"),
    Scene("captive portal", (("portal", 1, {}),), "internet", "portal", MOVE, LINE),
    Scene("unpaid bill", (("bill", 1, {}),), "internet", "unpaid", MOVE, LINE),
    Scene("10 % loss at random", (("loss", 1, LOSS),), "internet", "lossy", PRESS, LINE, stays_up=True),
    Scene("20 % loss at random", (("loss", 1, {"percent": 20}),), "internet", "lossy", PRESS, LINE, stays_up=True),
    Scene("loss in bursts", (("bursty", 1, BURSTS),), "internet", "flapping", MOVE, LINE),
    Scene("vendor down: refuses", (("vendor-down", 0, {"way": "refused"}),), "cloud", "their-cloud", THEIRS, frozenset({"login"})),
    Scene("vendor down: silent", (("vendor-down", 0, {"way": "silent"}),), "cloud", "their-cloud", THEIRS, frozenset({"login"})),
    Scene("vendor down: 503", (("vendor-down", 0, {"way": "503"}),), "cloud", "their-cloud", THEIRS, frozenset({"login"})),
    Scene("vendor unreachable over one line", (("vendor-unreachable", 1, {}),), "cloud", "way-between", MOVE, frozenset({"login"})),
    Scene("vendor slow", (("vendor-slow", 0, {"seconds": 1.6}),), "cloud", "their-slow", SLOW, frozenset({"login"})),
    Scene("log-in broken", (("login-broken", 0, {}),), "login", "their-login", "Do not log out anywhere."),
    Scene("card host down", (("card-host-down", 0, {"way": "silent"}),), "cards", "their-cards", "Restarting the terminal does not help."),
    Scene("telephone exchange down", (("exchange-down", 0, {}),), "phones", "their-phones", "Divert the shop's number"),
    Scene(
        "switch of the shop dead: all ports dark",
        (("lan-switch-dead", 0, {}),),
        "network",
        "box-port",
        "Push the cable in",
        frozenset({"printer"}),
    ),
    Scene("the box's own port dead", (("box-port-dead", 0, {}),), "network", "box-port", "Push the cable in", frozenset({"printer"})),
    Scene(
        "switch of the shop mute, and the printer is all we know there",
        (("lan-switch-mute", 0, {}),),
        "printer",
        "our-printer",
        "Look at its",
    ),
    Scene(
        "switch of the shop mute: two printers and the access point are silent",
        (("lan-switch-mute", 0, {}),),
        "network",
        "lan-switch",
        SWITCH,
        frozenset({"printer", "office-printer"}),
        settings={"printer": "office", "link_address": "192.168.8.10:80"},
        needs=("printer", "office-printer", "network"),
    ),
    Scene("printer's cable", (("printer-dead", 0, {}),), "printer", "our-printer", "Look at its paper"),
    Scene(
        "both lines down, and back", (("cable-pulled", 1, {}), ("provider-dead", 2, {})), "internet", "all-lines", SERVE, BOTH, heals=True
    ),
    Scene(
        "standby without internet",
        (("standby-without-internet", 2, {}),),
        "line-mobile",
        "our-line",
        "Nothing hurts now.",
        settings={"lines": UNMETERED},  # One that costs by the byte is looked at each five minutes only while nothing is in doubt.
    ),
    Scene("line and card host", (("provider-dead", 1, {}), ("card-host-down", 0, {"way": "refused"})), "internet", "our-line", MOVE, LINE),
    Scene(
        "both lines of one carrier",
        (("provider-dead", 1, {}), ("provider-dead", 2, {})),
        "internet",
        "same-carrier",
        "Keep serving without the cloud",
        BOTH,
        one_carrier=True,
    ),
)
