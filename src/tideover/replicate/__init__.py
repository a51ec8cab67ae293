"""Keeps the copies fresh on fair days: decides what to pull now, pulls it, never harms the last good copy."""
