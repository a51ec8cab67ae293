"""What a cloud without an interface lets us rely on, with a person as its hands."""

from __future__ import annotations

from datetime import timedelta

from tideover.model.manifest import Field, Manifest

manifest = Manifest(
    name="assisted",
    title="Any cloud, by hand",
    hands="person",
    quality="bronze",
    window=timedelta(0),  # A person who keys a sale twice has booked it twice.
    settle=timedelta(0),  # The day report shows what was keyed; how new it must be is checked with every ask.
    concurrent_max=3,  # Sales on screens at once; more people at one cloud's screens get into each other's way.
    calls_per_s_max=100,  # Only files of this machine are read.
    once=(
        "A person keys each sale with our entry id in the cloud's reference field; after a doubt nothing is keyed again "
        "before a newer day report has shown that it is not there."
    ),
    asks=(Field("url", "Folder where the cloud's exports and day reports are put (a full path)"),),
    closed_period="park",
)
