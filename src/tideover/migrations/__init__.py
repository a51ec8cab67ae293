"""Numbered, forward-only changes of each database's tables; db.py applies them, after a backup."""
