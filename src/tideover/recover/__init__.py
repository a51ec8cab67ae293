"""Brings every sale into the cloud once, or to a named person, and proves the day to the cent."""
