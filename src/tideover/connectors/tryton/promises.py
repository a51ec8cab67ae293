"""What a Tryton lets us rely on."""

from __future__ import annotations

from datetime import timedelta

from tideover.model.manifest import Field, Manifest

ONLY = "the only one"
TENDERS = "cash=Cash, card=Card, transfer=Transfer, mobile=Mobile, voucher=Voucher, rounding=Cash rounding"

manifest = Manifest(
    name="tryton",
    title="Tryton",
    hands="interface",
    quality="silver",
    window=timedelta(0),  # It takes no keys: the same reference twice is two sales.
    settle=timedelta(seconds=2),  # A call that it answered is in its database; one that went unanswered may still be at work.
    concurrent_max=1,  # SQLite has one writer; with PostgreSQL steps of two sales would wait for the same number sequences.
    calls_per_s_max=200,
    once=(
        "It takes no keys; it is looked through for our entry id before every step, goes on from the step that it finds, "
        "and a draft that a repeated call left beside it is cancelled before anything is confirmed."
    ),
    asks=(
        Field("url", "Address of the Tryton server", default="http://127.0.0.1:8000"),
        Field("database", "Name of its database"),
        Field("user", "User of its own for Tideover"),
        Field("password", "Password", secret=True),
        Field("company", "Company that sells", default=ONLY),
        Field("customer", "Code of the party for customers without a name", default="WALK-IN"),
        Field("tenders", "Payment method of each tender, and the account of cash rounding", default=TENDERS),
    ),
    closed_period="park",
)
