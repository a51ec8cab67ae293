"""Looks up who takes the shop's mail (MX), and says whether somebody holds it while the shop is away.

It only asks name servers, and never a mail server. What it cannot see, it does not claim: a server under another name is taken
for somebody else's, who queues mail as every provider does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from ipaddress import ip_network
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from tideover.settings import Settings

if TYPE_CHECKING:
    from dns.asyncresolver import Resolver

LOOK_S = 5.0  # All questions of one look together take a few of these at most.
HOSTS_MAX = 8
LABELS_OF_TWO = frozenset({"co", "com", "net", "org", "ac", "gov"})  # co.uk, com.au: there the operator's name is one label longer.
NEAR_V4, NEAR_V6 = 24, 48  # Addresses in one such net stand in one place.

State = Literal["held", "alone", "none", "unknown"]


class MailHold(Struct, frozen=True):
    """Who holds the mail; sentences are English, for `say.told`."""

    state: State
    text: str
    next_step: str = ""

    @property
    def is_well(self) -> bool | None:
        """None: not known."""
        return None if self.state == "unknown" else self.state == "held"


async def mail_hold(domain: str, servers: Sequence[str] = (), port: int = 53, timeout_s: float = LOOK_S) -> MailHold:
    """servers: name servers to ask; none: those of this machine. Raises nothing."""
    import dns.asyncresolver
    import dns.exception
    import dns.resolver

    domain = domain.strip().strip(".").lower()
    try:
        resolver = dns.asyncresolver.Resolver(configure=not servers)
    except (dns.resolver.NoResolverConfiguration, OSError):
        return _unknown("this machine has no name server")
    resolver.lifetime = timeout_s
    try:
        if servers:
            resolver.nameservers, resolver.port = list(servers), port
        return await _of_hosts(domain, resolver)
    except dns.resolver.NXDOMAIN:
        return MailHold(
            "none",
            f"The name '{domain}' is not known in the internet: mail to it comes back at once.",
            "Look at 'mail_domain' in tideover.toml.",
        )
    except (dns.exception.DNSException, OSError, ValueError, UnicodeError):
        return _unknown("the name servers do not answer")


async def _of_hosts(domain: str, resolver: Resolver) -> MailHold:
    """Raises DNSException."""
    import dns.resolver

    try:
        answer = await resolver.resolve(f"{domain}.", "MX")
        found = sorted((one.preference, str(one.exchange).rstrip(".").lower()) for one in answer)[:HOSTS_MAX]
    except dns.resolver.NoAnswer:
        found = [(0, domain)]  # Without an MX, mail goes to the name itself.
    hosts = [host for _, host in found]
    if hosts == [""]:
        return MailHold(
            "none", f"The name '{domain}' says that it takes no mail at all.", "If that is not meant, ask whoever looks after the name."
        )
    others = [host for host in hosts if operator_of(host) != operator_of(domain)]
    if len(others) == len(hosts):
        who = operator_of(hosts[0])
        return MailHold("held", f"Mail to '{domain}' is taken by {who}, outside the shop: it is held there and can be read over any line.")
    if others:
        return MailHold("held", f"When your own mail server is away, {operator_of(others[0])} holds the mail to '{domain}'.")
    places = set().union(*await asyncio.gather(*(_places(host, resolver) for host in hosts)))
    if len(places) > 1:
        return MailHold("held", f"Mail to '{domain}' is taken by servers of your own in {len(places)} places.")
    return MailHold(
        "alone",
        f"Nobody holds the mail to '{domain}' while your own server is away: senders try for one to five days, then it comes back to them.",
        "Ask your provider for a second MX (a backup MX) that holds mail for five days or more.",
    )


async def _places(host: str, resolver: Resolver) -> set[str]:
    """The nets in which a server stands; none where it has no address. Raises DNSException where nobody tells."""
    import dns.resolver

    found: set[str] = set()
    for kind, near in (("A", NEAR_V4), ("AAAA", NEAR_V6)):
        try:
            answer = await resolver.resolve(f"{host}.", kind)
        except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN):
            continue
        if kind == "A" or not found:  # The same server has both.
            found |= {str(ip_network(f"{one.address}/{near}", strict=False)) for one in answer}
    return found


def operator_of(host: str) -> str:
    """The part of a name that somebody registered: mx1.mail.example.co.uk is example.co.uk's."""
    labels = host.split(".")
    count = 3 if len(labels) > 2 and labels[-2] in LABELS_OF_TWO and len(labels[-1]) == 2 else 2
    return ".".join(labels[-count:])


def _unknown(why: str) -> MailHold:
    return MailHold("unknown", f"Who holds the shop's mail is not known: {why}.", "Look again when the line is up.")


async def mail_hold_of(settings: Settings) -> MailHold | None:
    """As the settings name it; None where no domain is named."""
    return await mail_hold(settings.mail_domain, settings.public_dns) if settings.mail_domain.strip() else None
