"""Pure arithmetic of trade: prices, VAT, cash rounding, days and limits. No I/O, no clock, no float.

The till runs the same numbers from tests/vectors.
"""
