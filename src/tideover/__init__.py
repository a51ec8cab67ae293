"""Tideover: know what broke, keep selling, get the books right, practise monthly."""

__version__ = "0.1.0"
