"""The shop's lines as the verdict takes them: which there are, which is in use, which may be moved to, and what they cost.

Values only. Who measures, counts bytes or moves a line fills them in; nothing here looks or acts.
"""

from __future__ import annotations

from msgspec import Struct

from tideover.model.line import Line

# Signs in a look's target or text that the verdict reads; probes write exactly these.
PROVIDERS = "the provider's"  # In the target of a `dns` look: this resolver is the provider's; all others are public.
OWN_NETWORK = "an address of the shop's own network"  # In the text of a `dns` look: the name service lies.
PORTAL = "a log-in page of the network"  # In the text of a `content` look.
PROVIDER_PAGE = "a page of the provider"  # In the text of a `content` look: the bill, most often.
KEPT = "could not look: this machine "  # Begins the text of a look that this machine itself keeps from its line.
SERVICE_OF_LINE = "line-"  # Stable key of a line's own service: line-fibre.


class Ways(Struct, frozen=True):
    """What is known of the lines beside the looks."""

    lines: tuple[Line, ...] = ()  # The shop's usual one first; none: what a shop without named lines has.
    in_use: str = ""  # Name of the line that the default route takes; "": not known, or the shop's router holds it.
    is_armed: bool = False  # The owner allowed the lines to be moved without a person.
    used_up: frozenset[str] = frozenset()  # Names of lines whose allowance is gone.
    throttled: frozenset[str] = frozenset()  # Names of lines that the carrier slowed down.

    def named(self, name: str) -> Line | None:
        """The line of that name."""
        return next((one for one in self.lines if one.name == name), None)


NO_WAYS = Ways()


def service_of(line: str) -> str:
    """The key of a line's own service."""
    return SERVICE_OF_LINE + line
