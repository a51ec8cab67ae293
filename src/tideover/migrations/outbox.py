"""Tables of the outbox, in the journal's database; all of them can be made again from the journal."""

OUTBOX_SQL = ""
