"""What the lab knows by heart: names and addresses, and the faults with what each means."""

from __future__ import annotations

PROOF_TEXT = "Tideover: this is the internet"
PROVIDER_DNS = {1: "100.64.1.53", 2: "100.64.2.53"}
PUBLIC_DNS = ("1.1.1.1", "8.8.8.8")
VENDOR = ("203.0.113.10", "203.0.113.11")
CARDS = "203.0.113.20"
PROOF = "203.0.113.30"
EXCHANGE = "203.0.113.40"
SIPP = "203.0.113.41"
HIJACK = "203.0.113.99"  # Stands for the log-in page of a network and for the provider's own page about a bill.
NAMES = {
    "a.anchor.example": "1.1.1.1",
    "b.anchor.example": "8.8.8.8",
    "c.anchor.example": "9.9.9.9",
    "cloud.kassa.example": VENDOR[0],
    "login.kassa.example": VENDOR[1],
    "cards.example": CARDS,
    "proof.example": PROOF,
    "sip.example": EXCHANGE,
}
NAMES6 = {"a.anchor.example": "2001:db8:a::1", "b.anchor.example": "2001:db8:a::2", "c.anchor.example": "2001:db8:a::3"}
HOSTS = (*sorted(set(NAMES.values())), *PROVIDER_DNS.values(), SIPP, HIJACK)

# Name: (the line it strikes when none is said, what it is). Line 0: it strikes no line.
FAULTS: dict[str, tuple[int, str]] = {
    "cable-pulled": (1, "the cable of the line: the box loses its carrier"),
    "provider-dead": (1, "nothing goes beyond the gateway, which answers as ever"),
    "tcp-black-hole": (1, "no TCP passes; ICMP and UDP do"),
    "provider-dns-dead": (1, "the provider's name server is silent"),
    "dns-lies": (1, "the provider's name server gives the shop's own address for every name"),
    "dns-dead": (0, "every name server is silent, the public ones too"),
    "portal": (1, "a captive portal: port 80 leads to its log-in page, 443 to a certificate of its own"),
    "bill": (1, "as a portal, with a page of the provider about an unpaid bill, status 200"),
    "loss": (1, "packets are lost at random, both ways; percent=10"),
    "bursty": (1, "bad spells by the relay; percent=10 on average, burst_s=4, delay_ms=20, jitter_ms=5, seed=1"),
    "delay": (1, "the relay; delay_ms=200, jitter_ms=20"),
    "slow": (1, "the line is narrow, by tbf; kbit=256"),
    "throttled": (2, "the same on the mobile line; kbit=64"),
    "standby-without-internet": (2, "provider-dead on the second line"),
    "vendor-down": (0, "the vendor's cloud; way='refused', 'silent' or '503'"),
    "vendor-unreachable": (1, "the vendor is away over this line only"),
    "vendor-slow": (0, "the vendor answers after seconds=8"),
    "login-broken": (0, "the vendor's log-in page answers 500; the front door is well"),
    "card-host-down": (0, "the card host; way='refused' or 'silent'"),
    "exchange-down": (0, "the telephone exchange is silent"),
    "lan-switch-dead": (0, "every port of the shop's switch is dark"),
    "lan-switch-mute": (0, "the shop's switch has all its lights on, and passes nothing"),
    "box-port-dead": (0, "the switch's port of the box is dark; the others talk to each other"),
    "printer-dead": (0, "the printer's cable"),
}
