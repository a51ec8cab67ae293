"""The practice cloud's tables: `sale`, `sale_line` and `payment` as docs/contracts.md fixes them, and the rest."""

from __future__ import annotations

from tideover.db import Migration

MIGRATIONS: tuple[Migration, ...] = (
    Migration(
        1,
        """
        CREATE TABLE sale (
            id INTEGER PRIMARY KEY,
            external_id TEXT,              -- Our entry id; NULL where the cloud's own till recorded. Not unique.
            day TEXT NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('sale', 'refund')),
            state TEXT NOT NULL CHECK (state IN ('draft', 'final', 'void')),
            total_minor INTEGER NOT NULL,  -- Sum of the lines, VAT included, before cash rounding.
            currency TEXT NOT NULL,
            at_ms INTEGER NOT NULL,        -- When it happened.
            booked_ms INTEGER NOT NULL,    -- When it came here.
            till TEXT NOT NULL,
            reference TEXT NOT NULL,
            customer TEXT,
            refers_to TEXT,
            note TEXT NOT NULL,
            rounding_minor INTEGER NOT NULL
        );
        CREATE INDEX sale_by_external_id ON sale (external_id);
        CREATE INDEX sale_by_day ON sale (day, id);
        CREATE TABLE sale_line (
            sale_id INTEGER NOT NULL REFERENCES sale (id),
            item TEXT NOT NULL,
            name TEXT NOT NULL,
            quantity INTEGER NOT NULL,
            amount_minor INTEGER NOT NULL,
            vat_ppm INTEGER NOT NULL
        );
        CREATE INDEX sale_line_by_sale ON sale_line (sale_id);
        CREATE TABLE payment (
            sale_id INTEGER NOT NULL REFERENCES sale (id),
            tender TEXT NOT NULL,          -- 'rounding' is a row of its own: payments come to the total.
            amount_minor INTEGER NOT NULL
        );
        CREATE INDEX payment_by_sale ON payment (sale_id);
        CREATE TABLE key_use (
            key TEXT PRIMARY KEY,
            first_ms INTEGER NOT NULL,
            content BLOB NOT NULL,
            sale_id INTEGER NOT NULL REFERENCES sale (id)
        ) WITHOUT ROWID;
        CREATE TABLE record (              -- What the cloud knows: items, customers, history, quotes …
            dataset TEXT NOT NULL,
            code TEXT NOT NULL,
            version INTEGER NOT NULL,
            removed INTEGER NOT NULL DEFAULT 0,
            row BLOB NOT NULL,
            PRIMARY KEY (dataset, code)
        ) WITHOUT ROWID;
        CREATE UNIQUE INDEX record_by_version ON record (version);
        CREATE INDEX record_by_dataset ON record (dataset, version);
        CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        """,
    ),
)
