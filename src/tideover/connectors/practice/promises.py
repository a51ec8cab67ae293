"""What the practice cloud lets us rely on."""

from __future__ import annotations

from datetime import timedelta

from tideover.model.manifest import Field, Manifest

manifest = Manifest(
    name="practice",
    title="Practice cloud",
    hands="interface",
    quality="gold",
    window=timedelta(seconds=600),
    settle=timedelta(seconds=2),
    concurrent_max=4,
    calls_per_s_max=50,
    once=(
        "It honours our key for ten minutes and would book twice after that; "
        "so after silence it is asked by our entry id before anything is sent again."
    ),
    asks=(
        Field("url", "Address of the practice cloud", default="http://127.0.0.1:9000"),
        Field("user", "User", default="shop"),
        Field("password", "Password", secret=True),
    ),
    closed_period="park",
)
