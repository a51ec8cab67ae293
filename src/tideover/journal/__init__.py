"""The facts: an append-only, hash-chained, durable list of entries."""
