"""Practise: plays a day with an outage through the real box, and proves what came of it. Never touches the shop's own books."""
