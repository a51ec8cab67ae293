"""What the web needs of the open box: exactly the calls that its routes make, and no more.

The box's composition root hands in an object of this shape; nothing here is implemented.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from tideover.copies.store import Copies
from tideover.journal.store import Journal
from tideover.plan.store import Plan
from tideover.secret import Secrets
from tideover.settings import Settings
from tideover.world import World


class House(Protocol):
    """The open box, as the web sees it."""

    folder: Path  # The data directory.
    world: World
    settings: Settings
    secrets: Secrets
    journal: Journal
    copies: Copies
    replicate: Any
    plan: Plan
    counter: Any
    watch: Any
    tills_heard: Any  # Which tills ask for something.
    power: Any  # Mains or battery, and when the box stops.
    mover: Any  # Lines and calls, moved where somebody armed it.
    fallback: Any
    runs: Any  # Runs of playbooks, who leads, the next word, who was told.
    outbox: Any
    cloud: Any  # The connector.
    in_flight: Any
    keep: Any  # Printed copies and what is to be printed.
    receipts: Any  # Receipts on their way to customers.
    notices: Any  # What people outside are told.
    heartbeat: Any  # Who outside notices when the box falls silent.
    mail_hold: Any  # Asks who holds the shop's mail.
    close: Any
    practising: Any  # Troubles to be played; None in a real box.
    rehearsals: Any
    bells: Any  # Loop name to its bell; "anew" asks for the house to be opened with its new settings.
