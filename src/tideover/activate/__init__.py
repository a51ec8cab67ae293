"""Decide when the fallback opens and closes and which rung is used; write each step into the journal."""
